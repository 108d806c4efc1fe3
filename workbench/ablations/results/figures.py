"""Charts of the Ablations page as plain functions: numbers in, Plotly figures out. Knows no Streamlit.

Values are percent or percentage points. What was not run stays an empty place with its name, so that a chart of half a
study has the shape of the whole.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.ablations.results.rows import SpeedPoint, Values
from workbench.shared import charts, theme

_FAINT = "rgba(128,136,148,0.55)"
_GREY = "#6b7a8f"
_WRAP = 24  # letters of a row's name on one line, so that a phone has room for the chart
LARGEST = 46
"""Diameter in pixels of the circle with the most parameters."""
_FIXED = {"fixedrange": True, "zeroline": False}
_AS_TOLD = "%{customdata}<extra></extra>"
_ABOVE, _BELOW = -0.2, 0.2  # where the paper's mark and the seeds stand in a row, in rows


def delta_figure(rows: Sequence[Values], baseline: str) -> go.Figure:
    """Differences to the baseline, one row each: mean with its spread, single seeds, and the paper's own as a diamond.

    Args:
        rows: from `workbench.ablations.results.rows.deltas`.
        baseline: name of the row at 0.
    """
    found = list(enumerate(rows))
    shown = [(n, row) for n, row in found if row.measured]
    paper = [(n, row) for n, row in found if row.published is not None]
    traces: list[dict[str, object]] = [
        _seeds([(value, n + _BELOW) for n, row in found for value in row.seeds.values()]),
        {
            "type": "scatter",
            "mode": "markers",
            "name": "measured here",
            "x": [row.level.mean for _, row in shown],
            "y": [n for n, _ in shown],
            "error_x": _whiskers([row.level.spread for _, row in shown]),
            "marker": {"color": theme.NORMAL, "size": 11},
            "customdata": [_told(row, "+.2f") for _, row in shown],
            "hovertemplate": _AS_TOLD,
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": "the paper",
            "x": [row.published for _, row in paper],
            "y": [n + _ABOVE for n, _ in paper],
            "marker": {"color": theme.PAPER, "size": 11, "symbol": "diamond-open", "line": {"width": 2}},
            "customdata": [f"{html.escape(row.label)}<br>the paper {row.published:+.2f} points" for _, row in paper],
            "hovertemplate": _AS_TOLD,
        },
    ]
    marks = [row.published for row in rows if row.published is not None]
    ends = [0.0, *_reached([row for _, row in shown]), *marks]
    across = {"title": {"text": f"percentage points to {baseline}", "standoff": 6}, "range": _room(ends), **_FIXED}
    down = {
        "tickvals": list(range(len(rows))),
        "ticktext": [_name(row) for row in rows],
        "ticksuffix": "  ",
        "range": [len(rows) - 0.5, -0.5],
        "automargin": True,
        "showgrid": False,
        **_FIXED,
    }
    return _chart(traces, across, down, 110 + 58 * len(rows), margin=(8, 46), lines=[_upright(0, "solid")])


def bars_figure(rows: Sequence[Values], chosen: str) -> go.Figure:
    """Levels as bars with their spread and single seeds, from `lowest` on; the paper's choice is told apart."""
    low = lowest(rows)
    traces: list[dict[str, object]] = [
        {
            "type": "bar",
            "x": [n],
            "y": [row.level.mean - low],
            "base": low,
            "width": 0.55,
            "showlegend": False,
            "marker": {"color": theme.NORMAL if row.label == chosen else _GREY, "opacity": 0.45, "line": {"width": 0}},
            "error_y": _whiskers([row.level.spread]),
            "customdata": [_told(row, ".2f")],
            "hovertemplate": _AS_TOLD,
        }
        for n, row in enumerate(rows)
        if row.measured
    ]
    traces.append(_seeds([(n + 0.36, value) for n, row in enumerate(rows) for value in row.seeds.values()]))
    across = _categories([_name(row) for row in rows], 0.6)
    return _chart(traces, across, _percent((low, _room(_reached(rows))[1])), 330, legend=False)


def lowest(rows: Sequence[Values]) -> float:
    """Where the axis of levels starts: a whole percent below everything that is shown."""
    ends = _reached(rows)
    return float(max(0, math.floor(_room(ends)[0]))) if ends else 0.0


