"""Nearest-neighbour search on the teacher's features: what the embedded model is up against, with both distances.

    python -m benchmarks.nearest [--size 128] [--images 250]

For each test image of ELPV mono, the largest distance of any position of F_3 to its nearest neighbour among 12,000
positions of normal training images; prints the I-AUROC for the Euclidean and for the cosine distance, beside the
embedded model's own.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from nnet.analysis.failures import to_nearest
from nnet.data import load_resized, open_dataset
from nnet.model.backbone import Teacher
from nnet.model.inputs import batches, to_network_input
from nnet.presets import preset
from nnet.scoring.metrics import auroc

BANK = 12_000
METRICS = Path(__file__).parents[1] / "checkpoints" / "elpv-mono" / "metrics.json"


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=preset("small").model.size)
    parser.add_argument("--images", type=int, default=250)
    options = parser.parse_args()
    dataset, teacher = open_dataset("elpv:mono"), Teacher(preset("small").model.teacher)
    generator = np.random.default_rng(0)
    chosen = generator.permutation(len(dataset.train))[: options.images]
    bank = vectors(teacher, [dataset.train[i] for i in chosen], options.size).flatten(0, 1)
    bank = bank[torch.from_numpy(generator.permutation(len(bank))[:BANK])]
    queries = vectors(teacher, dataset.test, options.size)
    labels = [sample.is_defective for sample in dataset.test]
    print("| method | I-AUROC |\n|---|---|")
    for name, cosine in {"Euclidean": False, "cosine": True}.items():
        scores = [float(to_nearest(image, bank, cosine=cosine).max()) for image in queries]
        print(f"| nearest neighbour on F_3, {name} distance | {auroc(scores, labels):.4f} |")
    for expression, values in json.loads(METRICS.read_text())["scores"].items():
        print(f"| embedded model, {expression} | {values['i_auroc']:.4f} |")


def vectors(teacher: Teacher, samples: list, size: int) -> torch.Tensor:
    """F_3 of all samples, (n, positions, C_3)."""
    images = load_resized(samples, size, budget_bytes=2**31)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (teacher.mean, teacher.std))
    parts = [
        teacher((to_network_input(images[part], torch.device("cpu")) - mean) / std)[2].flatten(2).transpose(1, 2)
        for part in batches(len(images), 16)
    ]
    return torch.cat(parts)


if __name__ == "__main__":
    main()
