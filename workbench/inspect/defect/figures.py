"""The defect studio's pictures and charts as plain functions; conventions as in `workbench.shared.pictures`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from nnet.analysis.visibility import coverage
from nnet.scoring.maps import MAPS
from nnet.scoring.overlay import outline
from workbench.inspect.defect import words
from workbench.inspect.defect.effect import Curves, Effect, Line
from workbench.shared import pictures, theme, units
from workbench.shared.pictures import Scale

_TILE_SIDE = 192  # longest side of a map in a pair, in pixels
_GAP = 4  # pixels between a map before and after
_LEAST = 1e-3  # a value of 0 has no place on a logarithmic axis; it stands here, in normal levels
_LABEL = {"size": 13}


def with_defect_outline(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A picture with the border of a defect drawn just outside it, uint8 (h, w, 3).

    Args:
        image: uint8, any size.
        mask: of the defect on the whole image, bool, any size.
    """
    inside = mask if mask.shape == image.shape[:2] else coverage(mask, image.shape[:2]) > 0
    marked = image.copy()
    edge = outline(inside, max(1, round(max(image.shape[:2]) / 400)))
    marked[edge] = tuple(bytes.fromhex(theme.DEFECT.lstrip("#")))
    return marked


def map_pair(
    maps: tuple[np.ndarray, np.ndarray], level: float, shape: tuple[int, ...], mask: np.ndarray, scale: Scale
) -> np.ndarray:
    """A map without and with the defect side by side, the defect outlined in both, on one scale; RGBA uint8.

    Args:
        maps: without and with the defect, (h, w) each.
        level: what counts as 1, see `figures.map_scale`.
        shape: the image's.
        mask: of the defect on the whole image, bool, any size.
    """
    tiles = [pictures.map_tile(m, level, shape, scale, _TILE_SIDE) for m in maps]
    height, width = tiles[0].shape[:2]
    inside = coverage(mask, (height, width)) > 0
    tiles = [with_defect_outline(tile, inside) for tile in tiles]
    pair = np.zeros((height, 2 * width + _GAP, 4), np.uint8)
    for left, tile in zip((0, width + _GAP), tiles, strict=True):
        pair[:, left : left + width, :3] = tile
        pair[:, left : left + width, 3] = 255
    return pair


def effects_figure(effects: Sequence[Effect]) -> go.Figure:
    """For each map and factor a bar from its peak inside the defect's place before to that after, logarithmic."""
    names = [effect.name for effect in effects]
    low = [max(effect.before, _LEAST) for effect in effects]
    high = [max(effect.after, _LEAST) for effect in effects]
    bridges = go.Scatter(
        x=[v for pair in zip(low, high, [None] * len(low), strict=True) for v in pair],
        y=[n for name in names for n in (name, name, None)],
        mode="lines",
        line={"color": theme.THRESHOLD, "width": 3},
        hoverinfo="skip",
        showlegend=False,
    )
    before = go.Scatter(
        x=low,
        y=names,
        mode="markers",
        name="without the defect",
        marker={"color": theme.THRESHOLD, "size": 9},
        hovertemplate="%{y} without it: %{x:.3g}<extra></extra>",
    )
    after = [
        go.Scatter(
            x=[value for value, effect in zip(high, effects, strict=True) if effect.visible == visible],
            y=[effect.name for effect in effects if effect.visible == visible],
            mode="markers",
            name=f"with it, {'visible' if visible else 'not visible'}",
            marker={"color": theme.ANOMALOUS if visible else theme.NORMAL, "size": 12},
            hovertemplate="%{y} with it: %{x:.3g}<extra></extra>",
        )
        for visible in (True, False)
    ]
    values = [*low, *high, 1.0]
    layout = {
        "xaxis": _log_axis("peak inside it, × normal 99 % level (logarithmic)", min(values), max(values)),
        "yaxis": {
            "autorange": "reversed",
            "ticksuffix": "  ",
            "fixedrange": True,
            "type": "category",
            "categoryorder": "array",
            "categoryarray": names,
        },
        "height": 110 + 30 * len(effects),
        "shapes": [_line("x", 1.0)],
        "showlegend": True,
        "legend": _LEGEND,
        "margin": {"l": 0, "r": 8, "t": 8, "b": 44},
    }
    return go.Figure([bridges, before, *after], _CHART | layout)


def scores_figure(curves: Curves, kind: str) -> go.Figure:
    """The image score over the doses, with the threshold and the score without the defect; logarithmic."""
    x = _positions(curves)
    colours = [theme.ANOMALOUS if score > curves.threshold else theme.NORMAL for score in curves.scores]
    floor = _floor([*curves.scores, curves.undamaged, curves.threshold])
    scores = [max(float(score), floor) for score in curves.scores]
    dots = go.Scatter(
        x=x,
        y=scores,
        mode="lines+markers",
        line={"color": theme.THRESHOLD, "width": 2},
        marker={"color": colours, "size": 10},
        hovertemplate=f"{_dose_hover(curves)}: score %{{y:.3g}}<extra></extra>",
    )
    undamaged, threshold = max(curves.undamaged, floor), max(curves.threshold, floor)
    values = [*scores, undamaged, threshold]
    layout = {
        "xaxis": _dose_axis(curves, kind),
        "yaxis": _log_axis("image score (no unit, logarithmic)", min(values), max(values)),
        "shapes": [_line("y", threshold), _line("y", undamaged, "dash")],
        "annotations": [
            _note(threshold, f"threshold {units.number(curves.threshold)}"),
            _note(undamaged, f"without the defect {units.number(curves.undamaged)}", right=True),
        ],
    }
    return go.Figure(dots, _CHART | layout | {"height": _CHART_HEIGHT})


