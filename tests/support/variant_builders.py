"""Studies for several test files: a small one with kept checkpoints, tiny variants that were trained for an epoch each,
and one with made-up numbers in every table."""

import json
import shutil
from pathlib import Path
from typing import Any

from builders import ablation_rows, random_images, tiny_config

from nnet.saved.checkpoint import load
from nnet.studies import STUDIES
from nnet.studies.formats import CSV, FORMAT
from nnet.studies.store import StudyFolder, result_rows, to_csv
from nnet.studies.variants import VARIANTS
from nnet.training.loop import train

NAME, DATA = "small", "tiny parts"


def kept_study(root: Path, trained: Path) -> Path:
    """The folder of a study with the runs "rd" and "kd" of seed 0 and "nnet", whose checkpoint is `trained`."""
    study = StudyFolder(root / NAME)
    study.make()
    for name in ("rd", "kd"):
        config = tiny_config(train__epochs=1, **{p.replace(".", "__"): v for p, v in VARIANTS[name].changes.items()})
        train(config, random_images(12, seed=3), study.model(name), device="cpu")
    shutil.copytree(trained, study.model("nnet"))
    rows: list[dict[str, Any]] = []
    for name in ("rd", "kd", "nnet"):
        result = _result(study, name)
        study.done(name).write_text(json.dumps(result))
        rows += result_rows(result, [VARIANTS[name]])
    (study.root / CSV).write_text(to_csv(rows))
    return study.root


def every_table(root: Path) -> Path:
    """The folder of a study of two data sets with masks, with numbers for every row of every table."""
    names = ("p_ap", "p_auroc", "p_pro", "i_auroc")
    values = {
        study.name: {
            row.label: {name: [0.5 + 0.01 * i, 0.51 + 0.01 * i] for name in names} for i, row in enumerate(study.rows)
        }
        for study in STUDIES.values()
    }
    rows = [row for data in ("tile", "carpet") for name in STUDIES for row in ablation_rows(name, values[name], data)]
    root.mkdir()
    (root / CSV).write_text(to_csv(rows))
    return root


def _result(study: StudyFolder, name: str) -> dict[str, Any]:
    config = load(study.model(name)).config
    metrics = {"p_ap": 0.25, "p_auroc": 0.5, "p_pro": 0.75, "i_auroc": 0.125, "i_ap": 0.375}
    scores = {expression: metrics for expression in VARIANTS[name].expressions(config)}
    return {
        "format": FORMAT,
        "key": name,
        "variants": [name],
        "data": DATA,
        "seed": 0,
        "config": config.to_dict(),
        "scores": scores,
        "identity": name,
        "preset": "small",
        "settings": "",
        "data_sha256": "0" * 64,
        "threads": 1,
        "engine": "local",
        "seconds_run": 1.0,
        "created": "2026-01-01T00:00:00+00:00",
    }
