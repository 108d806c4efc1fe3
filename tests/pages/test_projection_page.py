"""The Projection page without a browser: its values are those of `nnet`, and every control changes what is shown."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from apptest import charts, fine
from apptest import start as on_page
from apptest import words as said
from builders import encode, random_images, write_images
from streamlit.testing.v1 import AppTest

from nnet.analysis import embedding, projection
from nnet.data import open_dataset
from nnet.detector import Detector, Trace
from workbench.projection import good_parts, pairs, words
from workbench.shared import chosen_picture, gate_table, resources, samples, units
from workbench.shared.picture import Picture
from workbench.shared.words import CONTINUE, RANDOM_TEACHER

ROOT = Path(__file__).resolve().parents[2]
PAGE = "pages/3_Projection.py"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(240)]


def start(**address: str) -> AppTest:
    """The page after its first run."""
    return on_page(PAGE, **address)


def pictures(at: AppTest) -> list[str]:
    """What identifies each image list on the page: its content's address."""
    return [str(image.proto) for image in at.get("image")]


@pytest.fixture
def trace(detector: Detector) -> Trace:
    return detector.trace(samples.collection().images[0].sample.load().image)


# ----------------------------------------------------------------------------------------------- among good parts


def test_the_first_line_says_whether_good_parts_differ_less_behind_the_gates(detector: Detector) -> None:
    good = [image.sample.load().image for image in samples.collection().images if image.sample.is_normal]
    found = gate_table.among_sides(detector.trace_batch(good))
    assert list(found) == list(projection.SIDES)
    at = start(stage="2")
    assert words.lead(good_parts.scales(found)).rstrip(".") in said(at)
    one, names = found["teacher"][1], ("F₂", "P₂")
    assert words.among(one, names) in said(at) and words.how_apart(len(good)) in said(at)
    before, after, beside = charts(at)
    assert (before["data"][0]["zmin"], before["data"][0]["zmax"]) == (
        after["data"][0]["zmin"],
        after["data"][0]["zmax"],
    )
    assert beside["data"][0]["x"][3] == pytest.approx(one.dealt.min())


def test_without_good_samples_nothing_is_said_of_good_parts() -> None:
    with patch.object(chosen_picture, "good_samples", list):
        at = start()
    assert words.LEAD in [one.value for one in at.caption]
    assert words.NO_GOOD_PARTS in [one.value for one in at.info] and not charts(at)


# ------------------------------------------------------------------------------------------------------- Figure 7


def test_figure_seven_is_answered_with_the_numbers_of_nnet(trace: Trace) -> None:
    for pair in projection.pairs(trace, "teacher"):
        at = start(part="figure7", stage=str(pair.scale + 1))
        shown = charts(at)
        assert len(shown) == 3 + 1 + 4
        assert shown[2]["layout"]["xaxis2"]["title"]["text"] == "gate h", "the gates stand above all numbers"
        before, after = (chart for chart in shown if chart["data"][0]["type"] == "heatmap")
        assert (before["data"][0]["zmin"], before["data"][0]["zmax"]) == (
            after["data"][0]["zmin"],
            after["data"][0]["zmax"],
        )
    assert "Figure 7" in said(at) and words.RECALLED[True] in said(at) and words.WHY_SCALE_FREE in said(at)
    table = at.dataframe[-1].value
    assert {"F₁", "P₁", "F′₃", "P′₃", "SF₂", "SP₂"} <= set(table["Features"])


def test_an_image_with_nothing_flagged_says_so_and_counts_as_normal() -> None:
    with patch.object(pairs, "flagged_region", return_value=pairs.Region(np.zeros((64, 64), bool), "score")):
        at = start(part="figure7", sample=samples.collection().images[1].id)
    assert "Nothing here scores above the threshold" in said(at)
    assert set(at.dataframe[-1].value["Region"]) == {"normal"}


