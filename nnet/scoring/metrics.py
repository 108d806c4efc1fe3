"""Exact image and pixel metrics of anomaly detection: AUROC, AP, PRO and the best F1, with their curves.

The paper reports P-AP, P-AUROC, P-PRO and I-AUROC (P: every pixel is a sample; I: every image is one).
All of them depend on one thing only: how many normal samples lie above, and level with, each value that a
defective sample takes. That `Ranking` is computed once, and each metric is then a sum over it:

* AUROC is the share of (defective, normal) pairs in the right order, a tie counting one half.
* PRO (Bergmann et al., "Uncased students", CVPR 2020) is the same sum with a pixel of region r weighing
  1 / (regions * pixels of r), cut at a false positive rate of 0.3 and divided by 0.3.
* AP is the mean, over defective samples, of the precision at that sample's value (no interpolation).

No grid of thresholds is involved, so nothing is approximated. Conventions, everywhere in this module:

* A sample is called defective at threshold t when its value is >= t. Larger values are more anomalous.
* Equal values change sides together: one step of the PR curve, one straight (diagonal) piece of ROC and PRO.
  A constant map therefore has AUROC 0.5, AP equal to the share of defective pixels, and PRO 0.15.
* Regions are 8-connected components of one image's mask; regions that touch, even at a corner, are one.
* False positive rates divide by the normal pixels of all images, defect-free images included.
* Values must be finite. A metric that lacks the samples it needs raises `UndefinedMetricError`
  (`evaluate` gives None and says why instead).
"""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from nnet.errors import NNetError

T = TypeVar("T")
FPR_LIMIT = 0.3  # where the paper, like most others, stops integrating PRO
_EIGHT_CONNECTED = np.ones((3, 3), dtype=bool)
_BLOCK = 1 << 20  # samples handled at a time: bounds the temporaries


class MetricError(NNetError, ValueError):
    """Maps, masks, scores or labels that cannot be evaluated."""


class UndefinedMetricError(MetricError):
    """A metric that has no value on this data, such as an AUROC without normal samples."""


# --- curves ---------------------------------------------------------------------------------------------------


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


@dataclass(frozen=True)
class BestF1:
    """The threshold with the largest F1 (the highest such threshold on a tie), and what it gives; all in 0..1."""

    threshold: float
    f1: float
    precision: float
    recall: float


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


# --- the ranking: one structure, every metric -------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Ranking:
    """Where the normal samples stand among the defective ones.

    One entry per distinct value of a defective sample (m of them, falling); in the streaming form, per bin that holds
    one. Sums and differences of the counts give every metric; normal samples in between only move the curves sideways.

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

    def _vertices(self, rise: NDArray) -> tuple[NDArray[np.floating], NDArray[np.int64], NDArray]:
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


# --- building a ranking -----------------------------------------------------------------------------------------


def _order_keys(values: NDArray[np.floating]) -> NDArray[np.unsignedinteger]:
    """Unsigned integers of the same width and in the same order as the finite `values`; -0.0 and 0.0 share one."""
    bits = (values + values.dtype.type(0)).view(f"u{values.dtype.itemsize}")  # -0.0 + 0 is 0.0
    top = _top_bit(bits.dtype)
    return np.where(bits >= top, ~bits, bits | top)


def _from_keys(keys: NDArray[np.unsignedinteger]) -> NDArray[np.floating]:
    """The values that `_order_keys` turned into `keys`."""
    top = _top_bit(keys.dtype)
    return np.where(keys >= top, keys ^ top, ~keys).view(f"f{keys.dtype.itemsize}")


def _top_bit(dtype: np.dtype) -> np.unsignedinteger:
    return dtype.type(1 << (8 * dtype.itemsize - 1))


def _rank(
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
    scores = _as_floats(scores, "The scores")
    labels = _as_binary(labels, "The labels")
    if scores.shape != labels.shape:
        raise MetricError(f"Scores and labels must have the same shape, theirs are {scores.shape} and {labels.shape}.")
    if scores.size == 0:
        raise MetricError("There are no scores to evaluate.")
    _check_finite(scores, "The scores")
    normals = scores[~labels]
    blocks = (normals[i : i + _BLOCK] for i in range(0, len(normals), _BLOCK))
    return _rank(scores[labels], None, 0, blocks, len(normals))


def _as_floats(values: ArrayLike, what: str) -> NDArray[np.floating]:
    """float32 and float64 as they are, float16 as float32, integers and booleans as float64."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise MetricError(f"{what} must be real numbers, their type is {array.dtype}.")
    if array.dtype.kind == "f" and array.dtype.itemsize <= 4:
        return array.astype(np.float32, copy=False)
    return array.astype(np.float64, copy=False)


