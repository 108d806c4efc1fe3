"""The files of a run directory and what stands in them. No torch in here."""

import dataclasses
import datetime
import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from nnet.config import Config
from nnet.errors import NNetError
from nnet.formats import GIB, Count, Document, Name, NotNegative, Number, Sentence, Text, Words
from nnet.saved.formats import Settings
from nnet.saved.storage import write_json

FORMAT = 1
SPEC, QUEUED, LOCK, STATUS = "run.json", "queued.json", "lock", "status.json"
STOP, LOG, EXIT, DATA, IMAGES = "stop.json", "log.txt", "exit.json", "data", "images.json"
FINISH = "finish.json"
LIBRARY_LOCK, SUPERVISOR_LOCK, SUPERVISOR_LOG = ".library.lock", ".supervisor.lock", ".supervisor.log"
UPLOADED = "upload"
CANCELLED, DIVERGED = 130, 3
RUNNING = ("running", "stopping")
LIVE = ("queued", *RUNNING)
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
        part: key of the part that it is of (`nnet.runs.parts`) whatever its data; "" for the one that its data says.
        masks: how masks of photos that EXIF turns are read where nothing tells (`nnet.data.turned_masks.READINGS`); "":
            they are not used.
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
    part: str = ""
    masks: str = ""

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
        left_between: least and most seconds that the phase will probably still take (`nnet.training.pace`), or None.
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

    phase: Name = "start"
    done: Count = 0
    total: Count = 0
    epoch: Count = 0
    epochs: Count = 0
    seconds_left: Number | None = None
    left_between: tuple[Number, Number] | None = None
    seconds: Number = 0.0
    losses: dict[Name, Number] = field(default_factory=dict)
    learning_rate: Number | None = None
    beta: Number | None = None
    images_per_second: Number | None = None
    memory: dict[Name, Number] = field(default_factory=dict)
    memory_bytes: Count = 0
    notes: tuple[Words, ...] = ()
    beat: Count = 0
    monotonic: Number = 0.0
    wall: Number = 0.0
    pid: Count = 0
    process_started: Name = ""
    attempt: Count = 1
    device: Name = ""


@dataclass(frozen=True)
class Exit:
    """How an attempt ended; exit.json.

    Attributes:
        code: 0 done, CANCELLED, -n killed by signal n, anything else failed, DIVERGED of it by its loss.
        reason: a sentence.
        wall: UNIX time, for people.
    """

    code: Annotated[int, Meta(ge=-1000, le=100_000)]
    reason: Words
    wall: Number = 0.0


class RunFile(TypedDict):
    """A `RunSpec` with the settings as they are checked by `nnet.config.Config.from_dict`."""

    format: Annotated[int, Meta(ge=1)]
    name: Name
    data: Sentence
    config: Settings
    preset: NotRequired[Name]
    device: NotRequired[Name]
    teacher_weights: NotRequired[Sentence | None]
    tensorboard: NotRequired[bool]
    memory_bytes: NotRequired[NotNegative | None]
    disk_bytes: NotRequired[NotNegative | None]
    created: NotRequired[Name]
    threads: NotRequired[Annotated[int, Meta(ge=1, le=65536)] | None]
    at_once: NotRequired[Annotated[int, Meta(ge=1, le=65536)] | None]
    study: NotRequired[dict[str, Any] | None]
    part: NotRequired[Name]
    masks: NotRequired[Literal["", "shown", "stored"]]


class TicketFile(TypedDict):
    """The place in the queue; lower ones come first."""

    ticket: Count


class LockFile(TypedDict, total=False):
    """The last trainer's process, and (pid, start) of the supervisor that started it. The lock itself is flock's."""

    pid: Count
    started: Name
    supervisor: tuple[Count, Name]


