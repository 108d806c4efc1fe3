"""What a run would cost, measured with a few of its steps."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from nnet.device import autocast
from nnet.training.features import FeatureCache, memory_centres
from nnet.training.job import TrainJob
from nnet.training.loop import Objective, Trainer
from nnet.training.schedule import epochs, steps_per_epoch


def trial(
    job: TrainJob, images: np.ndarray, count: int, steps: int, tell: Callable[[int], object] = lambda step: None
) -> dict[str, Any]:
    """What a few real training steps take; the first one, in which kernels are prepared, does not count.

    Args:
        job: what would be trained; into its folder goes a state as training saves it, which takes memory, too.
        images: some of the images, uint8 (n, size, size, 3).
        count: number of training images in the whole run.
        steps: how many to measure.
        tell: told the number of each step, from 1, as it begins; the first one does not count.

    Returns:
        "seconds_per_step" (median), "step_between" (least and most), "steps" and "epochs" of the whole run,
        "teacher_seconds" and "forward_seconds" per image, "feature_bytes" per image, "parameter_bytes" (trainable,
        float32), "device" in words, and on a CUDA GPU "device_bytes" at the peak and "device_free" before (None and 0
        elsewhere).
    """
    trainer, settings = Trainer(job, images), job.config.train
    device, network = trainer.device, trainer.network
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 0
    every = np.arange(len(images))
    objective = Objective(network, job.config, False)
    features = FeatureCache(network, images, every, 0, device, trainer.dtype)
    if network.NFS is not None:
        memory_centres(features, job.config)  # for the memory that it takes
    indices = np.resize(every, min(settings.batch_size, count))
    teacher = _timed(device, lambda: features.batch(indices))
    batch = features.batch(indices)

    def step() -> None:
        with autocast(device, trainer.dtype):
            loss = objective(*batch, 0)[0]["loss"]
        trainer.step(loss)

    network.train()
    times = []
    for number in range(1, steps + 2):
        tell(number)
        times.append(_timed(device, step))
    times = times[1:]
    trainer.state.keep(1, last=True)
    network.eval()
    with torch.inference_mode():
        forward = _timed(device, lambda: network(batch[0]))
    return {
        "seconds_per_step": float(np.median(times)),
        "step_between": (min(times), max(times)),
        "steps": epochs(settings, count) * steps_per_epoch(settings, count),
        "epochs": epochs(settings, count),
        "teacher_seconds": teacher / len(indices),
        "forward_seconds": forward / len(indices),
        "feature_bytes": features.bytes_per_image,
        "parameter_bytes": sum(4 * p.numel() for p in network.parameters() if p.requires_grad),
        "device": trainer.device_name,
        "device_bytes": torch.cuda.max_memory_reserved(device) if device.type == "cuda" else None,
        "device_free": free,
    }


def _timed(device: torch.device, work: Callable[[], object]) -> float:
    """Seconds that some work takes on the device."""
    started = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - started
