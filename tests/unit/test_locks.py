"""File locks of runs: what a run is before its new lock file is locked, and file systems without locks."""

import errno
import fcntl
import os
from pathlib import Path

import pytest
from builders import tiny_config

from nnet.runs import RunError, Runs, RunSpec, layout
from nnet.runs.locks import FileLock, is_held
from nnet.runs.state import state_of


@pytest.fixture
def run(tmp_path: Path) -> Path:
    path = tmp_path / "runs" / "part"
    path.mkdir(parents=True)
    layout.write_spec(path, RunSpec("Part", "synthetic:metal", tiny_config(), device="cpu"))
    return path


def test_a_run_whose_lock_file_was_just_made_is_not_lost(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, real, seen = FileLock(run / layout.LOCK), fcntl.flock, []

    def slow(fd: int, how: int) -> None:
        if how & fcntl.LOCK_EX:
            monkeypatch.setattr(fcntl, "flock", real)
            seen.append(state_of(run))  # the file is there, and not locked yet
        real(fd, how)

    monkeypatch.setattr(fcntl, "flock", slow)
    assert lock.take()
    assert seen == ["created"] and state_of(run) == "running"
    lock.write({"pid": 2**22 + 1, "started": "0"})
    lock.release()
    assert state_of(run) == "lost"  # whoever held it said who it was, and is gone


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named_with_the_way_out(
    run: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def without(fd: int, how: int) -> None:
        raise OSError(number, os.strerror(number))

    (run / layout.LOCK).write_text("{}")
    monkeypatch.setattr(fcntl, "flock", without)
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0
    for look in (FileLock(run / layout.LOCK).take, lambda: is_held(run / layout.LOCK)):
        with pytest.raises(RunError, match=f"{run / layout.LOCK} has no file locks.*NNET_RUNS"):
            look()
    (found,) = Runs(run.parent).list()
    assert found.state == "unreadable" and "NNET_RUNS" in found.reason
    if before:
        assert len(os.listdir("/proc/self/fd")) == before
