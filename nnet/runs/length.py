"""How long a finished model was trained, from the files beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnet.config import Config
from nnet.errors import NNetError
from nnet.presets.short import Short, short
from nnet.runs.layout import SPEC, read_spec
from nnet.saved.checkpoint import Checkpoint
from nnet.training.schedule import steps_per_epoch
from nnet.training.state import load_history


def trained_steps(path: Path, config: Config, about: Mapping[str, Any]) -> int | None:
    """Optimiser steps of the model in the directory `path`, as its history tells; None without one that can be read.

    Args:
        about: what the checkpoint says about itself; of one that was ended early it knows the steps.
    """
    if "ended_early" in about:
        return int(about["ended_early"]["steps"])
    images = int(about["training_images"])
    try:
        history = load_history(path)
        return history[-1]["epoch"] * steps_per_epoch(config.train, images) if history else None
    except (NNetError, OSError):
        return None


def planned_steps(about: Mapping[str, Any]) -> int:
    """Of a checkpoint whose training was ended early, from what it says about itself; 0 of all others."""
    found: int = about.get("ended_early", {}).get("planned_steps", 0)
    return found


def too_short(path: Path, steps: int | None, planned: int = 0) -> Short | None:
    """Where a run in the directory `path` took fewer `steps` than its preset's least, or than `planned`.

    None of what is no run, unless it was ended early.

    Raises:
        nnet.errors.NNetError: run.json is damaged.
    """
    if steps is None or not ((path / SPEC).exists() or planned):
        return None
    return short(steps, read_spec(path).preset if (path / SPEC).exists() else "", planned)


def of_checkpoint(checkpoint: Checkpoint) -> Short | None:
    """`too_short` of a loaded checkpoint; None also where its run.json cannot be read, which the list of runs says."""
    try:
        steps = trained_steps(checkpoint.path, checkpoint.config, checkpoint.about)
        return too_short(checkpoint.path, steps, planned_steps(checkpoint.about))
    except (NNetError, OSError):
        return None
