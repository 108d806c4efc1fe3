"""How many runs a device takes at once, across all folders of runs and all servers of this computer.

A slot is a locked file in the machine's own folder. The trainer inherits the lock, so a slot is given back by whatever
way it dies. A CPU (and an Apple GPU) has one slot, which the runs of a study may share. A CUDA GPU has as many as its
memory holds, by what each run was estimated to take.
"""

import contextlib
import functools
import importlib.util
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, NotRequired, TypedDict

from nnet import environment
from nnet.formats import Count, Document, Moment, Name, Number, Sentence
from nnet.runs import processes
from nnet.runs.layout import RunError
from nnet.runs.locks import FileLock, is_held, locked
from nnet.saved.storage import write_json

ADMISSION = "admission.lock"
MOST_PER_GPU, MOST_PER_CPU = 8, 64
UNKNOWN_NEED = 12 * 1024**3  # the paper's configuration at 256 pixels and batch 16 stays below it
WHOLE = 1 << 20  # size of the one slot of a CPU
USABLE_SHARE = 0.92
ASK_SECONDS = 2.0
WAITS_SECONDS = 5.0  # a folder that waits asks every half second


class SlotFile(TypedDict):
    """What the run in a slot was promised, and who has it: its process (pid and start), since when (UNIX time), and the
    folder of the run, "" until its trainer has been started."""

    bytes: Count
    pid: NotRequired[Count]
    started: NotRequired[Name]
    since: NotRequired[Moment]
    run: NotRequired[Sentence]


class Waits(TypedDict):
    """A folder of runs that was refused, and when it last asked, by the clock that never goes back."""

    queue: Sentence
    asked: Number


class NextFile(TypedDict):
    """The folders of runs that wait for a device, the next one first: each takes its place when it is refused."""

    waiting: list[Waits]


SLOT_FORMAT = Document[SlotFile](
    name="DEVICE-N.lock",
    about="A slot of the machine, held (flock) by the trainer that uses it; in the machine's own folder.",
    error=RunError,
    remedy="Delete it.",
    schema=SlotFile,
)
NEXT_FORMAT = Document[NextFile](
    name="DEVICE-next.json",
    about="Beside the slots: who waits, and who comes next.",
    error=RunError,
    remedy="Delete it.",
    schema=NextFile,
)


