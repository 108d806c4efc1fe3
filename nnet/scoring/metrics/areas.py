"""AUROC, average precision, PRO and the best F1: sums over the ranking of normal among defective samples."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnet.scoring.metrics.checks import as_binary, as_floats, check_finite
from nnet.scoring.metrics.curves import PrCurve, ProCurve, RocCurve
from nnet.scoring.metrics.errors import MetricError, UndefinedMetricError

FPR_LIMIT = 0.3
"""Where the paper, like most others, stops integrating PRO."""
BLOCK = 1 << 20
"""Samples handled at a time, which bounds the temporaries."""


@dataclass(frozen=True)
class BestF1:
    """The threshold with the largest F1 (the highest such threshold on a tie), and what it gives; all in 0..1."""

    threshold: float
    f1: float
    precision: float
    recall: float


@dataclass(frozen=True, eq=False)
class Ranking:
    """Where the normal samples stand among the defective ones.

    One entry per distinct value of a defective sample (m of them, falling). Sums and differences of the counts give
    every metric; normal samples in between only move the curves sideways.

    Attributes:
        threshold: (m,) the values. Samples >= threshold[i] are `found[i]` defective and `false[i]` normal ones.
        above: (m,) the next larger representable value: as threshold it leaves entry i just out.
        found: (m,) int64, defective samples >= threshold.
        false_above, false: (m,) int64, normal samples > and >= threshold.
        overlap: (m,) float64 in 0..1, mean over regions of the share that is >= threshold; None without regions.
        positives, negatives, regions: how many defective and normal samples and regions there are.
        lowest: the smallest value of all samples.
    """

    threshold: NDArray[np.floating]
    above: NDArray[np.floating]
    found: NDArray[np.int64]
    false_above: NDArray[np.int64]
    false: NDArray[np.int64]
    overlap: NDArray[np.float64] | None
    positives: int
    negatives: int
    regions: int
    lowest: float

    def auroc(self) -> float:
        """Area under the ROC curve, 0..1. Raises UndefinedMetricError without positives or without negatives."""
        self._need("AUROC", positives=True, negatives=True)
        return self._area(np.diff(self.found, prepend=0) / self.positives, 1.0)

    def average_precision(self) -> float:
        """Average precision, 0..1 (1 without negatives). Raises UndefinedMetricError without positives."""
        self._need("Average precision", positives=True)
        precision = self.found / (self.found + self.false)
        return float((np.diff(self.found, prepend=0) / self.positives * precision).sum())

    def pro(self, limit: float = FPR_LIMIT) -> float:
        """Area under the PRO curve up to FPR `limit` (0 < limit <= 1), divided by `limit`: 0..1.

        Raises UndefinedMetricError without regions or without negatives.
        """
        weights = np.diff(self._overlap(), prepend=0.0)
        return self._area(weights, _checked_limit(limit))

    def best_f1(self) -> BestF1:
        """The best F1 over all thresholds, undefined without positives (UndefinedMetricError)."""
        self._need("F1", positives=True)
        f1 = 2 * self.found / (self.found + self.false + self.positives)
        i = int(f1.argmax())
        found, false = int(self.found[i]), int(self.false[i])
        return BestF1(float(self.threshold[i]), float(f1[i]), found / (found + false), found / self.positives)

    def roc(self) -> RocCurve:
        """The full ROC curve; needs positives and negatives."""
        self._need("The ROC curve", positives=True, negatives=True)
        threshold, false, found = self._vertices(self.found)
        return RocCurve(false / self.negatives, found / self.positives, threshold)

    def pr(self) -> PrCurve:
        """The full precision-recall curve; needs positives."""
        self._need("The precision-recall curve", positives=True)
        threshold, false, found = self._vertices(self.found)
        precision = np.ones(len(found))
        np.divide(found, found + false, out=precision, where=found + false > 0)
        return PrCurve(found / self.positives, precision, threshold)

    def pro_curve(self) -> ProCurve:
        """The full PRO curve; needs regions and negatives."""
        threshold, false, overlap = self._vertices(self._overlap())
        return ProCurve(false / self.negatives, overlap, threshold)

    def _need(self, what: str, positives: bool = False, negatives: bool = False) -> None:
        if positives and self.positives == 0:
            raise UndefinedMetricError(f"{what} is not defined: there is no defective sample among {self.negatives}.")
        if negatives and self.negatives == 0:
            raise UndefinedMetricError(f"{what} is not defined: there is no normal sample among {self.positives}.")

    def _overlap(self) -> NDArray[np.float64]:
        if self.overlap is None:
            raise UndefinedMetricError("PRO is not defined for a ranking without regions; use rank_pixels.")
        self._need("PRO", positives=True, negatives=True)
        return self.overlap

    def _area(self, weights: NDArray[np.float64], limit: float) -> float:
        """Area under the polyline that rises by weights[i] while the FPR goes from start[i] to stop[i], over `limit`.

        A rise at FPR u adds (limit - u)+ to the area; along a straight piece u is spread evenly.
        """
        start, stop = self.false_above / self.negatives, self.false / self.negatives
        reach = np.maximum(limit - (start + stop) / 2, 0.0)
        cut = np.flatnonzero((start < limit) & (stop > limit))  # at most one piece
        reach[cut] = (limit - start[cut]) ** 2 / (2 * (stop[cut] - start[cut]))
        return float((weights * reach).sum()) / limit

    def _vertices(self, rise: NDArray[Any]) -> tuple[NDArray[np.floating], NDArray[np.int64], NDArray[Any]]:
        """(threshold, false, rise) at every corner, from (inf, 0, 0) to (lowest, negatives, last rise)."""
        last = rise[-1] if len(rise) else 0
        threshold, false, height = (
            np.concatenate([[start], np.column_stack(pair).ravel(), [end]])
            for start, pair, end in (
                (np.inf, (self.above, self.threshold), self.lowest),
                (0, (self.false_above, self.false), self.negatives),
                (0, (np.concatenate([[0], rise[:-1]]), rise), last),
            )
        )
        new = np.r_[True, (np.diff(false) != 0) | (np.diff(height) != 0)]
        return threshold[new].astype(self.threshold.dtype), false[new], height[new]


def _checked_limit(limit: float) -> float:
    if not 0 < limit <= 1:
        raise MetricError(f"The false positive rate up to which PRO is integrated must be in 0..1, it is {limit}.")
    return limit


# --- building a ranking


def _order_keys(values: NDArray[np.floating]) -> NDArray[np.unsignedinteger]:
    """Unsigned integers of the same width and in the same order as the finite `values`; -0.0 and 0.0 share one."""
    bits = (values + values.dtype.type(0)).view(f"u{values.dtype.itemsize}")  # -0.0 + 0 is 0.0
    top = _top_bit(bits.dtype)
    return np.where(bits >= top, ~bits, bits | top)


def _from_keys(keys: NDArray[np.unsignedinteger]) -> NDArray[np.floating]:
    """The values that `_order_keys` turned into `keys`."""
    top = _top_bit(keys.dtype)
    return np.where(keys >= top, keys ^ top, ~keys).view(f"f{keys.dtype.itemsize}")


def _top_bit(dtype: np.dtype[Any]) -> Any:
    """2 ** (bits - 1) as a scalar of an unsigned type."""
    return dtype.type(1 << (8 * dtype.itemsize - 1))


def rank(
    positives: NDArray[np.floating],
    weights: NDArray[np.float64] | None,
    regions: int,
    normals: Iterable[NDArray[np.floating]],
    negatives: int,
) -> Ranking:
    """The ranking of `positives` (each with its share of the overlap) among `normals`, which come in blocks."""
    keys = _order_keys(positives)
    order = np.argsort(keys)[::-1]
    keys = keys[order]
    last = np.flatnonzero(np.r_[keys[1:] != keys[:-1], [True] * (len(keys) > 0)])  # of each group of equal values
    groups = keys[last]
    threshold = _from_keys(groups)
    above, level, lowest = _count_normals(threshold[::-1], normals, negatives)
    overlap = None if weights is None else np.cumsum(weights[order])[last]
    if overlap is not None and len(overlap):
        overlap /= overlap[-1]  # the sum of the weights is `regions` but for rounding
    return Ranking(
        threshold=threshold,
        above=_from_keys(groups + groups.dtype.type(1)),
        found=last + 1,
        false_above=above[::-1],
        false=level[::-1],
        overlap=overlap,
        positives=len(positives),
        negatives=negatives,
        regions=regions,
        lowest=min([lowest, *map(float, threshold[-1:])]),
    )


def _count_normals(
    groups: NDArray[np.floating], blocks: Iterable[NDArray[np.floating]], negatives: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], float]:
    """How many normal values are > and >= each of `groups` (rising, distinct), and the lowest normal value."""
    normals, filled = np.empty(negatives, groups.dtype), 0
    for block in blocks:
        normals[filled : filled + len(block)] = block
        filled += len(block)
    normals.sort()  # NumPy sorts plain floats with vector instructions: faster than any way round it
    left = np.searchsorted(normals, groups, side="left")
    right = left.copy()
    inside = np.minimum(left, negatives - 1)
    tied = np.flatnonzero((left < negatives) & (normals[inside] == groups)) if negatives else inside[:0]
    right[tied] = np.searchsorted(normals, groups[tied], side="right")
    return negatives - right, negatives - left, float(normals[0]) if negatives else np.inf


def rank_scores(scores: ArrayLike, labels: ArrayLike) -> Ranking:
    """Rank samples of any kind: `scores` finite numbers, `labels` 0/1 or bool (1: defective), of the same shape.

    Raises MetricError when shapes differ, there is nothing to rank, or a value is NaN, infinite or not 0/1.
    """
    scores = as_floats(scores, "The scores")
    labels = as_binary(labels, "The labels")
    if scores.shape != labels.shape:
        raise MetricError(f"Scores and labels must have the same shape, theirs are {scores.shape} and {labels.shape}.")
    if scores.size == 0:
        raise MetricError("There are no scores to evaluate.")
    check_finite(scores, "The scores")
    normals = scores[~labels]
    blocks = (normals[i : i + BLOCK] for i in range(0, len(normals), BLOCK))
    return rank(scores[labels], None, 0, blocks, len(normals))


# --- single metrics


def auroc(scores: ArrayLike, labels: ArrayLike) -> float:
    """Area under the ROC curve, 0..1; see `rank_scores` for the arguments, `Ranking.auroc` for the errors."""
    return rank_scores(scores, labels).auroc()


def average_precision(scores: ArrayLike, labels: ArrayLike) -> float:
    """Average precision, 0..1; see `rank_scores` for the arguments."""
    return rank_scores(scores, labels).average_precision()


def best_f1(scores: ArrayLike, labels: ArrayLike) -> BestF1:
    """The threshold with the best F1; see `rank_scores` for the arguments."""
    return rank_scores(scores, labels).best_f1()
