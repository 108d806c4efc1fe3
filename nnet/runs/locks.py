"""File locks between processes (flock). The kernel releases a lock when its holder dies, however it dies."""

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nnet.formats import not_plain, open_plain
from nnet.runs.layout import RunError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

POLL = 0.02
NOT_HELD = -1
UNSUPPORTED = "Runs need POSIX file locks, which Windows lacks. Use WSL, or train with python -m nnet train."


class FileLock:
    """An exclusive lock on a file. The file stays when the lock is released, and its existence means nothing.

    Args:
        path: made if it does not exist.

    Attributes:
        fd: the file descriptor while the lock is held, else NOT_HELD.
    """

    def __init__(self, path: Path) -> None:
        if fcntl is None:
            raise RunError(UNSUPPORTED)
        self.path = path
        self.fd = NOT_HELD

    def take(self, timeout: float = 0.0) -> bool:
        """Try to lock for `timeout` seconds; returns whether it is held now."""
        fd = open_plain(self.path, os.O_RDWR | os.O_CREAT)
        if fd is None:
            raise RunError(f"{self.path} is damaged: {not_plain(self.path)}. Remove it.")
        until = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    os.close(fd)
                    return False
                time.sleep(POLL)
            except OSError as error:
                os.close(fd)
                raise _no_locks(self.path, error) from error
            else:
                self.fd = fd
                return True

    def release(self) -> None:
        """Let go. Nothing happens if a process that was given the lock (`fd`) still holds it."""
        if self.fd != NOT_HELD:
            os.close(self.fd)
            self.fd = NOT_HELD

    def write(self, facts: Mapping[str, Any]) -> None:
        """Leave facts in the file, as JSON, for whoever looks at it. Only while the lock is held."""
        os.truncate(self.fd, 0)
        os.pwrite(self.fd, json.dumps(facts).encode(), 0)


def is_held(path: Path) -> bool:
    """Whether a process holds the lock. Looking takes it in shared mode, so looks do not disturb one another.

    Nobody can hold what is no regular file.
    """
    if fcntl is None:
        raise RunError(UNSUPPORTED)
    try:
        fd = open_plain(path)
    except FileNotFoundError:
        return False
    if fd is None:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        raise _no_locks(path, error) from error
    finally:
        os.close(fd)
    return False


def _no_locks(path: Path, error: OSError) -> RunError:
    """The error for a file system that has none, as some network drives."""
    return RunError(
        f"The file system of {path} has no file locks ({error.strerror or error}), and without them two programs could "
        "train one run. Set NNET_RUNS to a folder on a disk of this computer."
    )


@contextlib.contextmanager
def locked(path: Path, timeout: float = 10.0) -> Iterator[None]:
    """Hold the lock for a block.

    Raises:
        RunError: it stayed taken for `timeout` seconds.
    """
    lock = FileLock(path)
    if not lock.take(timeout):
        raise RunError(f"{path} is locked by another process. Try again; if this persists, a process is stuck.")
    try:
        yield
    finally:
        lock.release()
