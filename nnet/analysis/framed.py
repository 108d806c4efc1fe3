"""Measuring a model whose inputs are not whole pictures (`nnet.data.framing`).

Their maps have several sizes, and pixels that are not looked at count in no metric.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from nnet.data.framing import Frame, Framing
from nnet.expression import Expression
from nnet.scoring.maps import score_map
from nnet.scoring.metrics import ImageLabels, label_pixels

if TYPE_CHECKING:
    from nnet.analysis.evaluation import Evidence

Array = np.ndarray


def marked(mask: Array | None, frame: Frame) -> ImageLabels | None:
    """The regions of a mask, as far as they are looked at, brought to the size of Score_p by nearest neighbour."""
    if mask is None:
        return None
    shape = frame.score_shape
    small = np.asarray(Image.fromarray(mask).resize(shape[::-1], Image.Resampling.NEAREST))
    return label_pixels([small & frame.keep(shape)])[0]


def maps_of(evidence: Evidence, index: int) -> dict[str, Array]:
    """The maps of one image, name -> (h, w), without what it does not fill."""
    if evidence.framing is None:
        return {name: m[index] for name, m in evidence.maps.items()}
    rows, columns = evidence.framing.frame(*evidence.shapes[index].tolist()).shape
    return {name: m[index, :rows, :columns] for name, m in evidence.maps.items()}


def stacked(parts: Sequence[Array]) -> Array:
    """Maps (n, h, w) of several parts as one array; those of smaller pictures are filled up with 0."""
    shape = np.max([part.shape[1:] for part in parts], axis=0)
    missing = [[(0, 0), *((0, n) for n in shape - part.shape[1:])] for part in parts]
    return np.concatenate([np.pad(part, widths) for part, widths in zip(parts, missing, strict=True)])


def framed_scores(evidence: Evidence, expression: Expression, framing: Framing) -> Array:
    """Score_p of every picture, (n, h, w) float32; what a picture does not fill is 0."""
    frames = [framing.frame(*shape) for shape in evidence.shapes.tolist()]
    pixels = np.zeros((len(frames), *np.max([frame.score_shape for frame in frames], axis=0)), np.float32)
    for i, frame in enumerate(frames):
        rows, columns = frame.shape
        maps = {name: m[i, :rows, :columns] for name, m in evidence.maps.items()}
        found = score_map(maps, expression, evidence.size, evidence.sigma, framing.blended_cells)
        pixels[i, : found.shape[0], : found.shape[1]] = found
    return pixels


def looked_at(evidence: Evidence, pixels: Array, indices: Sequence[int]) -> list[Array]:
    """Score_p of some images for pixel metrics: of framed pictures only the pixels that are looked at, (1, P)."""
    if evidence.framing is None:
        return [pixels[i] for i in indices]
    keeps = zip(indices, _keeps(evidence, evidence.framing, indices), strict=True)
    return [pixels[i, : keep.shape[0], : keep.shape[1]][keep][None] for i, keep in keeps]


def masks_looked_at(evidence: Evidence, indices: Sequence[int]) -> list[ImageLabels | None]:
    """The masks that belong to `looked_at`."""
    masks = [evidence.masks[i] for i in indices]
    if evidence.framing is None:
        return masks
    keeps = _keeps(evidence, evidence.framing, indices)
    return [None if mask is None else mask.only(keep) for mask, keep in zip(masks, keeps, strict=True)]


def _keeps(evidence: Evidence, framing: Framing, indices: Sequence[int]) -> Iterator[Array]:
    for i in indices:
        frame = framing.frame(*evidence.shapes[i].tolist())
        yield frame.keep(frame.score_shape)
