"""Pictures and the chart of a training film, as plain functions: arrays in, figures and bytes out."""

import base64
import html
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from nnet.scoring.overlay import overlay, paint
from workbench.shared import charts, theme
from workbench.shared import film_words as words
from workbench.shared.pictures import Scale

PAINTED = "#b8860b"
"""Damage that was painted on: neither a normal image nor a real defect."""
KIND_COLOURS = {"normal": theme.NORMAL, "defective": theme.ANOMALOUS, "painted": PAINTED}
HEAT_SIDE = 128
"""Side of a score map in the film, in pixels; it is smooth, so nothing is lost."""
PHOTO_SIDE = 384
"""Side of a pinned image in the browser, at the most."""
_SCORES_HEIGHT = 300


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

    The unit is the last epoch's threshold, if it has one: one for all epochs, so that learning shows.

    Args:
        epochs: (e,).
        scores: (e, n), one column per pinned image.
        kinds, names: (n,) of the pinned images; see `nnet.runs.Probe`.
        held_out: (e, m) scores of held-out good images; m may be 0.
        levels: (e,) the threshold that they would give.
        chosen: the pinned image that is drawn thick.
    """
    unit = float(levels[-1]) if held_out.shape[1] and levels[-1] > 0 else 1.0
    raw, scores, held_out, levels = scores, scores / unit, held_out / unit, levels / unit
    every = np.concatenate([a.ravel() for a in (scores, held_out, levels)])
    floor = 0.5 * float(every[every > 0].min(initial=1.0))  # a logarithmic axis has no 0

    def line(values: np.ndarray, colour: str, width: float, dash: str = "solid", **more: object) -> dict[str, Any]:
        stroke, y = {"color": colour, "width": width, "dash": dash}, np.maximum(values, floor).tolist()
        return charts.scatter(x=epochs.tolist(), y=y, mode="lines", line=stroke) | more

    traces = []
    if held_out.shape[1]:
        told = words.LEVEL_TOLD
        fill = {"fill": "tonexty", "fillcolor": charts.faint(theme.NORMAL, 0.16)}
        traces += [
            line(held_out.min(axis=1), theme.NORMAL, 0, hoverinfo="skip"),
            line(held_out.max(axis=1), theme.NORMAL, 0, hoverinfo="skip", **fill),
            line(levels, theme.THRESHOLD, 2, "dot", name="threshold", hovertemplate=told),
        ]
    for index in sorted(range(len(kinds)), key=lambda index: index == chosen):  # the chosen one lies on top
        told = words.score_told(html.escape(names[index]))
        marks = {"mode": "lines+markers", "marker": {"size": 7 if index == chosen else 4}, "name": names[index]}
        colour = KIND_COLOURS.get(kinds[index], theme.NORMAL)
        width, values = 4 if index == chosen else 1.5, raw[:, index].tolist()
        probe = line(scores[:, index], colour, width, hovertemplate=told, customdata=values)
        traces.append(probe | marks | {"opacity": 1.0 if index == chosen else 0.75})
    y = log_axis(words.SCORE_AXIS, every)
    return charts.chart(traces, _SCORES_HEIGHT, x=epoch_axis(epochs.tolist()), y=y, bottom=40)


def epoch_axis(epochs: Sequence[int]) -> dict[str, object]:
    """Whole epochs only: where there are few, Plotly would set ticks between them."""
    few = {"dtick": 1} if len(epochs) and max(epochs) - min(epochs) < 10 else {"nticks": 8}
    return {"title": {"text": "epoch", "standoff": 4, "font": {"size": 12}}, "tickformat": "d", **few}


def log_axis(title: str, values: np.ndarray) -> dict[str, object]:
    positive = values[np.isfinite(values) & (values > 0)]
    return charts.log_axis(title, positive if positive.size else [1.0], automargin=True)


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
    steps = np.linspace(0, 1, 256, dtype=np.float32)
    shades = np.round(255 * positions).astype(np.uint8).reshape(-1, side)
    picture = Image.fromarray(shades, "P")
    picture.putpalette(paint(steps[None], scales[0].colour_map).tobytes())
    stream, clear = io.BytesIO(), np.round(255 * (opacity or 0) * np.minimum(1, 2 * steps)).astype(np.uint8).tobytes()
    seen = {} if opacity is None else {"transparency": clear}
    picture.save(stream, "PNG", compress_level=6, **seen)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def resized(frame: np.ndarray, side: int) -> np.ndarray:
    """A map (h, w) brought to (side, side) by bilinear interpolation, float32."""
    return np.asarray(Image.fromarray(frame.astype(np.float32)).resize((side, side), Image.Resampling.BILINEAR))


def outlined(image: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """The pinned image with the edge of its defect, where it is known; enlarged, so that the line stays fine."""
    if mask is None:
        return image
    side = max(PHOTO_SIDE, image.shape[0])
    large = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))
    return overlay(large, mask.astype(np.float32), (0.0, 1.0), 0.0, edge=0.5)


def map_levels(maps: Mapping[str, np.ndarray], normal: Sequence[int]) -> dict[str, float]:
    """For each map the value that 99 % of the pinned normal images' pixels stay below (of all, where none is
    normal). `maps`: name -> (n, 64, 64); `normal`: indices of the normal ones."""
    rows = list(normal) or slice(None)
    return {name: max(1e-6, float(np.quantile(np.asarray(m, np.float32)[rows], 0.99))) for name, m in maps.items()}


def colour_key(kinds: Sequence[str], names: Mapping[str, str], has_band: bool) -> str:
    """What the colours of `scores_figure` mean, as HTML; `names` are those of the kinds, "range" and "threshold"."""
    marks = [("square", colour, names[kind]) for kind, colour in KIND_COLOURS.items() if kind in kinds]
    if has_band:
        marks += [("area", theme.NORMAL, names["range"]), ("dotted", theme.THRESHOLD, names["threshold"])]
    return charts.key(marks)
