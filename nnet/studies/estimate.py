"""How long a study will take: from runs of its kind that are done, else from a few steps really made."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnet.config import Config
from nnet.studies.plan import Plan
from nnet.studies.store import Job

STEPS, WARM_UP = 3, 1
START_SECONDS = 10.0  # a process, PyTorch, and opening the data
METRIC_IMAGES = 8

Kind = tuple[bool, bool]  # forward and reverse branch: what decides most of a step's time


@dataclass(frozen=True)
class Costs:
    """Seconds, measured on this machine.

    Attributes:
        step: one optimiser step.
        teacher: the teacher's features of one image.
        image: one image through the whole network.
        metrics: all metrics of one score on one test image.
    """

    step: float
    teacher: float
    image: float
    metrics: float


def run_seconds(config: Config, costs: Costs, train: int, test: int, expressions: int) -> float:
    """Estimate for one run.

    Args:
        config: its settings.
        costs: of its kind of network.
        train, test: normal training images, and labelled test images.
        expressions: scores to measure.

    Raises:
        nnet.training.events.TrainingError: too few training images.
    """
    from nnet.training.schedule import epochs, split_normals, steps_per_epoch

    trained, held = (len(part) for part in split_normals(train, config.train))
    steps = epochs(config.train, trained) * steps_per_epoch(config.train, trained)
    seconds = steps * costs.step + trained * costs.teacher + (held + 2 * test) * costs.image
    return START_SECONDS + seconds + expressions * test * costs.metrics


def estimate(
    plan: Plan,
    results: Sequence[dict[str, Any]],
    engine: str,
    threads: int,
    measure: Callable[[Config, int, bool], Costs],
) -> dict[str, float]:
    """Seconds of every missing run by key.

    Args:
        plan: what is asked for.
        results: finished runs of the folder; those like a missing one tell its time.
        engine, threads: of the runs.
        measure: see `measure_costs`; called once for each kind of network of which no run is done.
    """
    seconds: dict[str, float] = {}
    costs: dict[Kind, Costs] = {}
    for job in plan.missing:
        config = Config.from_dict(job.config)
        like = [r["seconds_run"] for r in results if _alike(r, job, engine, threads)]
        if like:
            seconds[job.key] = statistics.median(like)
            continue
        if _kind(config) not in costs:
            largest = max(_of_kind(plan.missing, _kind(config)), key=_size)
            costs[_kind(config)] = measure(largest, threads, _has_masks(plan, job))
        train, test = plan.images(job)
        seconds[job.key] = run_seconds(config, costs[_kind(config)], train, test, len(job.expressions))
    return seconds


def measure_costs(config: Config, threads: int, masks: bool, device: str, weights_file: Path | None = None) -> Costs:
    """Make a few steps on random images.

    Args:
        config: of the network.
        threads: CPU threads to use.
        masks: whether pixel metrics will be computed.
        device, weights_file: as for training.

    Raises:
        nnet.errors.NNetError: the run itself would fail for the same reason, such as missing teacher weights.
    """
    import torch

    from nnet.device import autocast, choose_device, training_dtype
    from nnet.model.network import NNet
    from nnet.training.losses import total_loss

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        chosen = choose_device(device)
        dtype = training_dtype(chosen, config.train.precision)
        network = NNet(config, weights_file).to(chosen, memory_format=torch.channels_last)
        optimiser = torch.optim.Adam([p for p in network.parameters() if p.requires_grad])
        batch = config.train.batch_size
        images = torch.rand(batch, 3, config.model.size, config.model.size, device=chosen)

        def teach() -> list[torch.Tensor]:
            with torch.inference_mode(), autocast(chosen, dtype):
                return network.T(network.normalise(images))

        features = [f.clone() for f in teach()]

        def step() -> None:
            with autocast(chosen, dtype):
                loss = total_loss(network(images, features), config.loss, 0)["loss"]
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()

        teacher, trained = _seconds(teach, chosen), _seconds(step, chosen)
        network.eval()

        def infer() -> None:
            with torch.inference_mode(), autocast(chosen, dtype):
                network(images)

        return Costs(trained, teacher / batch, _seconds(infer, chosen) / batch, _metric_seconds(config, masks))
    finally:
        torch.set_num_threads(before)


def _seconds(work: Callable[[], object], device: Any) -> float:
    """Median seconds of a piece of work, after a warm-up."""
    import torch

    times = []
    for _ in range(WARM_UP + STEPS):
        started = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - started)
    return statistics.median(times[WARM_UP:])


def _metric_seconds(config: Config, masks: bool) -> float:
    """Seconds of one score's metrics per test image; twice, since each kind of defect is measured as well."""
    from nnet.scoring.metrics import evaluate

    generator = np.random.default_rng(0)
    shape = (METRIC_IMAGES, config.model.size, config.model.size)
    maps = generator.random(shape, np.float32)
    labels = np.arange(METRIC_IMAGES) % 2
    truth = np.zeros(shape, bool)
    truth[1::2, :8, :8] = True
    started = time.perf_counter()
    evaluate(list(maps) if masks else None, list(truth) if masks else None, maps.max(axis=(1, 2)), labels)
    return 2 * (time.perf_counter() - started) / METRIC_IMAGES


def _alike(result: dict[str, Any], job: Job, engine: str, threads: int) -> bool:
    """Whether a finished run took what this one will take: all but the seed and the weights of the losses are equal."""
    ours, theirs = Config.from_dict(job.config), Config.from_dict(result["config"])
    same = ours.model == theirs.model and (ours.loss.kd, ours.loss.align) == (theirs.loss.kd, theirs.loss.align)
    trained = ours.override({"train.seed": 0}).train == theirs.override({"train.seed": 0}).train
    where = (result["threads"], result["engine"], result["data_sha256"]) == (threads, engine, job.data_sha256)
    return same and trained and where


def _kind(config: Config) -> Kind:
    return config.model.forward, config.model.reverse


def _of_kind(jobs: Iterable[Job], kind: Kind) -> list[Config]:
    return [config for config in (Config.from_dict(job.config) for job in jobs) if _kind(config) == kind]


def _size(config: Config) -> tuple[int, int]:
    model = config.model
    return model.nfs + model.fpm + model.ffc, model.ffc_blocks


def _has_masks(plan: Plan, job: Job) -> bool:
    dataset = next(source.dataset for source in plan.sources if source.sha256 == job.data_sha256)
    return any(sample.is_defective and sample.has_mask for sample in dataset.test)
