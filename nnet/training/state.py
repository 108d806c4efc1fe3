"""What a run leaves behind after each epoch: its history, and the state from which it can be resumed."""

import hashlib
import json
import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnet.config import Config
from nnet.model.inputs import Images, batches, take
from nnet.model.network import NNet
from nnet.saved.errors import CheckpointError
from nnet.saved.formats import HISTORY, HISTORY_FORMAT, RESUME, RESUME_FORMAT, Epoch
from nnet.saved.storage import write_tensors, write_text
from nnet.training.events import TrainingError

KEEP_SECONDS = 10.0  # from one writing of the state to the next, which takes a fifth of an epoch of thirty images

Stored = tuple[dict[str, Tensor], dict[str, str]]  # tensors and notes


class ResumeState:
    """Weights, Adam's moments and the scaler after an epoch, in one file that is replaced in one step.

    Args:
        folder: of the run.
        identity: see `identity_of`; only a run with the same one may continue from the file.
        network, optimiser, scaler: whose state it is.
    """

    def __init__(
        self, folder: Path, identity: str, network: NNet, optimiser: torch.optim.Optimizer, scaler: torch.amp.GradScaler
    ) -> None:
        self.path, self.identity = folder / RESUME, identity
        self.network, self.optimiser, self.scaler = network, optimiser, scaler
        self._unsaved: Stored | None = None
        self._saved_at = -math.inf
        self._writer = ThreadPoolExecutor(1, "resume state")
        self._writing: Future[None] | None = None

    def keep(self, epoch: int, last: bool) -> None:
        """Copy the state after an epoch, and save it if that is the last or none was saved a moment ago."""
        names = [name for name, _ in self._trainable()]
        tensors = {f"network/{name}": value for name, value in self.network.own_state().items()}
        for index, moments in self.optimiser.state_dict()["state"].items():
            tensors |= {f"adam/{key}/{names[index]}": value for key, value in moments.items()}
        copies = {name: value.detach().clone(memory_format=torch.contiguous_format) for name, value in tensors.items()}
        notes = {"epoch": str(epoch), "identity": self.identity, "scaler": json.dumps(self.scaler.state_dict())}
        self._unsaved = copies, notes
        if last:
            self.save()
        elif time.perf_counter() - self._saved_at >= KEEP_SECONDS:
            self._start()

    def save(self) -> None:
        """Write the state that was kept last, unless that is done, and wait for it."""
        if self._unsaved is not None:
            self._start()
        self._settle()

    def _start(self) -> None:
        """Write beside the training: copying a large network from a GPU and to a disk can take as long as an epoch."""
        self._settle()
        if self._unsaved is not None:
            self._writing = self._writer.submit(write_tensors, self.path, *self._unsaved)
            self._unsaved, self._saved_at = None, time.perf_counter()

    def _settle(self) -> None:
        """Wait for the file that is being written; what went wrong with it is raised here."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()

    def read(self) -> Stored | None:
        """What the file of an interrupted run holds; None without a file.

        Raises:
            TrainingError: the file is damaged, or of another run.
        """
        try:
            notes = RESUME_FORMAT.header(self.path).notes
            tensors = RESUME_FORMAT.torch(self.path)
        except FileNotFoundError:
            return None
        except CheckpointError as error:
            raise TrainingError(str(error)) from error
        if notes["identity"] != self.identity:
            raise TrainingError(
                f"The interrupted run in {self.path.parent} was made with other settings or other images or another "
                "teacher. Give the same ones, or start in another directory."
            )
        return tensors, notes

    def restore(self, stored: Stored) -> int:
        """Put what `read` returned into network, optimiser and scaler; returns how many epochs are finished."""
        tensors, notes = stored
        self.network.load_own_state(
            {key.removeprefix("network/"): value for key, value in tensors.items() if key.startswith("network/")}
        )
        self.optimiser.load_state_dict(self._adam_state(tensors))
        self.scaler.load_state_dict(json.loads(notes["scaler"]))
        return int(notes["epoch"])

    def remove(self) -> None:
        """Delete the file of a finished run."""
        self.path.unlink(missing_ok=True)

    def _trainable(self) -> list[tuple[str, torch.nn.Parameter]]:
        return [(name, p) for name, p in self.network.named_parameters() if p.requires_grad]

    def _adam_state(self, tensors: dict[str, Tensor]) -> dict[str, Any]:
        state = {
            index: {
                "step": tensors[f"adam/step/{name}"],
                # Adam's fused kernel walks moments and parameters in memory order: both must have one layout.
                **{key: torch.empty_like(p).copy_(tensors[f"adam/{key}/{name}"]) for key in ("exp_avg", "exp_avg_sq")},
            }
            for index, (name, p) in enumerate(self._trainable())
            if f"adam/step/{name}" in tensors
        }
        return {"state": state, "param_groups": self.optimiser.state_dict()["param_groups"]}


def identity_of(config: Config, images: Images, teacher: str) -> str:
    """SHA-256 over settings, pixels, and the hash of the teacher (empty if it was looked up).

    Raises:
        TrainingError: the images do not have the network's input size.
    """
    digest = hashlib.sha256(json.dumps(config.to_hash(), sort_keys=True).encode() + teacher.encode())
    expected = (config.model.size, config.model.size, 3)
    for part in batches(len(images), 64):
        block = take(images, np.arange(part.start, part.stop))
        if block.dtype != np.uint8 or block.shape[1:] != expected:
            raise TrainingError(f"Expected uint8 images {expected}, found {block.dtype} {block.shape[1:]}.")
        digest.update(np.ascontiguousarray(block).data)
    return digest.hexdigest()


def load_history(path: Path | str) -> list[Epoch]:
    """The lines of a run's history.jsonl up to a damaged or half-written one. Raises CheckpointError."""
    return HISTORY_FORMAT.read(Path(path) / HISTORY)[0]


def truncate_history(path: Path, epochs: int) -> None:
    """Drop the lines of epochs that will be run again."""
    entries = load_history(path)[:epochs]
    write_text(path / HISTORY, "".join(json.dumps(entry) + "\n" for entry in entries))


def append_history(path: Path, entry: dict[str, Any]) -> None:
    """Add an epoch's line."""
    with (path / HISTORY).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry) + "\n")
