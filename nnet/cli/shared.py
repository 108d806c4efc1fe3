"""What several commands share: options, SECTION.FIELD=VALUE, and progress bars."""

from __future__ import annotations

import argparse
import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from nnet.config import ConfigError
from nnet.data.turned_masks import READINGS
from nnet.errors import NNetError
from nnet.training.events import PHASES, Listener, Progress

if TYPE_CHECKING:
    import numpy as np


def add_teacher_weights(parser: argparse.ArgumentParser) -> None:
    """--teacher-weights."""
    parser.add_argument(
        "--teacher-weights", type=Path, metavar="FILE", help="the teacher's weights, a .pth or .safetensors file"
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """--device and --teacher-weights."""
    add_teacher_weights(parser)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1 or mps; auto picks the fastest")


def add_masks(parser: argparse.ArgumentParser) -> None:
    """--masks."""
    parser.add_argument(
        "--masks",
        choices=READINGS,
        help="masks of photos that EXIF turns were drawn on the picture as shown, or on the file as stored; needed only"
        " where no size tells",
    )


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """--checkpoint."""
    parser.add_argument("--checkpoint", type=Path, required=True, metavar="DIR", help="a trained model's folder")


def places(data: str) -> tuple[str, ...]:
    """Where each category of --data lies, for --each.

    Raises:
        nnet.data.DataError: it is one data set, or none.
    """
    from nnet.data import DataError, categories

    if found := categories(data):
        return found
    raise DataError(f"--each needs a folder of several categories, but {data} is one data set. Leave --each out.")


def require_place(file: Path) -> None:
    """Refuse a file that could not be written, before the work for it begins.

    Raises:
        NNetError: it is a folder or a device, or in no folder.
    """
    if not file.name or (os.path.lexists(file) and not os.path.isfile(file)):
        raise NNetError(f"{file} is no ordinary file, so it is not replaced. Name another one.")
    if not os.path.isdir(file.absolute().parent):
        raise NNetError(f"{file} cannot be written: there is no folder {file.parent}. Make it first.")


def threshold(text: str) -> float:
    """Of an option. Raises argparse.ArgumentTypeError for what decides nothing, such as nan."""
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError("expected a number above 0")
    return value


def assignment(text: str) -> tuple[str, Any]:
    """Path and value of SECTION.FIELD=VALUE.

    Raises:
        ConfigError: there is no equals sign.
    """
    path, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--set {text}: expected SECTION.FIELD=VALUE, for example --set loss.delta=0.01.")
    words = {"none": None, "true": True, "false": False}
    if value.lower() in words:
        return path, words[value.lower()]
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


def decided(scores: np.ndarray, defective: np.ndarray, threshold: float) -> str:
    """What a threshold finds among labelled pictures, and how surely: "27 of 30 defects found (95 %: ...)"."""
    from nnet.scoring.metrics.bootstrap import rate_intervals

    where = rate_intervals(scores, defective, threshold)
    found, alarms = (int((scores[kind] > threshold).sum()) for kind in (defective, ~defective))
    return (
        f"{found} of {defective.sum()} defects found{_span(where.get('recall'))}, "
        f"{alarms} of {(~defective).sum()} good parts flagged{_span(where.get('false alarms'))}"
    )


def _span(where: tuple[float, float] | None) -> str:
    """In brackets."""
    from nnet.scoring.promise import between

    return "" if where is None else f" (95 %: {between(*where)})"


class Bars(Listener):
    """One progress bar per phase, with the time left and the running losses."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: tqdm | None = None
        self._phase = ""

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def report(self, progress: Progress) -> None:
        if self._bar is None or progress.phase != self._phase:
            self.__exit__()
            title, unit = PHASES[progress.phase]
            options = {"total": progress.total, "initial": progress.before, "disable": self._quiet}
            self._bar = tqdm(desc=title, unit=unit, **options)
            self._phase = progress.phase
        self._bar.update(progress.done - self._bar.n)
        if progress.losses:
            shown = {"epoch": progress.epoch + 1, "loss": f"{progress.losses['loss']:.4f}"}
            self._bar.set_postfix(shown, refresh=False)

    def note(self, sentence: str) -> None:
        if not self._quiet:
            tqdm.write(sentence)
