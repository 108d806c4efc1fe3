"""How a run is stopped, or taken out of the queue."""

import signal
import time
from pathlib import Path

from nnet.runs import layout, processes
from nnet.runs.layout import Exit, RunError
from nnet.runs.locks import is_held, locked
from nnet.runs.run import kept, live_trainer
from nnet.saved.storage import write_json

GRACE, PATIENCE = 1.2, 10.0  # seconds between the polite and the hard stop, and after it: a large process takes a while


def cancel(path: Path, name: str) -> None:
    """Stop a run, or take it out of the queue; see `nnet.runs.Runs.cancel`."""
    library = path.parent / layout.LIBRARY_LOCK
    with locked(library):
        if layout.read_ticket(path) is not None and not is_held(path / layout.LOCK):
            (path / layout.QUEUED).unlink(missing_ok=True)
            layout.write_exit(path, Exit(layout.CANCELLED, "It was taken out of the queue.", time.time()))
            return
    if not is_held(path / layout.LOCK):
        raise RunError(f"{name} is not running, so there is nothing to cancel.")
    write_json(path / layout.STOP, {"wall": time.time()})
    _end_trainer(path)
    with locked(library):
        if layout.read_ticket(path) is None and not is_held(path / layout.LOCK):  # nobody has resumed it since
            layout.write_exit(path, Exit(layout.CANCELLED, f"It was cancelled. {kept(path)}", time.time()))


def _end_trainer(path: Path) -> None:
    """Wait until the run's lock is free and its process gone; ask once, and kill after GRACE seconds.

    The process is looked for again and again: one that is just being started may not have written its pid yet.
    """
    started, asked = time.monotonic(), None
    while (process := live_trainer(path)) is not None or is_held(path / layout.LOCK):
        passed = time.monotonic() - started
        if passed > GRACE + PATIENCE:
            raise RunError(f"The training process of {path.name} has not ended yet. Try again in a moment.")
        if process is not None and passed > GRACE:
            processes.signal_group(*process, signal.SIGKILL)
        elif process is not None and process != asked:
            processes.signal_group(*process, signal.SIGTERM)
            asked = process
        time.sleep(processes.POLL)
