"""Charts of the variants side by side: numbers in, Plotly figures out. Knows no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from nnet.scoring.attribution import Attribution
from nnet.scoring.maps import MAPS
from workbench.ablations.variants import words
from workbench.shared import theme, units, verdict_words

_SHADES = {"reverse": ("#8fbfe0", "#2a7fb8", "#174c70"), "forward": ("#f4b78f", "#e0702a", "#8f4210")}
"""From the fine to the coarse scale."""
_ORDER = ("M1", "M2", "M3", "M6", "M5", "M4")


def map_colour(name: str) -> str:
    """A map's colour: its branch's hue, darker on coarser scales."""
    return _SHADES[MAPS[name].branch][MAPS[name].scale]


def shares_figure(found: Mapping[str, Attribution]) -> go.Figure:
    """What each map adds to ln(score / normal level) at a pixel: a stacked bar per variant.

    Args:
        found: title of a variant -> the parts of its score there.
    """
    names = list(found)
    bars = [_bar(name, found) for name in _ORDER if any(name in one.maps for one in found.values())]
    ends = [sum(max(0.0, part.contribution) for part in one.maps.values()) for one in found.values()]
    starts = [sum(min(0.0, part.contribution) for part in one.maps.values()) for one in found.values()]
    labels = go.Scatter(
        x=[max(0.0, end) for end in ends],
        y=names,
        mode="text",
        textposition="middle right",
        hoverinfo="skip",
        text=[f"  {_label(one)}" for one in found.values()],
        showlegend=False,
        cliponaxis=False,
    )
    low, high = min([*starts, 0.0]), max([*ends, 1.0])
    layout = {
        "barmode": "relative",
        "bargap": 0.4,
        "xaxis": {
            "title": {"text": "ln(score / normal level), by map", "standoff": 4},
            "fixedrange": True,
            "range": [1.05 * low, high + 0.45 * (high - low)],
            "zeroline": True,
            "zerolinecolor": theme.THRESHOLD,
        },
        "yaxis": {
            "autorange": "reversed",
            "fixedrange": True,
            "ticksuffix": "  ",
            "automargin": True,
            "tickvals": names,
            "ticktext": [_wrapped(name) for name in names],
        },
        "height": 110 + 40 * len(names),
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "traceorder": "normal",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "margin": {"l": 0, "r": 8, "t": 30, "b": 44},
        "dragmode": False,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "paper_bgcolor": "rgba(0,0,0,0)",
    }
    return go.Figure([*bars, labels], layout)


def _bar(name: str, found: Mapping[str, Attribution]) -> go.Bar:
    present = {title: one.maps[name] for title, one in found.items() if name in one.maps}
    return go.Bar(
        x=[part.contribution for part in present.values()],
        y=list(present),
        orientation="h",
        name=name,
        marker={"color": map_colour(name), "line": {"width": 0}},
        customdata=[
            (verdict_words.share(part.share), verdict_words.times(part.ratio), units.number(part.value))
            for part in present.values()
        ],
        hovertemplate=f"%{{y}}<br>{name}: %{{customdata[0]}} of the log score, %{{customdata[1]}} its normal level "
        "(%{customdata[2]})<extra></extra>",
    )


def _label(found: Attribution) -> str:
    return verdict_words.times(found.whole.ratio) if found.whole.contribution > 0 else words.NOT_ABOVE


def _wrapped(name: str, width: int = 22) -> str:
    """A long name in two lines or more."""
    lines = [""]
    for word in name.split(" "):
        joined = f"{lines[-1]} {word}".strip()
        lines = [*lines[:-1], joined] if len(joined) <= width or not lines[-1] else [*lines, word]
    return "<br>".join(lines)
