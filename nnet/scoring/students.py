"""The two students compared: each branch's score in units of its own threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnet.config import Config
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from nnet.scoring.maps import BRANCHES

LIMIT = 2.0
"""Differences of this many thresholds or more are shown alike."""


@dataclass(frozen=True)
class Students:
    """Both branches' scores of one image, (size, size) float32, each divided by the threshold of that branch's score.

    1 is therefore the level that the decision would be made at if the branch stood alone.
    """

    forward: np.ndarray
    reverse: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """Forward minus reverse: positive where S1 reacts more strongly."""
        difference: np.ndarray = self.forward - self.reverse
        return difference

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


def has_both(config: Config) -> bool:
    """Whether the model has both branches."""
    return set(BRANCHES) <= judge.presets(config).keys()


def compare(forward: Judgement, reverse: Judgement) -> Students:
    """Compare an image's judgements by each branch alone."""
    return Students(_relative(forward), _relative(reverse))


def _relative(judged: Judgement) -> np.ndarray:
    relative: np.ndarray = judged.score / max(judged.reference.threshold, float(np.finfo(np.float32).tiny))
    return relative