SPEC_FORMAT = Document[RunFile](
    name=SPEC,
    about="What is to be trained; written by `nnet.runs.Runs`, never by the run.",
    error=RunError,
    remedy="Restore it or delete the run.",
    schema=RunFile,
    version=("format", FORMAT),
    newer="{path} was made by another version of N-Net: it has run format {found}, this one reads {version}. "
    "Update N-Net to use it; nothing in it was changed.",
)
STATUS_FORMAT = Document[Status](
    name=STATUS,
    about="What the trainer last said of itself, about each second.",
    error=RunError,
    remedy="The run is not affected. Delete the file; the trainer writes it again.",
    schema=Status,
)
EXIT_FORMAT = Document[Exit](
    name=EXIT,
    about="How the last attempt ended; the first who writes it wins.",
    error=RunError,
    remedy="Delete this file; the run can then be resumed.",
    schema=Exit,
)
TICKET_FORMAT = Document[TicketFile](
    name=QUEUED,
    about="The run waits for its turn. Removed when the trainer starts.",
    error=RunError,
    remedy="Delete this file, and start or resume the run again.",
    schema=TicketFile,
)
LOG_FORMAT = Text(
    name=LOG,
    about="What the trainer printed. Its last lines are shown.",
    error=RunError,
    remedy="The run is not affected. Delete it.",
    most=1024 * GIB,
)
LOCK_FORMAT = Document[LockFile](
    name=LOCK,
    about="Held (flock) by the trainer as long as it lives; this alone says that a run is alive. Empty at first.",
    error=RunError,
    remedy="Remove it.",
    schema=LockFile,
)


def read_spec(path: Path) -> RunSpec:
    """run.json of the run directory `path`.

    Raises:
        RunError: missing, damaged, or from a newer version.
        nnet.config.ConfigError: a setting is out of range.
    """
    try:
        data = SPEC_FORMAT.read(path / SPEC)
    except FileNotFoundError as error:
        raise RunError(f"{path} is not a run: its {SPEC} cannot be read ({error.strerror}).") from error
    values = {name: value for name, value in data.items() if name != "format"}
    if unknown := sorted(values.keys() - {f.name for f in dataclasses.fields(RunSpec)}):
        raise SPEC_FORMAT.damaged(path / SPEC, f"it has a field {unknown[0][:80]!r}, which is not known")
    return RunSpec(**{**values, "config": Config.from_dict(data["config"])})  # type: ignore[arg-type]


def title_of(path: Path) -> str:
    """What people call the model in a folder: the name of its run, else the folder's."""
    try:
        return read_spec(path).name if (path / SPEC).exists() else path.name
    except NNetError:
        return path.name


def read_status(path: Path) -> Status | None:
    """status.json, or None before the trainer has written it (it is replaced in one step, so never half of it).

    Raises:
        RunError: it is damaged.
    """
    return STATUS_FORMAT.find(path / STATUS)


def read_exit(path: Path) -> Exit | None:
    """exit.json, or None. Raises RunError if it is damaged."""
    return EXIT_FORMAT.find(path / EXIT)


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
    """The place in the queue, or None for a run that does not wait. Raises RunError if the file is damaged."""
    found = TICKET_FORMAT.find(path / QUEUED)
    return None if found is None else found["ticket"]


def read_trainer(path: Path) -> tuple[int, str]:
    """(pid, start time) of the last trainer, dead or alive, from the lock file; (0, "") if there was none."""
    found = _lock_facts(path)
    return found.get("pid", 0), found.get("started", "")


def read_supervisor(path: Path) -> tuple[int, str]:
    """(pid, start time) of the supervisor that started the last trainer; (0, "") if none did."""
    pid, started = _lock_facts(path).get("supervisor", (0, ""))
    return pid, started


def _lock_facts(path: Path) -> LockFile:
    """What stands in the lock file. A trainer may not have written it yet, and only the lock itself decides."""
    try:
        return LOCK_FORMAT.find(path / LOCK) or {}
    except RunError:
        return {}


def now() -> str:
    """The time for `RunSpec.created`."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def write_spec(path: Path, spec: RunSpec) -> None:
    """Write run.json."""
    write_json(path / SPEC, spec.to_dict())
