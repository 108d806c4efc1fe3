"""What the defect studio keeps, all bounded: altered images, their maps and scores, normal levels of factors.

Altered images come and go with every stroke and slider, so they have small stores of their own: the traces and images
of the other pages are never pushed out by them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import streamlit as st

from nnet.analysis.visibility import coverage
from nnet.expression import parse
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from workbench.inspect.defect import effect
from workbench.inspect.defect import recipe as studio_paint
from workbench.inspect.defect.recipe import Alteration, Recipe
from workbench.shared import pictures, resources
from workbench.shared.resources import BoundedCache, Loaded, Model

ALTERATION_BYTES = 128 * resources.MEBIBYTE
"""Most memory for altered images of all sessions together: some 200 of 300 x 300 pixels; the newest is always kept."""
ANSWER_BYTES = 32 * resources.MEBIBYTE
"""Most memory for their maps and masks: some 90 at 360 kB each."""
JUDGEMENT_BYTES = 16 * resources.MEBIBYTE
"""Most memory for their score maps: over 60 of 256 x 256."""
PHOTO_BYTES = 16 * resources.MEBIBYTE
"""Most memory for pictures as the browser gets them, some 0.1 to 1 MB each."""
LEVELS = 200
"""Most normal levels of factors kept, one number each."""


@dataclass(frozen=True)
class Answer:
    """What the network says of an altered image.

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
        """Bytes of the arrays."""
        return sum(m.nbytes for m in self.maps.values()) + self.inside.nbytes + self.covered.nbytes


class _Stores:
    def __init__(self) -> None:
        self.alterations: BoundedCache[tuple[str, Recipe], Alteration] = BoundedCache(
            ALTERATION_BYTES, lambda alteration: alteration.nbytes
        )
        self.answers: BoundedCache[tuple[str, Recipe, str], Answer] = BoundedCache(
            ANSWER_BYTES, lambda answer: answer.nbytes
        )
        self.judgements: BoundedCache[tuple[str, Recipe, str, str], Judgement] = BoundedCache(
            JUDGEMENT_BYTES, lambda judged: judged.score.nbytes
        )
        self.photos: BoundedCache[str, str] = BoundedCache(PHOTO_BYTES, len)
        self.levels: BoundedCache[tuple[str, str], float] = BoundedCache(LEVELS, lambda level: 1)


@st.cache_resource(max_entries=1, show_spinner=False)
def stores() -> _Stores:
    """The studio's caches, shared by all sessions."""
    return _Stores()


def alteration(loaded: Loaded, recipe: Recipe) -> Alteration:
    """An image with a defect on it, painted once.

    Raises:
        nnet.errors.NNetError: a drawing that cannot be used.
    """
    cache, key = stores().alterations, (loaded.hash, recipe)
    if (found := cache.get(key)) is not None:
        return found
    made = studio_paint.alter(loaded.image, recipe)
    made.image.flags.writeable = made.mask.flags.writeable = False
    return cache.put(key, made)


def answer(model: Model, loaded: Loaded, recipe: Recipe) -> tuple[Answer, bool]:
    """The maps of an altered image, and whether the network had to run for them just now."""
    cache, key = stores().answers, (loaded.hash, recipe, model.key)
    if (found := cache.get(key)) is not None:
        return found, False
    altered = alteration(loaded, recipe)
    started = time.perf_counter()
    maps = {name: m[0].cpu().numpy().copy() for name, m in model.detector.maps([altered.image]).items()}
    passed = 1000 * (time.perf_counter() - started)
    shape, size = next(iter(maps.values())).shape, model.detector.config.model.size
    inside, covered = coverage(altered.mask, shape) > 0, coverage(altered.mask, (size, size))
    return cache.put(key, Answer(maps, inside, covered, passed)), True


def judgement(model: Model, loaded: Loaded, recipe: Recipe, expression: str) -> Judgement:
    """An altered image's score under an expression, from its maps."""
    cache, key = stores().judgements, (loaded.hash, recipe, model.key, expression)
    if (found := cache.get(key)) is not None:
        return found
    return cache.put(key, judge.judge(model.detector, answer(model, loaded, recipe)[0].maps, expression))


def level(model: Model, expression: str) -> float:
    """The value of a map or factor that 99 % of the held-out normal images' pixels stay below."""
    cache, key = stores().levels, (model.key, expression)
    if (found := cache.get(key)) is not None:
        return found
    return cache.put(key, effect.normal_level(model.detector.calibration, parse(expression)))


def photo(loaded: Loaded) -> str:
    """The image as the browser gets it to draw on, a data URI, exact to the pixel."""
    cache = stores().photos
    return cache.get(loaded.hash) or cache.put(loaded.hash, pictures.data_uri(loaded.shown))