def _as_binary(values: ArrayLike, what: str) -> NDArray[np.bool_]:
    array = np.asarray(values)
    if array.dtype == bool:
        return array
    if array.dtype.kind not in "fiu" or not np.isin(array, (0, 1)).all():
        raise MetricError(f"{what} must be 0 and 1 (or bool); found {_other_values(array)}. Compare with > 0 first.")
    return array.astype(bool)


def _other_values(array: NDArray) -> str:
    if array.dtype.kind not in "fiu":
        return f"type {array.dtype}"
    return ", ".join(str(value) for value in np.setdiff1d(array, (0, 1))[:3])


def _check_finite(values: NDArray[np.floating], what: str) -> None:
    finite = np.isfinite(values)
    if not finite.all():
        bad = values.size - int(np.count_nonzero(finite))
        raise MetricError(
            f"{what} must be finite numbers, but {bad} of {values.size} are NaN or infinite. "
            "Such values have no rank; look for a division by zero or a diverged training run."
        )


# --- pixels -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ImageLabels:
    """What the metrics need of one mask.

    `shape`: (H, W); `index`: (P,) positions of the defective pixels in the flattened image; `weight`: (P,) float64,
    1 / (pixels of the pixel's region); `regions`: number of 8-connected regions.
    """

    shape: tuple[int, ...]
    index: NDArray[np.intp]
    weight: NDArray[np.float64]
    regions: int


def label_pixels(masks: Iterable[ArrayLike | None]) -> tuple[ImageLabels | None, ...]:
    """Find the regions of each mask once, for use with many maps; accepted wherever masks are.

    Each mask is (H, W), bool or 0/1 (1: defective), or None for an image without pixel labels.
    Raises MetricError for other values or shapes, naming the image by its position from 0.
    """
    return tuple(_label_image(mask, i) for i, mask in enumerate(masks))


def _label_image(mask: ArrayLike | ImageLabels | None, position: int) -> ImageLabels | None:
    if mask is None or isinstance(mask, ImageLabels):
        return mask
    mask = _as_binary(mask, f"The mask of image {position}")
    if mask.ndim != 2 or mask.size == 0:
        raise MetricError(f"The mask of image {position} must have the shape (H, W), its shape is {mask.shape}.")
    index = np.flatnonzero(mask)
    if len(index) == 0:
        return ImageLabels(mask.shape, index, np.zeros(0), 0)
    components, regions = ndimage.label(mask, structure=_EIGHT_CONNECTED)
    region = components.ravel()[index]
    return ImageLabels(mask.shape, index, 1.0 / np.bincount(region)[region], regions)


def rank_pixels(maps: Sequence[ArrayLike], masks: Sequence[ArrayLike | ImageLabels | None]) -> Ranking:
    """Rank the pixels of all images together. `maps`: one (H, W) array of finite numbers per image (sizes may differ);
    `masks`: see `label_pixels`; images whose mask is None are left out.

    Raises MetricError when sizes do not fit, nothing is left, or a map has NaN or infinite values.
    """
    _check_lengths(maps=maps, masks=masks)
    labels = label_pixels(masks)
    used = [i for i, label in enumerate(labels) if label is not None]
    if not used:
        raise MetricError("There is no image with a mask, so there are no pixels to evaluate.")
    return _rank_images([_checked_map(maps[i], labels[i], i) for i in used], [labels[i] for i in used])


