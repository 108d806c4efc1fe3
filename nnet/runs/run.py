"""A run as it stands on disk, and which folders hold a model that may be used."""

import contextlib
import dataclasses
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nnet.data import Dataset, open_dataset
from nnet.errors import NNetError
from nnet.runs import layout, processes
from nnet.runs.film import FILM, Film
from nnet.runs.layout import LIVE, LOG_FORMAT, RUNNING, Exit, RunError, RunSpec, Status
from nnet.runs.state import state_of
from nnet.saved.formats import CONFIG, CONFIG_FORMAT, HISTORY, HISTORY_FORMAT, RESUME, RESUME_FORMAT, EndedEarly, Epoch

RESUMABLE = ("cancelled", "failed", "lost")
ENDED = ("done", *RESUMABLE)


@dataclass(frozen=True)
class Run:
    """A run as it stood on disk a moment ago.

    Attributes:
        path: its directory.
        spec: what is trained; None for an unreadable run.
        state: one of `nnet.runs.layout.STATES`.
        status: what the trainer last said of itself, or None.
        exit: how the last attempt ended, or None.
        position: 1 for the next one in the queue; None for a run that does not wait.
        problem: what is damaged, in a sentence, or "". With a damaged status.json alone the run is still used.
    """

    path: Path
    spec: RunSpec | None
    state: str
    status: Status | None = None
    exit: Exit | None = None
    position: int | None = None
    problem: str = ""

    @property
    def id(self) -> str:
        """Name of the directory; never changes."""
        return self.path.name

    @property
    def name(self) -> str:
        """What people call it."""
        return self.spec.name if self.spec else self.id

    @property
    def reason(self) -> str:
        """Why it is in this state, in a sentence; "" where the state says it all."""
        if self.state == "unreadable":
            return self.problem
        if self.state == "lost":
            return "The training process ended without a message, as after a power cut. " + kept(self.path)
        return self.exit.reason if self.exit and self.state in ENDED else ""

    @property
    def model(self) -> Path | None:
        """The checkpoint to inspect and evaluate with; None unless the run is done."""
        return self.path if self.state == "done" and (self.path / CONFIG).is_file() else None

    @property
    def has_diverged(self) -> bool:
        """Whether it failed because its loss became infinite or no number."""
        return self.state == "failed" and self.exit is not None and self.exit.code == layout.DIVERGED

    @property
    def can_resume(self) -> bool:
        """Whether `Runs.resume` continues it."""
        return self.state in RESUMABLE

    @property
    def is_finishing(self) -> bool:
        """Whether it waits or runs, and shall end early (`nnet.runs.finishing`)."""
        return self.state in LIVE and (self.path / layout.FINISH).exists()

    @property
    def ended_early(self) -> EndedEarly | None:
        """How much of its training a finished run had that was ended early; None of all others."""
        if self.model is None or not (self.path / layout.FINISH).exists():
            return None
        with contextlib.suppress(NNetError):
            return CONFIG_FORMAT.read(self.path / CONFIG)["about"].get("ended_early")
        return None

    @property
    def kept_epochs(self) -> int:
        """Finished epochs that a resumed run does not repeat, as the state on disk stands."""
        return kept_epochs(self.path)

    @property
    def silent_seconds(self) -> float | None:
        """How long ago the trainer wrote its status, by the clock that never goes back; None unless it lives."""
        if self.state not in RUNNING or self.status is None:
            return None
        return max(0.0, time.monotonic() - self.status.monotonic)

    def history(self) -> list[Epoch]:
        """One entry per finished epoch: epoch, loss terms, beta, learning_rate, items_*, images_per_second, and every
        few epochs held_out_median and held_out_high (`nnet.training.loop`). A half-written last line is left out."""
        with contextlib.suppress(NNetError):
            return HISTORY_FORMAT.read(self.path / HISTORY)[0]
        return []

    @property
    def has_finished_epoch(self) -> bool:
        """Whether `history` has anything, as far as its size tells."""
        with contextlib.suppress(OSError):
            return (self.path / HISTORY).stat().st_size > 0
        return False

    @property
    def history_problem(self) -> str:
        """What keeps `history` from showing every finished epoch, in a sentence; "" if nothing does."""
        try:
            _, problem = HISTORY_FORMAT.read(self.path / HISTORY)
        except NNetError as error:
            return str(error)
        if not problem:
            return ""
        return (
            f"{HISTORY} of this run is damaged in {problem}, so the epochs from there on are not shown. "
            "The run and its model are not affected."
        )

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of the log; progress bars show only their last state."""
        try:
            with LOG_FORMAT.opened(self.path / layout.LOG) as stream:
                stream.seek(max(0, stream.seek(0, os.SEEK_END) - 65536))
                text = stream.read().decode("utf-8", "replace")
        except (NNetError, OSError):
            return ""
        shown = [line.rpartition("\r")[2] for line in text.split("\n")]
        return "\n".join([line for line in shown if line.strip()][-lines:])

    def film(self) -> Film:
        """The training film; empty before the first frame. Raises RunError for an unreadable run."""
        if self.spec is None:
            raise RunError(self.problem)
        return Film(self.path / FILM, self.spec.config)

    def dataset(self) -> Dataset:
        """Open the run's data. Raises nnet.data.DataError if it is gone or cannot be read."""
        if self.spec is None:
            raise RunError(self.problem)
        return open_data(self.spec, self.path / layout.DATA)


