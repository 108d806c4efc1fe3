"""The comparison's own arithmetic: equal steps, the table from finished runs, and that a finished run is not repeated.

The detectors themselves are trained by benchmarks.peers, never by a test.
"""

import argparse
import json
import re
from pathlib import Path

import numpy as np
import pytest
from builders import random_images

from benchmarks import peers
from nnet.scoring.metric_names import SHORT_NAMES
from nnet.scoring.metrics import label_pixels


def row(method: str, seed: int, i_auroc: float, seconds: float = 10.0, p_ap: float | None = None) -> dict:
    names = [name for name in peers.ROWS if name.partition("/")[0] == method]
    scores = {name: {"i_auroc": i_auroc, "i_ap": 0.5, "p_auroc": None, "p_pro": None, "p_ap": p_ap} for name in names}
    trained = method in peers.TRAINED
    return {
        "method": method,
        "data": "elpv",
        "seed": seed,
        "steps": 94 if trained else None,
        "epochs": 2 if trained else None,
        "size": 128,
        "train_images": 370,
        "test_normal": 176,
        "test_defective": 313,
        "train_core_seconds": seconds,
        "threads": 1,
        "scores": scores,
        "versions": {"torch": "2.0", "anomalib": "1.0"},
    }


def save(folder, *rows: dict) -> None:
    for each in rows:
        path = peers.row_file(folder, each["method"], each["data"], each["seed"])
        path.write_text(json.dumps(each))


def test_every_method_gets_whole_epochs_and_a_schedule_that_fits():
    config = peers.configure("nnet", 300, 3, 761)  # 64 are held out, so 697 in batches of 16 with a smaller last one
    assert peers.steps_of(config, 761) == 44
    assert (config.train.epochs, config.train.min_steps, config.train.seed) == (7, 0, 3)
    assert config.loss.beta_share == 0.1


def test_our_methods_are_the_networks_that_their_names_say():
    baseline = peers.configure("rd-baseline", 10, 0, 50)
    assert baseline.maps == ("M1", "M2", "M3")
    assert not (baseline.model.fpm or baseline.model.nfs or baseline.model.ffc)
    assert peers.configure("forward", 10, 0, 50).maps == ("M4", "M5", "M6")
    assert len(peers.configure("nnet", 10, 0, 50).maps) == 6


def test_the_table_has_mean_and_spread_and_only_metrics_that_exist(tmp_path):
    save(tmp_path, *(row("nnet", seed, value) for seed, value in enumerate((0.90, 0.92, 0.94))))
    save(tmp_path, row("padim", 0, 0.955, seconds=12.4))
    (tmp_path / "inference.json").write_text(json.dumps({"elpv": {"padim": 3.21}}))
    shown = peers.table(tmp_path, "elpv")
    assert "P-AP" not in shown and "370 training images" in shown and "94 steps (2 epochs)" in shown
    lines = [line for line in shown.splitlines() if line.startswith("| ")]
    assert len(lines) == 1 + 3 + 1  # N-Net has three rows; methods without a run have none
    assert "| N-Net, all six maps | 92.0 ± 2.0 | 50.0 ± 0.0 | 3 | 10 | - |" in lines
    assert "| PaDiM (anomalib) | 95.5 | 50.0 | 1 | 12 | 3.2 |" in lines
    assert peers.table(tmp_path, "tiles") == "magnetic tiles: no finished run.\n"


def test_the_networks_of_a_study_stand_beside_the_others(tmp_path):
    scores = {"stfpm": dict.fromkeys(SHORT_NAMES, 0.8)}
    others = {**row("stfpm", 0, 0.8), "data": "cog", "steps": 600, "epochs": 50, "scores": scores}
    save(tmp_path, others)
    study = Path(peers.__file__).parents[1] / "checkpoints" / "studies" / "synthetic-cog-small"
    shown = peers.table(tmp_path, "cog", study)
    assert "600 steps (50 epochs) of 16 images" in shown
    ours = [line for line in shown.splitlines() if line.startswith(("| N-Net", "| our"))]
    text = (study / "card.md").read_text()
    for line, label in zip(ours, ("M1 to M6", "M1, M2, M3", "M4, M5, M6", "Baseline"), strict=True):
        (printed,) = set(re.findall(rf"^\| {label} \| 3 \|.* \| ([\d.]+) ± [\d.]+ \| [^|]* \| [^|]* \|$", text, re.M))
        assert float(line.split(" | ")[1].split(" ±")[0]) == pytest.approx(float(printed), abs=0.051)
    save(tmp_path, {**others, "steps": 300})
    with pytest.raises(SystemExit, match="300 and 600 steps"):
        peers.table(tmp_path, "cog", study)


def test_runs_with_different_steps_are_not_mixed(tmp_path):
    save(tmp_path, row("nnet", 0, 0.9), {**row("forward", 0, 0.9), "steps": 47})
    with pytest.raises(SystemExit, match="47 and 94 steps"):
        peers.table(tmp_path, "elpv")


def test_a_finished_run_is_not_run_again(tmp_path, monkeypatch):
    images = random_images(20, 128)
    material = peers.Material(images, images[:4], np.array([False, True, False, True]), None)
    monkeypatch.setattr(peers, "open_data", lambda name, tiles: None)
    monkeypatch.setattr(peers.Material, "of", classmethod(lambda cls, dataset, size: material))
    calls = []

    def run(method, data, seed, *_):
        calls.append((method, data, seed))
        save(tmp_path, {**row(method, seed, 0.9), "data": data})

    monkeypatch.setattr(peers, "run", run)
    options = argparse.Namespace(
        out=tmp_path, methods=["nnet", "padim"], data=["tiles", "elpv"], seeds=[0, 1], tiles=None, steps=10, threads=1
    )
    save(tmp_path, row("nnet", 0, 0.9))
    peers.run_all(options)
    assert calls == [
        ("nnet", "tiles", 0),
        ("padim", "tiles", 0),
        ("padim", "elpv", 0),
        ("nnet", "tiles", 1),
        ("nnet", "elpv", 1),
        ("padim", "tiles", 1),
        ("padim", "elpv", 1),
    ]
    peers.run_all(options)
    assert len(calls) == 7


def test_one_of_our_methods_end_to_end(tmp_path):
    images = random_images(14, 128)
    masks = np.zeros((4, 128, 128), bool)
    masks[2:, 40:60, 40:60] = True
    material = peers.Material(images, images[:4], masks.any(axis=(1, 2)), label_pixels(masks))
    options = argparse.Namespace(out=tmp_path, tiles=None, steps=1, threads=1)
    peers.run("rd-baseline", "tiles", 0, material, options)
    found = json.loads((tmp_path / "rd-baseline-tiles-0.json").read_text())
    assert (found["steps"], found["epochs"], found["train_images"]) == (1, 1, 6)
    assert found["train_core_seconds"] > 0
    assert 0 <= found["scores"]["rd-baseline"]["p_auroc"] <= 1
    assert "our reverse distillation" in peers.table(tmp_path, "tiles")
