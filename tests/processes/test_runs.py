"""Runs end to end: queue, states, cancelling, resuming and every fault that a machine can bring, each really brought
about. All processes are real ones, though forks of this one (tests/support/forking.py); only the networks are tiny."""

import contextlib
import dataclasses
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import forking
import numpy as np
import pytest
import torch
from builders import encode, random_images, zipped
from builders import tiny_config as small_config
from safetensors.torch import load_file
from waiting import PATIENCE, held, until

import nnet.runs.worker
import nnet.saved.storage
import nnet.training.loop
import nnet.training.pipeline
import nnet.training.state
from nnet import environment
from nnet.cli import main
from nnet.config import Config
from nnet.data import DataError
from nnet.runs import CANCELLED, LIVE, Run, RunError, Runs, RunSpec, cancelling, is_usable, layout, processes, queue
from nnet.runs.holders import in_the_way
from nnet.runs.layout import SUPERVISOR_LOCK
from nnet.runs.locks import FileLock, is_held
from nnet.runs.slots import take_slot
from nnet.runs.supervisor import supervise
from nnet.runs.worker import work
from nnet.saved import checkpoint as checkpoints
from nnet.saved.formats import RESUME
from nnet.training.loop import train
from nnet.training.schedule import split_normals

EPOCHS = 4
ALL_FRAMES = list(range(EPOCHS + 1))


FILES = [(f"{number:02}.png", encode(image)) for number, image in enumerate(random_images(14))]


