"""Several categories in a folder or ZIP: one is named, or all are taken in turn."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from builders import random_images, write_category, write_small_category
from PIL import Image

from nnet.cli import main
from nnet.data import DataError, SeveralCategories, categories, open_dataset

TINY = ["--teacher", "test_resnet", "--random-teacher", "--size", "64", "--epochs", "1", "--batch-size", "4"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two categories to measure on, and one that is only good pictures."""
    for name in ("bottle", "cable"):
        write_small_category(tmp_path / "sets" / name)
    return tmp_path / "sets"


def test_each_lies_where_it_can_be_opened(root: Path, tmp_path: Path) -> None:
    assert categories(root) == (str(root / "bottle"), str(root / "cable"))
    assert [open_dataset(place).name for place in categories(root)] == ["bottle", "cable"]
    with pytest.raises(SeveralCategories, match=r"2 categories: bottle, cable.*--each") as found:
        open_dataset(root)
    assert found.value.names == ("bottle", "cable") and found.value.places == categories(root)
    shutil.make_archive(str(tmp_path / "all"), "zip", tmp_path, "sets")
    inside = categories(tmp_path / "all.zip")
    assert inside == tuple(f"{tmp_path}/all.zip/sets/{name}" for name in ("bottle", "cable"))
    assert open_dataset(inside[1]).name == "cable"


def test_one_data_set_has_none_whatever_its_layout(root: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    Image.fromarray(random_images(1)[0]).save(plain / "a.png")
    with zipfile.ZipFile(tmp_path / "plain.zip", "w") as archive:
        archive.write(plain / "a.png", "a.png")
    for one in (root / "bottle", plain, tmp_path / "plain.zip", "synthetic:metal"):
        assert categories(one) == ()


@pytest.mark.long
def test_train_and_evaluate_take_each_in_turn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, out = tmp_path / "sets", tmp_path / "runs"
    for name in ("bottle", "cable"):
        write_category(root / name)
    for seed, path in enumerate((root / "cable" / "train" / "good").iterdir()):
        Image.fromarray(random_images(1, seed=100 + seed)[0]).save(path)
    write_small_category(root / "thin")  # too few pictures
    train = ["train", "--each", "--data", str(root), "--out", str(out), "--device", "cpu", *TINY]
    assert main(train) == 1
    shown = capsys.readouterr()
    rows = [line.split(" | ")[0] for line in shown.out.splitlines() if line.startswith("| ")]
    assert rows == ["| category", "| bottle", "| cable", "| mean"]
    assert "not trained: thin" in shown.err and "thin: Training needs at least" in shown.err
    assert {path.name for path in out.iterdir() if (path / "card.md").is_file()} == {"bottle", "cable"}
    assert main([*train, "--resume"]) == 1
    assert "bottle is trained already." in capsys.readouterr().out

    shutil.rmtree(root / "thin")
    found = tmp_path / "found.json"
    evaluate = ["evaluate", "--each", "--data", str(root), "--device", "cpu", "--json", str(found)]
    assert main([*evaluate, "--checkpoint", str(out)]) == 0
    table = capsys.readouterr().out
    own = json.loads(found.read_text())
    assert list(own) == ["bottle", "cable"] and "| mean |" in table
    first = next(iter(own["bottle"]["scores"].values()))
    second = next(iter(own["cable"]["scores"].values()))
    mean = np.mean([first["i_auroc"], second["i_auroc"]])
    assert f"{mean:.4f}" in table.splitlines()[-2]
    assert own["bottle"]["weights_sha256"] != own["cable"]["weights_sha256"]
    assert main([*evaluate, "--checkpoint", str(out / "bottle")]) == 0, "one model for all"
    of_one = json.loads(found.read_text())
    assert of_one["bottle"]["weights_sha256"] == of_one["cable"]["weights_sha256"]


def test_each_of_one_data_set_says_what_to_do(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataError):
        open_dataset(root)
    assert main(["train", "--each", "--data", str(root / "bottle"), "--out", str(root / "out")]) == 1
    assert "Leave --each out" in capsys.readouterr().err
