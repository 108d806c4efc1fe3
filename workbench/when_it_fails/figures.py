"""Charts of the page: numbers in, figures out. Knows no Streamlit."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.shared import charts, theme
from workbench.shared.film_figures import epoch_axis, log_axis

_HEIGHT = 470


def course(epochs: Sequence[int], values: Sequence[float]) -> go.Figure:
    """A loss over the epochs, on a logarithmic axis."""
    stroke = {"color": theme.FORWARD, "width": 3}
    line = charts.scatter(x=list(epochs), y=list(values), mode="lines+markers", line=stroke)
    y = log_axis("L<sub>KD</sub>", np.asarray(values, float))
    return charts.chart([line], _HEIGHT, x=epoch_axis(epochs), y=y, bottom=40)
