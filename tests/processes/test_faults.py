"""What a machine does wrong, one fault after the other: power cuts and full disks at every write of a short run, a file
system without locks, a folder that cannot be written, no network. docs/reliability.md says what is promised."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import forking
import pytest
from builders import encode, random_images, tiny_config
from safetensors.torch import load_file
from serving import free_port

import nnet.saved.storage
import nnet.training.loop
import nnet.training.state
from nnet import environment
from nnet.errors import NNetError
from nnet.runs import Run, RunError, Runs, RunSpec, processes
from nnet.runs.locks import FileLock, is_held
from nnet.runs.worker import work
from nnet.saved import checkpoint, kept_thresholds
from nnet.saved.formats import CONFIG, WEIGHTS
from nnet.scoring.calibration import Kept

ROOT = Path(__file__).parents[2]
BEATS = ("status.json",)  # written about each second, so that their number differs from run to run


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """An empty folder of runs on a machine of its own."""
    monkeypatch.setenv(environment.MACHINE, str(tmp_path / "machine"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(processes, "launch", forking.launch)
    return Runs(tmp_path / "runs")


def made(runs: Runs, name: str) -> Run:
    """A run of two epochs on twelve small pictures."""
    files = [(f"{number:02}.png", encode(image)) for number, image in enumerate(random_images(12))]
    config = tiny_config(train__epochs=2, model__teacher="mobilenetv3_small_050")
    return runs.create(RunSpec(name, "upload", config, device="cpu"), runs.stage(files))


def worked(run: Run, prepare: Callable[[], object] = lambda: None) -> int:
    """The exit code of a trainer in a fork, where `prepare` breaks something first."""

    def act() -> int:
        prepare()
        return work(run.path)

    with (run.path / "log.txt").open("ab") as log:
        return forking.fork(act, log.fileno(), log.fileno()).wait()


# -------------------------------------------------------------------------------------- every write of a short run


def at_every_write(act: Callable[[Path, Path], None]) -> None:
    """Let `act` see the file and the temporary file of each write that is put in place, and each line of history."""
    real, append = nnet.saved.storage.write_atomically, nnet.training.state.append_history

    def watched(path: Path, write: Callable[[Path], None]) -> None:
        def seen(target: Path) -> None:
            write(target)
            if path.name not in BEATS:
                act(path, target)

        real(path, seen)

    def appended(path: Path, entry: dict) -> None:
        act(path / "history.jsonl", path / "history.jsonl")
        append(path, entry)

    nnet.saved.storage.write_atomically = watched
    nnet.training.loop.append_history = appended


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A run that nothing disturbed, and how many writes it took."""
    folder = tmp_path_factory.mktemp("whole")
    run, counted = made(Runs(folder / "runs"), "Whole"), folder / "writes"

    def count() -> None:
        at_every_write(lambda path, target: counted.open("a").write(f"{path.name}\n"))

    assert worked(run, count) == 0
    yield run.path, len(counted.read_text().splitlines())


def assert_same(run: Run, whole: Path) -> None:
    assert run.state == "done" and run.model == run.path
    expected, found = load_file(whole / WEIGHTS), load_file(run.path / WEIGHTS)
    assert expected.keys() == found.keys() and all(expected[name].equal(found[name]) for name in expected)
    assert (run.path / "history.jsonl").read_text().count("\n") == 2
    assert not [path for path in run.path.rglob(".*.tmp")]


def nth(number: int, act: Callable[[Path], None]) -> Callable[[], None]:
    """Breaks something at the write of this number, from 0."""

    def prepare() -> None:
        seen: list[Path] = []

        def at(path: Path, target: Path) -> None:
            seen.append(path)
            if len(seen) > number:
                act(target)

        at_every_write(at)

    return prepare


