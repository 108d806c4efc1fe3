"""Pictures per second of training and inference on a GPU, beside what the device can do at best.

    python -m benchmarks.gpu [--device cuda] [--size 256] [--teacher wide_resnet50_2] [--batches 1 8 32 64]
        [--seconds 5] [--compile] [--json FILE]

The network has the paper's settings and random weights, which cost as much as trained ones; autocast computes in
bfloat16. The ceilings: a large matrix product, and a forward pass of the teacher alone. Each row is timed over some
seconds, after two steps that do not count, and the device is waited for before and after.
"""

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from nnet.config import Config
from nnet.device import autocast, choose_device, describe
from nnet.model.network import NNet
from nnet.presets import preset
from nnet.training.loop import Objective

Work = Callable[[], object]
SIDE = 8192  # of the matrices on a GPU; a CPU takes an eighth
DTYPE = torch.bfloat16


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--teacher", default="wide_resnet50_2")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32, 64])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    options = parser.parse_args(arguments)
    device = choose_device(options.device)
    settings = {"model.teacher": options.teacher, "model.size": options.size, "model.teacher_weights": "random"}
    config = preset("paper").override(settings)
    found = {"device": describe(device), "teacher": options.teacher, "size": options.size}
    found["matrix_tflops"] = product(device, options.seconds)
    print(f"{found['device']}: {found['matrix_tflops']:.1f} TFLOP/s in a product of bfloat16 matrices\n")
    print("| batch | " + " | ".join(HEAD) + " |\n| --- |" + " ---: |" * len(HEAD))
    found["images_per_second"] = {}
    for batch in options.batches:
        rates = {}
        for name, work in variants(config, batch, device, options.compile):
            rates[name] = batch / seconds_of(work, device, options.seconds)
        found["images_per_second"][batch] = rates
        cells = (f"{rates[name]:.1f}" if name in rates else "" for name in HEAD)
        print(f"| {batch} | " + " | ".join(cells) + " |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


HEAD = ("teacher alone", "inference", "inference, compiled", "training", "training, compiled")


def variants(
    config: Config, batch: int, device: torch.device, compiled: bool
) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is timed, by the names in HEAD, one after the other so that only one holds the device's memory."""
    size = config.model.size
    images = torch.rand(batch, 3, size, size, device=device).to(memory_format=torch.channels_last)
    network = NNet(config).to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    yield "teacher alone", lambda: _inferred(network.T, network.normalise(images), device)
    network.eval()
    yield "inference", lambda: _inferred(network, images, device)
    if compiled:
        faster = torch.compile(network, dynamic=False)
        yield "inference, compiled", lambda: _inferred(faster, images, device)
    if batch > 1:  # batch normalisation needs more than one picture
        yield "training", trainer(network, config, images, compile=False)
        if compiled:
            yield "training, compiled", trainer(network, config, images, compile=True)


def _inferred(run: Callable[[Tensor], object], images: Tensor, device: torch.device) -> object:
    with torch.inference_mode(), autocast(device, DTYPE):
        return run(images)


def trainer(network: NNet, config: Config, images: Tensor, compile: bool) -> Callable[[], None]:
    """A step of the optimiser with cached teacher features, as training does it."""
    device = images.device
    network.train()
    objective = Objective(network, config, compile)
    optimiser = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], fused=device.type != "mps")
    with torch.no_grad(), autocast(device, DTYPE):
        features = network.T(network.normalise(images))

    def step() -> None:
        with autocast(device, DTYPE):
            loss = objective(images, features, 0)[0]["loss"]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    return step


def product(device: torch.device, seconds: float) -> float:
    """TFLOP/s of a large product of bfloat16 matrices."""
    side = SIDE if device.type == "cuda" else SIDE // 8
    a, b = (torch.randn(side, side, device=device, dtype=DTYPE) for _ in range(2))
    return 2 * side**3 / seconds_of(lambda: a @ b, device, seconds) / 1e12


def seconds_of(work: Work, device: torch.device, seconds: float) -> float:
    """The mean of as many calls as fill some seconds."""
    for _ in range(2):
        work()
    once = _timed(work, device, 1)
    count = max(1, math.floor(seconds / once))
    return _timed(work, device, count) / count


def _timed(work: Work, device: torch.device, count: int) -> float:
    _wait(device)
    started = time.perf_counter()
    for _ in range(count):
        work()
    _wait(device)
    return time.perf_counter() - started


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


if __name__ == "__main__":
    main()