@pytest.fixture
def runs(tmp_path, monkeypatch) -> Iterator[Runs]:
    """An empty folder of runs on a machine of its own; whatever still runs afterwards is ended."""
    monkeypatch.setenv(environment.MACHINE, str(tmp_path / "machine"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(processes, "launch", forking.launch)
    monkeypatch.setattr(cancelling, "PATIENCE", PATIENCE)  # the machine may be busy with other things
    found = Runs(tmp_path / "runs")
    yield found
    for run in found.list():
        if run.state in LIVE:
            found.cancel(run.id)
    until(lambda: not is_held(found.root / SUPERVISOR_LOCK))


def tiny_config(**changes: object) -> Config:
    """With a teacher that trains five times as fast: these tests are about everything around the network."""
    return small_config(model__teacher="mobilenetv3_small_050", **changes)


def made(runs: Runs, name: str = "My part", epochs: int = 2, **changes: object) -> Run:
    """A run whose needs are known, so that it measures none of its steps first."""
    config = tiny_config(train__epochs=epochs, **changes)
    spec = RunSpec(name, "upload", config, device="cpu", memory_bytes=2**30)
    return runs.create(spec, runs.stage(FILES))


def reach(runs: Runs, id: str, there: Callable[[Run], bool]) -> Run:
    """Wait until a run that is alive has come so far."""

    def alive_and_there() -> bool:
        run = runs.get(id)
        assert run.state in ("created", "queued", "running"), (run.state, run.reason, run.log_tail())
        return there(run)

    until(alive_and_there, lambda: runs.get(id).log_tail())
    return runs.get(id)


@pytest.fixture
def gate(tmp_path, monkeypatch) -> Path:
    """Every run of this test waits after its first saved state until this file is there, or until it shall stop."""
    path = tmp_path / "gate"
    monkeypatch.setattr(nnet.saved.storage, "write_atomically", held(path))
    return path


def kept(runs: Runs, id: str) -> Run:
    """Wait until a run has saved a state."""
    return reach(runs, id, lambda run: run.kept_epochs >= 1)


def ended(runs: Runs, id: str) -> Run:
    until(lambda: runs.get(id).state not in LIVE, lambda: runs.get(id).log_tail())
    return runs.get(id)


def gone(run: Run) -> bool:
    return not processes.is_alive(run.status.pid, run.status.process_started)


def weights(path: Path) -> dict:
    return load_file(path / checkpoints.WEIGHTS)


# ------------------------------------------------------------------------------------------------ the way it should go


@pytest.mark.long
def test_two_starts_at_the_same_instant_make_one_model_without_anybody_watching(runs, tmp_path):
    run = made(runs)
    assert (run.state, run.id, run.model) == ("created", "my-part", None)
    starting, go = os.pipe()

    def start_with_the_other() -> None:
        os.read(starting, 1)  # returns in both when this process closes its end
        try:
            runs.start(run.id)
            print("started")
        except RunError as error:
            print(error)

    said = [(tmp_path / name).open("w+") for name in ("one", "other")]
    both = [forking.fork(start_with_the_other, out.fileno(), out.fileno(), fds=[starting]) for out in said]
    os.close(go)
    assert [process.wait() for process in both] == [0, 0]
    refused, started = sorted((out.seek(0) or out.read() for out in said), key=lambda words: words.strip() == "started")
    assert started.strip() == "started" and "started before" in refused
    run = ended(runs, run.id)
    assert run.state == "done", run.log_tail()
    assert run.status.attempt == 1 and run.log_tail(99).count("Training.") == 1
    assert run.model == run.path and is_usable(run.path) and checkpoints.load(run.path).calibration.n == 8
    assert run.status.phase == "end" and run.status.epochs == 2 and gone(run)
    assert "Epoch 2 of 2" in run.log_tail()
    until(lambda: not is_held(runs.root / SUPERVISOR_LOCK))  # the supervisor leaves when nothing is left


@pytest.mark.long
def test_the_film_shows_the_pinned_images_after_every_epoch(whole):
    film = whole.film()
    assert film.epochs == ALL_FRAMES and [p.kind for p in film.probes] == ["normal"] * 3 + ["painted"] * 3
    assert all(p.mask is not None for p in film.probes[3:]) and film.probes[0].image.shape == (64, 64, 3)
    epochs, scores, held_out = film.scores()
    assert scores.shape == (EPOCHS + 1, 6) and held_out.shape == (EPOCHS + 1, 8) and epochs.tolist() == ALL_FRAMES
    frame = film.frame(2)
    assert frame.maps["M1"].dtype == np.float16 and frame.maps["M6"].shape == (6, 64, 64)
    assert film.score_map(frame, 0).max() == pytest.approx(scores[2, 0], rel=2e-3)
    assert whole.history()[1]["held_out_median"] == pytest.approx(float(np.median(held_out[2])), rel=1e-5)
    assert film.level(frame) == pytest.approx(whole.history()[1]["held_out_high"], rel=1e-5)


@pytest.mark.long
def test_watching_changes_nothing_in_the_result(whole, tmp_path):
    """The film looks at the network in the middle of training; the weights are those of a run without a film."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    train(tiny_config(train__epochs=EPOCHS), random_images(14), tmp_path / "plain", device="cpu")
    torch.set_num_threads(threads)
    watched, plain = weights(whole.path), weights(tmp_path / "plain")
    assert all(torch.equal(watched[key], plain[key]) for key in plain)


def trainer(run: Run, prepare: Callable[[], object] = lambda: None) -> forking.Fork:
    """Start the trainer of a run; `prepare` is called in it first."""

    def train_it() -> int:
        prepare()
        return main(["train", "--run", str(run.path)])

    with (run.path / layout.LOG).open("ab") as log:
        return forking.fork(train_it, log.fileno(), log.fileno())


def work_here(run: Run, prepare: Callable[[], object] = lambda: None) -> int:
    """The exit code of the trainer, which this test waits for."""
    return trainer(run, prepare).wait()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Run:
    """A run that nothing disturbed."""
    runs = Runs(tmp_path_factory.mktemp("whole"))
    run = made(runs, "whole", epochs=EPOCHS)
    assert work_here(run) == 0, run.log_tail()
    return runs.get(run.id)


def assert_same(run: Run, whole: Run) -> None:
    """The result of a run is, to the last bit, that of the undisturbed one."""
    a, b = weights(run.path), weights(whole.path)
    assert all(torch.equal(a[key], b[key]) for key in b)
    assert [e["loss"] for e in run.history()] == [e["loss"] for e in whole.history()]
    assert run.film().epochs == ALL_FRAMES
    assert np.array_equal(run.film().scores()[1], whole.film().scores()[1])


def test_names_copies_and_deletion(runs):
    run = made(runs)
    other = runs.create(run.spec, run.path / layout.DATA)
    assert other.id == "my-part-2" and len(other.dataset().train) == 14
    assert runs.rename(run.id, "  Renamed   part ").name == "Renamed part"
    runs.delete(run.id)
    assert [r.id for r in runs.list()] == ["my-part-2"] and len(other.dataset().train) == 14
    for wrong in ("", "x" * 81):
        with pytest.raises(RunError, match="1 to 80"):
            runs.rename(other.id, wrong)
    for wrong in ("my-part", "../runs", ".uploads"):
        with pytest.raises(RunError, match="There is no run"):
            runs.get(wrong)


# ------------------------------------------------------------------------------------------------ cancel and resume


def test_cancel_ends_the_process_and_resume_ends_with_the_same_weights(runs, whole, gate):
    run = made(runs, "broken", epochs=EPOCHS)
    runs.start(run.id)
    run = kept(runs, run.id)
    with pytest.raises(RunError, match="Cancel it"):
        runs.delete(run.id)
    run = runs.cancel(run.id)
    assert run.state == "cancelled" and gone(run) and run.model is None and not is_usable(run.path)
    assert run.kept_epochs >= 1 and f"up to epoch {run.kept_epochs} is kept" in run.reason
    gate.touch()
    runs.resume(run.id)
    run = ended(runs, run.id)
    assert run.state == "done" and run.status.attempt == 2
    assert_same(run, whole)
    with pytest.raises(RunError, match="done"):
        runs.resume(run.id)


def test_a_trainer_that_does_not_listen_is_killed(runs, gate):
    run = made(runs)
    working = trainer(run)
    run = kept(runs, run.id)
    working.send_signal(signal.SIGSTOP)  # hears no request and no signal but SIGKILL
    run = runs.cancel(run.id)
    assert run.state == "cancelled" and gone(run)
    assert working.wait() == -signal.SIGKILL


def calibrate_until_stopped(run: Run) -> None:
    """Calibration goes on, image by image, until somebody asks the run to stop."""
    real = nnet.training.loop.Trainer._calibrate

    def slow(training: object, detector: object) -> object:
        nnet.training.loop.batches = lambda count, size: (slice(i, i + 1) for i in range(count))
        maps, seen = detector.maps, []

        def wait_after_the_first(images: object) -> object:
            seen.append(images)
            until(lambda: len(seen) == 1 or (run.path / layout.STOP).exists())
            return maps(images)

        detector.maps = wait_after_the_first
        return real(training, detector)

    nnet.training.loop.Trainer._calibrate = slow


@pytest.mark.long
def test_cancel_during_calibration_keeps_all_epochs(runs):
    run = made(runs, epochs=1)
    working = trainer(run, lambda: calibrate_until_stopped(run))
    reach(runs, run.id, lambda run: run.status is not None and run.status.phase == "calibrate")
    run = runs.cancel(run.id)
    assert run.state == "cancelled" and run.kept_epochs == 1 and run.model is None
    assert working.wait() == CANCELLED
    assert work_here(run) == 0 and runs.get(run.id).state == "done"


def test_a_run_that_cannot_be_started_says_why_and_starts_when_that_is_mended(runs):
    blocked = Path(os.environ[environment.MACHINE])
    blocked.touch()  # a file where the folder of the slots belongs
    run = made(runs, epochs=1)
    runs.start(run.id)
    run = ended(runs, run.id)
    assert run.state == "failed" and "could not be started" in run.reason and str(blocked) in run.reason
    blocked.unlink()
    runs.resume(run.id)
    assert ended(runs, run.id).state == "done"


def test_a_waiting_run_leaves_the_queue_when_cancelled(runs):
    slot = take_slot("cpu", None)  # somebody else uses the CPU
    run = made(runs)
    assert runs.start(run.id).position == 1
    run = runs.cancel(run.id)
    assert run.state == "cancelled" and "queue" in run.reason and run.status is None
    slot.release()


# ------------------------------------------------------------------------------------------------ ended early

LONG = 400
"""So many epochs that none of these tests sees the last."""


def test_a_running_training_that_is_finished_becomes_a_model_that_says_so(runs):
    run = made(runs, epochs=LONG)
    runs.start(run.id)
    reach(runs, run.id, lambda run: run.history())
    assert runs.finish(run.id).is_finishing
    with contextlib.suppress(RunError):  # pressed twice: the second one may come when its steps are over
        runs.finish(run.id)
    run = ended(runs, run.id)
    early = run.ended_early
    assert run.state == "done" and early is not None and not run.is_finishing, run.log_tail()
    assert 1 <= early["epochs"] == len(run.history()) < early["planned_epochs"] == LONG
    assert f"ended early, after {early['epochs']} of {LONG} planned epochs" in run.reason
    assert run.reason in checkpoints.load(run.path).card and run.reason in run.log_tail()
    assert is_usable(run.path) and not run.kept_epochs and run.film().epochs[-1] <= early["epochs"]
    with pytest.raises(RunError, match="is done, so there is nothing to finish"):
        runs.finish(run.id)


def stopped_after_two_epochs(run: Run) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    assert work_here(run, lambda: little_memory(2, interrupt)) == CANCELLED


def test_one_that_is_killed_while_it_finishes_is_finished_later(runs):
    run = made(runs, epochs=EPOCHS)
    stopped_after_two_epochs(run)

    def killed_in_calibration() -> None:
        nnet.training.loop.Trainer._calibrate = lambda *_: os.kill(os.getpid(), signal.SIGKILL)

    with (run.path / layout.LOG).open("ab") as log:

        def finish_it() -> int:
            killed_in_calibration()
            return main(["train", "--run", str(run.path), "--finish"])

        assert forking.fork(finish_it, log.fileno(), log.fileno()).wait() == -signal.SIGKILL
    lost = runs.get(run.id)
    assert lost.state == "lost" and lost.model is None and lost.kept_epochs == 2 and not is_usable(run.path)
    runs.finish(run.id)
    done = ended(runs, run.id)
    assert done.state == "done" and done.ended_early["epochs"] == 2 and done.ended_early["planned_epochs"] == EPOCHS
    assert done.model is not None and [entry["epoch"] for entry in done.history()] == [1, 2]


@pytest.mark.long
def test_resume_takes_the_wish_to_finish_back(runs, whole):
    run = made(runs, "whole", epochs=EPOCHS)
    stopped_after_two_epochs(run)
    slot = take_slot("cpu", None)
    assert runs.finish(run.id).is_finishing and runs.finish(run.id).state == "queued"
    runs.cancel(run.id)
    assert not runs.resume(run.id).is_finishing
    slot.release()
    run = ended(runs, run.id)
    assert run.state == "done" and run.ended_early is None and run.reason == ""
    assert all(torch.equal(value, weights(run.path)[key]) for key, value in weights(whole.path).items())


def test_what_has_learnt_nothing_yet_cannot_be_finished_and_says_so(runs, capsys):
    run = made(runs)
    with pytest.raises(RunError, match="was never started"):
        runs.finish(run.id)
    slot = take_slot("cpu", None)
    runs.start(run.id)
    for _ in range(2):
        with pytest.raises(RunError, match=r"has not finished an epoch yet.*wait for its first epoch, or cancel it"):
            runs.finish(run.id)
    assert main(["train", "--run", str(run.path), "--finish"]) == 1 and "nothing to make" in capsys.readouterr().err
    runs.cancel(run.id)
    with pytest.raises(RunError, match="resume it, or delete it"):
        runs.finish(run.id)
    slot.release()
    spec = dataclasses.replace(run.spec, name="of a study", data="synthetic:metal", study={"key": "x"})
    with pytest.raises(RunError, match=r"of a study belongs to a study.*It can only be cancelled"):
        runs.finish(runs.create(spec).id)


# ------------------------------------------------------------------------------------------------ the queue


def test_one_at_a_time_on_a_machine_also_from_two_servers(runs):
    """Two folders of runs, as of two servers, share the machine's one CPU slot."""
    other = Runs(runs.root.parent / "other")
    first, second = made(runs, "first", 1), made(other, "second", 1)
    runs.start(first.id)
    other.start(second.id)
    alive, holding = set(), set()

    def all_done() -> bool:
        both = [runs.get(first.id), other.get(second.id)]
        holding.update((holder.run, holder.pid > 0) for holder in in_the_way("cpu", None))
        alive.add(sum(run.state == "running" for run in both))
        return all(run.state == "done" for run in both)

    until(all_done)
    assert max(alive) == 1
    assert {(first.path, True), (second.path, True)} <= holding, "whoever waits is told of either"


def test_those_that_wait_wait_in_order(runs):
    slot = take_slot("cpu", None)  # somebody else uses the CPU
    for name in ("b", "a", "c"):
        runs.start(made(runs, name).id)
    assert {run.id: run.position for run in runs.list()} == {"b": 1, "a": 2, "c": 3}
    assert runs.cancel("a").position is None
    assert {run.id: run.position for run in runs.list() if run.state == "queued"} == {"b": 1, "c": 2}
    with pytest.raises(RunError, match="queued"):
        runs.start("b")
    for name in ("b", "c"):
        runs.cancel(name)
    slot.release()


@pytest.mark.slow
def test_many_looks_at_a_waiting_run_start_one_supervisor(runs, monkeypatch):
    started = []
    launch = processes.launch
    monkeypatch.setattr(processes, "launch", lambda *a, **k: started.append(a[0][1]) or launch(*a, **k))
    run = runs.start(made(runs).id)
    for _ in range(5):  # long before the new process has imported anything
        runs.list()
    assert started == ["supervise"]
    assert ended(runs, run.id).state == "done" and started == ["supervise"]


def test_of_two_supervisors_one_leaves_at_once(runs):
    runs.root.mkdir(parents=True)
    lock = FileLock(runs.root / SUPERVISOR_LOCK)
    assert lock.take()
    supervise(runs.root)  # returns, although nobody has let it take the lock
    lock.release()


def test_a_run_that_is_trained_by_hand_is_not_trained_twice(runs):
    run = made(runs)
    lock = FileLock(run.path / layout.LOCK)
    assert lock.take()
    with pytest.raises(RunError, match="another process"):
        work(run.path)
    lock.release()


# ------------------------------------------------------------------------------------------------ faults


def test_the_server_that_started_it_dies_and_the_supervisor_too_and_the_run_goes_on(runs, gate):
    first, second = made(runs, "first"), made(runs, "second", epochs=1)

    def start_and_die() -> None:
        runs.start(first.id)
        os.kill(os.getpid(), signal.SIGKILL)

    assert forking.fork(start_and_die, 1, 2).wait() == -signal.SIGKILL
    run = kept(runs, first.id)
    runs.start(second.id)
    parent = Path(f"/proc/{run.status.pid}/stat").read_text().rpartition(")")[2].split()[1]
    os.kill(int(parent), signal.SIGKILL)
    until(lambda: not is_held(runs.root / SUPERVISOR_LOCK))
    assert runs.get(first.id).state == "running"
    states = {run.id: run.state for run in runs.list()}  # looking brings a new supervisor
    assert states == {"first": "running", "second": "queued"}
    runs.cancel(second.id)
    gate.touch()
    assert ended(runs, first.id).state == "done"


@pytest.mark.long
def test_kill_9_in_the_middle_of_training_is_said_and_survived(runs, whole, gate):
    run = made(runs, epochs=EPOCHS)
    runs.start(run.id)
    run = kept(runs, run.id)
    os.kill(run.status.pid, signal.SIGKILL)
    seen = set()
    until(lambda: seen.add(runs.get(run.id).state) or runs.get(run.id).exit is not None)
    assert seen <= {"running", "failed"}  # never lost: its supervisor lives, and is about to look
    run = runs.get(run.id)
    assert run.state == "failed" and run.exit.code == -signal.SIGKILL and "SIGKILL" in run.reason
    assert run.model is None and not is_usable(run.path)
    gate.touch()
    assert work_here(run) == 0
    assert_same(runs.get(run.id), whole)


def die_while_writing() -> None:
    """kill -9 when half of a second state is written."""
    real, times = nnet.saved.storage.write_atomically, []

    def dying(path: Path, write: Callable[[Path], None]) -> None:
        def half(target: Path) -> None:
            write(target)
            if path.name == RESUME and times.append(path) is None and len(times) == 2:
                os.truncate(target, target.stat().st_size // 2)
                os.kill(os.getpid(), signal.SIGKILL)

        real(path, half)

    nnet.saved.storage.write_atomically = dying


@pytest.mark.slow
def test_kill_9_in_the_middle_of_writing_leaves_the_state_before_it(runs, whole):
    run = made(runs, epochs=EPOCHS)
    assert work_here(run, die_while_writing) == -signal.SIGKILL
    run = runs.get(run.id)
    assert run.state == "lost" and "without a message" in run.reason and "resume continues" in run.reason
    assert [path for path in run.path.iterdir() if path.name.endswith(".tmp")]
    assert work_here(run) == 0
    run = runs.get(run.id)
    assert run.state == "done" and not [path for path in run.path.iterdir() if path.name.endswith(".tmp")]
    assert_same(run, whole)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path | None]:
    """A disk of 64 MB of its own, or None where nobody may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    mounted = os.getuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
    yield folder if mounted else None
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill_disk(disk: Path | None) -> None:
    """At the second epoch's end the disk is full, or, where there is no small disk, the kernel refuses large files."""
    real = nnet.training.state.ResumeState.keep

    def full(state: object, epoch: int, last: bool) -> None:
        if epoch == 2 and disk is None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, resource.RLIM_INFINITY))
        elif epoch == 2:
            with contextlib.suppress(OSError), (disk / "ballast").open("wb", buffering=0) as stream:
                while stream.write(bytes(4096)):
                    pass
        real(state, epoch, last)

    nnet.training.state.ResumeState.keep = full


