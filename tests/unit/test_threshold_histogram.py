"""What the histogram with the draggable threshold hands to the browser, on known scores."""

import itertools
import json

import numpy as np
import pytest
from scored import DEFECTIVE, SCORES

from workbench.components import threshold_histogram as histogram
from workbench.components.threshold_histogram import Group, Stop
from workbench.evaluate import decisions, words
from workbench.shared import theme, units
from workbench.shared import words as shared_words


def shown(scores: np.ndarray = SCORES, threshold: float = 0.4, **more: object) -> dict:
    normal = Group("normal", theme.NORMAL, scores[:3], "right")
    groups = [normal, Group("defective", theme.ANOMALOUS, scores[3:], "left")]
    edges = np.array([0.1, 0.2, 0.4, 0.8])
    stops = [Stop(value, f"{value}", "left", "right") for value in (0.05, 0.3, 0.4, 1.6)]
    return histogram.data(groups, edges, stops, threshold, label="all", **more)


def test_every_image_is_in_a_bin_and_the_axis_is_logarithmic() -> None:
    data = json.loads(json.dumps(shown()))
    assert [series["counts"] for series in data["series"]] == [[1, 1, 1], [0, 1, 2]]
    assert [series["wrong"] for series in data["series"]] == [1, 0]
    widths = np.diff(data["edges"])
    assert widths == pytest.approx(widths[0], abs=2e-6) and widths[0] > 0
    assert 0 < data["stops"][0] < data["edges"][0] and data["edges"][-1] < data["stops"][-1] < 1
    assert data["stops"][2] == data["edges"][2] and data["values"][data["now"]] == 0.4
    assert data["bins"][1] == "0.20 to 0.40 × threshold\nscore 0.200 to 0.400\n1 normal\n1 defective"
    assert data["rows"][0] == 0 and data["top"] >= 2


def test_few_images_are_dots_and_many_are_bars() -> None:
    few = json.loads(json.dumps(shown()))
    assert [len(dots) for dots in few["dots"]] == [3, 3] and few["counted"] == shared_words.EACH_DOT
    assert few["dots"][0] == sorted(few["dots"][0]) and few["dots"][1][-1] == few["edges"][-1]
    many = shown(np.linspace(0.1, 0.8, histogram.FEW + 1))
    assert "dots" not in many and many["counted"] == shared_words.THRESHOLD_WORDS["counted"]


def test_scores_outside_the_bins_and_a_threshold_between_the_stops_find_a_place() -> None:
    data = shown(np.array([0.0, 0.001, 0.1, 5, 6, 7]), 0.06, mark=("this image", 0.0), reference=("own", 99.0))
    assert [series["counts"] for series in data["series"]] == [[3, 0, 0], [0, 0, 3]]
    assert data["values"][data["now"]] == 0.05
    assert (data["mark"]["at"], data["reference"]["at"]) == (0, 1)


def test_what_a_threshold_would_do_is_what_it_does() -> None:
    steps = decisions.threshold_steps(SCORES, [0.39])
    four = decisions.counts_at(SCORES, DEFECTIVE, steps)
    assert four == [decisions.counts(SCORES, DEFECTIVE, step) for step in steps]
    labels = decisions.step_labels(steps, 0.25)
    data = decisions.histogram(SCORES, DEFECTIVE, labels, 0.39, (words.OWN_THRESHOLD, 0.25))
    at = steps.index(0.39)
    assert data["now"] == at and data["labels"][at] == labels[0.39]
    assert data["told"][at] == ["1 miss among 3 defective", "1 false alarm among 3 normal"]
    assert data["spoken"][at] == shared_words.threshold_spoken(labels[0.39], *data["told"][at])
    assert data["reference"]["name"] == words.OWN_THRESHOLD
    assert sum(sum(series["counts"]) for series in data["series"]) == len(SCORES)
    one = next(tick for tick in data["ticks"] if tick["label"] == "1")
    assert one["at"] == data["reference"]["at"], "the axis counts in multiples of the model's own threshold"


def test_scores_of_nothing_but_zero_are_drawn() -> None:
    steps = decisions.threshold_steps(np.zeros(6), [])
    data = decisions.histogram(
        np.zeros(6), DEFECTIVE, decisions.step_labels(steps, 0.0), 1.0, (words.OWN_THRESHOLD, 0.0)
    )
    assert [sum(series["counts"]) for series in data["series"]] == [3, 3] and np.isfinite(data["stops"]).all()


@pytest.mark.parametrize(("low", "high"), [(1e-9, 1e3), (0.0002, 7), (0.03, 0.9), (0.21, 0.49), (0.4, 0.41)])
def test_ticks_are_few_and_round(low: float, high: float) -> None:
    ticks = histogram.score_ticks(low, high)
    assert 3 <= len(ticks) <= 13 and low <= ticks[0] and ticks[-1] <= high and ticks == sorted(ticks)
    assert all(len(units.tick(tick).strip("0.")) <= 5 for tick in ticks)


def test_counts_have_whole_ticks() -> None:
    for largest in itertools.chain(range(12), (13, 57, 999, 12345)):
        ticks = histogram.count_ticks(largest)
        assert 2 <= len(ticks) <= 6 and ticks[0] == 0 and ticks[-1] <= max(1, largest)
        assert all(isinstance(tick, int) for tick in ticks)
    assert histogram.count_ticks(57) == [0, 20, 40]
