"""Sample images: of the data that the model in use was trained on, else solar cells that no training saw."""

import os
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

from nnet.data import DataError, Dataset, Sample, open_dataset
from nnet.data.elpv import SHOWN
from nnet.data.listing import budget
from nnet.data.synthetic import of_source, open_synthetic
from nnet.runs.layout import DATA
from workbench.shared import words

_SYNTHETIC_SAMPLES = 8
_SHOWN, _NORMAL = 10, 4  # images of a model's own data, and how many of them are normal
_COLLECTIONS = 16
_LISTED, _SECONDS = 50_000, 5.0  # files of a folder that are looked at, and for how long
_STEM = 30
_ZIP_BYTES = 2**28  # of the largest ZIP that is unpacked for a row of samples


@dataclass(frozen=True)
class SampleImage:
    """One sample image: a short `id` for the address bar, a `title` for people, what is `known` of it, and itself."""

    id: str
    title: str
    known: str
    sample: Sample


@dataclass(frozen=True)
class Collection:
    """The sample images with their `name`, and the `licence` that the data's owners ask to be shown."""

    name: str
    licence: str
    images: tuple[SampleImage, ...]


@lru_cache(maxsize=_COLLECTIONS)
def collection(source: str = "", seed: int = 0) -> Collection:
    """The sample images for a model. Reads no pixels.

    Args:
        source: where the data that a model was trained on lies, as its checkpoint tells (`nnet.data.Dataset.source`).
            Of a synthetic set, and of a folder or a ZIP of moderate size that is still there, images that the training
            did not see are taken: defective ones of every kind, and normal ones.
        seed: by which those were drawn.

    Returns:
        Of any other source and without one, solar cells from the package elpv_dataset; synthetic images where it is not
        installed.
    """
    try:
        own = _own(source, seed)
        return own if own.images else _solar_cells()
    except DataError:
        return _synthetic()


def _own(source: str, seed: int) -> Collection:
    """Test images of a data set, as few as a row shows; none where it cannot be opened."""
    nothing = Collection("", "", ())
    synthetic, _ = of_source(source)
    if not synthetic and not _is_at_hand(source):
        return nothing
    try:
        with budget(_LISTED, _SECONDS):
            dataset = open_dataset(synthetic, seed=0) if synthetic else open_dataset(source, seed=seed)
    except DataError:
        return nothing
    path = Path(source)
    name = path.parent.name if path.name == DATA and not synthetic else dataset.name  # of a run, its own
    stem = "".join(c if c.isalnum() else "-" for c in name.removeprefix("synthetic "))[:_STEM]
    images = tuple(
        SampleImage(
            f"{stem}{number}",
            words.sample_title(name, number, sample.label) if synthetic else words.sample_file(sample),
            words.MADE[sample.is_normal] if synthetic else words.sample_label(sample),
            sample,
        )
        for number, sample in enumerate(_telling(dataset), 1)
    )
    return Collection(name.capitalize(), dataset.licence, images)


def _is_at_hand(source: str) -> bool:
    if not os.path.isabs(source):
        return False
    return os.path.isdir(source) or (os.path.isfile(source) and os.path.getsize(source) <= _ZIP_BYTES)


def _telling(dataset: Dataset) -> list[Sample]:
    """Defective test images, one of each kind in turn, and normal ones after them; without test images the last ones
    that were there to learn from."""
    kinds = [[one for one in dataset.test if one.label == kind] for kind in dataset.defect_types()]
    defective = [one for together in zip_longest(*kinds) for one in together if one is not None][: _SHOWN - _NORMAL]
    normal = [one for one in dataset.test if one.is_normal] or list(dataset.train[-_NORMAL:])
    return [*defective, *normal[: _SHOWN - len(defective)]]


def _solar_cells() -> Collection:
    dataset = open_dataset("elpv")
    by_id = {sample.key.removeprefix("images/").removesuffix(".png"): sample for sample in dataset.test}
    images = tuple(
        SampleImage(id, words.cell_title(id, title), words.RATED[by_id[id].is_normal], by_id[id])
        for id, title in SHOWN.items()
        if id in by_id
    )
    if not images:
        raise DataError(words.NO_SAMPLE_CELLS)
    return Collection(words.SOLAR_CELLS, dataset.licence, images)


def _synthetic() -> Collection:
    dataset = open_synthetic(test_good=3, per_defect=1, train=1)
    chosen = sorted(dataset.test, key=lambda sample: sample.is_normal)[:_SYNTHETIC_SAMPLES]
    images = tuple(
        SampleImage(
            f"synthetic{number}",
            words.sample_title("synthetic", number, sample.label),
            words.MADE[sample.is_normal],
            sample,
        )
        for number, sample in enumerate(chosen, 1)
    )
    return Collection(words.SYNTHETIC_SAMPLES, dataset.licence, images)
