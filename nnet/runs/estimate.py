"""What a run will take, from a few steps really made: time, memory and disk."""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnet.config import Config
from nnet.runs import disk, processes, slots
from nnet.runs.film import MAX_FRAMES
from nnet.runs.holders import in_the_way
from nnet.runs.layout import RunError, RunSpec, write_spec
from nnet.units import data_size

STEPS = 4
STAGE = "stage"
"""File in which the measuring process says how far it is, beside the run's settings: one of `STAGES`."""
STAGES = ("start", "pictures", "network", *(f"step {n}" for n in range(1, STEPS + 2)))
START_SECONDS = 8.0  # loading Python's packages and the teacher
FILM_IMAGES = 22  # see `nnet.runs.watching`
SMALL_TEACHER = "efficientnet_lite0"
SPARE_MEMORY = 0.9
TIMEOUT = 300
TICK_SECONDS = 0.25
LONGEST_SECONDS = 14 * 86400.0
_ANYWAY = "Duplicate the run to change its settings, or resume it to train it all the same."


class TooSlow(RunError):
    """The trial steps took over TIMEOUT seconds: the run is too large, or something else uses the computer."""


@dataclass(frozen=True)
class Remedy:
    """A way out: what to do in words, and the settings to change (for `Config.override`)."""

    text: str
    changes: dict[str, Any]


@dataclass(frozen=True)
class Estimate:
    """What a run will take.

    Attributes:
        training_images, held_out: how the normal images will be split.
        epochs, steps: of the whole run.
        seconds_per_step: median of the measured optimiser steps.
        seconds: of the whole run: reading, teacher features, steps, film, calibration, atlas.
        seconds_between: the same if every step took as long as the fastest, or the slowest, that was measured.
        memory_bytes: expected at the peak (on the device for a GPU, else of the process).
        memory_free: what is there for it now.
        disk_bytes, disk_free: largest need on disk during the run, and what is free there.
        device: in words.
        refusals: sentences; if there is one, the run cannot be started.
        warnings: sentences on what may go wrong.
        remedies: ways out of the warnings and refusals.
        is_beside: whether another run used the device while the steps were timed: alone they are faster.
    """

    training_images: int
    held_out: int
    epochs: int
    steps: int
    seconds_per_step: float
    seconds: float
    memory_bytes: int
    memory_free: int
    disk_bytes: int
    disk_free: int
    device: str
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = field(default_factory=tuple)
    seconds_between: tuple[float, float] | None = None
    is_beside: bool = False


@dataclass(frozen=True)
class Costs:
    """Seconds, measured on this computer.

    Attributes:
        step: one optimiser step.
        teacher: the teacher's features of one image.
        forward: one image through the whole network.
        reading: one image from the disk.
        cached: whether the teacher's features of all training images fit in memory.
    """

    step: float
    teacher: float
    forward: float
    reading: float
    cached: bool


def run_seconds(
    config: Config, costs: Costs, train: int, test: int, *, film: bool = True, pieces: tuple[int, int] = (1, 1)
) -> float:
    """Estimate for one run.

    Args:
        config: its settings.
        costs: of its kind of network.
        train, test: normal training images, and test images.
        film: whether it makes a training film.
        pieces: how many network inputs a picture gives to train on, and how many it is scored by.

    Raises:
        nnet.training.events.TrainingError: too few training images.
    """
    from nnet.training.schedule import epochs, split_normals, steps_per_epoch

    trained, held_out = (len(part) for part in split_normals(train, config.train))
    trained *= pieces[0]
    count = epochs(config.train, trained)
    step = costs.step + (0 if costs.cached else config.train.batch_size * costs.teacher)
    steps = count * steps_per_epoch(config.train, trained) * step * (1 + config.train.cross_folds)
    images = (
        costs.reading * train
        + (2 + config.train.cross_folds) * costs.teacher * trained
        + costs.forward * (held_out + test) * pieces[1]
    )
    frames = FILM_IMAGES * costs.forward * min(count, MAX_FRAMES) if film else 0.0
    return START_SECONDS + steps + images + frames


def costs_of(spec: RunSpec) -> Costs:
    """What the steps of a run cost, from a few that are made in a separate process; see `estimate`."""
    return Costs(**_found(spec, None)["costs"])


