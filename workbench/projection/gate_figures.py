"""Gates, channels and features as pictures and charts, as plain functions: arrays in; Plotly figures or RGB arrays out.

Knows no Streamlit. Features are (C, H, W) and cover the whole image; conventions as in `workbench.shared.pictures`.
"""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from nnet.analysis.projection import mean_gates
from nnet.detector import Gate
from workbench.shared import charts, pictures, theme
from workbench.shared.pictures import Scale

COLOUR_MAP = "viridis"
"""Of features: not the one of scores, so that nobody takes one for the other."""
BAND = (0.1, 0.9)
"""Quantiles over channels between which the band of a gate profile lies."""

_TILE_SIDE = 200


def gates_width(touch: bool) -> int:
    """How wide `gates_figure` is drawn in pixels, on a phone and elsewhere."""
    return 350 if touch else 460


def gates_figure(source: str, shape: tuple[int, ...], gate: Gate, channel: int | None, width: int) -> go.Figure:
    """The image with the gates along h at its right and along w under it, on shared axes.

    Each profile shows the mean over channels, a band from the 10 % to the 90 % quantile, and one channel if given.

    Args:
        source: the image as a data URI, any size, shown over the axes of `shape`.
        shape: the image's as given.
        channel: the one to draw.
        width: about the chart's width in pixels, which decides its height.
    """
    rows = (np.arange(gate.h.shape[1]) + 0.5) * shape[0] / gate.h.shape[1]
    columns = (np.arange(gate.w.shape[1]) + 0.5) * shape[1] / gate.w.shape[1]
    traces: list[dict[str, Any]] = []
    _add_profile(traces, rows, gate.h, channel, upright=True)
    _add_profile(traces, columns, gate.w, channel, upright=False)
    inner = (width - 54) * np.clip(shape[0] / shape[1], 0.4, 1.3)
    # The profiles share the picture's own axes, so they stay aligned with it at every width.
    own = {"constrain": "domain", "visible": False, "fixedrange": True}
    x = {**own, "range": [0, shape[1]], "domain": [0, 0.7], "constraintoward": "right", "anchor": "y2"}
    y = {**own, "range": [shape[0], 0], "domain": [0.3, 1], "constraintoward": "bottom", "scaleanchor": "x"}
    unit = {"range": [0, 1.02], "tickvals": [0, 0.5, 1], "fixedrange": True, "zeroline": False}
    right = {**unit, "domain": [0.74, 1], "anchor": "y", "title": {"text": "gate h", "standoff": 2}}
    below = {**unit, "domain": [0, 0.26], "anchor": "x", "title": {"text": "gate w", "standoff": 2}, "side": "left"}
    image = pictures.layer_below(source, shape)
    margin = {"l": 46, "r": 8, "t": 30, "b": 24}
    more = {"xaxis2": right, "yaxis2": below, "images": [image], "margin": margin}
    return charts.chart(traces, round(inner) + 54, x=x, y=y, legend=True, **more)


def _add_profile(
    traces: list[dict[str, Any]], at: np.ndarray, gate: np.ndarray, channel: int | None, *, upright: bool
) -> None:
    side = at[-1] + at[0]  # of the image; at the borders the outermost gates are continued
    at = np.r_[0, at, side]
    gate = gate[:, np.r_[0, np.arange(gate.shape[1]), -1]]
    low, high = np.quantile(gate, BAND, axis=0)
    axes = {"xaxis": "x2", "yaxis": "y"} if upright else {"xaxis": "x", "yaxis": "y2"}

    def line(values: np.ndarray, places: np.ndarray, **options: object) -> None:
        x, y = (values, places) if upright else (places, values)
        traces.append(charts.scatter(x=x, y=y, mode="lines", **axes, **options))

    line(
        np.r_[low, high[::-1]],
        np.r_[at, at[::-1]],
        fill="toself",
        fillcolor=charts.faint(theme.NORMAL, 0.22),
        line={"width": 0},
        hoverinfo="skip",
        name="80 % of channels",
        showlegend=upright,
    )
    hover = "%{y:.0f} px: %{x:.3f}" if upright else "%{x:.0f} px: %{y:.3f}"
    line(
        gate.mean(axis=0),
        at,
        name="mean over channels",
        line={"color": theme.NORMAL, "width": 2.2},
        showlegend=upright,
        hovertemplate=f"mean, {hover}<extra></extra>",
    )
    if channel is not None:
        line(
            gate[channel],
            at,
            name=f"channel {channel}",
            line={"color": theme.ANOMALOUS, "width": 2.2},
            showlegend=upright,
            hovertemplate=f"channel {channel}, {hover}<extra></extra>",
        )


def damping_figure(gate: Gate, channel: int) -> go.Figure:
    """Mean gate of every channel, sorted from the most damped one, with one channel marked."""
    means = mean_gates(gate)
    order = np.argsort(means, kind="stable")
    rank = int(np.flatnonzero(order == channel)[0])
    traces: list[dict[str, Any]] = []
    traces.append(
        charts.scatter(
            x=np.arange(1, len(order) + 1),
            y=means[order],
            mode="lines",
            fill="tozeroy",
            customdata=order,
            fillcolor=charts.faint(theme.NORMAL, 0.25),
            line={"color": theme.NORMAL, "width": 2, "shape": "hvh"},
            hovertemplate="channel %{customdata}: mean gate %{y:.3f}<extra></extra>",
            showlegend=False,
        )
    )
    traces.append(
        charts.scatter(
            x=[rank + 1],
            y=[means[channel]],
            mode="markers",
            showlegend=False,
            marker={"color": theme.ANOMALOUS, "size": 12, "line": {"width": 1.5, "color": "white"}},
            hovertemplate=f"channel {channel}: %{{y:.3f}}<extra></extra>",
        )
    )
    # The curve rises: above it there is room to the left, and below it to the right where it is high.
    low = means[channel] < 0.25 * means.max()  # below the mark is the axis
    side = ("right", "bottom", 6) if rank > len(order) / 2 else ("left", "bottom", 8) if low else ("left", "top", -6)
    label = {
        "x": rank + 1,
        "y": float(means[channel]),
        "text": f"channel {channel}",
        "showarrow": False,
        "xanchor": side[0],
        "yanchor": side[1],
        "yshift": side[2],
    }
    x = charts.axis("channels, most damped first", showgrid=False)
    top = 1.15 * max(float(means.max()), 0.05)
    y = charts.axis("mean gate (no unit)", range=[0, top], automargin=True)
    return charts.chart(traces, 240, x=x, y=y, left=56, annotations=[label])


def channel_tile(before: np.ndarray, after: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """One channel (H, W) before and after, side by side on one colour scale: uint8 RGBA with a clear gap between."""
    low, high = float(min(before.min(), after.min())), float(max(before.max(), after.max()))
    scale = Scale(low, high, {}, "", COLOUR_MAP)
    size = pictures.fitted(shape, _TILE_SIDE)[::-1]
    tiles = [_enlarged(pictures.colourised(m, scale), size) for m in (before, after)]
    solid = [np.dstack([tile, np.full(tile.shape[:2], 255, np.uint8)]) for tile in tiles]
    gap = np.zeros((size[1], 10, 4), np.uint8)
    return np.concatenate([solid[0], gap, solid[1]], axis=1)


def feature_picture(rgb: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Colours (H, W, 3) at feature resolution as a picture in the image's proportions, cells left visible."""
    factor = 480 / max(shape[:2])
    return _enlarged(rgb, (max(1, round(shape[1] * factor)), max(1, round(shape[0] * factor))))


def _enlarged(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).resize(size, Image.Resampling.NEAREST))
