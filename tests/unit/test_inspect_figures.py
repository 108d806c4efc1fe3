"""Inspect's charts and sentences on known numbers, and the two students' difference."""

import math

import numpy as np
import pytest

from nnet.expression import PRESETS, parse
from nnet.scoring.attribution import attribute
from nnet.scoring.calibration import Reference
from nnet.scoring.students import Students
from workbench.inspect import figures, settings, threshold, words
from workbench.shared import pictures, sides_figures, theme, verdict_words

NORMAL = dict.fromkeys(("M1", "M2", "M3", "M4", "M5", "M6"), 0.1)
RAISED = NORMAL | {"M3": 0.5, "M4": 0.1}


# ------------------------------------------------------------------------------------------------------- threshold


def test_the_histogram_tells_flagged_normals_from_kept_ones() -> None:
    reference = Reference(parse("M1"), np.array([0.01, 0.011, 0.1, 0.4]), 0.3, 0.95, 0.0)
    factors = settings.threshold_factors(reference, 0.2, 0.25)
    data = threshold.histogram(reference, factors, 0.25, 0.2)
    assert sum(data["series"][0]["counts"]) == 4 and data["values"][data["now"]] == 0.25 * 0.3
    assert data["told"][data["now"]] == list(words.sides(2, 4))
    assert data["told"][factors.index(1.0)] == list(words.sides(3, 4))
    assert data["stops"][data["now"]] < data["mark"]["at"] < data["reference"]["at"]
    assert data["reference"]["at"] == data["stops"][factors.index(1.0)]
    for factor, value in zip(factors, data["values"], strict=True):
        assert threshold.nearest_factor(reference, factors, value) == factor


def test_the_histogram_survives_scores_of_nothing_but_zero() -> None:
    data = threshold.histogram(Reference(parse("M1"), np.zeros(3), 0.0, 0.95, 0.0), [1.0], 1.0, 0.0)
    assert sum(data["series"][0]["counts"]) == 3 and data["told"] == [list(words.sides(3, 3))]
    assert np.isfinite([*data["stops"], *data["edges"], data["mark"]["at"], data["reference"]["at"]]).all()


def test_the_sliders_stops_hold_all_scores_and_the_calibrated_threshold() -> None:
    reference = Reference(parse("M1"), np.array([0.001, 0.02, 0.3]), 0.2, 0.95, 0.0)
    stops = settings.threshold_factors(reference, 4.0, 1.234)
    assert stops == sorted(stops) and {1.0, 1.234} <= set(stops)
    assert stops[0] * 0.2 < 0.001 and stops[-1] * 0.2 > 4.0
    assert settings.threshold_factors(Reference(parse("M1"), np.zeros(2), 0.0, 0.95, 0.0), 0.0, 1.0) == [1.0]


def test_the_share_of_normals_that_would_be_flagged() -> None:
    assert words.would_flag([0.1, 0.2, 0.3, 0.4], 0.3).startswith("At this threshold, 1 of 4 held-out normal images")


# ---------------------------------------------------------------------------------------------------------- verdict


def test_shares_are_bars_by_branch() -> None:
    values = NORMAL | {"M3": 0.5, "M4": 0.3, "M1": 0.2}
    found = attribute(PRESETS["paper"], values, NORMAL)
    figure = figures.shares_figure(found)
    forward, reverse, labels = figure.data
    assert list(forward.y) == ["M1 + M6", "M2 + M5", "M3 + M4"]
    assert sum(forward.x) + sum(reverse.x) == pytest.approx(100)
    assert forward.x[2] == pytest.approx(100 * found.maps["M4"].share)
    assert reverse.x[0] == pytest.approx(100 * found.maps["M1"].share)
    assert labels.text[2].endswith(", 4.0 times")


def test_a_score_that_is_no_product_has_a_bar_per_map() -> None:
    found = attribute(parse("M1*M2+M6"), {"M1": 0.2, "M2": 0.1, "M6": 0.4}, NORMAL)
    figure = figures.shares_figure(found)
    forward, reverse, _ = figure.data
    assert list(forward.y) == ["M1", "M2", "M6"]
    assert forward.x[2] == pytest.approx(100 * found.maps["M6"].share) and forward.x[0] == reverse.x[2] == 0
    assert sum(forward.x) + sum(reverse.x) == pytest.approx(100)


def test_each_map_is_set_against_its_normal_range() -> None:
    levels = {name: (0.05, 0.1, 0.2) for name in NORMAL}
    figure = figures.against_normal_figure(RAISED, levels, ("M1", "M3"))
    normal, marks = figure.data
    assert normal.x[:3] == (0.5, 2, None)
    assert marks.x[2] == pytest.approx(5) and "0.500 = 5.0 times" in marks.text[2]
    assert marks.marker.opacity == (1.0, 0.35, 1.0, 0.35, 0.35, 0.35)


