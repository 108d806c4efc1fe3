"""Why a picture may have been judged wrongly, as far as that can be measured from the picture and its maps."""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as functional

from nnet.detector import Array

SMALL, FAINT, BORDER, PLAIN = "small", "faint", "border", "plain"
CAUSES = (PLAIN, SMALL, FAINT, BORDER)
SMALL_SHARE = 0.01
"""What lies above half of the peak counts as small below this share of the picture."""
FAINT_RATIO = 0.5
"""The surroundings of the peak are faint if grey levels vary there by less than this part of the picture's median."""
BORDER_SHARE = 1 / 16
"""How far from the edge the peak counts as being at the border, in sides of the picture."""
_BLOCKS = 8


def causes(image: Array, maps: Mapping[str, Array], score: Array, highest: Mapping[str, float]) -> tuple[str, ...]:
    """What holds of a picture, in the order of `CAUSES`; () where none does.

    Args:
        image: uint8 (H, W, 3).
        maps: M1..M6 of it, (h, w) each.
        score: Score_p, (size, size).
        highest: for each map its largest value on the held-out normal images. Where no map exceeds it, the picture
            looks normal to the network at its resolution.
    """
    y, x = np.unravel_index(score.argmax(), score.shape)
    at = np.array([y / score.shape[0], x / score.shape[1]])
    holds = {
        PLAIN: all(float(m.max()) <= highest[name] for name, m in maps.items()),
        SMALL: float(np.mean(score > score.max() / 2)) < SMALL_SHARE,
        FAINT: _is_faint(image, at),
        BORDER: bool(np.minimum(at, 1 - at).min() < BORDER_SHARE),
    }
    return tuple(name for name in CAUSES if holds[name])


def _is_faint(image: Array, at: Array) -> bool:
    grey = image.mean(axis=2)
    rows, columns = (side // _BLOCKS for side in grey.shape)
    blocks = grey[: rows * _BLOCKS, : columns * _BLOCKS].reshape(_BLOCKS, rows, _BLOCKS, columns)
    varies = blocks.std(axis=(1, 3))
    row, column = np.minimum((at * _BLOCKS).astype(int), _BLOCKS - 1)
    return bool(varies[row, column] < FAINT_RATIO * np.median(varies))


# ------------------------------------------------------------------------------------------ nearest-neighbour search


def to_nearest(vectors: torch.Tensor, known: torch.Tensor, *, cosine: bool) -> torch.Tensor:
    """Distance of each vector (n, C) to its nearest neighbour among `known` (m, C): (n,).

    By the angle alone, as N-Net compares (`cosine`), or by the Euclidean distance, to which the length counts, too.
    """
    if cosine:
        vectors, known = (functional.normalize(each, dim=-1) for each in (vectors, known))
    return torch.cdist(vectors, known).amin(dim=-1)
