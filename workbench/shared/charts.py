"""The look of every chart: margins, legend, transparent ground, what a drag does. Knows no Streamlit.

>>> figure = chart([{"type": "bar", "x": [1, 2], "y": [3, 4]}], 240, x={"title": {"text": "epoch"}}, legend=True)
>>> figure.layout.height, figure.layout.showlegend
(240, True)

Fonts, text colours and grid lines are left to Streamlit's own Plotly theme, which follows light and dark. A figure is
made in one step and of dictionaries: Plotly's objects and methods would cost a slider's answer several times the
drawing.
"""

import base64
import html
import math
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io

from workbench.shared import theme, units

CLEAR: dict[str, Any] = {"plot_bgcolor": "rgba(0,0,0,0)", "paper_bgcolor": "rgba(0,0,0,0)"}
"""The page's own ground shows through, light or dark."""
LEGEND: dict[str, Any] = {
    "orientation": "h",
    "x": 0,
    "y": 1.02,
    "xanchor": "left",
    "yanchor": "bottom",
    "title": {"text": ""},
    "font": {"size": 12},
    "traceorder": "normal",
    "itemclick": False,
    "itemdoubleclick": False,
}
"""In one row above the chart."""
CHART_CONFIG: dict[str, Any] = {"displayModeBar": False}
"""For `st.plotly_chart`: no tool bar, which would lie on the picture. A drag zooms where that is of use, and a double
click shows the whole again."""

_MARKS = {
    "open": "width:10px;height:10px;border-radius:50%;border:2px solid {colour}",
    "filled": "width:12px;height:12px;border-radius:50%;background:{colour}",
    "square": "width:12px;height:12px;border-radius:2px;background:{colour}",
    "solid": "width:24px;border-top:3px solid {colour}",
    "dashed": "width:24px;border-top:2px dashed {colour}",
    "dotted": "width:24px;border-top:2px dotted {colour}",
    "area": "width:22px;height:10px;border-top:2px solid {colour};background:{faint}",
}


Trace = dict[str, Any]
scatter: Callable[..., Trace] = partial(dict, type="scatter")
bar: Callable[..., Trace] = partial(dict, type="bar")
heatmap: Callable[..., Trace] = partial(dict, type="heatmap")
"""Traces as dictionaries: what is given by name, as for Plotly's objects of these names."""

_TYPED = ("f4", "f8", "u1")  # numbers that Plotly's script takes as they lie in memory


class Chart(go.Figure):
    """A figure that is drawn as it was written.

    Plotly checks its parts when somebody looks at them (`data`, `layout`), as the tests do for every chart. A figure of
    Plotly's own is checked, copied and filled up each time it is made and drawn: for three small charts that took a
    third of the time that a changed control takes. It cannot be changed.

    Args:
        traces, layout: dictionaries, as Plotly takes them; without the short forms with underscores.
    """

    def __init__(self, traces: Iterable[Mapping[str, Any]], layout: Mapping[str, Any]) -> None:
        self._written: dict[str, Any] = {"data": list(traces), "layout": dict(layout)}

    @cached_property
    def checked(self) -> go.Figure:
        """The same as a figure of Plotly's own. Raises ValueError for what Plotly does not know."""
        return go.Figure(self._written)

    @property
    def data(self) -> Any:
        return self.checked.data

    @property
    def layout(self) -> Any:
        return self.checked.layout

    @cached_property
    def _ready(self) -> dict[str, Any]:
        ready: dict[str, Any] = _sent(self._written)
        ready["layout"].setdefault("template", _template(plotly.io.templates.default))
        return ready

    def to_dict(self) -> dict[str, Any]:
        """What goes to the browser; the same each time, since some charts are kept."""
        return self._ready


@cache
def _template(name: str) -> dict[str, Any]:
    found: dict[str, Any] = plotly.io.templates[name].to_plotly_json()
    return found


