"""The pages, driven without a browser: what is shown equals what `nnet` says, and every control changes it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from apptest import (
    INSPECT,
    JPEG,
    PNG,
    circuit_maps,
    component,
    copied,
    encoded,
    fine,
    following,
    heading,
    html,
    pictures,
    pressed,
    probed,
    shown_score,
    start,
    upload,
    words,
)
from builders import encode
from PIL import Image
from streamlit.testing.v1 import AppTest

from nnet.data.images import decode
from nnet.detector import Detector
from nnet.model.teacher_weights import WeightsError
from nnet.scoring import judge
from workbench.shared import pictures as figures
from workbench.shared import presenter, samples, units
from workbench.shared import words as shared_words

ORIGINAL, OVERLAY, MAP = "Original", "Overlay", "Anomaly map"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


# -------------------------------------------------------------------------------------------------- every page


def test_the_presenters_mode_is_entered_on_any_page_and_left() -> None:
    at = start("pages/2_Memory.py")
    assert presenter.MARK not in html(at)
    fine(at.toggle(key="present").set_value(True).run())
    assert presenter.MARK in html(at) and presenter.MARK in html(start(INSPECT, present="yes"))
    fine(at.button(key="presenter_out").click().run())
    assert presenter.MARK not in html(at) and not at.toggle(key="present").value


def test_a_random_teacher_is_named_on_every_page() -> None:
    for page in (None, INSPECT):
        assert shared_words.RANDOM_TEACHER in words(start(page))


# ------------------------------------------------------------------------------------------------------- uploads


@pytest.mark.parametrize(("name", "mime", "format"), [("part.png", PNG, "PNG"), ("part.jpg", JPEG, "JPEG")])
def test_an_upload_leads_to_a_heatmap_and_the_score_of_nnet(
    detector: Detector, name: str, mime: str, format: str
) -> None:
    content = encoded(format=format)
    at = upload(start(INSPECT), (name, content, mime))
    trace = detector.trace(decode(content).image)
    expected = judge.judge(detector.calibration, trace.maps, detector.config.scoring.parsed)
    assert shown_score(at) == units.number(expected.value)
    assert heading(at) == name
    assert np.allclose(probed(at), expected.score / expected.reference.threshold, rtol=1e-6)
    shown = component(at, "pictures")
    assert (shown["columns"], shown["rows"]) == (90, 60)  # positions are pixels of the image as given
    reference = detector.calibration.for_expression()
    scale = figures.calibrated_scale(reference.threshold)
    assert pictures(at)[MAP]["base"] == figures.data_uri(figures.colourised(expected.score, scale))
    assert shared_words.rank(reference, expected.value) in words(at)


def test_bad_uploads_get_a_sentence_each_and_do_not_stop_the_good_one(detector: Detector) -> None:
    good = encoded()
    bad = {
        "empty.png": b"",
        "notes.txt": b"hello",
        "cut.png": good[: len(good) // 2],
        "dot.png": encode(Image.new("RGB", (1, 1))),
        "paper.pdf": b"%PDF-1.7 ...",
    }
    files = [(name, content, PNG) for name, content in bad.items()]
    at = upload(start(INSPECT), *files[:3], ("good.png", good, PNG), *files[3:])
    sentences = at.warning[-1].value.replace("\\", "").splitlines()
    assert len(sentences) == len(bad)
    for name, sentence in zip(bad, sentences, strict=True):
        assert name in sentence and sentence.endswith(".")
    assert shown_score(at) == units.number(detector.score([decode(good).image])[0].value)


def test_only_bad_uploads_leave_the_page_as_it_was() -> None:
    at = start(INSPECT)
    before = shown_score(at)
    upload(at, ("empty.png", b"", PNG))
    assert "empty.png is empty" in words(at).replace("\\", "")
    assert shown_score(at) == before


def test_many_uploads_are_ranked_by_score_and_one_is_picked(detector: Detector) -> None:
    contents = {f"part{seed}.png": encoded(seed) for seed in range(5)}
    at = upload(start(INSPECT), *((name, content, PNG) for name, content in contents.items()))
    assert heading(at) == "part0.png"
    expected = {name: detector.score([decode(c).image])[0].value for name, c in contents.items()}
    table = at.dataframe[0].value
    assert table["Image"].tolist() == sorted(expected, key=expected.get, reverse=True)
    assert table["Score"].tolist() == pytest.approx(sorted(expected.values(), reverse=True), rel=1e-4)
    last = table["Image"].iloc[-1]
    at = fine(next(button for button in at.button if button.proto.help.startswith(f"{last}: ")).click().run())
    assert heading(at) == last
    assert shown_score(at) == units.number(expected[last])


def test_uploads_survive_a_switch_of_pages_and_are_removed_on_request() -> None:
    at = upload(start(INSPECT), ("mine.png", encoded(3), PNG))
    before = shown_score(at)
    at.switch_page("Workbench.py").run()
    at.switch_page(INSPECT).run()
    assert heading(at) == "mine.png" and shown_score(at) == before
    pressed(at, "Remove all")
    assert heading(at) == samples.collection().images[0].title


def test_names_with_markdown_in_them_are_shown_as_they_are() -> None:
    at = upload(start(INSPECT), ("a*b*_c_.png", encoded(), PNG))
    assert at.subheader[0].value == r"a\*b\*\_c\_.png"


# ------------------------------------------------------------------------------------------------------ controls


def test_moving_a_control_never_runs_the_network() -> None:
    at = start(INSPECT)
    with patch.object(Detector, "trace_batch") as trace, patch.object(Detector, "maps") as maps:
        for change in (_opacity, _colours, _scale, _outline, _reverse_only, _own):
            change(at)
        assert not trace.called and not maps.called


def _opacity(at: AppTest) -> None:
    fine(at.slider(key="opacity").set_value(20).run())


def _colours(at: AppTest) -> None:
    fine(at.selectbox(key="colours").set_value("viridis").run())


def _scale(at: AppTest) -> None:
    fine(at.segmented_control(key="scale").set_value("own").run())


def _outline(at: AppTest) -> None:
    fine(at.toggle(key="outline").set_value(False).run())


def _reverse_only(at: AppTest) -> None:
    fine(at.segmented_control(key="score").set_value("reverse").run())


def _own(at: AppTest) -> None:
    fine(at.segmented_control(key="score").set_value("own").run())


@pytest.mark.parametrize(
    ("change", "changed", "same"),
    [
        (_opacity, (OVERLAY,), (ORIGINAL, MAP)),
        (_colours, (OVERLAY, MAP), (ORIGINAL,)),
        (_scale, (OVERLAY, MAP), (ORIGINAL,)),
        (_reverse_only, (OVERLAY, MAP), (ORIGINAL,)),
    ],
)
def test_a_control_changes_what_it_says(
    change: Callable[[AppTest], None], changed: tuple[str, ...], same: tuple[str, ...]
) -> None:
    at = start(INSPECT)
    before = pictures(at)
    change(at)
    after = pictures(at)
    assert all(before[i] != after[i] for i in changed)
    assert all(before[i] == after[i] for i in same)


def test_the_outline_is_drawn_where_the_score_passes_the_threshold(detector: Detector) -> None:
    contents = [encoded(seed) for seed in range(8)]
    threshold = detector.calibration.for_expression("M1").threshold
    scored = [(detector.score([decode(c).image], "M1")[0].value, c) for c in contents]
    value, content = max(scored)
    at = upload(start(INSPECT, score="own", expression="M1"), ("part.png", content, PNG))
    before = pictures(at)
    _outline(at)
    assert (before[OVERLAY] != pictures(at)[OVERLAY]) == (value > threshold)
    assert component(at, "pictures")["badges"] == []


@pytest.mark.parametrize(("name", "expression"), [("reverse", "M1*M2*M3"), ("forward", "M4*M5*M6")])
def test_a_preset_gives_the_score_of_nnet(detector: Detector, name: str, expression: str) -> None:
    at = start(INSPECT)
    fine(at.segmented_control(key="score").set_value(name).run())
    image = samples.collection().images[0].sample.load().image
    expected = detector.score([image], expression)[0].value
    assert shown_score(at) == units.number(expected)
    assert shared_words.rank(detector.calibration.for_expression(expression), expected) in words(at)


def test_an_expression_of_ones_own_gives_the_score_of_nnet(detector: Detector) -> None:
    at = start(INSPECT)
    _own(at)
    fine(at.text_input(key="expression").set_value("m1 x m4 + M2").run())
    image = samples.collection().images[0].sample.load().image
    assert shown_score(at) == units.number(detector.score([image], "M1*M4+M2")[0].value)
    assert at.pills(key=following(at, "maps_used")).value == ["M1", "M2", "M4"]


def test_a_map_is_taken_out_of_the_score(detector: Detector) -> None:
    at = start(INSPECT)
    fine(at.pills(key=following(at, "maps_used")).set_value(["M1", "M2", "M3", "M5"]).run())
    image = samples.collection().images[0].sample.load().image
    assert at.text_input(key="expression").value == "M1*(M2+M5)*M3"
    assert shown_score(at) == units.number(detector.score([image], "M1*(M2+M5)*M3")[0].value)
    assert [name for name, m in circuit_maps(at).items() if not m["used"]] == ["M6", "M4"]


def test_a_score_keeps_at_least_one_map() -> None:
    at = start(INSPECT)
    before = shown_score(at)
    fine(at.pills(key=following(at, "maps_used")).set_value([]).run())
    assert shown_score(at) == before and len(at.pills(key=following(at, "maps_used")).value) == 6


def test_a_wrong_expression_is_explained_and_the_page_goes_on() -> None:
    at = start(INSPECT)
    before = shown_score(at)
    _own(at)
    fine(at.text_input(key="expression").set_value("M1*(M2").run())
    assert "never closed" in at.warning[-1].value
    assert at.code[0].value.endswith("^")
    assert shown_score(at) == before


# ------------------------------------------------------------------------------------------------------- address


def test_the_address_opens_a_view_and_follows_it(detector: Detector) -> None:
    image = samples.collection().images[2]
    at = start(INSPECT, sample=image.id, opacity="35", colours="cividis", score="own", expression="M1*M6")
    assert heading(at) == image.title
    assert at.slider(key="opacity").value == 35
    assert at.selectbox(key="colours").value == "cividis"
    assert shown_score(at) == units.number(detector.score([image.sample.load().image], "M1*M6")[0].value)
    fine(at.slider(key="opacity").set_value(70).run())
    assert "opacity" not in at.query_params  # the default
    fine(next(b for b in at.button if b.label == samples.collection().images[1].id).click().run())
    assert at.query_params["sample"] in (samples.collection().images[1].id, [samples.collection().images[1].id])


def test_an_address_with_nonsense_in_it_does_no_harm() -> None:
    at = start(INSPECT, sample="nothing", opacity="999", colours="jet", score="x", scale="y", outline="z", model="q")
    assert "There is no sample" in words(at)
    assert at.slider(key="opacity").value == 70 and at.selectbox(key="colours").value == "inferno"


def test_the_view_survives_a_switch_of_pages() -> None:
    at = start(INSPECT)
    _opacity(at)
    _reverse_only(at)
    at.switch_page("Workbench.py").run()
    at.query_params.clear()  # as a link to another page does in a browser
    at.switch_page(INSPECT).run()
    assert at.slider(key="opacity").value == 20 and at.segmented_control(key="score").value == "reverse"


# ------------------------------------------------------------------------------------------------ models that fail


@pytest.mark.parametrize("page", [None, INSPECT])
def test_without_a_checkpoint_the_page_says_what_to_do(
    page: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path))
    at = start(page)
    assert "no trained model" in at.warning[0].value and "nnet train" in at.warning[0].value


def test_a_damaged_checkpoint_is_named(tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = copied(tiny_checkpoint, tmp_path, monkeypatch)
    with (path / "weights.safetensors").open("r+b") as stream:
        stream.seek(5000)
        stream.write(b"damage")
    at = start(INSPECT)
    assert len(at.error) == 1 and "damaged" in at.error[0].value
    assert not at.get("plotly_chart")


def test_missing_teacher_weights_are_explained(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(tiny_checkpoint, tmp_path, monkeypatch)
    with patch.object(Detector, "load", side_effect=WeightsError("Put the file teacher.pth into the cache.")):
        at = start(INSPECT)
    assert "Put the file teacher.pth" in at.error[0].value.replace("\\", "")


def test_another_checkpoint_is_chosen(tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = copied(tiny_checkpoint, tmp_path, monkeypatch)
    (path / "weights.safetensors").unlink()
    shutil.copytree(tiny_checkpoint, tmp_path / "intact")
    at = start(INSPECT)
    assert "incomplete" in at.error[0].value
    fine(at.selectbox(key="model").set_value("intact").run())
    assert not at.error and at.get("plotly_chart")
