"""The command line end to end, in processes of its own, on a handful of small images."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import forking
import numpy as np
import pytest
from builders import random_images, tiny_config, write_category

from nnet.analysis import stored
from nnet.cli import NOBODY_READS, main
from nnet.cli.train import ended_like_ctrl_c
from nnet.data.images import decode
from nnet.runs.film import FILM, Film
from nnet.saved.checkpoint import load
from nnet.saved.formats import RESUME, RESUME_FORMAT
from nnet.scoring.metrics import auroc
from nnet.scoring.unfamiliar import share_above, unfamiliar
from nnet.training.events import Progress
from nnet.training.loop import train
from nnet.training.state import load_history

ROOT = Path(__file__).parents[2]
TINY = ["--teacher", "test_resnet", "--random-teacher", "--size", "64", "--epochs", "1", "--batch-size", "4"]


def nnet(*arguments: object) -> subprocess.CompletedProcess:
    return forking.run(lambda: main([str(word) for word in arguments]))


@pytest.fixture(scope="module")
def category(tmp_path_factory) -> Path:
    """An MVTec-style category: 14 normal images, 3 normal and 3 defective test images with masks."""
    return write_category(tmp_path_factory.mktemp("data") / "part", good=3, hole=3)


@pytest.fixture(scope="module")
def checkpoint(category, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("out") / "part"
    done = nnet("train", "--data", category, "--out", out, *TINY)
    assert done.returncode == 0, done.stderr
    assert "Training" in done.stderr and "100%" in done.stderr
    return out


def test_train_leaves_a_complete_checkpoint(checkpoint):
    assert {p.name for p in checkpoint.iterdir()} == {
        "config.json",
        "weights.safetensors",
        "normal_maps.safetensors",
        "atlas.safetensors",
        "calibration.json",
        "history.jsonl",
        "metrics.json",
        "scores.json",
        "card.md",
    }


def test_a_short_film_of_the_training_is_kept_when_asked_for(category, checkpoint, tmp_path):
    done = nnet("train", "--data", category, "--out", tmp_path / "part", "--film", *TINY)
    assert done.returncode == 0, done.stderr
    film = Film(tmp_path / "part" / FILM, load(tmp_path / "part").config)
    assert film.epochs[0] == 0 and film.epochs[-1] == len(load_history(tmp_path / "part"))
    assert [probe.caption for probe in film.probes] == ["normal", "defective: hole", "defective: hole"]
    frame = film.frame(film.epochs[-1])
    assert sorted(frame.maps) == [f"M{i}" for i in range(1, 7)] and frame.maps["M1"].shape == (3, 32, 32)
    assert film.score_map(frame, 1).max() == pytest.approx(frame.scores[1], rel=0.5)  # of coarser maps
    assert load(tmp_path / "part").weights_hash == load(checkpoint).weights_hash  # it only looks


def test_the_card_states_what_was_measured(checkpoint):
    metrics = json.loads((checkpoint / "metrics.json").read_text())
    card = (checkpoint / "card.md").read_text()
    scores = metrics["scores"]
    assert list(scores) == ["(M1+M6)*(M2+M5)*(M3+M4)", "M1*M2*M3", "M4*M5*M6"]
    for values in scores.values():
        assert f"{values['i_auroc']:.4f}" in card and f"{values['p_auroc']:.4f}" in card
    assert "random weights" in card and "3 normal and 3 defective" in card
    about = json.loads((checkpoint / "config.json").read_text())["about"]
    assert about["data"]["sha256"] in card and about["commit"] in card


def test_a_finished_run_keeps_the_score_of_every_picture(checkpoint):
    (found,) = stored.read(load(checkpoint))
    assert sorted(found.labels) == ["good"] * 3 + ["hole"] * 3
    for one in found.results:
        measured = json.loads((checkpoint / "metrics.json").read_text())["scores"][one.expression.text]
        assert auroc(one.scores, [label != "good" for label in found.labels]) == measured["i_auroc"]
        assert {"i_auroc", "i_ap", "p_auroc", "p_pro", "p_ap"} <= set(found.intervals[one.expression.text])


def test_score_writes_overlay_map_and_row_per_image(checkpoint, category, tmp_path):
    done = nnet("score", "--checkpoint", checkpoint, category / "test", "--out", tmp_path / "o")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "o" / "scores.csv").open(encoding="utf-8-sig")))
    assert len(rows) == 6
    for row in rows:
        score = np.load(tmp_path / "o" / row["map"])["score"]
        assert float(row["score"]) == pytest.approx(score.max(), rel=1e-4)
        assert decode(tmp_path / "o" / row["overlay"]).image.shape == (64, 64, 3)
        assert row["anomalous"] == str(int(float(row["score"]) > float(row["threshold"])))
        assert row["notes"] == unfamiliar(share_above(score, float(row["threshold"])))
    threshold = ["--threshold", f"{min(float(row['score']) for row in rows) / 1e3:.6g}"]
    done = nnet("score", "--checkpoint", checkpoint, category / "test", "--out", tmp_path / "low", *threshold)
    assert done.returncode == 0, done.stderr
    told = list(csv.DictReader((tmp_path / "low" / "scores.csv").open(encoding="utf-8-sig")))
    assert all("probably not the kind of picture" in row["notes"] for row in told)


def test_score_takes_an_expression_and_says_what_is_wrong_with_one(checkpoint, category, tmp_path, capsys):
    image = category / "test" / "hole" / "000.png"
    arguments = ["score", "--checkpoint", str(checkpoint), str(image), "--out", str(tmp_path / "o")]
    assert main([*arguments, "--score", "M1*M2"]) == 0
    assert main([*arguments, "--score", "M1*__import__"]) == 1
    assert "nnet: " in capsys.readouterr().err


def test_one_bad_file_does_not_stop_the_others(checkpoint, category, tmp_path, capsys):
    (bad := tmp_path / "bad.png").write_bytes(b"no image")
    good = category / "test" / "good" / "000.png"
    code = main(["score", "--checkpoint", str(checkpoint), str(bad), str(good), "--out", str(tmp_path / "o")])
    assert code == 1 and "bad.png" in capsys.readouterr().err
    assert len((tmp_path / "o" / "scores.csv").read_text().splitlines()) == 2


def test_images_of_one_name_do_not_overwrite_each_other(checkpoint, category, tmp_path):
    paths = [str(category / "test" / kind / "000.png") for kind in ("good", "hole")]
    assert main(["score", "--checkpoint", str(checkpoint), *paths, "--out", str(tmp_path / "o")]) == 0
    assert {p.name for p in (tmp_path / "o").glob("*.npz")} == {"000_map.npz", "000_2_map.npz"}


def test_evaluate_measures_what_training_wrote_down(checkpoint, category, tmp_path, capsys):
    saved = json.loads((checkpoint / "metrics.json").read_text())
    arguments = ["evaluate", "--checkpoint", str(checkpoint), "--data", str(category), "--json", str(tmp_path / "m")]
    assert main(arguments) == 0
    assert "I-AUROC" in capsys.readouterr().out
    measured = json.loads((tmp_path / "m").read_text())
    assert measured["data"] == saved["data"] and measured["commit"]
    for text, values in saved["scores"].items():
        assert measured["scores"][text]["i_auroc"] == pytest.approx(values["i_auroc"])
        assert measured["scores"][text]["p_pro"] == pytest.approx(values["p_pro"], rel=1e-3)


def test_evaluate_needs_labelled_images(checkpoint, category, capsys):
    assert main(["evaluate", "--checkpoint", str(checkpoint), "--data", str(category / "train" / "good")]) == 1
    assert "normal and defective" in capsys.readouterr().err


def test_info_shows_card_and_settings(checkpoint, capsys):
    assert main(["info", "--checkpoint", str(checkpoint)]) == 0
    shown = capsys.readouterr().out
    assert "# part" in shown and "loss.alpha" in shown and "[paper" in shown


def test_data_counts_what_is_there(category, capsys):
    assert main(["data", str(category)]) == 0
    assert "hole" in capsys.readouterr().out


def test_data_that_must_be_mended_ends_in_code_1(category, tmp_path, capsys):
    shutil.copytree(category, tmp_path / "part")
    stray = next((tmp_path / "part/ground_truth").rglob("*.png")).with_name("stray_mask.png")
    shutil.copy(next((tmp_path / "part/ground_truth").rglob("*.png")), stray)
    assert main(["data", str(tmp_path / "part")]) == 1
    shown = capsys.readouterr().out
    assert "1 mask without an image:" in shown and "stray_mask.png" in shown and "Please fix" in shown


@pytest.mark.long
def test_elpv_is_a_data_set_by_name(capsys):
    assert main(["data", "elpv:mono"]) == 0
    assert "defective" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--data", "no/such/folder", "--out", "x"], "no/such/folder"),
        (["train", "--data", "elpv", "--out", "x", "--set", "model.sise=3"], "sise"),
        (["train", "--data", "elpv", "--out", "x", "--set", "nonsense"], "SECTION.FIELD=VALUE"),
        (["info", "--checkpoint", "nowhere"], "is not a checkpoint"),
    ],
)
def test_mistakes_end_in_one_sentence_and_code_1(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    message = capsys.readouterr().err
    assert words in message and "Traceback" not in message


def test_set_reads_numbers_words_and_none(category, tmp_path):
    out = tmp_path / "m"
    code = main(
        [
            "train",
            "--data",
            str(category),
            "--out",
            str(out),
            *TINY,
            "--set",
            "model.fpm=false",
            "--set",
            "loss.beta_epochs=none",
            "--set",
            "loss.distance=l1",
            "--set",
            "loss.alpha=2",
        ]
    )
    config = json.loads((out / "config.json").read_text())["config"]
    assert code == 0 and config["model"]["fpm"] is False
    assert config["loss"] == {
        "kd": True,
        "align": True,
        "distance": "l1",
        "alpha": 2.0,
        "beta": 1.0,
        "beta_epochs": None,
        "beta_share": 0.1,
        "delta": 0.002,
        "moves_teacher": False,
    }


def test_a_reader_that_leaves_early_ends_the_program_quietly():
    """What `| head` does: the other end of the pipe is closed before anything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        command = [sys.executable, "-m", "nnet", "ablate", "--list"]
        done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(writing)
    assert done.stderr == "" and done.returncode == NOBODY_READS


