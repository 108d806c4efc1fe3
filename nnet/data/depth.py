"""How many bits of their files' grey values a data set's images use: decided once, for all of them.

A camera of 12 bits writes 16-bit files, and nothing in a file says so. Guessed from each picture's brightest pixel, one
hot pixel would make a picture four times darker than the next.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nnet.data.grey import DEEP_GREY, DEPTHS, needed_bits
from nnet.data.images import opened
from nnet.data.sample import Dataset, Sample

_LOOKED_AT = 16  # headers that tell whether there are deep files at all
_READ = 64  # most files whose values are read


def file_bits(path: Path) -> int | None:
    """The bits that a file's grey values need: 8 for an ordinary file; None for what cannot be read, or fractions."""
    try:
        with opened(path) as picture:
            if picture.mode not in DEEP_GREY:
                return DEPTHS[0]
            values = np.asarray(picture)
    except Exception:  # on damaged files Pillow's readers raise almost every type there is
        return None
    high = float(values.max())
    return needed_bits(high) if 1 < high <= 2 ** DEPTHS[-1] - 1 else None


def common_bits(samples: Sequence[Sample]) -> int | None:
    """The bits of the deeper files among some images, or None where all have 8.

    One picture alone that needs more than all others does not count: its values are the exception.
    """
    paths = [sample.path for sample in samples if sample.path is not None and sample.loader is None]
    if not any(map(_is_deep, _spread(paths, _LOOKED_AT))):
        return None
    needed = [bits for path in _spread(paths, _READ) if _is_deep(path) and (bits := file_bits(path)) is not None]
    if not needed:
        return None
    counts = Counter(needed)
    shared = [bits for bits, count in counts.items() if count > 1 or len(needed) < 4]
    return max(shared or needed)


def read_as(dataset: Dataset, bits: int) -> Dataset:
    """A data set whose deeper files are read as this many bits."""
    train, test = (tuple(replace(sample, bits=bits) for sample in part) for part in (dataset.train, dataset.test))
    notes = (*(note for note in dataset.notes if note != _note(dataset.bits)), _note(bits))
    return replace(dataset, train=train, test=test, bits=bits, notes=notes)


def as_model(dataset: Dataset, bits: int | None) -> Dataset:
    """A data set for a model that was trained with so many bits: its deeper files are read as that model's were."""
    return dataset if None in (bits, dataset.bits) or bits == dataset.bits else read_as(dataset, bits or 0)


def disagrees(sample: Sample) -> str:
    """Why an image does not fit the depth of its data set, in a sentence; "" where it does."""
    if sample.bits is None or sample.path is None or (found := file_bits(sample.path)) is None:
        return ""
    if found > sample.bits:
        return f"{sample.key} needs {found} bits, and the others {sample.bits}; its brightest values become white."
    if found == DEPTHS[0] and not _is_deep(sample.path):
        return f"{sample.key} is an 8-bit file among files of {sample.bits} bits."
    return ""


def _note(bits: int | None) -> str:
    return f"Files of more than 8 bits are read as {bits}-bit, all of them alike."


def _is_deep(path: Path) -> bool:
    try:
        with opened(path) as picture:
            return picture.mode in DEEP_GREY
    except Exception:  # as above
        return False


def _spread(paths: Sequence[Path], most: int) -> list[Path]:
    indices = np.unique(np.linspace(0, len(paths) - 1, min(most, len(paths))).round().astype(int)) if paths else ()
    return [paths[index] for index in indices]
