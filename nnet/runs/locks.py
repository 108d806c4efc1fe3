"""File locks between processes (flock). The kernel lets go of a lock when its holder dies, however it dies."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from nnet.runs.layout import RunError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

POLL = 0.02
UNSUPPORTED = "Runs need POSIX file locks, which Windows lacks. Use WSL, or train with python -m nnet train."


class FileLock:
    """An exclusive lock on a file; the file itself stays, empty or not, and means nothing.

    Args:
        path: made if it does not exist.
    """

    def __init__(self, path: Path) -> None:
        if fcntl is None:
            raise RunError(UNSUPPORTED)
        self.path = path
        self.fd: int | None = None

    def take(self, timeout: float = 0.0) -> bool:
        """Try to lock for `timeout` seconds; returns whether it is held now."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        until = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    os.close(fd)
                    return False
                time.sleep(POLL)
            else:
                self.fd = fd
                return True

    def release(self) -> None:
        """Let go. Nothing happens if a process that was given the lock (`fd`) still holds it."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


def is_held(path: Path) -> bool:
    """Whether a process holds the lock. Looking takes it in shared mode, so looks do not disturb one another."""
    if fcntl is None:
        raise RunError(UNSUPPORTED)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


@contextlib.contextmanager
def locked(path: Path, timeout: float = 10.0) -> Iterator[None]:
    """Hold the lock for a block.

    Raises:
        RunError: it stayed taken for `timeout` seconds.
    """
    lock = FileLock(path)
    if not lock.take(timeout):
        raise RunError(f"{path} stays locked by another process. Try again; if it lasts, look for a hanging process.")
    try:
        yield
    finally:
        lock.release()
