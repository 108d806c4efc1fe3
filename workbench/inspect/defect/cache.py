"""What the section keeps, all bounded: altered images, their maps and scores, normal levels of factors.

Altered images come and go with every stroke and slider, so they have small caches of their own: the traces and images
of the other pages are never pushed out by them. All sessions share them.
"""

import time
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from nnet.analysis.visibility import coverage
from nnet.expression import Expression
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from workbench.inspect.defect import effect
from workbench.inspect.defect.effect import Curves
from workbench.inspect.defect.recipe import Alteration, Recipe, alter
from workbench.shared.cache import BoundedCache
from workbench.shared.resources import MEBIBYTE, Loaded, Model


@dataclass(frozen=True)
class Answer:
    """What the network says about an altered image.

    Attributes:
        maps: M1..M6, (h, w) each.
        inside: the cells of the maps that the defect touches, bool (h, w).
        covered: the share of each cell of the score map that the defect covers, float32 (size, size).
        milliseconds: how long the forward pass took.
    """

    maps: dict[str, np.ndarray]
    inside: np.ndarray
    covered: np.ndarray
    milliseconds: float

    @property
    def nbytes(self) -> int:
        return sum(m.nbytes for m in self.maps.values()) + self.inside.nbytes + self.covered.nbytes


ALTERATIONS: BoundedCache[tuple[str, Recipe], Alteration] = BoundedCache(128 * MEBIBYTE, lambda one: one.nbytes)
"""Altered images: some 200 of 300 x 300 pixels."""
ANSWERS: BoundedCache[tuple[str, Recipe, str], Answer] = BoundedCache(32 * MEBIBYTE, lambda one: one.nbytes)
"""Their maps and masks: some 90 at 360 kB each."""
JUDGEMENTS: BoundedCache[tuple[str, Recipe, str, Expression], Judgement] = BoundedCache(
    16 * MEBIBYTE, lambda one: one.score.nbytes
)
"""Their score maps: over 60 of 256 x 256."""
LEVELS: BoundedCache[tuple[str, Expression], float] = BoundedCache(200)
"""Normal levels of 200 factors."""
DRAWN: BoundedCache[tuple[object, ...], tuple[Curves, dict[str, tuple[go.Figure, str]]]] = BoundedCache(32)
"""Curves and charts of measured dose-responses under one score and threshold."""


def alteration(loaded: Loaded, recipe: Recipe) -> Alteration:
    """An image with a defect on it, painted once.

    Raises:
        nnet.errors.NNetError: a drawing that cannot be used.
    """

    def make() -> Alteration:
        made = alter(loaded.image, recipe)
        made.image.flags.writeable = made.mask.flags.writeable = False
        return made

    return ALTERATIONS.of((loaded.hash, recipe), make)


def answer(model: Model, loaded: Loaded, recipe: Recipe) -> tuple[Answer, bool]:
    """The maps of an altered image, and whether the network had to run for them just now."""
    ran = False

    def make() -> Answer:
        nonlocal ran
        ran = True
        altered = alteration(loaded, recipe)
        started = time.perf_counter()
        maps = {name: m[0].cpu().numpy().copy() for name, m in model.detector.maps([altered.image]).items()}
        passed = 1000 * (time.perf_counter() - started)
        shape, size = next(iter(maps.values())).shape, model.detector.config.model.size
        inside, covered = coverage(altered.mask, shape) > 0, coverage(altered.mask, (size, size))
        return Answer(maps, inside, covered, passed)

    return ANSWERS.of((loaded.hash, recipe, model.key), make), ran


def judgement(model: Model, loaded: Loaded, recipe: Recipe, expression: Expression) -> Judgement:
    """An altered image's score under an expression, from its maps."""
    key = (loaded.hash, recipe, model.key, expression)
    return JUDGEMENTS.of(
        key, lambda: judge.judge(model.detector.calibration, answer(model, loaded, recipe)[0].maps, expression)
    )


def level(model: Model, expression: Expression) -> float:
    """The value of a map or factor that 99 % of the held-out normal images' pixels stay below."""
    calibration = model.detector.calibration
    return LEVELS.of((model.key, expression), lambda: effect.normal_level(calibration, expression))
