"""The process that works the queue of a folder of runs off: starts the next run when there is room, and takes down how
each one ended. It ends when nothing waits and nothing that it started runs. If it dies, the runs continue, and whoever
looks at the runs next starts another one (`Runs.list`)."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from nnet.environment import RUN_LOCKS
from nnet.errors import NNetError
from nnet.runs import holders, layout, processes
from nnet.runs.layout import LIBRARY_LOCK, SUPERVISOR_LOCK, Exit
from nnet.runs.locks import FileLock, is_held, locked
from nnet.runs.queue import directories, ticket, waiting
from nnet.runs.run import kept
from nnet.runs.slots import resolve, take_slot

PAUSE = 0.5
NICENESS = 5  # the page that shows the training answers first


@dataclass
class Child:
    """A trainer that this supervisor started."""

    path: Path
    process: subprocess.Popen


def supervise(root: Path, lock: int | None = None) -> None:
    """Work until nothing is left; returns at once if another supervisor is at work.

    Args:
        root: the folder of runs.
        lock: file descriptor of the supervisor's lock if whoever started this process took it; else it is taken here.
    """
    own = FileLock(root / SUPERVISOR_LOCK)
    if lock is not None:
        os.set_inheritable(lock, False)
        own.fd = lock
    elif not own.take():
        return
    children: list[Child] = []
    while True:
        with locked(root / LIBRARY_LOCK, timeout=60):
            children = [child for child in children if not _ended(child)]
            ready = [path for path in waiting(root) if _can_be_read(path)]
            if not ready and not children:
                own.release()  # while nobody can put a run into the queue: none is overlooked
                return
            for path in ready:
                try:
                    child = _start(path)
                except (OSError, NNetError) as error:  # no room in /tmp, no rights, no more processes
                    _give_up(path, error)
                    continue
                if child is None:
                    break  # the others wait in order, also if they would fit
                children.append(child)
        time.sleep(PAUSE)


def _can_be_read(path: Path) -> bool:
    """A run of another version is left alone."""
    try:
        layout.read_spec(path)
    except NNetError:
        return False
    return True


def _start(path: Path) -> Child | None:
    """Start the trainer of a run, or None while the device has no room."""
    lock = FileLock(path / layout.LOCK)
    spec = layout.read_spec(path)
    own = processes.identity(os.getpid())
    if spec.at_once is not None:
        running = sum(is_held(other / layout.LOCK) for other in directories(path.parent))
        if running >= spec.at_once:
            return None
    slot = take_slot(resolve(spec.device), spec.memory_bytes, spec.at_once or 1, str(path.parent))
    if slot is None:
        return None
    try:
        if not lock.take(timeout=1.0):  # somebody runs `nnet train --run` on it by hand
            return None
        fds = (lock.fd, slot.fd)
        threads = {} if spec.threads is None else {"OMP_NUM_THREADS": str(spec.threads)}
        process = processes.launch(
            ["nnet", "train", "--run", str(path)],
            path / layout.LOG,
            fds=fds,
            environment={RUN_LOCKS: ",".join(map(str, fds))} | threads,
        )
        lock.write({**processes.identity(process.pid), "supervisor": [own["pid"], own["started"]]})
        (path / layout.QUEUED).unlink(missing_ok=True)
        holders.hand_over(slot, path, process.pid)
        return Child(path, process)
    finally:  # the trainer has inherited both
        lock.release()
        slot.release()


def _give_up(path: Path, error: Exception) -> None:
    """Say of a run that it cannot be started, unless its trainer lives."""
    if not is_held(path / layout.LOCK):
        (path / layout.EXIT).unlink(missing_ok=True)
        layout.write_exit(path, Exit(1, f"It could not be started ({error}). Fix this and resume.", time.time()))
        (path / layout.QUEUED).unlink(missing_ok=True)


def _ended(child: Child) -> bool:
    """Whether the trainer has ended; takes down how, if the trainer could not do so itself."""
    code = child.process.poll()
    if code is None:
        return False
    if _is_last_attempt(child):
        if (child.path / layout.STOP).exists():  # it was asked to before it could listen
            words = f"It was cancelled. {kept(child.path)}"
            layout.write_exit(child.path, Exit(layout.CANCELLED, words, time.time()))
        layout.write_exit(child.path, Exit(code or 1, f"{_words(code)} {kept(child.path)}", time.time()))
    return True


def _is_last_attempt(child: Child) -> bool:
    """Whether nobody has resumed the run since: the end of an old attempt says nothing about a new one."""
    if not child.path.is_dir() or ticket(child.path) is not None:
        return False
    return layout.read_trainer(child.path)[0] == child.process.pid


def _words(code: int) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        cause = " The system does this when memory runs out." if -code == signal.SIGKILL else ""
        return f"The training process was killed ({name}).{cause}"
    return f"The training process ended with code {code} without a message. The end of the log may say why."
