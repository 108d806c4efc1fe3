"""Charts of the variants side by side: numbers in, Plotly figures out. Knows no Streamlit."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from nnet.scoring.attribution import Attribution
from nnet.scoring.maps import MAPS
from workbench.ablations.variants import words
from workbench.shared import charts, theme, units, verdict_words

_SHADES = {"reverse": ("#8fbfe0", "#2a7fb8", "#174c70"), "forward": ("#f4b78f", "#e0702a", "#8f4210")}
"""Colours of the maps by branch: darker on coarser scales."""
_ORDER = ("M6", "M5", "M4", "M1", "M2", "M3")


def shares_figure(found: Mapping[str, Attribution]) -> go.Figure:
    """What each map adds to ln(score / normal level) at a pixel: a stacked bar per variant. `found`: title of a
    variant -> the parts of its score there."""
    names = list(found)
    bars = [_bar(name, found) for name in _ORDER if any(name in one.maps for one in found.values())]
    ends = [sum(max(0.0, part.contribution) for part in one.maps.values()) for one in found.values()]
    starts = [sum(min(0.0, part.contribution) for part in one.maps.values()) for one in found.values()]
    labels = charts.scatter(
        x=[max(0.0, end) for end in ends],
        y=names,
        mode="text",
        textposition="middle right",
        hoverinfo="skip",
        text=[
            f"  {verdict_words.times(one.whole.ratio) if one.whole.contribution > 0 else words.NOT_ABOVE}"
            for one in found.values()
        ],
        showlegend=False,
        cliponaxis=False,
    )
    low, high = min([*starts, 0.0]), max([*ends, 1.0])
    across = charts.axis(
        words.SHARES_AXIS, range=[1.05 * low, high + 0.45 * (high - low)], zeroline=True, zerolinecolor=theme.THRESHOLD
    )
    down = charts.names_axis(automargin=True, tickvals=names, ticktext=[charts.wrapped(name, 22) for name in names])
    height = 110 + 40 * len(names)
    return charts.chart([*bars, labels], height, x=across, y=down, legend=True, barmode="relative", bargap=0.4)


def _bar(name: str, found: Mapping[str, Attribution]) -> dict[str, Any]:
    present = {title: one.maps[name] for title, one in found.items() if name in one.maps}
    return charts.bar(
        x=[part.contribution for part in present.values()],
        y=list(present),
        orientation="h",
        name=name,
        marker={"color": _SHADES[MAPS[name].branch][MAPS[name].scale], "line": {"width": 0}},
        customdata=[
            (verdict_words.share(part.share), verdict_words.times(part.ratio), units.number(part.value))
            for part in present.values()
        ],
        hovertemplate=f"%{{y}}<br>{name}: %{{customdata[0]}} of the log score, %{{customdata[1]}} its normal level "
        "(%{customdata[2]})<extra></extra>",
    )
