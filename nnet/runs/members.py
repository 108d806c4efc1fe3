"""The images that a run began with, so that it continues with exactly these; images.json of the run directory.

{"train": {key: {"bytes", "date", "sha256"} or null for a generated image}, "test": [key]}

A run is resumed on the same pixels or not at all (`nnet.training.loop`). People delete, replace and add images in the
meantime. So the trainer takes down what it began with, and later names the file that is missing or has changed, and
leaves out what came later.
"""

from __future__ import annotations

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
    remedy="The pixels alone decide without it. Delete it.",
    schema=ImagesFile,
    most=256 * MIB,
)


class Lost(Exception):
    """Images that the run began with are not what they were. No NNetError: nobody may take it for an unreadable image
    and leave that out, since the run could not continue with the others."""


class Members:
    """Watches over the training images of one attempt at a run.

    Args:
        path: the run directory.
        place: where the images lie, for people.
        resumed: whether there is something to continue; only then images.json of an earlier attempt counts.
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
            note: is told what was left out.
            training: whether its training images are needed.

        Raises:
            Lost: one of them is not there any more.
        """
        if self._stored is not None:
            dataset = self._as_before(self._stored, dataset, note, training)
        self._order = [sample.key for sample in dataset.train]
        self._test = [sample.key for sample in dataset.test]
        return dataclasses.replace(dataset, train=tuple(map(self._watched, dataset.train)))

    def keep(self) -> None:
        """Write images.json, unless an earlier attempt has. Call it when every image has been read once."""
        if self._stored is None:
            facts = {key: self._facts[key] for key in self._order if key in self._facts}
            self._stored = {"train": facts, "test": self._test}
            write_json(self.file, self._stored)

    def _as_before(self, stored: ImagesFile, dataset: Dataset, note: Callable[[str], None], training: bool) -> Dataset:
        """Both parts as they were. The split itself may fall otherwise when an image comes or goes."""
        found = {sample.key: sample for sample in dataset.samples}
        missing = [key for key in stored["train"] if key not in found]
        if missing and training:
            raise Lost(self._sentence(missing, "gone"))
        train, test = (
            tuple(_moved(found[key], split) for key in stored[split] if key in found) for split in ("train", "test")
        )
        known = {*stored["train"], *stored["test"]}
        if gone := sum(key not in found for key in stored["test"]):
            note(f"{_images(gone)} left out of the measurement, since they are no longer there.")
        if new := sum(key not in known for key in found):
            note(f"{_images(new)} left out, since the run did not start with them.")
        return dataclasses.replace(dataset, train=train, test=test)

    def _watched(self, sample: Sample) -> Sample:
        if sample.path is None or sample.loader is not None:
            self._facts.setdefault(sample.key, None)
            return sample
        return dataclasses.replace(sample, loader=partial(self._load, sample))

    def _load(self, sample: Sample) -> Decoded:
        """Decode a training image. One that cannot be read the first time is left out; later that is a loss."""
        known = self._facts.get(sample.key)
        try:
            decoded = sample.load()
            found = _facts(sample, known)
        except (NNetError, OSError) as error:
            if known is None:
                raise
            is_there = sample.path is not None and sample.path.exists()
            what = f"no longer readable ({error})" if is_there else "gone"
            raise Lost(self._sentence([sample.key], what)) from error
        if known is not None and found["sha256"] != known["sha256"]:
            raise Lost(self._sentence([sample.key], "not the same image as before"))
        with self._lock:
            self._facts[sample.key] = found
        return decoded

    def _sentence(self, keys: list[str], what: str) -> str:
        named = ", ".join(keys[:SHOWN]) + (f" and {len(keys) - SHOWN:,} more" if len(keys) > SHOWN else "")
        several = len(keys) > 1
        return (
            f"The training image{'s' if several else ''} {named} in {self.place} {'are' if several else 'is'} {what}. "
            f"A run continues only with exactly the images that it started with. Put {'them' if several else 'it'} "
            "back and resume, or duplicate the run, which starts again with the images that are there."
        )


def _moved(sample: Sample, split: str) -> Sample:
    """In the part of the data set that it was in; images for calibration only are among those to train on."""
    return sample if (sample.split, split) == ("validation", "train") else dataclasses.replace(sample, split=split)


def _images(count: int) -> str:
    return f"{count:,} image{'s were' if count > 1 else ' was'}"


def _facts(sample: Sample, known: ImageFacts | None) -> ImageFacts:
    """Size, date and hash of an image's file; it is hashed only if its size or date is not what was known."""
    assert sample.path is not None  # a generated image is not watched
    facts = sample.path.stat()
    if known is not None and (facts.st_size, facts.st_mtime_ns) == (known["bytes"], known["date"]):
        return known
    return {"bytes": facts.st_size, "date": facts.st_mtime_ns, "sha256": sample.file_hash()}


def _read(path: Path) -> ImagesFile | None:
    """images.json; None where there is none or it was damaged from outside: then the pixels alone decide."""
    try:
        return IMAGES_FORMAT.find(path)
    except RunError:
        return None
