"""Cross-calibration: with few pictures, light models find the threshold, and the model itself learns from them all.

Each light model has the settings and the length of the model, is trained without a part of the pictures, and scores
that part; nothing of it is kept but these maps. So every score comes from a network that had not seen its picture
(cross-conformal prediction: Vovk, Cross-conformal predictors, 2015; Barber et al., Predictive inference with the
jackknife+, 2021). The model itself has learnt from more pictures than each of them, and scores further good parts a
little lower, if anything: the threshold is then on the side of fewer false alarms. Unlike one held-out set this
promises no rate exactly, and the scores depend on each other, since the models share most of their pictures.
"""

import dataclasses
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from nnet.detector import Detector
from nnet.model.inputs import Images, batches, take
from nnet.model.network import NNet
from nnet.saved.checkpoint import round_weights
from nnet.training.events import Listener, Progress
from nnet.training.job import TrainJob
from nnet.training.schedule import folds

Split = tuple[np.ndarray, np.ndarray]
"""Indices of the pictures to train on, and of those to score."""
BATCH = 8


class _Part(Listener):
    """Passes on how far one of several light models is, as a part of the phase "cross"."""

    def __init__(self, outer: Listener, number: int, count: int, started: float) -> None:
        self._outer, self._number, self._count, self._started = outer, number, count, started

    def report(self, progress: Progress) -> None:
        if progress.phase == "train":
            done, total = self._number * progress.total + progress.done, self._count * progress.total
            seconds = time.perf_counter() - self._started
            found = Progress("cross", done, total, progress.epochs, seconds, epochs=progress.epochs)
            self._outer.report(dataclasses.replace(found, device=progress.device))


def cross_maps(
    job: TrainJob,
    images: Images,
    split: Split,
    fit: Callable[[TrainJob, Images, Listener, Split], NNet],
    listener: Listener,
) -> dict[str, Tensor]:
    """M1..M6 of held-out pictures, name -> (n, cells, cells) in main memory, not divided yet.

    Args:
        job: of the model; `train.cross_folds` says how many light models there are.
        images: all pictures.
        split: the model's own; every held-out picture is trained on, too.
        fit: trains a network.
        listener: hears of the phase "cross".
    """
    config = dataclasses.replace(job.config, train=dataclasses.replace(job.config.train, cross_folds=0))
    parts, started = folds(*split, job.config.train), time.perf_counter()
    found: dict[int, list[Tensor]] = {}
    for number, part in enumerate(parts):
        with tempfile.TemporaryDirectory(prefix="nnet-light-") as folder:
            light = dataclasses.replace(job, config=config, out=Path(folder), resume=False)
            network = fit(light, images, _Part(listener, number, len(parts), started), part)
        network.eval().requires_grad_(False)
        round_weights(network)
        detector = Detector(network, config, job.device)
        for some in batches(len(part[1]), BATCH):
            maps = detector.maps(list(take(images, part[1][some])))
            rows = zip(*(maps[name].cpu() for name in config.maps), strict=True)
            found |= dict(zip(part[1][some].tolist(), map(list, rows), strict=True))
    return {name: torch.stack([found[i][k] for i in split[1].tolist()]) for k, name in enumerate(config.maps)}
