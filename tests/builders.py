"""Small configurations and images that several tests use."""

from __future__ import annotations

import numpy as np

from nnet.config import Config, preset

TINY = {
    "model.teacher": "resnet18",
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
}


def tiny_config(**changes: object) -> Config:
    """The smallest useful N-Net; `changes` use a double underscore for the dot: model__fpm=False."""
    return preset("small").override(TINY | {path.replace("__", "."): value for path, value in changes.items()})


def random_images(count: int, size: int = 64, seed: int = 0) -> np.ndarray:
    """uint8 (count, size, size, 3): smooth blobs, so that neighbouring pixels have something in common."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    return coarse.repeat(size // 8, axis=1).repeat(size // 8, axis=2)