def lines_figure(curves: Curves, lines: Sequence[Line], kind: str) -> go.Figure:
    """Maps or factors over the doses in units of their normal level; filled where the defect is visible to them."""
    x = _positions(curves)
    drawn, values = [], [1.0]
    for index, one in enumerate(lines):
        colour, dash = _style(one.name, index)
        y = [max(float(value), _LEAST) for value in one.after]
        values += y
        fill = [colour if seen else "rgba(0,0,0,0)" for seen in one.visible]
        drawn.append(
            go.Scatter(
                x=x,
                y=y,
                mode="lines+markers",
                name=one.name,
                line={"color": colour, "width": 2, "dash": dash},
                marker={"color": fill, "size": 8, "line": {"color": colour, "width": 1.5}},
                hovertemplate=f"{one.name}, {_dose_hover(curves)}: %{{y:.3g}} times normal<extra></extra>",
            )
        )
    layout = {
        "xaxis": _dose_axis(curves, kind),
        "yaxis": _log_axis("peak, × normal 99 % level (logarithmic)", min(values), max(values)),
        "shapes": [_line("y", 1.0)],
        "annotations": [_note(1.0, "normal 99 % level")],
        "showlegend": True,
        "legend": _LEGEND,
    }
    return go.Figure(drawn, _CHART | layout | {"height": _CHART_HEIGHT})


def _style(name: str, index: int) -> tuple[str, str]:
    """Colour by scale and dash by direction for a map; colours in turn for factors."""
    if name in MAPS:
        return theme.SCALES[MAPS[name].scale], "solid" if MAPS[name].branch == "reverse" else "dot"
    return theme.SCALES[index % len(theme.SCALES)], "solid"


def _positions(curves: Curves) -> list[float]:
    """The doses as the axis counts them: pixels of the image, or percent of contrast."""
    return [float(v) for v in (100 * curves.doses if curves.pixels is None else curves.pixels)]


def _dose_hover(curves: Curves) -> str:
    return "contrast %{x:.0f} %" if curves.pixels is None else "%{x:.0f} px"


def _dose_axis(curves: Curves, kind: str) -> dict[str, object]:
    title = {"title": {"text": words.dose_axis(curves.axis, kind), "standoff": 4}, "fixedrange": True}
    if curves.pixels is None:
        return title | {"range": [0, 104], "dtick": 20}
    x = _positions(curves)
    return title | _log_range(x[0], x[-1])


def _log_axis(title: str, low: float, high: float) -> dict[str, object]:
    named = {"title": {"text": title, "standoff": 8}, "fixedrange": True, "automargin": True}
    return named | _log_range(low, high)


def _log_range(low: float, high: float) -> dict[str, object]:
    """A logarithmic axis with a little room at both ends and readable ticks: 0.5, 1, 2, 5, 10."""
    bottom, top = math.log10(low), math.log10(high)
    room = max(0.06 * (top - bottom), 0.05)
    steps = (1, 2, 5) if top - bottom < 2.2 else (1,)
    ticks = [float(f"{step}e{power}") for power in range(math.floor(bottom - 1), math.ceil(top + 1)) for step in steps]
    shown = [tick for tick in ticks if bottom - room <= math.log10(tick) <= top + room]
    return {
        "type": "log",
        "range": [bottom - room, top + room],
        "tickvals": shown,
        "ticktext": [f"{tick:g}" for tick in shown],
    }


def _floor(values: Sequence[float]) -> float:
    """What stands in for a score of 0 on a logarithmic axis."""
    positive = [float(v) for v in values if v > 0]
    return 0.5 * min(positive, default=1.0)


def _line(axis: str, at: float, dash: str = "dot") -> dict[str, object]:
    """A line across the chart at a value of the "x" or "y" axis."""
    other = "y" if axis == "x" else "x"
    return {
        "type": "line",
        f"{axis}0": at,
        f"{axis}1": at,
        f"{other}0": 0,
        f"{other}1": 1,
        f"{other}ref": f"{other} domain",
        "layer": "below",
        "line": {"color": theme.THRESHOLD, "width": 1.5, "dash": dash},
    }


def _note(at: float, said: str, right: bool = False) -> dict[str, object]:
    """A label on a horizontal line of a logarithmic axis, at the left end or at the right."""
    return {
        "x": 0.99 if right else 0.01,
        "xref": "x domain",
        "xanchor": "right" if right else "left",
        "y": math.log10(at),
        "yanchor": "bottom",
        "showarrow": False,
        "text": said,
        "font": _LABEL,
    }


_CHART_HEIGHT = 330
_LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "font": _LABEL}
_CHART = {
    "plot_bgcolor": "rgba(0,0,0,0)",
    "paper_bgcolor": "rgba(0,0,0,0)",
    "margin": {"l": 0, "r": 8, "t": 8, "b": 44},
    "showlegend": False,
    "dragmode": False,
}
