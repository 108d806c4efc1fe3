"""Pictures and charts of the Memory page as plain functions: arrays in; RGB(A) arrays, Plotly figures or HTML out.

Nothing here knows Streamlit. Items are numbered from 0 in arrays and from 1 in what people read. Maps over the
positions of F_3 are (H, W), weights (H, W, N) or, of one position, (N,).
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from nnet.scoring.overlay import colour_table
from workbench.memory import words
from workbench.memory.recall import Embedding
from workbench.shared import pictures, text, theme
from workbench.shared.pictures import Scale

PHOTO_SIDE = 420
"""Longest side of a photograph sent to the browser, in pixels."""
BARS = 14
"""Items in the bar chart of one patch."""

BEFORE = "#9aa4b1"
"""What was before a change, in charts: a neutral grey that reads on white and on black."""
ITEM = "#7a5aa6"
"""Memory items, where they stand beside normal (blue) and flagged (orange) patches."""

_MIDDLE = (30, 35, 42)
_WEIGHT = (255, 190, 50)
_CHANGE_STEPS = (0.02, 0.1, 0.5, 2.0)
_TRANSPARENT = "rgba(0,0,0,0)"


# ------------------------------------------------------------------------------------------------------- pictures


def photo_uri(image: np.ndarray, side: int = PHOTO_SIDE) -> str:
    """A uint8 (H, W, 3) image as a small JPEG in a data URI."""
    return pictures.photo_uri(pictures.reduced(image, side))


def entropy_scale(items: int) -> Scale:
    """The fixed scale of addressing entropy: 0 to ln N nats."""
    top = math.log(items)
    ticks = {0.0: "0: one item", top / 2: f"{top / 2:.2f} nats", top: f"{top:.2f} = ln {items}"}
    return Scale(0.0, top, ticks, "entropy in nats", "viridis")


def distance_scale(top: float) -> Scale:
    """The scale of 1 - cos from 0 to `top`."""
    return Scale(0.0, top, {0.0: "0: same", top: f"≥ {text.number(top)}"}, "1 − cos", "magma")


def change_scale(change: np.ndarray) -> Scale:
    """The scale of a change of F'_3, whose top is the first of a few steps that holds all values."""
    largest = float(change.max())
    return distance_scale(next((top for top in _CHANGE_STEPS if largest <= top), _CHANGE_STEPS[-1]))


def weight_bar() -> str:
    """The colour bar of `weight_cells`, as HTML. Its middle is a weight of 0.25."""
    colour = ",".join(map(str, _WEIGHT))
    ticks = "".join(f"<span>{label}</span>" for label in ("0: not used", "0.25", "1: alone"))
    return (
        '<div role="img" aria-label="Colour scale: addressing weight" style="font-size:0.8rem;max-width:30rem">'
        f'<div style="height:10px;border-radius:3px;background:linear-gradient(to right,rgba({colour},0),'
        f'rgba({colour},0.95)),#5a626d"></div>'
        f'<div style="display:flex;justify-content:space-between;margin-top:4px">{ticks}</div></div>'
    )


def item_colours(places: np.ndarray) -> np.ndarray:
    """A colour for each item from its place 0..1 among similar ones, uint8 (N, 3): similar items look similar."""
    return colour_table("viridis")[np.rint(np.clip(places, 0, 1) * 255).astype(int)]


def weight_cells(weights: np.ndarray) -> np.ndarray:
    """One item's weights (H, W) as see-through amber, uint8 (H, W, 4): clear at 0, nearly opaque at 1.

    Opacity follows the root of the weight, so that small weights are seen as well.
    """
    cells = np.empty((*weights.shape, 4), np.uint8)
    cells[..., :3] = _WEIGHT
    cells[..., 3] = np.rint(255 * 0.95 * np.sqrt(np.clip(weights, 0, 1)))
    return cells


