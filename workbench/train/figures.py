"""Charts of a training run, and pictures of what a model looks at, as plain functions: arrays in, figures out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from nnet.data.framing import Advice
from workbench.shared import charts, theme
from workbench.shared.film_figures import epoch_axis, log_axis
from workbench.train import words

_HEIGHT, _SEEN = 170, 160


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
        charts.scatter(
            x=list(epochs),
            y=list(line.values),
            mode=mode,
            name=line.name,
            line={"color": line.colour, "width": 2, "dash": "dash" if line.dashed else "solid"},
            connectgaps=True,
            hovertemplate=words.CURVE_TOLD.format(name=line.name),
        )
        for line in lines
    ]
    every = np.concatenate([np.asarray(line.values, float) for line in lines])
    y = log_axis("", every) if log else {"rangemode": "tozero", "nticks": 4, "exponentformat": "e"}
    x = epoch_axis([*epochs, last or epochs[-1]]) | ({"range": [1, last]} if last and last > 1 else {})
    return charts.chart(traces, _HEIGHT, x=x, y=y, bottom=40)


def defect_as_seen(image: np.ndarray, found: Advice) -> tuple[np.ndarray, np.ndarray]:
    """The middle of a picture with a small dark defect as it is, and as the network's input holds it: (160, 160, 3)."""
    reach = 3 * found.defect
    row, column = (max(side // 2, reach) for side in image.shape[:2])
    part = image[row - reach : row + reach, column - reach : column + reach].copy()
    y, x = np.ogrid[: part.shape[0], : part.shape[1]]
    part[(y - reach) ** 2 + (x - reach) ** 2 <= (found.defect / 2) ** 2] //= 3
    picture = Image.fromarray(part)
    left = max(1, round(2 * reach * found.shrunk / found.defect))
    small = picture.resize((left, left), Image.Resampling.BILINEAR)
    as_it_is = np.asarray(picture.resize((_SEEN, _SEEN), Image.Resampling.BILINEAR))
    return as_it_is, np.asarray(small.resize((_SEEN, _SEEN), Image.Resampling.NEAREST))
