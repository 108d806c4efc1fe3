"""A patch of the image copied to another place: a defect that is made of nothing but normal texture.

After Li, Sohn, Yoon and Pfister, "CutPaste: Self-Supervised Learning for Anomaly Detection and Localization", CVPR
2021.
"""

import math
from dataclasses import dataclass

import numpy as np

from nnet.data.errors import DataError
from nnet.data.noise import generator

_LOWEST_RATIO = 0.4  # the narrowest patch is 0.4 times as wide as it is high, or the other way round


@dataclass(frozen=True)
class CutPaste:
    """One copied patch.

    Attributes:
        x, y: the centre of the copy as a fraction of the width and of the height, 0..1.
        from_x, from_y: the centre of the patch that is copied, 0..1; moved inwards where the patch would leave the
            image.
        size: diagonal of the patch, as a fraction of the image's shorter side, above 0 and up to 1.
        contrast: opacity of the copy, 0..1.
        angle: degrees by which the copy is turned, clockwise on the screen.
        seed: draws the patch's proportions.

    Raises:
        DataError: a number out of its range.
    """

    x: float = 0.5
    y: float = 0.5
    from_x: float = 0.25
    from_y: float = 0.25
    size: float = 0.2
    contrast: float = 1.0
    angle: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("x", "y", "from_x", "from_y", "size", "contrast"):
            if not 0 <= getattr(self, name) <= 1:
                raise DataError(
                    f"The {name} of a copied patch must lie between 0 and 1, but it is {getattr(self, name)}."
                )
        if self.size == 0 or not math.isfinite(self.angle):
            raise DataError(f"A copied patch needs a size above 0 and a finite angle, not {self.size}, {self.angle}.")


def paste_patch(image: np.ndarray, cut: CutPaste) -> tuple[np.ndarray, np.ndarray]:
    """Copy a patch of `image` to another place of a copy of it.

    No pixel outside the mask changes; the mask is the copy's area inside the image, empty at contrast 0. An unturned
    copy at full contrast repeats the patch's pixels exactly; a turned one is interpolated.

    Args:
        image: uint8 (H, W, 3).

    Returns:
        The changed image, uint8 (H, W, 3), and the mask, bool (H, W).

    Raises:
        DataError: another dtype or shape.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise DataError(f"Expected an image as uint8 (H, W, 3), found {image.dtype} {image.shape}; decode it first.")
    painted, mask = image.copy(), np.zeros(image.shape[:2], bool)
    if cut.contrast == 0:
        return painted, mask
    height, width = image.shape[:2]
    half_u, half_v = _half_sides(cut, min(height, width))
    # Whole pixels, so that an unturned copy is exact.
    centre_y, centre_x = _pixel(cut.y, height, 0), _pixel(cut.x, width, 0)
    from_y, from_x = _pixel(cut.from_y, height, half_v), _pixel(cut.from_x, width, half_u)
    reach = math.ceil(math.hypot(half_u, half_v))
    rows = np.arange(max(0, centre_y - reach), min(height, centre_y + reach + 1))
    columns = np.arange(max(0, centre_x - reach), min(width, centre_x + reach + 1))
    dy, dx = (rows - centre_y)[:, None], (columns - centre_x)[None, :]
    turn = math.radians(cut.angle)
    u, v = dx * math.cos(turn) + dy * math.sin(turn), dy * math.cos(turn) - dx * math.sin(turn)
    inside = (np.abs(u) <= half_u + 1e-9) & (np.abs(v) <= half_v + 1e-9)
    copied = _sampled(image, from_y + v[inside], from_x + u[inside])
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    under = image[window][inside]
    painted[window][inside] = np.rint(under + cut.contrast * (copied - under)).astype(np.uint8)
    mask[window] = inside
    return painted, mask


def _half_sides(cut: CutPaste, side: int) -> tuple[int, int]:
    """Half the patch's width and height in pixels; its diagonal is as long as `size` says."""
    ratio = generator("cut-paste", cut.seed).uniform(_LOWEST_RATIO, 1 / _LOWEST_RATIO)
    half = max(cut.size * side / 2, 1.5)
    long = half / math.hypot(1, ratio)
    return max(1, math.floor(long)), max(1, math.floor(long * ratio))


def _pixel(share: float, count: int, margin: int) -> int:
    """The pixel at a share of a side, at least `margin` pixels from both ends where that is possible."""
    return int(np.clip(round(share * count - 0.5), min(margin, count // 2), max(count - 1 - margin, count // 2)))


def _sampled(image: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Colours at positions (n,) by bilinear interpolation, the edge continued outside; float64 (n, 3)."""
    y, x = np.clip(y, 0, image.shape[0] - 1), np.clip(x, 0, image.shape[1] - 1)
    top, left = np.floor(y + 1e-9).astype(int), np.floor(x + 1e-9).astype(int)
    bottom, right = np.minimum(top + 1, image.shape[0] - 1), np.minimum(left + 1, image.shape[1] - 1)
    down, across = np.clip(y - top, 0, 1)[:, None], np.clip(x - left, 0, 1)[:, None]
    upper = image[top, left] * (1 - across) + image[top, right] * across
    lower = image[bottom, left] * (1 - across) + image[bottom, right] * across
    return upper * (1 - down) + lower * down
