"""Whether the disk has room for a run. Asked before a run is made, before it is started and before it is resumed."""

import contextlib
import os
import shutil
from functools import lru_cache
from pathlib import Path

from nnet.config import Config
from nnet.runs.film import MAX_FRAMES
from nnet.runs.layout import DATA, RunError
from nnet.units import data_size

SPARE_DISK = 256 * 1024**2


@lru_cache(maxsize=32)
def needed(config: Config) -> int:
    """Bytes that a run with these settings takes at most, without its images.

    The network is built without memory behind it, which takes half a second.

    Raises:
        nnet.errors.NNetError: settings from which no network can be built.
    """
    import torch

    from nnet.model.network import NNet

    with torch.device("meta"):
        network = NNet(config.override({"model.teacher_weights": "random"}))  # only counted, so no weights are needed
    epochs = 2 * MAX_FRAMES if config.train.min_steps else config.train.epochs
    return needed_by(sum(4 * p.numel() for p in network.parameters() if p.requires_grad), config, epochs)


def needed_by(parameter_bytes: int, config: Config, epochs: int) -> int:
    """The same for a network with so many bytes of trainable weights in float32, and so many epochs.

    The state to resume from has the weights and two moments for each; while it is replaced there are two of them.
    """
    return 2 * 3 * parameter_bytes + parameter_bytes + film_bytes(config, epochs) + SPARE_DISK


def film_bytes(config: Config, epochs: int) -> int:
    """Bytes of the film: six maps in float16 per probe and frame, and the probes."""
    frames = min(epochs, 2 * MAX_FRAMES) + 2
    return 6 * (frames * len(config.maps) * config.model.map_size**2 * 2 + 4 * config.model.size**2)


def free_bytes(folder: Path) -> int:
    """What is free on the disk of a folder, which need not exist yet."""
    return shutil.disk_usage(next(path for path in (folder, *folder.resolve().parents) if path.exists())).free


def left_to_write(need: int, path: Path) -> int:
    """What a run that needs `need` bytes in all will still write, given what lies in its directory already."""
    if not path.is_dir():
        return need
    there = bytes_in(path, DATA)
    return max(need - there, min(need, SPARE_DISK))


def bytes_in(path: Path, without: str = "") -> int:
    """Bytes of all files in a folder, without those in one of its folders."""
    found = 0
    for folder, folders, files in os.walk(path):
        if Path(folder) == path and without in folders:
            folders.remove(without)
        for name in files:
            with contextlib.suppress(OSError):  # a temporary file of a run that is at work
                found += os.stat(os.path.join(folder, name)).st_size
    return found


def refusal(need: int, free: int, what: str = "The run needs") -> str:
    """The sentence that says no, "" where there is room."""
    if need <= free:
        return ""
    return f"{what} {data_size(need)} on disk, but only {data_size(free)} is free. Delete old runs or other files."


def require(need: int, folder: Path, what: str = "The run needs") -> None:
    """Raise RunError with that sentence if the disk of `folder` has less than `need` bytes free."""
    if sentence := refusal(need, free_bytes(folder), what):
        raise RunError(sentence)
