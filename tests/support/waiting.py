"""Waiting for what another process or thread does."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nnet.runs.layout import LOCK, STOP
from nnet.saved.formats import RESUME
from nnet.saved.storage import write_atomically

PATIENCE = 240.0
"""Seconds; far more than anything takes, so that a test that waits in vain says what for."""
POLL = 0.02


def until(true: Callable[[], object], what: Callable[[], object] = lambda: "nothing came") -> None:
    """Wait until it is so; if that never comes, the test fails with `what` is to be seen then."""
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            pytest.fail(f"waited in vain: {what()}")
        time.sleep(POLL)


def held(gate: Path) -> Callable[[Path, Callable[[Path], None]], None]:
    """Stands in for `nnet.saved.storage.write_atomically`, also in forks: a run that has saved its first state waits
    until the file `gate` is there, or until it is asked to stop."""

    def write_and_wait(path: Path, write: Callable[[Path], None]) -> None:
        write_atomically(path, write)
        if path.name == RESUME and (path.parent / LOCK).exists():  # an estimate has no lock
            until(lambda: gate.exists() or (path.parent / STOP).exists())

    return write_and_wait