def _checked_map(values: ArrayLike, labels: ImageLabels, position: int) -> NDArray[np.floating]:
    """The map as a flat float array."""
    what = f"The values of map {position}"
    array = _as_floats(values, what)
    if array.shape != labels.shape:
        raise MetricError(f"Map {position} has the shape {array.shape}, its mask {labels.shape}; they must agree.")
    _check_finite(array, what)
    return array.ravel()


def _rank_images(maps: Sequence[NDArray[np.floating]], labels: Sequence[ImageLabels]) -> Ranking:
    dtype = np.result_type(*{values.dtype for values in maps})
    maps = [values.astype(dtype, copy=False) for values in maps]
    positives = np.concatenate([values[label.index] for values, label in zip(maps, labels, strict=True)])
    weights = np.concatenate([label.weight for label in labels])
    regions = sum(label.regions for label in labels)
    negatives = sum(values.size for values in maps) - len(positives)
    return _rank(positives, weights, regions, _normal_blocks(maps, labels), negatives)


def _normal_blocks(
    maps: Sequence[NDArray[np.floating]], labels: Sequence[ImageLabels]
) -> Iterator[NDArray[np.floating]]:
    """The normal pixels of all images, a few images at a time (never an empty block)."""
    block: list[NDArray[np.floating]] = []
    size = 0
    for values, label in zip(maps, labels, strict=True):
        block.append(_without(values, label.index))
        size += len(block[-1])
        if size >= _BLOCK:
            yield np.concatenate(block)
            block, size = [], 0
    if size:
        yield np.concatenate(block)


def _without(values: NDArray, index: NDArray[np.intp]) -> NDArray:
    if len(index) == 0:
        return values
    keep = np.ones(len(values), dtype=bool)
    keep[index] = False
    return values[keep]


def _check_lengths(**parts: Sequence) -> None:
    lengths = {name: len(part) for name, part in parts.items()}
    if len(set(lengths.values())) != 1:
        found = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in lengths.items())
        raise MetricError(f"One of each per image is needed, but there are {found}.")


# --- single metrics ---------------------------------------------------------------------------------------------


def auroc(scores: ArrayLike, labels: ArrayLike) -> float:
    """Area under the ROC curve, 0..1; see `rank_scores` for the arguments, `Ranking.auroc` for the errors."""
    return rank_scores(scores, labels).auroc()


def average_precision(scores: ArrayLike, labels: ArrayLike) -> float:
    """Average precision, 0..1; see `rank_scores` for the arguments."""
    return rank_scores(scores, labels).average_precision()


def best_f1(scores: ArrayLike, labels: ArrayLike) -> BestF1:
    """The threshold with the best F1; see `rank_scores` for the arguments."""
    return rank_scores(scores, labels).best_f1()


def roc_curve(scores: ArrayLike, labels: ArrayLike) -> RocCurve:
    """The full ROC curve; see `rank_scores` for the arguments."""
    return rank_scores(scores, labels).roc()


def pr_curve(scores: ArrayLike, labels: ArrayLike) -> PrCurve:
    """The full precision-recall curve; see `rank_scores` for the arguments."""
    return rank_scores(scores, labels).pr()


def pro(maps: Sequence[ArrayLike], masks: Sequence[ArrayLike | ImageLabels | None], limit: float = FPR_LIMIT) -> float:
    """P-PRO up to FPR `limit`, 0..1; see `rank_pixels` for the arguments, `Ranking.pro` for the errors."""
    return rank_pixels(maps, masks).pro(limit)


def pro_curve(maps: Sequence[ArrayLike], masks: Sequence[ArrayLike | ImageLabels | None]) -> ProCurve:
    """The full PRO curve; see `rank_pixels` for the arguments."""
    return rank_pixels(maps, masks).pro_curve()


