"""Which images a run learns from, how many steps and epochs it takes, and the learning rate and beta of each."""

import math

import numpy as np

from nnet.config import Config, LossConfig, TrainConfig
from nnet.data.framing import Framing
from nnet.training.events import TrainingError

MIN_TRAINING_IMAGES = 4
CALIBRATION_IMAGES = (8, 64)  # fewer say nothing about a quantile; more only make the checkpoint larger
CROSS_FOLDS = 4
"""How many light models are proposed where pictures are few."""
FEW_SHARE = 0.25
"""From this share of held-out pictures on."""
WARM_UP_SHARE, FINAL_RATE_SHARE = 0.05, 0.02


def split_normals(count: int, config: TrainConfig, validation: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training and of the calibration images: a seeded shuffle of range(count), each part sorted.

    Where the data set brings images for calibration, `validation` says how many of the last ones these are; if they are
    enough, up to 64 of them, spread evenly, are held out and nothing is drawn. With `cross_folds`, and with
    `calibration_share` = 0, all are trained on, and up to 64 of them serve for the calibration as well.

    Raises:
        TrainingError: too few images for both parts.
    """
    low, high = CALIBRATION_IMAGES
    if validation >= low and count - validation >= MIN_TRAINING_IMAGES:
        chosen = np.linspace(count - validation, count - 1, min(validation, high)).round().astype(int)
        return np.arange(count - validation), chosen
    held = min(max(round(count * config.calibration_share), low), high)
    if config.cross_folds and count < low + MIN_TRAINING_IMAGES:
        raise TrainingError(
            f"Cross-calibration needs at least {low + MIN_TRAINING_IMAGES} normal images, but found {count}. Add more "
            "images of good parts."
        )
    if (config.cross_folds or config.calibration_share == 0) and count >= low:
        return np.arange(count), np.sort(np.random.default_rng([config.seed, 0]).permutation(count)[:high])
    if count - held < MIN_TRAINING_IMAGES:
        raise TrainingError(
            f"Training needs at least {MIN_TRAINING_IMAGES + low} normal images ({low} of them are held out to find "
            f"the threshold), but found {count}. Add more images of good parts."
        )
    order = np.random.default_rng([config.seed, 0]).permutation(count)
    return np.sort(order[held:]), np.sort(order[:held])


def is_crossed(config: TrainConfig, count: int, validation: int = 0) -> bool:
    """Whether the threshold comes from light models, rather than from pictures that are kept for the calibration."""
    trained, held = split_normals(count, config, validation)
    return bool(config.cross_folds) and len(np.intersect1d(trained, held)) == len(held)


def require_whole(config: Config) -> None:
    """Refuse a cross-calibration of a model that does not look at whole pictures, with a TrainingError."""
    if config.train.cross_folds and not Framing.of(config.model).is_whole:
        raise TrainingError(
            "Cross-calibration (train.cross_folds) needs whole pictures, not tiles, letterbox, crop box or ignore "
            "mask. Set it to 0."
        )


def is_few(config: Config, count: int, validation: int = 0) -> bool:
    """Whether so large a part is held out that a cross-calibration (`CROSS_FOLDS`) is worth its time."""
    if config.train.cross_folds or not Framing.of(config.model).is_whole or config.train.calibration_share == 0:
        return False
    _, held = split_normals(count, config.train, validation)
    return len(held) > FEW_SHARE * count and validation < CALIBRATION_IMAGES[0]


def few(count: int) -> str:
    """What is proposed where `is_few`, and what it costs."""
    return (
        f"Of {count} good pictures many are held out for the threshold alone. With --set "
        f"train.cross_folds={CROSS_FOLDS} the model learns from all of them, and {CROSS_FOLDS} light models find the "
        f"threshold; that takes about {CROSS_FOLDS + 1} times as long."
    )


def folds(trained: np.ndarray, held: np.ndarray, config: TrainConfig) -> list[tuple[np.ndarray, np.ndarray]]:
    """What each light model of a cross-calibration is trained on and what it scores; both are ascending indices.

    Each of `held`, a part of `trained`, is scored by one model, which is trained on all but the pictures that it
    scores. The parts are drawn, so that neighbours of a series, which look alike, are not all scored together.
    """
    order = np.random.default_rng([config.seed, 5]).permutation(held)
    parts = [np.sort(order[i :: config.cross_folds]) for i in range(config.cross_folds)]
    return [(np.setdiff1d(trained, part), part) for part in parts if len(part)]


def steps_per_epoch(config: TrainConfig, images: int, processes: int = 1) -> int:
    """Optimiser steps of an epoch over so many training images, at least 1.

    A last batch of a single image, which batch normalisation cannot use, or of fewer images than there are processes
    is dropped.

    Raises:
        TrainingError: not even one batch can be shared by the processes.
    """
    whole, rest = divmod(images, config.batch_size)
    steps = whole + (rest >= max(2, processes))
    if config.batch_size < processes or steps == 0:
        raise TrainingError(
            f"A batch of {min(images, config.batch_size)} images cannot be shared by {processes} processes. "
            "Use a larger batch, more images or fewer processes."
        )
    return steps


def epochs(config: TrainConfig, images: int, processes: int = 1) -> int:
    """Epochs of the whole run: as configured, or more until the least number of steps is reached.

    Raises:
        TrainingError: as for `steps_per_epoch`.
    """
    return max(config.epochs, math.ceil(config.min_steps / steps_per_epoch(config, images, processes)))


def learning_rate_at(config: TrainConfig, step: int, steps: int) -> float:
    """Learning rate of step 0..steps-1 under the schedule."""
    if config.schedule == "constant":
        return config.learning_rate
    warm_up = max(1, round(WARM_UP_SHARE * steps))
    if step < warm_up:
        return config.learning_rate * (step + 1) / warm_up
    turn = math.pi * (step - warm_up) / max(1, steps - warm_up)
    return config.learning_rate * (FINAL_RATE_SHARE + (1 - FINAL_RATE_SHARE) * (1 + math.cos(turn)) / 2)


def beta_at(config: LossConfig, epoch: int, done: float = 0.0) -> float:
    """The schedule of beta: `config.beta` at first, then 0.

    Args:
        config: ends it after `beta_share` of all steps, or if that is None after `beta_epochs` epochs.
        epoch: counted from 0.
        done: share of all steps that are made, from 0 to below 1.
    """
    if not config.align:
        return 0.0
    if config.beta_share is not None:
        return config.beta if done < config.beta_share else 0.0
    return config.beta if config.beta_epochs is None or epoch < config.beta_epochs else 0.0
