"""The score circuit as a picture that is worked with: maps are taken in and out, signs flipped.

Every map and every sign is a button, so that it works with a mouse, a finger and the keyboard alike.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np

from workbench.components.base import handed, register
from workbench.shared import pictures

_mount = register("score_circuit", Path(__file__).parent)


@dataclass(frozen=True)
class Map:
    """One map on the diagram.

    Attributes:
        name: M1 to M6.
        picture: RGB, one pixel per cell.
        facts: below it.
        used: whether the score uses it.
        label: what a press on it does, for tooltips and screen readers; `only` says the same of the button that leaves
            this map alone in the score.
    """

    name: str
    picture: np.ndarray
    facts: str
    used: bool
    label: str
    only: str


@dataclass(frozen=True)
class Sign:
    """A sign, "+" or "*"; "" for none. Without an `effect` it cannot be pressed. `title` says what a press does."""

    sign: str
    effect: bool
    title: str


@dataclass(frozen=True)
class Pair:
    """The maps of one scale, with the sign between them and the scale's `title`."""

    maps: tuple[Map, ...]
    inner: Sign
    title: str


@dataclass(frozen=True)
class Result:
    """What comes out: the score map as RGB, what a screen reader says of it, the score and the decision in words."""

    picture: np.ndarray
    alt: str
    score: str
    decision: str


@dataclass(frozen=True)
class Diagram:
    """All of it.

    Attributes:
        pairs: fine to coarse.
        outer: the signs between them.
        result: on the right.
        written: an expression that is no circuit, as words before, the expression, and words after it; or None.
        alone: the map that is the whole score, or "".
        pixel: the marked position as shares 0..1 of width and height.
        aspect: width of the image by its height.
    """

    pairs: tuple[Pair, ...]
    outer: tuple[Sign, ...]
    result: Result
    written: tuple[str, str, str] | None
    alone: str
    pixel: tuple[float, float]
    aspect: float


class Edit(TypedDict):
    """What a press on the diagram reports, see `draw`."""

    change: str
    target: str


def draw(key: str, diagram: Diagram, only: str, on_edit: Callable[[str, str], None]) -> None:
    """Draw the diagram.

    Args:
        key: unique on the page.
        only: on the button that leaves one map alone.
        on_edit: called with the change and its target, as `nnet.scoring.circuit.edit` takes them, before the next run.
    """

    pairs = [
        {"maps": [_encoded(m) for m in pair.maps], "inner": asdict(pair.inner), "title": pair.title}
        for pair in diagram.pairs
    ]
    outer, result = [asdict(sign) for sign in diagram.outer], _encoded(diagram.result)
    data = vars(diagram) | {"pairs": pairs, "outer": outer, "result": result, "words": {"only": only}}
    edited = handed(key, "edit", Edit, lambda made: on_edit(made["change"], made["target"]))
    _mount(key=key, data=data, on_edit_change=edited)


def _encoded(part: Map | Result) -> dict[str, object]:
    return vars(part) | {"picture": pictures.data_uri(part.picture)}
