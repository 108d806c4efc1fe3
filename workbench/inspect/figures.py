"""Charts of the Inspect page as plain functions: arrays in, Plotly figures or RGB arrays out. Knows no Streamlit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageDraw

from nnet.expression import parse
from nnet.scoring.attribution import Attribution, Part
from nnet.scoring.maps import MAPS
from nnet.scoring.overlay import enlarge
from workbench.shared import pictures, theme, units, verdict_words
from workbench.shared import words as shared_words
from workbench.shared.pictures import Scale

_BARE = {"plot_bgcolor": "rgba(0,0,0,0)", "paper_bgcolor": "rgba(0,0,0,0)"}
_CHART = _BARE | {"margin": {"l": 0, "r": 8, "t": 8, "b": 44}, "dragmode": False}
_BRANCH_COLOURS = {"forward": theme.FORWARD, "reverse": theme.REVERSE}
_BRANCH_NAMES = {"forward": "forward student S1", "reverse": "decoder S2"}
_PART_SIDE, _RING = 240, 12


# ---------------------------------------------------------------------------------------------------------- verdict


def shares_figure(found: Attribution) -> go.Figure:
    """Each part's share of the log score as a bar, split among its maps by branch; in percent, 100 for all of it.

    The parts are the factors of a product, and the maps of any other score.
    """
    factors = found.parts
    names = [verdict_words.shown(factor.text) for factor in factors]
    total = found.whole.contribution
    bars = []
    for branch, colour in _BRANCH_COLOURS.items():
        values = [100 * _of_branch(found, factor, branch) / total for factor in factors]
        bars.append(
            go.Bar(
                x=values,
                y=names,
                orientation="h",
                name=_BRANCH_NAMES[branch],
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate="%{y}: %{x:.0f} % by the " + _BRANCH_NAMES[branch] + "<extra></extra>",
            )
        )
    ends = [max(0.0, sum(max(0.0, bar.x[i]) for bar in bars)) for i in range(len(factors))]
    labels = go.Scatter(
        x=ends,
        y=names,
        mode="text",
        textposition="middle right",
        hoverinfo="skip",
        showlegend=False,
        text=[f"  {verdict_words.share(f.share)}, {verdict_words.times(f.ratio)}" for f in factors],
        cliponaxis=False,
    )
    least = min(0.0, *(sum(min(0.0, bar.x[i]) for bar in bars) for i in range(len(factors))))
    span = max([*ends, 1.0]) - least
    layout = {
        "barmode": "relative",
        "bargap": 0.35,
        "xaxis": {
            "title": {"text": "share of the log score in percent", "standoff": 4},
            "range": [1.05 * least, least + 1.7 * span],
            "fixedrange": True,
            "zeroline": True,
            "zerolinecolor": theme.THRESHOLD,
        },
        "yaxis": {"autorange": "reversed", "ticksuffix": "  ", "fixedrange": True},
        "height": 96 + 38 * len(factors),
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        "margin": {"l": 0, "r": 8, "t": 30, "b": 44},
    }
    return go.Figure([*bars, labels], _CHART | layout)


def _of_branch(found: Attribution, factor: Part, branch: str) -> float:
    """What the factor's maps of one branch contribute.

    What a map contributes is known for all its occurrences together. If it occurs in other factors, too, this one's
    contribution is split in proportion to what its maps contribute altogether.
    """
    maps = parse(factor.text).maps
    own = {name: found.maps[name].contribution for name in maps}
    total = sum(own.values())
    wanted = sum(value for name, value in own.items() if MAPS[name].branch == branch)
    if math.isclose(total, factor.contribution, rel_tol=1e-6, abs_tol=1e-12):
        return wanted
    count = sum(MAPS[name].branch == branch for name in maps) / len(maps)
    return factor.contribution * (wanted / total if abs(total) > 1e-12 else count)


_AT_THE_MEDIAN = {"type": "line", "x0": 1.0, "x1": 1.0, "y0": 0, "y1": 1, "yref": "y domain"} | {
    "line": {"color": theme.THRESHOLD, "width": 2, "dash": "dot"}
}


def _times_the_median(first: float, last: float) -> dict[str, object]:
    """A logarithmic axis between two powers of ten, with room on the right for the labels of the marks."""
    return {
        "type": "log",
        "range": [first, last + 0.75 * (last - first)],
        "fixedrange": True,
        "tickangle": 0,
        "dtick": 1 if last - first < 2 else 2,
        "title": {"text": "times the normal median (logarithmic)", "standoff": 4},
        "exponentformat": "none",
    }


def against_normal_figure(
    values: Mapping[str, float], levels: Mapping[str, tuple[float, float, float]], used: Sequence[str]
) -> go.Figure:
    """Each map's value here beside what normal images show, in multiples of their median, on a logarithmic axis.

    Args:
        values: name -> value at the pixel.
        levels: name -> lower end of the usual, median, upper end.
        used: maps of the score; the others are paler.
    """
    names = list(values)
    medians = {name: max(levels[name][1], 1e-9) for name in names}
    low, high = ([max(levels[name][end] / medians[name], 1e-3) for name in names] for end in (0, 2))
    here = [max(values[name] / medians[name], 1e-3) for name in names]
    rows = [f"{name} {shared_words.MAP_TITLES[MAPS[name].branch]}" for name in names]
    normal = go.Scatter(
        x=[v for pair in zip(low, high, [None] * len(names), strict=True) for v in pair],
        y=[v for row in rows for v in (row, row, None)],
        mode="lines",
        line={"color": theme.THRESHOLD, "width": 9},
        opacity=0.5,
        name="90 % of normal images",
        hoverinfo="skip",
    )
    labels = [
        f"  {units.number(values[name])} = {verdict_words.times(ratio)}"
        for name, ratio in zip(names, here, strict=True)
    ]
    marks = go.Scatter(
        x=here,
        y=rows,
        mode="markers+text",
        text=labels,
        textposition="middle right",
        cliponaxis=False,
        name="here",
        marker={
            "size": 12,
            "symbol": "diamond",
            "line": {"width": 1, "color": "white"},
            "color": [_BRANCH_COLOURS[MAPS[name].branch] for name in names],
            "opacity": [1.0 if name in used else 0.35 for name in names],
        },
        customdata=[medians[name] for name in names],
        hovertemplate="%{y}: %{x:.3g} times the normal median of %{customdata:.3g}<extra></extra>",
    )
    ends = [math.log10(v) for v in (*low, *high, *here, 1.0)]
    layout = {
        "showlegend": False,
        "xaxis": _times_the_median(min(ends) - 0.1, max(ends) + 0.1),
        "yaxis": {"autorange": "reversed", "ticksuffix": "  ", "fixedrange": True},
        "shapes": [_AT_THE_MEDIAN],
        "height": 70 + 32 * len(names),
    }
    return go.Figure([normal, marks], _CHART | layout)


def around(
    image: np.ndarray,
    score: np.ndarray,
    scale: Scale,
    opacity: float,
    pixel: tuple[int, int],
    shape: tuple[int, ...],
    share: float = 0.2,
) -> tuple[np.ndarray, np.ndarray]:
    """A square part of a picture around a pixel, and the same with the score on it; the pixel has a ring.

    The part is moved inside the picture where it would leave it.

    Args:
        image: uint8 (h, w, 3), any size.
        score, scale, opacity: as for `figures.overlay`.
        pixel: x and y in the image as given.
        shape: of the image as given.
        share: side of the part as a share of the picture's shorter side.
    """
    x, y = pixel
    height, width = image.shape[:2]
    side = max(1, round(share * min(height, width)))
    row, column = (y + 0.5) * height / shape[0], (x + 0.5) * width / shape[1]
    top, left = _start(row, side, height), _start(column, side, width)
    inside = (slice(top, top + side), slice(left, left + side))
    at = ((column - left) * _PART_SIDE / side, (row - top) * _PART_SIDE / side)
    part = image[inside]
    marked = pictures.overlay(part, enlarge(score, (height, width))[inside], scale, opacity)
    return _ringed(part, at), _ringed(marked, at)


def _ringed(part: np.ndarray, at: tuple[float, float]) -> np.ndarray:
    """A part at a size that is easy to see, with a ring at a position of it in that size."""
    large = Image.fromarray(np.ascontiguousarray(part)).resize((_PART_SIDE, _PART_SIDE), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(large)
    for grow, colour in ((2, "black"), (0, "white")):
        draw.ellipse([c - _RING - grow for c in at] + [c + _RING + grow for c in at], outline=colour, width=2)
    return np.asarray(large)


def _start(middle: float, side: int, length: int) -> int:
    return int(np.clip(round(middle - side / 2), 0, length - side))