@pytest.mark.long
def test_a_full_disk_ends_the_run_with_a_reason_and_the_state_before_it(runs, whole, small_disk):
    full = Runs(small_disk / "runs") if small_disk else runs
    config, needs = tiny_config(train__epochs=EPOCHS), {"disk_bytes": 2**20, "memory_bytes": 2**30}
    run = full.create(RunSpec("My part", "upload", config, device="cpu", **needs), full.stage(FILES))
    assert work_here(run, lambda: fill_disk(small_disk)) == 1
    run = full.get(run.id)
    assert run.state == "failed" and "disk is full" in run.reason and run.kept_epochs >= 1, run.log_tail()
    assert run.model is None
    if small_disk:
        (small_disk / "ballast").unlink()
    assert work_here(run) == 0
    assert_same(full.get(run.id), whole)


def test_a_run_that_the_disk_has_no_room_for_is_neither_made_nor_started_nor_resumed(runs, small_disk, monkeypatch):
    monkeypatch.setattr(queue, "ensure_supervisor", lambda root: None)
    if small_disk:
        runs = Runs(small_disk / "runs")
    else:  # nobody may mount a small disk here
        free = shutil.disk_usage(runs.root.parent)._replace(free=60 * 2**20)
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: free)
    spec = RunSpec("part", "upload", tiny_config(), device="cpu")
    with pytest.raises(RunError, match=r"The run needs \d+ MB on disk, but only \d+ MB is free. Delete old runs"):
        runs.create(spec, runs.stage(FILES))
    assert runs.list() == [] and not list(runs.root.glob(".making-*"))
    run = runs.create(dataclasses.replace(spec, disk_bytes=2**20), runs.stage(FILES))
    for ready, go_on in ((run, runs.start), (run, runs.resume)):
        larger = dataclasses.replace(runs.get(run.id).spec, disk_bytes=2**30)  # somebody else filled the disk meanwhile
        layout.write_spec(run.path, larger)
        with pytest.raises(RunError, match="The run needs"):
            go_on(ready.id)
        assert runs.get(run.id).state in ("created", "cancelled")
        layout.write_spec(run.path, dataclasses.replace(larger, disk_bytes=2**20))
        assert go_on(ready.id).state == "queued"
        runs.cancel(run.id)


