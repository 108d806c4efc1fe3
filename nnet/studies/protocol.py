"""The halves of the magnetic tiles: what choices are made on, and what is reported once.

The pictures come in series (`exp1_num_10181.jpg` is of exp1), taken of the same tiles under one light. A series lies
wholly in one half, so that no choice is made on a tile that is reported; see docs/choices.md.
"""

from dataclasses import replace
from pathlib import PurePosixPath

from nnet.data import Dataset, Sample
from nnet.studies.variants import StudyError

HALVES = {"development": ("exp1", "exp3", "exp5"), "report": ("exp0", "exp2", "exp4", "exp6")}


def series_of(sample: Sample) -> str:
    """The series that a tile was photographed in, such as "exp1"."""
    return PurePosixPath(sample.key).name.partition("_")[0]


def half(dataset: Dataset, name: str) -> Dataset:
    """The magnetic tiles with the test images of one half; the training images stay.

    Raises:
        StudyError: there is no such half, or a test image is of no known series.
    """
    if name not in HALVES:
        raise StudyError(f"There is no half {name!r} of the tiles. Choose one of: {', '.join(HALVES)}.")
    known = {series for some in HALVES.values() for series in some}
    unknown = [sample.key for sample in dataset.test if series_of(sample) not in known]
    if unknown:
        raise StudyError(
            f"{unknown[0]} in {dataset.name} is of no known series. Expected the magnetic tiles, whose names begin "
            f"with {', '.join(sorted(known))}."
        )
    return replace(dataset, test=tuple(sample for sample in dataset.test if series_of(sample) in HALVES[name]))
