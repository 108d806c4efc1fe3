"""How long a study will take: from runs of its kind that are done, else from a few steps really made."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nnet.config import Config
from nnet.runs.estimate import Costs, costs_of, run_seconds
from nnet.studies.plan import Plan
from nnet.studies.running import Share, spec_of
from nnet.studies.store import Job

METRIC_IMAGES = 8

Kind = tuple[bool, bool]  # forward and reverse branch: what decides most of a step's time


def estimate(
    plan: Plan,
    results: Sequence[dict[str, Any]],
    share: Share,
    engine: str = "local",
    measure: Callable[[Job], Costs] | None = None,
) -> dict[str, float]:
    """Seconds of every missing run by key.

    Args:
        plan: what is asked for.
        results: finished runs of the folder; those like a missing one tell its time.
        share: what this computer gives to each run.
        engine: of the runs.
        measure: gives the costs of a job, by default from a few steps; called once for each kind of network of which
            no run is done.

    Raises:
        nnet.errors.NNetError: the run itself would fail for the same reason, such as missing teacher weights.
    """
    seconds: dict[str, float] = {}
    costs: dict[Kind, Costs] = {}
    metrics: dict[bool, float] = {}
    for job in plan.missing:
        config = Config.from_dict(job.config)
        like = [r["seconds_run"] for r in results if _alike(r, job, engine, share.threads)]
        if like:
            seconds[job.key] = statistics.median(like)
            continue
        kind, masks = _kind(config), _has_masks(plan, job)
        if kind not in costs:
            same = [other for other in plan.missing if _kind(Config.from_dict(other.config)) == kind]
            largest = replace(max(same, key=_size), threads=share.threads)
            costs[kind] = (measure or _measured)(largest)
        if masks not in metrics:
            metrics[masks] = _metric_seconds(config, masks)
        train, test = plan.images(job)
        # Each test image is looked at once for the settings' own score, and once for the others.
        work = run_seconds(config, costs[kind], train, 2 * test, film=False)
        seconds[job.key] = work + len(job.expressions) * test * metrics[masks]
    return seconds


def whole_seconds(seconds: dict[str, float], at_once: int) -> float:
    """How long all missing runs take together."""
    return max(sum(seconds.values()) / max(1, min(at_once, len(seconds))), max(seconds.values(), default=0.0))


def _measured(job: Job) -> Costs:
    return costs_of(spec_of(job))


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


def _size(job: Job) -> tuple[int, int]:
    model = Config.from_dict(job.config).model
    return model.nfs + model.fpm + model.ffc, model.ffc_blocks


def _has_masks(plan: Plan, job: Job) -> bool:
    dataset = next(source.dataset for source in plan.sources if source.sha256 == job.data_sha256)
    return any(sample.is_defective and sample.has_mask for sample in dataset.test)
