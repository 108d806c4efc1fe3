"""Pictures and charts that compare two scores of one image, of two models or two students. Knows no Streamlit."""

from typing import Any

import numpy as np
import plotly.colors
import plotly.graph_objects as go

from nnet.scoring.overlay import enlarge
from nnet.scoring.students import LIMIT
from workbench.shared import charts, theme, units, words
from workbench.shared.pictures import Scale
from workbench.shared.sides import Side

_FLOOR = 0.01  # of a normal level; below it a peak means nothing
_BLUE, _NEUTRAL, _ORANGE = (plotly.colors.hex_to_rgb(c) for c in (theme.REVERSE, "#969696", theme.FORWARD))


def peaks_figure(first: Side, second: Side) -> go.Figure:
    """Each map's peak under both models as two dots joined by a line, on a logarithmic axis with 1 marked.

    A map that only one of the two has shows one dot.
    """
    maps = sorted({*first.peaks, *second.peaks})
    joined = [name for name in maps if name in first.peaks and name in second.peaks]
    low, high = ([_shown(side.peaks[name]) for name in joined] for side in (first, second))
    dots = [_dots(first, maps, theme.NORMAL, "circle"), _dots(second, maps, theme.ANOMALOUS, "diamond")]
    x = charts.log_axis(words.PEAKS_AXIS, [1.0, *(_shown(v) for one in (first, second) for v in one.peaks.values())])
    y = charts.names_axis(autorange=True, categoryorder="array", categoryarray=maps[::-1])
    traces, height, level = (
        [charts.spans(joined, low, high, 2), *dots],
        110 + 30 * len(maps),
        charts.level(1, theme.THRESHOLD),
    )
    return charts.chart(traces, height, x=x, y=y, right=12, legend=True, shapes=[level])


def _dots(side: Side, maps: list[str], colour: str, symbol: str) -> dict[str, Any]:
    present = [name for name in maps if name in side.peaks]
    return charts.scatter(
        x=[_shown(side.peaks[name]) for name in present],
        y=present,
        mode="markers",
        name=side.name,
        marker={"color": colour, "size": 12, "symbol": symbol, "line": {"width": 1.5, "color": "white"}},
        customdata=[units.number(side.peaks[name]) for name in present],
        hovertemplate=words.PEAK_TOLD,
    )


def _shown(value: float) -> float:
    return max(value, _FLOOR)


# --------------------------------------------------------------------------------------------- scores side by side


def relative_scale(colour_map: str) -> Scale:
    """The scale of scores that are each divided by their own threshold, which is in the middle."""
    ticks = dict(zip((0.0, 1.0, 2.0), words.RELATIVE_TICKS, strict=True))
    return Scale(0.0, 2.0, ticks, words.RELATIVE_SCALE, colour_map)


def difference_colours(difference: np.ndarray) -> np.ndarray:
    """Differences as colours, uint8 (..., 3): blue at -LIMIT, grey at 0, orange at LIMIT.

    Blue and orange differ for every common kind of colour blindness, and grey between them reads on white and black.
    """
    position = np.clip(np.asarray(difference, np.float32) / LIMIT, -1, 1)[..., None]
    ends = np.where(position < 0, _BLUE, _ORANGE)
    return np.rint(_NEUTRAL + np.abs(position) * (ends - np.array(_NEUTRAL))).astype(np.uint8)


def difference_overlay(image: np.ndarray, difference: np.ndarray, opacity: float) -> np.ndarray:
    """The image in grey, uint8 (H, W, 3), with the difference's colours on it, fainter where it is small."""
    values = enlarge(difference, image.shape[:2])
    grey = np.repeat((image @ np.array((0.299, 0.587, 0.114)))[..., None], 3, axis=2)
    alpha = opacity * np.clip(np.abs(values) / (LIMIT / 2), 0, 1)[..., None]
    return np.rint((1 - alpha) * grey + alpha * difference_colours(values)).astype(np.uint8)


def difference_gradient() -> str:
    """The colours of `difference_colours` as a CSS background, low on the left."""
    colours = ", ".join(plotly.colors.label_rgb(colour) for colour in (_BLUE, _NEUTRAL, _ORANGE))
    return f"linear-gradient(to right, {colours})"
