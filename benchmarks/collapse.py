"""How the forward branch collapses, or does not: four readings of what S1 is compared with, over the steps of training.

    python -m benchmarks.collapse [--data synthetic:cog] [--preset small] [--set SECTION.FIELD=VALUE] [--seeds 0]
                                  [--looks 12] [--out workbench/how_it_works/collapse.json]

The paper can be read in four ways (docs/choices.md): its text makes P_3 of the forward branch from the teacher's F_3,
its Figure 2 draws one P_3, which is made from the memory's F'_3; and nothing says whether L_KD and L_align also train
the teacher's FPM. Each combination is trained once per seed on the same images. At `--looks` moments, denser at the
beginning, the network is measured on the test images:

- forward, reverse and paper: I-AUROC of M4 to M6, of M1 to M3, and of all six maps by Eq. (8);
- gate: the median over channels, positions and scales of the product of the two gates of the teacher's FPMs, 0 to 1;
- channels: the effective share of P_i's channels, the exponential of the entropy of their energies divided by their
  number, mean over the three scales, 0 to 1. 1: all are equally strong;
- L_KD: Eq. (1), mean over the steps of the epoch.

A run that is in the file is not made again, so that an interrupted command can be repeated. A full run takes as long as
four trainings and some 50 measurements.
"""

import argparse
import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from nnet.analysis.evaluation import can_be_measured, labelled
from nnet.cli.shared import assignment
from nnet.config import Config
from nnet.data import load_resized, open_dataset
from nnet.detector import Detector
from nnet.expression import PRESETS
from nnet.model.inputs import Images
from nnet.presets import preset
from nnet.scoring.maps import image_score, score_maps
from nnet.training.events import Listener
from nnet.training.loop import train

READINGS = (("recalled", True), ("original", False), ("recalled", False), ("original", True))
"""`model.forward_target` and `loss.moves_teacher`; first what earlier models meant, then what `small` means."""
MEASURES = {
    "L_KD": "L_KD",
    "gate": "median gate",
    "channels": "channels in use",
    "forward": "I-AUROC, forward",
    "reverse": "I-AUROC, reverse",
    "paper": "I-AUROC, six maps",
}
SCORES = ("forward", "reverse", "paper")
LOOKED_AT = 32  # test images whose gates and channels are taken
BATCH = 16

Test = tuple[np.ndarray, np.ndarray]


class Curve(Listener):
    """Measures the network at some epochs; `points` are what it found.

    Args:
        test: the labelled test images, uint8 (n, size, size, 3), and whether each is defective.
        looks: how many times it measures after the beginning.
    """

    def __init__(self, test: Test, looks: int) -> None:
        self._test, self._looks = test, looks
        self._at: set[int] = set()
        self.points: list[dict[str, float]] = []

    def begin(self, images: Images, held_out: np.ndarray, first_epoch: int, epochs: int) -> None:
        """Choose the epochs: evenly by the square root, so that the beginning is seen more closely."""
        self._at = {round(epochs * (number / self._looks) ** 2) for number in range(self._looks + 1)}

    def look(self, detector: Detector, epoch: int) -> dict[str, Any]:
        """Measure, if it is time."""
        if epoch in self._at:
            self.points.append({"epoch": epoch, **_aurocs(detector, self._test), **_adapted(detector, self._test[0])})
        return {}

    def heard(self, entry: dict[str, Any]) -> None:
        """Add the epoch's mean of L_KD to the point of that epoch."""
        if self.points[-1]["epoch"] == entry["epoch"]:
            self.points[-1]["L_KD"] = entry["L_KD"]


@torch.inference_mode()
def _aurocs(detector: Detector, test: Test) -> dict[str, float]:
    """I-AUROC of each branch and of all six maps."""
    images, defective = test
    scores: dict[str, list[float]] = {name: [] for name in SCORES}
    for start in range(0, len(images), BATCH):
        maps = detector.maps(images[start : start + BATCH])
        for name in SCORES:
            pixels = score_maps(maps, PRESETS[name], detector.config.model.size, detector.config.scoring.sigma)
            scores[name] += image_score(pixels).tolist()
    return {name: float(roc_auc_score(defective, values)) for name, values in scores.items()}


