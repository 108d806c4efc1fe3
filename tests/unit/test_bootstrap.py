"""Intervals by the percentile bootstrap over pictures: against a plain loop, and what they must do."""

import numpy as np
import pytest
from scipy.stats import binomtest

from nnet.scoring.metrics import auroc, average_precision, best_f1, bootstrap, evaluate, label_pixels
from nnet.scoring.metrics.bootstrap import image_intervals, pixel_intervals, rate_intervals, share_interval
from nnet.scoring.promise import between


def pictures(n: int = 40, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Scores with ties, and labels."""
    rng = np.random.default_rng(seed)
    defective = np.arange(n) % 3 == 0
    return np.round(rng.normal(defective * 1.2, 1.0), 1), defective


def test_every_repeat_is_the_metric_of_the_pictures_that_were_drawn() -> None:
    scores, defective = pictures()
    repeats: dict[str, list[float]] = {"i_auroc": [], "i_ap": [], "i_f1": []}
    rates: dict[str, list[float]] = {"f1": []}
    for block in bootstrap._weights(defective):
        for weights in block.astype(int):
            drawn = np.repeat(scores, weights), np.repeat(defective, weights)
            assert drawn[1].sum() == defective.sum() and len(drawn[0]) == len(scores)
            for name, value in zip(
                repeats, (auroc(*drawn), average_precision(*drawn), best_f1(*drawn).f1), strict=True
            ):
                repeats[name].append(value)
            flagged = drawn[0] > 0.8
            hit, alarm = (flagged & drawn[1]).sum(), (flagged & ~drawn[1]).sum()
            rates["f1"].append(2 * hit / (hit + alarm + drawn[1].sum()))
    for expected, found in (
        (repeats, image_intervals(scores, defective)),
        (rates, rate_intervals(scores, defective, 0.8)),
    ):
        for name, values in expected.items():
            assert len(values) == bootstrap.REPEATS
            assert found[name] == pytest.approx(tuple(np.quantile(values, (0.025, 0.975))), abs=1e-12)


def test_shares_have_an_exact_interval_also_where_all_were_decided_alike() -> None:
    for part, whole in ((0, 176), (15, 15), (3, 8), (0, 1), (1, 1)):
        exact = binomtest(part, whole).proportion_ci(0.95, "exact")
        assert share_interval(part, whole) == pytest.approx((exact.low, exact.high), abs=1e-9)
    scores, defective = np.r_[np.zeros(176), np.ones(15)], np.r_[np.zeros(176, bool), np.ones(15, bool)]
    told = {name: between(*found) for name, found in rate_intervals(scores, defective, 0.5).items()}
    assert told == {"recall": "at least 78 %", "precision": "at least 78 %", "false alarms": "up to 2.1 %"}
    scores[176:180] = 0
    assert between(*rate_intervals(scores, defective, 0.5)["recall"]) == "45 % to 92 %"


def test_an_interval_is_the_same_every_time_and_narrower_with_more_pictures() -> None:
    few, many = image_intervals(*pictures(40)), image_intervals(*pictures(400))
    assert few == image_intervals(*pictures(40))
    for name, (low, high) in few.items():
        assert 0 <= low < high <= 1 and many[name][1] - many[name][0] < high - low


def test_over_pixels_whole_pictures_are_drawn_and_the_metric_lies_within() -> None:
    rng = np.random.default_rng(1)
    defective = np.arange(24) % 2 == 0
    masks = [np.zeros((32, 32), bool) for _ in defective]
    for mask in (mask for mask, bad in zip(masks, defective, strict=True) if bad):
        mask[8:20, 5:12] = True
    maps = [rng.normal(mask * rng.uniform(0.2, 3), 1).astype(np.float32) for mask in masks]
    labels = label_pixels(masks)
    measured = evaluate(maps, labels, [m.max() for m in maps], defective)
    exact = {name: getattr(measured, name) for name in ("p_auroc", "p_pro", "p_ap")}
    found = pixel_intervals(maps, labels, defective, exact)
    for name, (low, high) in found.items():
        assert low < exact[name] < high
    weights = next(bootstrap._weights(defective))[0].astype(int)
    again = [i for i, count in enumerate(weights) for _ in range(count)]
    drawn = evaluate([maps[i] for i in again], [labels[i] for i in again], [0.0] * len(again), defective[again])
    counts = bootstrap._binned([m.ravel() for m in maps], labels)
    binned = bootstrap._pixel_metrics(*((weights @ one)[None] for one in counts))
    for value, name in zip(binned, exact, strict=True):
        assert value[0] == pytest.approx(getattr(drawn, name), abs=5e-3)


def test_without_pictures_of_both_kinds_there_is_none() -> None:
    assert image_intervals([1.0, 2.0], [True, True]) == {} == image_intervals([1.0], [False])
    assert pixel_intervals([np.zeros((2, 2))], [None], [True], {}) == {}
