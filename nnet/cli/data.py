"""nnet data: describe a data set, and what should be fixed in it; or write a synthetic one into a folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from nnet.cli.shared import add_masks

if TYPE_CHECKING:
    from nnet.data import Dataset

HELP = "describe a data set"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="PATH", help="as for train --data")
    parser.add_argument(
        "--write", type=Path, metavar="DIR", help="write a synthetic set's images and masks, as an MVTec-style category"
    )
    add_masks(parser)
    parser.add_argument("--seed", type=int, default=0, help="seed of a synthetic set (default: 0)")
    parser.add_argument("--size", type=int, help="side of the written images in pixels")
    parser.add_argument("--train", type=int, default=60, help="number of written training images (default: 60)")
    parser.add_argument("--good", type=int, default=20, help="number of written normal test images (default: 20)")
    parser.add_argument("--defects", type=int, default=8, help="number of written images per defect (default: 8)")


def run(options: argparse.Namespace) -> int:
    """Print the findings; 1 if something must be fixed before training.

    Raises:
        nnet.data.DataError: the data cannot be opened, or --write asks for what is not possible.
    """
    from nnet.data import inspect, open_dataset

    if options.write is not None:
        _write(_synthetic(options), options.write)
        return 0
    dataset = open_dataset(options.data, seed=options.seed, strict=False, masks=options.masks)
    # Nothing but the findings where nobody watches: the bar shows itself in a terminal only, and goes when it is full.
    with tqdm(total=len(dataset.samples), desc="Reading", unit="image", leave=False, disable=None) as bar:
        found = inspect(dataset, progress=lambda done, _: bar.update(done - bar.n))
    print(found.text())
    return 0 if found.ok else 1


def _synthetic(options: argparse.Namespace) -> Dataset:
    from nnet.data import DataError, open_synthetic
    from nnet.data.synthetic import DEFAULT_KIND

    name, _, kind = options.data.partition(":")
    if name != "synthetic":
        raise DataError(f"Only synthetic data sets can be written, and {options.data} is not one. Try synthetic:bolt.")
    counts = {"train": options.train, "test_good": options.good, "per_defect": options.defects}
    return open_synthetic(kind or DEFAULT_KIND, seed=options.seed, size=options.size, **counts)


def _write(dataset: Dataset, folder: Path) -> None:
    """Images under their keys, and masks where an MVTec-style category has them."""
    from PIL import Image

    from nnet.data import DataError

    if folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder} is not empty. Name a new folder, so that nothing is overwritten.")
    for sample in tqdm(dataset.samples, desc="Writing", unit="image", leave=False, disable=None):
        image = sample.load().image
        files = {folder / sample.key: image}
        if sample.is_defective and (mask := sample.load_mask(image.shape[:2])) is not None:
            name = f"{Path(sample.key).stem}_mask.png"
            files[folder / "ground_truth" / sample.label / name] = mask.astype("uint8") * 255
        for path, pixels in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
    print(f"{len(dataset.samples)} images are in {folder}. {dataset.licence}")
