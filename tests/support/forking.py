"""Python programs as forks of this process, which has imported torch already: importing it anew takes longer than most
tests. What forks inherit is also what a test has patched. A program that must be seen to start by itself (`python -m`
from a terminal, torchrun) is started as one."""

import contextlib
import gc
import importlib
import os
import runpy
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import IO

import torch

import nnet.runs.worker
from nnet.model.compat import import_timm

CRASHED = 99
IMPORTED_LATE = ("sklearn.cluster", "torch._dynamo")
"""What a training imports only when it needs it, beside timm; forks inherit it, since importing takes its time."""
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)


class Fork:
    """A child, with what is used of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._waited(os.WNOHANG)

    def wait(self) -> int:
        """The exit code; negative if a signal killed it."""
        code = self._waited(0)
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _waited(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def fork(
    act: Callable[[], object],
    stdout: int,
    stderr: int,
    *,
    fds: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Fork:
    """Call `act` in a fork, in a session of its own; what it returns, or exits with, is the exit code.

    Args:
        stdout, stderr: open files that it writes to.
        fds: further open files that it keeps; all others are closed in it.
        environment: in addition to this process's own.
    """
    import_timm()
    for late in IMPORTED_LATE:
        importlib.import_module(late)
    pid = os.fork()
    if pid:
        return Fork(pid)
    code: object = CRASHED
    try:
        _become_a_program(stdout, stderr, fds)
        os.environ.update(environment or {})
        if cwd is not None:
            os.chdir(cwd)
        code = act()
    except SystemExit as end:
        code = end.code
        if isinstance(code, str):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os._exit(int(code or 0))
    raise AssertionError("never reached")


def _become_a_program(stdout: int, stderr: int, fds: Sequence[int]) -> None:
    gc.freeze()  # nothing of this process is finalised in the fork, where its open files are closed
    os.setsid()
    streams = os.open(os.devnull, os.O_RDONLY), os.dup(stdout), os.dup(stderr)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    kept = sorted({0, 1, 2, *fds})
    for low, high in zip(kept, [*kept[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
        os.closerange(low + 1, high)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as in any Python
    torch.set_num_threads(1)  # the other threads of OpenMP stayed behind
    nnet.runs.worker.NICENESS = 0  # tests wait for it


def module(arguments: Sequence[str]) -> object:
    """`python -m ARGUMENTS`, in a fork."""
    sys.argv = list(arguments)
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    return 0


def script(arguments: Sequence[str]) -> object:
    """`python ARGUMENTS`, in a fork."""
    sys.argv = list(arguments)
    runpy.run_path(arguments[0], run_name="__main__")
    return 0


def launch(
    arguments: Sequence[str], log: Path, *, fds: Sequence[int] = (), environment: Mapping[str, str] | None = None
) -> Fork:
    """Stands in for `nnet.runs.processes.launch`, also in what it starts."""
    with log.open("ab") as output:
        number = output.fileno()
        return fork(lambda: module(arguments), number, number, fds=fds, environment=environment)


def run(act: Callable[[], object], *, cwd: Path | None = None) -> CompletedProcess[str]:
    """Call `act` in a fork, wait for it, and tell what it has printed."""
    with _file() as stdout, _file() as stderr:
        code = fork(act, stdout.fileno(), stderr.fileno(), cwd=cwd).wait()
        printed = [stream.seek(0) or stream.read() for stream in (stdout, stderr)]
    return CompletedProcess((), code, *printed)


@contextlib.contextmanager
def _file() -> Iterator[IO[str]]:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as stream:
        yield stream
