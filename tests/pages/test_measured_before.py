"""What of a measurement outlives its page: the result of an upload, and what an interrupted one had measured."""

import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from apptest import address, fine, said, start
from builders import files_of, write_category, zipped
from run_builders import finish, make_run
from streamlit.testing.v1 import AppTest

from nnet.analysis import evaluation
from nnet.runs import Run, Runs
from workbench.evaluate import interrupted, words
from workbench.shared import visits
from workbench.shared import words as shared_words

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(300)]
PAGE = "pages/4_Evaluate.py"


def bottle(folder: Path, good: int, dent: int) -> bytes:
    """A ZIP of so many pictures, other ones in each test, since what is measured is kept for all."""
    return zipped(files_of(write_category(folder / "bottle", train=3, good=good, dent=dent), folder))


@pytest.fixture
def own(runs: Runs, tiny_checkpoint: Path) -> Run:
    """A run of uploaded photos, which lie beside its model."""
    run = make_run(runs, "Metal")
    finish(run, tiny_checkpoint)
    (run.path / "metrics.json").unlink(missing_ok=True)
    write_category(run.path / "data" / "photos", train=3, good=2, dent=2)
    return run


def sent(at: AppTest, content: bytes) -> AppTest:
    at.file_uploader[0].set_value([("bottle.zip", content, "application/zip")])
    return fine(at.run())


def pictures(at: AppTest) -> int:
    return len(at.main.get("image"))


def test_the_result_of_an_upload_says_in_a_new_visit_how_to_get_its_pictures_back(own: Run, tmp_path: Path) -> None:
    at = sent(start(PAGE, evaluate_data="zip", model=own.id), content := bottle(tmp_path, 5, 7))
    fine(at.button(key="evaluate_start").click().run())
    shown = pictures(at)
    assert shown
    fine(at.selectbox(key="evaluate_data").set_value("none").run())
    assert pictures(at) == shown and "not at hand" not in said(at), "in this visit they are"

    later = start(PAGE, model=own.id)
    assert words.lost("bottle", "bottle.zip").replace("\\", "") in said(later)
    assert "has no image" not in said(later) and not pictures(later) and words.NOT_AT_HAND not in said(later)
    fine(later.button(key="open_again").click().run())
    assert later.selectbox(key="evaluate_data").value == "zip"
    assert pictures(sent(later, content)) == shown and "not at hand" not in said(later)


def test_a_training_of_few_steps_is_said_wherever_the_model_decides(own: Run, tmp_path: Path) -> None:
    spec = json.loads((own.path / "run.json").read_text())
    (own.path / "run.json").write_text(json.dumps(spec | {"preset": "small"}))
    told = shared_words.TRAINED_SHORT
    for page in ("pages/1_Inspect.py", "pages/9_Watch.py", PAGE):
        line = next(one for one in start(page, model=own.id).markdown if told in one.value.replace("\\", ""))
        assert "the preset Small makes at least 600" in line.help, page
    at = sent(start(PAGE, evaluate_data="zip", model=own.id), bottle(tmp_path, 4, 8))
    fine(at.button(key="evaluate_start").click().run())
    assert told in said(at)


def test_a_report_of_what_the_model_keeps_says_how_it_gets_curves_over_pixels(own: Run, tmp_path: Path) -> None:
    at = sent(start(PAGE, evaluate_data="zip", model=own.id), bottle(tmp_path, 5, 8))
    fine(at.button(key="evaluate_start").click().run())
    later = start(PAGE, model=own.id, evaluate_part="report")
    assert words.without_maps(is_at_hand=False, is_open=False) in said(later)
    assert words.OPEN_AGAIN in {button.label for button in later.button}
    fine(at.selectbox(key="evaluate_data").set_value("none").run())
    fine(at.segmented_control(key="evaluate_part").set_value("report").run())
    assert words.without_maps(is_at_hand=True, is_open=False) in said(at)
    assert words.OPEN_AND_MEASURE in {button.label for button in at.button}


