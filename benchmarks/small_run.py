"""What the preset `small` reaches in minutes on this machine's CPU: accuracy against time, and images per second.

    python -m benchmarks.small_run [--data elpv:mono] [--set train.min_steps=600] [--every 2] [--images 30]
                                   [--threads 2] [--validation] [--only accuracy|speed]

Accuracy: one run, measured every few epochs on labelled images. The minutes are those of training alone, by the wall
clock and as processor time (which other programs on the machine lengthen less); measuring does not count. With the
cosine schedule only the last row is a finished model: before it the learning rate is still high.

--images takes so many of the normal training images, drawn by the preset's seed, as for somebody with 30 photos.

--validation measures on images that the published numbers do not rest on, to choose settings with: the held-out normal
cells of the training part, against ELPV's cells with a defect probability of 1/3 and 2/3, which no test uses.

Speed: images per second of one optimiser step, and of the same loop without channels last and without cached features.
"""

import argparse
import dataclasses
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.speed import _table, training
from nnet.analysis.evaluation import can_be_measured, measure
from nnet.cli.shared import assignment
from nnet.config import Config
from nnet.data import Dataset, Sample, load_resized, open_dataset
from nnet.data.elpv import DEFECTIVE, package_folder, read_labels
from nnet.detector import Detector
from nnet.device import choose_device, describe
from nnet.expression import PRESETS
from nnet.model.inputs import Images
from nnet.presets import preset
from nnet.training.events import Listener, Progress
from nnet.training.loop import train
from nnet.training.schedule import split_normals

SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="elpv:mono")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.FIELD=VALUE")
    parser.add_argument("--every", type=int, default=2, help="measure after every so many epochs")
    parser.add_argument("--images", type=int, help="train on so many normal images")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--only", choices=("accuracy", "speed"))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    config = preset("small").override(dict(map(assignment, options.set)))
    print(f"{describe(choose_device('cpu'))}; {options.data}; {', '.join(options.set) or 'the preset as it is'}\n")
    if options.only != "speed":
        accuracy(config, options)
    if options.only != "accuracy":
        batch = config.train.batch_size
        _table("training step", training(config, batch, torch.device("cpu")), 5, batch)


def accuracy(config: Config, options: argparse.Namespace) -> None:
    """One run, and a row per measurement."""
    dataset = open_dataset(options.data, seed=config.train.seed)
    if options.images:
        chosen = np.random.default_rng(SEED).permutation(len(dataset.train))[: options.images]
        dataset = dataclasses.replace(dataset, train=tuple(dataset.train[i] for i in sorted(chosen)))
    started = time.perf_counter()
    images = load_resized(dataset.train, config.model.size, budget_bytes=2**31)
    if options.validation:
        dataset = validation(dataset, config)
    if not can_be_measured(dataset):
        raise SystemExit(f"{dataset.name} has no labelled test images to measure on.")
    clock = Clock(dataset, options.every)
    with tempfile.TemporaryDirectory() as out:
        train(config, images, Path(out) / "run", device="cpu", report=clock.report, watch=clock)
    total = (time.perf_counter() - started - clock.measuring) / 60
    print(f"\nFrom the first image read to the calibrated model: {total:.1f} minutes, measuring not counted.\n")


def validation(dataset: Dataset, config: Config) -> Dataset:
    """The same training images, and a test part that no published number rests on."""
    kind = "mono" if "mono" in dataset.name else "poly"
    if dataset.layout != "ELPV":
        raise SystemExit("--validation exists for elpv:mono and elpv:poly only.")
    folder = package_folder()
    unsure = [n for n, p, found in read_labels(folder / "labels.csv") if found == kind and 0 < p < 1]
    held_out = split_normals(len(dataset.train), config.train)[1]
    normal = tuple(dataclasses.replace(dataset.train[i], split="test") for i in held_out)
    return dataclasses.replace(dataset, test=normal + tuple(Sample(n, folder / n, DEFECTIVE, "test") for n in unsure))


class Clock(Listener):
    """Measures every few epochs, and knows how long training took without that."""

    def __init__(self, dataset: Dataset, every: int) -> None:
        self.dataset, self.every = dataset, every
        self.measuring = 0.0
        self._epochs = 0
        self._wall = self._cpu = 0.0
        self._since: tuple[float, float] | None = None
        print(f"| epoch | minutes | processor minutes | {' | '.join(f'I-AUROC, {name}' for name in PRESETS)} |")
        print(f"|{'---|' * (3 + len(PRESETS))}")

    def report(self, progress: Progress) -> None:
        """Start the clock with the first step."""
        if progress.phase == "train" and self._since is None:
            self._since = time.perf_counter() - progress.seconds, time.process_time()

    def begin(self, images: Images, held_out: np.ndarray, first_epoch: int, epochs: int) -> None:
        """Remember how many epochs there are."""
        self._epochs = epochs

    def look(self, detector: Detector, epoch: int) -> dict[str, Any]:
        """Stop the clock and measure."""
        if epoch == 0:
            self._since = time.perf_counter(), time.process_time()
            return {}
        self._wall += time.perf_counter() - self._since[0]
        self._cpu += time.process_time() - self._since[1]
        started = time.perf_counter()
        if epoch % self.every == 0 or epoch == self._epochs:
            scores = measure(detector, self.dataset, list(PRESETS.values()))["scores"]
            values = " | ".join(f"{found['i_auroc']:.4f}" for found in scores.values())
            print(f"| {epoch} | {self._wall / 60:.2f} | {self._cpu / 60:.2f} | {values} |", flush=True)
        self.measuring += time.perf_counter() - started
        self._since = time.perf_counter(), time.process_time()
        return {}


if __name__ == "__main__":
    main()
