"""Makes the training film: pins a few images, and looks at them and at held-out normal images every few epochs."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from nnet.data import Dataset, Defect, Sample, paint_defect
from nnet.data.framing import Framing
from nnet.data.images import resize
from nnet.detector import Detector
from nnet.errors import NNetError
from nnet.model.inputs import Images, batches, take
from nnet.runs.film import (
    FILM,
    FULL,
    HELD_OUT_KEY,
    Cut,
    Frame,
    Probe,
    coarser,
    drop_frames_after,
    read_probes,
    reduced,
    write_frame,
    write_probes,
)
from nnet.runs.members import Members
from nnet.scoring.maps import divided, image_score, mean_levels, score_maps
from nnet.scoring.promise import conformal
from nnet.training.events import Listener

HELD_OUT = 16
BATCH = 8
TERMS = ("loss", "L_RKD", "L_KD", "L_align", "L_query")
PAINTED = (  # damage that anybody would see, of three kinds and in three places
    Defect("scratch", 0.42, 0.45, 0.35, 0.9, 30.0, 1),
    Defect("stain", 0.6, 0.55, 0.22, 0.9, 0.0, 2),
    Defect("hole", 0.45, 0.62, 0.14, 1.0, 0.0, 3),
)


class Filming(Listener):
    """Makes the film of a training.

    Frames cost time: 22 images go through the network for each in full, and a run has some 30 of them.

    Args:
        path: the directory of the run or checkpoint.
        dataset: its test images, where there are some, give probes; they are only shown and decide nothing.
        cut: how much the film holds.
        framing: of the model; where its inputs are no whole pictures, the film shows one of each picture's.
    """

    def __init__(self, path: Path, dataset: Dataset, cut: Cut, framing: Framing) -> None:
        self.folder, self.framing = path / FILM, framing
        self.dataset = dataset
        self.cut = cut
        self._epochs = 0
        self._probes: tuple[Probe, ...] = ()
        self._normal: np.ndarray | None = None

    def begin(self, images: Images, held_out: np.ndarray, first_epoch: int, epochs: int) -> None:
        """Pin the probes: the same ones in every attempt at a run, also if their files are gone by then."""
        self._epochs = epochs
        self._normal = take(images, held_out[:HELD_OUT])
        self._probes = read_probes(self.folder) if first_epoch and self.cut.image_side is None else ()
        if not self._probes:  # a short film holds them reduced, so they are chosen again, as they were
            names = _names(self.dataset, images, held_out[:HELD_OUT], self.framing)
            self._probes = choose(self.dataset, self._normal, self.cut, self.framing, names)
            write_probes(self.folder, [reduced(probe, self.cut.image_side) for probe in self._probes])
        drop_frames_after(self.folder, first_epoch)

    def look(self, detector: Detector, epoch: int) -> dict[str, Any]:
        """Make a frame, if this epoch has one, and say how the held-out normal images score."""
        if not self.cut.has_frame(epoch, self._epochs):
            return {}
        started = time.perf_counter()
        images = np.concatenate([np.stack([p.image for p in self._probes]), self._normal])
        n = len(self._probes)
        maps, scores = _score(detector, images, n)
        shown = {name: coarser(m[:n], self.cut.map_side) for name, m in maps.items()}
        write_frame(self.folder, Frame(epoch, scores[:n], scores[n:], shown))
        return {
            "held_out_median": float(np.median(scores[n:])),
            "held_out_high": float(conformal(scores[n:], detector.config.scoring.quantile)),
            "film_seconds": round(time.perf_counter() - started, 3),
        }


class Watching(Filming):
    """Watches a run's training: makes its film in full and writes its log.

    Args:
        path: the run directory.
        dataset: see `Filming`.
        members: is told when every training image has been read.
        framing: see `Filming`.
    """

    def __init__(self, path: Path, dataset: Dataset, members: Members, framing: Framing) -> None:
        super().__init__(path, dataset, FULL, framing)
        self.members = members

    def begin(self, images: Images, held_out: np.ndarray, first_epoch: int, epochs: int) -> None:
        """Take down what the run began with, and pin the probes."""
        self.members.keep()
        super().begin(images, held_out, first_epoch, epochs)

    def heard(self, entry: dict[str, Any]) -> None:
        """Put a line into the log."""
        losses = ", ".join(f"{name} {entry[name]:.4f}" for name in TERMS if name in entry)
        print(f"Epoch {entry['epoch']} of {self._epochs}: {losses}; {entry['images_per_second']} images/s", flush=True)


def choose(
    dataset: Dataset, held_out: np.ndarray, cut: Cut, framing: Framing, names: Sequence[str] = ()
) -> tuple[Probe, ...]:
    """Normal images and defective ones; where the data has no defects, damage is painted onto normal images.

    Args:
        dataset: its test part is looked at.
        held_out: uint8 (n, size, size, 3), normal images that the network is not trained on.
        cut: how many of each.
        framing: see `Filming`.
        names: of the held-out images, as their data set calls them; they are numbered without.
    """
    kept = cut.normal
    names = names or [f"{HELD_OUT_KEY}{i + 1}" for i in range(len(held_out))]
    normal = _some([s for s in dataset.test if s.is_normal], kept, framing, lambda s: ("normal", "normal"))
    if len(normal) < kept:
        normal = [Probe(names[i], "normal", "normal, held out", held_out[i]) for i in range(kept)]
    defective = _some(_varied(dataset), cut.defective, framing, lambda s: ("defective", f"defective: {s.label}"))
    return (*normal, *(defective or [_painted(held_out[kept + i], i) for i in range(cut.defective)]))


def _names(dataset: Dataset, images: Images, held_out: np.ndarray, framing: Framing) -> list[str]:
    """The keys of the held-out images; [] where images are parts of pictures or were held out beforehand."""
    if not framing.is_whole or len(images) != len(dataset.train):
        return []
    return [dataset.train[i].key for i in held_out]


def _varied(dataset: Dataset) -> list[Sample]:
    """Defective samples, one of each type first."""
    kinds: dict[str, list[Sample]] = {}
    for sample in dataset.test:
        if sample.is_defective:
            kinds.setdefault(sample.label, []).append(sample)
    rounds = max(map(len, kinds.values()), default=0)
    return [samples[i] for i in range(rounds) for samples in kinds.values() if i < len(samples)]


def _some(
    samples: list[Sample], count: int, framing: Framing, words: Callable[[Sample], tuple[str, str]]
) -> list[Probe]:
    """Probes of the first samples that can be read."""
    probes: list[Probe] = []
    for sample in samples[: 4 * count]:
        if len(probes) == count:
            break
        try:
            image = sample.load().image
            mask = sample.load_mask(image.shape[:2]) if sample.is_defective else None
            frame = framing.frame(*image.shape[:2])
        except NNetError:
            continue
        at = _place(mask) if mask is not None and mask.any() else (frame.height / 2, frame.width / 2)
        window = frame.at(*at)
        shown = resize(np.ascontiguousarray(frame.cut(image, window)), framing.size)
        small = None if mask is None else _small(frame.cut(mask, window), framing.size)
        probes.append(Probe(sample.key, *words(sample), shown, small))
    return probes


def _place(mask: np.ndarray) -> tuple[float, float]:
    """The row and the column of a marked pixel in the middle of those that are marked."""
    rows, columns = np.nonzero(mask)
    middle = len(rows) // 2
    return float(rows[middle]), float(columns[middle])


def _small(mask: np.ndarray, size: int) -> np.ndarray:
    return np.asarray(Image.fromarray(mask).resize((size, size), Image.Resampling.NEAREST), bool)


def _painted(image: np.ndarray, index: int) -> Probe:
    defect = PAINTED[index]
    painted, mask = paint_defect(image, defect)
    return Probe(f"painted {defect.kind}", "painted", f"painted {defect.kind}, not a real defect", painted, mask)


def _score(detector: Detector, images: np.ndarray, probes: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """M1..M6, name -> (n, 64, 64) float32, and Score_l (n,) float32 under the run's own expression.

    The images after the first `probes` are held-out normal ones: what the maps would be divided by if training ended.
    """
    config = detector.config
    parts = [detector.maps(list(images[part])) for part in batches(len(images), BATCH)]
    maps = {name: torch.cat([part[name].float().cpu() for part in parts]) for name in parts[0]}
    if config.score.levels:
        maps = divided(maps, mean_levels({name: m[probes:] for name, m in maps.items()}))
    score = score_maps(maps, config.scoring.parsed, config.model.size, config.scoring.sigma)
    return {name: m.numpy() for name, m in maps.items()}, image_score(score).numpy().astype(np.float32)
