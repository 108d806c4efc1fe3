"""Paint an anomaly score over its image."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
from PIL import Image

COLOUR_MAPS = ("Inferno", "Viridis", "Cividis", "Magma", "Plasma")  # perceptually uniform
LEVELS = 256


def overlay(
    image: np.ndarray,
    score: np.ndarray,
    colour_range: tuple[float, float],
    opacity: float = 0.7,
    colour_map: str = "Inferno",
) -> np.ndarray:
    """The image with its score in colour on top, uint8 (H, W, 3).

    Args:
        image: uint8 (H, W, 3).
        score: (h, w) float; brought to the image's size by bilinear interpolation.
        colour_range: scores at the cold and at the hot end of the scale (`Reference.colour_range`).
        opacity: 0..1, reached at the middle of the scale, where the threshold is. Colder pixels are more
            transparent in proportion, so that a normal image looks like itself.
        colour_map: one of COLOUR_MAPS.
    """
    height, width = image.shape[:2]
    position = relative(enlarge(score, height, width), colour_range)
    alpha = (opacity * np.minimum(1, 2 * position))[..., None]
    return np.rint((1 - alpha) * image + alpha * paint(position, colour_map)).astype(np.uint8)


def relative(score: np.ndarray, colour_range: tuple[float, float]) -> np.ndarray:
    """Position of each score on the colour scale, 0..1, values beyond the ends clipped; float32."""
    low, high = colour_range
    if high <= low:
        return np.zeros(score.shape, np.float32)
    return np.clip((score - low) / (high - low), 0, 1).astype(np.float32)


def paint(position: np.ndarray, colour_map: str = "Inferno") -> np.ndarray:
    """Colours (..., 3) uint8 of positions 0..1."""
    return colour_table(colour_map)[np.rint(position * (LEVELS - 1)).astype(np.intp)]


def enlarge(score: np.ndarray, height: int, width: int) -> np.ndarray:
    """A score map brought to (height, width) by bilinear interpolation, float32."""
    picture = Image.fromarray(np.ascontiguousarray(score, np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


@cache
def colour_table(name: str) -> np.ndarray:
    """(256, 3) uint8 colours of a perceptually uniform map, read-only."""
    from plotly import colors  # a second to import; scoring without pictures does not need it

    anchors = np.array([_rgb(colour) for colour in getattr(colors.sequential, name)], np.float64)
    at = np.linspace(0, len(anchors) - 1, LEVELS)
    table = np.stack([np.interp(at, np.arange(len(anchors)), channel) for channel in anchors.T], axis=1)
    table = np.rint(table).astype(np.uint8)
    table.setflags(write=False)
    return table


def to_png(image: np.ndarray) -> bytes:
    """PNG file of a uint8 (H, W, 3) or (H, W) image."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def _rgb(colour: str) -> tuple[int, ...]:
    if colour.startswith("#"):
        return tuple(bytes.fromhex(colour[1:]))
    return tuple(int(part) for part in colour.strip("rgb() ").split(","))