# --- all metrics of a data set ----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Metrics:
    """The metrics of one score expression on one data set; None where one is undefined, with the reason in `notes`.

    p_ap, p_auroc, p_pro, p_f1: over the pixels of the images that count for pixel metrics.
    i_auroc, i_ap, i_f1: over all images.
    image_ranking, pixel_ranking: give the full curves (`.roc()`, `.pr()`, `.pro_curve()`); None without pixel labels.
    images, defective_images, pixel_images, regions: counts.
    notes: sentences on what was left out or is undefined.
    """

    p_ap: float | None
    p_auroc: float | None
    p_pro: float | None
    p_f1: BestF1 | None
    i_auroc: float | None
    i_ap: float | None
    i_f1: BestF1 | None
    image_ranking: Ranking
    pixel_ranking: Ranking | None
    images: int
    defective_images: int
    pixel_images: int
    regions: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Everything but the rankings, ready for JSON."""
        plain = {name: value for name, value in vars(self).items() if not name.endswith("_ranking")}
        plain |= {name: vars(value) for name, value in plain.items() if isinstance(value, BestF1)}
        return plain | {"notes": list(self.notes)}


def evaluate(
    maps: Sequence[ArrayLike] | None,
    masks: Sequence[ArrayLike | ImageLabels | None] | None,
    image_scores: ArrayLike,
    image_labels: ArrayLike,
) -> Metrics:
    """All metrics of a data set.

    Args:
        maps: one (H, W) array of finite numbers per image; only those of images with a mask are read. None is allowed
            when `masks` is None.
        masks: one per image, (H, W) bool or 0/1, None for an image without pixel labels, or `label_pixels(masks)`;
            None: image metrics only. A defective image whose mask is empty counts for image metrics only (noted).
        image_scores: (N,) finite numbers, larger is more anomalous.
        image_labels: (N,) bool or 0/1, 1: defective.

    Raises MetricError, in words for the user, for anything that does not fit: lengths, shapes, NaN or infinite
    values, masks that are not 0/1, a normal image with defective pixels. Undefined metrics are None, with a note.
    """
    scores, labels = _image_samples(image_scores, image_labels)
    images = rank_scores(scores, labels)
    if masks is None:
        return _metrics(images, None, 0, ["There are no masks, so there are no pixel metrics."])
    if maps is None:
        raise MetricError("Masks were given without maps; pass the anomaly maps, or masks=None for image metrics only.")
    _check_lengths(maps=maps, masks=masks, image_scores=scores)
    regions = label_pixels(masks)
    usable, unlabelled, empty = _split(regions, labels)
    pixels = rank_pixels(maps, [regions[i] if i in usable else None for i in range(len(maps))]) if usable else None
    return _metrics(images, pixels, len(usable), _omissions(unlabelled, empty, len(labels)))


def _image_samples(scores: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    scores, labels = _as_floats(scores, "The image scores"), _as_binary(labels, "The image labels")
    if scores.ndim != 1 or scores.shape != labels.shape:
        raise MetricError(f"Image scores and labels must both be (N,); they are {scores.shape} and {labels.shape}.")
    _check_finite(scores, "The image scores")
    return scores, labels


def _split(
    regions: Sequence[ImageLabels | None], labels: NDArray[np.bool_], first: int = 0
) -> tuple[set[int], list[int], list[int]]:
    """Images that count for pixel metrics, those without a mask, and defective ones with an empty mask.

    Raises MetricError where a label contradicts its mask; `first` is the number of the first image.
    """
    usable, unlabelled, empty = set(), [], []
    for i, (region, defective) in enumerate(zip(regions, labels, strict=True)):
        if region is None:
            unlabelled.append(i)
        elif defective and not region.regions:
            empty.append(i)
        elif region.regions and not defective:
            raise MetricError(
                f"Image {first + i} is labelled normal, but its mask has {len(region.index)} defective pixels. "
                "Correct the label or the mask."
            )
        else:
            usable.add(i)
    return usable, unlabelled, empty


def _omissions(unlabelled: Sequence[int], empty: Sequence[int], images: int) -> list[str]:
    """A sentence for each reason why images do not count for pixel metrics."""
    notes = []
    if unlabelled:
        notes.append(f"{len(unlabelled)} of {images} images have no mask and count for image metrics only.")
    if empty:
        shown = ", ".join(map(str, empty[:10])) + (", ..." if len(empty) > 10 else "")
        notes.append(
            f"{len(empty)} of {images} images are defective but have an empty mask and count for image metrics only "
            f"(counted from 0: {shown})."
        )
    return notes


def _metrics(images: Ranking, pixels: Ranking | None, pixel_images: int, omissions: Iterable[str]) -> Metrics:
    notes = list(omissions)
    return Metrics(
        p_ap=_defined("P-AP", pixels and pixels.average_precision, notes),
        p_auroc=_defined("P-AUROC", pixels and pixels.auroc, notes),
        p_pro=_defined("P-PRO", pixels and pixels.pro, notes),
        p_f1=_defined("Best pixel F1", pixels and pixels.best_f1, notes),
        i_auroc=_defined("I-AUROC", images.auroc, notes),
        i_ap=_defined("I-AP", images.average_precision, notes),
        i_f1=_defined("Best image F1", images.best_f1, notes),
        image_ranking=images,
        pixel_ranking=pixels,
        images=images.positives + images.negatives,
        defective_images=images.positives,
        pixel_images=pixel_images,
        regions=pixels.regions if pixels else 0,
        notes=tuple(notes),
    )


def _defined(name: str, metric: Callable[[], T] | None, notes: list[str]) -> T | None:
    """The metric's value, or None and one more of the `notes`."""
    if metric is None:
        return None
    try:
        return metric()
    except UndefinedMetricError as reason:
        notes.append(f"{name}: {reason}")
        return None