def flagged_cells(flagged: np.ndarray) -> np.ndarray:
    """Flagged positions (H, W) in see-through orange, uint8 (H, W, 4)."""
    cells = np.zeros((*flagged.shape, 4), np.uint8)
    cells[flagged] = (*_channels(theme.ANOMALOUS), 85)
    return cells


def change_colours(change: np.ndarray, top: float) -> np.ndarray:
    """Signed changes as colours, uint8 (..., 3): blue for -top or less, dark for 0, orange for top or more."""
    share = np.clip(np.asarray(change, np.float32) / max(top, 1e-12), -1, 1)[..., None]
    ends = np.where(share < 0, _channels(theme.NORMAL), _channels(theme.ANOMALOUS))
    return np.rint((1 - np.abs(share)) * np.array(_MIDDLE) + np.abs(share) * ends).astype(np.uint8)


def change_gradient() -> str:
    """The colours of `change_colours` as a CSS background."""
    return f"linear-gradient(to right, {theme.NORMAL}, rgb{_MIDDLE}, {theme.ANOMALOUS})"


def _channels(code: str) -> tuple[int, int, int]:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def strip(patches: np.ndarray, gap: int = 3) -> np.ndarray:
    """Patches (K, side, side, 3) side by side with see-through gaps, uint8 (side, K side + gaps, 4)."""
    count, side = patches.shape[:2]
    canvas = np.zeros((side, count * (side + gap) - gap, 4), np.uint8)
    for k, patch in enumerate(patches):
        left = k * (side + gap)
        canvas[:, left : left + side, :3] = patch
        canvas[:, left : left + side, 3] = 255
    return canvas


# ----------------------------------------------------------------------------------------------------------- cards


@dataclass(frozen=True)
class Card:
    """An item in a grid of items.

    Attributes:
        title: its name.
        lines: facts below its pictures.
        alt: its pictures in words.
        photo: data URI of the image on which `cells` (H, W, 4) show where the item is used, or "".
        strip: its training patches as one RGBA picture, or None.
        share: its usage in fair shares 1/N, drawn as a bar, or None.
        note: a short remark in a frame, such as "dead", or "".
        faded: drawn pale, for an item that is switched off or dead.
    """

    title: str
    lines: tuple[str, ...] = ()
    alt: str = ""
    photo: str = ""
    cells: np.ndarray | None = None
    strip: np.ndarray | None = None
    share: float | None = None
    note: str = ""
    faded: bool = False


_TALLEST = 0.4
_CARD_STYLE = "min-width:0;font-size:0.82rem;line-height:1.35"
_FILLING = "position:absolute;inset:0;width:100%;height:100%"
_PIXELS = f"{_FILLING};image-rendering:pixelated"


def cards(items: Sequence[Card], width: int, aspect: float = 1.0) -> str:
    """A grid of cards as HTML that takes the page's own text colour.

    Args:
        width: least width of a card in pixels.
        aspect: width over height of the photographs; very tall ones are squeezed.
    """
    aspect = max(aspect, _TALLEST)
    grid = f"display:grid;gap:18px 16px;grid-template-columns:repeat(auto-fill,minmax(min({width}px,100%),1fr))"
    return f'<div style="{grid}">{"".join(_card(item, aspect) for item in items)}</div>'


def _card(item: Card, aspect: float) -> str:
    note = ""
    if item.note:
        frame = "border:1px solid currentColor;border-radius:4px;padding:0 5px;font-size:0.72rem;opacity:0.8"
        note = f' <span style="{frame}">{html.escape(item.note)}</span>'
    parts = [f'<div style="font-weight:600;margin-bottom:4px;white-space:nowrap">{html.escape(item.title)}{note}</div>']
    alt = html.escape(item.alt, quote=True)
    if item.photo:
        cells = (
            f'<img src="{pictures.data_uri(item.cells)}" alt="" style="{_PIXELS}">' if item.cells is not None else ""
        )
        parts.append(
            f'<div style="position:relative;overflow:hidden;border-radius:4px;aspect-ratio:{aspect:.4f}">'
            f'<img src="{item.photo}" alt="{alt}" style="{_FILLING}">{cells}</div>'
        )
    if item.strip is not None:
        shape = f"width:100%;max-width:{1.4 * item.strip.shape[1]:.0f}px;display:block;margin-top:6px;border-radius:3px"
        parts.append(f'<img src="{pictures.data_uri(item.strip)}" alt="{alt}" style="{shape}">')
    if item.share is not None:
        parts.append(_share_bar(item.share))
    parts += [f'<div style="opacity:0.8;margin-top:2px">{html.escape(line)}</div>' for line in item.lines]
    return f'<div style="{_CARD_STYLE}{";opacity:0.45" if item.faded else ""}">{"".join(parts)}</div>'


