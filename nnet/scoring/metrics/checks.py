"""Checks of what is handed to the metrics, with errors in words."""

from collections.abc import Sized
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnet.scoring.metrics.errors import MetricError


def as_floats(values: ArrayLike, what: str) -> NDArray[np.floating]:
    """float32 and float64 as they are, float16 as float32, integers and booleans as float64."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise MetricError(f"{what} must be real numbers, their type is {array.dtype}.")
    if array.dtype.kind == "f" and array.dtype.itemsize <= 4:
        return array.astype(np.float32, copy=False)
    return array.astype(np.float64, copy=False)


def as_binary(values: ArrayLike, what: str) -> NDArray[np.bool_]:
    array = np.asarray(values)
    if array.dtype == bool:
        return array
    if array.dtype.kind not in "fiu" or not np.isin(array, (0, 1)).all():
        raise MetricError(f"{what} must be 0 and 1 (or bool); found {_other_values(array)}. Compare with > 0 first.")
    return array.astype(bool)


def _other_values(array: NDArray[Any]) -> str:
    if array.dtype.kind not in "fiu":
        return f"type {array.dtype}"
    return ", ".join(str(value) for value in np.setdiff1d(array, (0, 1))[:3])


def check_finite(values: NDArray[np.floating], what: str) -> None:
    finite = np.isfinite(values)
    if not finite.all():
        bad = values.size - int(np.count_nonzero(finite))
        raise MetricError(
            f"{what} must be finite numbers, but {bad} of {values.size} are NaN or infinite. "
            "Such values have no rank; look for a division by zero or a diverged training run."
        )


def check_lengths(**parts: Sized) -> None:
    lengths = {name: len(part) for name, part in parts.items()}
    if len(set(lengths.values())) != 1:
        found = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in lengths.items())
        raise MetricError(f"One of each per image is needed, but there are {found}.")
