"""From a picture to the maps of its windows, and from these to those of the whole picture (`nnet.data.framing`)."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from nnet.data.framing import Frame, Framing
from nnet.model.inputs import batches

BATCH = 16
"""Windows per forward pass."""

Found = tuple[dict[str, Tensor], Tensor]
"""M1..M6, name -> (B, h, w), and F_3 (B, C, h_3, w_3)."""


def blended(framing: Framing, images: Sequence[np.ndarray], look: Callable[[Sequence[np.ndarray]], Found]) -> Found:
    """The maps and F_3 of whole pictures, in main memory.

    Args:
        framing: of the model.
        images: uint8 (H, W, 3), all of one size.
        look: gives both for some network inputs, uint8 (size, size, 3).

    Raises:
        nnet.data.errors.ImageError: the crop box does not fit the pictures.
    """
    parts = [_blended(framing.frame(*image.shape[:2]), image, look) for image in images]
    names = parts[0][0]
    return {name: torch.stack([maps[name] for maps, _ in parts]) for name in names}, torch.stack([f for _, f in parts])


def _blended(frame: Frame, image: np.ndarray, look: Callable[[Sequence[np.ndarray]], Found]) -> Found:
    maps: list[np.ndarray] = []
    features: list[np.ndarray] = []
    names: tuple[str, ...] = ()
    for part in batches(frame.count, BATCH):
        found, f3 = look(list(frame.inputs(image, range(part.start, part.stop))))
        names = tuple(found)
        maps.append(torch.stack(list(found.values()), dim=1).float().cpu().numpy())  # (B, 6, h, w)
        features.append(f3.float().cpu().numpy())
    whole = torch.from_numpy(frame.blend(np.concatenate(maps)))
    return dict(zip(names, whole, strict=True)), torch.from_numpy(frame.blend(np.concatenate(features)))


def peak(frame: Frame, score: np.ndarray) -> int:
    """The window under the largest value of a picture's Score_p."""
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    y, x = (row + 0.5) / score.shape[0] * frame.height, (column + 0.5) / score.shape[1] * frame.width
    return frame.at(float(y), float(x))
