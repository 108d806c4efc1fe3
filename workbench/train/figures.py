"""Charts of a training run and the pictures of its film, as plain functions: arrays in, figures and bytes out."""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from nnet.scoring.overlay import overlay, stops
from workbench.shared import charts, pictures, theme
from workbench.shared.pictures import Scale

PAINTED = "#b8860b"
"""Damage that was painted on: neither a normal image nor a real defect."""
KIND_COLOURS = {"normal": theme.NORMAL, "defective": theme.ANOMALOUS, "painted": PAINTED}
HEAT_SIDE = 128
"""Side of a score map in the film, in pixels; it is smooth, so nothing is lost."""
PHOTO_SIDE = 384
"""Side of a pinned image in the browser, at the most."""
_HEIGHT, _SCORES_HEIGHT = 170, 300


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
    few = len(epochs) < 3
    traces = [
        go.Scatter(
            x=list(epochs),
            y=list(line.values),
            mode="lines+markers" if few else "lines",
            name=line.name,
            line={"color": line.colour, "width": 2, "dash": "dash" if line.dashed else "solid"},
            connectgaps=True,
            hovertemplate=f"{line.name}<br>epoch %{{x}}: %{{y:.4g}}<extra></extra>",
        )
        for line in lines
    ]
    every = np.concatenate([np.asarray(line.values, float) for line in lines])
    axis = _log_axis(every) if log else {"rangemode": "tozero", "nticks": 4, "exponentformat": "e"}
    x = _epoch_axis([*epochs, last or epochs[-1]]) | ({"range": [1, last]} if last and last > 1 else {})
    return charts.chart(traces, _HEIGHT, x=x, y=axis, bottom=40)


def scores_figure(
    epochs: np.ndarray,
    scores: np.ndarray,
    kinds: Sequence[str],
    names: Sequence[str],
    held_out: np.ndarray,
    levels: np.ndarray,
    chosen: int,
) -> go.Figure:
    """Each pinned image's score over the epochs, with the held-out good images as a band and their threshold dotted.

    Args:
        epochs: (e,).
        scores: (e, n), one column per pinned image.
        kinds, names: (n,) of the pinned images; see `nnet.runs.Probe`.
        held_out: (e, m) scores of held-out good images; m may be 0.
        levels: (e,) the threshold that they would give.
        chosen: the pinned image that is drawn thick.
    """
    floor = _floor(scores, held_out, levels)
    x = epochs.tolist()
    traces = []
    if held_out.shape[1]:
        low, high = (np.maximum(edge, floor).tolist() for edge in (held_out.min(axis=1), held_out.max(axis=1)))
        traces += [
            go.Scatter(x=x, y=low, mode="lines", line={"width": 0}, hoverinfo="skip"),
            go.Scatter(
                x=x,
                y=high,
                mode="lines",
                line={"width": 0},
                fill="tonexty",
                fillcolor="rgba(42,127,184,0.16)",
                hoverinfo="skip",
            ),
            go.Scatter(
                x=x,
                y=np.maximum(levels, floor).tolist(),
                mode="lines",
                name="threshold",
                line={"color": theme.THRESHOLD, "width": 2, "dash": "dot"},
                hovertemplate="threshold at epoch %{x}: %{y:.3g}<extra></extra>",
            ),
        ]
    for index in sorted(range(len(kinds)), key=lambda index: index == chosen):  # the chosen one lies on top
        traces.append(
            go.Scatter(
                x=x,
                y=np.maximum(scores[:, index], floor).tolist(),
                mode="lines+markers",
                name=names[index],
                line={"color": KIND_COLOURS.get(kinds[index], theme.NORMAL), "width": 4 if index == chosen else 1.5},
                marker={"size": 7 if index == chosen else 4},
                opacity=1.0 if index == chosen else 0.75,
                hovertemplate=f"{html.escape(names[index])}<br>epoch %{{x}}: score %{{y:.3g}}<extra></extra>",
            )
        )
    y = _log_axis(np.concatenate([a.ravel() for a in (scores, held_out, levels)]))
    y |= {"title": {"text": "image score (logarithmic, no unit)", "standoff": 6}}
    return charts.chart(traces, _SCORES_HEIGHT, x=_epoch_axis(x), y=y, bottom=40)


def _epoch_axis(epochs: Sequence[int]) -> dict[str, object]:
    """Whole epochs only: where there are few, Plotly would set ticks between them."""
    few = {"dtick": 1} if len(epochs) and max(epochs) - min(epochs) < 10 else {"nticks": 8}
    return {"title": {"text": "epoch", "standoff": 4, "font": {"size": 12}}, "tickformat": "d", **few}


