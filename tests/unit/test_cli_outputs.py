"""What scripts rely on: the options of each command, the files it leaves, and what it writes to which stream."""

import csv
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from builders import write_category, write_small_category

from nnet.cli import main

OPTIONS = {
    "train": "--data --out --run --preset --teacher --teacher-weights --random-teacher --epochs --size --batch-size "
    "--learning-rate --seed --precision --set --resume --compile --tensorboard --device",
    "score": "--checkpoint --out --score --teacher-weights --device",
    "evaluate": "--checkpoint --data --score --json --subsets --teacher-weights --device",
    "info": "--checkpoint",
    "data": "",
    "replay": "--checkpoint --teacher-weights --device",
    "ablate": "--study --data --seeds --preset --out --set --split-seed --engine --jobs --address --device "
    "--teacher-weights --keep --export --export-models --any-code --list --dry-run",
}
TABLE = ["image", "score", "threshold", "anomalous", "percentile_among_normals", "p_value", "overlay", "map"]


@pytest.fixture(scope="module")
def category(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_category(tmp_path_factory.mktemp("data") / "part")


@pytest.fixture
def checkpoint(trained_checkpoint: Path, tmp_path: Path) -> Path:
    """A copy that a command may write into."""
    return Path(shutil.copytree(trained_checkpoint, tmp_path / "model"))


@pytest.mark.parametrize("command", OPTIONS)
def test_a_command_keeps_its_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    found = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    assert set(OPTIONS[command].split()) <= found


def test_score_leaves_a_table_and_two_files_per_image(
    checkpoint: Path, category: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["score", "--checkpoint", str(checkpoint), str(category / "test/dent"), "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        *(f"{i:03}_{kind}" for i in range(2) for kind in ("map.npz", "overlay.png")),
        "scores.csv",
    ]
    with (out / "scores.csv").open(encoding="utf-8-sig") as table:
        assert set(TABLE) <= set(next(csv.reader(table)))
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1 and printed[0].startswith("2 images scored") and str(out) in printed[0]
    with (out / "scores.csv").open(encoding="utf-8-sig") as table:
        flagged = sum(int(row["anomalous"]) for row in csv.DictReader(table))
    assert f"{flagged} of them anomalous, 0 left out" in printed[0]


def test_evaluate_prints_a_table_and_writes_json(
    checkpoint: Path, category: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "measured.json"
    arguments = ["evaluate", "--checkpoint", str(checkpoint), "--data", str(category), "--subsets"]
    assert main([*arguments, "--json", str(written)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| score | I-AUROC | I-AP |"
    assert [line.split("`")[1] for line in lines[2:5]] == ["(M1+M6)*(M2+M5)*(M3+M4)", "M1*M2*M3", "M4*M5*M6"]
    assert re.fullmatch(r"\| `M1\*M2\*M3` .+ \| [01]\.\d{4} \| [01]\.\d{4} \|", lines[3])
    assert "| Shapley value | I-AUROC | I-AP |" in lines
    told = next(line for line in lines if line.startswith("Above "))
    assert re.search(r"threshold: [0-2] of 2 defects found( \(95 %: .*\))?, [0-3] of 3 good parts flagged", told)
    assert [line[2:4] for line in lines if re.match(r"\| M\d \| [+-]", line)] == [f"M{i}" for i in range(1, 7)]
    found = json.loads(written.read_text())
    assert {"data", "size", "scores", "commit", "created"} <= found.keys()


def test_info_and_data_print_what_there_is(
    checkpoint: Path, category: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", "--checkpoint", str(checkpoint)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("# model\n") and re.search(r"^Weights SHA-256: [0-9a-f]{64}$", printed, re.MULTILINE)
    assert len(re.findall(r"^  (?:model|loss|train|score)\.\w+: ", printed, re.MULTILINE)) >= 35
    assert main(["data", str(category)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "part (MVTec AD)" and f"source: {category}" in lines
    assert [line.split()[:3] for line in lines if line.startswith(("train", "test"))] == [
        ["train", "good", "2"],
        ["test", "good", "3"],
        ["test", "dent", "2"],
    ]


def test_ablate_lists_the_variants(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ablate", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line for line in lines if line and not line.startswith(" ")]
    assert names[:5] == ["rd", "fpm", "mf", "bd", "nnet"] and names[-1].startswith("30 variants")


@pytest.mark.parametrize(
    "arguments",
    [
        ["score", "{picture}", "--checkpoint", "{model}", "--out", "{file}"],
        ["evaluate", "--checkpoint", "{model}", "--data", "{data}", "--json", "{file}/results.json"],
        ["export", "--checkpoint", "{model}", "--format", "torch", "--out", "{file}"],
        ["train", "--data", "{data}", "--out", "{file}/run"],
        ["report", "--checkpoint", "{model}", "--out", "{data}"],
        ["watch", "{data}", "--checkpoint", "{model}", "--out", "{file}", "--once"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_place_that_cannot_be_written_is_named_in_a_sentence(
    arguments: list[str], tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    data = write_category(tmp_path / "data")
    known = {"model": tiny_checkpoint, "data": data, "file": tmp_path / "file"}
    picture = data / "train" / "good" / "000.png"
    assert main([one.format(picture=picture, **known) for one in arguments]) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("nnet: ") and str(tmp_path) in said and said.endswith(".") and ".tmp" not in said


def test_complaints_go_to_stderr_with_the_programs_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["info", "--checkpoint", str(tmp_path / "none")], ["replay", str(tmp_path / "none.zip")]):
        assert main(arguments) == 1
        captured = capsys.readouterr()
        assert captured.out == "" and captured.err.startswith("nnet: ")


@pytest.mark.parametrize("threshold", ["nan", "inf", "0", "-1", "x"])
@pytest.mark.parametrize("command", ["score", "calibrate"])
def test_a_threshold_that_decides_nothing_is_wrong_usage(
    command: str, threshold: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"score": ["a.png", "--out", "results"], "calibrate": []}[command]
    with pytest.raises(SystemExit) as ended:
        main([command, *given, "--checkpoint", "model", f"--threshold={threshold}"])
    assert ended.value.code == 2 and "--threshold" in capsys.readouterr().err


def test_a_picture_with_as_long_a_name_as_there_can_be_is_scored(tiny_checkpoint: Path, tmp_path: Path) -> None:
    data, out = write_small_category(tmp_path / "data"), tmp_path / "out"
    picture = data / "train" / "good" / "000.png"
    for name in ("a" * 251, "b" * 251, "line\nbreak", "no utf-8 \udcff"):
        shutil.copy(picture, tmp_path / "data" / f"{name}.png")
    pictures = [str(path) for path in sorted((tmp_path / "data").glob("*.png"))]
    assert main(["score", *pictures, "--checkpoint", str(tiny_checkpoint), "--out", str(out)]) == 0
    assert len(list(out.glob("*_overlay.png"))) == len(list(out.glob("*_map.npz"))) == 4
    assert all(path.name.isprintable() for path in out.iterdir())


def test_a_folder_whose_name_is_no_utf_8_is_written_and_named(
    tiny_checkpoint: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    picture = write_small_category(tmp_path / "data") / "train" / "good" / "000.png"
    out = tmp_path / "out \udcff"
    with open(os.dup(1), "w", encoding="utf-8") as utf_8, pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stdout", utf_8)
        assert main(["score", str(picture), "--checkpoint", str(tiny_checkpoint), "--out", str(out)]) == 0
    assert b"results in " + os.fsencode(out) in capfdbinary.readouterr().out
