"""Tables that a spreadsheet reads rightly, and results whose names differ on every file system."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import random_images
from PIL import Image

from nnet.cli import main
from nnet.saved.spreadsheet import harmless
from workbench.shared import spreadsheet


@pytest.mark.parametrize("text", ["=cmd()", "+1+2", "-2+3", "@SUM(A1)", "\t=1"])
def test_what_a_spreadsheet_would_run_becomes_text(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("value", ["产品,01.png", 'a"b', "-1.5", "+3e-4", -2.0, "a=b", ""])
def test_everything_else_stays_as_it_is(value):
    assert harmless(value) == value


def test_a_downloaded_table_has_a_byte_order_mark_and_no_formulas():
    content = spreadsheet.csv(pd.DataFrame({"Image": ["=cmd().png", "产品.png"], "Score": [-1.0, 2.0]}))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines() == ["Image,Score", "'=cmd().png,-1.0", "产品.png,2.0"]


def test_score_writes_a_table_for_spreadsheets_maps_with_their_place_and_names_that_differ(
    trained_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    folder = Path("=parts")
    (folder / "b").mkdir(parents=True)
    for name, image in zip(("IMG.png", "b/img.png", "产品.png"), random_images(3), strict=True):
        Image.fromarray(image[:40]).save(folder / name)
    Image.new("1", (64, 40)).save(folder / "IMG_mask.png")
    arguments = ["score", "--checkpoint", str(trained_checkpoint), str(folder), "--out", "out", "--threshold", "1e9"]
    assert main(arguments) == 0
    assert "1 masks in =parts are not scored" in capsys.readouterr().err
    assert Path("out/scores.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with Path("out/scores.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["image"] for row in rows] == ["'=parts/IMG.png", "'=parts/b/img.png", "'=parts/产品.png"]
    assert {row["threshold"] for row in rows} == {"1e+09"} and {row["anomalous"] for row in rows} == {"0"}
    assert len({row["overlay"].casefold() for row in rows}) == len({row["map"].casefold() for row in rows}) == 3
    with np.load(Path("out") / rows[0]["map"]) as found:
        assert found["image_size"].tolist() == [40, 64]
        size = found["score"].shape[0]
        assert (found["to_image"] @ [size, size, 1]).tolist() == [64, 40]
