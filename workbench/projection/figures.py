"""Charts of the Projection page as plain functions: arrays in, Plotly figures or HTML out. Knows no Streamlit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.projection import words
from workbench.shared import charts, theme

_RANGE = 16  # width of a grey bar in pixels


@dataclass(frozen=True)
class Series:
    """One group of values before and after, each (rows,) with a value per row of `change_figure`; NaN leaves a row out.
    The spreads are standard deviations, drawn as bars, or None."""

    name: str
    colour: str
    before: np.ndarray
    after: np.ndarray
    before_spread: np.ndarray | None = None
    after_spread: np.ndarray | None = None


def change_figure(
    rows: Sequence[str],
    series: Sequence[Series],
    unit: str,
    *,
    log: bool = False,
    row: int = 36,
    ranges: Sequence[tuple[float, float]] = (),
) -> go.Figure:
    """Before and after as an open and a filled mark joined by a line, one row per scale and side.

    Args:
        rows: names, from the top.
        series: one line per row each.
        unit: what the axis counts.
        log: a logarithmic axis.
        row: height of a row in pixels.
        ranges: for each row the ends of a grey bar behind its marks, or none.
    """
    traces: list[dict[str, Any]] = []
    if ranges:
        heights: list[Any] = list(range(len(rows)))
        low, high = zip(*ranges, strict=True)
        traces.append(charts.spans(heights, low, high, _RANGE, opacity=0.3))
    offsets = np.linspace(-0.17, 0.17, len(series)) if len(series) > 1 else [0.0]
    for group, offset in zip(series, offsets, strict=True):
        traces += _marks(group, np.arange(len(rows)) + offset, rows)
    kind = {"type": "log", "dtick": 1, "exponentformat": "none"} if log else {"rangemode": "tozero"}
    x = charts.axis(unit, **kind)
    y = {
        "range": [len(rows) - 0.5, -0.5],
        "tickvals": list(range(len(rows))),
        "ticktext": list(rows),
        "fixedrange": True,
        "ticksuffix": " ",
        "zeroline": False,
        "showgrid": False,
    }
    return charts.chart(traces, 60 + row * len(rows), x=x, y=y)


def _marks(group: Series, heights: np.ndarray, rows: Sequence[str]) -> list[dict[str, Any]]:
    told = [
        [
            words.CHANGE_TOLD.format(row=row, group=group.name, when=when, value=value)
            for row, value in zip(rows, values, strict=True)
        ]
        for when, values in ((words.BEFORE, group.before), (words.AFTER, group.after))
    ]
    spreads = (group.before_spread, group.after_spread)
    return charts.dumbbells(group.before, group.after, heights, group.colour, told, spreads, name=group.name)


def blend_figure(curves: Mapping[str, tuple[np.ndarray, str]], t: float, unit: str) -> go.Figure:
    """A quantity against the share t of P in the blend (1 - t) F + t P, with the chosen t marked.

    Args:
        curves: name -> (values at evenly spaced t from 0 to 1, colour).
        t: 0..1.
        unit: what the axis counts.
    """
    traces: list[dict[str, Any]] = []
    for name, (values, colour) in curves.items():
        steps = np.linspace(0, 1, len(values))
        traces.append(
            charts.scatter(
                x=100 * steps,
                y=values,
                mode="lines",
                name=name,
                line={"color": colour, "width": 2},
                hovertemplate=words.BLEND_TOLD.format(name=name),
            )
        )
        traces.append(
            charts.scatter(
                x=[100 * t],
                y=[np.interp(t, steps, values)],
                mode="markers",
                showlegend=False,
                hoverinfo="skip",
                marker={"color": colour, "size": 11, "line": {"width": 1.5, "color": "white"}},
            )
        )
    x, y = charts.axis(words.BLEND_AXIS, range=[-2, 102]), charts.axis(unit, rangemode="tozero", nticks=6)
    line = charts.level(100 * t, theme.THRESHOLD)
    return charts.chart(traces, 290, x=x, y=y, left=56, legend=True, shapes=[line])


def umap_figure(points: np.ndarray, flagged: np.ndarray, positions: Sequence[str]) -> go.Figure:
    """Embedded feature vectors (n, 2), flagged ones (bool (n,)) on top; `positions` is said under the pointer."""
    traces: list[dict[str, Any]] = []
    groups = (("normal", ~flagged, theme.NORMAL, "circle", 5), ("flagged", flagged, theme.ANOMALOUS, "diamond", 8))
    for name, chosen, colour, symbol, size in groups:
        if chosen.any():
            traces.append(
                charts.scatter(
                    x=points[chosen, 0],
                    y=points[chosen, 1],
                    mode="markers",
                    name=words.POINTS[name],
                    customdata=[positions[int(i)] for i in np.flatnonzero(chosen)],
                    marker={"color": colour, "symbol": symbol, "size": size, "opacity": 0.75, "line": {"width": 0}},
                    hovertemplate=words.POINT_TOLD.format(name=words.POINTS[name]),
                )
            )
    bare = {"showticklabels": False, "showgrid": False, "zeroline": False}
    x, y = (charts.axis(words.UMAP_AXIS.format(number=i), **bare) for i in (1, 2))
    return charts.chart(traces, 360, x=x, y=y, left=24, legend=True)


def change_key(groups: Iterable[str]) -> str:
    """The legend of the charts of before and after, as HTML, for some of the groups normal, flagged and defective."""
    entries = []
    for name in groups:
        colour = theme.NORMAL if name == words.NORMAL else theme.ANOMALOUS
        entries += [("open", colour, f"{name}, {words.BEFORE}"), ("filled", colour, f"{name}, {words.AFTER}")]
    return charts.key(entries)
