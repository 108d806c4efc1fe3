"""What a stranger could write into every text that the workbench shows, and a workbench full of it."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
from builders import ablation_rows, random_images
from PIL import Image
from run_builders import end, finish, make_run, say, write_film, write_history
from watched import put, watch

from nnet.runs import Runs
from nnet.studies import STUDIES
from nnet.studies.store import CARD, CSV, to_csv

NAME = "![x](http:evil) :red[z] $q$ [y](http:evil) <img src=evil> `c` **b**"
"""As the name of a file or folder, which has no slash."""
TEXT = f"![x](http://evil.example/p.png) <img src='http://evil.example/i.png'> {NAME}"
"""As any other text."""
RENDERED = ("![x](", ":red[z]", "$q$", "[y](http", "**b**")
"""What of it must not reach Markdown as it is."""


def workbench(folder: Path, checkpoint: Path) -> dict[str, str]:
    """Models, runs, a study and a data set with such texts everywhere, and the environment that makes them known."""
    _model(folder / "models" / NAME, checkpoint)
    _runs(folder / "runs", checkpoint)
    _study(folder / "studies" / NAME)
    _data(folder / "data" / NAME)
    _line(folder / "in", folder / "lines" / NAME)
    return {
        "NNET_CHECKPOINTS": str(folder / "models"),
        "NNET_CHECKPOINTS_ONLY": "1",
        "NNET_RUNS": str(folder / "runs"),
        "NNET_STUDIES": os.fspath(folder / "studies" / NAME),
        "NNET_DATA": str(folder / "data"),
        "NNET_WATCH": str(folder / "lines" / NAME),
    }


def _model(path: Path, checkpoint: Path) -> None:
    shutil.copytree(checkpoint, path)
    config = json.loads((path / "config.json").read_text())
    config["about"] |= {"commit": TEXT, "device": TEXT, "teacher_origin": TEXT, "created": TEXT}
    config["about"]["data"] = {"name": TEXT, "source": TEXT, "licence": TEXT, "sha256": TEXT}
    (path / "config.json").write_text(json.dumps(config))
    (path / "card.md").write_text(TEXT)


def _runs(root: Path, checkpoint: Path) -> None:
    runs = Runs(root)
    finished = make_run(runs, NAME)
    write_film(finished)
    write_history(finished)
    finish(finished, checkpoint)
    (finished.path / "card.md").write_text(f"# {TEXT}\n\n- {TEXT}\n\n| a |\n|---|\n| {TEXT} |\n\n> {TEXT}\n{TEXT}\n")
    failed = make_run(runs, f"failed {NAME}", data=f"/nowhere/{NAME}")
    (failed.path / "log.txt").write_text(TEXT)
    say(failed, notes=(TEXT,))
    end(failed, 1, TEXT)
    make_run(runs, f"new {NAME}")  # not queued: a waiting run would be started


def _study(path: Path) -> None:
    path.mkdir(parents=True)
    labels = [row.label for row in STUDIES["table4"].rows]
    values = {label: {"i_auroc": [0.5 + 0.01 * number] * 3} for number, label in enumerate(labels)}
    rows = ablation_rows("table4", values, TEXT, settings=TEXT, device=TEXT, preset=TEXT, created=TEXT)
    (path / CSV).write_text(to_csv(rows))
    (path / CARD).write_text(f"# {TEXT}\n\n{TEXT}\n")


def _line(pictures: Path, out: Path) -> None:
    put(pictures, f"{NAME}.png", 200)
    (pictures / f"{NAME} bad.png").write_bytes(b"no picture")
    watch(pictures, out)


def _data(path: Path) -> None:
    for place, count, seed in (("train/good", 6, 1), ("test/good", 3, 2), (f"test/{NAME}", 3, 3)):
        (path / place).mkdir(parents=True)
        for number, pixels in enumerate(random_images(count, seed=seed)):
            Image.fromarray(pixels).save(path / place / f"{NAME}{number}.png")
    masks = path / "ground_truth" / NAME
    masks.mkdir(parents=True)
    Image.fromarray(np.full((64, 64), 255, np.uint8)).save(masks / f"{NAME}0_mask.png")