def _sent(value: Any) -> Any:
    """The same for JSON: arrays as Plotly's script takes them, and nothing for None."""
    if isinstance(value, Mapping):
        return {key: _sent(list(one) if key == "range" else one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_sent(one) for one in value]
    if not isinstance(value, np.ndarray):
        return value
    kind = value.dtype.str[1:]
    if kind not in _TYPED:
        return value.tolist()
    sent = {"dtype": kind, "bdata": base64.b64encode(value.tobytes()).decode()}
    return sent if value.ndim == 1 else sent | {"shape": ", ".join(map(str, value.shape))}


def layout(
    height: int, *, left: int = 0, right: int = 8, bottom: int = 44, legend: bool = False, **more: Any
) -> dict[str, Any]:
    """A chart's layout.

    Args:
        height: in pixels, with everything.
        left, right, bottom: room in pixels for what is written there; Plotly makes it wider by itself where ticks need
            more.
        legend: whether there is one, in a row above the chart.
        more: the rest of Plotly's layout, which may also change what is said here.
    """
    shared = {
        "height": height,
        "margin": {"l": left, "r": right, "t": 32 if legend else 8, "b": bottom},
        "showlegend": legend,
        "legend": LEGEND,
        "dragmode": False,
        "hovermode": "closest",
        "bargap": 0.35,
        "uirevision": "stay",  # a moved slider keeps the zoom
    }
    return shared | CLEAR | more


def chart(
    traces: Sequence[Any], height: int, *, x: Mapping[str, Any], y: Mapping[str, Any] | None = None, **more: Any
) -> go.Figure:
    """A finished chart of these traces; `x` and `y` are its axes, and `more` goes to `layout`."""
    return Chart(traces, layout(height, xaxis=dict(x), yaxis=dict(y or {}), **more))


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with its title, which a drag does not move."""
    return {"title": {"text": title, "standoff": 6}, "fixedrange": True} | more


def log_axis(title: str, values: Iterable[float], labels: float = 0.0, **more: Any) -> dict[str, Any]:
    """A logarithmic axis that holds these values (> 0), with a little room at both ends and ticks that read: 1, 2, 5.

    Args:
        labels: further room at the upper end, for what is written beside the marks, as a share of the axis.
    """
    powers = [math.log10(value) for value in values]
    bottom, top = min(powers), max(powers)
    room = max(0.06 * (top - bottom), 0.05)
    low, high = bottom - room, top + room
    steps = (1, 2, 5) if top - bottom < 2.2 else (1,)
    ticks = [float(f"{step}e{power}") for power in range(math.floor(low) - 1, math.ceil(high) + 1) for step in steps]
    shown = [tick for tick in ticks if low <= math.log10(tick) <= high]
    written = {"tickvals": shown, "ticktext": [f"{tick:g}" for tick in shown], "tickangle": 0}
    return axis(title, automargin=True, type="log", range=[low, high + labels * (high - low)], **written) | more


def spans(names: Sequence[str], low: Sequence[float], high: Sequence[float], width: int, **more: Any) -> dict[str, Any]:
    """A horizontal bar for each name from a low to a high value, as one trace that says nothing under the pointer."""
    ends = [end for pair in zip(low, high, strict=True) for end in (*pair, None)]
    rows = [row for name in names for row in (name, name, None)]
    line = {"color": theme.THRESHOLD, "width": width}
    quiet = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False, "line": line}
    return quiet | {"x": ends, "y": rows} | more


def dumbbells(
    before: Iterable[float],
    after: Iterable[float],
    rows: Iterable[Any],
    colour: str,
    told: Sequence[Sequence[str]],
    spreads: Sequence[Iterable[float] | None] = (None, None),
    **more: Any,
) -> list[dict[str, Any]]:
    """A hollow and a filled mark on each row, before and after, with a line between them.

    Args:
        rows: where each row stands on the vertical axis.
        told: what is said of the hollow and of the filled marks under the pointer.
        spreads: bars through the hollow and the filled marks, or None.
        more: goes to the filled marks, such as the name in the legend.
    """
    before, after, rows = list(before), list(after), list(rows)
    ends = [end for pair in zip(before, after, strict=True) for end in (*pair, None)]
    line = {"color": colour, "width": 2}
    joined = {"type": "scatter", "mode": "lines", "line": line, "opacity": 0.5, "hoverinfo": "skip"}
    traces = [joined | {"x": ends, "y": [row for row in rows for _ in range(3)], "showlegend": False}]
    for values, said, spread, symbol in zip((before, after), told, spreads, ("circle-open", "circle"), strict=True):
        marks = {"type": "scatter", "mode": "markers", "x": values, "y": rows, "showlegend": False}
        mark = {"color": colour, "size": 10, "symbol": symbol, "line": line}
        marks |= {"marker": mark, "customdata": list(said), "hovertemplate": "%{customdata}<extra></extra>"}
        if spread is not None:
            marks["error_x"] = {"array": list(spread), "thickness": 1.2, "width": 3, "color": colour}
        traces.append(marks)
    traces[-1] |= more
    return traces


def names_axis(**more: Any) -> dict[str, Any]:
    """A vertical axis of names, the first one on top, as bars and dots have them."""
    return {"autorange": "reversed", "ticksuffix": "  ", "fixedrange": True} | more


def wrapped(name: str, width: int) -> str:
    """A name as lines of about `width` letters; its indices stay legible."""
    lines = textwrap.wrap(html.escape(name), width, break_long_words=False, break_on_hyphens=False)
    written = units.indices("<br>".join(lines))
    return written.replace("<sub>", '<sub><span style="font-size:12px">').replace("</sub>", "</span></sub>")


def note(at: float, said: str, right: bool = False) -> dict[str, Any]:
    """Words on a level of a logarithmic vertical axis, at its left end or its right one, for Plotly's `annotations`."""
    side = "right" if right else "left"
    across = {"x": 0.99 if right else 0.01, "xref": "paper", "xanchor": side}
    return across | {"y": math.log10(at), "yanchor": "bottom", "showarrow": False, "text": said, "font": {"size": 13}}


def level(value: float, colour: str, axis: str = "x", dash: str = "dot") -> dict[str, Any]:
    """A straight line across the whole chart at a value of the axis, for Plotly's `shapes`."""
    other = "y" if axis == "x" else "x"
    ends = {f"{axis}0": value, f"{axis}1": value, f"{other}0": 0, f"{other}1": 1, f"{other}ref": "paper"}
    return {"type": "line", **ends, "line": {"color": colour, "width": 2, "dash": dash}}


def key(entries: Iterable[tuple[str, str, str]]) -> str:
    """One legend for several charts as HTML in the page's own text colour.

    Args:
        entries: (mark, colour, words); a mark is "open", "filled", "square", "solid", "dashed", "dotted" or "area".
    """
    parts = (
        f'<span><i style="{_MARKS[mark].format(colour=colour, faint=faint(colour))}"></i>{html.escape(words)}</span>'
        for mark, colour, words in entries
    )
    return f'<div class="nn-key">{"".join(parts)}</div>'


def faint(colour: str, opacity: float = 0.2) -> str:
    """A colour, #rrggbb, as a see-through one; any other colour as it is."""
    if not colour.startswith("#"):
        return colour
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