def maps_figure(branches: Mapping[str, Sequence[Values]], names: Sequence[str]) -> go.Figure:
    """Two branches map by map, side by side, with spread and single seeds.

    Args:
        branches: name -> its rows, in the order of `names`.
        names: of the maps.
    """
    traces: list[dict[str, object]] = []
    for shift, colour, (branch, rows) in zip((-0.12, 0.12), (_GREY, theme.FORWARD), branches.items(), strict=True):
        seeds = [(n + 1.9 * shift, value) for n, row in enumerate(rows) for value in row.seeds.values()]
        shown = [(n + shift, row) for n, row in enumerate(rows) if row.measured]
        means: dict[str, object] = {
            "type": "scatter",
            "mode": "markers",
            "name": branch,
            "x": [x for x, _ in shown],
            "y": [row.level.mean for _, row in shown],
            "error_y": _whiskers([row.level.spread for _, row in shown], colour),
            "marker": {"color": colour, "size": 12, "symbol": "circle" if shift > 0 else "square"},
            "customdata": [_told(row, ".2f") for _, row in shown],
            "hovertemplate": _AS_TOLD,
        }
        traces += [_seeds(seeds, colour) | {"showlegend": False}, means]
    ends = _reached([row for rows in branches.values() for row in rows])
    return _chart(traces, _categories(names, 0.5), _percent(_room(ends)), 350)


def sweep_figure(
    rows: Sequence[Values], limits: tuple[float, float], *, chosen: float | None = None, log: bool = False
) -> go.Figure:
    """One setting of Figure 10 as a line with spread and single seeds.

    Args:
        rows: with their positions on the axis; without positions each is a category of its own.
        limits: of the vertical axis, the same for all settings, so that they can be compared.
        chosen: the paper's value, a dotted line.
        log: the setting's axis is logarithmic.
    """
    known = [row.x for row in rows if row.x is not None]
    numbers = len(known) == len(rows)
    places = known if numbers else [float(n) for n in range(len(rows))]
    shown = [(x, row) for x, row in zip(places, rows, strict=True) if row.measured]
    means: dict[str, object] = {
        "type": "scatter",
        "mode": "lines+markers" if numbers else "markers",
        "name": "measured here",
        "x": [x for x, _ in shown],
        "y": [row.level.mean for _, row in shown],
        "line": {"color": theme.NORMAL, "width": 2.4},
        "marker": {"color": theme.NORMAL, "size": 9},
        "error_y": _whiskers([row.level.spread for _, row in shown]),
        "customdata": [_told(row, ".2f") for _, row in shown],
        "hovertemplate": _AS_TOLD,
    }
    across = {
        "tickvals": places,
        "ticktext": [f"{x:g}" for x in places] if numbers else [_name(row) for row in rows],
        "range": _span(places, log, 0.12 if numbers else 0.5),
        "showgrid": False,
        **_FIXED,
        **({"type": "log"} if log else {}),
    }
    traces: list[dict[str, object]] = [_seeds([(x, value) for x, row in shown for value in row.seeds.values()]), means]
    lines = [] if chosen is None else [_upright(chosen, "dot")]
    return _chart(traces, across, _percent(limits), 240, legend=False, margin=(56, 34), lines=lines)


def limits(rows: Sequence[Values]) -> tuple[float, float]:
    """A vertical axis that holds all these rows with their seeds and whiskers."""
    low, high = _room(_reached(rows))
    return low, high


def speed_figure(points: Sequence[SpeedPoint], metric: str) -> go.Figure:
    """A metric against images per second; the area of a circle is the number of parameters.

    Args:
        points: the networks, one per circle, which bears its number in this order.
        metric: its name, for the axis.
    """
    most = max(point.parameters for point in points)
    order = sorted(points, key=lambda point: -point.parameters)  # the small ones on top
    circles: dict[str, object] = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [point.speed.mean for point in order],
        "y": [point.quality.mean for point in order],
        "text": [str(points.index(point) + 1) for point in order],
        "textfont": {"size": 12, "color": "white"},
        "error_y": _whiskers([point.quality.spread for point in order], _FAINT),
        "marker": {
            "size": [point.parameters for point in order],
            "sizemode": "area",
            "sizeref": most / LARGEST**2,
            "color": [theme.ANOMALOUS if "N-Net" in point.label else theme.NORMAL for point in order],
            "opacity": 0.85,
            "line": {"width": 1.5, "color": "white"},
        },
        "customdata": [_speed_told(point) for point in order],
        "hovertemplate": _AS_TOLD,
    }
    ends = [p.quality.mean + sign * (p.quality.spread or 0) for p in order for sign in (-1, 1)]
    speeds = [point.speed.mean for point in order]
    across = {"title": {"text": "images per second", "standoff": 6}, "range": _room(speeds, 0.2), **_FIXED}
    down = _percent(_room(ends, 0.2)) | {"title": {"text": f"{metric}, percent", "standoff": 6}}
    return _chart([circles], across, down, 420, legend=False)


