"""What a data set holds: every image is read once, and what was found is kept until a file changes."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from nnet.config import Config
from nnet.data import DataError, Dataset, Inspection, Sample, inspect, open_dataset, opening
from nnet.data.masks import is_plain
from nnet.errors import NNetError
from nnet.scoring import doubts
from nnet.training import schedule
from nnet.training.events import TrainingError
from nnet.training.schedule import epochs, is_crossed, split_normals, steps_per_epoch
from workbench.shared import datasets, pictures
from workbench.shared.cache import BoundedCache

PREVIEWS = 6
"""Small pictures of good and of defective images each."""
COMPARED = 64
"""Most images that are compared with each other before a run."""
ARCHIVES = 2
"""Most ZIPs on this computer that stay unpacked in a temporary folder."""


@dataclass(frozen=True)
class Choice:
    """Which images a model is to learn: `data` and `masks` as in `nnet.runs.RunSpec`, and the `upload` folder it may
    need."""

    data: str
    upload: Path | None = None
    masks: str = ""

    def open(self, seed: int) -> Dataset:
        """Open the data set. Raises nnet.data.DataError with a sentence."""
        if self.upload is None:
            archive = _archive(self.data)
            if archive is None:
                with datasets.watched(self.data):
                    return open_dataset(self.data, seed=seed, masks=self.masks or None)
            facts = archive.stat()
            return _unpacked(self.data, seed, self.masks, (facts.st_mtime_ns, facts.st_size))
        try:
            dataset = open_dataset(self.upload, seed=seed, masks=self.masks or None)
        except DataError as error:  # the visitor knows the upload, not where it lies
            raise DataError(str(error).replace(str(self.upload.resolve()), "the upload")) from error
        return dataclasses.replace(dataset, name="your photos", source="uploaded images")

    def categories(self) -> tuple[Choice, ...]:
        """The same for each category where the images are of several; () for one data set, and for what cannot be
        opened."""
        try:
            if self.upload is not None:
                return tuple(Choice(self.data, Path(place)) for place in opening.categories(self.upload))
            if Path(self.data).is_absolute() and _archive(self.data) is None:
                with datasets.watched(self.data):
                    return tuple(Choice(place) for place in opening.categories(self.data))
        except DataError:  # whoever looks at the images says why
            pass
        return ()

    @property
    def name(self) -> str:
        """Of the folder."""
        return (self.upload or Path(self.data)).name


def _archive(data: str) -> Path | None:
    """The ZIP file that a path on this computer leads into, or None."""
    path = Path(data)
    if not path.is_absolute():  # a set's name
        return None
    return next((part for part in (path, *path.parents) if os.path.isfile(part)), None)


@st.cache_resource(max_entries=ARCHIVES, show_spinner="Unpacking the ZIP…")
def _unpacked(data: str, seed: int, masks: str, stamp: tuple[int, int]) -> Dataset:
    """A data set in a ZIP, unpacked once and again when the file changed (`stamp`)."""
    return open_dataset(data, seed=seed, masks=masks or None)


@dataclass(frozen=True)
class Found:
    """What a data set holds: see `nnet.data.inspect`.

    Attributes:
        same: groups of good training images that are the same file.
        series: what near duplicates among them say, or "".
        usable, tested, defective: good training images, labelled test images, and how many of these are defective.
        plain: good training images that look like masks, or are blank.
        unsettled: masks of photos that EXIF turns of which nothing says how they were drawn.
        good_pictures, defective_pictures: some of both kinds, as (name, data URI).
        strangers: good training images that look unlike all others (`nnet.analysis.strangers`), in the same way.
    """

    name: str
    inspection: Inspection
    same: tuple[tuple[str, ...], ...]
    series: str
    usable: int
    tested: int
    defective: int
    validation: int
    plain: tuple[str, ...]
    unsettled: int
    good_pictures: tuple[tuple[str, str], ...]
    defective_pictures: tuple[tuple[str, str], ...]
    strangers: tuple[tuple[str, str], ...] = ()


_FINDINGS: BoundedCache[str, Found] = BoundedCache(16)
"""By what stands for the files of a data set as they are."""


def look(choice: Choice, seed: int, progress: Callable[[int, int], None]) -> Found:
    """Read every image of a data set once and say what was found; kept until a file changes.

    Raises:
        nnet.data.DataError: it cannot be opened.
    """
    dataset = choice.open(seed)
    key = _listing(dataset)
    return _FINDINGS.of(key, lambda: _found(dataset, progress))


def _listing(dataset: Dataset) -> str:
    """Stands for the files of a data set as they are now."""
    lines = [dataset.name, dataset.source]
    for sample in dataset.samples:
        try:
            facts = sample.path.stat() if sample.path else None
        except OSError:
            facts = None
        masked = f"{sample.mask}\0{sample.mask_turn}"
        lines.append(f"{sample.key}\0{sample.split}\0{masked}\0{(facts.st_size, facts.st_mtime_ns) if facts else ''}")
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _found(dataset: Dataset, progress: Callable[[int, int], None]) -> Found:
    inspection = inspect(dataset, progress=progress)
    bad = {key for key, _ in inspection.unreadable}
    train = [sample for sample in dataset.train if sample.key not in bad]
    tested = [s for s in dataset.test if s.key not in bad and (s.is_normal or s.is_defective)]
    defective = [sample for sample in tested if sample.is_defective]
    return Found(
        dataset.name,
        inspection,
        same_files(dataset.train),
        series(train),
        len(train),
        len(tested),
        len(defective),
        sum(sample.split == "validation" for sample in train),
        _plain(train, inspection),
        len(dataset.unsettled_masks),
        tuple(_pictures(train)),
        tuple(_pictures(defective)),
        tuple(_strangers(train)),
    )


def _strangers(samples: Sequence[Sample]) -> Iterator[tuple[str, str]]:
    """Small pictures of those that look unlike all others; none where the teacher's weights are missing."""
    from nnet.analysis.strangers import strangers  # brings in torch

    try:
        found = strangers(samples)
    except NNetError:  # a training says what is missing
        return
    for sample in found:
        yield sample.key, _small(sample)