def begun(at: AppTest) -> AppTest:
    """Pressed, and gone after the first part: what the address then says, a reload begins with."""
    real = evaluation.collect

    def first(*args: object, **options: object) -> Iterator[object]:
        yield next(real(*args, **options))
        raise RuntimeError("the page is loaded again")

    with patch.object(evaluation, "collect", first):
        at.button(key="evaluate_start").click().run()
    assert at.exception and address(at, interrupted.PARAMETER)
    return at


def test_a_measurement_goes_on_when_the_page_is_loaded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_category(tmp_path / "bottle", train=3, good=6, dent=6)
    monkeypatch.setenv("NNET_DATA", str(tmp_path))
    data = {"evaluate_data": "folder", "evaluate_folder": str(folder)}
    mark = address(begun(start(PAGE, **data)), interrupted.PARAMETER)
    counted: list[int] = []
    real = evaluation.collect

    def counting(detector: object, samples: list, **options: object) -> Iterator[object]:
        counted.append(len(samples))
        return real(detector, samples, **options)

    with patch.object(evaluation, "collect", counting):
        at = start(PAGE, **data, measuring=mark)
    assert counted == [4], "the first eight are not measured again"
    assert words.rests_on(6, 6, 12) in said(at) and address(at, interrupted.PARAMETER) is None
    assert interrupted.found(mark) is None


def test_a_reload_keeps_the_zip_and_nobody_else_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[visits.Session] = []
    cookies = {visits.COOKIE: "a" * 32, visits.TAB_COOKIE: "1" * 32}
    monkeypatch.setattr(visits, "_cookie", lambda name: cookies.get(name, ""))
    monkeypatch.setattr(visits, "is_here", lambda one: one not in left)
    first = sent(start(PAGE, evaluate_data="zip"), bottle(tmp_path, 5, 5))
    session = first.session_state[visits._SESSION]
    held = session.held["zip"]
    found = "5 normal and 5 defective"
    assert "CC BY-NC-SA" not in said(first), "these are not MVTec's"
    assert found in said(first) and held and found not in said(start(PAGE, evaluate_data="zip")), "it is there still"
    left.append(session)
    cookies[visits.TAB_COOKIE] = "2" * 32
    assert found not in said(start(PAGE, evaluate_data="zip"))
    cookies[visits.TAB_COOKIE] = "1" * 32
    again = start(PAGE, evaluate_data="zip")
    assert found in said(again) and again.session_state[visits._SESSION].held["zip"] == held
    visits.close(session)
    assert found in said(fine(again.run())), "the one before takes nothing with it"


def test_a_reload_that_loses_an_upload_says_how_far_its_measurement_was(tmp_path: Path) -> None:
    content = bottle(tmp_path, 6, 8)
    mark = address(begun(sent(start(PAGE, evaluate_data="zip"), content)), interrupted.PARAMETER)
    at = start(PAGE, evaluate_data="zip", measuring=mark)
    assert words.interrupted("bottle", 8, 14) in said(at)
    sent(at, content)
    assert words.rests_on(6, 8, 14) in said(at) and "was interrupted" not in said(at)


def test_a_measurement_that_was_stopped_does_not_go_on_by_itself_and_a_link_begins_none(tmp_path: Path) -> None:
    content = bottle(tmp_path, 7, 9)
    at = sent(start(PAGE, evaluate_data="zip", measuring="0123456789abcdef"), content)
    assert "was interrupted" not in said(at) and at.button(key="evaluate_start")
    real = evaluation.collect
    with patch.object(evaluation, "collect", lambda d, samples, **o: iter([next(real(d, samples, **o))])):
        fine(at.button(key="evaluate_start").click().run())
    assert address(at, interrupted.PARAMETER) is None
    again = sent(start(PAGE, evaluate_data="zip"), content)
    assert "8 of 16 so far" in said(again), "what it had is kept"
    assert again.button(key="evaluate_start").label.startswith(shared_words.CONTINUE)
