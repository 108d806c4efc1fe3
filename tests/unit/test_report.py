"""The HTML report of a model: what it says, that it escapes what others wrote, and that it asks nobody."""

import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from builders import tiny_config, write_small_category
from markupsafe import escape
from PIL import Image

from nnet.analysis import stored
from nnet.analysis.stored import Stored
from nnet.cli import main
from nnet.data import GOOD
from nnet.data.framing import Framing
from nnet.presets.short import Short
from nnet.report import Subject, render, svg, words
from nnet.report.pictures import chosen, groups
from nnet.runs.layout import RunSpec, write_spec
from nnet.saved.card import framed
from nnet.saved.checkpoint import load
from nnet.scoring.operating_point import for_best_f1
from nnet.scoring.overlay import hatched

SCORES = np.array([0.1, 0.2, 0.4, 0.3, 0.5, 0.8])
DEFECTIVE = np.array([False, False, False, True, True, True])


@pytest.fixture(scope="module")
def category(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3 normal and 2 defective test images, in a folder whose name is markup."""
    return write_small_category(tmp_path_factory.mktemp("data") / "part <b>&", "<i>dent")


@pytest.fixture
def checkpoint(trained_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained_checkpoint, tmp_path / "model"))


def self_contained(page: str) -> bool:
    return not re.findall(r"https?:|src=\"(?!data:)|href=|@import|url\(|<script", page)


def test_the_report_of_measured_pictures_is_complete_and_escaped(
    checkpoint: Path, category: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.html"
    assert main(["report", "--checkpoint", str(checkpoint), "--data", str(category), "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert re.search(r"\d of 2 defects found, \d of 3 good parts flagged", page)
    assert str(out) in capsys.readouterr().out
    assert "part &lt;b&gt;&amp;" in page and "&lt;i&gt;dent" in page
    assert "<b>&" not in page and "<i>dent" not in page and self_contained(page)
    saved = load(checkpoint)
    assert saved.weights_hash in page and saved.calibration.for_expression().promise.sentence() in page
    assert (
        page.count("<svg") == 3 + 3 * ("P-PRO" in page)
        and page.count("data:image/jpeg") == 2 * page.count("<figure><div>") > 0
    )
    assert all(title in page for title in ("I-AUROC", "95 % interval", "Settings", "Origin"))


def test_a_stored_result_is_reported_without_its_pictures(
    checkpoint: Path, category: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--checkpoint", str(checkpoint), "--data", str(category), "--save"]) == 0
    out = tmp_path / "report.html"
    assert main(["report", "--checkpoint", str(checkpoint), "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert "of 2 defects found" in page and words.NOT_AT_HAND in page and "data:image" not in page
    (kept,) = stored.read(load(checkpoint))
    assert f"{kept.results[0].overall.i_auroc:.3f}" in page and "64 x 64 pixels" in page
    first, own = kept.results[0], load(checkpoint).calibration.for_expression().threshold
    best = for_best_f1(first.scores, np.array(kept.labels) != GOOD) / own
    assert str(escape(words.best_f1(first.overall.i_f1.f1, best))) in page, "as the page and nnet calibrate set it"


def test_categories_that_one_model_was_measured_on_have_a_row_each(checkpoint: Path, tmp_path: Path) -> None:
    for name, seed in (("bottle", 5), ("cable", 9)):
        place = write_small_category(tmp_path / "sets" / name)
        pixels = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(next((place / "test" / "good").iterdir()))  # no two with the same contents
    out = tmp_path / "report.html"
    sets = str(tmp_path / "sets")
    assert main(["evaluate", "--checkpoint", str(checkpoint), "--data", sets, "--each", "--save"]) == 0
    assert main(["report", "--checkpoint", str(checkpoint), "--out", str(out)]) == 0
    (table,) = re.findall(r"<h3>Set by set</h3>.*?</table>", out.read_text(encoding="utf-8"), re.DOTALL)
    rows = {name: float(value) for name, value in re.findall(r'<th scope="row">([^<]+)</th><td>([\d.]+)</td>', table)}
    assert list(rows)[2] == "Mean" and {*rows} == {"bottle", "cable", "Mean"}
    assert rows["Mean"] == pytest.approx((rows["bottle"] + rows["cable"]) / 2, abs=0.001)
    assert main(["report", "--checkpoint", str(checkpoint), "--data", f"{sets}/bottle", "--out", str(out)]) == 0
    assert "<h3>Set by set</h3>" in out.read_text(encoding="utf-8")


def test_without_a_result_the_report_says_how_to_get_one(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.html"
    assert main(["report", "--checkpoint", str(checkpoint), "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert "<h1>model</h1>" in page and "<dt>Folder</dt>" not in page
    assert words.NO_RESULT in page and "nnet evaluate" in page and "<svg" not in page and self_contained(page)
    assert words.NO_RESULT in capsys.readouterr().err


def test_the_report_of_a_run_has_its_title_and_names_its_folder(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(checkpoint, RunSpec("Magnetic <tile>", "upload", load(checkpoint).config))
    out = tmp_path / "report.html"
    assert main(["report", "--checkpoint", str(checkpoint), "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert "<h1>Magnetic &lt;tile&gt;</h1>" in page and "<dt>Folder</dt><dd>model</dd>" in page
    assert "is the report on Magnetic <tile>." in capsys.readouterr().out


def test_what_cannot_be_reported_is_said(checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["report", "--checkpoint", str(tmp_path / "empty"), "--out", str(tmp_path / "r.html")]) == 1
    assert "is not a checkpoint" in capsys.readouterr().err
    assert main(["report", "--checkpoint", str(checkpoint), "--out", str(tmp_path / "none" / "r.html")]) == 1
    assert "there is no folder" in capsys.readouterr().err


def test_another_threshold_is_said(checkpoint: Path, category: Path) -> None:
    assert main(["evaluate", "--checkpoint", str(checkpoint), "--data", str(category), "--save"]) == 0
    saved = load(checkpoint)
    (kept,) = stored.read(saved)
    subject = Subject(saved, kept)
    assert escape(words.OTHER_THRESHOLD) not in render(subject)
    low = render(replace(subject, threshold=float(kept.results[0].scores.min()) * 0.99))
    assert escape(words.OTHER_THRESHOLD) in low and "2 of 2 defects found, 3 of 3 good parts flagged" in low
    assert isinstance(kept, Stored) and kept.image_sizes
    assert words.misplaced(2) not in low
    near = {kept.results[0].expression.text: np.where(np.array(kept.labels) == GOOD, np.nan, 0.0)}
    threshold = float(kept.results[0].scores.min()) * 0.99
    elsewhere = render(replace(subject, stored=replace(kept, near=near), threshold=threshold))
    assert words.misplaced(2) in elsewhere and "2 of 2 defects found (2 in the wrong place), 3 of 3" in elsewhere
    judged = SimpleNamespace(score=np.zeros((8, 8)), reference=SimpleNamespace(colour_range=(0.0, 1.0), threshold=0.5))
    look = lambda index: (np.zeros((8, 8, 3), np.uint8), judged)  # noqa: E731
    for known, told in ((near, 2), ({}, 0)):
        (found,) = (
            one
            for one in groups(replace(kept, near=known), threshold, 1.0, look, Framing(64, 8))  # type: ignore[arg-type]
            if one.title.startswith(words.GROUPS["found"])
        )
        assert sum(one.caption.endswith(words.WRONG_PLACE) for one in found.pictures) == told


def test_what_speaks_against_the_model_stands_at_the_top(checkpoint: Path, category: Path, tmp_path: Path) -> None:
    assert main(["evaluate", "--checkpoint", str(checkpoint), "--data", str(category), "--save"]) == 0
    out = tmp_path / "report.html"
    for preset, told in (("", 0), ("small", 1)):
        write_spec(checkpoint, RunSpec("A trial", "synthetic:metal", preset=preset))
        assert main(["report", "--checkpoint", str(checkpoint), "--out", str(out)]) == 0
        assert out.read_text(encoding="utf-8").count("the preset Small makes at least 600") == told
    saved = load(checkpoint)
    (kept,) = stored.read(saved)
    text = kept.results[0].expression.text
    for low, told in ((0.4, 1), (0.6, 0)):
        sure = replace(kept, intervals={text: {**kept.intervals.get(text, {}), "i_auroc": (low, 0.9)}})
        page, _, _ = render(Subject(saved, sure)).partition("<h2>")
        assert page.count(words.CHANCE) == told


def test_a_promise_that_was_broken_is_said_where_it_stands(checkpoint: Path, category: Path) -> None:
    assert main(["evaluate", "--checkpoint", str(checkpoint), "--data", str(category), "--save"]) == 0
    saved = load(checkpoint)
    (kept,) = stored.read(saved)
    own, first = saved.calibration.for_expression(kept.results[0].expression), kept.results[0]
    for good, told in (([2.0] * 40, 1), ([0.5] * 40, 0)):
        scores = own.threshold * np.array([*good, 2.0])
        labels, keys = (GOOD,) * 40 + ("dent",), tuple(map(str, range(41)))
        found = replace(kept, keys=keys, labels=labels, results=(replace(first, scores=scores),), near={})
        page = render(Subject(saved, found, short=Short(48, 600, "small")))
        _, _, after = page.partition("<h2>What the threshold promises</h2>")
        assert after.count(str(escape(words.broken_promise(40, 40, Short(48, 600, "small"))))) == told


def test_a_group_says_how_many_of_its_pictures_are_shown() -> None:
    assert words.group(words.GROUPS["found"], 2, 12) == "Defects found (2 of 12 shown)"
    assert words.group(words.GROUPS["found"], 2, 2) == "Defects found"


def test_the_worst_pictures_come_first() -> None:
    found = chosen(SCORES, DEFECTIVE, 0.35)
    assert {name: (which.tolist(), total) for name, (which, total) in found.items()} == {
        "misses": ([3], 1),
        "alarms": ([2], 1),
        "found": ([4, 5], 2),
        "passed": ([0, 1], 2),
    }


def test_the_charts_hold_every_picture_and_the_threshold() -> None:
    dots = svg.histogram(SCORES / 0.35, DEFECTIVE)
    assert dots.count("<circle") == len(SCORES) and "<rect" not in dots, "bars one picture high say little"
    assert svg.histogram(np.tile(SCORES, 10) / 0.35, np.tile(DEFECTIVE, 10)).count("<rect") > 0
    bars = svg.histogram(SCORES / 0.35, DEFECTIVE)
    assert bars.count('class="good"') == bars.count('class="bad"') == 3 and bars.count('class="threshold"') == 1
    curve = svg.roc(SCORES, DEFECTIVE, 0.35)
    points = re.search(r'points="([^"]+)"', curve)
    dot = re.search(r'cx="([\d.]+)" cy="([\d.]+)"', curve)
    assert points and dot and f"{dot[1]},{dot[2]}" in points[1].split()


def test_curves_over_pixels_are_drawn_where_they_were_measured(checkpoint: Path, category: Path) -> None:
    assert main(["evaluate", "--checkpoint", str(checkpoint), "--data", str(category), "--save"]) == 0
    saved = load(checkpoint)
    (kept,) = stored.read(saved)
    steps = np.linspace(0, 1, 100_000)
    page = render(Subject(saved, kept, curves={"pro": (steps, np.sqrt(steps))}))
    assert page.count("<svg") == 4 and f'aria-label="{words.CURVES["pro"][0]}"' in page
    assert len(page) < 60_000, "points that no eye tells apart are one"


def test_what_is_not_looked_at_is_hatched_in_the_pictures(category: Path) -> None:
    config = tiny_config(model__crop="0,0,0.5,1")
    image = np.full((80, 60, 3), 120, np.uint8)
    framing = Framing.of(config.model)
    shown = hatched(image, framing.seen(image.shape, image.shape))
    assert (shown[:, :30] == 120).all() and (shown[:, 30:] != 120).all() and len(np.unique(shown[:, 30:])) == 2
    assert hatched(image, Framing(64, 16).seen(image.shape, image.shape)) is image
    small = framing.seen((800, 600), (80, 60))
    assert small is not None and small[:, :30].all() and not small[:, 30:].any()


def test_the_region_is_drawn_where_the_pictures_are_not_at_hand(checkpoint: Path) -> None:
    saved = load(checkpoint)
    assert 'class="region"' not in render(Subject(saved, None))
    cropped = tiny_config(model__crop="10,0,40,40")
    part = replace(saved, config=cropped, about={**saved.about, "picture": [50, 80]})
    page = render(Subject(part, None))
    assert 'class="region" src="data:image/jpeg' in page
    assert "Only a box is looked at, 40 x 40 pixels, beginning 10 from the left and 0 from the top." in page
    assert framed(tiny_config(model__crop="0.08,0,0.9,0.875").model) == [
        "only a box is looked at, 90 % of the width and 87.5 % of the height, beginning 8 % from the left and "
        "0 % from the top"
    ]
    assert [words.setting("model.ignore", mask) for mask in ("", "iVBORw0KGgo" * 9)] == ["none", "a mask"]
    assert 'class="region"' not in render(Subject(replace(part, about=saved.about), None)), "the size is not known"
