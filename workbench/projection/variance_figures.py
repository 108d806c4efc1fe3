"""Variance along channels as maps and histograms, as plain functions: arrays in, Plotly figures out.

Knows no Streamlit. Maps are (H, W) and cover the whole image; conventions as in `workbench.shared.pictures`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.projection import words
from workbench.shared import charts, pictures, theme, units
from workbench.shared.pictures import Scale

COLOUR_MAP = "viridis"
"""Of variances: not the one of scores, so that nobody takes one for the other."""
BINS = 32

_FLOOR = 1e-9
_MAP_SIDE, _MAP_SIDE_TOUCH = 424, 166  # longest side of a map in pixels; two stand side by side on a phone


def brought(variance: np.ndarray, way: str) -> np.ndarray:
    """Variances on a scale: "log", log10 of them; "linear", themselves; "relative", divided by their mean."""
    if way == "log":
        return np.log10(np.maximum(variance, _FLOOR))
    return variance / max(float(variance.mean()), _FLOOR) if way == "relative" else variance


def variance_scale(variances: Sequence[np.ndarray], way: str) -> Scale:
    """One colour scale that holds several variance maps, in the values that `brought` gives."""
    values = np.concatenate([brought(v, way).ravel() for v in variances])
    high = float(values.max())
    low = float(values.min()) if way == "log" else 0.0
    high = max(high, low + 1e-6)
    if way == "relative":
        ticks = {0.0: "0", high: units.number(high)} | ({1.0: "1 = own mean"} if high > 1.6 else {})
        return Scale(0.0, high, ticks, "variance divided by its own mean, no unit", COLOUR_MAP)
    middle = (low + high) / 2
    labels = {at: units.number(10**at if way == "log" else at) for at in (low, middle, high)}
    kind = "logarithmic" if way == "log" else "linear"
    labels[middle] += f"<br>squared feature units, {kind}"
    return Scale(low, high, labels, f"variance in squared feature units, {kind}", COLOUR_MAP)


def variance_figure(
    variance: np.ndarray, region: np.ndarray, shape: tuple[int, ...], scale: Scale, way: str, *, touch: bool = False
) -> go.Figure:
    """A variance map (H, W) over the image, with the flagged region (H, W) outlined.

    Args:
        shape: the image's, whose pixels the axes count.
        scale: as `variance_scale` gives it for this map and the one it is compared with.
        touch: a drag scrolls the page instead of zooming.
    """
    read = {
        "customdata": variance,
        "hovertemplate": "x %{x:.0f} px, y %{y:.0f} px<br>variance %{customdata:.3g}<extra></extra>",
    }
    return pictures.map_figure(
        brought(variance, way),
        shape,
        scale,
        touch=touch,
        told=read,
        over=[_outline(region, shape)] if region.any() else [],
        height=_height(shape, touch),
    )


def angle_scale(angles: Sequence[np.ndarray]) -> Scale:
    """One colour scale from 0 that holds several maps of angles in degrees."""
    high = max(1.0, *(float(one.max()) for one in angles))
    return Scale(0.0, high, {at: words.angle(at) for at in (0.0, high / 2, high)}, words.ANGLE_SCALE, COLOUR_MAP)


def angle_figure(angles: np.ndarray, shape: tuple[int, ...], scale: Scale, *, touch: bool = False) -> go.Figure:
    """A map of angles in degrees (H, W) between good parts, as large as `variance_figure`."""
    read = {"hovertemplate": words.ANGLE_TOLD}
    return pictures.map_figure(angles, shape, scale, touch=touch, told=read, height=_height(shape, touch))


def _height(shape: tuple[int, ...], touch: bool) -> int:
    side = _MAP_SIDE_TOUCH if touch else _MAP_SIDE
    return int(np.clip(round(side * shape[0] / shape[1]), side // 2, side))


def _outline(region: np.ndarray, shape: tuple[int, ...]) -> dict[str, object]:
    """The border of the region as straight lines along cell edges."""
    x, y = edges(region)
    return {
        "type": "scatter",
        "x": x * shape[1] / region.shape[1],
        "y": y * shape[0] / region.shape[0],
        "mode": "lines",
        "line": {"color": "rgb(255,255,255)", "width": 1.8},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def edges(region: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The border of a region of cells as line segments in cell units: x and y, segments parted by NaN."""
    padded = np.pad(region, 1)
    rows, columns = np.nonzero(padded[1:, 1:-1] != padded[:-1, 1:-1])  # edges that run along x
    y1, x1 = np.nonzero(padded[1:-1, 1:] != padded[1:-1, :-1])  # edges that run along y
    gap = np.full(len(rows) + len(x1), np.nan)
    x = np.stack([np.r_[columns, x1], np.r_[columns + 1, x1], gap], axis=1).ravel().astype(float)
    y = np.stack([np.r_[rows, y1], np.r_[rows, y1 + 1], gap], axis=1).ravel().astype(float)
    return x, y


def histogram_figure(variances: Mapping[str, np.ndarray], region: np.ndarray, way: str) -> go.Figure:
    """Histograms of variance maps, normal and flagged positions apart, as shares of each group. `variances`: symbol
    -> (H, W); the last one is drawn filled, the others dotted; `region`: flagged positions, bool (H, W)."""
    values = {name: brought(variance, way) for name, variance in variances.items()}
    together = np.concatenate([v.ravel() for v in values.values()])
    borders = np.linspace(float(together.min()), float(together.max()) + 1e-6, BINS + 1)
    groups = {"normal": (~region, theme.NORMAL), "flagged": (region, theme.ANOMALOUS)}
    *_, last = values
    traces = [
        _histogram(some[inside], borders, f"{name} {label}", colour, filled=name == last)
        for name, some in values.items()
        for label, (inside, colour) in groups.items()
        if inside.any()
    ]
    titles = {"log": "variance", "linear": "variance", "relative": "variance / own mean"}
    room = 0.03 * np.ptp(borders)
    x = charts.axis(titles[way], zeroline=False, range=[borders[0] - room, borders[-1] + room])
    if way == "log":
        powers = np.arange(np.ceil(borders[0]), np.floor(borders[-1]) + 1)
        if len(powers) < 2:
            powers = np.linspace(borders[0], borders[-1], 3)
        x |= {"tickvals": powers, "ticktext": [f"{10.0**p:.3g}" for p in powers]}
    y = charts.axis("% of positions", rangemode="tozero", nticks=5)
    return charts.chart(traces, 280, x=x, y=y, left=56)


def _histogram(values: np.ndarray, borders: np.ndarray, name: str, colour: str, *, filled: bool) -> dict[str, Any]:
    share = 100 * np.histogram(values, borders)[0] / len(values)
    return charts.scatter(
        x=np.r_[borders[0], borders],
        y=np.r_[0, share, 0],
        mode="lines",
        name=name,
        line={"color": colour, "width": 2 if filled else 1.6, "shape": "hv", "dash": "solid" if filled else "dot"},
        fill="tozeroy" if filled else None,
        fillcolor=charts.faint(colour),
        hoverinfo="skip",
    )
