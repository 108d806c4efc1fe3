"""What a training run says while it works, and who listens. No torch in here: pages and status files use it, too."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnet.errors import NNetError

if TYPE_CHECKING:
    from nnet.detector import Detector
    from nnet.model.inputs import Images


class TrainingError(NNetError):
    """Training cannot start or continue."""


class DivergedError(TrainingError):
    """The loss became infinite or no number."""


class Stopped(Exception):
    """A listener wants the run to stop; nothing is wrong with it."""


class EndEarly(Exception):
    """A listener wants the training to end as if its steps were over, with what the last finished epoch has learnt."""


class Phase(NamedTuple):
    """A phase of the work, for people: its title, and what its steps are."""

    title: str
    unit: str


PHASES = {
    "start": Phase("Starting", "step"),
    "estimate": Phase("Trying a few steps, to see whether it fits", "step"),
    "images": Phase("Reading images", "image"),
    "features": Phase("Computing teacher features", "image"),
    "train": Phase("Training", "step"),
    "cross": Phase("Training light models for the threshold", "step"),
    "calibrate": Phase("Finding the threshold", "image"),
    "atlas": Phase("Building the memory atlas", "image"),
    "measure": Phase("Measuring on the test images", "image"),
    "subsets": Phase("Ranking subsets of the maps", "subset"),
    "end": Phase("Finishing", "step"),
}
"""Every phase that `Progress` or a run's status can name, in order. "subsets" belongs to `nnet evaluate`."""


ENDING = ("features", "train")
"""Phases in which a training can be ended early."""


def title_of(phase: str) -> str:
    """A phase for people; the name itself where another version of N-Net wrote it."""
    return PHASES[phase].title if phase in PHASES else phase


@dataclass(frozen=True)
class Progress:
    """Where a training run stands.

    Attributes:
        phase: a key of `PHASES`.
        done, total: steps of the phase (optimiser steps of the whole run while training, else images).
        epoch, epochs: finished, and in all.
        seconds: since the phase began.
        before: steps of the phase that an earlier attempt had done.
        losses: mean of each loss term over the epoch so far.
        learning_rate, beta: of the step; None outside of training.
        images_per_second: of the epoch so far; None outside of training.
        memory: how the epoch has used the memory so far (see `nnet.training.usage.MemoryUsage`).
        device: in words; "" before it is known.
    """

    phase: str
    done: int
    total: int
    epoch: int = 0
    seconds: float = 0.0
    losses: dict[str, float] = field(default_factory=dict)
    epochs: int = 0
    before: int = 0
    learning_rate: float | None = None
    beta: float | None = None
    images_per_second: float | None = None
    memory: dict[str, float] = field(default_factory=dict)
    device: str = ""

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the pace so far; None before the first step, and of a phase that tells no pace."""
        made = self.done - self.before
        return self.seconds / made * (self.total - self.done) if made > 0 and self.seconds else None


Report = Callable[[Progress], None]


class Listener:
    """Follows a run. Each method does nothing here; override what is of interest. What a method raises ends the run."""

    def report(self, progress: Progress) -> None:
        """Called often during the work."""

    def note(self, sentence: str) -> None:
        """A sentence for people, on images that were left out."""

    def begin(self, images: Images, held_out: np.ndarray, first_epoch: int, epochs: int) -> None:
        """Called before the first step: the images, the indices of those held out, epochs finished and in all."""

    def look(self, detector: Detector, epoch: int) -> dict[str, Any]:
        """Look at the network after `epoch` (0: before the first step), without changing it.

        Returns:
            What belongs into the epoch's line of the history.
        """
        return {}

    def heard(self, entry: dict[str, Any]) -> None:
        """A line of the history, once it is written."""


class Callbacks(Listener):
    """A listener from a function and from another listener whose `begin`, `look` and `heard` are used; prints notes."""

    def __init__(self, report: Report | None = None, watch: Listener | None = None) -> None:
        self._report, self._watch = report, watch or Listener()
        self.begin, self.look, self.heard = self._watch.begin, self._watch.look, self._watch.heard  # type: ignore[method-assign]

    def report(self, progress: Progress) -> None:
        if self._report is not None:
            self._report(progress)

    def note(self, sentence: str) -> None:
        print(sentence, flush=True)


class Listeners(Listener):
    """Several listeners as one, called in this order."""

    def __init__(self, *listeners: Listener) -> None:
        self._all = listeners

    def report(self, progress: Progress) -> None:
        for listener in self._all:
            listener.report(progress)

    def note(self, sentence: str) -> None:
        for listener in self._all:
            listener.note(sentence)

    def begin(self, images: Images, held_out: np.ndarray, first_epoch: int, epochs: int) -> None:
        for listener in self._all:
            listener.begin(images, held_out, first_epoch, epochs)

    def look(self, detector: Detector, epoch: int) -> dict[str, Any]:
        return {name: value for listener in self._all for name, value in listener.look(detector, epoch).items()}

    def heard(self, entry: dict[str, Any]) -> None:
        for listener in self._all:
            listener.heard(entry)


class AtOnce(Listener):
    """Ends a resumed training before its next step, with what it has learnt."""

    def report(self, progress: Progress) -> None:
        """Raises EndEarly."""
        if progress.phase in ENDING:
            raise EndEarly


def phase(name: str, report: Report) -> Callable[[int, int], None]:
    """A (done, total) callback that reports as the phase `name` of the work."""
    started = time.perf_counter()
    return lambda done, total: report(Progress(name, done, total, seconds=time.perf_counter() - started))
