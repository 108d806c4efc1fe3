"""Colours and readings of the Memory page's maps as plain functions: arrays in; RGB(A) arrays and texts out.

Nothing here knows Streamlit. Maps over the positions of F_3 are (H, W), weights (H, W, N); items are numbered from 0.
"""

import math
from collections.abc import Callable

import numpy as np

from nnet.scoring.overlay import colour_table
from workbench.memory import words
from workbench.shared import pictures, theme, units
from workbench.shared.pictures import Scale

PHOTO_SIDE = 420
"""Longest side of a photograph sent to the browser, in pixels."""

_CHANGE_STEPS = (0.02, 0.1, 0.5, 2.0)


def photo_uri(image: np.ndarray, side: int = PHOTO_SIDE) -> str:
    """A uint8 (H, W, 3) image as a small JPEG in a data URI."""
    return pictures.photo_uri(pictures.reduced(image, side))


def per_patch_scale(items: int) -> Scale:
    """The fixed scale of the logarithm of the items per patch, which is the entropy of the addressing: 0 to ln N."""
    top = math.log(items)
    ticks = dict(zip((0.0, top / 2, top), words.per_patch_ticks(items), strict=True))
    return Scale(0.0, top, ticks, words.PER_PATCH_SCALE, "viridis")


def distance_scale(top: float) -> Scale:
    """The scale of 1 - cos from 0 to `top`."""
    return Scale(0.0, top, dict(zip((0.0, top), words.change_ticks(top), strict=True)), words.CHANGE_SCALE, "magma")


def change_scale(change: np.ndarray) -> Scale:
    """The scale of a change of F'_3, whose top is the first of a few steps that holds all values."""
    largest = float(change.max())
    return distance_scale(next((top for top in _CHANGE_STEPS if largest <= top), _CHANGE_STEPS[-1]))


def item_colours(places: np.ndarray) -> np.ndarray:
    """A colour for each item from its place 0..1 among similar ones, uint8 (N, 3): similar items look similar."""
    return colour_table("viridis")[np.rint(np.clip(places, 0, 1) * 255).astype(int)]


def flagged_cells(flagged: np.ndarray) -> np.ndarray:
    """Flagged positions (H, W) in see-through orange, uint8 (H, W, 4)."""
    cells = np.zeros((*flagged.shape, 4), np.uint8)
    cells[flagged] = (*_channels(theme.ANOMALOUS), 85)
    return cells


def _channels(code: str) -> tuple[int, int, int]:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


# ----------------------------------------------------------------------------------------------------------- readings


def readings(values: np.ndarray, unit: str = "", write: Callable[[float], str] = units.number) -> list[list[str]]:
    """A map (H, W) as texts with a unit, to be read under the pointer."""
    return [[f"{write(float(v))}{unit}" for v in row] for row in values]


def per_patch_readings(mixed: np.ndarray) -> list[list[str]]:
    """How many items each patch mixes, (H, W)."""
    return [[words.per_patch_reading(float(v)) for v in row] for row in mixed]


def item_readings(items: np.ndarray, weights: np.ndarray) -> list[list[str]]:
    """Most used items (H, W) and their weights (H, W)."""
    return [
        [words.item_reading(int(i), float(w)) for i, w in zip(*pair, strict=True)]
        for pair in zip(items, weights, strict=True)
    ]
