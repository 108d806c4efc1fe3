"""What a run will take, from a few steps really made: time, memory and disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnet.config import Config
from nnet.errors import NNetError
from nnet.runs.layout import RunError, RunSpec, write_spec

STEPS, WARM_UP = 4, 1
SPARE_DISK = 256 * 1024**2
SPARE_MEMORY = 0.9
TIMEOUT = 300


@dataclass(frozen=True)
class Remedy:
    """A way out: what to do in words, and the settings to change (for `Config.override`)."""

    text: str
    changes: dict[str, Any]


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Attributes:
        training_images, held_out: how the normal images will be split.
        epochs, steps: of the whole run.
        seconds_per_step: median of the measured optimiser steps.
        seconds: of the whole run: reading, teacher features, steps, film, calibration, atlas.
        memory_bytes: expected at the peak (on the device for a GPU, else of the process).
        memory_free: what is there for it now.
        disk_bytes, disk_free: largest need on disk during the run, and what is free there.
        device: in words.
        refusals: sentences; if there is one, the run cannot be started.
        warnings: sentences on what may go wrong.
        remedies: ways out of the warnings and refusals.
    """

    training_images: int
    held_out: int
    epochs: int
    steps: int
    seconds_per_step: float
    seconds: float
    memory_bytes: int
    memory_free: int
    disk_bytes: int
    disk_free: int
    device: str
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = field(default_factory=tuple)


def estimate(spec: RunSpec, folder: Path, data: Path | None = None) -> Estimate:
    """Measure a few steps in a process of its own, so that running out of memory harms nobody else.

    Takes some ten seconds for the preset small on a CPU.

    Args:
        spec: what would be trained.
        folder: where the runs lie (its disk is looked at).
        data: the staged upload, if `spec.data` is "upload".

    Raises:
        nnet.errors.NNetError: the data or the settings cannot be trained with; the run would fail for the same reason.
    """
    with tempfile.TemporaryDirectory(prefix="nnet-estimate-") as name:
        write_spec(Path(name), spec)
        command = [sys.executable, "-m", "nnet.runs", "measure", name, *([str(data)] if data else [])]
        found = _measure_apart(command)
    return judge(found, spec.config, shutil.disk_usage(_existing(folder)).free)


def judge(found: dict[str, Any], config: Config, disk_free: int) -> Estimate:
    """The estimate from what was measured (`measure`), with its refusals, warnings and ways out."""
    raise NotImplementedError


def measure(folder: Path, data: Path | None) -> dict[str, Any]:
    """Make a few steps of the run in `folder` (run.json), and say what they took. Runs in the process of its own."""
    raise NotImplementedError


def _measure_apart(command: list[str]) -> dict[str, Any]:
    from nnet.runs.processes import PACKAGE_PARENT

    done = subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT, cwd=None, env=_environment(PACKAGE_PARENT)
    )
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    if done.returncode < 0:
        raise RunError("The trial steps were killed, most likely because memory ran out. Choose a smaller size or batch.")
    raise NNetError(done.stderr.strip().splitlines()[-1].removeprefix("nnet: ") if done.stderr.strip() else "No steps.")


def _environment(parent: Path) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(parent), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path}


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.resolve().parents) if path.exists())

