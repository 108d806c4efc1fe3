"""“Take this model with you”: a ZIP with an exported model, what is missing for it, and what is said when it fails."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from apptest import INSPECT, fine, pressed, start, take_away_dialog
from builders import random_images
from streamlit.testing.v1 import AppTest

from nnet.detector import Detector
from nnet.export import open_export
from nnet.runs.processes import launch
from workbench.shared import take_away
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
    assert not at.error and at.get("download_button")
    (packed,) = take_away._packed()._values.values()
    with zipfile.ZipFile(packed.path) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "tiny-torch"
    assert json.loads((folder / "manifest.json").read_text())["expression"] == "M1*M2"
    images = random_images(2, seed=7)
    for score, value in zip(detector.score(list(images), "M1*M2"), open_export(folder)(images)["score"], strict=True):
        assert value == pytest.approx(score.value, rel=1e-3)


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
    at = pressed(opened("onnx"), words.MAKE)
    assert words.NEXT["onnx"] in at.success[0].value and at.get("download_button")
    assert words.MAKE not in [button.label for button in at.button], "it is made"
    assert commands[0][4:8] == ["--format", "onnx", "--score", "(M1+M6)*(M2+M5)*(M3+M4)"]
    (packed,) = take_away._packed()._values.values()
    assert zipfile.ZipFile(packed.path).namelist() == ["tiny-onnx/model.onnx"]
    assert opened("onnx").get("download_button") and len(commands) == 1
    assert not opened("torch").get("download_button")


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
    at = pressed(opened("torch"), words.MAKE)
    assert "/nowhere" in at.error[0].value and at.error[0].value.startswith("The ZIP could not be made.")
    assert len(take_away._packed()) == 0


def test_an_expression_that_cannot_be_is_explained_before_anything_is_made(opened) -> None:
    at = fine(opened("torch").text_input(key="take_away_score").set_value("M1*M9").run())
    assert "M9" in "".join(w.value for w in at.warning)
    assert words.MAKE not in [button.label for button in at.button]
