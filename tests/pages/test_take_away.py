"""“Take this model with you”: a ZIP with an exported model, what is missing for it, and what is said when it fails."""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from apptest import INSPECT, exported, fine, pressed, start, take_away_dialog
from builders import random_images
from streamlit.testing.v1 import AppTest

from nnet.detector import Detector
from nnet.export import open_export, stages
from nnet.runs.processes import launch
from nnet.saved import checkpoint as checkpoints
from nnet.saved import kept_thresholds
from nnet.scoring.calibration import Kept
from workbench.shared import model_list, resources, take_away, visits
from workbench.shared import take_away_words as words

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(200)]


@pytest.fixture
def opened(only_tiny: Path) -> Callable[[str], AppTest]:
    def choose(kind: str) -> AppTest:
        at = fine(AppTest.from_function(take_away_dialog, default_timeout=150, args=(str(only_tiny),)).run())
        return fine(at.radio(key="take").set_value(kind).run())

    return choose


@pytest.fixture(autouse=True)
def nothing_packed() -> None:
    take_away._packed.clear()


def test_the_button_opens_it_and_each_format_says_in_a_sentence_what_it_is_for() -> None:
    at = pressed(start(INSPECT), words.TITLE)
    assert list(at.radio(key="take").proto.captions) == [words.PURPOSES[kind] for kind in words.NAMES]
    assert set(words.NAMES) == set(words.PURPOSES) == set(words.NEXT)


@pytest.mark.slow
def test_the_zip_holds_the_model_with_the_score_that_was_asked_for(opened, detector: Detector, tmp_path: Path) -> None:
    at = opened("torch")  # needs no extra
    at = pressed(fine(at.text_input(key="take_away_score").set_value("m1 * M2").run()), words.MAKE)
    at = exported(at)
    assert not at.error and at.get("download_button")
    (packed,) = take_away._packed()._values.values()
    with zipfile.ZipFile(packed.path) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "tiny-torch"
    assert json.loads((folder / "manifest.json").read_text())["expression"] == "M1*M2"
    images = random_images(2, seed=7)
    for score, value in zip(detector.score(list(images), "M1*M2"), open_export(folder)(images)["score"], strict=True):
        assert value == pytest.approx(score.value, rel=1e-3)


def test_a_kept_threshold_that_flags_most_good_parts_goes_nowhere_unwarned(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copytree(tiny_checkpoint, tmp_path / "part"))

    def writes(arguments: list[str], log: Path) -> subprocess.Popen:
        Path(arguments[-1]).mkdir()
        log.write_text("")
        return subprocess.Popen([sys.executable, "-c", ""])

    monkeypatch.setattr(take_away, "launch", writes)
    expression = checkpoints.load(path).calibration.for_expression().expression.text
    kept_thresholds.keep(path, expression, Kept(0.001, "A trial.", pictures=40, above=27))
    at = fine(AppTest.from_function(take_away_dialog, default_timeout=150, args=(str(path),)).run())
    at = fine(at.radio(key="take").set_value("torch").run())
    warned = "The kept threshold flagged 27 of 40 good parts when it was kept"
    assert warned in at.warning[0].value, "before"
    at = exported(pressed(at, words.MAKE))
    assert at.success and warned in at.warning[0].value, "and after"
    fine(at.text_input(key="take_away_score").set_value("M1").run())
    assert not at.warning, "another score has a threshold of its own"