def test_corrupt_images_are_left_out_with_a_sentence(runs):
    files = [*FILES, ("broken.png", FILES[0][1][:200]), ("text.png", b"no image at all")]
    spec = RunSpec("part", "upload", tiny_config(train__epochs=1), device="cpu", memory_bytes=2**30)
    run = runs.create(spec, runs.stage(files))
    assert work_here(run) == 0
    run = runs.get(run.id)
    (note,) = run.status.notes
    assert run.state == "done" and "2 images were left out" in note and "broken.png" in note
    about = checkpoints.load(run.path).about
    assert about["training_images"] + about["calibration_images"] == 14


def folder_of_images(path: Path, count: int = 14) -> Path:
    path.mkdir(parents=True)
    for name, content in FILES[:count]:
        (path / name).write_bytes(content)
    return path


def test_images_that_are_deleted_while_the_run_goes_on_do_not_stop_it(runs, tmp_path, gate):
    data = folder_of_images(tmp_path / "photos")
    run = runs.create(RunSpec("part", str(data), tiny_config(train__epochs=EPOCHS), device="cpu", memory_bytes=2**30))
    working = trainer(run)
    kept(runs, run.id)
    for path in data.iterdir():
        path.unlink()
    gate.touch()
    assert working.wait() == 0 and runs.get(run.id).state == "done"