def test_a_part_of_the_picture_stays_inside_it_and_holds_the_pixel() -> None:
    image = np.zeros((50, 100, 3), np.uint8)
    image[49, 99] = 255, 0, 0
    scale = pictures.calibrated_scale(1.0)
    part, unmarked = figures.around(image, np.zeros((5, 10), np.float32), scale, 1.0, (99, 49), image.shape)
    assert part.shape[0] == part.shape[1] and part[-6, -6, 0] > 100 and part[6, 6].tolist() == [0, 0, 0]
    assert (part == 255).all(axis=-1).any()  # the ring
    assert np.array_equal(unmarked, part)
    _, marked = figures.around(image, np.full((5, 10), 2, np.float32), scale, 1.0, (99, 49), image.shape)
    assert marked[6, 6].tolist() == pictures.colourised(np.array(2.0), scale).tolist()


def test_the_sentence_names_the_scale_the_part_and_how_much_worse() -> None:
    found = attribute(PRESETS["paper"], RAISED, NORMAL)
    said = verdict_words.pixel_verdict(found, 2.0, 1.0, by_place=False)
    assert said == (
        "Flagged mainly by the coarse scale: the rebuilder (S₂) restored this patch 5.0 times worse than on normal "
        "images."
    )
    forward = attribute(PRESETS["paper"], NORMAL | {"M5": 0.41}, NORMAL)
    assert verdict_words.pixel_verdict(forward, 2.0, 1.0, by_place=True) == (
        "Flagged mainly by the middle scale: the copier (S₁) strayed 4.1 times further from the teacher than on normal "
        "images at this place."
    )


def test_the_sentence_is_honest_about_pixels_that_are_not_flagged() -> None:
    found = attribute(PRESETS["paper"], RAISED, NORMAL)
    assert verdict_words.pixel_verdict(found, 0.5, 1.0, by_place=False).startswith(
        "Not flagged: the score here is 0.50 × threshold. What there is comes mainly from the coarse scale"
    )
    usual = attribute(PRESETS["paper"], NORMAL, NORMAL)
    assert "Not flagged" in verdict_words.pixel_verdict(usual, 0.5, 1.0, by_place=False)
    assert "through its neighbourhood" in verdict_words.pixel_verdict(usual, 2.0, 1.0, by_place=False)


def test_the_sentence_fits_single_maps_and_shared_guilt() -> None:
    single = attribute(parse("M2"), {"M2": 0.3}, {"M2": 0.1})
    said = verdict_words.pixel_verdict(single, 2.0, 1.0, by_place=False)
    assert said.startswith("Flagged by the middle scale: the rebuilder")
    shared = attribute(parse("M1*M2*M3"), {"M1": 0.2, "M2": 0.21, "M3": 0.2}, NORMAL)
    assert "by several parts together, most of all the middle scale" in verdict_words.pixel_verdict(
        shared, 2.0, 1.0, False
    )


def test_shares_are_told_in_percent() -> None:
    assert (verdict_words.share(0.624), verdict_words.share(-0.08), verdict_words.share(math.nan)) == (
        "62 %",
        "−8 %",
        "–",
    )


# ---------------------------------------------------------------------------------------------------- two students


def halves(left: float, right: float) -> np.ndarray:
    return np.repeat(np.array([[left, right]], np.float32), 2, axis=0)


def test_agreement_is_counted_by_area() -> None:
    found = Students(forward=np.array([[2, 2], [0, 0]], np.float32), reverse=np.array([[2, 0], [3, 0]], np.float32))
    shares = found.agreement
    assert (shares.both, shares.forward, shares.reverse, shares.any) == (0.25, 0.25, 0.25, 0.75)
    assert found.widest == (1, 0)
    assert "both see 33 %" in words.agreement(shares)
    assert "neither finds anything" in words.agreement(Students(halves(0, 0), halves(0.5, 1)).agreement)


def test_the_difference_has_two_colours_with_grey_between() -> None:
    colours = sides_figures.difference_colours(np.array([-9.0, -2.0, 0.0, 2.0]))
    assert colours[0].tolist() == colours[1].tolist() == [0x2A, 0x7F, 0xB8]
    assert colours[2].tolist() == [0x96] * 3 and colours[3].tolist() == [0xE0, 0x70, 0x2A]


def test_the_difference_leaves_agreement_as_a_grey_picture() -> None:
    image = np.full((2, 2, 3), (200, 100, 0), np.uint8)
    found = sides_figures.difference_overlay(image, np.zeros((2, 2), np.float32), 1.0)
    assert len(set(found[0, 0].tolist())) == 1
    strong = sides_figures.difference_overlay(image, np.full((2, 2), 5, np.float32), 1.0)
    assert strong[0, 0].tolist() == sides_figures.difference_colours(np.array(5.0)).tolist()


def test_a_model_of_one_branch_is_named() -> None:
    assert "only the rebuilder, S₂" in words.one_branch(["M1", "M2", "M3"])
    assert "only the copier, S₁" in words.one_branch(["M4", "M5", "M6"])


def test_the_strip_holds_every_normal_picture_and_this_one_in_multiples_of_the_threshold() -> None:
    scores = np.array([0.0, 0.1, 0.2, 0.4])
    figure = figures.strip_figure(scores, 0.2, 1.5)
    dots, diamond = figure.data
    assert list(dots.x[1:]) == pytest.approx([0.5, 1, 2]) and list(dots.customdata) == list(scores)
    assert list(diamond.x) == pytest.approx([7.5]) and diamond.marker.color == theme.ANOMALOUS
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (1, 1)
    assert figures.strip_figure(scores, 0.2, 0.1).data[1].marker.color == theme.NORMAL