@torch.inference_mode()
def _adapted(detector: Detector, images: np.ndarray) -> dict[str, float]:
    """The median gate and the effective share of channels of P_i, over some of the images."""
    some = torch.from_numpy(images[:: max(1, len(images) // LOOKED_AT)]).permute(0, 3, 1, 2).float() / 255
    out = detector.network(some)
    assert out.gates_T is not None
    products = torch.cat([(gates.h * gates.w).flatten() for gates in out.gates_T])
    shares = []
    for adapted in out.P_forward:
        energy = adapted.pow(2).mean(dim=(0, 2, 3))
        shares.append(float(torch.special.entr(energy / energy.sum()).sum().exp()) / len(energy))
    return {"gate": float(products.median()), "channels": sum(shares) / len(shares)}


def curve(images: Images, test: Test, config: Config, looks: int) -> list[dict[str, float]]:
    """One training, and its points."""
    listener = Curve(test, looks)
    with tempfile.TemporaryDirectory() as folder:
        train(config, images, Path(folder) / "run", device="cpu", watch=listener)
    return listener.points


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="synthetic:cog")
    parser.add_argument("--preset", default="small")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.FIELD=VALUE")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--looks", type=int, default=12)
    parser.add_argument("--out", type=Path, default=Path("workbench/how_it_works/collapse.json"))
    options = parser.parse_args()
    dataset = open_dataset(options.data)
    if not can_be_measured(dataset):
        raise SystemExit(f"{dataset.name} has no labelled test images to measure on.")
    base = preset(options.preset).override(dict(map(assignment, options.set)))
    size = base.model.size
    images = load_resized(dataset.train, size, budget_bytes=2**31)
    shown = labelled(dataset)
    test = np.asarray(load_resized(shown, size, budget_bytes=2**31)), np.array([one.is_defective for one in shown])
    about = {"data": options.data, "preset": options.preset, "settings": options.set}
    runs = []
    if options.out.exists():
        kept = json.loads(options.out.read_text())
        if {name: kept[name] for name in about} != about:
            raise SystemExit(f"{options.out} holds other data or settings. Name another file.")
        runs = kept["runs"]
    for target, moves, seed in [(*reading, seed) for seed in options.seeds for reading in READINGS]:
        which = {"forward_target": target, "moves_teacher": moves, "seed": seed}
        if any(which.items() <= run.items() for run in runs):
            continue
        settings = {"model.forward_target": target, "loss.moves_teacher": moves, "train.seed": seed}
        points = curve(images, test, base.override(settings), options.looks)
        runs.append({**which, "points": points})
        _write(options.out, {**about, "torch": torch.__version__, "runs": runs})
        print(which, points[-1], flush=True)
    print("\n".join(table(runs)))


def table(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The end of each training as the lines of a Markdown table."""
    yield f"| P_3 of the forward branch from | L_KD moves the teacher's FPM | {' | '.join(MEASURES.values())} |"
    yield f"|{'---|' * (2 + len(MEASURES))}"
    for run in runs:
        source, moves = {"recalled": "F'_3", "original": "F_3"}[run["forward_target"]], run["moves_teacher"]
        numbers = (f"{run['points'][-1][name]:.3f}" for name in MEASURES)
        yield f"| {source} | {'yes' if moves else 'no'} | {' | '.join(numbers)} |"


def _write(path: Path, content: dict[str, Any]) -> None:
    def rounded(value: Any) -> Any:
        if isinstance(value, float):
            return float(f"{value:.5g}") if math.isfinite(value) else None
        if isinstance(value, dict):
            return {name: rounded(one) for name, one in value.items()}
        return [rounded(one) for one in value] if isinstance(value, list) else value

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(rounded(content), indent=1) + "\n")
    os.replace(temporary, path)


if __name__ == "__main__":
    main()
