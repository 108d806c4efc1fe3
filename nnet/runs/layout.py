"""The files of a run directory and what stands in them. No torch in here."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnet.config import Config
from nnet.errors import NNetError
from nnet.saved.storage import write_json

FORMAT = 1
SPEC, QUEUED, LOCK, STATUS = "run.json", "queued.json", "lock", "status.json"
STOP, LOG, EXIT, DATA, IMAGES = "stop.json", "log.txt", "exit.json", "data", "images.json"
CHECKPOINT, HISTORY, RESUME = "config.json", "history.jsonl", "resume.safetensors"
"""What training itself leaves there (`nnet.saved.checkpoint`, `nnet.training.loop`, which bring in torch)."""
LIBRARY_LOCK, SUPERVISOR_LOCK, SUPERVISOR_LOG = ".library.lock", ".supervisor.lock", ".supervisor.log"
UPLOADED = "upload"
CANCELLED = 130
STATES = ("created", "queued", "running", "stopping", "done", "cancelled", "failed", "lost", "unreadable")


class RunError(NNetError):
    """A run that does not exist, cannot be read, or cannot do now what it is asked to."""


@dataclass(frozen=True)
class RunSpec:
    """What is to be trained; run.json.

    Attributes:
        name: what people call it.
        data: as for `nnet.data.open_dataset` ("elpv:mono", "synthetic:metal", a folder or ZIP on this computer), or
            "upload" for the images in the run's own data/.
        config: all settings.
        preset: name of the preset that the settings started from, or "".
        device: see `nnet.device.choose_device`.
        teacher_weights: a local file with the teacher's weights, or None.
        tensorboard: also write event files for TensorBoard, into tensorboard/.
        memory_bytes: what `estimate` expects it to take; decides how many runs share a GPU.
        disk_bytes: what it takes on disk at most; filled in by `Runs.create`.
        created: UTC, ISO 8601; filled in by `Runs.create`.
        threads: CPU threads of the trainer; None lets PyTorch decide.
        at_once: how many runs of its folder may share the device; on a CPU each takes that share of its one slot. None:
            the run takes the CPU for itself, and of a GPU what `memory_bytes` says.
        study: the job of a study that the run is (`nnet.studies`), as JSON; None for a run of its own.
    """

    name: str
    data: str
    config: Config = field(default_factory=Config)
    preset: str = ""
    device: str = "auto"
    teacher_weights: str | None = None
    tensorboard: bool = False
    memory_bytes: int | None = None
    disk_bytes: int | None = None
    created: str = ""
    threads: int | None = None
    at_once: int | None = None
    study: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {"format": FORMAT, **values, "config": self.config.to_dict()}


@dataclass(frozen=True)
class Status:
    """What the trainer last said of itself; status.json.

    Attributes:
        phase: "start", "images", "features", "train", "calibrate", "atlas", "measure" or "end".
        done, total: steps of the phase (images, optimiser steps, images).
        epoch, epochs: finished, and in all.
        seconds_left: of the phase; None while it is not known.
        seconds: the trainer has run for.
        losses: mean of each loss term over the epoch so far ("loss", "L_RKD", "L_KD", "L_align", "L_query").
        learning_rate, beta: of the current step; None outside of training.
        images_per_second: of the epoch so far; None outside of training.
        memory: how the current epoch uses the memory so far: "items_per_query", "items_used", "items_dead", or {}.
        memory_bytes: the process's largest resident memory so far.
        notes: sentences, such as on images that were left out.
        beat: counts up with every write; it does not depend on any clock.
        monotonic: of the machine's clock that never goes back, in seconds since its start.
        wall: UNIX time, for people.
        pid, process_started: identify the process (a pid alone may be used again).
        attempt: 1, and one more with each resume.
        device: in words.
    """

    phase: str = "start"
    done: int = 0
    total: int = 0
    epoch: int = 0
    epochs: int = 0
    seconds_left: float | None = None
    seconds: float = 0.0
    losses: dict[str, float] = field(default_factory=dict)
    learning_rate: float | None = None
    beta: float | None = None
    images_per_second: float | None = None
    memory: dict[str, float] = field(default_factory=dict)
    memory_bytes: int = 0
    notes: tuple[str, ...] = ()
    beat: int = 0
    monotonic: float = 0.0
    wall: float = 0.0
    pid: int = 0
    process_started: str = ""
    attempt: int = 1
    device: str = ""


@dataclass(frozen=True)
class Exit:
    """How an attempt ended; exit.json.

    Attributes:
        code: 0 done, CANCELLED, -n killed by signal n, anything else failed.
        reason: a sentence.
        wall: UNIX time, for people.
    """

    code: int
    reason: str
    wall: float = 0.0


def read_spec(path: Path) -> RunSpec:
    """run.json of the run directory `path`.

    Raises:
        RunError: missing, damaged, or from a newer version.
        nnet.config.ConfigError: a setting is out of range.
    """
    try:
        data = json.loads((path / SPEC).read_text(encoding="utf-8"))
        version = data.pop("format")
    except OSError as error:
        raise RunError(f"{path} is not a run: its {SPEC} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, AttributeError) as error:
        raise RunError(f"{path / SPEC} is damaged ({error}). Restore it or delete the run.") from error
    if version != FORMAT:
        raise RunError(
            f"{path} was made by another version of N-Net: it has run format {version}, this one reads {FORMAT}. "
            "Update N-Net to use it; nothing in it was changed."
        )
    try:
        return RunSpec(**{**data, "config": Config.from_dict(data["config"])})
    except (TypeError, KeyError) as error:
        raise RunError(f"{path / SPEC} is damaged ({error}). Restore it or delete the run.") from error


def read_status(path: Path) -> Status | None:
    """status.json, or None before the trainer has written it (it is replaced in one step, so never half of it)."""
    data = _read(path / STATUS)
    if data is None:
        return None
    known = {f.name for f in dataclasses.fields(Status)}
    return Status(**{name: value for name, value in data.items() if name in known} | {"notes": tuple(data["notes"])})


def read_exit(path: Path) -> Exit | None:
    """exit.json, or None."""
    data = _read(path / EXIT)
    return None if data is None else Exit(int(data["code"]), str(data["reason"]), float(data["wall"]))


def write_exit(path: Path, ending: Exit) -> bool:
    """Write exit.json unless one is there; returns whether it was written. The first who knows wins."""

    def claim(temporary: Path) -> None:
        temporary.write_text(json.dumps(dataclasses.asdict(ending), indent=2) + "\n", encoding="utf-8")
        os.link(temporary, path / EXIT)  # fails if it exists, in one step

    temporary = path / f".{EXIT}.{os.getpid()}-{threading.get_ident()}.tmp"
    try:
        claim(temporary)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def read_ticket(path: Path) -> int | None:
    """The place in the queue, or None for a run that does not wait."""
    data = _read(path / QUEUED)
    return None if data is None else int(data["ticket"])


def read_trainer(path: Path) -> tuple[int, str]:
    """(pid, start time) of the last trainer, dead or alive, from the lock file; (0, "") if there was none."""
    data = _read(path / LOCK) or {}
    return int(data.get("pid", 0)), str(data.get("started", ""))


def read_supervisor(path: Path) -> tuple[int, str]:
    """(pid, start time) of the supervisor that started the last trainer; (0, "") if none did."""
    pid, started = (_read(path / LOCK) or {}).get("supervisor", (0, ""))
    return int(pid), str(started)


def now() -> str:
    """The time for `RunSpec.created`."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def write_spec(path: Path, spec: RunSpec) -> None:
    """Write run.json."""
    write_json(path / SPEC, spec.to_dict())


def _read(path: Path) -> dict[str, Any] | None:
    """A JSON object, or None if the file is not there or was damaged from outside."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None