def estimate(
    spec: RunSpec, folder: Path, data: Path | None = None, tick: Callable[[str], object] = lambda stage: None
) -> Estimate:
    """Measure a few steps in a separate process, so that running out of memory harms nobody else.

    Takes about ten seconds for the preset small on a CPU.

    Args:
        spec: what would be trained.
        folder: where the runs lie (its disk is looked at).
        data: the staged upload, if `spec.data` is "upload".
        tick: called each TICK_SECONDS while the process measures, with one of `STAGES`. Whatever it raises ends the
            process at once.

    Raises:
        TooSlow: it took over TIMEOUT seconds.
        nnet.errors.NNetError: the data or the settings cannot be trained with; the run would fail for the same reason.
    """
    before = _is_taken(spec)
    found = judge(_found(spec, data, tick), spec.config, disk.free_bytes(folder))
    return dataclasses.replace(found, is_beside=before or _is_taken(spec))


def _is_taken(spec: RunSpec) -> bool:
    """Whether a run would have to wait for the device now."""
    return bool(in_the_way(slots.resolve(spec.device), spec.memory_bytes, spec.at_once or 1))


def judge(found: dict[str, Any], config: Config, disk_free: int) -> Estimate:
    """The estimate from what `measure` found, with its refusals, warnings and ways out."""
    memory, free, need = found["memory_bytes"], found["memory_free"], found["disk_bytes"]
    refusals = filter(None, [disk.refusal(need, disk_free)])
    warnings, remedies = [], []
    if memory > SPARE_MEMORY * free:
        warnings.append(
            f"The run will take about {data_size(memory)} of memory, but only {data_size(free)} is free: it may be "
            "killed."
        )
        remedies += _remedies(config)
    if found["cached"] is False:
        warnings.append(
            "The teacher's features do not fit in memory, so they are computed again in every epoch (slower)."
        )
    measured = {one.name: found[one.name] for one in dataclasses.fields(Estimate) if one.name in found}
    return Estimate(
        **measured, disk_free=disk_free, refusals=tuple(refusals), warnings=tuple(warnings), remedies=tuple(remedies)
    )


def misfit(spec: RunSpec, folder: Path, data: Path, tell: Callable[[str], object] = lambda stage: None) -> str:
    """Why a run cannot be trained on this computer, in sentences with ways out; "" if it can.

    Called by the trainer before it begins, in its own process: what does not fit there does not fit in training.

    Args:
        folder: the run's directory, whose disk is looked at.
        data: where its uploaded images are, if it has any.
        tell: as for `measure`.
    """
    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder.parent) as scratch:
        found = judge(measure(spec, Path(scratch), data, tell), spec.config, disk.free_bytes(folder))
    if found.refusals:
        return " ".join(found.refusals)
    if found.memory_bytes > SPARE_MEMORY * found.memory_free:
        ways = " ".join(remedy.text for remedy in found.remedies)
        need, free = data_size(found.memory_bytes), data_size(found.memory_free)
        return f"It needs about {need} of memory, and only {free} is free. {ways} Or close other programs. {_ANYWAY}"
    if found.seconds > LONGEST_SECONDS:
        days = found.seconds / 86400
        return (
            f"It would take about {days:,.0f} days on this computer. Train fewer epochs, or smaller images. {_ANYWAY}"
        )
    return ""


