"""Whether a picture shows the model's kind of part at all.

A model can judge only what resembles the pictures that it learnt from; of anything else its score says nothing, however
high it is. So a checkpoint may keep the mean teacher features of some normal pictures, and a picture whose own lie far
from all of them is called another kind. No area, name or score enters (benchmarks/kind.py measures how often it is
right).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nnet.units import SMALLEST

MOST = 128
"""Most normal pictures whose features are kept: 80 kB with the embedded teacher."""
LEAST = 4
"""Fewer normal pictures say nothing about how much they differ from each other."""
FACTOR = 3.0
"""How many times as far as the most unusual normal picture another kind lies (benchmarks/kind.py)."""
STRANGERS, OTHERS = 8, 4
"""Most pictures of a set that are called strangers to it, and how many pictures it has for each of them at least."""
STRANGE = 2.0
"""As `FACTOR`, of strangers, who are only asked about (benchmarks/strangers.py)."""
FLOOR = 0.02
"""Least limit: pictures of one series are almost equal, and the next series is no other kind."""


@dataclass(frozen=True)
class Kind:
    """The kind of part that a model knows: `features` (n, C) float32, F_3 averaged over each of n normal pictures."""

    features: np.ndarray

    @property
    def n(self) -> int:
        """Number of normal pictures."""
        return len(self.features)

    @property
    def false_alarms(self) -> float:
        """Of good parts like these, at most this share is called another kind, 0..1.

        A further picture of the same origin is the most unusual of n + 1 with probability 1 / (n + 1), and it must be
        `FACTOR` times as unusual as that.
        """
        return 1 / (self.n + 1)

    @cached_property
    def farthest(self) -> float:
        """Distance of the most unusual of the normal pictures to its nearest one."""
        near = self._units @ self._units.T
        np.fill_diagonal(near, -1.0)
        return float((1 - near.max(axis=1)).max())

    @property
    def limit(self) -> float:
        """The distance beyond which a picture shows another kind."""
        return max(FACTOR * self.farthest, FLOOR)

    def distance(self, features: np.ndarray) -> float:
        """Cosine distance, 0..2, of a picture's mean F_3 (C,) to that of the nearest normal picture."""
        return 1 - float((self._units @ _unit(features[None])[0]).max())

    def is_other(self, features: np.ndarray) -> bool:
        """Whether a picture with this mean F_3 (C,) shows another kind of part."""
        return self.distance(features) > self.limit

    @cached_property
    def _units(self) -> np.ndarray:
        return _unit(self.features)


def strangers(features: np.ndarray) -> np.ndarray:
    """Indices of the pictures of a set that are another kind of part than all others, ascending.

    As many as `STRANGERS` are looked for, and at most one of `OTHERS`: of the pictures that lie farthest from the rest,
    the most that each lie `STRANGE` times as far from all others as the most unusual of these do.

    Args:
        features: (n, C), the mean F_3 of each picture.
    """
    most = min(STRANGERS, len(features) // OTHERS)
    if not most:
        return np.arange(0)
    units = _unit(features)
    order = np.argsort(-np.median(1 - units @ units.T, axis=1), kind="stable")
    for count in range(most, 0, -1):
        rest = Kind(features[order[count:]])
        limit = max(STRANGE * rest.farthest, FLOOR)
        if all(rest.distance(features[index]) > limit for index in order[:count]):
            return np.sort(order[:count])
    return order[:0]


def chosen(count: int) -> np.ndarray:
    """Indices of the pictures to keep of so many, spread evenly: at most `MOST`."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST)).round().astype(int)) if count else np.arange(0)


def _unit(vectors: np.ndarray) -> np.ndarray:
    vectors = vectors.astype(np.float32)
    units: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), SMALLEST)
    return units
