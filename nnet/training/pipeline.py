"""From a data set to a finished, measured and described checkpoint."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nnet.analysis.evaluation import can_be_measured, describe, measure
from nnet.config import Config
from nnet.data import Dataset, load_resized
from nnet.detector import Detector
from nnet.device import available_memory
from nnet.errors import NNetError
from nnet.model.inputs import Images
from nnet.saved import checkpoint as checkpoints
from nnet.saved.card import write_card
from nnet.saved.provenance import provenance
from nnet.saved.storage import read_notes
from nnet.training.loop import RESUME, Progress, TrainingError, Watch, load_history, train
from nnet.training.tensorboard import EventWriter

SHOWN = 5  # files named in a sentence on files that were left out


def train_on(
    dataset: Dataset,
    config: Config,
    out: Path,
    *,
    resume: bool = False,
    device: str = "auto",
    weights_file: Path | None = None,
    compile: bool = False,
    report: Callable[[Progress], None] | None = None,
    name: str = "",
    skip_unreadable: bool = False,
    note: Callable[[str], None] = print,
    watch: Watch | None = None,
    tensorboard: Path | None = None,
) -> Detector | None:
    """Train on a data set's normal images, measure on its test images if they are labelled, and write the card.

    Arguments as for `nnet.training.loop.train`; `report` also hears of the phases "images" and "measure". A resumed run
    whose training is finished is only measured.

    Args:
        name: what the card calls the model; "" takes the directory's name.
        skip_unreadable: leave out images that cannot be read, and say so, instead of ending with an error.
        note: is told sentences on what was left out.
        tensorboard: a folder for event files, or None.

    Raises:
        nnet.errors.NNetError: anything the user can mend, in a sentence.
    """
    if not dataset.train:
        raise TrainingError(f"{dataset.name} holds no normal training images. Add images of good parts.")
    listen = report or (lambda _: None)
    started = time.perf_counter()
    earlier = _trained_seconds(out)
    if resume and checkpoints.is_checkpoint(out):
        detector = Detector.load(out, device, weights_file)
    else:
        images, dataset = _load(dataset, config, listen, skip_unreadable, note)
        about = {"data": describe(dataset), **provenance()}
        detector = train(
            config,
            images,
            out,
            about=about,
            resume=resume,
            device=device,
            weights_file=weights_file,
            compile=compile,
            report=report,
            watch=watch if tensorboard is None else _Logged(watch, tensorboard),
        )
    if detector is None:  # another process of torchrun finishes
        return None
    minutes = (time.perf_counter() - started + earlier) / 60
    results = _measure(detector, dataset, listen, skip_unreadable, note)
    about = {**detector.checkpoint.about, "minutes": minutes}
    card = write_card(name or out.name, config, about, results, detector.calibration.summary())
    checkpoints.write_results(out, results, card)
    detector.checkpoint = checkpoints.load(out)
    return detector


def phase(name: str, listen: Callable[[Progress], None]) -> Callable[[int, int], None]:
    """A (done, total) callback that reports as the phase `name` of the work."""
    started = time.perf_counter()
    return lambda done, total: listen(Progress(name, done, total, seconds=time.perf_counter() - started))


def _load(
    dataset: Dataset, config: Config, listen: Callable[[Progress], None], skip: bool, note: Callable[[str], None]
) -> tuple[Images, Dataset]:
    """The training images, and the data set without those that could not be read."""
    sharing = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # processes of torchrun on this machine
    budget, progress = available_memory() // 4 // sharing, phase("images", listen)
    size = config.model.size
    if not skip:
        return load_resized(dataset.train, size, budget_bytes=budget, progress=progress), dataset
    images, skipped = load_resized(dataset.train, size, budget_bytes=budget, progress=progress, skip_unreadable=True)
    _tell(note, "training", [sentence for _, sentence in skipped])
    gone = {id(sample) for sample, _ in skipped}
    return images, dataclasses.replace(dataset, train=tuple(s for s in dataset.train if id(s) not in gone))


def _measure(
    detector: Detector, dataset: Dataset, listen: Callable[[Progress], None], skip: bool, note: Callable[[str], None]
) -> dict[str, Any]:
    """Metrics on the test images; {} where they are not labelled. A model is not lost over a test image."""
    if not can_be_measured(dataset):
        return {}
    try:
        return measure(detector, dataset, progress=phase("measure", listen))
    except NNetError:
        if not skip:
            raise
    readable, sentences = [], []
    for sample in dataset.test:
        try:
            sample.load_mask(sample.load().image.shape[:2])
            readable.append(sample)
        except NNetError as error:
            sentences.append(str(error))
    _tell(note, "measuring", sentences)
    dataset = dataclasses.replace(dataset, test=tuple(readable))
    if not can_be_measured(dataset):
        note("Too few test images are left, so nothing was measured.")
        return {}
    return measure(detector, dataset, progress=phase("measure", listen))


def _tell(note: Callable[[str], None], purpose: str, sentences: list[str]) -> None:
    if sentences:
        count = f"{len(sentences)} image{'s were' if len(sentences) > 1 else ' was'}"
        more = f" And {len(sentences) - SHOWN} more." if len(sentences) > SHOWN else ""
        note(f"{count} left out of {purpose}: {' '.join(sentences[:SHOWN])}{more}")


def _trained_seconds(out: Path) -> float:
    """What earlier attempts at this run spent on the epochs that are kept."""
    try:
        kept = None if checkpoints.is_checkpoint(out) else int(read_notes(out / RESUME)["epoch"])
        return sum(entry.get("seconds", 0.0) for entry in load_history(out)[:kept])
    except (OSError, ValueError, KeyError):
        return 0.0


class _Logged:
    """A watch (or none) whose history also goes into event files. Only the process that leads begins to watch."""

    def __init__(self, watch: Watch | None, folder: Path) -> None:
        self._watch, self._folder = watch, folder

    def begin(self, images: Images, held_out: np.ndarray, first_epoch: int, epochs: int) -> None:
        self._writer = EventWriter(self._folder)
        if first_epoch:
            self._writer.restart(first_epoch + 1)
        if self._watch is not None:
            self._watch.begin(images, held_out, first_epoch, epochs)

    def look(self, detector: Detector, epoch: int) -> dict[str, Any]:
        return {} if self._watch is None else self._watch.look(detector, epoch)

    def heard(self, entry: dict[str, Any]) -> None:
        self._writer.scalars(entry["epoch"], {k: v for k, v in entry.items() if k != "epoch"})
        if self._watch is not None:
            self._watch.heard(entry)
