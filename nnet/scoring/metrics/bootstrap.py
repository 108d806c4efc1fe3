"""How far a metric can be trusted: 95 % intervals by the percentile bootstrap over pictures; of shares, exact ones.

`REPEATS` times as many normal and as many defective pictures are drawn with replacement as there are of each, from a
generator with a fixed seed, and the metric is worked out again; the interval holds the middle 95 % of the results
(Efron and Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13). A picture is drawn with all its pixels, since
pixels of one picture are alike. It says what other pictures of the same production would give, not other products.

Metrics over pictures are exact in every repeat. Over pixels, scores are first put into `BINS` bins, and the interval
is moved by what that changes in the metric itself.

Drawing anew says nothing of pictures that were all decided alike, so the share of them that was flagged gets Clopper
and Pearson's interval (Biometrika 26, 1934): of 0 of n it reaches up to 1 - 0.025^(1/n).
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnet.scoring.metrics.areas import FPR_LIMIT
from nnet.scoring.metrics.pixels import ImageLabels
from nnet.scoring.promise import CERTAINTY

REPEATS, SEED, BINS = 1000, 0, 1024
_BLOCK = 50  # repeats at a time

Interval = tuple[float, float]
Floats = NDArray[np.float64]


def image_intervals(scores: ArrayLike, defective: ArrayLike) -> dict[str, Interval]:
    """Of "i_auroc", "i_ap" and "i_f1" (the best F1); {} without pictures of both kinds.

    Args:
        scores: (n,) finite numbers, larger is more anomalous.
        defective: (n,) bool.
    """
    scores, defective = np.asarray(scores, float), np.asarray(defective, bool)
    if defective.all() or not defective.any():
        return {}
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    starts = np.flatnonzero(np.r_[True, falling[1:] != falling[:-1]])  # pictures of one score change sides together
    found: list[tuple[Floats, ...]] = []
    for weights in _weights(defective):
        positive, negative = (
            np.add.reduceat(weights[:, order] * kind[order], starts, axis=1) for kind in (defective, ~defective)
        )
        right, wrong = positive.cumsum(axis=1), negative.cumsum(axis=1)
        f1 = (2 * right / (right + wrong + right[:, -1:])).max(axis=1)
        found.append((_auroc(positive, negative, 1.0), _average_precision(positive, negative), f1))
    return dict(zip(("i_auroc", "i_ap", "i_f1"), _intervals(found), strict=True))


def rate_intervals(scores: ArrayLike, defective: ArrayLike, threshold: float) -> dict[str, Interval]:
    """Of "recall", "precision" and "false alarms" (exact) and "f1" if pictures are flagged above `threshold`.

    One is left out where there is nothing to count, and "f1" where all repeats agree.
    """
    scores, defective = np.asarray(scores, float), np.asarray(defective, bool)
    flagged = scores > threshold
    hits, alarms = int((flagged & defective).sum()), int((flagged & ~defective).sum())
    counted = {
        "recall": (hits, int(defective.sum())),
        "precision": (hits, hits + alarms),
        "false alarms": (alarms, int((~defective).sum())),
    }
    found = {name: share_interval(part, whole) for name, (part, whole) in counted.items() if whole}
    repeats: list[tuple[Floats, ...]] = []
    for weights in _weights(defective):
        hit, alarm = (weights[:, flagged & kind].sum(axis=1) for kind in (defective, ~defective))
        repeats.append((2 * hit / np.maximum(hit + alarm + int(defective.sum()), 1),))
    [f1] = _intervals(repeats)
    return found | ({"f1": f1} if f1[0] < f1[1] else {})


def share_interval(part: int, whole: int) -> Interval:
    """Clopper and Pearson's interval of a share, 0..1, of which `part` of `whole` >= 1 were counted."""
    from scipy.special import betaincinv  # slow to import, as in `nnet.scoring.promise`

    tail = (1 - CERTAINTY) / 2
    low = float(betaincinv(part, whole - part + 1, tail)) if part else 0.0
    high = float(betaincinv(part + 1, whole - part, 1 - tail)) if part < whole else 1.0
    return low, high