def test_verdict_and_table_agree_with_statistics_inside_the_region(detector: Detector, trace: Trace) -> None:
    at = start(part="figure7")
    settings = detector.config.score
    score = detector.score([trace.image], settings.expression)[0].map
    flagged = score > detector.calibration.for_expression(settings.expression).threshold
    looks = [pairs.look_at(pair, flagged) for pair in projection.pairs(trace, "teacher")]
    where = "In the normal region of this image" if looks[0].region.any() else "On this image"
    values = pairs.values_by_question(looks)
    assert words.verdict(values, "teacher's", where) in said(at)
    assert words.scale_free(values) in said(at)
    for name in words.QUESTIONS:
        assert words.steps(values[name]) in said(at)


def test_a_mask_of_the_data_set_decides_where_there_is_one(detector: Detector) -> None:
    sample = next(s for s in open_dataset("synthetic").test if s.is_defective)
    picture = Picture("sample:synthetic1", "Synthetic 1", sample)
    region = pairs.flagged_region(picture, picture.load(), None)
    assert region.kind == "mask" and np.array_equal(region.mask, sample.load_mask())
    assert "mask" in words.region(region.kind, region.share)


# ------------------------------------------------------------------------------------------------------- controls


def _side(at: AppTest) -> None:
    fine(at.segmented_control(key="side").set_value("student").run())


def _way(at: AppTest) -> None:
    fine(at.segmented_control(key="way").set_value("relative").run())


def _stage(at: AppTest) -> None:
    fine(at.segmented_control(key="stage").set_value("2").run())


def _channel(at: AppTest) -> None:
    fine(at.slider(key="channel").set_value(5).run())


def _blend(at: AppTest) -> None:
    fine(at.slider(key="blend").set_value(80).run())


def _vectors(at: AppTest) -> None:
    fine(at.segmented_control(key="vectors").set_value("raw").run())


def test_no_control_runs_the_network_and_each_changes_the_page_and_the_address() -> None:
    start()
    with patch.object(Detector, "trace_batch") as network:
        for part, changes in (
            ("figure7", (_side, _way, _stage)),
            ("gates", (_channel, _stage, _side)),
            ("features", (_blend, _vectors, _stage)),
        ):
            at = start(part=part)
            for change in changes:
                before = charts(at), pictures(at)
                change(at)
                assert (charts(at), pictures(at)) != before, change.__name__
                assert change.__name__[1:] in at.query_params
        assert not network.called


@pytest.mark.parametrize(("part", "titles"), [("gates", "Which channels are damped"), ("features", "step by step")])
def test_another_part_is_opened(part: str, titles: str) -> None:
    at = start()
    assert titles not in said(at)
    fine(at.segmented_control(key="part").set_value(part).run())
    assert titles in said(at) and at.query_params["part"] in (part, [part])


def test_the_profiles_show_the_gates_of_the_trace(trace: Trace) -> None:
    at = start(part="gates", stage="2", channel="7", side="student")
    gate = trace.gates_S1[1]
    lines = {(line["name"], line.get("xaxis")): line for line in charts(at)[0]["data"]}
    assert np.allclose(_numbers(lines["channel 7", "x2"]["x"])[1:-1], gate.h[7], atol=1e-6)
    assert np.allclose(_numbers(lines["channel 7", "x"]["y"])[1:-1], gate.w[7], atol=1e-6)
    assert words.damping(projection.mean_gates(gate)) in said(at)


def _numbers(values: object) -> np.ndarray:
    """A list in a chart's JSON, or Plotly's packed form of it."""
    if isinstance(values, dict):
        import base64

        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return np.array(values, float)


