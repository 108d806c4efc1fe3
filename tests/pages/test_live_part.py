"""Inspect's live part, which runs alone when one of its own controls changes, and what the page above it still says."""

import errno

import pytest
from apptest import (
    INSPECT,
    PNG,
    address,
    alone,
    circuit_maps,
    encoded,
    following,
    heading,
    pictures,
    shown_score,
    start,
    upload,
)
from streamlit.testing.v1 import AppTest

from nnet.detector import Detector
from nnet.errors import NNetError
from nnet.scoring.judge import judge
from workbench.inspect import settings, three_pictures
from workbench.inspect import words as wording
from workbench.shared import model_list, samples

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(240)]


def is_whole(at: AppTest) -> bool:
    return [title.value for title in at.title] == [wording.TITLE]


def bar(at: AppTest) -> str:
    """What the line above the pictures says."""
    return next(box.label for box in at.expander if "badge" in box.label)


def test_a_control_of_the_drawing_runs_the_live_part_alone_and_the_address_follows() -> None:
    at = start(INSPECT)
    before = pictures(at)[wording.OVERLAY]["base"]
    at.slider(key="opacity").set_value(20)
    assert not is_whole(alone(at))
    assert pictures(at)[wording.OVERLAY]["base"] != before and address(at, "opacity") == "20"
    assert is_whole(at.run()) and at.slider(key="opacity").value == 20


@pytest.mark.parametrize(("share", "decision"), [(0.5, "Anomalous"), (1.3, "Normal")])
def test_a_threshold_that_moves_is_told_above_as_well(share: float, decision: str, detector: Detector) -> None:
    at = start(INSPECT, view="regions")
    image = samples.collection().images[0].sample.load().image
    judged = judge(detector.calibration, detector.trace(image).maps, detector.config.scoring.parsed)
    stops = settings.threshold_factors(judged.reference, judged.value, 1.0)
    factor = min(stops, key=lambda stop: abs(stop * judged.reference.threshold - share * judged.value))
    at.select_slider(key=following(at, "threshold_slider")).set_value(factor)
    assert is_whole(alone(at)) and decision in bar(at)
    assert any(
        wording.moved_threshold(judged.reference.with_threshold(factor * judged.reference.threshold), judged.reference)
        in one.value
        for one in at.markdown
    )


def test_another_score_runs_the_whole_page() -> None:
    at = start(INSPECT)
    before = shown_score(at)
    at.segmented_control(key="score").set_value("forward")
    assert is_whole(alone(at)) and shown_score(at) != before and address(at, "score") == "forward"
    assert {name for name, shown in circuit_maps(at).items() if shown["used"]} == {"M4", "M5", "M6"}
    assert not is_whole(alone(at))


def test_each_session_s_part_shows_its_own_picture() -> None:
    first, second = start(INSPECT), start(INSPECT)
    for seed, at in enumerate((first, second)):
        upload(at, (f"part-{seed}.png", encoded(seed), PNG))
        assert heading(at) == f"part-{seed}.png"
    own = [pictures(at)[wording.ORIGINAL]["base"] for at in (first, second)]
    for at, picture in zip((first, second), own, strict=True):
        at.slider(key="opacity").set_value(45)
        assert not is_whole(alone(at)) and pictures(at)[wording.ORIGINAL]["base"] == picture
    assert own[0] != own[1]


def test_what_people_can_mend_is_told_in_the_part_and_the_session_counts_as_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = start(INSPECT)
    session = at.session_state["visit_session"]
    session.seen = 0.0

    def refuse(scene: object) -> None:
        raise NNetError("the picture has gone")

    monkeypatch.setattr(three_pictures, "draw", refuse)
    assert [error.value for error in alone(at).error] == ["the picture has gone"]
    assert session.seen > 0
    whole = at.run()
    assert [error.value for error in whole.error] == ["the picture has gone"] and not whole.exception


def test_a_file_that_vanishes_while_a_page_is_drawn_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """At any place, since any file may vanish or be changed at any time."""

    def vanished(*_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "runs/a/x.png")

    at = start(INSPECT)
    with monkeypatch.context() as patched:
        patched.setattr(three_pictures, "draw", vanished)
        (told,) = [error.value.replace("\\", "") for error in alone(at).error]
        assert told.startswith("runs/a/x.png cannot be used at the moment (No such file or directory).")
    monkeypatch.setattr(model_list, "entries", vanished)
    whole = at.run()
    assert [error.value.replace("\\", "") for error in whole.error] == [told] and not whole.exception
