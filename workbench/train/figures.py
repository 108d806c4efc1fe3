"""Charts of a training run, as plain functions: numbers in, figures out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from workbench.shared import charts, theme
from workbench.shared.film_figures import epoch_axis, log_axis
from workbench.train import words

_HEIGHT = 170


@dataclass(frozen=True)
class Line:
    """One line of a chart: its `name`, `values` (NaN where there is none), `colour`, and whether it is `dashed`."""

    name: str
    values: Sequence[float]
    colour: str = theme.NORMAL
    dashed: bool = False


def curve_figure(
    epochs: Sequence[int], lines: Sequence[Line], *, log: bool = False, last: int | None = None
) -> go.Figure:
    """Values over epochs, small; the heading above it names the unit.

    Args:
        epochs: of the values.
        lines: each with a value per epoch.
        log: a logarithmic axis.
        last: the epoch at which the axis ends, so that curves beside each other have one axis; None: the last value's.
    """
    mode = "lines+markers" if len(epochs) < 3 else "lines"
    traces = [
        go.Scatter(
            x=list(epochs),
            y=list(line.values),
            mode=mode,
            name=line.name,
            line={"color": line.colour, "width": 2, "dash": "dash" if line.dashed else "solid"},
            connectgaps=True,
            hovertemplate=words.curve_told(line.name),
        )
        for line in lines
    ]
    every = np.concatenate([np.asarray(line.values, float) for line in lines])
    y = log_axis("", every) if log else {"rangemode": "tozero", "nticks": 4, "exponentformat": "e"}
    x = epoch_axis([*epochs, last or epochs[-1]]) | ({"range": [1, last]} if last and last > 1 else {})
    return charts.chart(traces, _HEIGHT, x=x, y=y, bottom=40)
