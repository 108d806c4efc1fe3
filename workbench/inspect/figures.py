"""Charts of the Inspect page as plain functions: arrays in, Plotly figures or RGB arrays out. Knows no Streamlit."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageDraw

from nnet.scoring.attribution import Attribution, Part
from nnet.scoring.maps import MAPS
from nnet.scoring.overlay import enlarge
from nnet.units import SMALLEST
from workbench.inspect import words
from workbench.shared import charts, pictures, theme, units, verdict_words
from workbench.shared import words as shared_words
from workbench.shared.pictures import Scale

_BRANCH_COLOURS = {"forward": theme.FORWARD, "reverse": theme.REVERSE}
_LEAST = 1e-3  # a value of 0 has no place on a logarithmic axis; it stands here, in normal medians
_PART_SIDE, _RING = 240, 12
_AROUND = 0.2  # side of the part around a pixel as a share of the picture's shorter side


# ---------------------------------------------------------------------------------------------------------- verdict


def shares_figure(found: Attribution) -> go.Figure:
    """Each part's share of the log score as a bar, split among its maps by branch; in percent, 100 for all of it.

    The parts are the factors of a product, and the maps of any other score.
    """
    factors, total = found.parts, found.whole.contribution
    names = [verdict_words.shown(factor.expression) for factor in factors]
    by_branch = {
        branch: np.array([100 * _of_branch(found, factor, branch) / total for factor in factors])
        for branch in _BRANCH_COLOURS
    }
    bars = [
        charts.bar(
            x=values,
            y=names,
            orientation="h",
            name=shared_words.BRANCHES[branch],
            marker={"color": _BRANCH_COLOURS[branch], "line": {"width": 0}},
            hovertemplate=words.share_told(branch),
        )
        for branch, values in by_branch.items()
    ]
    ends = sum(np.maximum(values, 0) for values in by_branch.values())
    least = min(0.0, float(np.min(sum(np.minimum(values, 0) for values in by_branch.values()))))
    labels = charts.scatter(
        x=ends,
        y=names,
        mode="text",
        textposition="middle right",
        hoverinfo="skip",
        showlegend=False,
        text=[f"  {verdict_words.share(f.share)}, {verdict_words.times(f.ratio)}" for f in factors],
        cliponaxis=False,
    )
    span = max(float(np.max(ends)), 1.0) - least
    x = charts.axis(
        words.SHARES_AXIS, range=[1.05 * least, least + 1.7 * span], zeroline=True, zerolinecolor=theme.THRESHOLD
    )
    y, height = charts.names_axis(), 96 + 38 * len(factors)
    return charts.chart([*bars, labels], height, x=x, y=y, legend=True, barmode="relative")


def strip_figure(scores: np.ndarray, threshold: float, value: float) -> go.Figure:
    """Scores of held-out normal pictures as dots, the threshold as a line and one picture as a diamond, on one line.

    Args:
        scores: (n,).
        threshold: the unit of the logarithmic axis.
        value: the picture's score.
    """
    unit = max(threshold, SMALLEST)
    every = np.maximum(np.append(scores, value), SMALLEST) / unit
    colour = theme.ANOMALOUS if value > threshold else theme.NORMAL
    spread = 0.35 * ((np.arange(len(scores)) * 0.618) % 1 - 0.5)  # dots at one score stay apart
    dots = {"size": 7, "color": theme.NORMAL, "opacity": 0.5, "line": {"width": 0}}
    diamond = {"size": 15, "symbol": "diamond", "color": colour, "line": {"width": 1.5, "color": "white"}}
    marks = [
        charts.scatter(
            x=x, y=y, mode="markers", marker=mark, name=name, customdata=raw, hovertemplate=words.strip_told(name)
        )
        for x, y, mark, name, raw in (
            (every[:-1], spread, dots, words.STRIP_NORMAL, scores),
            (every[-1:], [0.0], diamond, words.STRIP_PICTURE, [value]),
        )
    ]
    x = charts.log_axis(words.STRIP_AXIS, [*every, 1.0])
    y = {"visible": False, "range": [-0.6, 0.6], "fixedrange": True}
    line = charts.level(1, theme.THRESHOLD, dash="solid")
    name = {"x": 0, "y": 1, "yref": "paper", "xanchor": "right", "xshift": -6, "yanchor": "top", "showarrow": False}
    label = {"text": words.STRIP_THRESHOLD, "font": {"size": 12}} | name
    return charts.chart(marks, 128, x=x, y=y, legend=True, shapes=[line], annotations=[label])


def _of_branch(found: Attribution, factor: Part, branch: str) -> float:
    """What the factor's maps of one branch contribute.

    What a map contributes is known for all its occurrences together. If it occurs in other factors, too, this one's
    contribution is split in proportion to what its maps contribute altogether.
    """
    maps = factor.expression.maps
    own = {name: found.maps[name].contribution for name in maps}
    total = sum(own.values())
    wanted = sum(value for name, value in own.items() if MAPS[name].branch == branch)
    if math.isclose(total, factor.contribution, rel_tol=1e-6, abs_tol=1e-12):
        return wanted
    count = sum(MAPS[name].branch == branch for name in maps) / len(maps)
    return factor.contribution * (wanted / total if abs(total) > 1e-12 else count)


def against_normal_figure(
    values: Mapping[str, float], levels: Mapping[str, tuple[float, float, float]], used: Sequence[str]
) -> go.Figure:
    """Each map's value here beside what normal images show, in multiples of their median, on a logarithmic axis.

    Args:
        values: name -> value at the pixel.
        levels: name -> lower end of the usual, median, upper end.
        used: maps of the score; the others are paler.
    """
    medians = {name: max(levels[name][1], 1e-9) for name in values}
    low, high = ([max(levels[name][end] / medians[name], _LEAST) for name in values] for end in (0, 2))
    here = [max(value / medians[name], _LEAST) for name, value in values.items()]
    rows = [words.map_row(name) for name in values]
    marks = charts.scatter(
        x=here,
        y=rows,
        mode="markers+text",
        text=[f"  {units.number(v)} = {verdict_words.times(r)}" for v, r in zip(values.values(), here, strict=True)],
        textposition="middle right",
        cliponaxis=False,
        marker={
            "size": 12,
            "symbol": "diamond",
            "line": {"width": 1, "color": "white"},
            "color": [_BRANCH_COLOURS[MAPS[name].branch] for name in values],
            "opacity": [1.0 if name in used else 0.35 for name in values],
        },
        customdata=list(medians.values()),
        hovertemplate=words.AGAINST_NORMAL_TOLD,
    )
    x = charts.log_axis(words.AGAINST_NORMAL_AXIS, [*low, *high, *here, 1.0], labels=0.75)
    traces, median = [charts.spans(rows, low, high, 9, opacity=0.5), marks], charts.level(1, theme.THRESHOLD)
    return charts.chart(traces, 70 + 32 * len(rows), x=x, y=charts.names_axis(), shapes=[median])


def around(
    image: np.ndarray, score: np.ndarray, scale: Scale, opacity: float, pixel: tuple[int, int], shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """A square part of a picture around a pixel, and the same with the score on it; the pixel has a ring.

    The part is moved inside the picture where it would leave it.

    Args:
        image: uint8 (h, w, 3), any size.
        score, scale, opacity: as for `figures.overlay`.
        pixel: x and y in the image as given.
        shape: of the image as given.
    """
    x, y = pixel
    height, width = image.shape[:2]
    side = max(1, round(_AROUND * min(height, width)))
    row, column = (y + 0.5) * height / shape[0], (x + 0.5) * width / shape[1]
    top, left = _start(row, side, height), _start(column, side, width)
    inside = (slice(top, top + side), slice(left, left + side))
    at = ((column - left) * _PART_SIDE / side, (row - top) * _PART_SIDE / side)
    part = image[inside]
    values = enlarge(score, (height, width), (left, top, side, side))
    marked = pictures.overlay(part, values, scale, opacity)
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
