"""Charts of the Projection page as plain functions: arrays in, Plotly figures or HTML out. Knows no Streamlit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.shared import charts, theme

_MARKS = {
    "open": "width:10px;height:10px;border-radius:50%;border:2px solid {colour}",
    "filled": "width:12px;height:12px;border-radius:50%;background:{colour}",
    "dotted": "width:22px;border-top:2px dotted {colour}",
    "area": "width:22px;height:10px;border-top:2px solid {colour};background:{faint}",
}


@dataclass(frozen=True)
class Series:
    """One group of values before and after, a value per row of `change_figure`; NaN leaves a row out.

    Attributes:
        name: of the group, for the legend.
        colour: of its marks.
        before, after: (rows,).
        before_spread, after_spread: (rows,) standard deviations, drawn as bars, or None.
    """

    name: str
    colour: str
    before: np.ndarray
    after: np.ndarray
    before_spread: np.ndarray | None = None
    after_spread: np.ndarray | None = None


def change_figure(rows: Sequence[str], series: Sequence[Series], unit: str, *, log: bool = False) -> go.Figure:
    """Before and after as an open and a filled mark joined by a line, one row per scale and side.

    Args:
        rows: names, from the top.
        series: one line per row each.
        unit: what the axis counts.
        log: a logarithmic axis.
    """
    traces: list[dict[str, Any]] = []
    offsets = np.linspace(-0.17, 0.17, len(series)) if len(series) > 1 else [0.0]
    for group, offset in zip(series, offsets, strict=True):
        _add_series(traces, group, np.arange(len(rows)) + offset, rows)
    kind = {"type": "log", "dtick": 1, "exponentformat": "none"} if log else {"rangemode": "tozero"}
    x = {"title": {"text": unit, "standoff": 4}, "fixedrange": True, **kind}
    y = {
        "range": [len(rows) - 0.5, -0.5],
        "tickvals": list(range(len(rows))),
        "ticktext": list(rows),
        "fixedrange": True,
        "ticksuffix": " ",
        "zeroline": False,
        "showgrid": False,
    }
    return charts.chart(traces, 60 + 36 * len(rows), x=x, y=y)


def _add_series(traces: list[dict[str, Any]], group: Series, heights: np.ndarray, rows: Sequence[str]) -> None:
    joined_x = np.stack([group.before, group.after, np.full(len(heights), np.nan)], axis=1).ravel()
    joined_y = np.repeat(heights, 3)
    traces.append(
        scatter(
            x=joined_x,
            y=joined_y,
            mode="lines",
            line={"color": group.colour, "width": 2},
            opacity=0.45,
            hoverinfo="skip",
            showlegend=False,
        )
    )
    ends = (
        ("before", group.before, group.before_spread, "circle-open"),
        ("after", group.after, group.after_spread, "circle"),
    )
    for when, values, spread, symbol in ends:
        traces.append(
            scatter(
                x=values,
                y=heights,
                mode="markers",
                name=f"{group.name}, {when}",
                customdata=list(rows),
                marker={
                    "color": group.colour,
                    "size": 10,
                    "symbol": symbol,
                    "line": {"width": 2, "color": group.colour},
                },
                error_x=None
                if spread is None
                else {"array": spread, "thickness": 1.2, "width": 3, "color": group.colour},
                hovertemplate=f"%{{customdata}}, {group.name}<br>{when}: %{{x:.3g}}<extra></extra>",
            )
        )


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
            scatter(
                x=100 * steps,
                y=values,
                mode="lines",
                name=name,
                line={"color": colour, "width": 2},
                hovertemplate=f"{name}, %{{x:.0f}} % P: %{{y:.3g}}<extra></extra>",
            )
        )
        traces.append(
            scatter(
                x=[100 * t],
                y=[np.interp(t, steps, values)],
                mode="markers",
                showlegend=False,
                hoverinfo="skip",
                marker={"color": colour, "size": 11, "line": {"width": 1.5, "color": "white"}},
            )
        )
    x = {"title": {"text": "share of P in the blend, %", "standoff": 4}, "range": [-2, 102], "fixedrange": True}
    y = {"title": {"text": unit, "standoff": 8}, "rangemode": "tozero", "fixedrange": True, "nticks": 6}
    line = charts.level(100 * t, theme.THRESHOLD)
    return charts.chart(traces, 290, x=x, y=y, left=56, legend=True, shapes=[line])


def umap_figure(points: np.ndarray, flagged: np.ndarray, positions: Sequence[str]) -> go.Figure:
    """Embedded feature vectors (n, 2), flagged ones (bool (n,)) on top; `positions` is said under the pointer."""
    traces: list[dict[str, Any]] = []
    groups = (("normal", ~flagged, theme.NORMAL, "circle", 5), ("flagged", flagged, theme.ANOMALOUS, "diamond", 8))
    for name, chosen, colour, symbol, size in groups:
        if chosen.any():
            traces.append(
                scatter(
                    x=points[chosen, 0],
                    y=points[chosen, 1],
                    mode="markers",
                    name=name,
                    customdata=[positions[int(i)] for i in np.flatnonzero(chosen)],
                    marker={"color": colour, "symbol": symbol, "size": size, "opacity": 0.75, "line": {"width": 0}},
                    hovertemplate=f"{name}, %{{customdata}}<extra></extra>",
                )
            )
    axis = {"showticklabels": False, "showgrid": False, "zeroline": False, "fixedrange": True}
    x, y = (axis | {"title": {"text": f"UMAP {i} (no unit)", "standoff": 4}} for i in (1, 2))
    return charts.chart(traces, 360, x=x, y=y, left=24, legend=True)


def key(entries: Sequence[tuple[str, str, str]]) -> str:
    """One legend for several charts as HTML in the page's own text colour.

    Args:
        entries: (mark, colour, words); a mark is "open", "filled", "dotted" or "area".
    """
    parts = (
        f'<span style="white-space:nowrap;display:inline-flex;align-items:center;gap:0.4em">'
        f'<span style="{_MARKS[mark].format(colour=colour, faint=faint(colour))}"></span>{words}</span>'
        for mark, colour, words in entries
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:0.2em 1.2em;font-size:0.85rem">{"".join(parts)}</div>'


def change_key(groups: Iterable[str]) -> str:
    """The legend of the charts of before and after, as HTML, for some of the groups normal, flagged and defective."""
    entries = []
    for name in groups:
        colour = theme.NORMAL if name == "normal" else theme.ANOMALOUS
        entries += [("open", colour, f"{name}, before"), ("filled", colour, f"{name}, after")]
    return key(entries)


def scatter(**options: Any) -> dict[str, Any]:
    """A trace of marks or lines."""
    return {"type": "scatter", **options}


def faint(colour: str, opacity: float = 0.18) -> str:
    """A colour, #rrggbb, as a see-through one."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