def test_kill_keeps_the_last_finished_epoch_and_nohup_keeps_its_meaning(tmp_path):
    def killed(progress: Progress) -> None:
        if progress.phase == "train" and progress.epoch == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with pytest.raises(KeyboardInterrupt), ended_like_ctrl_c():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            train(tiny_config(train__epochs=4), random_images(14), tmp_path / "m", device="cpu", report=killed)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert RESUME_FORMAT.header(tmp_path / "m" / RESUME).notes["epoch"] == "2"
    assert signal.getsignal(signal.SIGTERM) is not signal.default_int_handler


@pytest.mark.parametrize(("program", "name"), [("/x/nnet/__main__.py", "python -m nnet"), ("/x/bin/nnet", "nnet")])
def test_the_usage_names_the_command_as_it_was_typed(program, name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [program])
    with pytest.raises(SystemExit) as end:
        main(["info"])
    assert end.value.code == 2 and f"usage: {name} info" in capsys.readouterr().err


def test_no_command_leaves_anything_where_it_is_called(checkpoint, category, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in checkpoint.iterdir()}
    for words in (
        ["info", "--checkpoint", str(checkpoint)],
        ["data", str(category)],
        ["evaluate", "--checkpoint", str(checkpoint), "--data", str(category), "--score", "M1"],
        ["ablate", "--list"],
    ):
        assert main(words) == 0
    assert list(tmp_path.iterdir()) == []
    assert {path: path.stat().st_mtime_ns for path in checkpoint.iterdir()} == before