# --- data sets that do not fit in memory ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class StreamedMetrics:
    """`metrics`, and how far they can be from the exact ones.

    `bounds`: for p_ap, p_auroc, p_pro and p_f1 (where defined) the lowest and the highest value that the exact metric
    can have; equal when nothing was dropped. They hold for every data set, up to rounding (1e-9). Image metrics are
    always exact.
    `bins`: occupied bins; `dropped_bits`: low bits of the float32 that a bin ignores.
    """

    metrics: Metrics
    bounds: dict[str, tuple[float, float]]
    bins: int
    dropped_bits: int

    @property
    def exact(self) -> bool:
        return self.dropped_bits == 0


class StreamingMetrics:
    """The metrics of `evaluate` for a data set seen once, batch by batch, in memory that does not grow with its pixels.

    Pixels are counted in bins. A bin is all float32 values that agree in their leading bits, so bins keep the order of
    the values. At first a bin is one single value; when more than `max_bins` are occupied, one more bit is dropped.
    The result does not depend on the order of the images, and is exact as long as no bit was dropped.

    Error: values within a bin count as tied. `StreamedMetrics.bounds` brackets the exact metrics for any data. If no
    bin holds more than a share e of the normal pixels, P-AUROC is off by at most e / 2 and P-PRO by at most e / 0.6.
    With d <= 23 dropped bits a bin spans a relative width of at most 2 ** (d - 23). The best-F1 threshold is the lower
    edge of a bin, so its F1, precision and recall are those really reached there.

    Memory: 28 bytes per bin (28 MiB with the default), up to eight times that while merging, 9 bytes per image.
    """

    def __init__(self, max_bins: int = 1 << 20) -> None:
        if max_bins < 2:
            raise MetricError(f"At least 2 bins are needed, max_bins is {max_bins}.")
        self.max_bins = max_bins
        self._bins = _Bins.empty()
        self._pending: list[_Bins] = []
        self._pending_size = 0
        self._scores: list[NDArray[np.float64]] = []
        self._labels: list[NDArray[np.bool_]] = []
        self._regions = self._pixel_images = self._images = 0
        self._unlabelled: list[int] = []
        self._empty: list[int] = []

    def update(
        self,
        maps: Sequence[ArrayLike] | None,
        masks: Sequence[ArrayLike | ImageLabels | None] | None,
        image_scores: ArrayLike,
        image_labels: ArrayLike,
    ) -> None:
        """Add images; arguments and errors as in `evaluate`, but maps must be float32 or float16.

        A batch that raises leaves the metrics as they were.
        """
        scores, labels = _image_samples(image_scores, image_labels)
        bins: list[_Bins] = []
        if masks is not None:
            if maps is None:
                raise MetricError("Masks were given without maps; pass the maps, or masks=None for image metrics only.")
            _check_lengths(maps=maps, masks=masks, image_scores=scores)
            regions = tuple(_label_image(mask, self._images + i) for i, mask in enumerate(masks))
            usable, unlabelled, empty = _split(regions, labels, self._images)
            bins = [_Bins.of_image(maps[i], regions[i], self._images + i) for i in sorted(usable)]
            self._unlabelled += [self._images + i for i in unlabelled]
            self._empty += [self._images + i for i in empty]
            self._regions += sum(regions[i].regions for i in usable)
        else:
            self._unlabelled += range(self._images, self._images + len(scores))
        self._images += len(scores)
        self._pixel_images += len(bins)
        self._scores.append(scores.astype(np.float64))
        self._labels.append(labels.copy())
        for part in bins:
            self._add(part)

    def compute(self) -> StreamedMetrics:
        """The metrics of everything so far. Raises MetricError before the first image."""
        if self._images == 0:
            raise MetricError("There are no images to evaluate yet; call update first.")
        self._merge()
        images = rank_scores(np.concatenate(self._scores), np.concatenate(self._labels))
        pixels = self._bins.ranking(self._regions) if self._pixel_images else None
        metrics = _metrics(images, pixels, self._pixel_images, _omissions(self._unlabelled, self._empty, self._images))
        return StreamedMetrics(metrics, self._bounds(metrics), len(self._bins.keys), self._bins.dropped)

    def _add(self, bins: "_Bins") -> None:
        self._pending.append(bins)
        self._pending_size += len(bins.keys)
        if self._pending_size >= max(_BLOCK // 4, self.max_bins):
            self._merge()

    def _merge(self) -> None:
        if self._pending:
            self._bins = _Bins.union([self._bins, *self._pending], self.max_bins)
            self._pending, self._pending_size = [], 0

    def _bounds(self, metrics: Metrics) -> dict[str, tuple[float, float]]:
        values = {"p_ap": metrics.p_ap, "p_auroc": metrics.p_auroc, "p_pro": metrics.p_pro}
        values["p_f1"] = metrics.p_f1 and metrics.p_f1.f1
        defined = {name: value for name, value in values.items() if value is not None}
        if self._bins.dropped == 0:
            return {name: (value, value) for name, value in defined.items()}
        brackets = {"p_ap": _bracket_ap, "p_auroc": _bracket_auroc, "p_pro": _bracket_pro, "p_f1": _bracket_f1}
        return {name: brackets[name](metrics.pixel_ranking) for name in defined}


@dataclass(frozen=True, eq=False)
class _Bins:
    """Counts per bin: `keys` (B,) uint32 order keys without their `dropped` low bits, rising and distinct; `normal`,
    `found`: (B,) int64 pixels; `overlap`: (B,) float64 sum of 1 / region size.
    """

    keys: NDArray[np.uint32]
    normal: NDArray[np.int64]
    found: NDArray[np.int64]
    overlap: NDArray[np.float64]
    dropped: int

    @classmethod
    def empty(cls) -> Self:
        return cls(np.zeros(0, np.uint32), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), 0)

    @classmethod
    def of_image(cls, values: ArrayLike, label: ImageLabels, position: int) -> Self:
        """One image, one bin per distinct value."""
        values = _checked_map(values, label, position)
        if values.dtype != np.float32:
            raise MetricError(
                f"Map {position} is {values.dtype}, but streaming counts float32 values; "
                "convert it with .astype('float32')."
            )
        keys = _order_keys(values)
        normal, count = np.unique(_without(keys, label.index), return_counts=True)
        found, inverse = np.unique(keys[label.index], return_inverse=True)
        parts = [
            cls(normal, count, np.zeros_like(count), np.zeros(len(count)), 0),
            cls(
                found,
                np.zeros(len(found), np.int64),
                np.bincount(inverse, minlength=len(found)),
                np.bincount(inverse, weights=label.weight, minlength=len(found)),
                0,
            ),
        ]
        return cls.union(parts, len(values))

    @classmethod
    def union(cls, parts: Sequence[Self], max_bins: int) -> Self:
        """All counts together, with as few dropped bits as `max_bins` allows."""
        dropped = max(part.dropped for part in parts)
        keys = np.concatenate([part.keys >> np.uint32(dropped - part.dropped) for part in parts])
        order = np.argsort(keys, kind="stable")
        merged = cls(
            keys[order],
            np.concatenate([part.normal for part in parts])[order],
            np.concatenate([part.found for part in parts])[order],
            np.concatenate([part.overlap for part in parts])[order],
            dropped,
        )._grouped(0)
        while len(merged.keys) > max_bins:
            merged = merged._grouped(1)
        return merged

    def _grouped(self, bits: int) -> Self:
        """Drop `bits` more bits and add up bins whose keys have become equal."""
        keys = self.keys >> np.uint32(bits)
        start = np.flatnonzero(np.r_[[True] * (len(keys) > 0), keys[1:] != keys[:-1]])
        sums = (np.add.reduceat(counts, start) for counts in (self.normal, self.found, self.overlap))
        return type(self)(keys[start], *sums, self.dropped + bits)

    def ranking(self, regions: int) -> Ranking:
        """The ranking that takes all values of a bin for its lower edge."""
        rows = np.flatnonzero(self.found[::-1])
        false = np.cumsum(self.normal[::-1])
        overlap = np.cumsum(self.overlap[::-1])[rows]
        return Ranking(
            threshold=self._edges(0)[::-1][rows],
            above=self._edges(1)[::-1][rows],
            found=np.cumsum(self.found[::-1])[rows],
            false_above=(false - self.normal[::-1])[rows],
            false=false[rows],
            overlap=overlap / overlap[-1] if len(overlap) else overlap,
            positives=int(self.found.sum()),
            negatives=int(self.normal.sum()),
            regions=regions,
            lowest=float(self._edges(0)[0]),
        )

    def _edges(self, offset: int) -> NDArray[np.float32]:
        """The lower (`offset` 0) or upper (1) edge of each bin; edges beyond the finite values become -inf or inf."""
        keys = (self.keys.astype(np.uint64) + np.uint64(offset)) << np.uint64(self.dropped)
        ends = _order_keys(np.array([-np.inf, np.inf], dtype=np.float32))
        return _from_keys(np.clip(keys, *ends.astype(np.uint64)).astype(np.uint32))


