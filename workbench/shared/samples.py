"""Sample images that are always at hand: solar cells that no training saw, or synthetic parts without that package."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from nnet.data import DataError, Sample, open_dataset
from nnet.data.elpv import SHOWN
from nnet.data.synthetic import open_synthetic

_SYNTHETIC_SAMPLES = 8


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


@cache
def collection() -> Collection:
    """Solar cells from the package elpv_dataset; synthetic images where it is not installed. Reads no pixels."""
    try:
        return _solar_cells()
    except DataError:
        return _synthetic()


def _solar_cells() -> Collection:
    dataset = open_dataset("elpv")
    by_id = {sample.key.removeprefix("images/").removesuffix(".png"): sample for sample in dataset.test}
    images = tuple(
        SampleImage(id, f"{id.replace('cell', 'Cell ')}: {title}", _rated(by_id[id]), by_id[id])
        for id, title in SHOWN.items()
        if id in by_id
    )
    if not images:
        raise DataError("The installed elpv-dataset holds none of the sample cells; reinstall it.")
    return Collection("Electroluminescence images of solar cells (ELPV)", dataset.licence, images)


def _synthetic() -> Collection:
    dataset = open_synthetic(test_good=3, per_defect=1, train=1)
    chosen = sorted(dataset.test, key=lambda sample: sample.is_normal)[:_SYNTHETIC_SAMPLES]
    images = tuple(
        SampleImage(f"synthetic{number}", f"Synthetic {number}: {sample.label}", _made(sample), sample)
        for number, sample in enumerate(chosen, 1)
    )
    return Collection("Synthetic images (install elpv-dataset for solar cells)", dataset.licence, images)


def _rated(sample: Sample) -> str:
    return "experts rate this cell functional" if sample.is_normal else "experts rate this cell defective"


def _made(sample: Sample) -> str:
    return "made without a defect" if sample.is_normal else "made with a defect"