def test_the_blend_says_what_the_features_would(trace: Trace) -> None:
    at = start(part="features", blend="30")
    mixed = 0.7 * trace.F[0] + 0.3 * trace.P[0]
    look = pairs.look_at(projection.pairs(trace, "teacher")[0], np.zeros((64, 64), bool))
    sentence = next(m.value for m in at.markdown if m.value.startswith("**0.7 F₁ + 0.3 P₁**"))
    if "Nothing here scores" in said(at):
        assert f"mean variance {units.number(float(mixed.var(axis=0).mean()))}" in sentence
    blended = projection.blended_variance(look.variance[0], look.covariance, look.variance[1], 0.3)
    assert blended == pytest.approx(mixed.var(axis=0), rel=1e-3)
    shown = _numbers(charts(at)[0]["data"][0]["customdata"])
    assert shown.ravel() == pytest.approx(mixed.var(axis=0).ravel(), rel=1e-3)


def test_the_umap_is_drawn_on_request_and_kept() -> None:
    at = start(part="features", stage="2")
    count = len(charts(at))
    with patch.object(embedding, "embed", side_effect=lambda v: v[:, :2]) as embed:
        fine(at.toggle(key="umap").set_value(True).run())
        assert len(charts(at)) == count + 2 and embed.call_count == 2
        _blend(at)
        assert embed.call_count == 2
    assert at.query_params["umap"] in ("yes", ["yes"])


def test_an_upload_is_the_picture_of_this_page_too() -> None:
    at = start(part="figure7")
    before = charts(at)
    at.file_uploader[0].set_value([("part.png", encode(random_images(1, seed=5)[0]), "image/png")])
    fine(at.run())
    assert at.subheader[0].value == "part.png" and charts(at) != before


@pytest.mark.parametrize("part", ["results", "grid", "whatif"])
def test_a_part_of_another_page_is_none_of_this_one(part: str) -> None:
    at = start(part=part)
    assert at.segmented_control(key="part").value == "good" and "part" not in at.query_params
    assert [warning.value for warning in at.warning] == [RANDOM_TEACHER] and not at.error
    fine(at.segmented_control(key="part").set_value("features").run())
    fine(at.switch_page("pages/6_Ablations.py").run())
    fine(at.switch_page(PAGE).run())
    assert at.segmented_control(key="part").value == "features"


def test_nonsense_in_the_address_does_no_harm() -> None:
    at = start(part="x", side="y", way="z")
    assert at.segmented_control(key="part").value == "good"
    assert start(part="figure7", way="z").segmented_control(key="way").value == "log"
    assert start(part="gates", channel="9999", stage="8").slider(key="channel").value < 32


# ------------------------------------------------------------------------------------------- models without a part


def without(**missing: None) -> Callable[..., Trace]:
    """Instead of the real function: a trace of a model that lacks a part."""
    real = resources.trace
    return lambda model, loaded: replace(real(model, loaded), **missing)


@pytest.mark.parametrize("part", ["figure7", "gates", "features", "data"])
def test_without_the_forward_branch_the_teacher_remains(part: str) -> None:
    with patch.object(resources, "trace", without(SF=None, SP=None, gates_S1=None)):
        at = start(part=part)
    assert words.NO_STUDENT in said(at) or part == "data"
    assert charts(at) or part == "data"


