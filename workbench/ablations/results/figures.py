"""Charts of the Ablations page as plain functions: numbers in, Plotly figures out. Knows no Streamlit.

Values are percent or percentage points. What was not run stays an empty place with its name, so that a chart of half a
study has the shape of the whole.
"""

import html
import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.ablations.results import words
from workbench.ablations.results.rows import SpeedPoint, Values
from workbench.shared import charts, theme, units

_FAINT = "rgba(128,136,148,0.55)"
_GREY = "#6b7a8f"
_LEAST = 430  # pixels: the first picture of its page
_WRAP = 26  # letters of a row's name on one line, so that a phone has room for the chart
LARGEST = 46
"""Diameter in pixels of the circle with the most parameters."""
_FIXED = {"fixedrange": True, "zeroline": False}
_AS_TOLD = "%{customdata}<extra></extra>"
_ABOVE, _BELOW = -0.2, 0.2  # where the paper's mark and the seeds stand in a row, in rows


def delta_figure(rows: Sequence[Values], baseline: str) -> go.Figure:
    """Differences to the baseline, one row each: mean with its spread, single seeds, and the paper's own as a
    diamond. `rows`: from `workbench.ablations.results.rows.deltas`; `baseline`: name of the row at 0."""
    found = list(enumerate(rows))
    traces = [
        _seeds([(value, n + _BELOW) for n, row in found for value in row.seeds.values()]),
        _means([(float(n), row) for n, row in found if row.measured], across=True, marker={"size": 11}),
        _printed(found),
    ]
    return _differences(traces, rows, words.DELTA_AXIS.format(baseline=_said(baseline)), 58)


def claims_figure(outcomes: Sequence[str], rows: Sequence[Values]) -> go.Figure:
    """The paper's claims, one row each: the difference that decides it with its spread, coloured by what became of the
    claim (`outcomes`, of `nnet.studies.claims.OUTCOMES`), and the paper's own as a diamond."""
    found = list(enumerate(rows))
    traces = []
    for colour in dict.fromkeys(theme.OUTCOMES.values()):
        own = [(float(n), row) for n, row in found if theme.OUTCOMES[outcomes[n]] == colour]
        name = ", ".join(dict.fromkeys(outcomes[int(n)] for n, _ in own))
        if own:
            traces.append(_means(own, name, theme.OF_BADGES[colour], across=True, marker={"size": 12}))
    return _differences([*traces, _printed(found)], rows, words.CLAIMS_AXIS, 52)


def _printed(found: Sequence[tuple[int, Values]]) -> dict[str, object]:
    """The paper's own differences as diamonds, a little above ours."""
    paper = [(n, row, row.published) for n, row in found if row.published is not None]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": words.THE_PAPER,
        "x": [published for _, _, published in paper],
        "y": [n + _ABOVE for n, _, _ in paper],
        "marker": {"color": theme.PAPER, "size": 11, "symbol": "diamond-open", "line": {"width": 2}},
        "customdata": [
            f"{_said(row.label)}<br>{words.PAPER_TOLD.format(value=published)}" for _, row, published in paper
        ],
        "hovertemplate": _AS_TOLD,
    }


def _differences(traces: Sequence[Mapping[str, object]], rows: Sequence[Values], title: str, each: int) -> go.Figure:
    """Rows of differences around an upright line at 0, `each` so many pixels high."""
    ends = [0.0, *_reached(rows), *(row.published for row in rows if row.published is not None)]
    across = charts.axis(title, range=_room(ends), zeroline=False)
    down = _categories([_name(row) for row in rows], 0.5) | {"ticksuffix": "  ", "automargin": True}
    down["range"] = [len(rows) - 0.5, -0.5]
    return _chart(
        traces, across, down, max(_LEAST, 110 + each * len(rows)), margin=(8, 46), lines=[_upright(0, "solid")]
    )


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
            "customdata": [_told(row)],
            "hovertemplate": _AS_TOLD,
        }
        for n, row in enumerate(rows)
        if row.measured
    ]
    traces.append(_seeds([(n + 0.36, value) for n, row in enumerate(rows) for value in row.seeds.values()]))
    across = _categories([_name(row) for row in rows], 0.6)
    return _chart(traces, across, _percent((low, _room(_reached(rows))[1])), _LEAST, legend=False)


def lowest(rows: Sequence[Values]) -> float:
    """Where the axis of levels starts: a whole percent below everything that is shown."""
    ends = _reached(rows)
    return float(max(0, math.floor(_room(ends)[0]))) if ends else 0.0


