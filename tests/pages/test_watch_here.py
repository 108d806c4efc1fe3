"""Watching a folder from the page: started, followed, stopped, found again after a reload, and never shared."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from apptest import fine, said, start
from streamlit.testing.v1 import AppTest
from waiting import until
from watched import PlainJudge, put

from nnet import environment
from nnet.detector import Detector
from nnet.runs import Runs
from nnet.saved import kept_thresholds
from nnet.saved.formats import CALIBRATION_FORMAT
from nnet.scoring.calibration import Kept
from nnet.watch.judges import CheckpointJudge
from nnet.watch.results import read_results
from workbench.shared import hosting, hosting_words, model_list, units
from workbench.watch import watchers
from workbench.watch import words as text

PAGE = "pages/9_Watch.py"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(180)]


def plain(detector: Detector) -> PlainJudge:
    judge = PlainJudge()
    judge.name = str(detector.checkpoint.path)
    return judge


@pytest.fixture
def two(tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Two models of one title, "one" and "two"; the page begins with one of them."""
    for name in ("one", "two"):
        shutil.copytree(tiny_checkpoint, tmp_path / "models" / name)
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path / "models"))
    monkeypatch.setattr(model_list, "title_of", lambda path: "My part")
    return tmp_path / "models"


@pytest.fixture(autouse=True)
def camera(runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a camera, with a dark and a bright picture."""
    monkeypatch.delenv(environment.WATCH, raising=False)
    monkeypatch.setattr(CheckpointJudge, "of", plain)
    monkeypatch.setattr(watchers, "INTERVAL", 0.01)
    put(tmp_path / "camera", "dark.png", 20)
    put(tmp_path / "camera", "bright.png", 200)
    yield tmp_path / "camera"
    for one in watchers.running():
        one.stop()


def watching(folder: Path) -> AppTest:
    at = start(PAGE)
    fine(at.text_input(key="watch_folder").set_value(str(folder)).run())
    return fine(at.button(key="watch_start").click().run())


def counted(one: watchers.Watching) -> int:
    return sum(read_results(one.out, 1).counts.values())


def test_a_folder_is_watched_until_it_is_stopped_and_goes_on_from_its_results(camera: Path, runs: Runs) -> None:
    at = watching(camera)
    (one,) = watchers.running()
    assert one.folder == camera and one.out.is_relative_to(runs.root / watchers.WATCHED)
    until(lambda: counted(one) == 2)
    fine(at.run())
    assert text.RUNNING in said(at) and {m.label: m.value for m in at.metric}["Anomalous"] == "1"
    put(camera, "next.png", 220)
    until(lambda: counted(one) == 3)
    assert "next.png" in said(fine(at.run()))
    fine(at.button(key="watch_stop").click().run())
    assert not watchers.running() and text.STOPPED in said(at) and "next.png" in said(at)
    fine(at.button(key="watch_another").click().run())
    assert at.text_input(key="watch_folder").value == str(camera), "it need not be typed again"
    put(camera, "last.png", 30)
    fine(at.button(key="watch_start").click().run())
    (again,) = watchers.running()
    until(lambda: counted(again) == 4)
    assert again.out == one.out


def test_a_watcher_that_was_stopped_is_started_again_with_a_press(camera: Path) -> None:
    at = watching(camera)
    (one,) = watchers.running()
    assert not [button for button in at.button if button.key == "watch_again"], "it runs"
    until(lambda: counted(one) == 2)
    fine(at.button(key="watch_stop").click().run())
    assert f"The watcher of {camera}, with the model tiny, is not running." in said(at).replace("\\", "")
    put(camera, "next.png", 220)
    fine(at.button(key="watch_again").click().run())
    (again,) = watchers.running()
    assert (again.out, again.folder) == (one.out, camera) and at.button(key="watch_stop")
    until(lambda: counted(again) == 3)


def test_a_fresh_page_offers_what_was_watched_last_with_the_model_that_did(camera: Path, two: Path) -> None:
    first = start(PAGE).session_state["model"]
    other = ({"one", "two"} - {first}).pop()
    at = start(PAGE, model=other)
    fine(at.text_input(key="watch_folder").set_value(str(camera)).run())
    fine(at.button(key="watch_start").click().run())
    (one,) = watchers.running()
    until(lambda: counted(one) == 2)
    assert units.plain(f"with the model My part · {other}.") in said(fine(at.run())), "two are called so"
    one.stop()

    at = start(PAGE)
    assert at.session_state["model"] == first and units.plain(f"My part · {first}") in said(at)
    assert f"{camera} · My part · {other}" == at.button(key="watch_lately-0").label.replace("\\", "")
    last = text.OTHER_MODEL.format(model=units.plain(f"My part · {other}"))
    assert not at.info
    fine(at.text_input(key="watch_folder").set_value(str(camera)).run())
    assert [info.value for info in at.info] == [last]
    fine(at.button(key="watch_lately-0").click().run())
    (again,) = watchers.running()
    assert again.out == one.out and at.session_state["model"] == other
    again.stop()
    shutil.rmtree(two / other)
    assert not [button for button in start(PAGE).button if button.key.startswith("watch_lately")]


def test_a_folder_is_watched_with_what_is_known_of_false_alarms(only_tiny: Path) -> None:
    scores = CALIBRATION_FORMAT.read(only_tiny / "calibration.json")["scores"]
    assert f"about {units.percent(1 / (len(scores) + 1))} of good parts" in said(start(PAGE))


def test_a_reload_finds_it_again_and_the_address_names_no_folder(camera: Path) -> None:
    at = watching(camera)
    assert str(camera) not in str(dict(at.query_params))
    again = start(PAGE)
    assert again.button(key="watch_stop") and not [box for box in again.text_input if box.key == "watch_folder"]
    fine(again.button(key="watch_stop").click().run())
    assert text.STOPPED in said(again), "its results stay on the page"
    assert not [box for box in start(PAGE, watch_folder="/etc").text_input if box.value == "/etc"]


def test_a_watcher_says_that_its_model_has_another_threshold_and_takes_it_up(
    camera: Path, runs: Runs, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = Path(shutil.copytree(tiny_checkpoint, tmp_path / "models" / "part"))
    monkeypatch.setenv("NNET_CHECKPOINTS", str(path.parent))
    at = watching(camera)
    (one,) = watchers.running()
    assert text.OTHER_THRESHOLD not in said(fine(at.run()))
    expression = CALIBRATION_FORMAT.read(path / "calibration.json")["expression"]
    kept_thresholds.keep(path, expression, Kept(0.5, "A trial"))
    assert text.OTHER_THRESHOLD in said(fine(at.run()))
    fine(at.button(key="watch_take_up").click().run())
    (other,) = watchers.running()
    assert other.folder == one.folder and other.out != one.out, "its decisions are other ones"
    assert text.OTHER_THRESHOLD not in said(at) and at.button(key="watch_stop")
    warning = "The kept threshold flagged 19 of 20 good parts when it was kept"
    assert warning not in said(at), "none were counted when it was kept"
    scores = CALIBRATION_FORMAT.read(path / "calibration.json")["scores"]
    above = sum(score > 0.5 for score in scores)
    assert (f"flags {above} of {len(scores)} held-out good" in said(at)) == (2 * above > len(scores))
    kept_thresholds.keep(path, expression, Kept(0.5, "A trial", pictures=20, above=19))
    fine(at.run())
    fine(at.button(key="watch_take_up").click().run())
    assert warning in said(at)


@pytest.mark.parametrize("written", ["/nowhere/at/all", "~nobody at all/x", "x" * 5000, "/dev/zero"])
def test_what_cannot_be_watched_gets_a_sentence(written: str) -> None:
    at = start(PAGE)
    fine(at.text_input(key="watch_folder").set_value(written).run())
    fine(at.button(key="watch_start").click().run())
    assert len(at.error) == 1 and at.error[0].value.endswith(".") and not watchers.running()
    assert at.text_input(key="watch_folder").value == written


def test_a_watcher_that_ends_by_itself_says_why(camera: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(PlainJudge):
        def judge(self, images: object) -> list:
            raise hosting_error

    hosting_error = watchers.WatchError("The model computes no usable numbers.")
    monkeypatch.setattr(CheckpointJudge, "of", lambda detector: Broken())
    at = watching(camera)
    until(lambda: not watchers.running())
    assert "no usable numbers" in fine(at.run()).error[0].value.replace("\\", "")


def test_a_shared_demo_watches_no_folder_of_the_server(camera: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = watching(camera)
    (one,) = watchers.running()
    until(lambda: counted(one) == 2)
    fine(at.button(key="watch_stop").click().run())
    monkeypatch.setattr(hosting, "is_shared", lambda: True)
    at = start(PAGE)
    assert [info.value for info in at.info] == [hosting_words.NO_WATCHED] and not at.text_input
    assert str(camera) not in said(at) and not [one for one in at.button if (one.key or "").startswith("watch")]
