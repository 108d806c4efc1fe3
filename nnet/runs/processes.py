"""Processes by pid and start time, since the system gives the pid of a dead process to another one."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nnet

PACKAGE_PARENT = Path(nnet.__file__).resolve().parents[1]
POLL = 0.02


def started_at(pid: int) -> str | None:
    """When the process started, in the system's own words; None if there is no such process or it is a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]
    done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True)
    return done.stdout.strip() or None


def identity(pid: int) -> dict[str, Any]:
    """{"pid", "started"} of a process, as `is_alive` takes them."""
    return {"pid": pid, "started": started_at(pid) or ""}


def is_alive(pid: int, started: str) -> bool:
    """Whether exactly this process still runs."""
    return pid > 0 and started_at(pid) == started


def is_stopped(pid: int) -> bool:
    """Whether somebody suspended the process (Ctrl-Z, SIGSTOP); False where the system has no /proc to say it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "Tt"
    except OSError:
        return False


def signal_group(pid: int, started: str, number: int) -> None:
    """Send a signal to exactly this process, and to its whole group if it leads one; one that is gone gets none."""
    if is_alive(pid, started):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) == pid:
                os.killpg(pid, number)
            else:
                os.kill(pid, number)


def launch(
    arguments: Sequence[str], log: Path, *, fds: Sequence[int] = (), environment: Mapping[str, str] | None = None
) -> subprocess.Popen:
    """Start `python -m ARGUMENTS` in a session of its own, so that it outlives this process and its terminal.

    Args:
        log: its output is appended there.
        fds: open files that it inherits.
        environment: in addition to this process's own.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=tuple(fds),
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {}), "PYTHONPATH": python_path()},
        )


def python_path() -> str:
    """PYTHONPATH for a process that imports this package, wherever it lies."""
    return os.pathsep.join(filter(None, [str(PACKAGE_PARENT), os.environ.get("PYTHONPATH", "")]))


def reap(process: subprocess.Popen) -> None:
    """Wait for a child in the background, so that it leaves no zombie."""
    threading.Thread(target=process.wait, daemon=True).start()