def _share_bar(share: float) -> str:
    """A bar that is half full at a fair share."""
    filled = 50 * min(max(share, 0), 2)
    return (
        '<div style="position:relative;height:6px;border-radius:3px;margin-top:6px;background:rgba(128,128,128,0.25)">'
        f'<div style="height:6px;border-radius:3px;width:{filled:.1f}%;background:{theme.NORMAL}"></div>'
        '<div style="position:absolute;left:50%;top:-2px;width:1px;height:10px;background:currentColor;opacity:0.6">'
        "</div></div>"
    )


def slider_mark(position: float, label: str) -> str:
    """A small mark below a slider at a position 0..1 of its track, as HTML."""
    shift = "0" if position < 0.12 else "-100%" if position > 0.88 else "-50%"
    return (
        '<div aria-hidden="true" style="position:relative;height:2.1em;margin-top:-1.4rem;font-size:0.76rem;'
        'line-height:1.05">'
        f'<span style="position:absolute;left:{100 * position:.2f}%;transform:translateX(-50%);opacity:0.8">▲</span>'
        f'<span style="position:absolute;top:1.05em;left:{100 * position:.2f}%;transform:translateX({shift});'
        f'white-space:nowrap;opacity:0.8">{html.escape(label)}</span></div>'
    )


# ---------------------------------------------------------------------------------------------------------- charts


def addressing_figure(raw: np.ndarray, weights: np.ndarray, threshold: float, count: int = BARS) -> go.Figure:
    """One patch's addressing as bars before and after shrinkage, the items with the largest weights first.

    Args:
        raw, weights: (N,), before shrinkage, and after it and renormalisation; each sums to 1.
        threshold: weights below it were shrunk to 0.
        count: how many items to show.
    """
    largest = np.maximum(raw, weights)
    top = [item for item in np.argsort(-largest, kind="stable")[:count] if largest[item] > 0]
    names = [str(item + 1) for item in top]
    traces = []
    for values, name, colour in ((raw, "before shrinkage", BEFORE), (weights, "after", theme.NORMAL)):
        traces.append(
            go.Bar(
                x=names,
                y=values[top],
                name=name,
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate="item %{x}, " + name + ": %{y:.3f}<extra></extra>",
            )
        )
    x = {"type": "category", "title": {"text": "memory item", "standoff": 4}, "fixedrange": True}
    y = {"title": {"text": "weight (no unit)", "standoff": 6}, "rangemode": "tozero", "fixedrange": True}
    return _chart(traces, 250, x, y, line=_level(threshold, theme.ANOMALOUS), legend=True, left=52)