def measure(
    spec: RunSpec, folder: Path, data: Path | None, tell: Callable[[str], object] = lambda stage: None
) -> dict[str, Any]:
    """Make a few steps of a run, and say what they took.

    All is done as in training, on a few of the images; what grows with their number is extrapolated. Must run in a
    process of its own: the largest memory of a process includes what it did before.

    Args:
        folder: takes what training would write.
        data: where uploaded images are.
        tell: told each of `STAGES` but the first as it begins.
    """
    import numpy as np

    from nnet.data import load_readable
    from nnet.data.framing import Framing
    from nnet.device import available_memory
    from nnet.runs.recorder import peak_memory
    from nnet.runs.run import open_data
    from nnet.training.job import TrainJob
    from nnet.training.pieces import sample_inputs
    from nnet.training.schedule import split_normals
    from nnet.training.trial import trial

    tell("pictures")
    config, free = spec.config, available_memory()
    base = peak_memory()  # what this process has already is free for the run as well
    dataset = open_data(spec, data or folder)
    trained, held_out = split_normals(len(dataset.train), config.train, dataset.validation)
    some = min(len(dataset.train), max(12, config.train.batch_size + 8))
    started = time.perf_counter()
    pieces = 1, 1
    if Framing.of(config.model).is_whole:
        images, skipped = load_readable(dataset.train[:some], config.model.size, budget_bytes=free)
        if len(skipped) == some:
            raise RunError(f"None of the first {some} images can be read. {skipped[0][1]}")
        pixels = np.stack([images[number] for number in range(len(images))])
    else:
        pixels, pieces = sample_inputs(dataset.train[:2], config, len(trained), free // 4)
    reading = (time.perf_counter() - started) / (some if pieces == (1, 1) else 2)
    weights = Path(spec.teacher_weights) if spec.teacher_weights else None
    pixels = np.resize(pixels, (some, *pixels.shape[1:]))
    tell("network")
    job = TrainJob(config, folder, device=spec.device, weights_file=weights)
    inputs = len(trained) * pieces[0]
    steps = trial(job, pixels, inputs, STEPS, lambda step: tell(f"step {step}"))
    epochs = steps["epochs"]
    cache = steps.pop("feature_bytes") * inputs
    cached = cache <= min(config.train.cache_gb * 1024**3, free // 2)
    every = inputs + len(held_out)
    pictures = len(dataset.train), len(dataset.test)
    teacher, forward = steps.pop("teacher_seconds"), steps.pop("forward_seconds")
    costs = Costs(steps["seconds_per_step"], teacher, forward, reading, cached)
    fast_and_slow = [dataclasses.replace(costs, step=one) for one in steps.pop("step_between")]
    own = peak_memory() + (cache if cached else 0) + every * 3 * config.model.size**2
    on_device = steps.pop("device_bytes")
    parameters = steps.pop("parameter_bytes")
    return {
        "training_images": len(trained),
        "held_out": len(held_out),
        "seconds": run_seconds(config, costs, *pictures, pieces=pieces),
        "seconds_between": [run_seconds(config, one, *pictures, pieces=pieces) for one in fast_and_slow],
        "costs": dataclasses.asdict(costs),
        "cached": cached,
        "memory_bytes": own if on_device is None else on_device,
        "memory_free": free + base if on_device is None else steps["device_free"],
        "disk_bytes": disk.needed_by(parameters, config, epochs),
        **steps,
    }


def _remedies(config: Config) -> list[Remedy]:
    """Ways to need less memory, the least harmful first."""
    found = []
    if config.train.cache_gb > 0:
        found.append(Remedy("Compute the teacher's features again in each epoch (slower).", {"train.cache_gb": 0.0}))
    if config.train.batch_size > 4:
        batch = max(4, config.train.batch_size // 2)
        found.append(Remedy(f"Train with batches of {batch} images.", {"train.batch_size": batch}))
    if config.model.size > 128:
        size = max(128, config.model.size // 2 // 32 * 32)
        found.append(Remedy(f"Use {size} x {size} pixels (small defects may be missed).", {"model.size": size}))
    if config.model.teacher != SMALL_TEACHER:
        found.append(Remedy(f"Use the small teacher {SMALL_TEACHER}.", {"model.teacher": SMALL_TEACHER}))
    return found


def _found(spec: RunSpec, data: Path | None, tick: Callable[[str], object] = lambda stage: None) -> dict[str, Any]:
    """What `measure` finds in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="nnet-estimate-") as name:
        write_spec(Path(name), spec)
        threads = {} if spec.threads is None else {"OMP_NUM_THREADS": str(spec.threads)}
        command = [sys.executable, "-m", "nnet.runs", "measure", name, *([str(data)] if data else [])]
        known = {**os.environ, **threads, "PYTHONPATH": processes.python_path()}
        done = _ended(command, known, lambda: tick(_stage(Path(name))))
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    if done.returncode < 0 or "MemoryError" in done.stderr or "out of memory" in done.stderr.lower():
        raise RunError("The trial steps ran out of memory. Choose a smaller size or batch.")
    last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
    raise RunError(last[0].removeprefix("nnet: "))


def _stage(folder: Path) -> str:
    """How far the measuring process says that it is."""
    try:
        said = (folder / STAGE).read_text()
    except OSError:
        return STAGES[0]
    return said if said in STAGES else STAGES[0]


def _ended(command: list[str], known: dict[str, str], tick: Callable[[], object]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end. Its process does not outlive this function, whatever ends it."""
    until = time.monotonic() + TIMEOUT
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=known) as process:
        try:
            while True:
                try:
                    said, problems = process.communicate(timeout=TICK_SECONDS)
                    return subprocess.CompletedProcess(command, process.returncode, said, problems)
                except subprocess.TimeoutExpired as error:
                    if time.monotonic() > until:
                        raise TooSlow(
                            f"A few trial steps took over {TIMEOUT} seconds. Choose a smaller size or batch."
                        ) from error
                    tick()
        finally:
            process.kill()  # nothing happens to one that has ended
