"""The six anomaly maps M1..M6 and the score built from them (section 3.4 of the paper)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeVar

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from nnet.expression import Expression, read
from nnet.model.distance import distance_map
from nnet.model.network import Outputs

Branch = Literal["forward", "reverse"]
BRANCHES: tuple[Branch, Branch] = ("forward", "reverse")
"""S1's and S2's, in the order in which the two stand side by side everywhere but in the paper's own tables."""
MAP_NAMES = ("M1", "M2", "M3", "M4", "M5", "M6")
# A radius of four standard deviations holds all but 6e-5 of the Gaussian's mass; SciPy's default, too.
GAUSSIAN_RADIUS = 4.0
SIGMA_REFERENCE_SIZE = 256
LEAST_LEVEL = 1e-9  # a map that is 0 on all normal images cannot be divided by its mean
Scores = TypeVar("Scores", Tensor, np.ndarray)
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class MapInfo:
    """What a map compares: `branch` "reverse" or "forward", scale index 0..2, stride, and the pair in words."""

    branch: Branch
    scale: int
    stride: int
    pair: str


MAPS: dict[str, MapInfo] = {
    "M1": MapInfo("reverse", 0, 4, "F₁ with D₁"),
    "M2": MapInfo("reverse", 1, 8, "F₂ with D₂"),
    "M3": MapInfo("reverse", 2, 16, "F₃ with D₃"),
    "M4": MapInfo("forward", 2, 16, "P₃ with SP₃"),
    "M5": MapInfo("forward", 1, 8, "P₂ with SP₂"),
    "M6": MapInfo("forward", 0, 4, "P₁ with SP₁"),
}


def anomaly_maps(out: Outputs, distance: str = "cosine") -> dict[str, Tensor]:
    """Eq. (2) for every pair that exists, at the features' own resolutions: name -> (B, H_i, W_i) float32."""
    found = {}
    for name, info in MAPS.items():
        target, student = (out.F, out.D) if info.branch == "reverse" else (out.P_forward, out.SP)
        if student is not None:
            found[name] = distance_map(target[info.scale], student[info.scale], distance)
    return found


def to_common_size(maps: Mapping[str, Tensor], size: int) -> dict[str, Tensor]:
    """Bring every map (B, h, w) to (B, size, size) by bilinear interpolation (64 in the paper)."""
    return {name: _interpolate(m, size) for name, m in maps.items()}


def mean_levels(maps: Mapping[str, Tensor]) -> dict[str, float]:
    """Each map's mean over all positions of some normal images, for `divided`: name -> above 0."""
    return {name: max(float(m.double().mean()), LEAST_LEVEL) for name, m in maps.items()}


def divided(maps: Mapping[str, Tensor], levels: Mapping[str, float]) -> dict[str, Tensor]:
    """The maps in units of their normal levels (`ScoreConfig.levels`); one without a level stays as it is."""
    return {name: m / levels[name] if name in levels else m for name, m in maps.items()}


def score_maps(
    maps: Mapping[str, Tensor], expression: Expression, size: int, sigma: float, cells: int | None = None
) -> Tensor:
    """Score_p, Eq. (8) or any other expression, at input resolution and smoothed.

    Interpolation and Gaussian are linear and act on rows and columns alike. Both together are therefore one small
    matrix A, and Score_p = A S A^T of the combined map S, which is several times faster than filtering each map.

    Args:
        maps: name -> (B, h, w), all of one size.
        expression: over the names in `maps`.
        size: side of the network input in pixels; the result's side.
        sigma: of the Gaussian in pixels at 256; scaled with `size`.
        cells: of maps of whole pictures that make several inputs, or none that is the whole (`nnet.data.framing`): how
            many of their cells are the side of one input. Where they are 0, nothing was looked at and the score is 0.

    Returns:
        (B, size, size) float32, not negative; with `cells` (B, h * size / cells, w * size / cells).

    Raises:
        nnet.expression.MissingMapError: the expression names a map that does not exist.
    """
    combined = expression.evaluate(maps).float()
    sides = [size if cells is None else round(found * size / cells) for found in combined.shape[-2:]]
    pairs = zip(combined.shape[-2:], sides, strict=True)
    rows, columns = (enlargement(found, size, sigma, combined.device, side) for found, side in pairs)
    with torch.autocast(combined.device.type, enabled=False):
        score = rows @ combined @ columns.T
    if cells is None:
        return score
    seen = functional.interpolate((combined != 0).float()[:, None], sides, mode="nearest-exact")[:, 0]
    return score * seen


def score_map(
    maps: Mapping[str, np.ndarray], expression: Expression | str, size: int, sigma: float, cells: int | None = None
) -> np.ndarray:
    """`score_maps` of one image's maps as arrays (h, w), under an expression, parsed or not: (size, size) float32.

    Raises:
        nnet.expression.ExpressionError: the expression is malformed or names a map that does not exist.
    """
    tensors = {name: torch.from_numpy(np.asarray(m, np.float32))[None] for name, m in maps.items()}
    return score_maps(tensors, read(expression), size, sigma, cells)[0].numpy()


def image_score(score: Scores) -> Scores:
    """Score_l: the largest value of Score_p, (..., H, W) -> (...)."""
    largest: Scores = score.amax(dim=(-2, -1)) if isinstance(score, Tensor) else score.max(axis=(-2, -1))
    return largest


@lru_cache(maxsize=16)
def enlargement(cells: int, size: int, sigma: float, device: torch.device = _CPU, side: int | None = None) -> Tensor:
    """A, (side, cells) float32: bilinear interpolation of `cells` values to `side`, then the Gaussian. Read only.

    Args:
        cells: side of the maps.
        size, sigma: as in `score_maps`.
        device: where A is wanted.
        side: side of the result, `size` by default.
    """
    with torch.inference_mode(False), torch.no_grad():
        each = torch.eye(cells)[:, None]  # (cells, 1, cells): a one in turn, zeros elsewhere
        large = functional.interpolate(each, side or size, mode="linear", align_corners=False)[:, 0]
        return gaussian(large, sigma * size / SIGMA_REFERENCE_SIZE).T.contiguous().to(device)


def gaussian(rows: Tensor, sigma: float) -> Tensor:
    """Gaussian filter along the rows of (B, N) with mirrored borders, sigma in pixels; 0 changes nothing."""
    radius = int(GAUSSIAN_RADIUS * sigma + 0.5)
    if radius == 0:
        return rows
    radius = min(radius, rows.shape[-1] - 1)  # a mirror cannot be larger than the image
    position = torch.arange(-radius, radius + 1, dtype=rows.dtype, device=rows.device)
    kernel = torch.exp(-0.5 * (position / sigma) ** 2)
    kernel = kernel / kernel.sum()
    padded = functional.pad(rows[:, None], [radius] * 2, mode="reflect")
    return functional.conv1d(padded, kernel.view(1, 1, -1))[:, 0]


def _interpolate(m: Tensor, size: int) -> Tensor:
    return functional.interpolate(m[:, None], (size, size), mode="bilinear", align_corners=False)[:, 0]