def little_memory(after_epoch: int = 0, mischief: Callable[[], object] = lambda: None) -> None:
    """No image stays in memory, so that each is decoded anew in every epoch; `mischief` happens after an epoch."""
    nnet.training.pipeline.available_memory = lambda: 0
    real = nnet.training.state.ResumeState.keep

    def then(state: object, epoch: int, last: bool) -> None:
        real(state, epoch, last)
        if epoch == after_epoch:
            mischief()

    nnet.training.state.ResumeState.keep = then


def refused(runs: Runs, run: Run, *words: str) -> None:
    """The last attempt failed with these words and kept what it had."""
    run = runs.get(run.id)
    assert run.state == "failed" and run.model is None and run.kept_epochs == 2, run.log_tail()
    assert all(word in run.reason for word in (*words, "resume", "duplicate")), run.reason
    assert "Traceback" not in run.log_tail(99)


@pytest.mark.long
def test_an_image_that_is_deleted_or_replaced_in_a_set_too_large_for_memory_is_named_and_the_run_goes_on_with_it_back(
    runs, whole, tmp_path
):
    data, config = folder_of_images(tmp_path / "photos"), tiny_config(train__epochs=EPOCHS)
    run = runs.create(RunSpec("part", str(data), config, device="cpu", memory_bytes=2**30))
    number = split_normals(len(FILES), config.train)[0][2]  # one that is learnt, so that the next epoch misses it
    name, content = FILES[number]
    lost = data / name
    assert work_here(run, lambda: little_memory(2, lost.unlink)) == 1
    refused(runs, run, name, str(data), "gone")
    assert work_here(run, little_memory) == 1  # resumed without it
    refused(runs, run, name, "is gone")
    lost.write_bytes(FILES[number - 1][1])
    assert work_here(run) == 1  # resumed with another one in its place
    refused(runs, run, name, "has changed since the run started")
    lost.write_bytes(content[:100])
    assert work_here(run) == 1
    refused(runs, run, name, "can no longer be read")
    lost.write_bytes(content)
    (data / "late.png").write_bytes(FILES[3][1])  # came since then: the run goes on without it
    assert work_here(run, little_memory) == 0
    run = runs.get(run.id)
    assert run.state == "done" and any("did not start with it" in note for note in run.status.notes)
    assert_same(run, whole)


