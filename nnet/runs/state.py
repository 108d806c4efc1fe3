"""The state of a run, told from its lock and its files."""

import os
from pathlib import Path

from nnet.formats import is_plain, not_plain
from nnet.runs import layout, processes
from nnet.runs.layout import LOCK_FORMAT
from nnet.runs.locks import is_held


def state_of(path: Path) -> str:
    """The state from lock and files; see `nnet.runs`. Raises RunError if one of them is damaged."""
    if os.path.lexists(path / layout.LOCK) and not is_plain(path / layout.LOCK):
        raise LOCK_FORMAT.damaged(path / layout.LOCK, not_plain(path / layout.LOCK))
    for _ in range(2):
        if is_held(path / layout.LOCK):
            return "stopping" if (path / layout.STOP).exists() else "running"
        if ending := _ending(path):
            return ending
        if layout.read_ticket(path) is not None:
            return "queued"
        if not _has_begun(path):
            return "created"
    # Looked twice, since it might have ended between the two looks.
    if processes.is_alive(*layout.read_supervisor(path)):  # which is about to say how the trainer ended
        return "stopping" if (path / layout.STOP).exists() else "running"
    return _ending(path) or "lost"


def _has_begun(path: Path) -> bool:
    """Whether a trainer has ever held the run's lock, into which it writes who it is; the file alone is made before."""
    try:
        return (path / layout.LOCK).stat().st_size > 0
    except FileNotFoundError:
        return False


def _ending(path: Path) -> str:
    """The state that exit.json says, "" without one."""
    ending = layout.read_exit(path)
    names = {0: "done", layout.CANCELLED: "cancelled"}
    return "" if ending is None else names.get(ending.code, "failed")
