"""Charts of the Evaluate page as plain functions: arrays in, Plotly figures or HTML out. Knows no Streamlit."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from nnet.data import GOOD
from nnet.scoring.maps import MAPS
from nnet.scoring.metrics import FPR_LIMIT
from nnet.units import bars
from workbench.evaluate import words
from workbench.shared import charts, theme, units

TYPE_COLOURS = ("#e0702a", "#8f6bc4", "#2f9e6e", "#c9498c", "#b08a1e", "#19a7b9", "#a05a3c", "#6b7a8f")
"""Defect types in the embedding, in turn; normal images stay blue."""

_FAINT = "rgba(128,136,148,0.55)"


@dataclass(frozen=True)
class Line:
    """One curve: its `name`, points `x` and `y` in 0..1, and the `threshold` at each, falling."""

    name: str
    x: np.ndarray
    y: np.ndarray
    threshold: np.ndarray

    def at(self, threshold: float) -> tuple[float, float]:
        """Where the curve stands at a threshold: the last drawn point whose own threshold is above it.

        Drawn curves leave out points on straight pieces, so for few samples count instead.
        """
        index = int(np.searchsorted(-self.threshold, -threshold, side="left")) - 1
        return float(self.x[max(index, 0)]), float(self.y[max(index, 0)])


# ---------------------------------------------------------------------------------------------------------- curves


def curve_figure(
    lines: Sequence[Line],
    threshold: float,
    titles: tuple[str, str],
    *,
    limit: bool = False,
    constant: tuple[float, float] | None = None,
    mark: tuple[float, float] | None = None,
    touch: bool = False,
) -> go.Figure:
    """Curves of several scores; the first is the chosen one, drawn on top with its point at the threshold.

    Args:
        titles: of the x and the y axis.
        limit: shade the false positive rates up to which PRO is integrated.
        constant: what a constant score reaches at both ends of the x axis, or None.
        mark: where the first curve is at the threshold, if that is known better than from its points.
        touch: a drag scrolls the page instead of zooming.
    """
    traces = [_curve(line, number) for number, line in reversed(list(enumerate(lines)))]
    if constant is not None:
        quiet = {"mode": "lines", "name": words.CONSTANT_SCORE, "hoverinfo": "skip", "showlegend": False}
        dotted = {"color": _FAINT, "width": 1, "dash": "dot"}
        traces.insert(0, charts.scatter(x=[0, 1], y=constant, line=dotted, **quiet))
    x, y = mark or lines[0].at(threshold)
    traces.append(
        charts.scatter(
            x=[x],
            y=[y],
            mode="markers",
            name=words.MARK,
            marker={"color": theme.ANOMALOUS, "size": 13, "line": {"width": 2, "color": "white"}},
            hovertemplate=words.mark_told(threshold, titles),
        )
    )
    axes = [
        {
            "title": {"text": title, "standoff": 6},
            "range": [-0.015, 1.015],
            "zeroline": False,
            "tickformat": ".1f",
            "dtick": 0.2,
        }
        for title in titles
    ]
    area = {"x0": 0, "x1": FPR_LIMIT, "y0": 0, "y1": 1, "yref": "paper", "line": {"width": 0}}
    shaded = [{"type": "rect", **area, "layer": "below", "fillcolor": theme.NORMAL, "opacity": 0.08}]
    drag = False if touch else "zoom"
    return charts.chart(traces, 310, x=axes[0], y=axes[1], left=56, shapes=shaded if limit else [], dragmode=drag)


def _curve(line: Line, number: int) -> dict[str, Any]:
    """A score's curve; number 0 is the chosen one."""
    dash = ("solid", "dash", "dashdot", "dot")[(number + 3) % 4]
    faint = {"color": _FAINT, "width": 1.4, "dash": dash}
    return charts.scatter(
        x=line.x,
        y=line.y,
        mode="lines",
        name=line.name,
        customdata=[units.number(float(t)) if np.isfinite(t) else words.ABOVE_ALL for t in line.threshold],
        line=faint if number else {"color": theme.NORMAL, "width": 2.6, "dash": "solid"},
        hovertemplate=words.CURVE_TOLD.format(expression=html.escape(line.name)),
    )