def die(target: Path) -> None:
    """Power fails when half of a file is written."""
    if target.name.endswith(".tmp"):
        os.truncate(target, target.stat().st_size // 2)
    os.kill(os.getpid(), signal.SIGKILL)


def full(target: Path) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_power_cut_at_any_write_loses_at_most_an_epoch(runs: Runs, whole: tuple[Path, int]) -> None:
    path, writes = whole
    assert writes >= 8
    for number in range(writes):
        run = made(runs, f"Cut at {number}")
        assert worked(run, nth(number, die)) == -signal.SIGKILL, number
        lost = runs.get(run.id)
        assert lost.state == "lost" and lost.reason, (number, lost.state)  # it says what is kept
        assert worked(run) == 0, (number, lost.log_tail())
        assert_same(runs.get(run.id), path)
        runs.delete(run.id)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_disk_that_is_full_from_any_write_on_is_named_and_loses_at_most_an_epoch(
    runs: Runs, whole: tuple[Path, int]
) -> None:
    path, writes = whole
    for number in range(writes):
        run = made(runs, f"Full at {number}")
        code = worked(run, nth(number, full))
        after = runs.get(run.id)
        if code == 0:  # a film that cannot be kept stops no training
            assert_same(after, path)
        else:
            assert after.state == "failed" and "disk is full" in after.reason, (number, after.state, after.reason)
            assert worked(run) == 0, (number, after.log_tail())
            assert_same(runs.get(run.id), path)
        runs.delete(run.id)


# ------------------------------------------------------------------------------------------------------ file systems


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that has no locks, as some network drives."""

    def refuse(fd: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.usefixtures("without_locks")
def test_a_file_system_without_locks_is_named_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    for act in (lambda: FileLock(tmp_path / "lock").take(), lambda: is_held(tmp_path / "lock")):
        with pytest.raises(RunError, match=r"has no file locks .* NNET_RUNS"):
            act()


def test_a_run_on_a_file_system_without_locks_is_listed_and_stops_no_other(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made(runs, "Mine")
    (run.path / "lock").touch()
    monkeypatch.setattr(fcntl, "flock", lambda *_: (_ for _ in ()).throw(OSError(errno.EOPNOTSUPP, "not supported")))
    (found,) = runs.list()
    assert found.state == "unreadable" and "has no file locks" in found.reason


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_checkpoint_that_cannot_be_written_is_used_and_not_changed(
    number: int, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model"
    shutil.copytree(tiny_checkpoint, path)
    before = {file.name: file.read_bytes() for file in path.iterdir() if file.is_file()}

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(nnet.saved.storage, "write_atomically", refuse)
    loaded = checkpoint.load(path)
    expression = loaded.config.score.expression
    with pytest.raises(NNetError, match=r"cannot be changed .* Make the folder writable, or change a copy"):
        kept_thresholds.keep(path, expression, Kept(1.0, "a reason"))
    assert {file.name: file.read_bytes() for file in path.iterdir() if file.is_file()} == before
    assert checkpoint.load(path).weights_hash == loaded.weights_hash and (path / CONFIG).is_file()


# ---------------------------------------------------------------------------------------------------------- network

ALONE = """
import asyncio, fcntl, os, socket, struct, subprocess, sys, time
from argparse import Namespace
from urllib.request import urlopen
sys.path[:0] = ["."]
from benchmarks.load import visited
with socket.socket() as one:  # the loopback is there on every computer, but not yet in a new namespace
    flags = struct.pack("16sH14x", b"lo", 1)
    fcntl.ioctl(one, 0x8914, flags)
    assert [name for _, name in socket.if_nameindex()] == ["lo"]
port = sys.argv[1]
demo = subprocess.Popen(["make", "-o", ".venv/app.stamp", "demo", f"PORT={port}"], start_new_session=True)
try:
    while True:
        assert demo.poll() is None, "make demo has ended"
        try:
            urlopen(f"http://localhost:{port}/_stcore/health", timeout=60).close()
            break
        except OSError:
            time.sleep(0.1)
    found = asyncio.run(visited(1, 1, int(port), Namespace(uploads=1, changes=2, seconds=0.0)))
    print("answered", {kind: len(seconds) for kind, seconds in found.seconds.items()}, found.wrong)
finally:
    os.killpg(demo.pid, 15)
    demo.wait()
"""


@pytest.mark.long
def test_make_demo_needs_no_network(tmp_path: Path) -> None:
    """From `make demo` on, in a namespace without a network: a visitor uploads and moves sliders."""
    unshared = ["unshare", "--net", "--map-root-user"]
    if subprocess.run([*unshared, "true"], capture_output=True).returncode:
        pytest.skip("this system lets nobody make a namespace of its own")
    if not (ROOT / ".venv/bin/python").exists() or shutil.which("make") is None:
        pytest.skip("this is not run from an environment that `make` has made")
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    environment |= {"HF_HOME": str(tmp_path), "TORCH_HOME": str(tmp_path), "NNET_RUNS": str(tmp_path)}
    environment |= {"STREAMLIT_SERVER_HEADLESS": "true"}
    command = [*unshared, sys.executable, "-c", ALONE, str(free_port())]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=250)
    assert "answered {'open': 1, 'upload': 1, 'control': 2} []" in done.stdout, done.stdout + done.stderr[-2000:]
    assert "Traceback" not in done.stderr