def machine_folder() -> Path:
    """The folder of the slots; one per user of the machine."""
    name = os.environ.get(environment.MACHINE) or str(Path(tempfile.gettempdir()) / f"nnet-slots-{os.getuid()}")
    folder = Path(name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def take_slot(device: str, need: int | None, at_once: int = 1, queue: str = "") -> FileLock | None:
    """A slot on the device for a run that needs `need` bytes, or None while there is no room.

    Args:
        device: "cpu", "mps", "cuda" or "cuda:1".
        need: expected bytes on a GPU; None takes a careful guess.
        at_once: how many such runs share a CPU.
        queue: the folder of runs that asks; they come in the order in which they were refused, or small runs of one
            folder would keep a large one of another waiting for ever. "" takes part in no such order.
    """
    folder = machine_folder()
    with locked(folder / ADMISSION):
        name, most = _name(device), MOST_PER_GPU if device.startswith("cuda") else MOST_PER_CPU
        fits = has_room(device, need, at_once) and _is_next(folder / f"{name}-next.json", queue)
        promise = _need(device, need, at_once)
        slots = (_take(folder / f"{name}-{number}.lock", promise) for number in range(most) if fits)
        slot = next((slot for slot in slots if slot is not None), None)
        if queue:
            _note_wait(folder / f"{name}-next.json", queue, refused=slot is None)
        return slot


def comes_next(device: str) -> str:
    """The folder of runs whose turn is next on a device, which others wait for; "" if none waits."""
    return next(iter(_waiting(machine_folder() / f"{_name(device)}-next.json")), "")


def has_room(device: str, need: int | None, at_once: int = 1) -> bool:
    """Whether a run that `take_slot` is asked for would fit beside those that have a slot; nothing is taken."""
    promised, wanted = sum(map(_promised, files(device))), _need(device, need, at_once)
    return _fits(device, wanted, promised) if device.startswith("cuda") else promised + wanted <= WHOLE


def files(device: str) -> list[Path]:
    """The files of a device's slots, held or not."""
    return sorted(machine_folder().glob(f"{_name(device)}-*.lock"))


def _name(device: str) -> str:
    return f"cuda-{_on_board(device)}" if device.startswith("cuda") else device


def _need(device: str, need: int | None, at_once: int) -> int:
    """Bytes on a GPU; elsewhere a slot has a size, too, so that a few small runs can share it."""
    return need or UNKNOWN_NEED if device.startswith("cuda") else WHOLE // at_once


def _is_next(path: Path, queue: str) -> bool:
    """Whether no other folder of runs waits that was refused before this one, and still asks."""
    return not queue or next(iter(_waiting(path)), queue) == queue


def _note_wait(path: Path, queue: str, *, refused: bool) -> None:
    """Give a folder that was refused the last place, unless it has one, and take it from one that was not."""
    waiting = _waiting(path)
    if refused:
        waiting[queue] = time.monotonic()
    elif waiting.pop(queue, None) is None:
        return
    write_json(path, {"waiting": [{"queue": one, "asked": asked} for one, asked in waiting.items()]})


def _waiting(path: Path) -> dict[str, float]:
    """The folders of runs that still ask for a device, the next one first, and when each last asked."""
    with contextlib.suppress(RunError, FileNotFoundError):
        now, noted = time.monotonic(), NEXT_FORMAT.read(path)["waiting"]
        return {one["queue"]: one["asked"] for one in noted if 0 <= now - one["asked"] < WAITS_SECONDS}
    return {}


def resolve(device: str) -> str:
    """The device that "auto" stands for (`nnet.device.choose_device`), without loading torch into this process."""
    if device == "auto":
        if _torch_has_cuda() and _gpus():
            return "cuda:0"
        return "mps" if (sys.platform, platform.machine()) == ("darwin", "arm64") else "cpu"
    return "cuda:0" if device == "cuda" else device


@functools.cache
def _torch_has_cuda() -> bool:
    """Whether the installed PyTorch was built for CUDA, as its version file says: its CPU build uses no GPU."""
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return True
    try:
        version = Path(found.origin).with_name("version.py").read_text("utf-8")
    except OSError:
        return True
    return re.search(r"^cuda.*=\s*None\s*$", version, re.MULTILINE) is None


def _take(path: Path, promise: int) -> FileLock | None:
    lock = FileLock(path)
    if not lock.take():
        return None
    lock.write({"bytes": promise, "since": time.time(), **processes.identity(os.getpid())})
    return lock


def _promised(path: Path) -> int:
    """What a slot in use was promised; 0 for a free one."""
    with contextlib.suppress(RunError, FileNotFoundError):
        return SLOT_FORMAT.read(path)["bytes"] if is_held(path) else 0
    return 0


def _on_board(device: str) -> int:
    """The number that nvidia-smi gives the GPU "cuda:i", which CUDA_VISIBLE_DEVICES may number otherwise.

    The variable lists numbers or beginnings of names (GPU-...), and CUDA reads it up to the first that is none. What it
    does not list is left to PyTorch to refuse.
    """
    index = int(device.partition(":")[2] or 0)
    listed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if listed is None:
        return index
    names = {gpu.name: gpu.number for gpu in _gpus()}
    visible: list[int] = []
    for word in listed.split(","):
        word = word.strip()
        matching = [number for name, number in names.items() if word and name.startswith(word)]
        if not word.isdecimal() and not matching:
            break
        visible.append(int(word) if word.isdecimal() else matching[0])
    return visible[index] if index < len(visible) else index


def _fits(device: str, need: int, promised: int) -> bool:
    """Whether a GPU has room. One that cannot be asked, or that nobody uses, takes one run whatever it needs."""
    if promised == 0:
        return True
    gpu = next((gpu for gpu in _gpus() if gpu.number == _on_board(device)), None)
    return gpu is not None and promised + need <= USABLE_SHARE * gpu.total and need <= gpu.free


class _GPU(NamedTuple):
    """A CUDA GPU as nvidia-smi lists it; `free` and `total` in bytes."""

    number: int
    name: str
    free: int
    total: int


def _gpus() -> list[_GPU]:
    """The machine's CUDA GPUs; [] without one.

    It is asked every two seconds at most: it takes up to one itself, and who wants to cancel a run waits meanwhile.
    """
    return _told(int(time.monotonic() / ASK_SECONDS))


@functools.lru_cache(maxsize=1)
def _told(turn: int) -> list[_GPU]:
    command = ["nvidia-smi", "--query-gpu=index,uuid,memory.free,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return list(_parsed(done.stdout))


def _parsed(text: str) -> Iterator[_GPU]:
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            index, name, free, total = line.split(",")
            yield _GPU(int(index), name.strip(), int(free) * 2**20, int(total) * 2**20)
