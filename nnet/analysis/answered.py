"""How the memory answers each patch, and what S2 makes of it: the chain that makes a defect stand out."""

from dataclasses import dataclass

import numpy as np

from nnet.analysis.story import StoryError, distances
from nnet.analysis.whatif import WhatIf, intervene
from nnet.detector import Array, Detector, Trace
from nnet.units import SMALLEST

FARTHER = 2.0
"""From how many times a good patch's distance on a patch is said to be far from its answer."""


@dataclass(frozen=True)
class Link:
    """What happens at one patch, or at the typical one of a picture.

    Attributes:
        mixed: effectively, how many items answer it, 1..N.
        far: its cosine distance from the answer, 0..2.
        missed: the angle that S2 is off there at the coarse scale, 1 - cos(F_3, D_3); None where there is no S2.
        without: the same without the memory.
    """

    mixed: float
    far: float
    missed: float | None
    without: float | None


@dataclass(frozen=True)
class Answers:
    """The same of all patches of a picture, each (H_3, W_3)."""

    mixed: Array
    far: Array
    missed: Array | None
    without: Array | None

    def at(self, row: int, column: int) -> Link:
        """Of one patch, counted from 0."""
        return Link(
            *(float(one[row, column]) for one in (self.mixed, self.far)),
            *(None if one is None else float(one[row, column]) for one in (self.missed, self.without)),
        )

    @property
    def typical(self) -> Link:
        """Of each number the median over the patches."""
        return Link(
            *(float(np.median(one)) for one in (self.mixed, self.far)),
            *(None if one is None else float(np.median(one)) for one in (self.missed, self.without)),
        )

    @property
    def nbytes(self) -> int:
        return sum(one.nbytes for one in (self.mixed, self.far, self.missed, self.without) if one is not None)


def answers(detector: Detector, trace: Trace) -> Answers:
    """How a picture's patches are answered, as trained.

    Raises:
        StoryError: there is no memory.
    """
    if trace.addressing is None or trace.F3_recalled is None:
        raise StoryError("This model has no memory, so nothing is recalled.")
    weights = np.maximum(trace.addressing.weights, np.finfo(np.float32).tiny)
    missed = without = None
    if trace.D is not None:
        bare = intervene(detector, trace, WhatIf(without_nfs=True)).trace
        assert bare.D is not None  # the intervention leaves S2
        missed, without = distances(trace.F[2], trace.D[2]), distances(bare.F[2], bare.D[2])
    mixed = np.exp(-(weights * np.log(weights)).sum(axis=-1))
    return Answers(mixed, distances(trace.F[2], trace.F3_recalled), missed, without)


def nearest_mixture(patch: Array, items: Array) -> float:
    """How near the best mixture of all items comes to a patch, weights of 0 or more chosen freely: its cosine distance.

    Least squares with weights that are not negative; the length of the mixture is free, so it is nearest by angle, too.

    Args:
        patch: (C,).
        items: (N, C).
    """
    from scipy.optimize import nnls  # slow to import

    target = np.asarray(patch, np.float64)
    mixture = items.T @ nnls(np.asarray(items.T, np.float64), target)[0]
    size = float(np.linalg.norm(mixture) * np.linalg.norm(target))
    return 1 - float(mixture @ target) / size if size > SMALLEST else 1.0
