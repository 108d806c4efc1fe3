"""Charts of the what-ifs: numbers in, Plotly figures out. Knows no Streamlit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.ablations.whatif import words
from workbench.ablations.whatif.rows import Row
from workbench.shared import charts, theme, units

_FLOOR = 0.01  # thresholds; below it a score means nothing
_COLOURS = {True: theme.ANOMALOUS, False: theme.NORMAL, None: theme.THRESHOLD}


def rank_figure(scores: Sequence[float], energy: np.ndarray, chosen: int, before: float) -> go.Figure:
    """The score in thresholds over the rank of F_C, with the chosen rank, the threshold and the score as trained.

    Args:
        scores: at rank 1, 2, ...
        energy: share of F_C's energy that each rank keeps.
        chosen: rank.
        before: score as trained.
    """
    ranks = list(range(1, len(scores) + 1))
    line = charts.scatter(
        x=ranks,
        y=scores,
        mode="lines+markers",
        line={"color": theme.NORMAL, "width": 2},
        marker={"size": 6, "color": theme.NORMAL},
        customdata=[words.rank_told(*found) for found in zip(ranks, scores, energy, strict=True)],
        hovertemplate="%{customdata}<extra></extra>",
    )
    mark = charts.scatter(
        x=[chosen],
        y=[scores[chosen - 1]],
        mode="markers",
        hoverinfo="skip",
        marker={"color": theme.ANOMALOUS, "size": 14, "symbol": "diamond", "line": {"width": 1.5, "color": "white"}},
    )
    room = 0.03 * max(1, len(scores) - 1)
    levels = {words.THRESHOLD_LEVEL: (1.0, "dot"), words.TRAINED_LEVEL: (before, "dash")}
    named = {"x": 1, "xref": "paper", "xanchor": "right", "yanchor": "bottom", "showarrow": False, "font": {"size": 12}}
    return charts.chart(
        [line, mark],
        280,
        x=charts.axis(words.RANK_AXIS, nticks=12, tickformat="d", range=[1 - room, len(scores) + room]),
        y=charts.axis(words.SCORE_AXIS, range=[0, 1.12 * max([*scores, before, 1.0])]),
        left=52,
        shapes=[charts.level(at, theme.THRESHOLD, "y", dash) for at, dash in levels.values()],
        annotations=[named | {"y": at, "text": name} for name, (at, _) in levels.items()],
    )


def changes_figure(rows: Sequence[Row]) -> go.Figure:
    """Each picture's score before (hollow) and after (filled) in thresholds, on a logarithmic axis with 1 marked.

    Defective pictures stand above normal ones, each kind in its colour.
    """
    shown = sorted(rows, key=lambda row: ({True: 0, None: 1, False: 2}[row.defective], -row.before))
    places = [f"{index:02} {row.title}" for index, row in enumerate(shown)]  # no other picture has the same
    traces: list[dict[str, Any]] = []
    for kind, colour in _COLOURS.items():
        of_kind = [(place, row) for place, row in zip(places, shown, strict=True) if row.defective is kind]
        if of_kind:
            before, after = ([_shown(getattr(row, when)) for _, row in of_kind] for when in ("before", "after"))
            told = [[words.row_told(row) for _, row in of_kind]] * 2
            rows_of_kind, name = [place for place, _ in of_kind], words.KINDS[kind]
            traces += charts.dumbbells(before, after, rows_of_kind, colour, told, name=name, showlegend=True)
    down = charts.names_axis(
        autorange=True,
        categoryorder="array",
        categoryarray=places[::-1],
        automargin=True,
        tickvals=places,
        ticktext=[charts.wrapped(units.cut(row.title, 64), 28) for row in shown],
    )
    values = [_shown(v) for row in rows for v in (row.before, row.after)] + [1.0]
    across = charts.log_axis(words.LOG_SCORE_AXIS, values)
    line = charts.level(1, theme.THRESHOLD)
    return charts.chart(traces, 110 + 30 * len(rows), x=across, y=down, right=12, legend=True, shapes=[line])


def _shown(value: float) -> float:
    return max(value, _FLOOR)