@pytest.mark.slow
def test_a_resumed_run_keeps_its_split_and_its_pinned_images_when_files_come_and_go(runs, tmp_path):
    """With defects in the folder the normal images are split by a shuffle, which one file more changes altogether."""
    data, extra = tmp_path / "parts", random_images(8, seed=5)
    folder_of_images(data / "good")
    (data / "bent").mkdir()
    for number in range(3):
        (data / "bent" / f"{number}.png").write_bytes(encode(extra[number]))
    for number in range(4):
        (data / "good" / f"more{number}.png").write_bytes(encode(extra[4 + number]))
    spec = RunSpec("part", str(data), tiny_config(train__epochs=3), device="cpu", memory_bytes=2**30)
    whole_run, run = runs.create(spec), runs.create(spec)
    assert work_here(whole_run) == 0
    assert work_here(run, lambda: little_memory(2, lambda: os.kill(os.getpid(), signal.SIGKILL))) == -signal.SIGKILL
    (data / "good" / "aaa.png").write_bytes(FILES[0][1][:-12] + bytes(12))
    (data / "bent" / "0.png").unlink()
    assert work_here(run) == 0, runs.get(run.id).log_tail()
    run, whole_run = runs.get(run.id), runs.get(whole_run.id)
    assert all(torch.equal(value, weights(run.path)[key]) for key, value in weights(whole_run.path).items())
    assert [p.key for p in run.film().probes] == [p.key for p in whole_run.film().probes]
    assert np.array_equal(run.film().scores()[1], whole_run.film().scores()[1])
    assert any("1 image was left out of the measurement" in note for note in run.status.notes)


