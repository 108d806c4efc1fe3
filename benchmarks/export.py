"""Pictures per second of the score path and of the exported model, side by side in one run.

    python -m benchmarks.export [--checkpoint checkpoints/elpv-mono] [--threads 1 2] [--batches 1 8] [--rounds 5]

Every variant gets decoded pictures of the network's size, and gives maps, score and decision. Each is timed once per
round, in turn, so that other work on the machine hits all of them alike; the table shows the median over the rounds and
its ratio to the first row. Needs the extra `export`; `--compile` adds torch.compile, which needs a C++ compiler.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from nnet.detector import Detector, TrainedModel
from nnet.export import open_export
from nnet.export.folder import export
from nnet.export.opening import Run

Score = Callable[[np.ndarray], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/elpv-mono"))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--formats", nargs="*", default=["onnx", "openvino"])
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    size = Detector.load(options.checkpoint, "cpu").config.model.size
    with tempfile.TemporaryDirectory() as folder:
        model = Detector.load(options.checkpoint, "cpu")
        exports = {kind: export(model, kind, Path(folder) / kind).folder for kind in options.formats}
        for threads in options.threads:
            torch.set_num_threads(threads)
            variants = in_torch(options.checkpoint, options.compile)
            variants |= {kind: open_export(path, threads) for kind, path in exports.items()}
            for batch in options.batches:
                images = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), dtype=np.uint8)
                load = os.getloadavg()[0]
                print(f"\n{size} pixels, batch {batch}, threads {threads}; load of the machine {load:.1f}")
                table(variants, images, options.rounds)


def in_torch(checkpoint: Path, compiled: bool) -> dict[str, Score | Run]:
    """PyTorch's own ways; the app's is the second."""
    plain, app = (Detector.load(checkpoint, "cpu") for _ in range(2))
    variants: dict[str, Score | Run] = {"torch, with batch normalisation": _with(plain, plain.network)}
    variants["torch, folded (the app)"] = lambda images: app.score(list(images))
    if compiled:
        third = Detector.load(checkpoint, "cpu")
        variants["torch.compile"] = _with(third, torch.compile(third.network))
    return variants


def _with(model: TrainedModel, network: Callable[..., object]) -> Score:
    """The score path with this network in place of the folded one."""
    model.__dict__["_fast"] = network
    return lambda images: model.score(list(images))


def table(variants: dict[str, Score | Run], images: np.ndarray, rounds: int) -> None:
    """Print pictures per second, and the ratio to the first variant."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for work in variants.values():
        work(images)
    for _ in range(rounds):
        for name, work in variants.items():
            start = time.perf_counter()
            work(images)
            seconds[name].append(time.perf_counter() - start)
    rates = {name: len(images) / statistics.median(each) for name, each in seconds.items()}
    first = next(iter(rates.values()))
    for name, rate in rates.items():
        print(f"  {name:<34} {rate:8.1f} /s   {rate / first:5.2f}")


if __name__ == "__main__":
    main()
