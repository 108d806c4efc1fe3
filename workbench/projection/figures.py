"""Charts and pictures of the Projection page as plain functions: arrays in; Plotly figures or RGB arrays out.

Knows no Streamlit. Conventions as in `workbench.shared.pictures`; features are (C, H, W) and cover the whole image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from nnet.analysis.projection import mean_gates
from nnet.detector import Gate
from workbench.shared import pictures, text, theme
from workbench.shared.pictures import Scale

COLOUR_MAP = "viridis"
"""Of variances and features: not the one of scores, so that nobody takes one for the other."""
BEFORE = theme.THRESHOLD
BAND = (0.1, 0.9)
"""Quantiles over channels between which the band of a gate profile lies."""
BINS = 32
WAYS = ("log", "linear", "relative")
"""How variances are brought on a scale: logarithmic, linear, or each map divided by its own mean."""

_FLOOR = 1e-9
_TILE_SIDE = 200
_MAP_SIDE, _MAP_SIDE_TOUCH = 290, 166  # longest side of a map in pixels; two stand side by side on a phone
_MARKS = {
    "open": "width:10px;height:10px;border-radius:50%;border:2px solid {colour}",
    "filled": "width:12px;height:12px;border-radius:50%;background:{colour}",
    "dotted": "width:22px;border-top:2px dotted {colour}",
    "area": "width:22px;height:10px;border-top:2px solid {colour};background:{faint}",
}
_CLEAR = {"plot_bgcolor": "rgba(0,0,0,0)", "paper_bgcolor": "rgba(0,0,0,0)"}
_LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom", "font": {"size": 12}}


@dataclass(frozen=True)
class Series:
    """One group of values before and after, a value per row of `change_figure`; NaN leaves a row out.

    Attributes:
        name: of the group, for the legend.
        colour: of its marks.
        before, after: (rows,).
        before_spread, after_spread: (rows,) standard deviations, drawn as bars, or None.
    """

    name: str
    colour: str
    before: np.ndarray
    after: np.ndarray
    before_spread: np.ndarray | None = None
    after_spread: np.ndarray | None = None


def change_figure(rows: Sequence[str], series: Sequence[Series], unit: str, *, log: bool = False) -> go.Figure:
    """Before and after as an open and a filled mark joined by a line, one row per scale and side.

    Args:
        rows: names, from the top.
        series: one line per row each.
        unit: what the axis counts.
        log: a logarithmic axis.
    """
    figure = _Sketch()
    offsets = np.linspace(-0.17, 0.17, len(series)) if len(series) > 1 else [0.0]
    for group, offset in zip(series, offsets, strict=True):
        _add_series(figure, group, np.arange(len(rows)) + offset, rows)
    figure.update_xaxes(title={"text": unit, "standoff": 4}, type="log" if log else "linear", fixedrange=True)
    if log:
        figure.update_xaxes(dtick=1, exponentformat="none")
    else:
        figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickvals=list(range(len(rows))),
        ticktext=list(rows),
        fixedrange=True,
        ticksuffix=" ",
        zeroline=False,
        showgrid=False,
    )
    return _chart(figure, 60 + 36 * len(rows), left=0, legend=False)


def _add_series(figure: _Sketch, group: Series, heights: np.ndarray, rows: Sequence[str]) -> None:
    joined_x = np.stack([group.before, group.after, np.full(len(heights), np.nan)], axis=1).ravel()
    joined_y = np.repeat(heights, 3)
    figure.add_scatter(
        x=joined_x,
        y=joined_y,
        mode="lines",
        line={"color": group.colour, "width": 2},
        opacity=0.45,
        hoverinfo="skip",
        showlegend=False,
    )
    ends = (
        ("before", group.before, group.before_spread, "circle-open"),
        ("after", group.after, group.after_spread, "circle"),
    )
    for when, values, spread, symbol in ends:
        figure.add_scatter(
            x=values,
            y=heights,
            mode="markers",
            name=f"{group.name}, {when}",
            customdata=list(rows),
            marker={"color": group.colour, "size": 10, "symbol": symbol, "line": {"width": 2, "color": group.colour}},
            error_x=None if spread is None else {"array": spread, "thickness": 1.2, "width": 3, "color": group.colour},
            hovertemplate=f"%{{customdata}}, {group.name}<br>{when}: %{{x:.3g}}<extra></extra>",
        )


# ----------------------------------------------------------------------------------------------- variance as maps


def brought(variance: np.ndarray, way: str) -> np.ndarray:
    """Variances on the scale of one of `WAYS`: log10 of them, themselves, or divided by their mean."""
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
        ticks = {0.0: "0", high: text.number(high)} | ({1.0: "1 = own mean"} if high > 1.6 else {})
        return Scale(0.0, high, ticks, "variance divided by its own mean, no unit", COLOUR_MAP)
    middle = (low + high) / 2
    labels = {at: text.number(10**at if way == "log" else at) for at in (low, middle, high)}
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
    side = _MAP_SIDE_TOUCH if touch else _MAP_SIDE
    told = {
        "customdata": variance,
        "hovertemplate": "x %{x:.0f} px, y %{y:.0f} px<br>variance %{customdata:.3g}<extra></extra>",
    }
    return pictures.map_figure(
        brought(variance, way),
        shape,
        scale,
        touch=touch,
        told=told,
        over=[_outline(region, shape)] if region.any() else [],
        height=int(np.clip(round(side * shape[0] / shape[1]), side // 2, side)),
    )


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
    """Histograms of variance maps, normal and flagged positions apart, as shares of each group.

    Args:
        variances: symbol -> (H, W); the last one is drawn filled, the others dotted.
        region: flagged positions, bool (H, W).
    """
    values = {name: brought(variance, way) for name, variance in variances.items()}
    together = np.concatenate([v.ravel() for v in values.values()])
    borders = np.linspace(float(together.min()), float(together.max()) + 1e-6, BINS + 1)
    groups = {"normal": (~region, theme.NORMAL), "flagged": (region, theme.ANOMALOUS)}
    figure = _Sketch()
    for number, (name, some) in enumerate(values.items(), 1):
        last = number == len(values)
        for label, (inside, colour) in groups.items():
            if inside.any():
                _add_histogram(figure, some[inside], borders, f"{name} {label}", colour, filled=last)
    titles = {"log": "variance", "linear": "variance", "relative": "variance / own mean"}
    figure.update_xaxes(title={"text": titles[way], "standoff": 4}, fixedrange=True, zeroline=False)
    if way == "log":
        powers = np.arange(np.ceil(borders[0]), np.floor(borders[-1]) + 1)
        if len(powers) < 2:
            powers = np.linspace(borders[0], borders[-1], 3)
        figure.update_xaxes(tickvals=powers, ticktext=[f"{10.0**p:.3g}" for p in powers])
    figure.update_yaxes(title={"text": "% of positions", "standoff": 4}, rangemode="tozero", fixedrange=True, nticks=5)
    figure.update_xaxes(range=[borders[0] - 0.03 * np.ptp(borders), borders[-1] + 0.03 * np.ptp(borders)])
    return _chart(figure, 280, legend=False)


def _add_histogram(
    figure: _Sketch, values: np.ndarray, borders: np.ndarray, name: str, colour: str, *, filled: bool
) -> None:
    share = 100 * np.histogram(values, borders)[0] / len(values)
    figure.add_scatter(
        x=np.r_[borders[0], borders],
        y=np.r_[0, share, 0],
        mode="lines",
        name=name,
        line={"color": colour, "width": 2 if filled else 1.6, "shape": "hv", "dash": "solid" if filled else "dot"},
        fill="tozeroy" if filled else None,
        fillcolor=_faint(colour),
        hoverinfo="skip",
    )


def _faint(colour: str, opacity: float = 0.18) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


# ---------------------------------------------------------------------------------------------------------- gates


def gates_figure(source: str, shape: tuple[int, ...], gate: Gate, channel: int, width: int) -> go.Figure:
    """The image with the gates along h at its right and along w under it, on shared axes.

    Each profile shows the mean over channels, a band from the 10 % to the 90 % quantile, and one channel.

    Args:
        source: the image as a data URI, any size, shown over the axes of `shape`.
        shape: the image's as given.
        channel: the one to draw.
        width: about the chart's width in pixels, which decides its height.
    """
    rows = (np.arange(gate.h.shape[1]) + 0.5) * shape[0] / gate.h.shape[1]
    columns = (np.arange(gate.w.shape[1]) + 0.5) * shape[1] / gate.w.shape[1]
    figure = _Sketch()
    _add_profile(figure, rows, gate.h, channel, upright=True)
    _add_profile(figure, columns, gate.w, channel, upright=False)
    # The profiles share the picture's own axes, so they stay aligned with it at every width.
    unit = {"range": [0, 1.02], "tickvals": [0, 0.5, 1], "fixedrange": True, "zeroline": False}
    layout = {
        "xaxis": {
            "range": [0, shape[1]],
            "domain": [0, 0.7],
            "constrain": "domain",
            "constraintoward": "right",
            "visible": False,
            "anchor": "y2",
            "fixedrange": True,
        },
        "yaxis": {
            "range": [shape[0], 0],
            "domain": [0.3, 1],
            "constrain": "domain",
            "constraintoward": "bottom",
            "visible": False,
            "scaleanchor": "x",
            "fixedrange": True,
        },
        "xaxis2": {**unit, "domain": [0.74, 1], "anchor": "y", "title": {"text": "gate h", "standoff": 2}},
        "yaxis2": {
            **unit,
            "domain": [0, 0.26],
            "anchor": "x",
            "title": {"text": "gate w", "standoff": 2},
            "side": "left",
        },
        "images": [
            {
                "source": source,
                "xref": "x",
                "yref": "y",
                "x": 0,
                "y": 0,
                "sizex": shape[1],
                "sizey": shape[0],
                "sizing": "stretch",
                "layer": "below",
            }
        ],
        "margin": {"l": 46, "r": 8, "t": 30, "b": 24},
    }
    inner = (width - 54) * np.clip(shape[0] / shape[1], 0.4, 1.3)
    return _chart(figure, round(inner) + 54, **layout)


def _add_profile(figure: _Sketch, at: np.ndarray, gate: np.ndarray, channel: int, *, upright: bool) -> None:
    side = at[-1] + at[0]  # of the image; at the borders the outermost gates are continued
    at = np.r_[0, at, side]
    gate = gate[:, np.r_[0, np.arange(gate.shape[1]), -1]]
    low, high = np.quantile(gate, BAND, axis=0)
    axes = {"xaxis": "x2", "yaxis": "y"} if upright else {"xaxis": "x", "yaxis": "y2"}

    def line(values: np.ndarray, places: np.ndarray, **options: object) -> None:
        x, y = (values, places) if upright else (places, values)
        figure.add_scatter(x=x, y=y, mode="lines", **axes, **options)

    line(
        np.r_[low, high[::-1]],
        np.r_[at, at[::-1]],
        fill="toself",
        fillcolor=_faint(theme.NORMAL, 0.22),
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
    figure = _Sketch()
    figure.add_scatter(
        x=np.arange(1, len(order) + 1),
        y=means[order],
        mode="lines",
        fill="tozeroy",
        customdata=order,
        fillcolor=_faint(theme.NORMAL, 0.25),
        line={"color": theme.NORMAL, "width": 2, "shape": "hvh"},
        hovertemplate="channel %{customdata}: mean gate %{y:.3f}<extra></extra>",
        showlegend=False,
    )
    figure.add_scatter(
        x=[rank + 1],
        y=[means[channel]],
        mode="markers",
        showlegend=False,
        marker={"color": theme.ANOMALOUS, "size": 12, "line": {"width": 1.5, "color": "white"}},
        hovertemplate=f"channel {channel}: %{{y:.3f}}<extra></extra>",
    )
    # The curve rises: above it there is room to the left, below it to the right.
    side = ("right", "bottom", 6) if rank > len(order) / 2 else ("left", "top", -6)
    label = {
        "x": rank + 1,
        "y": float(means[channel]),
        "text": f"channel {channel}",
        "showarrow": False,
        "xanchor": side[0],
        "yanchor": side[1],
        "yshift": side[2],
    }
    figure.update_xaxes(title={"text": "channels, most damped first", "standoff": 4}, fixedrange=True, showgrid=False)
    figure.update_yaxes(
        title={"text": "mean gate (no unit)", "standoff": 8},
        range=[0, 1.15 * max(float(means.max()), 0.05)],
        fixedrange=True,
    )
    return _chart(figure, 240, annotations=[label])


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


# ------------------------------------------------------------------------------------------------------- blending


def blend_figure(curves: Mapping[str, tuple[np.ndarray, str]], t: float, unit: str) -> go.Figure:
    """A quantity against the share t of P in the blend (1 - t) F + t P, with the chosen t marked.

    Args:
        curves: name -> (values at evenly spaced t from 0 to 1, colour).
        t: 0..1.
        unit: what the axis counts.
    """
    figure = _Sketch()
    for name, (values, colour) in curves.items():
        steps = np.linspace(0, 1, len(values))
        figure.add_scatter(
            x=100 * steps,
            y=values,
            mode="lines",
            name=name,
            line={"color": colour, "width": 2},
            hovertemplate=f"{name}, %{{x:.0f}} % P: %{{y:.3g}}<extra></extra>",
        )
        figure.add_scatter(
            x=[100 * t],
            y=[np.interp(t, steps, values)],
            mode="markers",
            showlegend=False,
            hoverinfo="skip",
            marker={"color": colour, "size": 11, "line": {"width": 1.5, "color": "white"}},
        )
    marked = {
        "type": "line",
        "x0": 100 * t,
        "x1": 100 * t,
        "y0": 0,
        "y1": 1,
        "yref": "y domain",
        "line": {"color": theme.THRESHOLD, "width": 1.5, "dash": "dot"},
    }
    figure.update_xaxes(title={"text": "share of P in the blend, %", "standoff": 4}, range=[-2, 102], fixedrange=True)
    figure.update_yaxes(title={"text": unit, "standoff": 8}, rangemode="tozero", fixedrange=True, nticks=6)
    return _chart(figure, 290, shapes=[marked])


# ----------------------------------------------------------------------------------------------------------- UMAP


def umap_figure(points: np.ndarray, flagged: np.ndarray, positions: Sequence[str]) -> go.Figure:
    """Embedded feature vectors (n, 2), flagged ones (bool (n,)) on top; `positions` is said under the pointer."""
    figure = _Sketch()
    groups = (("normal", ~flagged, theme.NORMAL, "circle", 5), ("flagged", flagged, theme.ANOMALOUS, "diamond", 8))
    for name, chosen, colour, symbol, size in groups:
        if chosen.any():
            figure.add_scatter(
                x=points[chosen, 0],
                y=points[chosen, 1],
                mode="markers",
                name=name,
                customdata=[positions[i] for i in np.flatnonzero(chosen)],
                marker={"color": colour, "symbol": symbol, "size": size, "opacity": 0.75, "line": {"width": 0}},
                hovertemplate=f"{name}, %{{customdata}}<extra></extra>",
            )
    axis = {"showticklabels": False, "showgrid": False, "zeroline": False, "fixedrange": True}
    figure.update_xaxes(title={"text": "UMAP 1 (no unit)", "standoff": 4}, **axis)
    figure.update_yaxes(title={"text": "UMAP 2 (no unit)", "standoff": 4}, **axis)
    return _chart(figure, 360, left=24)


class _Sketch:
    """A chart while it is put together. Plotly's own methods would check the whole chart anew at every step."""

    def __init__(self) -> None:
        self.traces: list[dict[str, object]] = []
        self.layout: dict[str, object] = {"xaxis": {}, "yaxis": {}}

    def add_scatter(self, **options: object) -> None:
        self.traces.append({"type": "scatter", **options})

    def update_xaxes(self, **options: object) -> None:
        self.layout["xaxis"].update(options)

    def update_yaxes(self, **options: object) -> None:
        self.layout["yaxis"].update(options)


def _chart(sketch: _Sketch, height: int, *, left: int = 56, legend: bool = True, **layout: object) -> go.Figure:
    """The finished chart; `left` is the room in pixels for the title and ticks of the y axis."""
    shared = {
        "height": height,
        "margin": {"l": left, "r": 10, "t": 30 if legend else 10, "b": 44},
        "legend": _LEGEND,
        "showlegend": legend,
        "dragmode": False,
    }
    return go.Figure(sketch.traces, sketch.layout | shared | _CLEAR | layout)


def key(entries: Sequence[tuple[str, str, str]]) -> str:
    """One legend for several charts as HTML in the page's own text colour.

    Args:
        entries: (mark, colour, words); a mark is "open", "filled", "dotted" or "area".
    """
    parts = (
        f'<span style="white-space:nowrap;display:inline-flex;align-items:center;gap:0.4em">'
        f'<span style="{_MARKS[mark].format(colour=colour, faint=_faint(colour))}"></span>{words}</span>'
        for mark, colour, words in entries
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:0.2em 1.2em;font-size:0.85rem">{"".join(parts)}</div>'
