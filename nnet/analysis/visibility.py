"""From which size or contrast on a defect of known place shows in each anomaly map (its dose-response)."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from nnet.detector import Array, Detector
from nnet.expression import Expression
from nnet.scoring.maps import image_score, score_maps

MIN_RISE = 0.1
"""A defect counts as visible in a map only if it raises the map by at least this share of the normal 99 % level."""


def coverage(mask: Array, shape: tuple[int, int]) -> Array:
    """Share of each cell's area that a region of pixels covers, bool (H, W) -> float32 (h, w), 0..1."""
    return np.asarray(Image.fromarray(np.asarray(mask, np.float32)).resize(shape[::-1], Image.Resampling.BOX))


def peak(values: Array, inside: Array) -> Array:
    """Largest value inside a region, (..., h, w) -> (...); 0 where the region is empty (no map is negative)."""
    return np.max(values, axis=(-2, -1), where=np.broadcast_to(inside, values.shape), initial=0.0)


def is_visible(after: Array, before: Array, level: float) -> Array:
    """Whether a defect shows: the map's peak inside it exceeds the normal level, and the peak without it by a tenth.

    Args:
        after, before: largest values of a map inside the defect's place, with the defect and without it.
        level: the value that 99 % of the held-out normal images' pixels stay below, in this map.
    """
    return (np.asarray(after) > level) & (np.asarray(after) - before >= MIN_RISE * level)


@dataclass(frozen=True)
class Onset:
    """From which dose on something is visible.

    Attributes:
        since: the smallest dose from which on it is visible at every larger one, or None.
        seen: at how many of the doses it is visible.
    """

    since: float | None
    seen: int


def onset(doses: Array, visible: Array) -> Onset:
    """The onset of a row of booleans over ascending doses."""
    unseen = np.flatnonzero(~visible)
    first = unseen[-1] + 1 if len(unseen) else 0
    return Onset(float(doses[first]) if first < len(doses) else None, int(np.count_nonzero(visible)))


@dataclass(frozen=True)
class Response:
    """What the maps show of one defect at ascending doses (sizes or contrasts).

    Attributes:
        doses: (n,) float64, above 0.
        maps: name -> (n, h, w) float32, M1..M6 of the damaged images.
        undamaged: name -> (h, w), of the image without the defect.
        inside: bool (n, h, w), the cells that the defect touches.
        milliseconds: how long the measurement took, painting included.
    """

    doses: Array
    maps: dict[str, Array]
    undamaged: dict[str, Array]
    inside: Array
    milliseconds: float

    @property
    def nbytes(self) -> int:
        maps = sum(m.nbytes for m in self.maps.values())
        return self.doses.nbytes + maps + sum(m.nbytes for m in self.undamaged.values()) + self.inside.nbytes

    def peaks(self, expression: Expression) -> tuple[Array, Array]:
        """Largest values of a map or factor inside the defect's place, with the defect and without it; each (n,)."""
        with_defect = np.asarray(expression.evaluate(self.maps))
        without = np.broadcast_to(np.asarray(expression.evaluate(self.undamaged)), with_defect.shape)
        return peak(with_defect, self.inside), peak(without, self.inside)

    def scores(self, expression: Expression, size: int, sigma: float) -> Array:
        """Image scores of the damaged images, (n,); see `nnet.scoring.maps.score_maps`. Runs no network."""
        tensors = {name: torch.from_numpy(m) for name, m in self.maps.items()}
        return image_score(score_maps(tensors, expression, size, sigma)).numpy()


def respond(
    detector: Detector,
    undamaged: Mapping[str, Array],
    damage: Callable[[float], tuple[Array, Array]],
    doses: Sequence[float],
    batch: int = 8,
    progress: Callable[[int], None] = lambda done: None,
) -> Response:
    """Run the network on one image with a defect at each dose.

    Args:
        undamaged: M1..M6 of the image without the defect, (h, w) each.
        damage: dose -> the damaged image, uint8 (H, W, 3), and the defect's mask, bool (H, W).
        doses: ascending.
        batch: images per forward pass.
        progress: called with the number of doses that are done.

    Raises:
        nnet.detector.InputError: `damage` gave something that is no image.
    """
    started = time.perf_counter()
    shape = next(iter(undamaged.values())).shape
    maps: dict[str, list[Array]] = {name: [] for name in undamaged}
    inside = []
    for start in range(0, len(doses), batch):
        images, masks = zip(*(damage(dose) for dose in doses[start : start + batch]), strict=True)
        for name, values in detector.maps(images).items():
            maps[name].append(values.cpu().numpy())
        inside += [coverage(mask, shape) > 0 for mask in masks]
        progress(start + len(images))
    joined = {name: np.concatenate(parts) for name, parts in maps.items()}
    passed = 1000 * (time.perf_counter() - started)
    return Response(np.asarray(doses, np.float64), joined, dict(undamaged), np.stack(inside), passed)
