"""Measure a detector on a labelled data set: one forward pass per image, every score expression from the same maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

from nnet.data import Dataset, Sample
from nnet.detector import Detector
from nnet.expression import PRESETS, parse
from nnet.features import batches
from nnet.maps import score_maps
from nnet.metrics import ImageLabels, evaluate, label_pixels

BATCH = 8


def can_be_measured(dataset: Dataset) -> bool:
    """Whether the test part holds normal and defective images."""
    return any(s.is_normal for s in dataset.test) and any(s.is_defective for s in dataset.test)


def default_expressions(detector: Detector) -> tuple[str, ...]:
    """The paper's three scores (all six maps, reverse only, forward only) as far as this model has their maps."""
    available = set(detector.config.maps)
    usable = [text for text in PRESETS.values() if set(parse(text).maps) <= available]
    return tuple(dict.fromkeys([detector.config.scoring.expression, *usable]))


def measure(
    detector: Detector,
    dataset: Dataset,
    expressions: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Metrics of each score expression on the labelled test images, overall and per defect type.

    Pixel metrics compare Score_p at input resolution with the masks brought to that size (nearest neighbour).

    Returns:
        "data" (name, hash, counts), "size", and "scores": expression -> metrics as in `nnet.metrics.Metrics`.

    Raises:
        nnet.errors.NNetError: unreadable image or mask, or an expression over maps that the model does not have.
    """
    samples = [s for s in dataset.test if s.is_normal or s.is_defective]
    maps, masks = _run(detector, samples, progress)
    chosen = expressions or default_expressions(detector)
    return {
        "data": describe(dataset),
        "size": detector.config.model.size,
        "scores": {parse(text).text: _measure_one(detector, maps, masks, samples, text) for text in chosen},
    }


def describe(dataset: Dataset) -> dict[str, Any]:
    """Name, licence, content hash and counts of a data set."""
    return {
        "name": dataset.name,
        "layout": dataset.layout,
        "source": dataset.source,
        "licence": dataset.licence,
        "sha256": dataset.content_hash(),
        "train_normal": len(dataset.train),
        "test_normal": sum(s.is_normal for s in dataset.test),
        "test_defective": sum(s.is_defective for s in dataset.test),
    }


def _run(
    detector: Detector, samples: Sequence[Sample], progress: Callable[[int, int], None] | None
) -> tuple[dict[str, torch.Tensor], tuple[ImageLabels | None, ...] | None]:
    parts: list[dict[str, torch.Tensor]] = []
    masks: list[np.ndarray | None] = []
    for part in batches(len(samples), BATCH):
        images = [sample.load().image for sample in samples[part]]
        parts.append({name: m.cpu() for name, m in detector.maps(images).items()})
        pairs = zip(samples[part], images, strict=True)
        masks += [_mask(sample, image.shape[:2], detector.config.model.size) for sample, image in pairs]
        if progress:
            progress(part.stop, len(samples))
    maps = {name: torch.cat([p[name] for p in parts]) for name in parts[0]}
    known = any(mask is not None and sample.is_defective for mask, sample in zip(masks, samples, strict=True))
    return maps, label_pixels(masks) if known else None


def _mask(sample: Sample, shape: tuple[int, int], size: int) -> np.ndarray | None:
    mask = sample.load_mask(shape)
    if mask is None:
        return None
    return np.asarray(Image.fromarray(mask).resize((size, size), Image.Resampling.NEAREST))


def _measure_one(
    detector: Detector,
    maps: dict[str, torch.Tensor],
    masks: tuple[ImageLabels | None, ...] | None,
    samples: Sequence[Sample],
    text: str,
) -> dict[str, Any]:
    pixels = np.concatenate(list(_scores(detector, maps, text)))
    values = pixels.max(axis=(1, 2))
    types = sorted({s.label for s in samples if s.is_defective})
    chosen = {kind: [i for i, s in enumerate(samples) if s.is_normal or s.label == kind] for kind in types}
    labels = np.array([s.is_defective for s in samples])

    def part(indices: Sequence[int]) -> dict[str, Any]:
        some_maps = None if masks is None else [pixels[i] for i in indices]
        some_masks = None if masks is None else [masks[i] for i in indices]
        return evaluate(some_maps, some_masks, values[list(indices)], labels[list(indices)]).to_dict()

    overall = part(range(len(samples)))
    return {**overall, "by_type": {kind: part(some) for kind, some in chosen.items()} if len(types) > 1 else {}}


def _scores(detector: Detector, maps: dict[str, torch.Tensor], text: str) -> Iterator[np.ndarray]:
    """Score_p in batches, so that the interpolated maps never stand in memory all at once."""
    settings = detector.config.scoring
    for part in batches(len(next(iter(maps.values()))), 32):
        some = {name: m[part] for name, m in maps.items()}
        yield score_maps(some, text, detector.config.model.size, settings.sigma).numpy()