def test_data_that_is_gone_or_may_not_be_read_fails_with_its_name(runs, tmp_path):
    data = folder_of_images(tmp_path / "photos")
    run = runs.create(RunSpec("part", str(data), tiny_config(), device="cpu", memory_bytes=2**30))
    data.rename(tmp_path / "elsewhere")
    assert work_here(run) == 1
    run = runs.get(run.id)
    assert run.state == "failed" and str(data) in run.reason and "Traceback" not in run.reason
    (tmp_path / "elsewhere").rename(data)
    assert work_here(run) == 0 and runs.get(run.id).state == "done"


@pytest.mark.parametrize("mode", [0o000, 0o444], ids=["no list", "no entry"])
def test_a_data_folder_without_permission_is_named(runs, tmp_path, mode):
    """Root may read everything, so the trainer gives its rights up first; anybody else has none to give up."""
    data = folder_of_images(tmp_path / "photos")
    run = runs.create(RunSpec("part", str(data), tiny_config(), device="cpu", memory_bytes=2**30))

    def give_rights_up() -> None:
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

    own = [path for path in tmp_path.parents if path.stat().st_uid == os.getuid() and path != path.parent]
    before = {folder: folder.stat().st_mode for folder in (*own, tmp_path)}
    for folder, mode_before in before.items():
        folder.chmod(mode_before | 0o055)
    run.path.chmod(0o777)
    (run.path / layout.LOG).touch(0o666)
    data.chmod(mode)
    code = work_here(run, give_rights_up)
    data.chmod(0o755)
    for folder, mode_before in before.items():
        folder.chmod(mode_before)
    run = runs.get(run.id)
    assert code == 1 and run.state == "failed" and str(data) in run.reason, run.log_tail()
    assert "ermission" in run.reason and "Traceback" not in run.reason