# ------------------------------------------------------------------------------------------------------ threshold


def borders(scores: np.ndarray) -> np.ndarray:
    """Borders of bins, even on a logarithmic scale, that hold all scores; zeros stand in the first bin."""
    positive = scores[scores > 0]
    if len(positive) == 0:
        return np.geomspace(1e-6, 1, bars(len(scores)) + 1)
    low, high = float(positive.min()), float(positive.max())
    return np.geomspace(low / 1.02, max(high, low * 1.1) * 1.02, bars(len(scores)) + 1)


# ------------------------------------------------------------------------------------------------------ embeddings


class Images(NamedTuple):
    """What the chart of images says of each: its `labels`, `keys` and `scores` (n,), as multiples of the threshold;
    `is_kept`: somebody kept that."""

    labels: Sequence[str]
    keys: Sequence[str]
    scores: np.ndarray
    is_kept: bool = False


def embedding_figure(
    points: np.ndarray, images: Images, colour_by: str, chosen: int | None = None, touch: bool = False
) -> go.Figure:
    """Images in the plane (n, 2). Each point carries the image's number as `customdata[0]`.

    Args:
        colour_by: "label", "type" or "score".
        chosen: number of an image to circle.
        touch: a drag scrolls the page instead of zooming.
    """
    labels, scores = np.asarray(images.labels), images.scores
    each = zip(images.keys, labels, scores, strict=True)
    told = np.array(
        [
            f"{html.escape(key)}<br>{html.escape(label)}, {words.against_own(score, is_kept=images.is_kept)}"
            for key, label, score in each
        ]
    )
    if colour_by == "score":
        traces = [_scored(points, told, scores, words.multiple("", is_kept=images.is_kept).strip())]
    else:
        traces = [
            _points(points, told, np.flatnonzero(mask), name, {"color": colour, "symbol": symbol})
            for name, mask, colour, symbol in _groups(labels, colour_by)
            if mask.any()
        ]
    if chosen is not None:
        ring = {"symbol": "circle-open", "size": 20, "color": theme.THRESHOLD, "line": {"width": 3}}
        x, y = points[[chosen]].T
        traces.append(charts.scatter(x=x, y=y, mode="markers", hoverinfo="skip", showlegend=False, marker=ring))
    axis = {"showticklabels": False, "showgrid": False, "zeroline": False, "title": {"text": ""}}
    drag = False if touch else "zoom"
    return charts.chart(traces, 440, x=axis, y=axis, left=8, bottom=8, legend=True, dragmode=drag)


def _groups(labels: np.ndarray, colour_by: str) -> list[tuple[str, np.ndarray, str, str]]:
    """(name, which, colour, symbol), normal images first."""
    groups = [(words.NORMAL_IMAGES, labels == GOOD, theme.NORMAL, "circle")]
    if colour_by == "label":
        return [*groups, (words.DEFECTIVE_IMAGES, labels != GOOD, theme.ANOMALOUS, "diamond")]
    symbols = ("diamond", "square", "triangle-up", "cross", "star")
    kinds = sorted(set(labels[labels != GOOD]))
    return groups + [
        (str(kind), labels == kind, TYPE_COLOURS[i % len(TYPE_COLOURS)], symbols[i % len(symbols)])
        for i, kind in enumerate(kinds)
    ]


def _points(
    points: np.ndarray, told: np.ndarray, which: np.ndarray, name: str, mark: dict[str, object]
) -> dict[str, Any]:
    return charts.scatter(
        x=points[which, 0],
        y=points[which, 1],
        mode="markers",
        name=name,
        text=told[which],
        customdata=which[:, None],
        hovertemplate="%{text}<extra></extra>",
        marker={"size": 8, "opacity": 0.8, "line": {"width": 0}, **mark},
        unselected={"marker": {"opacity": 0.8}},  # a click chooses one, it does not fade the others
    )


