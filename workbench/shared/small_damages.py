"""Small damages on a model's first good sample, and which of them each student finds alone: for all pages."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnet.analysis import students
from nnet.analysis.story import Finding, StoryError
from nnet.data import Defect, paint_defect
from workbench.shared import chosen_picture, pictures, resources
from workbench.shared.cache import BoundedCache
from workbench.shared.picture import Picture
from workbench.shared.resources import MEBIBYTE, Loaded, Model

KINDS = ("stain", "hole", "crack", "scratch")
PLACE = 0.5, 0.28
"""High on the picture, where a round part has material and no bore: x and y, 0..1."""
AROUND = (0.14, 0.42), (0.14, 0.86)
"""What of a picture is shown around that place: top and bottom, left and right."""
CLOSE = (0.0, 0.56), (0.22, 0.78)
"""The same as a square."""
SMALL = ((0.06, 0.3), (0.06, 0.5), (0.1, 0.3), (0.1, 0.5))
"""Size and contrast (`nnet.data.Defect`) of those of each kind."""
NO_PAIR = (
    "This step compares a part with damage and the same part without it, but no sample of this model is known to be "
    "good. Draw on a picture of your own on Home."
)
STRENGTHS = "tiny, faint", "tiny, clear", "small, faint", "small, clear"
"""Of those, in words."""
PAINTED: BoundedCache[str, Loaded] = BoundedCache(32 * MEBIBYTE, lambda one: one.image.nbytes + one.shown.nbytes)
"""For all sessions together, by the good picture and the damage."""
_FOUND: BoundedCache[tuple[str, str], Finding] = BoundedCache(16 * MEBIBYTE, lambda found: found.nbytes + 1000)


@dataclass(frozen=True)
class Shown:
    """A damage as both students see it.

    Attributes:
        kind: of the damage.
        loaded: the part with it.
        copied: how much of what it changes S1 copies (`students.imitated`).
        by: student ("forward", "reverse") -> its score map in multiples of its own threshold.
    """

    kind: str
    loaded: Loaded
    copied: float
    by: Mapping[str, np.ndarray]


def painted(good: Picture, kind: str, size: float, contrast: float) -> Loaded:
    """A part with this damage on it."""
    loaded = good.load()
    key = f"{loaded.hash}+{kind}-{size:g}-{contrast:g}"

    def paint() -> Loaded:
        image, _ = paint_defect(loaded.image, Defect(kind, *PLACE, size, contrast, 30.0, 1))
        image.flags.writeable = False
        return Loaded(image, pictures.reduced(image), key, loaded.notes, 0.0, is_drawn_on=True)

    return PAINTED.of(key, paint)


def every(good: Picture) -> list[tuple[str, Loaded]]:
    """The damages: the kind, and the part with it; all strengths of one kind after another."""
    return [(kind, painted(good, kind, *strength)) for kind in KINDS for strength in SMALL]


def named(at: int) -> str:
    """One of them in words, counted from 0: "tiny, clear hole"."""
    kind, strength = divmod(at, len(SMALL))
    return f"{STRENGTHS[strength]} {KINDS[kind]}"


def good_sample() -> Picture:
    """The part that they are painted on.

    Raises:
        nnet.analysis.story.StoryError: no sample is known to be good.
    """
    if (good := next(iter(chosen_picture.good_samples()), None)) is None:
        raise StoryError(NO_PAIR)
    return good


def found(model: Model) -> Finding:
    """`students.found_alone` of all of them.

    Raises:
        nnet.analysis.story.StoryError: no sample is known to be good, or there is one student only.
    """
    good = good_sample()
    return _FOUND.of(
        (model.key, good.content_key),
        lambda: students.found_alone(model.detector, (resources.trace(model, one) for _, one in every(good))),
    )


def shown(model: Model, at: int) -> Shown:
    """One of them, counted from 0."""
    good = good_sample()
    kind, loaded = every(good)[at]
    trace = resources.trace(model, loaded)
    copied = students.imitated(resources.trace(model, good.load()), trace)
    return Shown(kind, loaded, copied, students.seen_alone(model.detector, trace))


def around(
    image: np.ndarray, multiples: np.ndarray, side: int, part: tuple[tuple[float, float], ...] = AROUND
) -> np.ndarray:
    """A score over the damage and what is around it, with its threshold in the middle of the colours.

    Args:
        image: uint8 (H, W, 3).
        multiples: the score in multiples of its threshold.
        side: of the whole picture in pixels.
        part: what is shown of it, from top to bottom and from left to right, 0..1.
    """
    whole = pictures.overlay(pictures.reduced(image, side), multiples, pictures.calibrated_scale(1.0), 0.75, 1.0)
    rows, columns = (slice(round(a * side), round(b * side)) for (a, b), side in zip(part, whole.shape, strict=False))
    return whole[rows, columns]
