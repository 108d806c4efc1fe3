"""The threshold for a wanted miss rate, false alarm rate, or the best F1, on labelled pictures.

As everywhere in `nnet.scoring.metrics`, a picture is flagged if it scores at the threshold or above it. A threshold
that was chosen on the pictures it is then counted on looks better than it is.
"""

import math

import numpy as np

from nnet.errors import NNetError
from nnet.scoring.metrics import best_f1


def for_miss_rate(scores: np.ndarray, defective: np.ndarray, rate: float) -> float:
    """The highest threshold that misses at most this share (0..1) of the defective pictures.

    Raises:
        NNetError: there is no defective picture, or the rate is out of range.
    """
    _check(rate, defective, "defective")
    rising = np.sort(np.asarray(scores, float)[defective])
    return float(rising[min(_allowed(rate, len(rising)), len(rising) - 1)])


def for_false_alarm_rate(scores: np.ndarray, defective: np.ndarray, rate: float) -> float:
    """The lowest threshold, halfway between two scores, that flags at most this share (0..1) of the normal pictures.

    Raises:
        NNetError: there is no normal picture, or the rate is out of range.
    """
    _check(rate, ~defective, "normal")
    scores = np.asarray(scores, float)
    falling = np.sort(scores[~defective])[::-1]
    if (allowed := _allowed(rate, len(falling))) >= len(falling):
        return float(scores.min())
    first_not = falling[allowed]
    higher = scores[scores > first_not]
    return float((first_not + higher.min()) / 2 if len(higher) else 1.01 * first_not)


def for_best_f1(scores: np.ndarray, defective: np.ndarray) -> float:
    """The threshold with the best F1. Raises `nnet.scoring.metrics.UndefinedMetricError` without a defective one."""
    return best_f1(scores, defective).threshold


def _allowed(rate: float, count: int) -> int:
    return math.floor(rate * count + 1e-9)


def _check(rate: float, wanted: np.ndarray, kind: str) -> None:
    if not 0 <= rate <= 1:
        raise NNetError(f"Expected a rate from 0 to 1, found {rate:g}. Write 5 % as 0.05.")
    if not np.any(wanted):
        raise NNetError(f"There are no {kind} pictures to count on. Add some to the test pictures.")
