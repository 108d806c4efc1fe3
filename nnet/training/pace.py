"""How long the rest of some work takes, as a range: what else the computer does changes the pace of its steps."""

import math
from itertools import pairwise

import numpy as np

MOST = 32
"""Most stretches of equally many steps whose times are kept; then each two become one."""
LEAST = 4
"""Fewer steps tell nothing."""
WINDOWS = (1, 2, 4, 8)
"""The future may go on as all stretches did on average, or as the last half, quarter or eighth of them."""


class Pace:
    """The times of the steps of one phase, in bounded memory."""

    def __init__(self) -> None:
        self._marks = [(0, 0.0)]
        self._stride = 1

    def add(self, done: int, seconds: float) -> None:
        """So many steps were done after so many seconds."""
        if done - self._marks[-1][0] < self._stride:
            return
        self._marks.append((done, seconds))
        if len(self._marks) > MOST:
            self._marks = self._marks[::2]
            self._stride *= 2

    def left(self, steps: int) -> tuple[float, float] | None:
        """Least and most seconds that further steps will probably take; None before enough are known.

        It spans the averages over all stretches and over the last ones, each with its standard error.
        """
        if self._marks[-1][0] < LEAST or len(self._marks) <= LEAST:
            return None
        paces = np.array([(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(self._marks)])
        lows, highs = [], []
        for window in WINDOWS:
            some = paces[-max(2, len(paces) // window) :]
            error = float(some.std(ddof=1)) / math.sqrt(len(some))
            lows.append(max(float(some.min()), float(some.mean()) - error))
            highs.append(min(float(some.max()), float(some.mean()) + error))
        return steps * min(lows), steps * max(highs)