def maps_figure(branches: Mapping[str, Sequence[Values]], names: Sequence[str]) -> go.Figure:
    """Two branches map by map, side by side, with spread and single seeds. `branches`: name -> its rows, in the
    order of `names`; `names`: of the maps."""
    traces: list[dict[str, object]] = []
    for shift, colour, (branch, rows) in zip((-0.12, 0.12), (_GREY, theme.FORWARD), branches.items(), strict=True):
        seeds = [(n + 1.9 * shift, value) for n, row in enumerate(rows) for value in row.seeds.values()]
        shown = [(n + shift, row) for n, row in enumerate(rows) if row.measured]
        mark = {"size": 12, "symbol": "circle" if shift > 0 else "square"}
        traces += [_seeds(seeds, colour) | {"showlegend": False}, _means(shown, branch, colour, marker=mark)]
    ends = _reached([row for rows in branches.values() for row in rows])
    return _chart(traces, _categories(names, 0.5), _percent(_room(ends)), _LEAST)


def sweep_figure(
    rows: Sequence[Values], limits: Sequence[float], *, chosen: float | None = None, log: bool = False
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
    means = _means(shown, marker={"size": 9}) | {"mode": "lines+markers" if numbers else "markers"}
    ends = [math.log10(x) if log else x for x in (min(places), max(places))]
    room = (0.12 if numbers else 0.5) * (ends[1] - ends[0]) or 1.0
    across = {
        "tickvals": places,
        "ticktext": [f"{x:g}" for x in places] if numbers else [_name(row) for row in rows],
        "range": [ends[0] - room, ends[1] + room],
        "showgrid": False,
        **_FIXED,
        **({"type": "log"} if log else {}),
    }
    traces: list[dict[str, object]] = [_seeds([(x, value) for x, row in shown for value in row.seeds.values()]), means]
    lines = [] if chosen is None else [_upright(chosen, "dot")]
    return _chart(traces, across, _percent(limits), 240, legend=False, margin=(56, 34), lines=lines)


def limits(rows: Sequence[Values]) -> list[float]:
    """A vertical axis that holds all these rows with their seeds and whiskers."""
    return _room(_reached(rows))


def speed_figure(points: Sequence[SpeedPoint], metric: str) -> go.Figure:
    """A metric against images per second; the area of a circle is the number of parameters. `points`: the networks,
    one per circle, which bears its number in this order; `metric`: its name, for the axis."""
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
        "customdata": [f"{_said(p.label)}<br>{words.speed_point(p)}" for p in order],
        "hovertemplate": _AS_TOLD,
    }
    ends = [p.quality.mean + sign * (p.quality.spread or 0) for p in order for sign in (-1, 1)]
    speeds = [point.speed.mean for point in order]
    across = charts.axis(words.SPEED_AXIS, range=_room(speeds, 0.2), zeroline=False)
    down = _percent(_room(ends, 0.2), words.METRIC_AXIS.format(metric=metric))
    return _chart([circles], across, down, 420, legend=False)


# -------------------------------------------------------------------------------------------------------------- parts


def _means(
    shown: Sequence[tuple[float, Values]],
    name: str = words.MEASURED,
    colour: str = theme.NORMAL,
    *,
    across: bool = False,
    marker: Mapping[str, object],
) -> dict[str, object]:
    """The means of rows at their places, with their spread; `across`: differences, along the horizontal axis."""
    places, means = [place for place, _ in shown], [row.level.mean for _, row in shown]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": means if across else places,
        "y": places if across else means,
        "error_x" if across else "error_y": _whiskers([row.level.spread for _, row in shown], colour),
        "line": {"color": colour, "width": 2.4},
        "marker": {"color": colour, **marker},
        "customdata": [_told(row, across) for _, row in shown],
        "hovertemplate": _AS_TOLD,
    }


def _seeds(found: Sequence[tuple[float, float]], colour: str = theme.NORMAL) -> dict[str, object]:
    """Single seeds as small dots."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": words.SINGLE_SEEDS,
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


def _percent(ends: Sequence[float], title: str = words.PERCENT) -> dict[str, object]:
    return charts.axis(title, range=list(ends), zeroline=False, automargin=True)


def _categories(names: Sequence[str], margin: float) -> dict[str, object]:
    ends = [-margin, len(names) - 1 + margin]
    return {"tickvals": list(range(len(names))), "ticktext": list(names), "range": ends, "showgrid": False, **_FIXED}


def _told(row: Values, is_difference: bool = False) -> str:
    return f"{_said(row.label)}<br>{words.measured_told(row.level, is_difference)}"


def _said(label: str) -> str:
    return units.indices(html.escape(words.row_name(label)))


def _name(row: Values) -> str:
    """A row's name in short lines, with the reason if nothing is drawn."""
    name = charts.wrapped(words.row_name(row.label), _WRAP)
    return name if row.measured else f"{name}<br><i>{words.NOT_MEASURED_ROW if row.ran else words.NO_RUN}</i>"


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
