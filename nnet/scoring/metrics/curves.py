"""The curves of a ranking: ROC, precision over recall, and PRO, each exact and thinned for drawing."""

import heapq
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nnet.scoring.metrics.errors import MetricError


@dataclass(frozen=True, eq=False)
class RocCurve:
    """Receiver operating characteristic, from (0, 0) to (1, 1), thresholds falling.

    `fpr`, `tpr`: (K,) float64 in 0..1, both non-decreasing; `threshold`: (K,), +inf first. Points on a straight
    piece between two kept points are left out, so the polyline is the exact curve.
    """

    fpr: NDArray[np.float64]
    tpr: NDArray[np.float64]
    threshold: NDArray[np.floating]

    def thin(self, n: int) -> Self:
        """At most `n` (>= 2) of the points, chosen so that the drawn line stays closest; see `_thin`."""
        keep = _thin(self.fpr, self.tpr, n)
        return type(self)(self.fpr[keep], self.tpr[keep], self.threshold[keep])


@dataclass(frozen=True, eq=False)
class PrCurve:
    """Precision over recall, thresholds falling, from (recall 0, precision 1 by convention) to recall 1.

    `recall`, `precision`: (K,) float64 in 0..1, recall non-decreasing; `threshold`: (K,), +inf first. For each value
    of the recall the highest and the lowest precision are there; those between lie on the same upright line.
    """

    recall: NDArray[np.float64]
    precision: NDArray[np.float64]
    threshold: NDArray[np.floating]

    def thin(self, n: int) -> Self:
        """At most `n` (>= 2) of the points, chosen so that the drawn line stays closest; see `_thin`."""
        keep = _thin(self.recall, self.precision, n)
        return type(self)(self.recall[keep], self.precision[keep], self.threshold[keep])


@dataclass(frozen=True, eq=False)
class ProCurve:
    """Mean overlap with the defective regions over the false positive rate, from (0, 0) to (1, 1), thresholds falling.

    `fpr`, `overlap`: (K,) float64 in 0..1, both non-decreasing; `threshold`: (K,), +inf first. The curve is given up
    to FPR 1; P-PRO uses the part up to 0.3.
    """

    fpr: NDArray[np.float64]
    overlap: NDArray[np.float64]
    threshold: NDArray[np.floating]

    def thin(self, n: int) -> Self:
        """At most `n` (>= 2) of the points, chosen so that the drawn line stays closest; see `_thin`."""
        keep = _thin(self.fpr, self.overlap, n)
        return type(self)(self.fpr[keep], self.overlap[keep], self.threshold[keep])


def _thin(x: NDArray[np.float64], y: NDArray[np.float64], n: int) -> NDArray[np.intp]:
    """Indices of at most `n` points of a polyline in the unit square, first and last included.

    Douglas-Peucker by priority: the point farthest from the line drawn so far is added next, until there are `n`
    or the line is exact.
    """
    if n < 2:
        raise MetricError(f"A thinned curve needs at least 2 points, {n} were asked for.")
    if n >= len(x):
        return np.arange(len(x))
    kept = [0, len(x) - 1]
    queue = [_farthest(x, y, 0, len(x) - 1)]
    while queue and len(kept) < n:
        nearness, low, middle, high = heapq.heappop(queue)
        if nearness == 0:
            break
        kept.append(middle)
        for start, stop in ((low, middle), (middle, high)):
            if stop - start > 1:
                heapq.heappush(queue, _farthest(x, y, start, stop))
    return np.sort(np.array(kept))


def _farthest(x: NDArray[np.float64], y: NDArray[np.float64], low: int, high: int) -> tuple[float, int, int, int]:
    """(-distance, low, index, high) of the point between `low` and `high` (not next to each other) farthest off."""
    dx, dy = x[low + 1 : high] - x[low], y[low + 1 : high] - y[low]
    across, up = x[high] - x[low], y[high] - y[low]
    length = np.hypot(across, up)
    distance = np.abs(dx * up - dy * across) / length if length > 0 else np.hypot(dx, dy)
    index = int(distance.argmax())
    return -float(distance[index]), low, low + 1 + index, high
