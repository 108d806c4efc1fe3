"""The two students held against each other: each branch's score in units of its own threshold. Knows no Streamlit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.colors

from nnet.detector import Detector
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from nnet.scoring.overlay import enlarge
from workbench.shared import theme
from workbench.shared.pictures import Scale

LIMIT = 2.0
"""Differences of this many thresholds or more take the last colour."""


@dataclass(frozen=True)
class Students:
    """Both branches' scores of one image, (size, size) float32, each divided by the threshold of that branch's score.

    1 is therefore the level that the decision would be made at if the branch stood alone.
    """

    forward: np.ndarray
    reverse: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """Forward minus reverse: positive where only S1 is alarmed."""
        return self.forward - self.reverse

    @property
    def agreement(self) -> Agreement:
        """How the areas above the two thresholds overlap."""
        forward, reverse = self.forward > 1, self.reverse > 1
        return Agreement(
            both=float(np.mean(forward & reverse)),
            forward=float(np.mean(forward & ~reverse)),
            reverse=float(np.mean(reverse & ~forward)),
        )

    @property
    def widest(self) -> tuple[int, int]:
        """Row and column where they differ most."""
        row, column = np.unravel_index(int(np.abs(self.difference).argmax()), self.forward.shape)
        return int(row), int(column)


@dataclass(frozen=True)
class Agreement:
    """Shares of the image, 0..1, above `both` thresholds, or above that of the `forward` or `reverse` branch alone."""

    both: float
    forward: float
    reverse: float

    @property
    def any(self) -> float:
        """Share of the image above at least one threshold."""
        return self.both + self.forward + self.reverse


def has_both(detector: Detector) -> bool:
    """Whether the model has both branches."""
    return {"forward", "reverse"} <= judge.presets(detector).keys()


def compare(forward: Judgement, reverse: Judgement) -> Students:
    """Hold an image's judgements by each branch alone against each other."""
    return Students(_relative(forward), _relative(reverse))


def _relative(judged: Judgement) -> np.ndarray:
    return judged.score / max(judged.reference.threshold, np.finfo(np.float32).tiny)


# ---------------------------------------------------------------------------------------------------------- pictures

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
