"""A histogram of image scores whose threshold is dragged with mouse or finger, or moved with the arrow keys.

What every threshold would do is told while the line moves, from numbers that the browser has been given; the server
hears of a threshold only when the line is let go.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import streamlit as st

from nnet.units import SMALLEST
from workbench.components.base import Number, handed, register
from workbench.shared import theme, units, words

MARGIN = 0.015
"""Share of the axis that is added at each end, so that the line can be taken hold of there."""

HEIGHT = 250
"""Of the plot in pixels, without what is written around it."""

FEW = 40
"""Up to so many images are drawn as a dot each; bars one or two images high say little."""

_mount = register("threshold_histogram", Path(__file__).parent)


@dataclass(frozen=True)
class Group:
    """The images of one kind: what they are called, their `colour`, their `scores` (n,), and on which side of the
    threshold they stand if it is `wrong` about them, "left" or "right"; there they are filled strongly."""

    name: str
    colour: str
    scores: np.ndarray
    wrong: str


@dataclass(frozen=True)
class Stop:
    """A threshold that can be chosen: its `value`, its `label` above the line, and what stands `left` and `right` of
    it, in words."""

    value: float
    label: str
    left: str
    right: str


def data(
    groups: Sequence[Group],
    edges: np.ndarray,
    stops: Sequence[Stop],
    threshold: float,
    *,
    label: str,
    reference: tuple[str, float] | None = None,
    mark: tuple[str, float] | None = None,
) -> dict[str, object]:
    """What the browser is given; every position is a share 0..1 of the logarithmic axis, rounded to 1e-6.

    Args:
        groups: one or two kinds of images.
        edges: (b + 1,) rising borders of the bins, > 0; a score outside stands in the first or last bin.
        stops: in rising order.
        threshold: the stop that is chosen, or near to it.
        label: what a screen reader says of the histogram.
        reference: name and score of a second threshold, drawn as a dotted line. It is the unit in which scores are
            written.
        mark: name and score of one image, drawn as a diamond.
    """
    values = [stop.value for stop in stops]
    low, high = _axis(edges, values)

    def share(score: float) -> float:
        return round((math.log10(min(max(score, 10**low), 10**high)) - low) / (high - low), 6)

    unit = max(reference[1], SMALLEST) if reference else 1.0
    counts = [histogram(group.scores, edges) for group in groups]
    rows = count_ticks(max(int(count.max()) for count in counts))
    is_few = sum(len(group.scores) for group in groups) <= FEW
    dots = [[share(float(score)) for score in np.sort(group.scores)] for group in groups] if is_few else None
    return {
        "height": HEIGHT,
        "edges": [share(edge) for edge in edges],
        "bins": _bins([group.name for group in groups], counts, edges, unit),
        "series": [
            {
                "name": group.name,
                "colour": group.colour,
                "counts": count.tolist(),
                "wrong": ("left", "right").index(group.wrong),
            }
            for group, count in zip(groups, counts, strict=True)
        ],
        "top": max(1.06 * max(int(count.max()) for count in counts), rows[-1]),
        "rows": rows,
        "ticks": [
            {"at": share(tick * unit), "label": units.tick(tick)}
            for tick in score_ticks(10**low / unit, 10**high / unit)
        ],
        "values": values,
        "stops": [share(value) for value in values],
        "labels": [stop.label for stop in stops],
        "told": [[stop.left, stop.right] for stop in stops],
        "spoken": [words.threshold_spoken(stop.label, stop.left, stop.right) for stop in stops],
        "now": min(range(len(values)), key=lambda i: abs(values[i] - threshold)),
        "colours": [theme.NORMAL, theme.ANOMALOUS],
        "reference": reference and {"name": reference[0], "at": share(reference[1]), "colour": theme.THRESHOLD},
        "mark": mark and {"name": mark[0], "at": share(mark[1])},
        "label": label,
        **words.THRESHOLD_WORDS,
        **({"dots": dots, "counted": words.EACH_DOT} if dots else {}),
    }


def draw(key: str, shown: Mapping[str, object], on_move: Callable[[float], None]) -> None:
    """Draw the histogram.

    Args:
        key: unique on the page.
        shown: made by `data`; a page may add another "height", and "quiet" where it says itself what the threshold
            decides: then the histogram says it only while the line moves.
        on_move: called with the threshold that was chosen, one of the stops' values, before the next run.
    """
    moves = f"{key}_moves"

    def moved(value: float) -> None:
        st.session_state[moves] = st.session_state.get(moves, 0) + 1
        on_move(value)

    # With the number of moves the browser hears of every answer, also of one that puts the line back.
    sent = {**shown, "id": key, "moves": st.session_state.get(moves, 0)}
    _mount(key=key, data=sent, on_threshold_change=handed(key, "threshold", Number, moved))


def histogram(scores: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How many scores lie in each bin, int (b,); those outside the borders stand in the first or last."""
    return np.histogram(np.clip(scores, edges[0], edges[-1]), edges)[0]


def score_ticks(low: float, high: float) -> list[float]:
    """Round scores for a logarithmic axis from `low` to `high`, some three to nine of them where there are that many.

    They are powers of ten, or 1, 2 and 5 times those, or, on an axis that spans little, equally far apart.
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = max(1, math.ceil(len(powers) / 9))
    for factors in ((1,), (1, 2, 5)):
        found = [factor * 10.0**power for power in powers[::every] for factor in factors]
        found = [value for value in found if low <= value <= high]
        if len(found) >= 4:
            return found
    step = _round_step((high - low) / 5)
    return [float(f"{i * step:.12g}") for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def count_ticks(largest: int) -> list[int]:
    """Round counts from 0 to about the largest, at most six."""
    step = max(1, round(_round_step(max(largest, 1) / 4)))
    return list(range(0, max(largest, 1) + 1, step))


def _round_step(about: float) -> float:
    """1, 2 or 5 times a power of ten, the nearest one that is not below 0.8 of what is wanted."""
    power = 10.0 ** math.floor(math.log10(about))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= 0.8 * about)


def _axis(edges: np.ndarray, stops: Sequence[float]) -> tuple[float, float]:
    """Both ends of the axis as logarithms to base 10."""
    low = math.log10(max(min(float(edges[0]), stops[0]), SMALLEST))
    high = math.log10(max(float(edges[-1]), stops[-1]))
    room = MARGIN * max(high - low, 1e-3)
    return low - room, high + room


def _bins(names: Sequence[str], counts: Sequence[np.ndarray], edges: np.ndarray, unit: float) -> list[str]:
    """What is told of each bin under the pointer."""
    return [
        words.bin_content(
            (float(a), float(b)), unit, {name: int(count[i]) for name, count in zip(names, counts, strict=True)}
        )
        for i, (a, b) in enumerate(pairwise(edges))
    ]