def set_clock_back() -> None:
    """The wall clock jumps back by a day at every look."""
    real, calls = time.time, []
    time.time = lambda: (calls.append(1), real() - 86400.0 * len(calls))[1]


def test_a_clock_that_goes_back_changes_no_state(runs, gate):
    run = made(runs)
    working, seen = trainer(run, set_clock_back), []

    def done() -> bool:
        found = runs.get(run.id)
        assert found.state in ("created", "running", "done"), found.reason
        if found.state == "running" and found.status:
            seen.append(found.status)
            assert 0 <= found.silent_seconds < 60 and (found.status.seconds_left or 0) >= 0
            if len({status.beat for status in seen}) > 2:
                gate.touch()
        return found.state == "done"

    until(done)
    assert working.wait() == 0
    beats, walls = [s.beat for s in seen], [s.wall for s in seen]
    assert beats == sorted(beats) and beats[-1] > beats[0] and walls[-1] < walls[0]


def test_a_run_from_a_newer_version_is_shown_refused_and_untouched(runs):
    run = made(runs)
    spec = json.loads((run.path / layout.SPEC).read_text()) | {"format": 99, "invented": True}
    (run.path / layout.SPEC).write_text(json.dumps(spec))
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    shown = runs.list()[0]
    assert shown.state == "unreadable" and "format 99" in shown.reason and shown.model is None
    for refused in (runs.start, runs.resume, lambda id: runs.rename(id, "x")):
        with pytest.raises(RunError, match="format 99"):
            refused(run.id)
    assert work_here(run) == 1
    after = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file() and path.name != layout.LOG}
    assert after == before


def test_a_diverging_run_stops_with_advice_and_is_no_model(runs):
    run = made(runs, epochs=40, train__learning_rate=1.0, train__schedule="constant", loss__alpha=1e39)
    assert work_here(run) == 1
    run = runs.get(run.id)
    assert run.has_diverged and "Lower the learning rate" in run.reason and run.model is None


def test_a_hostile_zip_makes_no_run_and_leaves_no_file(runs):
    with pytest.raises(DataError, match="would leave the folder"):
        runs.stage_zip(io.BytesIO(zipped({"../../outside.png": FILES[0][1]})), "parts.zip")
    assert not list(runs.root.rglob("*.png")) and not (runs.root.parent / "outside.png").exists()
    assert runs.list() == []


def test_a_model_that_was_not_measured_to_the_end_is_measured_by_resume(runs):
    """Cancelled between the checkpoint and its card: not offered, and not trained again either."""
    run = made(runs, epochs=1)
    assert work_here(run) == 0
    for name in (checkpoints.CARD, checkpoints.METRICS, layout.EXIT):
        (run.path / name).unlink()
    layout.write_exit(run.path, layout.Exit(CANCELLED, "It was cancelled.", 0.0))
    before = (run.path / checkpoints.WEIGHTS).stat().st_mtime_ns
    assert not is_usable(run.path) and runs.get(run.id).model is None
    assert work_here(run) == 0
    assert is_usable(run.path) and (run.path / checkpoints.CARD).is_file()
    assert (run.path / checkpoints.WEIGHTS).stat().st_mtime_ns == before


def test_the_first_word_on_how_a_run_ended_counts(tmp_path):
    assert layout.write_exit(tmp_path, layout.Exit(CANCELLED, "first", 1.0))
    assert not layout.write_exit(tmp_path, layout.Exit(0, "second", 2.0))
    assert layout.read_exit(tmp_path) == layout.Exit(CANCELLED, "first", 1.0)
    assert dataclasses.asdict(layout.Status())["beat"] == 0