def pixel_intervals(
    maps: Sequence[NDArray[np.floating]],
    masks: Sequence[ImageLabels | None],
    defective: ArrayLike,
    exact: Mapping[str, float | None],
) -> dict[str, Interval]:
    """Of "p_auroc", "p_pro" and "p_ap"; {} where no picture of one of the kinds has a mask.

    Args:
        maps: one (H, W) array of finite numbers per picture.
        masks: as `nnet.scoring.metrics.label_pixels` gives them; pictures without one are left out.
        defective: (n,) bool; a defective picture with an empty mask is left out, too.
        exact: the metrics themselves, by name.
    """
    labels = np.asarray(defective, bool)
    used = [i for i, mask in enumerate(masks) if mask is not None and bool(mask.regions) == bool(labels[i])]
    kinds = labels[used]
    if not len(used) or kinds.all() or not kinds.any():
        return {}
    positive, overlap, negative = _binned([maps[i].ravel() for i in used], [masks[i] for i in used])
    whole = _pixel_metrics(*(counts.sum(axis=0)[None] for counts in (positive, overlap, negative)))
    found = [
        tuple(values - binned for values, binned in zip(repeated, whole, strict=True))
        for weights in _weights(kinds)
        for repeated in (_pixel_metrics(*(weights @ counts for counts in (positive, overlap, negative))),)
    ]
    return {
        name: (max(0.0, at + low), min(1.0, at + high))
        for name, (low, high) in zip(("p_auroc", "p_pro", "p_ap"), _intervals(found), strict=True)
        if (at := exact.get(name)) is not None
    }


def _weights(defective: NDArray[np.bool_]) -> Iterator[Floats]:
    """How often each picture was drawn, (b, n) at a time, `REPEATS` in all."""
    generator = np.random.default_rng(SEED)
    for start in range(0, REPEATS, _BLOCK):
        drawn = np.zeros((min(_BLOCK, REPEATS - start), len(defective)))
        for kind in (defective, ~defective):
            if count := int(kind.sum()):
                drawn[:, kind] = generator.multinomial(count, np.full(count, 1 / count), size=len(drawn))
        yield drawn


def _intervals(found: Sequence[tuple[Floats, ...]]) -> list[Interval]:
    """The middle of each metric's repeats; they come in blocks of one array for each metric."""
    tail = (1 - CERTAINTY) / 2
    together = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    return [(float(np.quantile(one, tail)), float(np.quantile(one, 1 - tail))) for one in together]


def _auroc(rise: Floats, negative: Floats, limit: float) -> Floats:
    """Area under the polyline that rises by (b, k) `rise` over `negative` samples, falling scores, up to a limit."""
    stop = negative.cumsum(axis=1) / negative.sum(axis=1, keepdims=True)
    start = np.concatenate([np.zeros((len(stop), 1)), stop[:, :-1]], axis=1)
    reach = np.maximum(limit - (start + stop) / 2, 0.0)
    cut = (start < limit) & (stop > limit)
    reach[cut] = (limit - start[cut]) ** 2 / (2 * (stop[cut] - start[cut]))
    area: Floats = (rise / rise.sum(axis=1, keepdims=True) * reach).sum(axis=1) / limit
    return area


def _average_precision(positive: Floats, negative: Floats) -> Floats:
    right, wrong = positive.cumsum(axis=1), negative.cumsum(axis=1)
    precision = np.divide(right, right + wrong, out=np.ones_like(right), where=right + wrong > 0)
    mean: Floats = (positive * precision).sum(axis=1) / right[:, -1]
    return mean


def _pixel_metrics(positive: Floats, overlap: Floats, negative: Floats) -> tuple[Floats, Floats, Floats]:
    """P-AUROC, P-PRO and P-AP from counts (b, bins), falling scores."""
    pro = _auroc(overlap, negative, FPR_LIMIT)
    return _auroc(positive, negative, 1.0), pro, _average_precision(positive, negative)


def _binned(maps: Sequence[NDArray[np.floating]], masks: Sequence[ImageLabels | None]) -> tuple[Floats, Floats, Floats]:
    """Defective pixels, overlap with regions and normal pixels of each picture in each bin, (n, bins), falling scores.

    Borders are quantiles of the defective pixels, since it is their places among the others that count.
    """
    pairs = [(values, mask) for values, mask in zip(maps, masks, strict=True) if mask is not None]
    inside = np.concatenate([values[mask.index] for values, mask in pairs])
    borders = np.unique(np.quantile(inside, np.linspace(0, 1, BINS)))
    rows = []
    for values, mask in pairs:
        place = len(borders) - np.searchsorted(borders, values, side="right")
        count = np.bincount(place, minlength=len(borders) + 1)
        positive = np.bincount(place[mask.index], minlength=len(borders) + 1)
        overlap = np.bincount(place[mask.index], mask.weight, minlength=len(borders) + 1)
        rows.append((positive, overlap, count - positive))
    positives, overlaps, negatives = zip(*rows, strict=True)
    return np.array(positives, float), np.array(overlaps, float), np.array(negatives, float)
