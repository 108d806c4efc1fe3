"""What memory layout, number format and feature caching are worth on this machine, side by side in one run.

    python -m benchmarks.speed [--size 128] [--batch 8] [--rounds 5] [--device auto]

Training: images per second of one optimiser step of the `small` preset. Inference: milliseconds for one image.
Every variant is timed once per round, in turn, so that other work on the machine hits all of them alike; the table
shows the median over the rounds and its ratio to the first row.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch

from nnet.config import Config
from nnet.detector import Detector
from nnet.device import choose_device, describe
from nnet.model.network import NNet
from nnet.presets import preset
from nnet.training.losses import total_loss

Work = Callable[[], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    device = choose_device(options.device)
    config = preset("small").override({"model.size": options.size})
    print(f"{describe(device)}; input {options.size} x {options.size}, batch {options.batch}\n")
    _table("training step", training(config, options.batch, device), options.rounds, options.batch)
    _table("one image", inference(config, options.device), options.rounds, 1)


def training(config: Config, batch: int, device: torch.device) -> dict[str, Work]:
    """One optimiser step per variant."""
    low = torch.float16 if device.type == "mps" else torch.bfloat16
    variants = {
        "float32, contiguous, teacher in the loop": (torch.contiguous_format, None, False),
        "float32, contiguous, cached features": (torch.contiguous_format, None, True),
        "float32, channels last, cached features (what nnet does on a CPU)": (torch.channels_last, None, True),
        f"{low}, channels last, cached features".replace("torch.", ""): (torch.channels_last, low, True),
    }
    return {name: _step(config, batch, device, *variant) for name, variant in variants.items()}


def _step(
    config: Config, batch: int, device: torch.device, layout: torch.memory_format, low: torch.dtype | None, cached: bool
) -> Work:
    network = NNet(config).to(device, memory_format=layout).train()
    optimiser = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], fused=device.type != "mps")
    images = torch.rand(batch, 3, config.model.size, config.model.size, device=device).to(memory_format=layout)
    features = network.T(network.normalise(images)) if cached else None

    def context() -> AbstractContextManager:
        return nullcontext() if low is None else torch.autocast(device.type, low)

    def step() -> None:
        with context():
            loss = total_loss(network(images, features), config.loss, 0)["loss"]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        loss.item()

    return step


def inference(config: Config, device: str) -> dict[str, Work]:
    """Heatmap only, and with every intermediate."""
    detector = Detector(NNet(config), config, device)
    image = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    return {
        "score: heatmap and image score": lambda: detector.score([image]),
        "trace: every intermediate": lambda: detector.trace(image),
    }


def _table(title: str, works: dict[str, Work], rounds: int, images: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - started)
    first = statistics.median(seconds[next(iter(works))])
    print(f"| {title} | milliseconds | images per second | ratio |\n|---|---|---|---|")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"| {name} | {1000 * median:.0f} | {images / median:.1f} | {first / median:.2f} |")
    print()


if __name__ == "__main__":
    main()