@pytest.mark.parametrize("part", ["figure7", "gates", "features"])
def test_without_projection_the_features_remain(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = samples.collection().images[2]
    with patch.object(resources, "trace", without(gates_T=None, gates_S1=None)):
        at = start(part=part, sample=image.id, side="teacher")
    assert words.no_projection("teacher") in said(at)
    if part == "figure7":
        assert "Variance along channels of F₁" in said(at) and "channels of P₁" not in said(at)
    if part == "features":
        assert "step by step" not in said(at) and pictures(at)


# ------------------------------------------------------------------------------------------------ whole data sets


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links may name the test's own folder."""
    monkeypatch.setenv("NNET_DATA", str(tmp_path))


@pytest.fixture
def category(tmp_path: Path, configured: None) -> Path:
    """A data set on disk: 6 images to train with, 5 normal and 4 defective ones to test."""
    return write_images(tmp_path / "bottle", {"train/good": 6, "test/good": 5, "test/dent": 4})


def press(at: AppTest, label: str) -> AppTest:
    return fine(next(button for button in at.button if label in button.label).click().run())


def test_a_test_set_is_measured_once_and_the_answer_is_in_the_head(category: Path, detector: Detector) -> None:
    at = start(part="data", data="folder", folder=str(category))
    press(at, "Measure 9 images")
    assert "5 normal images, 4 defective" in said(at) and len(charts(at)) == 4
    test = open_dataset(category).test
    values = np.stack([projection.measure_trace(detector.trace(s.load().image)) for s in test])
    normal = np.array([s.is_normal for s in test])
    table = at.dataframe[-1].value
    row = table[(table["Side"] == "Teacher") & (table["Scale"] == 2) & (table["Images"] == "normal")].iloc[0]
    assert row["Before"] == pytest.approx(values[normal, 0, 1, 0, 0].mean(), rel=1e-3)
    assert row["± after"] == pytest.approx(values[normal, 0, 1, 1, 0].std(), rel=1e-2)
    fine(at.segmented_control(key="part").set_value("figure7").run())
    assert words.where(5, 4, "bottle") in said(at)
    with patch.object(projection, "measure_samples") as again:
        at = start(part="data", data="folder", folder=str(category))  # another visitor
        assert "5 normal images, 4 defective" in said(at) and not again.called


def test_a_stopped_measurement_continues_where_it_was(category: Path) -> None:
    (category / "test" / "good" / "one_more.png").write_bytes((category / "test/good/000.png").read_bytes())
    at = start(part="data", data="folder", folder=str(category))
    real = projection.measure_samples

    def one_step(detector: Detector, some: list) -> object:
        yield next(real(detector, some))

    with patch.object(projection, "measure_samples", one_step):
        press(at, "Measure 10 images")
    assert "4 of 10 test images so far" in said(at)
    press(at, CONTINUE)
    assert "6 normal images, 4 defective" in said(at)


def test_a_folder_that_is_no_data_set_is_explained(tmp_path: Path, configured: None) -> None:
    at = start(part="data", data="folder", folder=str(tmp_path / "nowhere"))
    assert "not a folder" in at.error[0].value


def test_without_a_choice_the_samples_are_compared() -> None:
    at = start(part="data")
    known = [one.sample.is_defective for one in samples.collection().images]
    assert words.data_counts(known.count(False), known.count(True), len(known), words.SAMPLES) in said(at)
    assert len(charts(at)) == len(words.QUESTIONS) and not [b for b in at.button if "Measure" in b.label]
    fine(at.selectbox(key="data").set_value("synthetic").run())
    assert any("Measure 60 images" in b.label for b in at.button)


def test_other_samples_of_the_same_model_are_compared_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    at = start(part="data")
    every = chosen_picture.sample_pictures
    monkeypatch.setattr(chosen_picture, "sample_pictures", lambda: dict(list(every().items())[1:]))
    known = [one.sample.is_defective for one in samples.collection().images[1:]]
    assert words.data_counts(known.count(False), known.count(True), len(known), words.SAMPLES) in said(fine(at.run()))


def test_the_channel_that_is_shown_first_is_the_one_whose_gates_differ_most(trace: Trace) -> None:
    gate = trace.gates_T[0]
    ranges = [np.ptp(np.outer(h, w)) for h, w in zip(gate.h, gate.w, strict=True)]
    assert start(part="gates").slider(key="channel").value == int(np.argmax(ranges))


def test_a_channel_is_kept_where_another_scale_has_it_too() -> None:
    at = start(part="gates", channel="9")
    _stage(at)
    assert at.slider(key="channel").value == 9 and "Channel 9 ·" in said(at)


def test_samples_are_not_called_test_images() -> None:
    assert words.where(4, 6, words.SAMPLES) == "Over 4 normal sample pictures"
    assert words.where(0, 1, words.SAMPLES) == "Over 1 defective sample picture"
    assert words.where(5, 4, "bottle") == "Over 5 normal test images of bottle"
