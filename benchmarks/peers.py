"""N-Net beside other detectors: same teacher weights, same images, same size, same number of steps, our metrics.

    python -m benchmarks.peers --out runs/peers [--data cog elpv tiles] [--tiles FOLDER] [--steps 600] [--seeds 0 1 2]
        [--methods nnet rd-baseline ...] [--threads 1] [--time | --table] [--study checkpoints/studies/NAME]

Methods (a trained one runs once per seed and data set):
    nnet         N-Net, preset `small`; one training gives three rows: all six maps, reverse only, forward only
    rd-baseline  our reverse distillation, the paper's Table 4 row 1: no forward branch, FPM, NFS or FFC
    forward      plain forward distillation: no reverse branch, FPM, NFS or FFC
    patchcore, padim, stfpm, rd   the models of anomalib, where it is installed: its networks, losses and score maps,
                 in a plain loop in place of its Lightning engine
    patchcore-activated, padim-activated   the same on the features that N-Net takes (`ModelConfig.features`), so that
                 method and features can be told apart

What is made equal, and how:
    Teacher       EfficientNet-Lite0 with the weights of nnet.model.teacher_weights. anomalib's feature extractors are
                  built without weights and get the same tensors; each run checks that their features equal our
                  teacher's.
    Images        Those that N-Net trains on (the normal images without its held-out share), resized by
                  nnet.data.images, with the teacher's normalisation. The held-out share is drawn by the seed, for every
                  method alike.
    Steps         Whole epochs, as few as reach --steps, in the order of N-Net's images. Every optimiser has the rate
                  that its authors recommend as peak of the preset's schedule (warm-up and cosine over these steps).
    Smoothing     Where a method smooths its map, sigma is 4 pixels at 256, so 2 at 128. STFPM does not smooth.
    Score         Pixel metrics on each method's own map at input size; image metrics on its own image score.

Changes that another teacher than a ResNet forces on anomalib: PaDiM keeps 100 of the 176 channels, or of the 240 of
N-Net's features (its default for ResNet-18); reverse distillation has the bottleneck and decoder of its ResNet-18, with
a 1x1 convolution before and behind each scale that converts the channels. PatchCore's coreset is 1 % of the patches
(default 10 %): greedy selection of 10 % takes hours on one core.

Every finished run leaves a JSON file in --out and is not run again; a run that is broken off leaves nothing. Two
processes with different --data or --methods may fill one folder. Times are core seconds (process time on --threads
threads, without decoding), so that other work on the machine matters less than to a clock on the wall. Inference is
timed when all runs are done, all methods in turn in one process, the best of several rounds.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
import shutil
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.peers_anomalib import BATCH, Predictions, Theirs
from nnet.config import Config
from nnet.data import Dataset, load_resized, open_dataset
from nnet.detector import Detector
from nnet.expression import PRESETS
from nnet.model.compat import declare_torchvision_operators
from nnet.model.inputs import batches
from nnet.presets import preset
from nnet.saved.storage import write_text
from nnet.scoring.maps import image_score, score_maps
from nnet.scoring.metric_names import SHORT_NAMES
from nnet.scoring.metrics import evaluate, label_pixels
from nnet.studies import read_results
from nnet.training.events import Progress
from nnet.training.loop import train
from nnet.training.schedule import split_normals, steps_per_epoch

OURS: dict[str, dict[str, bool]] = {
    "nnet": {},
    "rd-baseline": {"model.forward": False, "model.fpm": False, "model.nfs": False, "model.ffc": False},
    "forward": {"model.reverse": False, "model.ffc": False, "model.fpm": False, "model.nfs": False},
}
THEIRS = ("stfpm", "rd", "padim", "patchcore", "padim-activated", "patchcore-activated")
TRAINED = (*OURS, "stfpm", "rd")
ROWS = {
    "nnet/paper": "N-Net, all six maps",
    "nnet/reverse": "N-Net, reverse only (M1 to M3)",
    "nnet/forward": "N-Net, forward only (M4 to M6)",
    "rd-baseline": "our reverse distillation (Table 4, row 1)",
    "forward": "our plain forward distillation",
    "patchcore": "PatchCore (anomalib)",
    "patchcore-activated": "PatchCore (anomalib) on N-Net's features",
    "padim": "PaDiM (anomalib)",
    "padim-activated": "PaDiM (anomalib) on N-Net's features",
    "stfpm": "STFPM (anomalib)",
    "rd": "Reverse Distillation (anomalib)",
}
DATA = {"tiles": "magnetic tiles", "elpv": "ELPV mono", "cog": "synthetic cogs"}
ROUNDS = 15


# ------------------------------------------------------------------------------------------------------- the data


@dataclass(frozen=True)
class Material:
    """One data set, decoded: `train` and `test` uint8 (n, size, size, 3), `labels` (n,) True where defective,
    `regions` the labelled masks at input size, or None where the set has no masks."""

    train: np.ndarray
    test: np.ndarray
    labels: np.ndarray
    regions: tuple | None

    @classmethod
    def of(cls, dataset: Dataset, size: int) -> Material:
        budget = 2**33  # all of it: both sets together take less than 0.1 GB at this size
        samples = [s for s in dataset.test if s.is_normal or s.is_defective]
        known = any(s.is_defective and s.has_mask for s in samples)
        masks = [_mask(s.load_mask(), size) for s in samples] if known else None
        return cls(
            load_resized(dataset.train, size, budget_bytes=budget),
            load_resized(samples, size, budget_bytes=budget),
            np.array([s.is_defective for s in samples]),
            label_pixels(masks) if known else None,
        )


def _mask(mask: np.ndarray | None, size: int) -> np.ndarray | None:
    """As nnet.analysis.evaluation does it: nearest neighbour."""
    if mask is None:
        return None
    return np.asarray(Image.fromarray(mask).resize((size, size), Image.Resampling.NEAREST))


def open_data(name: str, tiles: Path | None) -> Dataset:
    if name != "tiles":
        return open_dataset({"elpv": "elpv:mono", "cog": "synthetic:cog"}[name])
    if tiles is None:
        raise SystemExit("Name the folder of the magnetic tiles (train/good, test, ground_truth) with --tiles.")
    return open_dataset(tiles)


def steps_of(config: Config, images: int) -> int:
    """Optimiser steps per epoch on so many normal images, some of which are held out."""
    return steps_per_epoch(config.train, len(split_normals(images, config.train)[0]))


def configure(method: str, steps: int, seed: int, images: int) -> Config:
    """The preset `small` with at least `steps` optimiser steps in whole epochs."""
    base = preset("small").override({"train.seed": seed, **OURS.get(method, {})})
    per_epoch = steps_of(base, images)
    epochs = math.ceil(steps / per_epoch)
    return base.override({"train.epochs": epochs, "train.min_steps": 0})


# -------------------------------------------------------------------------------------------------------- methods


class Ours:
    """N-Net with some parts, trained by nnet.training.loop."""

    def __init__(self, method: str, config: Config, folder: Path) -> None:
        self.method, self.config, self.folder = method, config, folder

    def fit(self, images: np.ndarray) -> float:
        """Core seconds of the teacher's features, the memory's start and the optimiser steps; calibration is no part
        of them."""
        started, ended = time.process_time(), 0.0

        def report(progress: Progress) -> None:
            nonlocal ended
            if progress.phase == "train":
                ended = time.process_time()

        self.detector = train(self.config, images, self.folder, device="cpu", report=report)
        return ended - started

    def load(self) -> None:
        self.detector = Detector.load(self.folder, "cpu")

    def predict(self, images: np.ndarray) -> Predictions:
        maps = [self.detector.maps(list(images[part])) for part in batches(len(images), BATCH)]
        maps = {name: torch.cat([m[name] for m in maps]) for name in maps[0]}
        settings = self.config.scoring
        rows = PRESETS if self.method == "nnet" else {"": settings.parsed}
        for name, expression in rows.items():
            scores = score_maps(maps, expression, self.config.model.size, settings.sigma)
            yield f"{self.method}/{name}".rstrip("/"), scores.numpy(), image_score(scores).numpy()


def make(method: str, config: Config, folder: Path) -> Ours | Theirs:
    return (Ours if method in OURS else Theirs)(method, config, folder)


# ----------------------------------------------------------------------------------------------------------- runs


def run_all(options: argparse.Namespace) -> None:
    """Every run that has left no JSON file yet; the first seed of every method on every data set first."""
    materials = {}
    for name in options.data:
        dataset = open_data(name, options.tiles)
        materials[name] = Material.of(dataset, preset("small").model.size)
    plan = [
        (method, data, seed)
        for seed in options.seeds
        for method in options.methods
        for data in options.data
        if not row_file(options.out, method, data, seed).exists()
    ]
    for position, (method, data, seed) in enumerate(plan, start=1):
        if row_file(options.out, method, data, seed).exists():  # another process was faster
            continue
        started = time.perf_counter()
        run(method, data, seed, materials[data], options)
        minutes = (time.perf_counter() - started) / 60
        print(f"{position}/{len(plan)} {method} {data} seed {seed}: {minutes:.1f} min", file=sys.stderr, flush=True)


def run(method: str, data: str, seed: int, material: Material, options: argparse.Namespace) -> None:
    """Train and measure one method and leave its JSON file."""
    config = configure(method, options.steps, seed, len(material.train))
    folder = model_folder(options.out, method, data, seed)
    shutil.rmtree(folder, ignore_errors=True)
    chosen = make(method, config, folder)
    seconds = chosen.fit(material.train)
    scores = {}
    for row, maps, values in chosen.predict(material.test):
        metrics = evaluate(maps if material.regions else None, material.regions, values, material.labels)
        scores[row] = {name: getattr(metrics, name) for name in SHORT_NAMES}
    trained = method in TRAINED
    found = {
        "method": method,
        "data": data,
        "seed": seed,
        "steps": config.train.epochs * steps_of(config, len(material.train)) if trained else None,
        "epochs": config.train.epochs if trained else None,
        "size": config.model.size,
        "train_images": len(split_normals(len(material.train), config.train)[0]),
        "test_normal": int((~material.labels).sum()),
        "test_defective": int(material.labels.sum()),
        "train_core_seconds": seconds,
        "threads": options.threads,
        "scores": scores,
        "versions": versions(),
    }
    write_text(row_file(options.out, method, data, seed), json.dumps(found, indent=1) + "\n")


def versions() -> dict[str, str]:
    names = ("torch", "timm", "anomalib", "numpy")
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def row_file(out: Path, method: str, data: str, seed: int) -> Path:
    return out / f"{method}-{data}-{seed}.json"


def model_folder(out: Path, method: str, data: str, seed: int) -> Path:
    return out / "models" / f"{method}-{data}-{seed}"


def time_inference(options: argparse.Namespace) -> None:
    """Milliseconds of one core per image, from resized pixels to map and score, of the models with a finished run.

    All methods in turn, ROUNDS times; the best round of each. Batches of BATCH images.
    """
    file = options.out / "inference.json"
    out: dict[str, dict[str, float]] = json.loads(file.read_text()) if file.exists() else {}
    for data in options.data:
        dataset = open_data(data, options.tiles)
        methods = {}
        for method in options.methods:
            seed = next((s for s in options.seeds if row_file(options.out, method, data, s).exists()), None)
            if seed is None:
                continue
            config = configure(method, options.steps, seed, len(dataset.train))
            methods[method] = make(method, config, model_folder(options.out, method, data, seed))
            methods[method].load()
        samples = dataset.test[:BATCH]
        images = load_resized(samples, preset("small").model.size, budget_bytes=2**30)
        best = dict.fromkeys(methods, math.inf)
        for _ in range(ROUNDS):
            for name, method in methods.items():
                started = time.process_time()
                next(method.predict(images))  # of N-Net's three rows the first, all six maps
                best[name] = min(best[name], time.process_time() - started)
        out.setdefault(data, {}).update({name: 1000 * seconds / len(images) for name, seconds in best.items()})
    write_text(file, json.dumps(out, indent=1) + "\n")


# ---------------------------------------------------------------------------------------------------------- table


def runs_of_study(results: Path) -> list[dict]:
    """The networks of a study (its results.csv) as runs of this benchmark, without the times: a study may have run
    beside other work. Only a study of the same data and steps may stand in the same table."""
    rows: dict[tuple[str, int], dict[str, dict]] = {}
    for row in read_results(results):
        method = {"nnet": "nnet", "rd": "rd-baseline"}.get(row["variant"])
        if row["defect"] != "all" or method is None:
            continue
        name = next((name for name, score in PRESETS.items() if score.text == row["expression"]), None)
        title = f"nnet/{name}" if method == "nnet" else method
        if title in ROWS:
            rows.setdefault((method, row["seed"]), {})[title] = row
    found = []
    for (method, seed), scores in rows.items():
        row = next(iter(scores.values()))
        found.append(
            {
                "method": method,
                "seed": seed,
                "steps": row["steps"],
                "epochs": row["epochs"],
                "scores": {title: {name: row[name] for name in SHORT_NAMES} for title, row in scores.items()},
                "versions": {},
            }
        )
    return found


def table(out: Path, data: str, study: Path | None = None) -> str:
    """Markdown: mean and sample standard deviation over the seeds, in percent; "-" is not defined on this data, or was
    not measured. `study` is a study's folder whose networks are shown, too."""
    found = [json.loads(path.read_text()) for path in sorted(out.glob(f"*-{data}-*.json"))]
    if found and study:
        found += runs_of_study(study / "results.csv")
    if not found:
        return f"{DATA[data]}: no finished run.\n"
    steps = sorted({r["steps"] for r in found if r["steps"]})
    if len(steps) > 1:
        found = " and ".join(map(str, steps))
        raise SystemExit(f"{out} holds runs with {found} steps; give each number a folder of its own.")
    times = json.loads((out / "inference.json").read_text()) if (out / "inference.json").exists() else {}
    named = [name for name in SHORT_NAMES if any(s[name] is not None for r in found for s in r["scores"].values())]
    heads = ["method", *(SHORT_NAMES[name] for name in named), "seeds", "training, core s", "ms per image"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for row, title in ROWS.items():
        method = row.partition("/")[0]
        runs = [r for r in found if r["method"] == method]
        if not runs:
            continue
        cells = [spread([100 * r["scores"][row][name] for r in runs], 1) for name in named]
        taken = [r["train_core_seconds"] for r in runs if "train_core_seconds" in r]
        seconds = f"{statistics.mean(taken):.0f}" if taken else "-"
        each = times.get(data, {}).get(method)
        cells += [str(len(runs)), seconds, "-" if each is None else f"{each:.1f}"]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return caption(data, found) + "\n\n" + "\n".join(lines) + "\n"


def spread(values: list[float], digits: int) -> str:
    mean = f"{statistics.mean(values):.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {statistics.stdev(values):.{digits}f}"


def caption(data: str, found: list[dict]) -> str:
    first = found[0]
    trained = next((r for r in found if r["steps"]), None)
    steps = ""
    if trained:
        of = f"of {preset('small').train.batch_size} images for each trained method"
        steps = f" {trained['steps']} steps ({trained['epochs']} epochs) {of}."
    known = {name: version for r in found for name, version in r["versions"].items()}
    return (
        f"**{DATA[data]}**, {first['size']} x {first['size']} pixels, {first['train_images']} training images, "
        f"{first['test_normal']} normal and {first['test_defective']} defective test images.{steps} "
        f"Percent, mean ± standard deviation over the seeds. "
        f"{', '.join(f'{name} {version}' for name, version in known.items())}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiles", type=Path, help="folder of the magnetic tiles, laid out as MVTec AD")
    parser.add_argument("--out", type=Path, default=Path("runs/peers"), help="where the finished runs are kept")
    parser.add_argument("--steps", type=int, default=preset("small").train.min_steps)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--methods", nargs="+", choices=[*OURS, *THEIRS], default=[*OURS, *THEIRS])
    parser.add_argument("--data", nargs="+", choices=[*DATA], default=[*DATA])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--study", type=Path, help="folder of a study of the same data, whose N-Net and RD are shown")
    parser.add_argument("--table", action="store_true", help="only print the tables of the finished runs")
    parser.add_argument("--time", action="store_true", help="only time the inference of the finished runs")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if not options.table:
        declare_torchvision_operators()
        options.out.mkdir(parents=True, exist_ok=True)
        if not options.time:
            run_all(options)
        time_inference(options)
    for data in options.data:
        print(table(options.out, data, options.study))


if __name__ == "__main__":
    main()