def test_what_was_packed_can_be_downloaded_and_is_not_made_again(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = []

    def writes(arguments: list[str], log: Path) -> subprocess.Popen:
        commands.append(arguments)
        out = Path(arguments[-1])
        out.mkdir()
        (out / "model.onnx").write_bytes(b"network")
        log.write_text(" 45%  Comparing picture 3 of 20.\n")
        return subprocess.Popen([sys.executable, "-c", ""])

    monkeypatch.setattr(take_away, "launch", writes)
    monkeypatch.setattr(take_away, "missing", lambda kind: "")
    at = exported(pressed(opened("onnx"), words.MAKE))
    assert words.NEXT["onnx"] in at.success[0].value and at.get("download_button")
    assert words.MAKE not in [button.label for button in at.button], "it is made"
    assert commands[0][4:8] == ["--format", "onnx", "--score", "(M1+M6)*(M2+M5)*(M3+M4)"]
    (packed,) = take_away._packed()._values.values()
    assert zipfile.ZipFile(packed.path).namelist() == ["tiny-onnx/model.onnx"]
    assert opened("onnx").get("download_button") and len(commands) == 1
    assert not opened("torch").get("download_button")


def test_another_score_unfolds_only_where_one_is_written(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    def folded(at: AppTest) -> bool:
        (found,) = [one for one in at.expander if one.label == words.OTHER_SCORE]
        return not found.proto.expanded

    at = opened("torch")
    assert folded(at) and folded(fine(at.run())), "the dialog is drawn again while it works"
    assert not folded(fine(at.text_input(key="take_away_score").set_value("M1").run()))


def test_stop_ends_an_export_at_once_and_leaves_nothing(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[Path, subprocess.Popen]] = []

    def endless(arguments: list[str], log: Path) -> subprocess.Popen:
        log.write_text(f"  4%  {stages.TOLD_WRITING}\n")
        started.append((log.parent, subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)))
        return started[-1][1]

    monkeypatch.setattr(take_away, "launch", endless)
    at = pressed(opened("torch"), words.MAKE)
    assert words.MAKE not in [button.label for button in at.button] and not at.error
    ((folder, process),) = started
    assert folder.exists() and process.poll() is None
    at = pressed(at, words.STOP)
    assert process.returncode is not None and not folder.exists() and len(take_away._packed()) == 0
    assert [one.value for one in at.info] == [words.STOPPED] and words.MAKE in [button.label for button in at.button]
    assert not pressed(at, words.MAKE).info
    visits.close(at.session_state[visits._SESSION])
    assert started[1][1].returncode is not None and not started[1][0].exists(), "it ends with the tab"


def test_an_export_whose_dialog_was_closed_says_on_every_page_how_far_it_is_and_that_it_is_ready(
    only_tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen] = []

    def waits(arguments: list[str], log: Path) -> subprocess.Popen:
        Path(arguments[-1]).mkdir()
        log.write_text(f"  4%  {stages.TOLD_WRITING}\n")
        started.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
        return started[-1]

    def signs(at: AppTest) -> str:
        return " ".join(one.value for one in at.sidebar.markdown)

    monkeypatch.setattr(take_away, "launch", waits)
    monkeypatch.setattr(model_list, "called", {only_tiny.name: "My part"}.get)
    for page in (INSPECT, "pages/5_Train.py", "pages/9_Watch.py"):
        at = start(page)
        assert words.TITLE in [button.label for button in at.sidebar.button], "also where the model is not loaded"
    model = resources.load_model(only_tiny.name, only_tiny, "cpu")
    at.session_state[take_away._WORK] = take_away.Work(model, (model.key, "torch", "M1", ""))
    fine(at.run())
    (bar,) = at.sidebar.get("progress")
    assert bar.proto.text.startswith(f"PyTorch of My part: {stages.TOLD_WRITING}")
    assert words.READY_SIGN.format(format="PyTorch", model="My part") not in signs(at)
    started[0].communicate(b"\n")
    fine(at.run())
    assert words.READY_SIGN.format(format="PyTorch", model="My part") in signs(at)
    assert not at.sidebar.get("progress") and at.sidebar.get("download_button")
    assert not pressed(at, words.TITLE).sidebar.get("download_button"), "the dialog tells it"


def test_the_bar_follows_the_clock_while_the_network_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(take_away.time, "monotonic", lambda: now[0])
    take_away._LAST.drop(lambda _: True)
    first = take_away.Pace("onnx")
    writing = [("0", "x"), ("4", stages.TOLD_WRITING)]
    assert first.told([]) == (0, words.working(words.STARTING, 0, None))
    begin, _ = first.told(writing)
    now[0] += 46
    half, said = first.told(writing)
    now[0] += 1000
    late, _ = first.told(writing)
    comparing, _ = first.told([*writing, ("93", "Comparing picture 3 of 20.")])
    assert begin == 0.04 and 0.4 < half < 0.6 and half < late < stages.COMPARING < comparing == 0.93
    assert "46 s so far" in said and "usually takes" in said
    first.done()
    second = take_away.Pace("onnx")
    second.told(writing)
    now[0] += 46
    assert second.told(writing)[1].endswith("about 17 min left.")
    now[0] += 1100
    assert "longer than the last one, which took 17 min" in second.told(writing)[1]


def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it(
    opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take_away, "missing", lambda kind: "onnxscript" if kind == "onnx" else "")
    at = opened("onnx")
    (warning,) = (w.value for w in at.warning if "onnxscript" in w.value)
    assert 'pip install ".[export]"' in warning
    assert words.MAKE not in [button.label for button in at.button]
    at = fine(at.radio(key="take").set_value("torch").run())
    assert words.MAKE in [button.label for button in at.button]


@pytest.mark.long
def test_what_the_export_says_is_shown_and_nothing_is_kept(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(arguments: list[str], log: Path) -> object:
        return launch([*arguments[:2], "--checkpoint", "/nowhere", *arguments[4:]], log)

    monkeypatch.setattr(take_away, "launch", elsewhere)
    at = exported(pressed(opened("torch"), words.MAKE))
    assert "/nowhere" in at.error[0].value and at.error[0].value.startswith("The ZIP could not be made.")
    assert len(take_away._packed()) == 0


def test_an_expression_that_cannot_be_is_explained_before_anything_is_exported(opened) -> None:
    at = fine(opened("torch").text_input(key="take_away_score").set_value("M1*M9").run())
    assert "M9" in "".join(w.value for w in at.warning)
    assert words.MAKE not in [button.label for button in at.button]
