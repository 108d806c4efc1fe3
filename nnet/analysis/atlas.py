"""The memory atlas: for every memory item, the training patches that address it most, and how much it is used."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from nnet.detector import Detector
from nnet.model.inputs import Images, batches, take

PATCHES = 6
PATCH_SIDE = 40
CONTEXT = 3  # a patch is three strides of F_3 wide: 48 of 256 pixels around the position
BATCH = 8
DEAD_SHARE = 0.01


@dataclass(frozen=True)
class Atlas:
    """What the N memory items stand for.

    Attributes:
        usage: (N,) float32, each item's share of all addressing weights over the training images; sums to 1.
        patches: (N, K, side, side, 3) uint8, the training patches with the largest weight for the item, best first,
            each from another image where there are enough images.
        weights: (N, K) float32, their addressing weights w^ (0 where an item was never addressed).
        sources: (N, K, 3) int64, index of the image, and row and column in F_3, of each patch.
    """

    usage: np.ndarray
    patches: np.ndarray
    weights: np.ndarray
    sources: np.ndarray

    @property
    def dead(self) -> np.ndarray:
        """(N,) booleans: items with under 1 % of a fair share of the usage."""
        return self.usage < DEAD_SHARE / len(self.usage)


def collect(
    detector: Detector, images: Images, rows: np.ndarray, progress: Callable[[int, int], None] | None = None
) -> Atlas | None:
    """Run the training images `rows` through the memory and keep each item's best patches; None without a memory.

    Args:
        detector: trained.
        images: uint8 (n, size, size, 3), or images decoded on demand.
        rows: indices of the training images.
        progress: called with (done, all) images.
    """
    if detector.memory is None:
        return None
    items = len(detector.memory)
    usage = np.zeros(items)
    best = np.zeros((items, 0), np.float32)
    where = np.zeros((items, 0, 3), np.int64)
    for part in batches(len(rows), BATCH):
        chosen = rows[part]
        weights = detector.addressing(list(take(images, chosen)))  # (B, H, W, N)
        usage += weights.sum(axis=(0, 1, 2))
        best, where = _merge(best, where, *_peaks(weights, chosen))
        if progress:
            progress(part.stop, len(rows))
    return Atlas((usage / usage.sum()).astype(np.float32), _cut(images, where, weights.shape[1]), best, where)


def _peaks(weights: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each image's best position for each item: weights (N, B) and (image, row, column) (N, B, 3)."""
    count, height, width, items = weights.shape
    flat = weights.reshape(count, height * width, items)
    at = flat.argmax(axis=1)  # (B, N)
    value = np.take_along_axis(flat, at[:, None], axis=1)[:, 0]  # (B, N)
    image = np.broadcast_to(rows[:, None], at.shape)
    return value.T.astype(np.float32), np.stack([image, at // width, at % width], axis=-1).transpose(1, 0, 2)


def _merge(best: np.ndarray, where: np.ndarray, value: np.ndarray, source: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The K largest of what was kept and what is new, per item, best first."""
    values, sources = np.concatenate([best, value], axis=1), np.concatenate([where, source], axis=1)
    order = np.argsort(-values, axis=1, kind="stable")[:, :PATCHES]
    return np.take_along_axis(values, order, axis=1), np.take_along_axis(sources, order[..., None], axis=1)


def _cut(images: Images, where: np.ndarray, positions: int) -> np.ndarray:
    """The patches around the positions, (N, K, side, side, 3) uint8."""
    patches = np.empty((*where.shape[:2], PATCH_SIDE, PATCH_SIDE, 3), np.uint8)
    for index in np.unique(where[..., 0]):
        image = take(images, np.array([index]))[0]
        for item, k in np.argwhere(where[..., 0] == index):
            row, column = where[item, k, 1:]
            patches[item, k] = patch(image, row, column, positions)
    return patches


def patch(image: np.ndarray, row: int, column: int, positions: int) -> np.ndarray:
    """The surroundings of one position of F_3, (side, side, 3) uint8, mirrored beyond the border.

    Args:
        image: uint8 (size, size, 3).
        row, column: position in F_3.
        positions: F_3's side.
    """
    stride = image.shape[0] // positions
    pad = CONTEXT * stride // 2
    padded = np.pad(image, ((pad, pad), (pad, pad), (0, 0)), mode="reflect")
    top, left = row * stride + stride // 2, column * stride + stride // 2
    cut = padded[top : top + 2 * pad, left : left + 2 * pad]
    return np.asarray(Image.fromarray(cut).resize((PATCH_SIDE, PATCH_SIDE), Image.Resampling.BILINEAR))


def mosaic(weights: np.ndarray, atlas: Atlas) -> np.ndarray:
    """An image rebuilt from training patches, uint8 (13 H, 13 W, 3).

    Every position shows the best training patches of the items that it recalls, mixed by their weights. A patch
    reaches one position further on each side, where neighbours blend into one another.
    """
    height, width, items = weights.shape
    side, step = PATCH_SIDE // 3 * 3, PATCH_SIDE // 3  # a patch is three strides wide
    pieces = atlas.patches[:, 0, :side, :side].reshape(items, -1).astype(np.float32)
    mixed = (weights.reshape(-1, items) @ pieces).reshape(height, width, side, side, 3)
    ramp = 1 - np.abs(np.arange(side) - (side - 1) / 2) / (side / 2 + 0.5)
    window = (ramp[:, None] * ramp[None, :])[..., None].astype(np.float32)
    canvas = np.zeros((height * step + 2 * step, width * step + 2 * step, 3), np.float32)
    total = np.zeros((*canvas.shape[:2], 1), np.float32)
    for row in range(height):
        for column in range(width):
            area = np.s_[row * step : row * step + side, column * step : column * step + side]
            canvas[area] += window * mixed[row, column]
            total[area] += window
    inner = np.s_[step:-step, step:-step]
    return np.clip(np.rint(canvas[inner] / total[inner]), 0, 255).astype(np.uint8)


def to_tensors(atlas: Atlas) -> dict[str, torch.Tensor]:
    """For a safetensors file."""
    return {name: torch.from_numpy(value) for name, value in vars(atlas).items()}


def from_tensors(tensors: dict[str, torch.Tensor]) -> Atlas:
    """Inverse of `to_tensors`."""
    return Atlas(**{name: value.numpy() for name, value in tensors.items()})
