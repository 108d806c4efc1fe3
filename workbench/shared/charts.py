"""The look of every chart: margins, legend, transparent ground, what a drag does. Knows no Streamlit.

>>> figure = chart([{"type": "bar", "x": [1, 2], "y": [3, 4]}], 240, x={"title": {"text": "epoch"}}, legend=True)
>>> figure.layout.height, figure.layout.showlegend
(240, True)

Fonts, text colours and grid lines are left to Streamlit's own Plotly theme, which follows light and dark. A figure is
made in one step: Plotly's add and update methods would cost a slider's answer several times the drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

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
"""For `st.plotly_chart`: a chart needs no buttons."""
PICTURE_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["toImage", "select2d", "lasso2d", "autoScale2d"],
}
"""Buttons of a picture: zoom, pan, in, out, back to the whole."""


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
    return go.Figure(list(traces), layout(height, xaxis=dict(x), yaxis=dict(y or {}), **more))


def names_axis(**more: Any) -> dict[str, Any]:
    """A vertical axis of names, the first one on top, as bars and dots have them."""
    return {"autorange": "reversed", "ticksuffix": "  ", "fixedrange": True} | more


def level(value: float, colour: str, axis: str = "x", dash: str = "dot") -> dict[str, Any]:
    """A straight line across the whole chart at a value of the axis, for Plotly's `shapes`."""
    other = "y" if axis == "x" else "x"
    ends = {f"{axis}0": value, f"{axis}1": value, f"{other}0": 0, f"{other}1": 1, f"{other}ref": "paper"}
    return {"type": "line", **ends, "line": {"color": colour, "width": 2, "dash": dash}}
