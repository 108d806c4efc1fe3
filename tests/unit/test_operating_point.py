"""The threshold for a wanted miss rate, false alarm rate or the best F1."""

import numpy as np
import pytest

from nnet.errors import NNetError
from nnet.scoring.metrics import best_f1
from nnet.scoring.operating_point import for_best_f1, for_false_alarm_rate, for_miss_rate


@pytest.mark.parametrize("rate", [0, 0.05, 0.1, 0.25, 0.5, 1])
@pytest.mark.parametrize("seed", range(4))
def test_the_rate_is_kept_and_no_better_threshold_keeps_it(rate: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    defective = rng.random(60) < 0.4
    scores = np.round(rng.normal(2 + defective, 0.6), 1)  # with ties

    def missed(threshold: float) -> float:
        return float(np.mean(scores[defective] <= threshold))

    def alarms(threshold: float) -> float:
        return float(np.mean(scores[~defective] > threshold))

    levels = np.unique(scores)
    above = [*((levels[1:] + levels[:-1]) / 2), scores.max() * 1.1]
    at = for_miss_rate(scores, defective, rate)
    assert missed(at) <= rate and all(missed(t) > rate for t in above if t > at and t <= scores[defective].max())
    at = for_false_alarm_rate(scores, defective, rate)
    assert alarms(at) <= rate and all(alarms(t) > rate for t in above if t < at and alarms(t) != alarms(at))
    flagged = scores > for_best_f1(scores, defective)
    np.testing.assert_array_equal(flagged, scores >= best_f1(scores, defective).threshold)


def test_of_equal_f1_the_highest_threshold_is_taken() -> None:
    scores = np.array([8.0, 6.0, 5.0, 4.0, 2.0])
    defective = np.array([True, False, False, True, False])
    # Above 7 one of two is found and nothing else flagged, above 3 both and two good ones: F1 2/3 each.
    assert for_best_f1(scores, defective) == 7.0


def test_what_cannot_be_wanted_is_said() -> None:
    scores, labels = np.array([1.0, 2.0]), np.array([False, False])
    with pytest.raises(NNetError, match="no defective pictures"):
        for_miss_rate(scores, labels, 0.1)
    with pytest.raises(NNetError, match="no normal pictures"):
        for_false_alarm_rate(scores, ~labels, 0.1)
    with pytest.raises(NNetError, match="0 to 1, found 5"):
        for_false_alarm_rate(scores, labels, 5)