def _scored(points: np.ndarray, told: np.ndarray, scores: np.ndarray, unit: str) -> dict[str, Any]:
    floor = scores[scores > 0].min(initial=1e-6)
    logs = np.log10(np.maximum(scores, floor))
    ticks = np.linspace(logs.min(), logs.max(), 4)
    bar = {
        "title": {"text": unit},
        "thickness": 10,
        "outlinewidth": 0,
        "tickvals": ticks,
        "ticktext": [units.times(10**t) for t in ticks],
    }
    order = np.argsort(scores, kind="stable")  # the high ones on top
    mark = {"color": logs[order], "colorscale": theme.plotly_scale("cividis"), "colorbar": bar}
    return _points(points, told, order, "image", mark) | {"showlegend": False}


# ------------------------------------------------------------------------------------------------- which map carries


def shapley_figure(values: Mapping[str, float], metric: str) -> go.Figure:
    """What each map contributes to a metric as bars, in percentage points; the two branches have a colour each."""
    names = list(values)
    points = np.array([100 * values[name] for name in names])
    colours = [theme.NORMAL if MAPS[name].branch == "reverse" else theme.ANOMALOUS for name in names]
    bars = charts.bar(
        x=points,
        y=[f"{name}  {MAPS[name].pair}" for name in names],
        orientation="h",
        marker={"color": colours, "line": {"width": 0}},
        text=[f"{p:+.1f}" for p in points],
        textposition="outside",
        cliponaxis=False,
        hovertemplate=words.SHAPLEY_TOLD.format(metric=metric),
    )
    low, high = min(0.0, float(points.min())), max(0.0, float(points.max()))
    room = 0.16 * max(high - low, 1e-6)
    ends = [low - room * (low < 0), high + room]
    x = charts.axis(words.SHAPLEY_AXIS.format(metric=metric), range=ends, zeroline=True, zerolinecolor=_FAINT)
    return charts.chart([bars], 80 + 34 * len(names), x=x, y=charts.names_axis(automargin=True), left=8)


# ----------------------------------------------------------------------------------------------------------- tables


def confusion_html(counts: tuple[int, int, int, int]) -> str:
    """The four counts as a table in the page's own colours; right decisions stand on a faint ground.

    Args:
        counts: normal called normal, normal called anomalous, defective called normal, defective called anomalous.
    """
    right, alarm, miss, hit = counts
    rows = (
        (words.NORMAL_IMAGES, right, alarm, theme.NORMAL, 0),
        (words.DEFECTIVE_IMAGES, miss, hit, theme.ANOMALOUS, 1),
    )
    body = "".join(
        f'<tr><th scope="row">{name}</th>'
        + "".join(_cell(count, first + second, colour, column == good) for column, count in enumerate((first, second)))
        + "</tr>"
        for name, first, second, colour, good in rows
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in words.CALLED)
    return (
        f'<table class="nn-counts"><caption>{words.COUNTS_CAPTION}</caption>'
        f"<thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(count: int, total: int, colour: str, good: bool) -> str:
    ground = f' style="background:{charts.faint(colour)};border-color:transparent"' if good else ""
    return f"<td{ground}><b>{count:,}</b>{units.percent(count / total) if total else '-'}</td>"


def line_key(names: Sequence[str]) -> str:
    """The legend of `curve_figure` for scores of these names, and of the point, as HTML."""
    marks = ("solid", "solid", "dashed", "dotted")
    lines = [(marks[min(i, 3)], _FAINT if i else theme.NORMAL, name) for i, name in enumerate(names)]
    return charts.key([*lines, ("filled", theme.ANOMALOUS, words.THE_THRESHOLD)])