def _plain(train: Sequence[Sample], inspection: Inspection) -> tuple[str, ...]:
    """Keys of those that look like masks. The inspection names none where all do: then it is asked all the same."""
    if not inspection.plain:
        every = bool(train) and is_plain(train[0].load().image)
        return tuple(sample.key for sample in train) if every else ()
    found = {*inspection.plain}
    return tuple(sample.key for sample in train if sample.key in found)


def series(samples: Sequence[Sample]) -> str:
    """Whether the good training images are frames of one series, in a sentence; "" where they are not."""
    if len(samples) < 2:
        return ""
    compared = doubts.spread(len(samples), COMPARED)
    small = np.stack([doubts.small(samples[i].load().image) for i in compared])
    return doubts.of_series(int(doubts.near_duplicates(small).sum()), len(compared))


def _pictures(samples: Sequence[Sample]) -> Iterator[tuple[str, str]]:
    """Small pictures of samples, spread evenly over the list."""
    for index in np.unique(np.linspace(0, len(samples) - 1, min(PREVIEWS, len(samples))).round().astype(int)):
        yield samples[index].key, _small(samples[index])


def _small(sample: Sample) -> str:
    """A small picture of a sample, as a data URI."""
    return pictures.data_uri(pictures.thumbnail(pictures.reduced(sample.load().image, 480), 120))


def same_files(samples: Sequence[Sample]) -> tuple[tuple[str, ...], ...]:
    """Keys of samples whose files are equal byte for byte, in groups of two and more."""
    by_size: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.path is not None and sample.path.is_file():
            by_size[sample.path.stat().st_size].append(sample)
    groups: dict[str, list[str]] = defaultdict(list)
    for members in by_size.values():
        if len(members) > 1:
            for sample in members:
                groups[sample.file_hash()].append(sample.key)
    return tuple(tuple(keys) for keys in groups.values() if len(keys) > 1)


def split(found: Found, config: Config) -> tuple[int, int]:
    """Numbers of images to learn from and of held-out good ones.

    Raises:
        TrainingError: too few, in a sentence with what to do.
    """
    if not found.usable:
        raise TrainingError(f"{found.name} contains no good image that can be read. Add photos of good parts.")
    schedule.require_whole(config)
    trained_on, held_out = split_normals(found.usable, config.train, found.validation)
    return len(trained_on), len(held_out)


def folds(found: Found, config: Config) -> int:
    """How many light models find the threshold; 0 where pictures are held out for it."""
    return config.train.cross_folds if is_crossed(config.train, found.usable, found.validation) else 0


def is_few(found: Found, config: Config) -> bool:
    """Whether so many pictures are held out that a cross-calibration is worth its time."""
    return schedule.is_few(config, found.usable, found.validation)


def has_several_sizes(found: Found) -> bool:
    """Whether the images that can be read are not all of one size."""
    return len({size for group in found.inspection.groups for size, _ in group.sizes}) > 1


def length(config: Config, images: int) -> tuple[int, int]:
    """Epochs and optimiser steps of a run on so many images."""
    count = epochs(config.train, images)
    return count, count * steps_per_epoch(config.train, images)
