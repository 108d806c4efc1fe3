"""Inspect's circuit, pixel verdict, regions and students without a browser: what is shown is what `nnet` says."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from apptest import (
    INSPECT,
    PNG,
    address,
    charts,
    circuit_maps,
    component,
    encoded,
    fine,
    following,
    pictures,
    pressed,
    probed,
    shown_score,
    start,
    upload,
    words,
)
from builders import tiny_config

from nnet.data.images import decode
from nnet.detector import Detector, Trace, TrainedModel
from nnet.expression import for_maps, parse
from nnet.model.network import NNet
from nnet.scoring import students
from nnet.scoring.attribution import attribute, normal_maps
from nnet.scoring.calibration import Calibration
from nnet.scoring.judge import judge
from nnet.scoring.regions import find_regions, peak_pixel, pixel_to_cell
from workbench.inspect import regions, settings
from workbench.inspect import words as wording
from workbench.shared import pictures as figures
from workbench.shared import resources, samples, sides_figures, units, verdict_words
from workbench.shared import words as shared_words
from workbench.shared.resources import Model
from workbench.shared.settings import declared

PAPER = "(M1+M6)*(M2+M5)*(M3+M4)"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(240)]


@pytest.fixture
def trace(detector: Detector) -> Trace:
    """Of the first sample, which the page shows first."""
    return detector.trace(samples.collection().images[0].sample.load().image)


# ------------------------------------------------------------------------------------------------------- the circuit


def test_the_circuit_shows_every_map_on_the_one_calibrated_scale(detector: Detector, trace: Trace) -> None:
    at = start(INSPECT)
    shown = circuit_maps(at)
    assert list(shown) == ["M6", "M1", "M5", "M2", "M4", "M3"], "S1 before S2"
    for name, found in shown.items():
        relative = trace.maps[name] / detector.calibration.map_quantiles[name]["q99"]
        assert found["picture"] == figures.data_uri(figures.colourised(relative, figures.map_scale()))
        assert found["used"] and units.number(float(relative.max())) in found["label"]
    data = component(at, "circuit")
    assert [pair["inner"]["sign"] for pair in data["pairs"]] == ["+"] * 3
    assert [sign["sign"] for sign in data["outer"]] == ["*"] * 2
    assert data["result"]["score"].endswith("× threshold") and shown_score(at) in data["result"]["alt"]
    assert data["written"] is None


@pytest.mark.parametrize(
    ("preset", "expression"),
    [("reverse", "M1*M2*M3"), ("forward", "M4*M5*M6"), ("fine", "M1+M6"), ("middle", "M2+M5"), ("coarse", "M3+M4")],
)
def test_a_preset_sets_the_circuit_the_field_and_the_score(
    detector: Detector, trace: Trace, preset: str, expression: str
) -> None:
    at = start(INSPECT)
    fine(at.segmented_control(key="score").set_value(preset).run())
    assert at.text_input(key="expression").value == expression
    assert tuple(sorted(name for name, m in circuit_maps(at).items() if m["used"])) == parse(expression).maps
    expected = judge(detector.calibration, trace.maps, parse(expression))
    assert shown_score(at) == units.number(expected.value)
    assert np.allclose(probed(at), expected.score / expected.reference.threshold, rtol=1e-6)
    assert address(at, "score") == preset and address(at, "expression") is None


def test_a_written_expression_becomes_a_circuit_or_a_preset() -> None:
    at = start(INSPECT)
    fine(at.text_input(key="expression").set_value("m1*m6 + (M2+M5)").run())
    data = component(at, "circuit")
    assert [pair["inner"]["sign"] for pair in data["pairs"]] == ["*", "+", "+"]
    assert data["outer"][0] == {"sign": "+", "effect": True, "title": wording.sign_label("+", True)}
    assert data["outer"][1]["effect"] is False
    assert address(at, "score") == "own" and address(at, "expression") == "M1*M6+M2+M5"
    fine(at.text_input(key="expression").set_value("M1 x M2 x M3").run())
    assert at.segmented_control(key="score").value == "reverse" and address(at, "expression") is None


def test_an_expression_that_is_no_circuit_is_shown_as_text_with_its_maps(detector: Detector, trace: Trace) -> None:
    at = start(INSPECT, score="own", expression="M1*M2+M6*M5")
    data = component(at, "circuit")
    assert data["written"][1] == "M1*M2+M6*M5"
    assert all(not sign["sign"] for sign in data["outer"])
    assert sorted(name for name, m in circuit_maps(at).items() if m["used"]) == ["M1", "M2", "M5", "M6"]
    assert shown_score(at) == units.number(judge(detector.calibration, trace.maps, parse("M1*M2+M6*M5")).value)


@pytest.mark.parametrize(
    ("change", "target", "score", "expression"),
    [
        ("map", "M1", "own", "M6*(M2+M5)*(M3+M4)"),
        ("inner", "2", "own", "(M1+M6)*(M2+M5)*M3*M4"),
        ("outer", "0", "own", "M1+M6+(M2+M5)*(M3+M4)"),
        ("only", "M5", "own", "M5"),
    ],
)
def test_a_press_on_the_diagram_sets_the_expression(
    tiny_checkpoint: Path, change: str, target: str, score: str, expression: str
) -> None:
    model = resources.load_model("tiny", tiny_checkpoint, "cpu")
    session = {"last_expression": parse(PAPER)}
    with patch("streamlit.session_state", session):
        settings.circuit_edited(model, change, target)
    assert (session["score"], session["expression"]) == (score, expression)


def test_a_press_that_leads_to_a_preset_chooses_it(tiny_checkpoint: Path) -> None:
    model = resources.load_model("tiny", tiny_checkpoint, "cpu")
    session = {"last_expression": parse("M1*M2*(M3+M4)")}
    with patch("streamlit.session_state", session):
        settings.circuit_edited(model, "map", "M4")
    assert session["score"] == "reverse"


def test_own_goes_on_from_what_is_shown_and_a_link_opens_it_again() -> None:
    at = start(INSPECT)
    fine(at.segmented_control(key="score").set_value("reverse").run())
    fine(at.segmented_control(key="score").set_value("own").run())
    assert at.text_input(key="expression").value == "M1*M2*M3" == address(at, "expression")


def test_a_wrong_expression_keeps_the_last_score() -> None:
    at = start(INSPECT)
    fine(at.segmented_control(key="score").set_value("reverse").run())
    before = shown_score(at)
    fine(at.text_input(key="expression").set_value("M1*(").run())
    assert "Until then the score is M1*M2*M3" in at.warning[-1].value.replace("\\", "")
    assert shown_score(at) == before and at.text_input(key="expression").value == "M1*("


# -------------------------------------------------------------------------------------------------- the pixel verdict


def verdict(detector: Detector, trace: Trace, x: int, y: int, by_place: bool = True, expression: str = PAPER) -> str:
    """The sentence, from the maps."""
    shape = trace.image.shape
    row, column = pixel_to_cell(x, y, trace.maps["M1"].shape, shape)
    values = {name: float(m[row, column]) for name, m in trace.maps.items()}
    levels = normal_maps(detector.calibration).levels(row, column, by_place)
    found = attribute(parse(expression), values, {name: level[1] for name, level in levels.items()})
    judged = judge(detector.calibration, trace.maps, parse(expression))
    here = judged.score[pixel_to_cell(x, y, judged.score.shape, shape)]
    return verdict_words.pixel_verdict(found, float(here), judged.reference.threshold, by_place)


def test_the_peak_is_explained_first(detector: Detector, trace: Trace) -> None:
    at = start(INSPECT)
    x, y = peak_pixel(judge(detector.calibration, trace.maps, parse(PAPER)).score, trace.image.shape)
    assert verdict_words.PIXEL_TITLE.format(x=x, y=y) in words(at)
    assert verdict(detector, trace, x, y) in words(at)
    assert (component(at, "pictures")["column"], component(at, "pictures")["row"]) == (x, y)
    assert address(at, "pixel") is None


def test_sliders_choose_a_pixel_and_the_address_keeps_it(detector: Detector, trace: Trace) -> None:
    at = start(INSPECT)
    before = charts(at)
    fine(at.slider(key=following(at, "pixel_x")).set_value(20).run())
    fine(at.slider(key=following(at, "pixel_y")).set_value(250).run())
    assert verdict(detector, trace, 20, 250) in words(at)
    assert charts(at) != before
    assert address(at, "pixel") == "20,250"
    assert (component(at, "pictures")["column"], component(at, "pictures")["row"]) == (20, 250)
    assert component(at, "circuit")["pixel"] == [20.5 / 300, 250.5 / 300]
    pressed(at, "Highest score")
    assert address(at, "pixel") is None and verdict_words.PIXEL_TITLE.format(x=20, y=250) not in words(at)


def test_a_link_opens_a_pixel_and_another_image_starts_at_its_peak(detector: Detector, trace: Trace) -> None:
    at = start(INSPECT, pixel="7,9")
    assert verdict(detector, trace, 7, 9) in words(at)
    upload(at, ("part.png", encoded(), PNG))
    image = decode(encoded()).image
    x, y = peak_pixel(detector.score([image])[0].map, image.shape)
    assert verdict_words.PIXEL_TITLE.format(x=x, y=y) in words(at) and address(at, "pixel") is None


@pytest.mark.parametrize("pixel", ["300,5", "-1,5", "5", "a,b", "5,5,5", ""])
def test_a_pixel_that_is_not_in_the_image_does_no_harm(pixel: str) -> None:
    assert address(start(INSPECT, pixel=pixel), "pixel") is None


def test_the_comparison_is_with_this_place_or_with_all(detector: Detector, trace: Trace) -> None:
    at = start(INSPECT, pixel="150,150")
    fine(at.segmented_control(key="normal").set_value("anywhere").run())
    assert verdict(detector, trace, 150, 150, by_place=False) in words(at)
    assert address(at, "normal") == "anywhere"


# ---------------------------------------------------------------------------------------------- threshold and regions


def test_the_threshold_moves_decision_outline_and_regions(detector: Detector, trace: Trace) -> None:
    at = start(INSPECT, view="regions")
    judged = judge(detector.calibration, trace.maps, parse(PAPER))
    assert at.select_slider(key=following(at, "threshold_slider")).value == 1
    stops = settings.threshold_factors(judged.reference, judged.value, 1.0)
    for threshold in (0.5 * judged.value, 1.3 * judged.value):
        wanted = threshold / judged.reference.threshold
        factor = min(stops, key=lambda f: abs(f - wanted))
        fine(at.select_slider(key=following(at, "threshold_slider")).set_value(factor).run())
        reference = judged.reference.with_threshold(factor * judged.reference.threshold)
        assert shared_words.decision(reference, judged.value) in words(at)
        assert wording.would_flag(reference.scores, reference.threshold) in words(at)
        line = component(at, "normals")
        assert line["values"][line["now"]] == reference.threshold
        assert wording.moved_threshold(reference, judged.reference) in words(at)
        expected = find_regions(judged.score, reference.threshold, trace.image.shape)
        assert len(component(at, "pictures")["badges"]) == min(9, len(expected))
        assert address(at, "threshold") == str(factor)
        marked = figures.overlay(
            figures.reduced(trace.image),
            judged.score,
            figures.calibrated_scale(judged.reference.threshold),
            0.7,
            reference.threshold,
        )
        assert pictures(at)["Overlay"]["base"] == figures.photo_uri(marked)
    pressed(at, wording.BACK_TO_CALIBRATED)
    assert address(at, "threshold") is None and at.select_slider(key=following(at, "threshold_slider")).value == 1


def test_regions_are_listed_and_a_row_becomes_the_pixel_of_the_verdict(detector: Detector, trace: Trace) -> None:
    judged = judge(detector.calibration, trace.maps, parse(PAPER))
    at = start(INSPECT, view="regions", threshold="0.5")
    threshold = 0.5 * judged.reference.threshold
    expected = find_regions(judged.score, threshold, trace.image.shape)
    assert expected, "the tiny model finds nothing above half its threshold, so this test would show nothing"
    assert at.dataframe[0].value.equals(regions.table(expected, threshold))
    badges = component(at, "pictures")["badges"]
    assert [(b["row"], b["column"], b["text"]) for b in badges] == [
        (region.top, region.top_x, str(i)) for i, region in enumerate(expected[:9], 1)
    ]
    assert at.session_state["regions_shown"] == [(region.x, region.y) for region in expected]
    session = {"regions": {"selection": {"rows": [0]}}, "regions_shown": [(region.x, region.y) for region in expected]}
    with patch("streamlit.session_state", session):
        regions._row_chosen()
    assert session["pixel"] == f"{expected[0].x},{expected[0].y}"


@pytest.mark.parametrize("threshold", ["0", "-1", "nan", "x", "1e99"])
def test_a_threshold_that_cannot_be_does_no_harm(threshold: str) -> None:
    assert address(start(INSPECT, threshold=threshold), "threshold") is None


def test_a_threshold_that_was_chosen_on_evaluate_is_none_of_this_page() -> None:
    at = start(INSPECT, view="regions", cut="0.297")
    at.session_state["cut"] = 0.297
    at.session_state["kept"] = at.session_state["kept"] | {"cut": 0.297}
    fine(at.run())
    assert at.select_slider(key=following(at, "threshold_slider")).value == 1 and address(at, "threshold") is None
    assert not any(":material/tune:" in markdown.value for markdown in at.markdown)
    assert declared()["threshold"] is settings.THRESHOLD


# -------------------------------------------------------------------------------------------------------- S1 and S2


def test_the_students_are_compared_in_units_of_their_own_thresholds(detector: Detector, trace: Trace) -> None:
    at = start(INSPECT, view="students", wipe="30")
    forward, reverse = (judge(detector.calibration, trace.maps, parse(e)) for e in ("M4*M5*M6", "M1*M2*M3"))
    difference = forward.score / forward.reference.threshold - reverse.score / reverse.reference.threshold
    assert np.allclose(probed(at, "students_difference"), difference, rtol=1e-5, atol=1e-6)
    found = students.compare(forward, reverse)
    assert wording.agreement(found.agreement) in words(at)
    data = component(at, "students_wipe")
    assert data["position"] == 30
    scale = sides_figures.relative_scale("inferno")
    marked = figures.overlay(figures.reduced(trace.image), found.forward, scale, 0.7, 1.0)
    assert data["left"] == figures.photo_uri(marked) and data["left"] != data["right"]


@pytest.mark.parametrize(("branch", "maps"), [("forward", ["M4", "M5", "M6"]), ("reverse", ["M1", "M2", "M3"])])
def test_a_model_of_one_branch_has_a_smaller_circuit_and_says_that_it_has_no_second_student(
    tiny_checkpoint: Path, branch: str, maps: list[str]
) -> None:
    model = Model(one_branch(tiny_checkpoint, branch), "small", f"{branch} only")
    with patch.object(resources, "load_model", lambda *_: model):
        at = start(INSPECT, view="students")
        assert wording.one_branch(maps) in [info.value for info in at.info]
        assert sorted(circuit_maps(at)) == maps
        assert all(not pair["inner"]["sign"] for pair in component(at, "circuit")["pairs"])
        assert at.text_input(key="expression").value == for_maps(maps).text
        for view in ("pixel", "regions"):
            fine(at.segmented_control(key="view").set_value(view).run())
        assert at.select_slider(key=following(at, "threshold_slider")).value == 1


def one_branch(tiny_checkpoint: Path, branch: str) -> TrainedModel:
    """An untrained network with one branch only, calibrated on maps of noise."""
    reverse = branch == "reverse"
    branches = {"model__forward": not reverse, "model__reverse": reverse, "model__ffc": reverse}
    config = tiny_config(**branches, loss__moves_teacher=not reverse)
    noise = np.random.default_rng(1)
    maps = {name: noise.random((3, 64, 64)).astype(np.float16) for name in config.maps}
    saved = Detector.load(tiny_checkpoint, "cpu").checkpoint
    calibration = Calibration(maps, config.model.size, config.scoring)
    return TrainedModel(NNet(config), replace(saved, config=config, calibration=calibration), "cpu")


def test_only_the_chosen_section_is_drawn() -> None:
    at = start(INSPECT, view="time")
    assert len(charts(at)) == 2  # the strip, and the section's
    fine(at.segmented_control(key="view").set_value("pixel").run())
    assert len(charts(at)) == 3 and address(at, "view") is None


def test_nothing_on_the_page_runs_the_network_again() -> None:
    at = start(INSPECT)
    with patch.object(Detector, "trace_batch") as traced, patch.object(Detector, "maps") as maps:
        fine(at.slider(key=following(at, "pixel_x")).set_value(3).run())
        fine(at.text_input(key="expression").set_value("M1+M2").run())
        fine(at.pills(key=following(at, "maps_used")).set_value(["M1", "M3"]).run())
        for view in ("regions", "students", "time"):
            fine(at.segmented_control(key="view").set_value(view).run())
        assert not traced.called and not maps.called


def test_an_overlay_without_colours_says_so_and_has_no_colour_bar() -> None:
    shown = pictures(start(INSPECT))["Overlay"]
    assert shown["gradient"] and wording.OVERLAY_OFF not in shown["hint"]
    off = pictures(start(INSPECT, opacity="0"))["Overlay"]
    assert off["gradient"] == "" and not off["ticks"] and off["hint"].startswith(wording.OVERLAY_OFF)
    assert wording.overlay_hint(0, outlined=False) == wording.OVERLAY_OFF