def usage_figure(here: np.ndarray, training: np.ndarray | None, dead: np.ndarray | None) -> go.Figure:
    """Every item's share of the addressing: over the training set as bars, on this image as dots, most used first.

    Args:
        here, training: (N,), each sums to 1.
        dead: (N,) booleans.
    """
    order = np.argsort(-(here if training is None else training), kind="stable")
    rank, names = np.arange(1, len(order) + 1), order + 1
    traces = []
    if training is not None:
        status = np.where(dead[order], " (dead)", "")
        traces.append(
            go.Bar(
                x=rank,
                y=100 * training[order],
                name="training set",
                marker={"color": BEFORE, "line": {"width": 0}},
                customdata=np.stack([names, status], axis=1),
                hovertemplate="item %{customdata[0]}%{customdata[1]}: %{y:.2f} % of the training set<extra></extra>",
            )
        )
    traces.append(
        go.Scatter(
            x=rank,
            y=100 * here[order],
            mode="markers",
            name="this image",
            customdata=names,
            marker={"color": theme.NORMAL, "size": 6},
            hovertemplate="item %{customdata}: %{y:.2f} % of this image<extra></extra>",
        )
    )
    x = {"title": {"text": "items, most used first", "standoff": 4}, "showticklabels": False, "fixedrange": True}
    y = {"title": {"text": "share in %", "standoff": 6}, "rangemode": "tozero", "fixedrange": True}
    fair = _level(100 / len(order), theme.THRESHOLD)
    return _chart(traces, 260, x, y, line=fair, legend=True, left=52, bargap=0.15)


def distances_figure(distance: np.ndarray, flagged: np.ndarray) -> go.Figure:
    """1 - cos(F_3, F'_3) of every position, normal and flagged ones in rows of their own, with their means as lines.

    Args:
        distance: (H, W).
        flagged: (H, W) booleans.
    """
    traces = []
    rows = ((~flagged, "normal", theme.NORMAL, 0.0), (flagged, "flagged", theme.ANOMALOUS, 1.0))
    for chosen, name, colour, height in rows:
        values = distance[chosen]
        traces.append(
            go.Scatter(
                x=values,
                y=height + 0.6 * (_spread(len(values)) - 0.5),
                mode="markers",
                name=name,
                marker={"color": colour, "size": 7, "opacity": 0.6, "line": {"width": 0}},
                hovertemplate=name + " patch: %{x:.3f}<extra></extra>",
            )
        )
        if len(values):
            mean = float(values.mean())
            traces.append(
                go.Scatter(
                    x=[mean, mean],
                    y=[height - 0.4, height + 0.4],
                    mode="lines",
                    name=f"mean of {name}",
                    line={"color": colour, "width": 3},
                    hovertemplate=f"mean of {name} patches: {mean:.3f}<extra></extra>",
                )
            )
    x = {"title": {"text": "1 − cos(F₃, F′₃), no unit", "standoff": 4}, "rangemode": "tozero", "fixedrange": True}
    y = {
        "tickvals": [0, 1],
        "ticktext": ["normal", "flagged"],
        "range": [-0.6, 1.6],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "ticksuffix": "  ",
    }
    return _chart(traces, 210, x, y)


def _spread(count: int) -> np.ndarray:
    """Numbers in 0..1 that keep neighbours apart: the golden-ratio sequence, the same every time."""
    return np.mod(np.arange(count) * 0.6180339887, 1)


def similarity_figure(which: np.ndarray, cosines: np.ndarray) -> go.Figure:
    """Cosines between items as a matrix, similar items side by side.

    Args:
        which: (n,) item numbers in the order shown.
        cosines: (n, n) in that order.
    """
    names = which + 1
    at = np.arange(len(which))
    traces = [
        go.Heatmap(
            z=np.round(cosines.astype(float), 3),
            x=at,
            y=at,
            zmin=min(0.0, float(cosines.min(initial=0))),
            zmax=1,
            colorscale=theme.plotly_scale("cividis"),
            colorbar={"title": {"text": "cosine", "side": "top"}, "thickness": 10, "len": 0.75, "outlinewidth": 0},
            customdata=np.stack(np.broadcast_arrays(names[None, :], names[:, None]), axis=-1),
            hovertemplate="items %{customdata[1]} and %{customdata[0]}: cosine %{z:.2f}<extra></extra>",
        )
    ]
    x = {"visible": False, "constrain": "domain"}
    return _chart(traces, 460, x, x | {"autorange": "reversed", "scaleanchor": "x"}, left=0, bottom=8)


