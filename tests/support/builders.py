"""Small configurations and images that several tests use."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from nnet.config import Config
from nnet.presets import preset

TINY = {
    "model.teacher": "test_resnet",
    "model.teacher_weights": "random",
    "model.size": 64,
    "model.memory_items": 6,
    "model.shrink": 1.0,
    "model.ffc_blocks": 2,
    "train.epochs": 2,
    "train.min_steps": 0,
    "train.batch_size": 4,
    "train.learning_rate": 0.002,
    "loss.beta_epochs": 1,
    "loss.beta_share": None,
    # What the presets choose for their teacher, not for this one.
    "model.features": "stages",
    "model.temperature": 0.05,
}


def tiny_config(**changes: object) -> Config:
    """The smallest useful N-Net; `changes` use a double underscore for the dot: model__fpm=False."""
    return preset("small").override(TINY | {path.replace("__", "."): value for path, value in changes.items()})


def random_images(count: int, size: int = 64, seed: int = 0) -> np.ndarray:
    """uint8 (count, size, size, 3): smooth blobs, so that neighbouring pixels have something in common."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    return coarse.repeat(size // 8, axis=1).repeat(size // 8, axis=2)


def encode(picture: Image.Image | np.ndarray, form: str = "PNG", **options: object) -> bytes:
    """An image file of a picture."""
    stream = io.BytesIO()
    (Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture).save(stream, form, **options)
    return stream.getvalue()


def zipped(entries: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A ZIP of files by name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return stream.getvalue()


def files_of(folder: Path, root: Path) -> dict[str, bytes]:
    """All files below a folder by their names seen from `root`, in order."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def write_images(root: Path, counts: Mapping[str, int]) -> Path:
    """Folders with so many `random_images` each, as 000.png and so on; the first folder has seed 1, the next 2."""
    for seed, (folder, count) in enumerate(counts.items(), 1):
        (root / folder).mkdir(parents=True)
        for i, image in enumerate(random_images(count, seed=seed)):
            Image.fromarray(image).save(root / folder / f"{i:03}.png")
    return root


def write_small_category(root: Path, defect: str = "dent") -> Path:
    """An MVTec-style category without masks: 2 images to train with, 3 normal and 2 defective ones."""
    return write_images(root, {"train/good": 2, "test/good": 3, f"test/{defect}": 2})


def write_category(root: Path, train: int = 14, good: int = 5, **defects: int) -> Path:
    """An MVTec-style category with masks: so many images to train with, normal ones to test and ones of each defect,
    which are 4 of "dent" if none is named."""
    defects = defects or {"dent": 4}
    write_images(root, {"train/good": train, "test/good": good} | {f"test/{kind}": n for kind, n in defects.items()})
    mask = np.zeros((64, 64), np.uint8)
    mask[20:34, 10:30] = 255
    for kind, count in defects.items():
        (root / "ground_truth" / kind).mkdir(parents=True)
        for i in range(count):
            Image.fromarray(mask).save(root / "ground_truth" / kind / f"{i:03}_mask.png")
    return root


def ablation_rows(
    study: str,
    values: dict[str, dict[str, list[float]]],
    data: str = "part",
    defects: tuple[str, ...] = (),
    **about: object,
) -> list[dict[str, object]]:
    """Rows of a study's results table with made-up numbers.

    Args:
        values: label of the row -> metric -> value 0..1 per seed.
        data: name of the data set.
        defects: kinds of defects to give rows for, with the same numbers.
        about: further columns.
    """
    from nnet.studies import COLUMNS, STUDIES

    rows = []
    for label, metrics in values.items():
        variant = STUDIES[study].row(label).variant
        for seed in range(max(len(found) for found in metrics.values())):
            cells = {name: found[seed] if seed < len(found) else None for name, found in metrics.items()}
            run = {
                "study": study,
                "row": label,
                "variant": variant,
                "data": data,
                "seed": seed,
                "expression": "M1*M2*M3",
                "images": 30,
                "defective_images": 10,
                "training_images": 50,
                "seconds_training": 90.0,
                "seconds_run": 120.0,
                "images_per_second": 40.0 - len(variant),
                "jobs": 1,
                "threads": 2,
                "parameters": 1_000_000 * (5 + len(variant)),
                "device": "CPU",
                "preset": "small",
                "settings": "",
                "data_sha256": f"sha of {data}",
                "commit": "0123456789abcdef",
                "key": f"{variant}-{data}-{seed}",
            }
            texts = ("maps", "engine", "config_sha256", "created", "nnet", "torch")
            blank = dict.fromkeys(COLUMNS) | dict.fromkeys(texts, "")
            rows += [blank | run | cells | {"defect": defect} | about for defect in ("all", *defects)]
    return rows
