"""Which photos of a series are blurred, compared with the others of it."""

from collections.abc import Mapping

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_laplace

from nnet.units import SMALLEST

SIDE = 480
"""Longer side, in pixels, at which sharpness is measured: about twice what a network sees; finer blur is no matter."""
LEAST = 4
"""Fewer photos say nothing about what is usual."""
SIGMA = 1.2
"""Gaussian, in pixels, against the camera's noise."""
SHARE = 0.5
"""A photo with less than this share of the series' median sharpness is called blurred ..."""
SPREADS = 4.0
"""... if it is this many times as far from it as usual (median absolute deviation of the logarithm)."""


def sharpness(image: np.ndarray) -> float:
    """How much of a photo's contrast is fine detail: var(Laplacian of Gaussian) / var(brightness).

    The variance of the Laplacian is a usual measure of focus (Pech-Pacheco et al., Diatom autofocusing in brightfield
    microscopy, ICPR 2000); the Gaussian keeps the camera's noise out of it. Divided by the contrast it does not change
    with the light. It depends on what is seen, so it compares only photos of one kind of part from one distance.

    Args:
        image: uint8 (H, W, 3).

    Returns:
        0 for a photo of one colour, and more the finer the detail.
    """
    picture = Image.fromarray(image).convert("L")
    picture.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    grey = np.asarray(picture, np.float64)
    return float(gaussian_laplace(grey, SIGMA, mode="nearest").var() / max(grey.var(), SMALLEST))


def blurred(found: Mapping[str, float]) -> list[str]:
    """The photos that are much less sharp than the others (`SHARE`, `SPREADS`); none of fewer than `LEAST`."""
    if len(found) < LEAST:
        return []
    logs = np.log(np.maximum(list(found.values()), SMALLEST))
    below = np.median(logs) - logs
    limit = max(-np.log(SHARE), SPREADS * np.median(np.abs(below)))
    return [name for name, depth in zip(found, below, strict=True) if depth > limit]
