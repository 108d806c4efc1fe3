"""Small defects in large pictures: I-AUROC with whole pictures and with tiles.

    OMP_NUM_THREADS=1 python -m benchmarks.large_pictures --steps 200

Makes 24 good pictures to train with, 8 good and 8 defective ones to test, of 3000 x 2000 pixels: a rough surface with
uneven light, and on a defective one three pits of 18 pixels. They lie in a temporary folder and are the same each time.
The settings are those of the preset small, but for the number of steps. docs/large-pictures.md holds a result.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from nnet.config import Config
from nnet.data import open_dataset
from nnet.presets import preset
from nnet.training.events import Callbacks
from nnet.training.job import TrainJob
from nnet.training.pipeline import train_on

HEIGHT, WIDTH, PIT, PITS = 2000, 3000, 18, 3
COUNTS = {"train/good": 24, "test/good": 8, "test/pit": 8}


def main() -> None:
    """Print a table with a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200, help="optimiser steps at least (default: 200)")
    parser.add_argument("--tile", type=int, default=256)
    parser.add_argument("--overlap", type=int, default=32)
    options = parser.parse_args()
    shorter = {"train.epochs": 1, "train.min_steps": options.steps}
    tiles = {"model.tile": options.tile, "model.overlap": options.overlap}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "pits"
        make(data)
        print("| pictures | I-AUROC | I-AP | P-AUROC | P-PRO | minutes |\n|---|---|---|---|---|---|", flush=True)
        for name, settings in (("as a whole", {}), (f"tiles of {options.tile}", tiles)):
            config = preset("small").override({**shorter, **settings})
            print(f"| {name} | {measured(config, data, Path(folder) / name.replace(' ', '-'))} |", flush=True)


def measured(config: Config, data: Path, out: Path) -> str:
    """The cells of a line."""
    started = time.perf_counter()
    model = train_on(TrainJob(config, out, device="cpu"), open_dataset(str(data)), Callbacks())
    assert model is not None, "this is one process"
    found = model.checkpoint.metrics["scores"][config.scoring.parsed.text]
    shares = " | ".join(f"{found[name]:.3f}" for name in ("i_auroc", "i_ap", "p_auroc", "p_pro"))
    return f"{shares} | {(time.perf_counter() - started) / 60:.0f}"


def make(root: Path) -> None:
    """The pictures as a category of MVTec's layout."""
    for number, (folder, count) in enumerate(COUNTS.items()):
        (root / folder).mkdir(parents=True)
        for index in range(count):
            draw = np.random.default_rng([number, index])
            pixels = surface(draw)
            if folder.endswith("pit"):
                mask = pit_mask(draw)
                pixels -= 70 * ndimage.gaussian_filter(mask.astype(np.float32), 1.5)
                (root / "ground_truth" / "pit").mkdir(parents=True, exist_ok=True)
                Image.fromarray(mask).save(root / "ground_truth" / "pit" / f"{index:03}_mask.png")
            grey = np.clip(pixels, 0, 255).astype(np.uint8)
            Image.fromarray(grey).save(root / folder / f"{index:03}.jpg", quality=92)


def surface(draw: np.random.Generator) -> np.ndarray:
    """A rough surface under uneven light, float32 (HEIGHT, WIDTH), about 60..200."""
    light = ndimage.zoom(draw.normal(0, 18, (4, 6)).astype(np.float32), (HEIGHT / 4, WIDTH / 6), order=1)
    coarse = ndimage.zoom(draw.normal(0, 8, (HEIGHT // 20, WIDTH // 20)).astype(np.float32), 20, order=1)
    fine = draw.normal(0, 6, (HEIGHT, WIDTH)).astype(np.float32)
    found: np.ndarray = 130 + light + coarse + fine
    return found


def pit_mask(draw: np.random.Generator) -> np.ndarray:
    """Round pits of PIT pixels, none over the border; bool (HEIGHT, WIDTH)."""
    y, x = np.ogrid[:HEIGHT, :WIDTH]
    mask = np.zeros((HEIGHT, WIDTH), bool)
    for _ in range(PITS):
        row, column = draw.integers(PIT, HEIGHT - PIT), draw.integers(PIT, WIDTH - PIT)
        mask |= (y - row) ** 2 + (x - column) ** 2 <= (PIT / 2) ** 2
    return mask


if __name__ == "__main__":
    main()
