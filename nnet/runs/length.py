"""How long a finished model was trained, from the files beside it."""

from pathlib import Path

from nnet.config import Config
from nnet.errors import NNetError
from nnet.presets.short import Short, short
from nnet.runs.layout import SPEC, read_spec
from nnet.saved.checkpoint import Checkpoint
from nnet.training.schedule import steps_per_epoch
from nnet.training.state import load_history


def trained_steps(path: Path, config: Config, images: int) -> int | None:
    """Optimiser steps of the model in the directory `path`, as its history tells; None without one that can be read.

    Args:
        images: how many it learnt from.
    """
    try:
        history = load_history(path)
        return history[-1]["epoch"] * steps_per_epoch(config.train, images) if history else None
    except (NNetError, OSError):
        return None


def too_short(path: Path, steps: int | None) -> Short | None:
    """Where a run in the directory `path` took fewer `steps` than its preset's least; None of what is no run.

    Raises:
        nnet.errors.NNetError: run.json is damaged.
    """
    return short(steps, read_spec(path).preset) if steps is not None and (path / SPEC).exists() else None


def of_checkpoint(checkpoint: Checkpoint) -> Short | None:
    """`too_short` of a loaded checkpoint; None also where its run.json cannot be read, which the list of runs says."""
    images = int(checkpoint.about["training_images"])
    try:
        return too_short(checkpoint.path, trained_steps(checkpoint.path, checkpoint.config, images))
    except (NNetError, OSError):
        return None
