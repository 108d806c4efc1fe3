"""Estimates of time, memory and disk, and the slots of a device."""

import dataclasses
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from builders import tiny_config
from waiting import until

from nnet import environment
from nnet.model.network import NNet
from nnet.presets import preset
from nnet.runs import RunError, Runs, RunSpec, disk, estimate, worker
from nnet.runs import slots as slot_module
from nnet.runs.estimate import STAGES, judge
from nnet.runs.holders import Holder, hand_over, in_the_way
from nnet.runs.slots import resolve, take_slot
from nnet.training.events import Progress

GIB = 2**30
estimate_module = importlib.import_module("nnet.runs.estimate")  # the package has the function under that name
FOUND = {
    "training_images": 90,
    "held_out": 10,
    "epochs": 10,
    "steps": 120,
    "seconds_per_step": 0.5,
    "seconds": 70.0,
    "memory_bytes": 2 * GIB,
    "memory_free": 8 * GIB,
    "disk_bytes": GIB,
    "device": "CPU, 2 threads",
    "cached": True,
}


@pytest.mark.long
def test_a_few_real_steps_give_an_estimate(tmp_path):
    config = tiny_config(train__epochs=3, model__teacher="mobilenetv3_small_050")
    spec = RunSpec("x", "synthetic:metal", config, device="cpu")
    told: list[str] = []
    found = estimate(spec, tmp_path / "runs", tick=told.append)
    assert {*told} <= {*STAGES} and "pictures" in told and sorted(told, key=STAGES.index) == told
    assert (found.training_images, found.held_out) == (52, 8)  # 60 images
    assert found.epochs == 3 and found.steps == 3 * 13  # batches of 4
    assert found.seconds > found.steps * found.seconds_per_step > 0
    assert found.memory_bytes > 100 * 2**20 and found.memory_free > 0 and found.device.startswith("CPU")
    assert found.disk_bytes > 0 and not found.refusals


