"""What the projection does to features, against closed forms; and the charts of it on known arrays."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders import random_images

from nnet.analysis import projection
from nnet.analysis.projection import Pair, Statistics
from nnet.data import Sample, open_dataset
from nnet.detector import Detector, Gate, Trace
from nnet.errors import NNetError
from workbench.projection import figures, gate_figures, pairs, variance_figures, words
from workbench.shared import charts

RNG = np.random.default_rng(0)
F = RNG.normal(size=(6, 4, 5)).astype(np.float32)
GATE = Gate(
    np.linspace(0.1, 0.9, 24, dtype=np.float32).reshape(6, 4), np.linspace(0.2, 0.8, 30, dtype=np.float32).reshape(6, 5)
)
P = F * GATE.h[:, :, None] * GATE.w[:, None, :]
CORNER = np.zeros((4, 5), bool)
CORNER[:2, :2] = True


@pytest.fixture(scope="module")
def trace(detector: Detector) -> Trace:
    return detector.trace(random_images(1)[0])


# ------------------------------------------------------------------------------------------------------ variance


def test_variance_along_channels_of_known_vectors() -> None:
    f = np.array([1.0, 3.0, 5.0])[:, None, None] * np.array([[1.0, 2.0]])  # variance 8/3 times the factor squared
    assert projection.channel_variance(f).ravel() == pytest.approx([8 / 3, 4 * 8 / 3])


def test_statistics_of_known_vectors() -> None:
    f = np.stack([np.array([[1.0, 0.0]]), np.array([[-1.0, 4.0]])])  # (1, -1) and (0, 4): variances 1 and 4
    found = projection.statistics(f)
    assert found.mean == pytest.approx(2.5) and found.spread == pytest.approx(1.5)
    assert found.variation == pytest.approx(0.6) and found.positions == 2
    # Unit vectors (1, -1)/sqrt 2 and (0, 1): 1 - 2 mean^2 is 1 and 1/2; their mean is (0.3536, 0.1464).
    assert found.unit == pytest.approx(0.75)
    assert found.directions == pytest.approx(1 - (0.5**0.5 / 2) ** 2 - ((1 - 0.5**0.5) / 2) ** 2)


def test_statistics_of_a_region_are_those_of_its_positions() -> None:
    cut = F[:, :2, :2]
    assert projection.statistics(F, CORNER) == pytest.approx(projection.statistics(cut))
    assert projection.statistics(F, np.zeros((4, 5), bool)) is None


def test_only_mean_and_spread_depend_on_the_scale() -> None:
    one, small = projection.statistics(F), projection.statistics(F / 10)
    assert small.mean == pytest.approx(one.mean / 100) and small.spread == pytest.approx(one.spread / 100)
    assert small[2:] == pytest.approx(one[2:])


def test_equal_vectors_have_one_direction_and_an_even_variance() -> None:
    found = projection.statistics(np.tile(F[:, :1, :1], (1, 3, 3)))
    assert found.directions == pytest.approx(0, abs=1e-6) and found.variation == pytest.approx(0, abs=1e-6)


def test_features_of_zeros_have_statistics_too() -> None:
    assert projection.statistics(np.zeros((3, 2, 2))) == Statistics(0, 0, 0, 0, 1, 4)


@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_the_variance_of_a_blend_needs_no_features(t: float) -> None:
    parts = projection.channel_variance(F), projection.channel_covariance(F, P), projection.channel_variance(P)
    expected = projection.channel_variance((1 - t) * F + t * P)
    assert projection.blended_variance(*parts, t) == pytest.approx(expected, abs=1e-6)


def test_map_statistics_are_mean_and_coefficient_of_variation() -> None:
    variance = np.array([[1.0, 3.0], [5.0, 5.0]])
    assert projection.map_statistics(variance, np.array([[True, True], [False, False]])) == pytest.approx((2, 0.5))
    assert projection.map_statistics(variance, np.zeros((2, 2), bool)) is None


def test_a_region_covers_the_cells_it_fills_by_half_and_never_gets_lost() -> None:
    region = np.zeros((8, 8), bool)
    region[:4, :6] = True
    assert projection.cells(region, (2, 2)).tolist() == [[True, True], [False, False]]
    region[:] = False
    assert not projection.cells(region, (2, 2)).any()
    region[7, 7] = True
    assert projection.cells(region, (2, 2)).tolist() == [[False, False], [False, True]]


# ------------------------------------------------------------------------------------------------------ gates, PCA


def test_mean_gates_are_the_means_of_the_products() -> None:
    products = GATE.h[:, :, None] * GATE.w[:, None, :]
    assert projection.mean_gates(GATE) == pytest.approx(products.mean(axis=(1, 2)), rel=1e-5)


def test_one_vector_has_one_colour_on_both_sides() -> None:
    before, after, share = projection.pca_rgb(F, F[:, ::-1])
    assert before.dtype == np.uint8 and before.shape == (4, 5, 3)
    assert np.array_equal(before, after[::-1])
    assert 0 < share <= 1


def test_at_length_one_a_common_factor_changes_no_colour() -> None:
    before, after, _ = projection.pca_rgb(F, F / 7)
    assert np.abs(before.astype(int) - after).max() <= 1
    raw_before, raw_after, _ = projection.pca_rgb(F, F / 7, unit=False)
    assert np.ptp(raw_after.astype(int)) < np.ptp(raw_before.astype(int))


def test_three_components_hold_all_of_three_channels() -> None:
    _, after, share = projection.pca_rgb(F[:3], None)
    assert after is None and share == pytest.approx(1)
    assert projection.pca_rgb(F[:2], None)[0].shape == (4, 5, 3)


# ------------------------------------------------------------------------------------------------ among good parts


def part_of(before: np.ndarray, gate: np.ndarray) -> Pair:
    """Features (C, H, W) behind one gate per channel, (C,)."""
    channels, height, width = before.shape
    gates = Gate(np.tile(gate[:, None], height), np.ones((channels, width), np.float32))
    return Pair("teacher", 0, before, before * gate[:, None, None], gates)


def test_good_parts_lie_as_far_apart_as_their_vectors_point() -> None:
    ways = np.deg2rad([0, 30, 90])
    before = [np.array([np.cos(way), np.sin(way)], np.float32)[:, None, None] * np.ones((2, 2, 3)) for way in ways]
    found = projection.among_parts([part_of(f, np.array([0.5, 0.5], np.float32)) for f in before])
    assert found.before == pytest.approx(np.full((2, 3), (30 + 60 + 90) / 3), abs=1e-3)
    assert found.after == pytest.approx(found.before, abs=1e-3), "gates that shorten all channels alike turn nothing"
    assert found.change == 0 and found.means[0] == pytest.approx(60, abs=1e-3)


def test_gates_that_close_what_differs_bring_good_parts_together_and_chance_does_not() -> None:
    common = np.ones((8, 4, 4), np.float32)
    parts = [common + np.concatenate([RNG.normal(size=(4, 4, 4)), np.zeros((4, 4, 4))]) for _ in range(4)]
    closes, opens = np.repeat([0.1, 1.0], 4).astype(np.float32), np.repeat([1.0, 0.1], 4).astype(np.float32)
    closed = projection.among_parts([part_of(f, closes) for f in parts])
    assert closed.change == -1 and closed.means[1] < closed.dealt.min() and len(closed.dealt) == projection.DEALS
    assert projection.among_parts([part_of(f, opens) for f in parts]).change == 1


def test_a_change_that_chance_brings_as_well_is_none() -> None:
    found = projection.AmongParts(np.full((2, 2), 30.0), np.full((2, 2), 20.0), np.array([19.0, 25.0]))
    assert found.change == 0 and replace(found, dealt=np.array([21.0, 25.0])).change == -1
    assert "no more so than behind gates dealt by chance" in words.among(found, ("F₁", "P₁"))


def test_one_good_part_differs_from_nothing() -> None:
    with pytest.raises(NNetError, match="two of them"):
        projection.among_parts([part_of(F, np.ones(6, np.float32))])


# -------------------------------------------------------------------------------------------------- pairs of a trace


def test_pairs_are_what_goes_into_fpm_and_what_comes_out(trace: Trace) -> None:
    for side in projection.SIDES:
        for pair in projection.pairs(trace, side):
            gated = pair.before * pair.gate.h[:, :, None] * pair.gate.w[:, None, :]
            assert gated == pytest.approx(pair.after, rel=1e-4, abs=1e-5)
    third = projection.pairs(trace, "teacher")[2]
    assert third.recalled and third.before is trace.F3_recalled and third.names == ("F′₃", "P′₃")
    assert projection.pairs(trace, "student")[0].names == ("SF₁", "SP₁")


def test_pairs_without_student_without_memory_and_without_projection(trace: Trace) -> None:
    assert projection.pairs(replace(trace, SF=None, SP=None), "student") == ()
    assert projection.pairs(replace(trace, F3_recalled=None), "teacher")[2].names == ("F₃", "P₃")
    plain = projection.pairs(replace(trace, gates_T=None), "teacher")[0]
    assert plain.after is None and plain.gate is None and plain.before is trace.F[0]


def test_a_trace_is_measured_pair_by_pair(trace: Trace) -> None:
    values = projection.measure_trace(trace)
    assert values.shape == (2, 3, 2, 4)
    assert values[0, 1, 0, 0] == pytest.approx(trace.F[1].var(axis=0).mean(), rel=1e-5)
    found = projection.statistics(trace.SP[2])
    assert values[1, 2, 1] == pytest.approx([found.mean, found.variation, found.unit, found.directions])
    missing = projection.measure_trace(replace(trace, SF=None, SP=None, gates_T=None))
    assert np.isnan(missing[1]).all() and np.isnan(missing[0, :, 1]).all() and not np.isnan(missing[0, :, 0]).any()


def test_a_data_set_is_measured_like_its_images_one_by_one(detector: Detector, tmp_path: Path) -> None:
    samples = projection.in_mixed_order(open_dataset("synthetic").test)[:5]
    assert samples == projection.in_mixed_order(open_dataset("synthetic").test)[:5]
    samples.insert(2, Sample("gone.png", tmp_path / "gone.png", "good", "test"))
    parts = list(projection.measure_samples(detector, samples))
    assert [len(values) for values, _ in parts] == [4, 2]
    values = np.concatenate([values for values, _ in parts])
    assert np.isnan(values[2]).all() and "gone.png" in parts[0][1][0]
    for i in (0, 5):
        expected = projection.measure_trace(detector.trace(samples[i].load().image))
        assert values[i] == pytest.approx(expected, rel=1e-3)
    mean, spread = projection.over_images(values, np.ones(6, bool))
    assert mean == pytest.approx(np.nanmean(values, axis=0)) and spread == pytest.approx(np.nanstd(values, axis=0))


# -------------------------------------------------------------------------------------------------------- charts


def test_variances_on_a_scale() -> None:
    variance = np.array([[1.0, 10.0], [100.0, 1000.0]])
    assert variance_figures.brought(variance, "log").tolist() == [[0, 1], [2, 3]]
    assert variance_figures.brought(variance, "relative").mean() == pytest.approx(1)
    scale = variance_figures.variance_scale([variance, variance / 10], "log")
    assert (scale.low, scale.high) == pytest.approx((-1, 3)) and list(scale.ticks.values())[-1] == "1,000"
    assert variance_figures.variance_scale([variance], "linear").low == 0


def test_variance_maps_are_outlined_and_tell_the_variance() -> None:
    variance = projection.channel_variance(F)
    scale = variance_figures.variance_scale([variance], "log")
    figure = variance_figures.variance_figure(variance, CORNER, (40, 50, 3), scale, "log")
    assert figure.data[0].zmin == scale.low and figure.data[0].customdata == pytest.approx(variance)
    assert np.nanmax(figure.data[1].x) == 20 and np.nanmax(figure.data[1].y) == 20
    assert len(variance_figures.variance_figure(variance, ~CORNER & CORNER, (40, 50, 3), scale, "log").data) == 1


def test_edges_of_one_cell_are_its_four_sides() -> None:
    region = np.zeros((3, 3), bool)
    region[1, 2] = True
    x, y = variance_figures.edges(region)
    sides = {tuple(map(float, (x[i], y[i], x[i + 1], y[i + 1]))) for i in range(0, len(x), 3)}
    assert sides == {(2, 1, 3, 1), (2, 2, 3, 2), (2, 1, 2, 2), (3, 1, 3, 2)}


def test_histograms_are_shares_of_each_group() -> None:
    figure = variance_figures.histogram_figure({"F": np.ones((4, 5)), "P": np.full((4, 5), 0.1)}, CORNER, "log")
    assert [trace.name for trace in figure.data] == ["F normal", "F flagged", "P normal", "P flagged"]
    assert all(sum(trace.y) == pytest.approx(100) for trace in figure.data)
    assert [trace.fill for trace in figure.data] == [None, None, "tozeroy", "tozeroy"]


def test_gate_profiles_share_the_axes_of_the_image() -> None:
    figure = gate_figures.gates_figure("data:,", (80, 100, 3), GATE, 2, 400)
    named = {(trace.name, trace.xaxis): trace for trace in figure.data}
    right, below = named["channel 2", "x2"], named["channel 2", "x"]
    assert right.yaxis == "y" and below.yaxis == "y2"
    assert right.x[1:-1] == pytest.approx(GATE.h[2]) and right.y.tolist() == [0, 10, 30, 50, 70, 80]
    assert below.y[1:-1] == pytest.approx(GATE.w[2]) and below.x.tolist() == [0, 10, 30, 50, 70, 90, 100]
    assert named["mean over channels", "x2"].x[1:-1] == pytest.approx(GATE.h.mean(axis=0))


def test_channels_are_sorted_by_their_mean_gate() -> None:
    figure = gate_figures.damping_figure(GATE, 4)
    means = projection.mean_gates(GATE)
    assert figure.data[0].y == pytest.approx(np.sort(means))
    assert figure.data[1].x == (5,) and figure.data[1].y[0] == pytest.approx(means[4])


def test_a_channel_is_shown_before_and_after_with_a_clear_gap() -> None:
    tile = gate_figures.channel_tile(F[0], P[0], (40, 50, 3))
    assert tile.shape[1] == 2 * 50 + 10 and tile.shape[2] == 4
    assert (tile[:, 50:60, 3] == 0).all() and (tile[:, :50, 3] == 255).all()
    assert gate_figures.feature_picture(np.zeros((4, 5, 3), np.uint8), (400, 500, 3)).shape == (384, 480, 3)


def test_changes_blends_and_umaps_are_drawn_from_their_values() -> None:
    series = figures.Series("normal", "#2a7fb8", np.array([4.0, 2.0]), np.array([1.0, np.nan]), np.ones(2), np.ones(2))
    figure = figures.change_figure(["a", "b"], [series], "unit", log=True)
    assert list(figure.data[1].x) == [4, 2] and list(figure.data[1].error_x.array) == [1, 1]
    assert figure.layout.xaxis.type == "log" and figure.layout.yaxis.ticktext == ("a", "b")
    barred = figures.change_figure(["a", "b"], [series], "unit", ranges=[(1.0, 2.0), (3.0, 5.0)])
    assert barred.data[0].x == (1, 2, None, 3, 5, None) and barred.data[0].y == (0, 0, None, 1, 1, None)
    blend = figures.blend_figure({"normal": (np.array([4.0, 2.0, 0.0]), "#2a7fb8")}, 0.25, "unit")
    assert blend.data[1].x == (25,) and blend.data[1].y == (3,)
    flagged = np.array([True, False, False])
    cloud = figures.umap_figure(np.arange(6.0).reshape(3, 2), flagged, ["p", "q", "r"])
    assert [trace.name for trace in cloud.data] == ["normal", "flagged"] and cloud.data[1].customdata[0] == "p"
    assert "normal, before" in charts.key([("open", "#2a7fb8", "normal, before")])


# ------------------------------------------------------------------------------------------------------- wording


def claim(mean: tuple[float, float], even: tuple[float, float]) -> str:
    values = {"mean": [mean] * 3, "variation": [even] * 3}
    return words.verdict(values, "teacher's", "Here")


def test_the_verdict_follows_the_numbers() -> None:
    assert "Figure 7 holds here" in claim((4, 1), (0.5, 0.2))
    assert "smaller and more even at all three scales" in claim((4, 1), (0.5, 0.2))
    contrary = claim((4, 1), (0.2, 0.5))
    assert "does not hold here" in contrary and "more even at no scale" in contrary and "nearly built in" in contrary
    mixed = {"mean": [(4, 1)] * 3, "variation": [(0.5, 0.2), (0.2, 0.5), (0.5, 0.5)]}
    in_part = words.verdict(mixed, "teacher's", "Here")
    assert "holds in part" in in_part and "more even at scale 1." in in_part
    assert "Figure 7 does not hold here" in claim((1, 4), (0.2, 0.5))
    assert "more even at no scale" in claim((4, 1), (0.5, 0.499))


def test_the_first_line_says_at_which_scales_good_parts_differ_less() -> None:
    assert words.lead({}) == words.LEAD
    assert words.lead({"teacher": (), "student": ()}).endswith("Here it does not.")
    assert words.lead({"teacher": (), "student": (3,)}).endswith("Here it does only in S₁ at scale 3.")
    assert words.lead({"teacher": (), "student": ()}, True).endswith("Here it does not: the gates are nearly alike.")
    assert "alike" not in words.lead({"teacher": (1, 2, 3)}, True), "nothing is to be explained"
    both = words.lead({"teacher": (1,), "student": (1, 2, 3)})
    assert both.endswith("Here it does in the teacher at scale 1 and in S₁ at all three scales.")


def test_answers_per_scale() -> None:
    assert words.answer([(2, 1)] * 3) == ("Yes", "blue")
    assert words.answer([(2, 1), (1, 2), (2, 1)]) == ("Only at scales 1 and 3", "gray")
    assert words.answer([(1, 2)] * 3)[0] == "No" and words.answer([(1, 1.001)] * 3)[0] == "Unchanged"


def test_words_on_few_flagged_positions() -> None:
    assert "Nothing is flagged" in words.few_flagged(0, 100)
    assert "Only 1 position of 100 at this scale is flagged" in words.few_flagged(1, 100)
    assert words.few_flagged(50, 100) == ""


def test_a_look_holds_maps_and_regions() -> None:
    look = pairs.look_at(Pair("teacher", 0, F, P, GATE), CORNER)
    assert look.region.tolist() == CORNER.tolist()
    assert look.flagged[1] == projection.statistics(P, CORNER) and look.normal[0] == projection.statistics(F, ~CORNER)
    alone = pairs.look_at(Pair("teacher", 0, F, None, None), CORNER)
    assert len(alone.variance) == 1 and alone.covariance is None