# -------------------------------------------------------------------------------------------------------------- parts


def _seeds(found: Sequence[tuple[float, float]], colour: str = theme.NORMAL) -> dict[str, object]:
    """Single seeds as small dots."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "single seeds",
        "hoverinfo": "skip",
        "x": [x for x, _ in found],
        "y": [y for _, y in found],
        "marker": {"color": colour, "size": 6, "opacity": 0.5},
    }


def _whiskers(spreads: Sequence[float | None], colour: str = theme.NORMAL) -> dict[str, object]:
    array = [spread or 0.0 for spread in spreads]
    return {"type": "data", "array": array, "color": colour, "thickness": 2, "width": 6}


def _upright(x: float, dash: str) -> dict[str, object]:
    """A line from top to bottom."""
    return charts.level(x, theme.THRESHOLD, dash=dash) | {"layer": "below"}


def _percent(ends: Sequence[float]) -> dict[str, object]:
    return {"title": {"text": "percent", "standoff": 6}, "range": list(ends), **_FIXED}


def _categories(names: Sequence[str], margin: float) -> dict[str, object]:
    ends = [-margin, len(names) - 1 + margin]
    return {"tickvals": list(range(len(names))), "ticktext": list(names), "range": ends, "showgrid": False, **_FIXED}


def _told(row: Values, form: str) -> str:
    spread = "" if row.level.spread is None else f" ± {row.level.spread:.2f}"
    unit = "points" if form.startswith("+") else "%"
    seeds = "1 seed" if row.level.n == 1 else f"{row.level.n} seeds"
    return f"{html.escape(row.label)}<br>{row.level.mean:{form}}{spread} {unit}, {seeds}"


def _speed_told(point: SpeedPoint) -> str:
    spread = "" if point.quality.spread is None else f" ± {point.quality.spread:.2f}"
    return (
        f"{html.escape(point.label)}<br>{point.quality.mean:.2f}{spread} %<br>{point.speed.mean:.1f} images per second"
        f"<br>{point.parameters / 1e6:.1f} M parameters"
    )


def _name(row: Values) -> str:
    """A row's name in short lines, with the reason if nothing is drawn."""
    lines = [""]
    for word in row.label.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= _WRAP:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    reason = [] if row.measured else ["<i>not measured</i>" if row.ran else "<i>not run</i>"]
    return "<br>".join([*map(html.escape, lines), *reason])


def _reached(rows: Sequence[Values]) -> list[float]:
    """Everything that a chart of these rows has to hold: means with their whiskers, and single seeds."""
    ends = [row.level.mean + sign * (row.level.spread or 0.0) for row in rows if row.measured for sign in (-1, 1)]
    return ends + [value for row in rows for value in row.seeds.values()]


def _room(values: Sequence[float], share: float = 0.12) -> list[float]:
    """A range with some room around the values."""
    if not len(values):
        return [0.0, 100.0]
    low, high = float(np.min(values)), float(np.max(values))
    room = max(share * (high - low), 0.02 * max(abs(low), abs(high)) * (high == low), 0.05)
    return [low - room, high + room]


def _span(places: Sequence[float], log: bool, share: float) -> list[float]:
    """The range of a horizontal axis; of a logarithmic one in powers of ten, as Plotly takes it."""
    ends = [math.log10(x) if log else x for x in (min(places), max(places))]
    room = share * (ends[1] - ends[0]) or 1.0
    return [ends[0] - room, ends[1] + room]


def _chart(
    traces: Sequence[Mapping[str, object]],
    across: Mapping[str, object],
    down: Mapping[str, object],
    height: int,
    *,
    margin: tuple[int, int] = (56, 46),
    legend: bool = True,
    lines: Sequence[dict[str, object]] = (),
) -> go.Figure:
    """The shared chart with these axes; `margin` is that on the left and at the bottom, in pixels."""
    left, bottom = margin
    return charts.chart(
        traces, height, x=across, y=down, left=left, right=12, bottom=bottom, legend=legend, shapes=list(lines)
    )
