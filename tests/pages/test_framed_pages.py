"""The pages with a model that looks at tiles: whole pictures on Inspect, the part under the largest score elsewhere."""

import re
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from apptest import (
    component,
    encoded,
    exported,
    fine,
    go,
    heading,
    pressed,
    shown_score,
    start,
    take_away_dialog,
    upload,
    words,
)
from builders import encode, random_images, tiny_config
from streamlit.testing.v1 import AppTest

from nnet.data import Dataset, Sample
from nnet.data.images import Decoded, decode
from nnet.detector import Detector
from nnet.saved import kept_thresholds
from nnet.scoring.calibration import Kept
from nnet.training.job import TrainJob
from nnet.training.pipeline import train_on
from workbench.inspect import words as inspect_words
from workbench.shared import resources, take_away, take_away_words, units
from workbench.shared import words as shared_words
from workbench.watch import words as watch_words
from workbench.when_it_fails import words as fails_words

PICTURE = encoded(1, (150, 96))


@pytest.fixture(scope="module")
def tiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of tiles, trained for one epoch."""
    pictures = [np.ascontiguousarray(blobs[:96, :150]) for blobs in random_images(12, 192)]
    samples = tuple(
        Sample(f"{i}.png", None, "good", "train", loader=lambda i=i: Decoded(pictures[i], f"{i}.png"))
        for i in range(12)
    )
    path = tmp_path_factory.mktemp("models") / "tiled"
    config = tiny_config(train__epochs=1, model__map_size=16, model__tile=64, model__overlap=16)
    train_on(TrainJob(config, path, device="cpu"), Dataset("parts", "synthetic", samples, (), "free", "here"))
    return path


@pytest.fixture(autouse=True)
def only_tiled(tiled: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tiled.parent))
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")
    yield


def test_inspect_shows_whole_pictures_and_says_what_is_not_of_them(tiled: Path) -> None:
    at = upload(start("pages/1_Inspect.py"), ("part.png", PICTURE, "image/png"))
    expected = Detector.load(tiled, "cpu").score([decode(PICTURE).image])[0]
    assert shown_score(at) == units.number(expected.value)
    assert "150 x 96" in words(at) or "150 × 96" in words(at)
    assert "The maps and the score are those of the whole picture." in words(at)
    assert inspect_words.SECTIONS["students"] not in "".join(map(str, at.get("button_group")))


@pytest.mark.parametrize("page", ["pages/2_Memory.py", "pages/3_Projection.py", "Workbench.py"])
def test_pages_that_look_inside_show_the_part_under_the_largest_score_and_say_so(page: str) -> None:
    at = start(page)
    assert shared_words.looks_into(64) in [info.value for info in at.info]


def test_watch_judges_whole_pictures_at_the_kept_threshold_as_inspect_does(tiled: Path) -> None:
    detector = Detector.load(tiled, "cpu")
    expression = detector.config.scoring.parsed
    found = detector.calibration.for_expression(expression).threshold
    kept_thresholds.keep(tiled, expression.text, Kept(100 * found, "for the test"))
    try:
        watch, inspect = start("pages/9_Watch.py"), start("pages/1_Inspect.py")
    finally:
        kept_thresholds.undo(tiled, expression.text)
    (badge,) = re.findall(r":blue-badge\[(Normal, 0\.0.*? × the kept threshold)\]", words(watch))
    assert all(part in inspect.expander[0].label for part in badge.split(", "))
    assert watch_words.EXAMPLE.format(sample=heading(inspect)) in words(watch).replace("\\", "")
    assert shared_words.looks_into(64) not in [info.value for info in watch.info]


def test_a_drawing_on_the_part_that_home_shows_is_the_picture_of_the_other_pages(tiled: Path) -> None:
    at = upload(start("pages/1_Inspect.py"), ("part.png", PICTURE, "image/png"))
    (own,) = go(at, "Workbench.py").session_state["uploads"].values()
    shown = resources.inside(resources.load_model("tiled", tiled, "cpu"), own.load())
    assert component(at, "home_demo")["image"] == shown.hash and shown.image.shape == (64, 64, 3)
    sheet = np.zeros((*shown.shown.shape[:2], 4), np.uint8)
    sheet[10:30, 10:30, 3] = 255
    at.session_state["drawings"] = OrderedDict({shown.hash: encode(sheet)})
    fine(at.run())
    for page in ("pages/1_Inspect.py", "pages/2_Memory.py"):
        assert heading(go(at, page)).endswith("with your drawing")
        assert "64 x 64" in words(at) or "64 × 64" in words(at)
    at.switch_page("Workbench.py")
    sent = component(fine(at.run()), "home_demo")
    assert sent["image"] == shown.hash and sent["layer"], "it can still be taken back there"


def test_when_it_fails_says_that_it_is_for_whole_pictures() -> None:
    at = start("pages/8_When_it_fails.py")
    assert [info.value for info in at.info] == [fails_words.FRAMED]


def test_an_export_for_one_size_says_so_and_asks_for_it_where_the_training_pictures_had_several(
    tiled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def writes(arguments: list[str], log: Path) -> subprocess.Popen:
        commands.append(arguments)
        Path(arguments[-1]).mkdir()
        log.touch()
        return subprocess.Popen([sys.executable, "-c", ""])

    monkeypatch.setattr(take_away, "launch", writes)
    monkeypatch.setattr(take_away, "missing", lambda kind: "")
    at = pressed(AppTest.from_function(take_away_dialog, args=(str(tiled),)).run(timeout=60), take_away_words.MAKE)
    assert take_away_words.LIMIT in [info.value for info in at.info]
    assert commands[0][-4:-1] == ["--size", "150x96", "--out"]

    monkeypatch.delitem(resources.load_model("tiled", tiled, "cpu").detector.checkpoint.about, "picture")
    at = fine(AppTest.from_function(take_away_dialog, args=(str(tiled),)).run(timeout=60))
    (make,) = (button for button in at.button if button.label == take_away_words.MAKE)
    assert make.disabled
    for box, side in zip(at.number_input, (248, 373), strict=True):
        box.set_value(side)
    pressed(fine(at.run()), take_away_words.MAKE)
    assert commands[1][-4:-1] == ["--size", "248x373", "--out"]


def test_what_is_done_with_a_zip_for_several_sizes_is_said(tiled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def writes(arguments: list[str], log: Path) -> subprocess.Popen:
        commands.append(arguments)
        for size in arguments[-4:-2]:
            (Path(arguments[-1]) / size).mkdir(parents=True)
        log.touch()
        return subprocess.Popen([sys.executable, "-c", ""])

    about = resources.load_model("tiled", tiled, "cpu").detector.checkpoint.about
    monkeypatch.setitem(about, "pictures", [[96, 150, 9], [150, 96, 1]])
    monkeypatch.setattr(take_away, "launch", writes)
    monkeypatch.setattr(take_away, "missing", lambda kind: "")
    at = fine(AppTest.from_function(take_away_dialog, args=(str(tiled),)).run(timeout=60))
    (chosen,) = (box for box in at.selectbox if box.label == take_away_words.SIZES)
    for kind, last in (("onnx", "150x96 96x150"), ("torch", "150x96 96x150"), ("torch", "96x150")):
        fine(at.radio(key="take").set_value(kind).run())
        exported(pressed(fine(at.selectbox(key=chosen.key).set_value(last).run()), take_away_words.MAKE))
        told = take_away_words.NEXT_OF_SEVERAL if " " in last else take_away_words.NEXT
        assert told[kind] in at.success[0].value and at.get("download_button")
        assert commands[-1][-2 - len(last.split()) : -2] == last.split()


def test_the_sizes_of_the_training_pictures_are_offered_with_their_counts(
    tiled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = resources.load_model("tiled", tiled, "cpu").detector.checkpoint.about
    monkeypatch.setitem(about, "pictures", [[96, 150, 9], [150, 96, 1]])
    monkeypatch.setattr(take_away, "missing", lambda kind: "")
    at = fine(AppTest.from_function(take_away_dialog, args=(str(tiled),)).run(timeout=60))
    (chosen,) = (box for box in at.selectbox if box.label == take_away_words.SIZES)
    one = ["150 x 96 (9 pictures)", "96 x 150 (1 picture)"]
    assert chosen.options == [*one, take_away_words.ANOTHER_SIZE, take_away_words.all_sizes(2)] and not at.number_input
    assert chosen.value == "150x96" and take_away_words.LIMIT in [info.value for info in at.info]
    assert len(fine(chosen.set_value("another").run()).number_input) == 2
    fine(at.radio(key="take").set_value("web").run())
    (chosen,) = (box for box in at.selectbox if box.label == take_away_words.SIZES)
    assert chosen.options == [*one, take_away_words.ANOTHER_SIZE], "a page is for one size"
