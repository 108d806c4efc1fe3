"""From a data set to a finished, measured and described checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from nnet import checkpoint as checkpoints
from nnet.card import write_card
from nnet.config import Config
from nnet.data import Dataset, load_resized
from nnet.detector import Detector
from nnet.device import available_memory
from nnet.evaluation import can_be_measured, describe, measure
from nnet.provenance import provenance
from nnet.training import Progress, TrainingError, train


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
) -> Detector:
    """Train on a data set's normal images, measure on its test images if they are labelled, and write the card.

    Arguments as for `nnet.training.train`; `report` also hears of the phases "images" and "measure".

    Raises:
        nnet.errors.NNetError: anything the user can mend, in a sentence.
    """
    if not dataset.train:
        raise TrainingError(f"{dataset.name} holds no normal training images. Add images of good parts.")
    listen = report or (lambda _: None)
    started = time.perf_counter()
    images = load_resized(
        dataset.train, config.model.size, budget_bytes=available_memory() // 4, progress=phase("images", listen)
    )
    about = {"data": describe(dataset), **provenance()}
    detector = train(
        config, images, out, about=about, resume=resume, device=device, weights_file=weights_file, compile=compile,
        report=report,
    )  # fmt: skip
    minutes = (time.perf_counter() - started) / 60
    results = measure(detector, dataset, progress=phase("measure", listen)) if can_be_measured(dataset) else {}
    about = {**detector.checkpoint.about, "minutes": minutes}
    card = write_card(out.name, config, about, results, detector.calibration.summary())
    checkpoints.write_results(out, results, card)
    detector.checkpoint = checkpoints.load(out)
    return detector


def phase(name: str, listen: Callable[[Progress], None]) -> Callable[[int, int], None]:
    """A (done, total) callback that reports as the phase `name` of the work."""
    started = time.perf_counter()
    return lambda done, total: listen(Progress(name, done, total, seconds=time.perf_counter() - started))
