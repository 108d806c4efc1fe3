"""A training run as one value: all that is said about it but the images and who listens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnet.config import Config
from nnet.data import Sample


@dataclass(frozen=True)
class TrainJob:
    """What to train, and where.

    Attributes:
        config: all settings.
        out: the checkpoint's directory; must not hold a finished checkpoint unless `resume` only has to measure it.
        name: what the card calls the model; "" takes the directory's name.
        about: what the card should say about data and origin.
        resume: continue an interrupted run in `out`.
        device: see `nnet.device.choose_device`.
        weights_file: explicit teacher weights.
        compile: use torch.compile (pays off for long runs on a GPU).
        skip_unreadable: leave out images that cannot be read, and say so, instead of ending with an error.
        tensorboard: a folder for TensorBoard event files, or None.
        validation: how many of the last images are for calibration only, see `nnet.training.schedule.split_normals`.
        held_out: whole pictures to calibrate with instead of images (`nnet.training.pieces`).
    """

    config: Config
    out: Path
    name: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)
    resume: bool = False
    device: str = "auto"
    weights_file: Path | None = None
    compile: bool = False
    skip_unreadable: bool = False
    tensorboard: Path | None = None
    validation: int = 0
    held_out: tuple[Sample, ...] = ()
