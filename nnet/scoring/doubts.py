"""What speaks against trusting a model, found in its own training pictures and held-out scores.

Each function is plain: arrays in, what was found out; `sentences` says it. None of them proves anything: they are
questions to whoever took the photos.
"""

from collections.abc import Sequence

import numpy as np

from nnet.units import times

SIDE = 32
"""Near duplicates are looked for in grey pictures of this side, where the noise of a camera is averaged away."""
ALIKE = 1.2
"""Root mean square difference in grey levels (of 255) up to which two such pictures count as the same scene."""
SERIES_SHARE = 0.3
"""From this share of pictures with a near duplicate on, it is said."""
MOST = 256
"""Most pictures that are compared, spread over the list."""
LEAST_IN_ORDER = 8
"""Fewer held-out scores tell nothing of a drift."""
DRIFT, DRIFT_CHANCE = 0.6, 0.01
"""Rank correlation of score and order from which on it is called a drift, and how often chance alone may give it."""
NAMED = 3
"""Most training pictures that are named."""


def spread(count: int, most: int = MOST) -> np.ndarray:
    """Indices of at most `most` of `count` pictures, evenly over the list."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def small(image: np.ndarray) -> np.ndarray:
    """A picture, uint8 (H, W, 3), as float32 (SIDE, SIDE) grey levels without its mean brightness."""
    grey = np.asarray(image, np.float32).mean(axis=2)
    rows, columns = (np.linspace(0, length, SIDE + 1).astype(int)[:-1] for length in grey.shape)
    sums = np.add.reduceat(np.add.reduceat(grey, rows, axis=0), columns, axis=1)
    heights, widths = (
        np.diff(np.r_[starts, length]) for starts, length in zip((rows, columns), grey.shape, strict=True)
    )
    found: np.ndarray = (sums / np.outer(heights, widths)).astype(np.float32)
    found -= found.mean()
    return found


def near_duplicates(pictures: np.ndarray) -> np.ndarray:
    """Which of some pictures (n, SIDE, SIDE), made by `small`, nearly equal another one: bool (n,).

    Their contrasts are made alike first, since light flickers.
    """
    flat = pictures.reshape(len(pictures), -1).astype(np.float64)
    contrast = np.maximum(flat.std(axis=1, keepdims=True), 1e-6)
    flat *= np.median(contrast) / contrast
    square = (flat**2).sum(axis=1)
    distance = square[:, None] + square[None] - 2 * flat @ flat.T
    np.fill_diagonal(distance, np.inf)
    found: np.ndarray = np.sqrt(np.maximum(distance.min(axis=1), 0) / flat.shape[1]) <= ALIKE
    return found


def drift(scores: np.ndarray) -> float | None:
    """Spearman's rank correlation of held-out scores with their order, if it is too large for chance; else None."""
    from scipy.stats import spearmanr  # slow to import

    if len(scores) < LEAST_IN_ORDER or np.ptp(scores) == 0:
        return None
    result = spearmanr(np.arange(len(scores)), scores)
    notable = abs(result.statistic) >= DRIFT and result.pvalue <= DRIFT_CHANCE
    return float(result.statistic) if notable else None


def outstanding(scores: np.ndarray, threshold: float) -> np.ndarray:
    """Indices of the training pictures that score above the threshold, the highest first; at most `NAMED`."""
    order = np.argsort(-scores, kind="stable")[:NAMED]
    return order[scores[order] > threshold]


# ------------------------------------------------------------------------------------------------------- in words


def of_series(alike: int, count: int) -> str:
    """What near duplicates mean, or "" where there are few."""
    if count < 2 or alike < max(2, SERIES_SHARE * count):
        return ""
    return (
        f"{alike} of {count} photos look almost the same as another one, as the frames of one series do. Held out, "
        "they promise more than other parts will keep. Take photos of different parts, at different times."
    )


def of_drift(correlation: float) -> str:
    """What a drift means."""
    way = "rise" if correlation > 0 else "fall"
    return (
        f"The held-out scores {way} with the order of the pictures (rank correlation {correlation:.2f}), so light, "
        "camera or parts may have changed while they were taken. The threshold fits their mixture, not the newest ones."
    )


def of_outstanding(names: Sequence[str], ratios: Sequence[float]) -> str:
    """The question that training pictures above the threshold raise."""
    named = ", ".join(f"{name} ({times(ratio)} × threshold)" for name, ratio in zip(names, ratios, strict=True))
    one = len(names) == 1
    return (
        f"The model learned from {'a photo' if one else 'photos'} that it flags itself: {named}. "
        f"Is {'it' if one else 'one of these'} a defect? Then take it out and train again."
    )