def embedding_figure(
    embedding: Embedding, flagged: np.ndarray, shares: np.ndarray, dead: np.ndarray | None
) -> go.Figure:
    """Items and the image's patches in the plane.

    Args:
        embedding: their places.
        flagged: (H, W) booleans.
        shares: (N,) usage; the more, the larger an item's sign.
        dead: (N,) booleans, drawn hollow; or None.
    """
    traces = []
    width = flagged.shape[1]
    is_flagged = flagged.ravel()[embedding.where]
    kinds = ((~is_flagged, "normal patch", theme.NORMAL), (is_flagged, "flagged patch", theme.ANOMALOUS))
    for mask, name, colour in kinds:
        places, where = embedding.queries[mask], embedding.where[mask]
        traces.append(
            go.Scatter(
                x=places[:, 0],
                y=places[:, 1],
                mode="markers",
                name=name,
                marker={"color": colour, "size": 7, "opacity": 0.75, "line": {"width": 0}},
                customdata=np.stack([where // width + 1, where % width + 1], axis=-1),
                hovertemplate=name + ", row %{customdata[0]}, column %{customdata[1]}<extra></extra>",
            )
        )
    sizes = 7 + 9 * np.sqrt(np.clip(shares[embedding.which] * len(shares), 0, 4) / 4)
    hollow = np.zeros(len(embedding.which), bool) if dead is None else dead[embedding.which]
    traces.append(
        go.Scatter(
            x=embedding.items[:, 0],
            y=embedding.items[:, 1],
            mode="markers",
            name="memory item",
            marker={
                "symbol": np.where(hollow, "diamond-open", "diamond"),
                "color": ITEM,
                "size": sizes,
                "line": {"width": 1, "color": "rgba(255,255,255,0.8)"},
            },
            customdata=np.stack([embedding.which + 1, np.where(hollow, ", dead", "")], axis=-1),
            hovertemplate="item %{customdata[0]}%{customdata[1]}<extra></extra>",
        )
    )
    return _chart(traces, 470, {"visible": False}, {"visible": False}, legend=True, left=0, bottom=8)


def _level(y: float, colour: str) -> dict[str, object]:
    """A dotted line across the chart at a value."""
    style = {"color": colour, "width": 1.5, "dash": "dot"}
    return {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": style}


def _chart(
    traces: list[object],
    height: int,
    x: dict[str, object],
    y: dict[str, object],
    *,
    line: dict[str, object] | None = None,
    legend: bool = False,
    left: int = 8,
    bottom: int = 44,
    bargap: float = 0.35,
) -> go.Figure:
    """A figure made in one step: Plotly's update methods would cost several times as much as all the rest."""
    layout = {
        "xaxis": x,
        "yaxis": y,
        "shapes": [line] if line else [],
        "height": height + (28 if legend else 0),
        "margin": {"l": left, "r": 8, "t": 36 if legend else 8, "b": bottom},
        "showlegend": legend,
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "xanchor": "left", "title": {"text": ""}},
        "dragmode": False,
        "hovermode": "closest",
        "bargap": bargap,
        "bargroupgap": 0,
        "plot_bgcolor": _TRANSPARENT,
        "paper_bgcolor": _TRANSPARENT,
    }
    return go.Figure(traces, layout)


# ----------------------------------------------------------------------------------------------------------- values


def readings(values: np.ndarray, unit: str = "") -> list[list[str]]:
    """A map (H, W) as texts with a unit, to be read under the pointer."""
    return [[f"{text.number(float(v))}{unit}" for v in row] for row in values]


def entropy_readings(entropy: np.ndarray, items: int) -> list[list[str]]:
    """Entropies (H, W) in nats, as a share of ln N, and as an effective number of items."""
    top = math.log(items)
    return [[words.entropy_reading(float(v), top) for v in row] for row in entropy]


def item_readings(items: np.ndarray, weights: np.ndarray) -> list[list[str]]:
    """Most used items (H, W) and their weights (H, W)."""
    return [
        [f"{words.item(int(i))}, weight {w:.2f}" for i, w in zip(*pair, strict=True)]
        for pair in zip(items, weights, strict=True)
    ]
