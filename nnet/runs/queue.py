"""The queue of a folder of runs: who waits, and who comes next."""

import contextlib
from pathlib import Path

from nnet.runs import disk, finishing, layout, processes
from nnet.runs.layout import SUPERVISOR_LOCK, SUPERVISOR_LOG, RunError
from nnet.runs.locks import FileLock, is_held, locked
from nnet.runs.state import state_of
from nnet.saved.storage import write_json

LOOKED_AT = 0.1  # seconds; a lock that is only looked at is free again at once


def directories(root: Path) -> list[Path]:
    """The runs in a folder, readable or not."""
    if not root.is_dir():
        return []
    return [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]


def waiting(root: Path) -> list[Path]:
    """The runs that wait, the next one first."""
    tickets = ((ticket(path), path) for path in directories(root))
    return [path for _, path in sorted((number, path) for number, path in tickets if number is not None)]


def ticket(path: Path) -> int | None:
    """A run's place in the queue, None also for a damaged one: it keeps nobody else from waiting."""
    with contextlib.suppress(RunError):
        return layout.read_ticket(path)
    return None


def enqueue(path: Path, allowed: tuple[str, ...], otherwise: str, *, to_finish: bool = False) -> None:
    """Put a run at the end of the queue, and see that somebody works on the queue.

    Args:
        path: of the run.
        allowed: states in which this may be done.
        otherwise: sentence for the other states.
        to_finish: let it end with what it has learnt, rather than go on learning.

    Raises:
        RunError: its state does not allow it, it cannot be read, or the disk is too full for it.
    """
    with locked(path.parent / layout.LIBRARY_LOCK):
        spec, state = layout.read_spec(path), state_of(path)
        if state not in allowed:
            raise RunError(f"{path.name} is {state}. {otherwise}")
        if spec.disk_bytes:
            disk.require(disk.left_to_write(spec.disk_bytes, path), path)
        for name in (layout.EXIT, layout.STOP):
            (path / name).unlink(missing_ok=True)
        finishing.wish(path, to_finish)
        last = max((ticket(other) or 0 for other in directories(path.parent)), default=0)
        write_json(path / layout.QUEUED, {"ticket": last + 1})
    ensure_supervisor(path.parent)


def ensure_supervisor(root: Path) -> None:
    """Start the process that works on the queue, unless it runs already."""
    lock = FileLock(root / SUPERVISOR_LOCK)
    if is_held(lock.path) or not lock.take(timeout=LOOKED_AT):
        return
    # The new process gets the lock with it: however slowly it starts, nobody starts a second one meanwhile.
    command = ["nnet.runs", "supervise", str(root), str(lock.fd)]
    try:
        processes.reap(processes.launch(command, root / SUPERVISOR_LOG, fds=(lock.fd,)))
    finally:
        lock.release()
