"""Metrics over the pixels of all images: regions of the masks, their ranking, and PRO."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from nnet.scoring.metrics.areas import BLOCK, FPR_LIMIT, Ranking, rank
from nnet.scoring.metrics.checks import as_binary, as_floats, check_finite, check_lengths
from nnet.scoring.metrics.curves import ProCurve
from nnet.scoring.metrics.errors import MetricError

_EIGHT_CONNECTED = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True, eq=False)
class ImageLabels:
    """What the metrics need of one mask.

    `shape`: (H, W); `index`: (P,) positions of the defective pixels in the flattened image; `weight`: (P,) float64,
    1 / (pixels of the pixel's region); `regions`: number of 8-connected regions.
    """

    shape: tuple[int, ...]
    index: NDArray[np.intp]
    weight: NDArray[np.float64]
    regions: int

    def only(self, keep: NDArray[np.bool_]) -> ImageLabels:
        """The same for the P pixels of the image (H, W) at which `keep` is True, as an image (1, P).

        Every defective pixel must be among them.
        """
        places = np.cumsum(keep.ravel()) - 1
        return ImageLabels((1, int(keep.sum())), places[self.index], self.weight, self.regions)


Mask = ArrayLike | ImageLabels | None
"""A mask (H, W) of bool or 0/1, what `label_pixels` made of one, or None for an image without pixel labels."""


def label_pixels(masks: Iterable[Mask]) -> tuple[ImageLabels | None, ...]:
    """Find the regions of each mask once, for use with many maps; accepted wherever masks are.

    Each mask is (H, W), bool or 0/1 (1: defective), or None for an image without pixel labels.
    Raises MetricError for other values or shapes, naming the image by its position from 0.
    """
    return tuple(_label_image(mask, i) for i, mask in enumerate(masks))


def _label_image(mask: Mask, position: int) -> ImageLabels | None:
    if mask is None or isinstance(mask, ImageLabels):
        return mask
    mask = as_binary(mask, f"The mask of image {position}")
    if mask.ndim != 2 or mask.size == 0:
        raise MetricError(f"The mask of image {position} must have the shape (H, W), its shape is {mask.shape}.")
    index = np.flatnonzero(mask)
    if len(index) == 0:
        return ImageLabels(mask.shape, index, np.zeros(0), 0)
    components, regions = ndimage.label(mask, structure=_EIGHT_CONNECTED)
    region = components.ravel()[index]
    return ImageLabels(mask.shape, index, 1.0 / np.bincount(region)[region], regions)


def rank_pixels(maps: Sequence[ArrayLike], masks: Sequence[Mask]) -> Ranking:
    """Rank the pixels of all images together. `maps`: one (H, W) array of finite numbers per image (sizes may differ);
    `masks`: see `label_pixels`; images whose mask is None are left out.

    Raises MetricError when sizes do not fit, nothing is left, or a map has NaN or infinite values.
    """
    check_lengths(maps=maps, masks=masks)
    pairs = enumerate(zip(maps, label_pixels(masks), strict=True))
    used = [(_checked_map(values, label, i), label) for i, (values, label) in pairs if label is not None]
    if not used:
        raise MetricError("There is no image with a mask, so there are no pixels to evaluate.")
    return _rank_images([values for values, _ in used], [label for _, label in used])


def _checked_map(values: ArrayLike, labels: ImageLabels, position: int) -> NDArray[np.floating]:
    """The map as a flat float array."""
    what = f"The values of map {position}"
    array = as_floats(values, what)
    if array.shape != labels.shape:
        raise MetricError(f"Map {position} has the shape {array.shape}, its mask {labels.shape}; they must agree.")
    check_finite(array, what)
    return array.ravel()


def _rank_images(maps: Sequence[NDArray[np.floating]], labels: Sequence[ImageLabels]) -> Ranking:
    dtype = np.result_type(*{values.dtype for values in maps})
    maps = [values.astype(dtype, copy=False) for values in maps]
    positives = np.concatenate([values[label.index] for values, label in zip(maps, labels, strict=True)])
    weights = np.concatenate([label.weight for label in labels])
    regions = sum(label.regions for label in labels)
    negatives = sum(values.size for values in maps) - len(positives)
    return rank(positives, weights, regions, _normal_blocks(maps, labels), negatives)


def _normal_blocks(
    maps: Sequence[NDArray[np.floating]], labels: Sequence[ImageLabels]
) -> Iterator[NDArray[np.floating]]:
    """The normal pixels of all images, a few images at a time (never an empty block)."""
    block: list[NDArray[np.floating]] = []
    size = 0
    for values, label in zip(maps, labels, strict=True):
        block.append(_without(values, label.index))
        size += len(block[-1])
        if size >= BLOCK:
            yield np.concatenate(block)
            block, size = [], 0
    if size:
        yield np.concatenate(block)


def _without(values: NDArray[Any], index: NDArray[np.intp]) -> NDArray[Any]:
    if len(index) == 0:
        return values
    keep = np.ones(len(values), dtype=bool)
    keep[index] = False
    return values[keep]


def pro(maps: Sequence[ArrayLike], masks: Sequence[Mask], limit: float = FPR_LIMIT) -> float:
    """P-PRO up to FPR `limit`, 0..1; see `rank_pixels` for the arguments, `Ranking.pro` for the errors."""
    return rank_pixels(maps, masks).pro(limit)


def pro_curve(maps: Sequence[ArrayLike], masks: Sequence[Mask]) -> ProCurve:
    """The full PRO curve; see `rank_pixels` for the arguments."""
    return rank_pixels(maps, masks).pro_curve()
