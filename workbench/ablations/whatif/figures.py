"""Charts of the what-ifs: numbers in, Plotly figures out. Knows no Streamlit."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.ablations.whatif import words
from workbench.ablations.whatif.rows import Row
from workbench.shared import theme, units

_FLOOR = 0.01  # thresholds; below it a score means nothing
_BARE = {"plot_bgcolor": "rgba(0,0,0,0)", "paper_bgcolor": "rgba(0,0,0,0)", "dragmode": False}
_COLOURS = {True: theme.ANOMALOUS, False: theme.NORMAL, None: theme.THRESHOLD}


def rank_figure(scores: Sequence[float], energy: np.ndarray, chosen: int, before: float) -> go.Figure:
    """The score in thresholds over the rank of F_C, with the chosen rank, the threshold and the score as trained.

    Args:
        scores: at rank 1, 2, ...
        energy: share of F_C's energy that each rank keeps.
        chosen: rank.
        before: score as trained.
    """
    ranks = np.arange(1, len(scores) + 1)
    told = [
        f"{units.number(score)} thresholds, {units.percent(share)} of F_C's energy"
        for score, share in zip(scores, energy, strict=True)
    ]
    line = go.Scatter(
        x=ranks,
        y=scores,
        mode="lines+markers",
        line={"color": theme.NORMAL, "width": 2},
        marker={"size": 6, "color": theme.NORMAL},
        customdata=told,
        name="score",
        hovertemplate="rank %{x}: %{customdata}<extra></extra>",
    )
    mark = go.Scatter(
        x=[chosen],
        y=[scores[chosen - 1]],
        mode="markers",
        hoverinfo="skip",
        name="chosen rank",
        marker={"color": theme.ANOMALOUS, "size": 14, "symbol": "diamond", "line": {"width": 1.5, "color": "white"}},
    )
    top = 1.12 * max([*scores, before, 1.0])
    span = max(1, len(scores) - 1)
    layout = {
        "xaxis": {
            "title": {"text": words.RANK_AXIS, "standoff": 4},
            "fixedrange": True,
            "nticks": 12,
            "tickformat": "d",
            "range": [1 - 0.03 * span, len(scores) + 0.03 * span],
        },
        "yaxis": {"title": {"text": words.SCORE_AXIS, "standoff": 6}, "fixedrange": True, "range": [0, top]},
        "shapes": [_level(1.0, "dot"), _level(before, "dash")],
        "annotations": [_named(1.0, "threshold"), _named(before, words.BEFORE.lower())],
        "showlegend": False,
        "height": 280,
        "margin": {"l": 52, "r": 8, "t": 12, "b": 44},
    }
    return go.Figure([line, mark], layout | _BARE)


def _level(at: float, dash: str) -> dict[str, object]:
    return {
        "type": "line",
        "x0": 0,
        "x1": 1,
        "xref": "x domain",
        "y0": at,
        "y1": at,
        "line": {"color": theme.THRESHOLD, "width": 1.5, "dash": dash},
    }


def _named(at: float, words: str) -> dict[str, object]:
    return {
        "x": 1,
        "xref": "x domain",
        "xanchor": "right",
        "y": at,
        "yanchor": "bottom",
        "text": words,
        "showarrow": False,
        "font": {"size": 12},
    }


def changes_figure(rows: Sequence[Row]) -> go.Figure:
    """Each picture's score before (hollow) and after (filled) in thresholds, on a logarithmic axis with 1 marked.

    Defective pictures stand above normal ones, each kind in its colour.
    """
    shown = sorted(rows, key=lambda row: ({True: 0, None: 1, False: 2}[row.defective], -row.before))
    names = [_place(index, row) for index, row in enumerate(shown)]
    traces: list[go.Scatter] = []
    for kind, colour in _COLOURS.items():
        of_kind = [(name, row) for name, row in zip(names, shown, strict=True) if row.defective is kind]
        if of_kind:
            traces += _dumbbells(of_kind, words.KINDS[kind], colour)
    values = [_shown(v) for row in rows for v in (row.before, row.after)] + [1.0]
    low, high = math.log10(min(values)), math.log10(max(values))
    margin = 0.06 * (high - low) + 0.02
    layout = {
        "xaxis": {
            "type": "log",
            "title": {"text": f"{words.SCORE_AXIS} (logarithmic)", "standoff": 4},
            "range": [low - margin, high + margin],
            "fixedrange": True,
            "exponentformat": "none",
            "nticks": 6,
            "minor": {"dtick": "D1"},
        },
        "yaxis": {
            "categoryorder": "array",
            "categoryarray": names[::-1],
            "fixedrange": True,
            "automargin": True,
            "ticksuffix": "  ",
            "tickvals": names,
            "ticktext": [_cut(row.title) for row in shown],
        },
        "shapes": [
            {
                "type": "line",
                "x0": 1,
                "x1": 1,
                "y0": 0,
                "y1": 1,
                "yref": "y domain",
                "line": {"color": theme.THRESHOLD, "width": 2, "dash": "dot"},
            }
        ],
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "height": 110 + 24 * len(rows),
        "margin": {"l": 0, "r": 12, "t": 30, "b": 44},
    }
    return go.Figure(traces, layout | _BARE)


def _dumbbells(rows: Sequence[tuple[str, Row]], name: str, colour: str) -> list[go.Scatter]:
    told = [words.row_told(row) for _, row in rows]
    lines = go.Scatter(
        x=[v for _, row in rows for v in (_shown(row.before), _shown(row.after), None)],
        y=[v for place, _ in rows for v in (place, place, None)],
        mode="lines",
        line={"color": colour, "width": 2},
        hoverinfo="skip",
        showlegend=False,
        opacity=0.6,
    )
    hollow, filled = (
        go.Scatter(
            x=[_shown(getattr(row, when)) for _, row in rows],
            y=[place for place, _ in rows],
            mode="markers",
            name=name,
            showlegend=when == "after",
            customdata=told,
            marker={"color": colour, "size": 11, "symbol": symbol, "line": {"width": 1.5, "color": colour}},
            hovertemplate="%{customdata}<extra></extra>",
        )
        for when, symbol in (("before", "circle-open"), ("after", "circle"))
    )
    return [lines, hollow, filled]


def _place(index: int, row: Row) -> str:
    """A name for the axis that no other picture has."""
    return f"{index:02} {row.title}"


def _cut(title: str, most: int = 34) -> str:
    return title if len(title) <= most else f"{title[: most - 1]}…"


def _shown(value: float) -> float:
    return max(value, _FLOOR)
