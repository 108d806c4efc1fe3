"""Charts, tables and the report of the Evaluate page on known arrays."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scored import DEFECTIVE, SCORES, evidence

from nnet.analysis.embedding import pca
from nnet.analysis.evaluation import score
from nnet.analysis.subsets import attribute
from nnet.expression import parse
from nnet.scoring.metrics import rank_scores
from workbench.evaluate import decisions, download_tables, figures, words
from workbench.evaluate.figures import Images, Line
from workbench.evaluate.scene import Pictures, Scene
from workbench.shared.resources import Model


def line(name: str = "M1") -> Line:
    curve = rank_scores(SCORES, DEFECTIVE).roc()
    return Line(name, curve.fpr, curve.tpr, curve.threshold)


def test_a_curve_is_marked_where_the_threshold_is() -> None:
    assert line().at(0.45) == (0, pytest.approx(2 / 3))
    assert line().at(9) == (0, 0) and line().at(0) == (1, 1)
    marks = decisions.marks(decisions.counts(SCORES, DEFECTIVE, 0.39))
    assert marks["pr"] == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert decisions.marks((3, 0, 3, 0)) == {"roc": (0, 0), "pr": (0, 1)}
    figure = figures.curve_figure([line(), line("M2")], 0.4, ("fpr", "tpr"), constant=(0, 1), mark=marks["roc"])
    dot = figure.data[-1]
    assert (dot.x[0], dot.y[0]) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert figure.data[-2].name == "M1", "the chosen score lies on top"
    assert list(figure.data[-2].x) == list(line().x)


@pytest.mark.parametrize("scores", [[0.0, 0.01, 0.5, 1.0], [0.0, 0.0]])
def test_the_bins_of_the_histogram_hold_every_score_but_zero(scores: list[float]) -> None:
    edges = figures.borders(np.array(scores))
    assert (np.diff(edges) > 0).all() and np.histogram(scores, edges)[0].sum() == np.count_nonzero(scores)


def test_few_scores_have_few_bars_so_that_hills_show() -> None:
    scores = np.geomspace(0.1, 10, 500)
    assert [len(figures.borders(scores[:count])) - 1 for count in (2, 50, 500)] == [8, 14, 36]


def test_counts_and_the_worst_images() -> None:
    assert decisions.counts(SCORES, DEFECTIVE, 0.39) == (2, 1, 1, 2)
    missed, alarms = decisions.worst(SCORES, DEFECTIVE, 0.45)
    assert list(missed) == [3] and list(alarms) == []
    missed, alarms = decisions.worst(SCORES, DEFECTIVE, 0.15)
    assert list(missed) == [] and list(alarms) == [2, 1]
    table = figures.confusion_html((2, 1, 1, 2))
    assert re.findall(r"<b>(\d+)<", table) == ["2", "1", "1", "2"] and table.count("67 %") == 2
    rates = words.rates(2, 1, 1, 2)
    assert rates["Recall"][0] == rates["Precision"][0] == "67 %" and rates["F1"][0] == "0.667"
    assert words.rates(3, 0, 3, 0)["Precision"][0] == "-"


def test_a_rate_that_all_pictures_share_has_an_interval_too() -> None:
    where = {"recall": (0.782, 1.0), "false alarms": (0.0, 0.02), "precision": (0.9, 0.95)}
    told = {name: words.interval(where, name) for name in ("Recall", "False alarms", "Precision", "F1")}
    assert told == {"Recall": "at least 78 %", "False alarms": "up to 2 %", "Precision": "90 % to 95 %", "F1": None}


def test_below_a_picture_of_the_first_screen_stands_what_went_wrong() -> None:
    said = {label: words.tile_label(label, 0.9, "hero") for label in ("good", "defective", "scratch")}
    assert said == {"good": "false alarm", "defective": "missed", "scratch": "missed: scratch"}
    assert words.tile_label("scratch", 0.9, "open").startswith("0.9")
    kept = words.tile_label("scratch", 0.9, "open", is_kept=True)
    assert kept == "0.90 × the kept threshold" == words.tile_told("a", "good", 0.9, is_kept=True).rsplit(", ", 1)[-1]


def test_thresholds_to_choose_from_hold_the_special_ones_and_reach_beyond_all_scores() -> None:
    steps = decisions.threshold_steps(SCORES, [0.123456789, 0.0])
    assert 0.123456789 in steps and steps == sorted(steps) and steps[0] < 0.1 and steps[-1] > 0.8
    assert decisions.threshold_steps(np.zeros(3), [])[0] > 0
    near = decisions.threshold_steps(SCORES, [0.12345678, float(np.nextafter(0.12345678, 1))])
    for some in (near, [1.018, 1.02, 1.0200001], decisions.threshold_steps(np.array([0.7, 1.3]), [0.9])):
        labels = decisions.step_labels(some, 0.4)
        assert sum(label.endswith("× the model's threshold") for label in labels.values()) >= len(some) - 2
        assert list(labels) != [] and set(labels) == set(some) and len(set(labels.values())) == len(some)


def test_pca_is_the_plane_of_largest_variance() -> None:
    random = np.random.default_rng(0)
    flat = random.standard_normal((40, 2)) * [5, 2]
    basis, _ = np.linalg.qr(random.standard_normal((6, 6)))
    points, share = pca((flat @ basis[:2] + 3).astype(np.float32))
    assert share == pytest.approx(1, abs=1e-6)
    expected = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    assert np.linalg.norm(points[:, None] - points[None], axis=-1) == pytest.approx(expected, abs=1e-4)
    assert pca(np.ones((3, 4)))[0].shape == (3, 2)


@pytest.mark.parametrize(
    ("colour", "names"), [("label", {"normal", "defective"}), ("type", {"normal", "a", "b"}), ("score", {"image"})]
)
def test_each_point_of_the_embedding_knows_its_image(colour: str, names: set[str]) -> None:
    points = np.arange(12.0).reshape(6, 2)
    labels = ["good", "good", "good", "a", "b", "b"]
    figure = figures.embedding_figure(points, Images(labels, [f"{i}" for i in range(6)], SCORES), colour, 2)
    groups = [trace for trace in figure.data if trace.customdata is not None]
    assert {trace.name for trace in groups} == names
    for trace in groups:
        assert list(trace.x) == [points[int(i), 0] for i in np.ravel(trace.customdata)]
    assert (figure.data[-1].x[0], figure.data[-1].y[0]) == (4, 5)


def test_shapley_bars_are_percentage_points() -> None:
    figure = figures.shapley_figure({"M1": 0.25, "M4": -0.02}, "I-AUROC")
    assert list(figure.data[0].x) == [25, -2] and figure.data[0].text == ("+25.0", "-2.0")
    assert figure.data[0].marker.color[0] != figure.data[0].marker.color[1]


def test_a_stored_result_has_the_threshold_of_its_data_and_its_own_place_in_the_caches() -> None:
    model, of_m1 = Model(None, "part", "weights+kept@cpu"), SimpleNamespace(expression=parse("M1"))
    now = Pictures("parts", "sha", "", (), ())
    before = replace(now, stored="2026-11-30T12:00:00+00:00")
    fresh, stored = (Scene(model, pictures, (SimpleNamespace(result=of_m1),)) for pictures in (now, before))
    assert fresh.decided_on == stored.decided_on == ("weights+kept", "sha", "M1")
    assert fresh.key != stored.key


def test_which_map_carries_the_result_in_words() -> None:
    told = words.carries({"M1": 0.3, "M4": 0.15, "M6": -0.05}, "i_auroc")
    assert told.startswith("**M1**") and "30.0 of 40.0" in told and "S₂, the rebuilder, contribute 30.0" in told
    assert "M6 takes away 5.0" in told
    assert "add nothing" in words.carries({"M1": -0.1, "M2": 0.05}, "p_ap")
    assert "0.900" in words.shapley_hint({"M1": 0.3, "M4": 0.1}, "i_auroc", 0.5)


# ------------------------------------------------------------------------------------------------------------ tables


def test_tables_hold_every_image_and_every_metric() -> None:
    some = evidence()
    results = [score(some, parse("M1")), score(some, parse("M3"))]
    table = download_tables.scores(some, results, 0.5)
    assert list(table["image"]) == sorted(some.keys) and table["defective"].sum() == 12
    row = table[table["image"] == some.keys[5]].iloc[0]
    assert row["score M3"] == results[1].scores[5]
    assert row["anomalous at 0.5"] == int(results[0].scores[5] >= 0.5)
    metrics = download_tables.metrics(some, results, 0.5)
    assert list(metrics["P-AP"]) == [r.overall.p_ap for r in results]
    _, alarms, missed, _ = decisions.counts(results[0].scores, some.defective, 0.5)
    first, second = (list(metrics.iloc[row][list(words.DECIDED_COLUMNS)]) for row in (0, 1))
    assert first == [0.5, missed, alarms] and all(np.isnan(value) for value in second)
    subsets = download_tables.subsets(attribute(some), "p_ap")
    assert len(subsets) == 7 and subsets["P-AP"].is_monotonic_decreasing
    assert list(subsets.columns[:3]) == ["Rank", "Score", "M1"]
