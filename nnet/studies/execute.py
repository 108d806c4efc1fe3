"""One run of a study, from the data set to its numbers. The same function serves every engine."""

import statistics
import time
from pathlib import Path
from typing import Any

import torch

from nnet.analysis.evaluation import describe, measure
from nnet.config import Config
from nnet.data import Dataset, open_dataset
from nnet.detector import Detector, TrainedModel
from nnet.expression import parse
from nnet.saved import checkpoint as checkpoints
from nnet.saved.card import write_card
from nnet.saved.provenance import provenance, versions
from nnet.studies.formats import FORMAT
from nnet.studies.identity import NUMBERS, config_hash
from nnet.studies.store import Job
from nnet.studies.variants import StudyError
from nnet.training.events import Listener, phase
from nnet.training.job import TrainJob
from nnet.training.pipeline import train_on
from nnet.training.schedule import steps_per_epoch
from nnet.training.state import load_history

BATCH = 8
MIN_BATCHES, MAX_BATCHES, MAX_SECONDS = 5, 20, 1.0


def execute(job: Job, out: Path, listener: Listener | None = None) -> dict[str, Any]:
    """Train a run, or continue it, measure it, and return what belongs into done/.

    Args:
        job: what to do.
        out: the checkpoint's directory; an interrupted run there continues, a finished one is only measured.
        listener: follows the work.

    Raises:
        nnet.errors.NNetError: anything the user can fix.
    """
    listener = listener or Listener()
    torch.set_num_threads(job.threads)
    if job.numbers != NUMBERS:
        raise StudyError("This worker has another version of N-Net than the study. Install the same one everywhere.")
    started = time.perf_counter()
    config = Config.from_dict(job.config)
    dataset = _open(job)
    detector = _trained(job, config, dataset, out, listener)
    results = _measured(detector, dataset, job, listener)
    return {
        "format": FORMAT,
        "key": job.key,
        "identity": job.identity,
        "config": job.config,
        "seed": job.seed,
        "preset": job.preset,
        "settings": job.settings,
        "variants": list(job.variants),
        "data": dataset.name,
        "source": job.data,
        "data_sha256": job.data_sha256,
        "split_seed": job.split_seed,
        "scores": results["scores"],
        "maps": " ".join(config.maps),
        **_training(out, detector),
        "seconds_run": round(time.perf_counter() - started, 2),
        "images_per_second": round(images_per_second(detector, dataset), 3),
        **_parameters(detector),
        "parts": detector.network.parameter_counts(),
        "device": detector.device_name,
        "threads": job.threads,
        "engine": job.engine,
        "jobs": job.jobs,
        "config_sha256": config_hash(config),
        "numbers": job.numbers,
        **_origin(),
    }


def images_per_second(detector: Detector, dataset: Dataset) -> float:
    """Images per second from decoded pictures to maps, median over batches of 8; a first batch warms up."""
    samples = [sample for sample in dataset.test if sample.is_normal or sample.is_defective][:BATCH]
    images = [sample.load().image for sample in samples]
    if not detector.framing.is_whole:  # whose pictures may have several sizes
        images = images[:1]
    detector.maps(images)
    rates: list[float] = []
    until = time.perf_counter() + MAX_SECONDS
    while len(rates) < MIN_BATCHES or (len(rates) < MAX_BATCHES and time.perf_counter() < until):
        before = time.perf_counter()
        for m in detector.maps(images).values():
            m.cpu()  # waits for the device
        rates.append(len(images) / (time.perf_counter() - before))
    return statistics.median(rates)


def _open(job: Job) -> Dataset:
    dataset = open_dataset(job.data, seed=job.split_seed)
    if dataset.content_hash() != job.data_sha256:
        raise StudyError(
            f"{job.data} changed since the study was planned, or differs on this computer. "
            "Give every machine the same files, and run the command again."
        )
    return dataset


def _trained(job: Job, config: Config, dataset: Dataset, out: Path, listener: Listener) -> TrainedModel:
    """The run's detector: loaded if its training is over, else trained or resumed."""
    weights = None if job.weights_file is None else Path(job.weights_file)
    if checkpoints.is_checkpoint(out):
        return Detector.load(out, job.device, weights)
    about = {"split_seed": job.split_seed}
    training = TrainJob(config, out, resume=True, device=job.device, weights_file=weights, about=about)
    detector = train_on(training, dataset, listener)
    assert detector is not None  # a run of a study is one process
    return detector


def _measured(detector: TrainedModel, dataset: Dataset, job: Job, listener: Listener) -> dict[str, Any]:
    """All metrics of the job's expressions; those that training wrote down are not measured again."""
    saved = detector.checkpoint
    scores = dict(saved.metrics.get("scores", {}))
    missing = [text for text in job.expressions if text not in scores]
    if missing:
        results = measure(detector, dataset, [parse(text) for text in missing], phase("measure", listener.report))
        results = {**results, "scores": scores | results["scores"]}
        about = {"data": describe(dataset), **saved.about}
        card = write_card(saved.name, saved.config, about, results, saved.calibration.summary())
        checkpoints.write_results(saved.path, results, card)
        return results
    return dict(saved.metrics)


def _training(out: Path, detector: TrainedModel) -> dict[str, Any]:
    history = load_history(out)
    images = detector.checkpoint.about["training_images"]
    seconds = sum(entry["seconds"] for entry in history)
    seen = sum(entry["images_per_second"] * entry["seconds"] for entry in history)
    return {
        "epochs": len(history),
        "steps": len(history) * steps_per_epoch(detector.config.train, images),
        "training_images": images,
        "seconds_training": round(seconds, 3),
        "training_images_per_second": round(seen / seconds, 2) if seconds else None,
    }


def _parameters(detector: Detector) -> dict[str, int]:
    counts = detector.network.parameter_counts()
    return {"parameters": sum(counts.values()), "parameters_trained": sum(counts.values()) - counts["T"]}


def _origin() -> dict[str, Any]:
    origin, known = provenance(), versions()
    return {
        "commit": origin["commit"],
        "created": origin["created"],
        "nnet": known["nnet"],
        "torch": known["torch"],
        "versions": known,
    }
