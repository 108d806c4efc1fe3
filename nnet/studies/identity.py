"""When a run counts as done: the same settings, the same data and the same numbers. No torch in here."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from nnet.config import Config

NUMBERS = 1
"""Raise it with every change after which the same settings, data and seed give other numbers (a loss, a metric, an
initialisation, the order of the images). Finished runs of another number are made again.
tests/processes/test_golden.py fails when the numbers of a small run change."""


def config_hash(config: Config, *more: str) -> str:
    """SHA-256 in hex over all settings, and over more texts if there are any: with the hashes of the data and of given
    teacher weights (or "") it is the identity of a run."""
    return hashlib.sha256(json.dumps([config.to_hash(), *more], sort_keys=True).encode()).hexdigest()


def numbers_of(result: Mapping[str, Any]) -> int:
    """`NUMBERS` of the version that made a finished run; those from before it was written down all count as 1."""
    return result.get("numbers", 1)
