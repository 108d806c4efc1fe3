"""The images that a run started with, so that it continues with exactly these: images.json in the run directory.

{"train": {key: {"bytes", "date", "sha256"} or null for a generated image}, "test": [key]}

A run resumes on the same pixels or not at all (`nnet.training.loop`). In the meantime people delete, replace and add
images. So the trainer records what it started with, later names any file that is missing or has changed, and leaves
out what was added.
"""

import dataclasses
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypedDict

from nnet.data import Dataset, Sample
from nnet.data.images import Decoded
from nnet.errors import NNetError
from nnet.formats import MIB, Count, Document, Name
from nnet.runs.layout import IMAGES, RunError
from nnet.saved.storage import write_json

SHOWN = 5  # files named in a sentence
GONE = (
    "The training image {names} in {place} is gone. {advice}",
    "The training images {names} in {place} are gone. {advice}",
)
UNREADABLE = "The training image {names} in {place} can no longer be read: {error}. {advice}"
CHANGED = "The training image {names} in {place} has changed since the run started. {advice}"
ADVICE = (
    "A run can continue only with exactly the images it started with. Restore the original and resume, or duplicate "
    "the run to start over with the images that are there now."
)
NOT_MEASURED = (
    "1 image was left out of the measurement because it is no longer there.",
    "{count:,} images were left out of the measurement because they are no longer there.",
)
NOT_KNOWN = (
    "1 image was left out because the run did not start with it.",
    "{count:,} images were left out because the run did not start with them.",
)
"""For one image, and for several."""


class ImageFacts(TypedDict):
    """Size, date of change in nanoseconds and SHA-256 of an image's file."""

    bytes: Count
    date: int
    sha256: Name


class ImagesFile(TypedDict):
    """The training images with what they were like (null for a generated one), and the test images."""

    train: dict[str, ImageFacts | None]
    test: list[str]


IMAGES_FORMAT = Document[ImagesFile](
    name=IMAGES,
    about="The images that the run started with, so that it continues with exactly these.",
    error=RunError,
    remedy="Delete it. The run then checks the pixels alone.",
    schema=ImagesFile,
    most=256 * MIB,
)


class Lost(Exception):
    """Images that the run started with are missing or have changed. This is no NNetError, so that nobody mistakes it
    for an unreadable image and leaves that out: the run could not continue with the others."""


class Members:
    """Watches over the training images of one attempt at a run.

    Args:
        path: the run directory.
        place: where the images are, as people would say it.
        resumed: whether there is something to continue; images.json of an earlier attempt counts only then.
    """

    def __init__(self, path: Path, place: str, *, resumed: bool) -> None:
        self.file = path / IMAGES
        self.place = place
        self._stored = _read(self.file) if resumed else None
        self._facts: dict[str, ImageFacts | None] = dict(self._stored["train"]) if self._stored else {}
        self._order: list[str] = []
        self._test: list[str] = []
        self._lock = threading.Lock()

    def applied(self, dataset: Dataset, note: Callable[[str], None], *, training: bool) -> Dataset:
        """The data set to train on: that of the first attempt, if there was one, with images that are watched.

        Args:
            note: called with a sentence for what was left out.
            training: whether its training images are needed.

        Raises:
            Lost: one of them is no longer there.
        """
        if self._stored is not None:
            dataset = self._as_before(self._stored, dataset, note, training)
        self._order = [sample.key for sample in dataset.train]
        self._test = [sample.key for sample in dataset.test]
        return dataclasses.replace(dataset, train=tuple(map(self._watched, dataset.train)))

    def keep(self) -> None:
        """Write images.json unless an earlier attempt did. Call this once every image has been read."""
        if self._stored is None:
            facts = {key: self._facts[key] for key in self._order if key in self._facts}
            self._stored = {"train": facts, "test": self._test}
            write_json(self.file, self._stored)

    def _as_before(self, stored: ImagesFile, dataset: Dataset, note: Callable[[str], None], training: bool) -> Dataset:
        """Both parts as they were. Splitting again could give other parts once an image was added or deleted."""
        found = {sample.key: sample for sample in dataset.samples}
        missing = [key for key in stored["train"] if key not in found]
        if missing and training:
            raise Lost(self._sentence(GONE[len(missing) > 1], missing))
        train, test = (
            tuple(_moved(found[key], split) for key in stored[split] if key in found) for split in ("train", "test")
        )
        known = {*stored["train"], *stored["test"]}
        if gone := sum(key not in found for key in stored["test"]):
            note(NOT_MEASURED[gone > 1].format(count=gone))
        if new := sum(key not in known for key in found):
            note(NOT_KNOWN[new > 1].format(count=new))
        return dataclasses.replace(dataset, train=train, test=test)

    def _watched(self, sample: Sample) -> Sample:
        if sample.path is None or sample.loader is not None:
            self._facts.setdefault(sample.key, None)
            return sample
        return dataclasses.replace(sample, loader=partial(self._load, sample))

    def _load(self, sample: Sample) -> Decoded:
        """Decode a training image. One that cannot be read at first is left out; after that, it is lost."""
        known = self._facts.get(sample.key)
        try:
            decoded = sample.load()
            found = _facts(sample, known)
        except (NNetError, OSError) as error:
            if known is None:
                raise
            is_there = sample.path is not None and sample.path.exists()
            raise Lost(self._sentence(UNREADABLE if is_there else GONE[0], [sample.key], error)) from error
        if known is not None and found["sha256"] != known["sha256"]:
            raise Lost(self._sentence(CHANGED, [sample.key]))
        with self._lock:
            self._facts[sample.key] = found
        return decoded

    def _sentence(self, template: str, keys: list[str], error: object = "") -> str:
        names = ", ".join(keys[:SHOWN]) + (f" and {len(keys) - SHOWN:,} more" if len(keys) > SHOWN else "")
        return template.format(names=names, place=self.place, error=str(error).rstrip("."), advice=ADVICE)


def _moved(sample: Sample, split: str) -> Sample:
    """The sample in the part of the data set that it was in; calibration images stay with the training ones."""
    return sample if (sample.split, split) == ("validation", "train") else dataclasses.replace(sample, split=split)


def _facts(sample: Sample, known: ImageFacts | None) -> ImageFacts:
    """Size, date and hash of an image's file, which is hashed only if its size or date has changed."""
    assert sample.path is not None  # a generated image is not watched
    facts = sample.path.stat()
    if known is not None and (facts.st_size, facts.st_mtime_ns) == (known["bytes"], known["date"]):
        return known
    return {"bytes": facts.st_size, "date": facts.st_mtime_ns, "sha256": sample.file_hash()}


def _read(path: Path) -> ImagesFile | None:
    """images.json; None if there is none or it is damaged: then the pixels alone decide."""
    try:
        return IMAGES_FORMAT.find(path)
    except RunError:
        return None
