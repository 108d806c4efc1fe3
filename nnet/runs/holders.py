"""Who holds the slots of a device, for whoever waits for one."""

import contextlib
import time
from pathlib import Path
from typing import NamedTuple

from nnet.runs import processes, slots
from nnet.runs.layout import RunError
from nnet.runs.locks import FileLock, is_held, locked


class Holder(NamedTuple):
    """What uses a slot: the folder of its `run`, None for another program or where nothing says; its process, 0 where
    that is not known; since when, UNIX time, 0 if unknown; and whether somebody suspended the process."""

    run: Path | None
    pid: int
    since: float
    is_stopped: bool


def hand_over(slot: FileLock, run: Path, pid: int) -> None:
    """Note in a slot that is held which run has it now, and in which process. Nothing else depends on it."""
    with contextlib.suppress(RunError, OSError), locked(slots.machine_folder() / slots.ADMISSION):
        noted = slots.SLOT_FORMAT.read(slot.path)
        slot.write({**noted, **processes.identity(pid), "run": str(run), "since": time.time()})


def in_the_way(device: str, need: int | None, at_once: int = 1) -> tuple[Holder, ...]:
    """Who holds what a run would need, as `slots.take_slot` takes it; () if it could start now."""
    if slots.has_room(device, need, at_once):
        return ()
    return tuple(filter(None, map(_holder, slots.files(device))))


def _holder(path: Path) -> Holder | None:
    """Of one slot; None for a free one."""
    if not is_held(path):
        return None
    with contextlib.suppress(RunError, FileNotFoundError):
        noted = slots.SLOT_FORMAT.read(path)
        pid = noted.get("pid", 0)
        known = pid if processes.is_alive(pid, noted.get("started", "")) else 0
        run = Path(noted["run"]) if noted.get("run") else None
        return Holder(run, known, noted.get("since", 0.0), processes.is_stopped(known))
    return Holder(None, 0, 0.0, is_stopped=False)