def open_data(spec: RunSpec, uploaded: Path) -> Dataset:
    """The data set of a run; `uploaded` is the folder to open where the data was uploaded."""
    source = uploaded if spec.data == layout.UPLOADED else spec.data
    dataset = open_dataset(source, seed=spec.config.train.seed, masks=spec.masks or None)
    return dataclasses.replace(dataset, name=spec.name, source="uploaded images") if source is uploaded else dataset


def kept_epochs(path: Path) -> int:
    """Finished epochs in the saved state of an unfinished run; 0 where there is none that can be read."""
    try:
        return int(RESUME_FORMAT.header(path / RESUME).notes["epoch"])
    except (NNetError, FileNotFoundError):
        return 0


def kept(path: Path) -> str:
    """What a run that ended early keeps, in a sentence."""
    if (path / CONFIG).is_file():
        return "Training had finished and its result is kept; resume measures the model."
    if epochs := kept_epochs(path):
        return f"What it learnt up to epoch {epochs:,} is kept; resume continues from there."
    return "No epoch was finished; resume starts from the beginning."


def is_usable(path: Path) -> bool:
    """Whether a checkpoint directory may be offered as a model: every one that is no run, and runs that are done.

    A run that failed or was cancelled while it measured its finished weights has a config.json already.
    """
    if not os.path.lexists(path / CONFIG):  # whatever it is: a damaged one is named, not passed over
        return False
    try:
        return not os.path.lexists(path / layout.SPEC) or state_of(path) == "done"
    except (NNetError, OSError):  # the list of runs says why
        return False


def usable_checkpoints(folder: Path, depth: int = 3) -> Iterator[Path]:
    """The checkpoints that may be offered as models, in a folder and its subfolders down to `depth`, by name.

    Nothing for a folder that is not there or cannot be listed; inside a run nothing is looked for.
    """
    if is_usable(folder):
        yield folder
    elif depth and not os.path.lexists(folder / layout.SPEC):
        for child in _visible_folders(folder):
            yield from usable_checkpoints(child, depth - 1)


def _visible_folders(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if child.is_dir() and not child.name.startswith("."))
    except OSError:
        return []


def live_trainer(path: Path) -> tuple[int, str] | None:
    """(pid, start time) of the run's trainer if it lives; whoever starts one writes them into the lock file."""
    trainer = layout.read_trainer(path)
    return trainer if processes.is_alive(*trainer) else None