@pytest.mark.parametrize("why", ["stopped", "too slow"])
def test_the_process_of_an_estimate_ends_with_it(why, monkeypatch):
    started = []

    class Noted(subprocess.Popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            started.append(self)

    def stop():
        raise KeyboardInterrupt

    monkeypatch.setattr(estimate_module.subprocess, "Popen", Noted)
    monkeypatch.setattr(estimate_module, "TIMEOUT", 3600 if why == "stopped" else 0)
    with pytest.raises(KeyboardInterrupt if why == "stopped" else estimate_module.TooSlow):
        estimate_module._ended([sys.executable, "-c", "import time; time.sleep(3600)"], dict(os.environ), stop)
    assert started[0].poll() is not None


def test_what_the_run_would_fail_for_is_said_before_it(tmp_path):
    spec = RunSpec("x", str(tmp_path / "nowhere"), tiny_config(), device="cpu")
    with pytest.raises(RunError, match="nowhere"):
        estimate(spec, tmp_path)


def test_a_run_that_will_not_fit_stops_itself_with_ways_out_and_can_be_resumed(tmp_path, monkeypatch):
    runs = Runs(tmp_path / "runs")
    run = runs.create(RunSpec("Large", "synthetic:metal", tiny_config(train__epochs=1), device="cpu"))
    monkeypatch.setattr(estimate_module, "measure", lambda *_: {**FOUND, "memory_bytes": 9 * GIB})
    monkeypatch.setattr(worker, "NICENESS", 0)  # in this process, it would slow down all tests that follow
    assert worker.work(run.path) == 1
    run = runs.get(run.id)
    assert run.state == "failed" and "It needs about 9.7 GB of memory, and only 8.6 GB is free." in run.reason
    assert "resume it to train it all the same" in run.reason and run.kept_epochs == 0
    assert sorted(path.name for path in runs.root.iterdir() if path.name.startswith(".making")) == []
    monkeypatch.setattr(estimate_module, "measure", lambda *_: pytest.fail("measured again"))
    trained = []
    monkeypatch.setattr(worker, "_train", lambda path, *rest: trained.append(path))
    assert worker.work(run.path) == 0 and trained == [run.path]


def test_a_run_says_how_far_its_own_trial_is_and_can_be_cancelled_in_it(tmp_path, monkeypatch):
    def measured(spec: object, folder: Path, data: Path, tell: Callable[[str], object]) -> dict[str, object]:
        for stage in estimate_module.STAGES[1:]:
            tell(stage)
        return {**FOUND, "seconds": 86400.0}

    monkeypatch.setattr(estimate_module, "measure", measured)
    spec = RunSpec("Tried", "synthetic:metal", tiny_config(), device="cpu")
    reported: list[Progress] = []
    worker._check_fit(tmp_path, spec, SimpleNamespace(report=reported.append))
    total = len(estimate_module.STAGES)
    assert [(one.phase, one.done, one.total) for one in reported] == [("estimate", n, total) for n in range(total + 1)]
    assert not any(one.seconds_left for one in reported), "its steps take different times"


def test_a_run_of_months_is_not_begun(tmp_path, monkeypatch):
    monkeypatch.setattr(estimate_module, "measure", lambda *_: {**FOUND, "seconds": 40 * 86400.0})
    spec = RunSpec("Long", "synthetic:metal", tiny_config(), device="cpu")
    assert "about 40 days" in estimate_module.misfit(spec, tmp_path, tmp_path)
    monkeypatch.setattr(estimate_module, "measure", lambda *_: {**FOUND, "seconds": 86400.0})
    assert estimate_module.misfit(spec, tmp_path, tmp_path) == ""


def test_a_short_disk_is_a_clear_no():
    found = judge(FOUND, preset("small"), disk_free=GIB // 2)
    assert "1.1 GB" in found.refusals[0] and "537 MB" in found.refusals[0]
    assert not judge(FOUND, preset("small"), disk_free=2 * GIB).refusals


@pytest.mark.parametrize("name", [pytest.param("small", marks=pytest.mark.slow), "paper"])
def test_the_disk_a_run_needs_is_known_without_weights_or_memory(name):
    """Counted on a network without memory behind it; by hand: seven times the weights, the film, and some spare."""
    config = preset(name).override({"model.size": 64})
    with torch.device("meta"):
        trained = NNet(config.override({"model.teacher_weights": "random"})).own_state()
    need = disk.needed(config)
    weights = sum(4 * value.numel() for value in trained.values())
    assert 6.9 * weights < need - disk.SPARE_DISK < 7.1 * weights + 60 * 2**20


def test_what_lies_in_a_run_already_need_not_be_written_again(tmp_path):
    (tmp_path / "film").mkdir()
    (tmp_path / "film" / "frame").write_bytes(bytes(3 * 2**20))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "photo").write_bytes(bytes(9 * 2**20))
    (tmp_path / "film" / ".frame.tmp").symlink_to("gone")  # a file that is listed and then put in its place
    assert disk.left_to_write(400 * 2**20, tmp_path) == 397 * 2**20
    assert disk.left_to_write(257 * 2**20, tmp_path) == disk.SPARE_DISK  # never less than something to breathe
    assert disk.left_to_write(400, tmp_path / "none") == 400


def test_short_memory_is_a_warning_with_ways_out_that_are_possible():
    config = preset("paper")
    found = judge(FOUND | {"memory_free": GIB}, config, disk_free=99 * GIB)
    assert "2.1 GB" in found.warnings[0] and not found.refusals and len(found.remedies) == 4
    for remedy in found.remedies:
        assert config.override(remedy.changes) != config
    assert not judge(FOUND, config, disk_free=99 * GIB).warnings


def test_features_that_do_not_fit_are_mentioned():
    assert "computed again" in judge(FOUND | {"cached": False}, preset("small"), 99 * GIB).warnings[0]


@pytest.fixture(autouse=True)
def forgetful() -> None:
    """Each test has its own nvidia-smi, or none."""
    slot_module._told.cache_clear()


def test_a_cpu_has_one_slot_and_gets_it_back(tmp_path, monkeypatch):
    monkeypatch.setenv(environment.MACHINE, str(tmp_path))
    first = take_slot("cpu", None)
    assert first is not None and take_slot("cpu", None) is None
    first.release()
    assert take_slot("cpu", None) is not None


def test_an_estimate_says_that_another_run_made_its_steps_slow(tmp_path, monkeypatch):
    monkeypatch.setenv(environment.MACHINE, str(tmp_path))
    monkeypatch.setattr(estimate_module, "_found", lambda *_: FOUND)
    spec = RunSpec("x", "synthetic:metal", device="cpu")
    assert not estimate(spec, tmp_path).is_beside
    slot = take_slot("cpu", None)
    assert estimate(spec, tmp_path).is_beside

    def ends(*_):
        slot.release()
        return FOUND

    monkeypatch.setattr(estimate_module, "_found", ends)
    assert estimate(spec, tmp_path).is_beside, "at its beginning"
    assert not estimate(spec, tmp_path).is_beside


def test_who_holds_a_slot_is_known_and_that_it_was_suspended(tmp_path, monkeypatch):
    monkeypatch.setenv(environment.MACHINE, str(tmp_path))
    assert in_the_way("cpu", None) == ()
    slot = take_slot("cpu", None)
    assert slot is not None
    (holder,) = in_the_way("cpu", None)
    assert (holder.run, holder.pid, holder.is_stopped) == (None, os.getpid(), False) and holder.since > 0
    with subprocess.Popen(["sleep", "60"]) as trainer:
        hand_over(slot, tmp_path / "runs" / "brackets", trainer.pid)
        assert take_slot("cpu", None) is None, "what it was promised stays noted"
        assert in_the_way("cpu", None)[0][:2] == (tmp_path / "runs" / "brackets", trainer.pid)
        trainer.send_signal(signal.SIGSTOP)
        until(lambda: in_the_way("cpu", None)[0].is_stopped)
        trainer.kill()
    assert in_the_way("cpu", None)[0].pid == 0, "that process has ended, another holds the lock"
    slot.write({"bytes": slot_module.WHOLE})  # as versions before wrote it
    assert in_the_way("cpu", None) == (Holder(None, 0, 0.0, False),)
    slot.release()
    assert in_the_way("cpu", None) == ()


def test_the_runs_of_a_study_share_the_slot_of_a_cpu(tmp_path, monkeypatch):
    monkeypatch.setenv(environment.MACHINE, str(tmp_path))
    three = [take_slot("cpu", None, at_once=3) for _ in range(4)]
    assert [slot is not None for slot in three] == [True, True, True, False]
    three[0].release()
    assert take_slot("cpu", None) is None and take_slot("cpu", None, at_once=2) is None
    assert take_slot("cpu", None, at_once=3) is not None


def test_a_run_of_its_own_gets_its_turn_between_the_small_runs_of_a_study(tmp_path, monkeypatch):
    monkeypatch.setenv(environment.MACHINE, str(tmp_path))
    small = [take_slot("cpu", None, 2, "study") for _ in range(2)]
    assert None not in small and take_slot("cpu", None, 1, "runs") is None  # has to wait, and comes next
    small[0].release()
    assert take_slot("cpu", None, 2, "study") is None and take_slot("cpu", None, 1, "runs") is None
    small[1].release()
    whole = take_slot("cpu", None, 1, "runs")
    assert whole is not None and take_slot("cpu", None, 2, "study") is None
    whole.release()
    assert take_slot("cpu", None, 2, "study") is not None
    assert take_slot("cpu", None, 1, "runs") is None
    monkeypatch.setattr(slot_module, "WAITS_SECONDS", 0.0)  # it was cancelled, and asks no longer
    assert take_slot("cpu", None, 2, "study") is not None


def test_folders_of_runs_take_turns_in_the_order_in_which_they_were_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(environment.MACHINE, str(tmp_path))
    slot = take_slot("cpu", None, 1, "a")
    assert all(take_slot("cpu", None, 1, queue) is None for queue in ("b", "c", "a", "c", "b"))
    turns = []
    for _ in range(6):
        slot.release()
        turns.append(slot_module.comes_next("cpu"))
        asked = {queue: take_slot("cpu", None, 1, queue) for queue in ("a", "c", "b")}
        # Who comes next may ask last: those before it are refused, and keep their places.
        (slot,) = filter(None, asked.values())
        assert asked[turns[-1]] is slot and take_slot("cpu", None, 1, turns[-1]) is None, "its next run is the last"
    assert turns == ["b", "c", "a"] * 2


def test_a_gpu_takes_as_many_runs_as_its_memory_holds(tmp_path, monkeypatch):
    """nvidia-smi is replaced by a program of the same name that reports 24 GiB."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho '0, GPU-a, 23000, 24576'\necho '1, GPU-b, 1000, 24576'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv(environment.MACHINE, str(tmp_path / "machine"))
    for built, device in ((True, "cuda:0"), (False, "cpu")):  # PyTorch's CPU build uses no GPU, driver or not
        monkeypatch.setattr(slot_module, "_torch_has_cuda", lambda built=built: built)
        assert resolve("auto") == device and resolve("cpu") == "cpu"
    kept = [take_slot("cuda:0", 10 * GIB) for _ in range(3)]
    assert [slot is not None for slot in kept] == [True, True, False]
    kept[0].release()
    assert take_slot("cuda:0", 20 * GIB) is None and take_slot("cuda:0", 5 * GIB) is not None
    only = take_slot("cuda:1", 30 * GIB)  # nobody uses it: whether it fits, training itself will say
    assert only is not None and take_slot("cuda:1", GIB) is None  # 1,000 MiB are free


def test_the_build_of_torch_is_known_without_loading_it():
    assert slot_module._torch_has_cuda() is (torch.version.cuda is not None)


def test_without_a_gpu_auto_is_the_cpu(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert slot_module.resolve("auto") == "cpu"


def test_a_spec_survives_the_disk(tmp_path):
    from nnet.runs.layout import read_spec, write_spec

    spec = RunSpec("Teil 1 – Ø", "elpv:mono", preset("small"), "small", created="2026-01-01", memory_bytes=5)
    write_spec(tmp_path, spec)
    assert read_spec(tmp_path) == spec
    assert set(spec.to_dict()) == {f.name for f in dataclasses.fields(spec)} | {"format"}