def _bracket_auroc(ranking: Ranking) -> tuple[float, float]:
    """Within each bin all normal samples first (lowest), or all defective ones first (highest)."""
    weights = np.diff(ranking.found, prepend=0) / ranking.positives
    return _bracket_area(ranking, weights, 1.0)


def _bracket_pro(ranking: Ranking) -> tuple[float, float]:
    return _bracket_area(ranking, np.diff(ranking.overlap, prepend=0.0), FPR_LIMIT)


def _bracket_area(ranking: Ranking, weights: NDArray[np.float64], limit: float) -> tuple[float, float]:
    reach = (np.maximum(limit - edge / ranking.negatives, 0.0) for edge in (ranking.false, ranking.false_above))
    low, high = (float((weights * part).sum()) / limit for part in reach)
    return low, high


def _bracket_ap(ranking: Ranking) -> tuple[float, float]:
    """A bin with p defective samples after T others has, at its i-th one, at least T + i true and at most `false` false
    positives, so the lowest sum of precisions is p - false * sum(1 / (T + false + i)); the harmonic sum is at most
    log(1 + p / (T + false)). The highest has all p level with each other and no normal sample of the bin above them.
    """
    new = np.diff(ranking.found, prepend=0)
    before = ranking.found - new + ranking.false
    lost = ranking.false * np.log1p(new / np.maximum(before, 1))
    high = new * ranking.found / (ranking.found + ranking.false_above)
    return float((new - lost).sum()) / ranking.positives, float(high.sum()) / ranking.positives


def _bracket_f1(ranking: Ranking) -> tuple[float, float]:
    """The F1 at a bin's edge is reached; a threshold within the bin finds at most as much, with at least the false
    positives above the bin.
    """
    highest = 2 * ranking.found / (ranking.found + ranking.false_above + ranking.positives)
    return ranking.best_f1().f1, float(highest.max())
