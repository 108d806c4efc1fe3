"""Colours of the difference between the two students' scores."""

from __future__ import annotations

import numpy as np
import plotly.colors

from nnet.scoring.overlay import enlarge
from nnet.scoring.students import LIMIT
from workbench.shared import theme
from workbench.shared.pictures import Scale

_BLUE, _NEUTRAL, _ORANGE = (plotly.colors.hex_to_rgb(c) for c in (theme.REVERSE, "#969696", theme.FORWARD))


def relative_scale(colour_map: str) -> Scale:
    """The scale of both branches' scores: each divided by its own threshold, which lies in the middle."""
    return Scale(0.0, 2.0, {0.0: "0", 1.0: "1 = own threshold", 2.0: "≥ 2"}, "times the branch's threshold", colour_map)


def difference_colours(difference: np.ndarray) -> np.ndarray:
    """Differences as colours, uint8 (..., 3): blue at -LIMIT, grey at 0, orange at LIMIT.

    Blue and orange differ for every common kind of colour blindness, and grey between them reads on white and black.
    """
    position = np.clip(np.asarray(difference, np.float32) / LIMIT, -1, 1)[..., None]
    ends = np.where(position < 0, _BLUE, _ORANGE)
    return np.rint(_NEUTRAL + np.abs(position) * (ends - np.array(_NEUTRAL))).astype(np.uint8)


def difference_overlay(image: np.ndarray, difference: np.ndarray, opacity: float) -> np.ndarray:
    """The image in grey, uint8 (H, W, 3), with the difference's colours on it, fainter where it is small."""
    values = enlarge(difference, image.shape[:2])
    grey = np.repeat((image @ np.array((0.299, 0.587, 0.114)))[..., None], 3, axis=2)
    alpha = opacity * np.clip(np.abs(values) / (LIMIT / 2), 0, 1)[..., None]
    return np.rint((1 - alpha) * grey + alpha * difference_colours(values)).astype(np.uint8)


def difference_gradient() -> str:
    """The colours of `difference_colours` as a CSS background, low on the left."""
    colours = ", ".join(plotly.colors.label_rgb(colour) for colour in (_BLUE, _NEUTRAL, _ORANGE))
    return f"linear-gradient(to right, {colours})"
