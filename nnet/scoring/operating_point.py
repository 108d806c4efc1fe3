"""The threshold for a wanted miss rate, false alarm rate, or the best F1, on labelled pictures.

A picture is flagged if it scores above the threshold, as `nnet.scoring.calibration.Reference.is_anomalous` decides. So
that no picture lies on one of these thresholds, each is halfway between two scores. A threshold that was chosen on the
pictures it is then counted on looks better than it is.
"""

import math

import numpy as np

from nnet.errors import NNetError
from nnet.scoring.metrics import best_f1


def for_miss_rate(scores: np.ndarray, defective: np.ndarray, rate: float) -> float:
    """The highest threshold, halfway between two scores, that misses at most this share (0..1) of defective pictures.

    Raises:
        NNetError: there is no defective picture, or the rate is out of range.
    """
    _check(rate, defective, "defective")
    scores = np.asarray(scores, float)
    rising = np.sort(scores[defective])
    return _flagging(scores, rising[min(_allowed(rate, len(rising)), len(rising) - 1)])


def for_false_alarm_rate(scores: np.ndarray, defective: np.ndarray, rate: float) -> float:
    """The lowest threshold, halfway between two scores, that flags at most this share (0..1) of the normal pictures.

    Raises:
        NNetError: there is no normal picture, or the rate is out of range.
    """
    _check(rate, ~defective, "normal")
    scores = np.asarray(scores, float)
    falling = np.sort(scores[~defective])[::-1]
    if (allowed := _allowed(rate, len(falling))) >= len(falling):
        return _flagging(scores, scores.min())
    higher = scores[scores > (first_not := falling[allowed])]
    return _flagging(scores, higher.min()) if len(higher) else float(1.01 * first_not)


def for_best_f1(scores: np.ndarray, defective: np.ndarray) -> float:
    """The threshold with the best F1, of several with the same F1 the highest, which flags the fewest pictures.

    Raises:
        nnet.scoring.metrics.UndefinedMetricError: there is no defective picture.
    """
    scores = np.asarray(scores, float)
    return _flagging(scores, best_f1(scores, defective).threshold)


def _flagging(scores: np.ndarray, lowest: float) -> float:
    """The threshold that flags this score and those above it, halfway to the next lower one."""
    lower = scores[scores < lowest]
    below = float(lower.max()) if len(lower) else 0.98 * lowest
    middle = float((below + lowest) / 2)
    return middle if middle < lowest else below  # two neighbours among floats have nothing between them


def _allowed(rate: float, count: int) -> int:
    return math.floor(rate * count + 1e-9)


def _check(rate: float, wanted: np.ndarray, kind: str) -> None:
    if not 0 <= rate <= 1:
        raise NNetError(f"Expected a rate from 0 to 1, found {rate:g}. Write 5 % as 0.05.")
    if not np.any(wanted):
        raise NNetError(f"There are no {kind} pictures to count on. Add some to the test pictures.")