def _log_axis(values: np.ndarray) -> dict[str, object]:
    """A logarithmic axis with 1, 2 and 5 of each power of ten on it, or the powers alone where there are many."""
    positive = values[np.isfinite(values) & (values > 0)]
    low, high = (float(positive.min()), float(positive.max())) if positive.size else (1.0, 1.0)
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    steps = (1,) if len(powers) > 5 else (1, 2, 5)
    ticks = [step * 10.0**power for power in powers for step in steps]
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}


def _floor(*arrays: np.ndarray) -> float:
    """A logarithmic axis has no 0: what is not positive stands at half the lowest positive value."""
    positive = [array[array > 0].min() for array in arrays if (array > 0).any()]
    return 0.5 * float(min(positive, default=1.0))


# ---------------------------------------------------------------------------------------------------------- film


def strip(values: np.ndarray, scales: Sequence[Scale], side: int, opacity: float | None = None) -> str:
    """Frames below each other in one picture, as a data URI; a browser shows one at a time by moving it.

    Args:
        values: (e, h, w).
        scales: one per frame, of one colour map.
        side: of each frame in pixels; other sizes are interpolated.
        opacity: for frames that lie over a photo, 0..1 from the middle of the scale on and less in proportion below
            (as `nnet.scoring.overlay.overlay` does it); None for opaque ones.
    """
    positions = np.stack([scale.position(frame) for frame, scale in zip(values, scales, strict=True)])
    if positions.shape[1] != side:
        positions = np.stack([resized(frame, side) for frame in positions])
    shades = np.round(255 * positions).astype(np.uint8).reshape(-1, side)
    picture = Image.fromarray(shades, "P")
    picture.putpalette(_palette(scales[0].colour_map))
    stream = io.BytesIO()
    seen = {} if opacity is None else {"transparency": _transparency(opacity)}
    picture.save(stream, "PNG", compress_level=6, **seen)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def resized(frame: np.ndarray, side: int) -> np.ndarray:
    """A map (h, w) brought to (side, side) by bilinear interpolation, float32."""
    return np.asarray(Image.fromarray(frame.astype(np.float32)).resize((side, side), Image.Resampling.BILINEAR))


def _palette(colour_map: str) -> bytes:
    """256 colours: the map's stops, interpolated."""
    colours = np.asarray(stops(colour_map), float)
    places = np.linspace(0, len(colours) - 1, 256)
    channels = [np.interp(places, np.arange(len(colours)), colours[:, channel]) for channel in range(3)]
    return np.round(np.stack(channels, axis=1)).clip(0, 255).astype(np.uint8).tobytes()


def _transparency(opacity: float) -> bytes:
    return np.round(255 * opacity * np.minimum(1, 2 * np.linspace(0, 1, 256))).astype(np.uint8).tobytes()


def outlined(image: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """The pinned image with the edge of its defect, where it is known; enlarged, so that the line stays fine."""
    if mask is None:
        return image
    side = max(PHOTO_SIDE, image.shape[0])
    large = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))
    return overlay(large, mask.astype(np.float32), (0.0, 1.0), 0.0, edge=0.5)


def map_levels(maps: Mapping[str, np.ndarray], normal: Sequence[int]) -> dict[str, float]:
    """For each map the value that 99 % of the pinned normal images' pixels stay below (of all, where none is normal).

    Args:
        maps: name -> (n, 64, 64).
        normal: indices of the normal ones.
    """
    rows = list(normal) or slice(None)
    return {name: max(1e-6, float(np.quantile(np.asarray(m, np.float32)[rows], 0.99))) for name, m in maps.items()}


def photo_uri(image: np.ndarray) -> str:
    """A pinned image for the browser."""
    return pictures.data_uri(pictures.reduced(image, PHOTO_SIDE))


def colour_key(kinds: Sequence[str], names: Mapping[str, str], has_band: bool) -> str:
    """What the colours of `scores_figure` mean, as HTML in the page's own text colour."""
    shown = [(KIND_COLOURS[kind], names[kind]) for kind in ("normal", "defective", "painted") if kind in kinds]
    shown += [("rgba(42,127,184,0.25)", "range of held-out good images"), (theme.THRESHOLD, "threshold")] * has_band
    marks = "".join(
        f'<span style="white-space:nowrap"><span style="display:inline-block;width:0.8em;height:0.8em;margin-right:'
        f'0.4em;border-radius:2px;background:{colour}"></span>{name}</span>'
        for colour, name in shown
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:0.2rem 1.2rem;font-size:0.85rem">{marks}</div>'
