"""Replay bundles: one result as a file, which can be opened and checked again (`nnet.replay.checks`)."""

from nnet.replay.bundle import Bundle, without_image
from nnet.replay.formats import ReplayError
from nnet.replay.packing import environment, pack, stated_hashes
from nnet.replay.unpacking import is_zip, unpack

__all__ = ["Bundle", "ReplayError", "environment", "is_zip", "pack", "stated_hashes", "unpack", "without_image"]
