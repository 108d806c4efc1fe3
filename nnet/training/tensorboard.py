"""Event files for TensorBoard, by the optional package tensorboardX: `tensorboard --logdir FOLDER` shows them."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from nnet.model.inputs import Images
from nnet.training.events import Listener, TrainingError


def is_installed() -> bool:
    """Whether the optional package is there."""
    return find_spec("tensorboardX") is not None


class EventLog(Listener):
    """Writes each line of the history into an event file as soon as it is there. Only the process that leads begins.

    Args:
        folder: made when the run begins. A resumed run adds a second file, which TensorBoard joins to the first; epochs
            that are made again replace those of the first.

    Raises:
        TrainingError: tensorboardX is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError as error:
            raise TrainingError(
                "Event files for TensorBoard need the package tensorboardX. Install it (pip install tensorboardX), or "
                "train without TensorBoard."
            ) from error
        self._folder, self._make = folder, SummaryWriter
        self._writer: SummaryWriter | None = None

    def begin(self, images: Images, held_out: np.ndarray, first_epoch: int, epochs: int) -> None:
        purged = first_epoch + 1 if first_epoch else None
        suffix = f".{os.getpid()}.{first_epoch}"  # the name has the second alone, in which a run may begin and go on
        self._writer = self._make(str(self._folder), purge_step=purged, flush_secs=0, filename_suffix=suffix)

    def heard(self, entry: dict[str, Any]) -> None:
        if self._writer is not None:
            for name, value in entry.items():
                if name != "epoch":
                    self._writer.add_scalar(name, value, entry["epoch"])

    def close(self) -> None:
        """Wait until everything is written."""
        if self._writer is not None:
            self._writer.close()
