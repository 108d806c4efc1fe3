"""How a run is ended early, with what it has learnt: as if its steps were over.

The wish is a file in the run's folder, as that of cancelling is. The trainer sees it within a second, leaves the epoch
that is under way, and makes the model of the last finished one. That epoch is on the disk: whatever kills the process
meanwhile, the same wish makes the same model of it. Resume takes the wish back, and trains on.
"""

import time
from pathlib import Path

from nnet.runs import layout
from nnet.runs.layout import LIVE, RunError
from nnet.runs.locks import locked
from nnet.runs.run import RESUMABLE, kept_epochs
from nnet.runs.state import state_of
from nnet.saved.formats import CONFIG, HISTORY
from nnet.saved.storage import write_json

OVER = ("cross", "calibrate", "atlas", "measure", "end")
"""Phases after the last step."""


def ask(path: Path, name: str) -> bool:
    """Ask a run to end early; see `nnet.runs.Runs.finish`.

    Returns:
        Whether it will see that by itself; one that is neither running nor waiting has to be started for it.
    """
    with locked(path.parent / layout.LIBRARY_LOCK):
        spec, state = layout.read_spec(path), state_of(path)
        if refusal := _refusal(path, spec, state):
            raise RunError(f"{name} {refusal}")
        if state in LIVE:
            wish(path, True)
        return state in LIVE


def wish(path: Path, is_wanted: bool) -> None:
    """Write the wish down, or take it back unless the model has been made of it."""
    if is_wanted:
        write_json(path / layout.FINISH, {"wall": time.time()})
    elif not (path / CONFIG).exists():
        (path / layout.FINISH).unlink(missing_ok=True)


def is_asked(path: Path) -> bool:
    """Whether the run shall end early, or has done so."""
    return (path / layout.FINISH).exists()


def _refusal(path: Path, spec: layout.RunSpec, state: str) -> str:
    """Why it cannot be ended early, as the rest of a sentence that begins with its name; "" if it can."""
    if spec.study is not None:
        return "belongs to a study, whose trainings are compared and so are of one length. It can only be cancelled."
    if state == "stopping":
        return "is being cancelled. Finish it when that is done."
    if state not in (*LIVE, *RESUMABLE):
        return f"{'was never started' if state == 'created' else f'is {state}'}, so there is nothing to finish."
    status = layout.read_status(path)
    if (path / CONFIG).exists() or (state == "running" and status is not None and status.phase in OVER):
        return "has made its last step already, and its model is about to be finished."
    if not _has_learnt(path, state):
        wait = "wait for its first epoch, or cancel it" if state in LIVE else "resume it, or delete it"
        return f"has not finished an epoch yet, so there is nothing to make a model of: {wait}."
    return ""


def _has_learnt(path: Path, state: str) -> bool:
    """Whether an epoch is finished. Of a running one its state may not be on the disk yet, but its history is."""
    history = path / HISTORY
    return kept_epochs(path) > 0 or (state == "running" and history.exists() and history.stat().st_size > 0)
