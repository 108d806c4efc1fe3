"""Replay bundles: one result as a file, which can be opened and checked again (`nnet.replay.checks`)."""

from nnet.replay.bundle import Bundle, ReplayError, without_image
from nnet.replay.packing import environment, pack, stated_hashes
from nnet.replay.unpacking import is_zip, unpack

__all__ = ["Bundle", "ReplayError", "environment", "is_zip", "pack", "stated_hashes", "unpack", "without_image"]
