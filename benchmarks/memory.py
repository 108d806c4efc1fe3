"""How temperature, shrinkage and the number of items decide whether the memory (NFS) means anything.

    python -m benchmarks.memory [--epochs 6] [--images 160] [--size 128] > memory.md

Trains a short `small` run on ELPV mono per setting, all with the same images and seed, and prints what the training
log says of the last epoch. "query": effective number of items per query, exp(entropy) of w^; "used": effective number
of items over the data set; "dead": items with under 1 % of a fair share; "entropy": mean entropy of w^ over ln N, so 1
is uniform. The error of F'_3 is 1 - cos(F_3, F'_3) on held-out normal cells and on defective cells.
"""

import argparse
import math
import tempfile
from pathlib import Path

import numpy as np

from nnet.analysis.evaluation import measure
from nnet.data import load_resized, open_dataset
from nnet.detector import Detector
from nnet.presets import preset
from nnet.training.loop import train
from nnet.training.state import load_history

SETTINGS = [
    {"model.memory_items": 50, "model.temperature": 1.0, "model.shrink": 0.0},
    {"model.memory_items": 50, "model.temperature": 1.0, "model.shrink": 1.0},
    {"model.memory_items": 100, "model.temperature": 0.2},
    {"model.memory_items": 100, "model.temperature": 0.1},
    {"model.memory_items": 50, "model.temperature": 0.05},
    {"model.memory_items": 100, "model.temperature": 0.05},
    {"model.memory_items": 200, "model.temperature": 0.05},
    {"model.memory_items": 100, "model.temperature": 0.05, "model.shrink": 3.0},
    {"model.memory_items": 100, "model.temperature": 0.02},
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--images", type=int, default=160)
    parser.add_argument("--size", type=int, default=128)
    options = parser.parse_args()
    dataset = open_dataset("elpv:mono")
    images = load_resized(dataset.train[: options.images], options.size, budget_bytes=2**30)
    print("| N | temperature | shrink x 1/N | query | used | dead | entropy | normal error | defect error | I-AUROC |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for setting in SETTINGS:
        length = {"model.size": options.size, "train.epochs": options.epochs, "train.min_steps": 0}
        config = preset("small").override(length | setting)
        with tempfile.TemporaryDirectory() as folder:
            detector = train(config, images, Path(folder) / "run")
            last = load_history(Path(folder) / "run")[-1]
            auroc = next(iter(measure(detector, dataset)["scores"].values()))["i_auroc"]
        model = config.model
        errors = [recall_error(detector, dataset.test, normal) for normal in (True, False)]
        print(
            f"| {model.memory_items} | {model.temperature} | {model.shrink:g} | {last['items_per_query']:.1f} | "
            f"{last['items_used']:.1f} | {last['items_dead']} | {last['L_query'] / math.log(model.memory_items):.2f} | "
            f"{errors[0]:.3f} | {errors[1]:.3f} | {auroc:.3f} |",
            flush=True,
        )


def recall_error(detector: Detector, samples: tuple, normal: bool, count: int = 24) -> float:
    """Mean of 1 - cos(F_3, F'_3) over the positions of some test images."""
    chosen = [s for s in samples if s.is_normal == normal][:count]
    traces = detector.trace_batch([s.load().image for s in chosen])
    return float(np.mean([_one_minus_cosine(t.F[2], t.F3_recalled).mean() for t in traces]))


def _one_minus_cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return 1 - (a * b).sum(axis=0) / (np.linalg.norm(a, axis=0) * np.linalg.norm(b, axis=0) + 1e-12)


if __name__ == "__main__":
    main()
