"""From a data set to a finished, measured and described checkpoint."""

import contextlib
import dataclasses
import os
import time
from pathlib import Path
from typing import Any

from nnet.analysis.doubts import of_held_out, of_training
from nnet.analysis.evaluation import can_be_measured, describe
from nnet.analysis.stored import measured
from nnet.data import Dataset, load_readable, load_resized
from nnet.data.framing import Framing
from nnet.detector import Detector, TrainedModel
from nnet.device import available_memory
from nnet.errors import NNetError
from nnet.model.inputs import Images
from nnet.saved import checkpoint as checkpoints
from nnet.saved import kept_scores
from nnet.saved.card import write_card
from nnet.saved.formats import RESUME, RESUME_FORMAT, PictureScores
from nnet.saved.provenance import provenance
from nnet.training.events import Callbacks, Listener, Listeners, TrainingError, phase
from nnet.training.job import TrainJob
from nnet.training.loop import run
from nnet.training.pieces import cut_up
from nnet.training.schedule import split_normals
from nnet.training.state import load_history
from nnet.training.tensorboard import EventLog

SHOWN = 5  # files named in a sentence on files that were left out


def train_on(job: TrainJob, dataset: Dataset, listener: Listener | None = None) -> TrainedModel | None:
    """Train on a data set's normal images, measure on its test images if they are labelled, and write the card.

    As `nnet.training.loop.run`, whose listener also hears of the phases "images" and "measure". A resumed run whose
    training is finished is only measured.

    Raises:
        nnet.errors.NNetError: anything that the user can fix, in a sentence.
    """
    if not dataset.train:
        raise TrainingError(f"{dataset.name} holds no normal training images. Add images of good parts.")
    listener = listener or Callbacks()
    started = time.perf_counter()
    earlier = _trained_seconds(job.out)
    doubts: list[str] = []
    if job.resume and checkpoints.is_checkpoint(job.out):
        detector: TrainedModel | None = Detector.load(job.out, job.device, job.weights_file)
    else:
        with contextlib.ExitStack() as ending:
            listeners = [listener]
            if job.tensorboard is not None:
                listeners.append(ending.enter_context(contextlib.closing(EventLog(job.tensorboard))))
            images, job, dataset = _load(job, dataset, listener)
            about = {"data": describe(dataset), **provenance(), **job.about}
            job = dataclasses.replace(job, about=about)
            detector = run(job, images, Listeners(*listeners))
            if detector is not None:
                doubts = _doubts(job, detector, images, dataset)
    if detector is None:  # another process of torchrun finishes
        return None
    minutes = (time.perf_counter() - started + earlier) / 60
    for sentence in doubts:
        listener.note(sentence)
    results, pictures = _measure(job, detector, dataset, listener)
    about = {**detector.checkpoint.about, "minutes": minutes}
    card = write_card(job.name or job.out.name, job.config, about, results, detector.calibration.summary(), doubts)
    checkpoints.write_results(job.out, results, card)
    if pictures is not None:
        kept_scores.add(job.out, pictures)
    detector.checkpoint = checkpoints.load(job.out)
    return detector


def _load(job: TrainJob, dataset: Dataset, listener: Listener) -> tuple[Images, TrainJob, Dataset]:
    """The training images, the job with what it has to know of them, and the data set without those that cannot be
    read."""
    sharing = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # processes of torchrun on this machine
    budget, progress = available_memory() // 4 // sharing, phase("images", listener.report)
    size, framed = job.config.model.size, not Framing.of(job.config.model).is_whole
    if job.skip_unreadable:
        least = 0 if framed else budget  # of framed pictures only whether they can be read is asked here
        images, skipped = load_readable(dataset.train, size, budget_bytes=least, progress=progress)
        _tell(listener, "training", [sentence for _, sentence in skipped])
        gone = {id(sample) for sample, _ in skipped}
        dataset = dataclasses.replace(dataset, train=tuple(s for s in dataset.train if id(s) not in gone))
    elif not framed:
        images = load_resized(dataset.train, size, budget_bytes=budget, progress=progress)
    if framed:
        pieces = cut_up(dataset.train, job.config, dataset.validation, budget, progress)
        count = len(pieces.inputs) - pieces.shown
        if count != pieces.trained_on:
            listener.note(f"The model learns from {count:,} inputs, cut from {pieces.trained_on:,} pictures.")
        return pieces.inputs, pieces.job(job), dataset
    return images, dataclasses.replace(job, validation=dataset.validation), dataset


def _doubts(job: TrainJob, detector: TrainedModel, images: Images, dataset: Dataset) -> list[str]:
    """What speaks against trusting the model. Of a random teacher, which is for tests, nothing is asked."""
    if job.config.model.teacher_weights == "random":
        return []
    if not detector.framing.is_whole:  # its inputs are parts of pictures
        return of_held_out(detector.calibration)
    trained_on, _ = split_normals(len(images), job.config.train, job.validation)
    return of_training(detector, detector.calibration, images, [s.key for s in dataset.train], trained_on)


def _measure(
    job: TrainJob, detector: TrainedModel, dataset: Dataset, listener: Listener
) -> tuple[dict[str, Any], PictureScores | None]:
    """Metrics on the test images, and the score of each; none where they are not labelled.

    A model is not lost over a test image.
    """
    if not can_be_measured(dataset):
        return {}, None
    try:
        return measured(detector, dataset, progress=phase("measure", listener.report))
    except NNetError:
        if not job.skip_unreadable:
            raise
    readable, sentences = [], []
    for sample in dataset.test:
        try:
            sample.load_mask(sample.load().image.shape[:2])
            readable.append(sample)
        except NNetError as error:
            sentences.append(str(error))
    _tell(listener, "measuring", sentences)
    dataset = dataclasses.replace(dataset, test=tuple(readable))
    if not can_be_measured(dataset):
        listener.note("Too few test images are left, so nothing was measured.")
        return {}, None
    return measured(detector, dataset, progress=phase("measure", listener.report))


def _tell(listener: Listener, purpose: str, sentences: list[str]) -> None:
    if sentences:
        count = f"{len(sentences)} image{'s were' if len(sentences) > 1 else ' was'}"
        more = f" And {len(sentences) - SHOWN} more." if len(sentences) > SHOWN else ""
        listener.note(f"{count} left out of {purpose}: {' '.join(sentences[:SHOWN])}{more}")


def _trained_seconds(out: Path) -> float:
    """What earlier attempts at this run spent on the epochs that are kept."""
    try:
        kept = None if checkpoints.is_checkpoint(out) else int(RESUME_FORMAT.header(out / RESUME).notes["epoch"])
        return sum(entry.get("seconds", 0.0) for entry in load_history(out)[:kept])
    except (NNetError, FileNotFoundError):
        return 0.0
