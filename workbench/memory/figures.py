"""Charts of the Memory page as plain functions: arrays in, Plotly figures out.

Nothing here knows Streamlit. Items are numbered from 0 in arrays and from 1 in what people read. Maps over the
positions of F_3 are (H, W), weights of one position (N,).
"""

import numpy as np
import plotly.graph_objects as go

from nnet.analysis.atlas import Atlas
from workbench.memory import words
from workbench.memory.likeness import Embedding
from workbench.shared import charts, theme

BARS = 14
"""Items in the bar chart of one patch."""
BEFORE = "#9aa4b1"
"""What was before a change, in charts: a neutral grey that reads on white and on black."""
ITEM = "#7a5aa6"
"""Memory items, where they stand beside normal (blue) and flagged (orange) patches."""


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
    for values, name, colour in ((raw, words.BEFORE, BEFORE), (weights, words.AFTER, theme.NORMAL)):
        traces.append(
            charts.bar(
                x=names,
                y=values[top],
                name=name,
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate=words.BAR_TOLD.format(state=name),
            )
        )
    x, y = charts.axis(words.BARS_AXES[0], type="category"), charts.axis(words.BARS_AXES[1], rangemode="tozero")
    return charts.chart(
        traces, 278, x=x, y=y, shapes=[charts.level(threshold, theme.ANOMALOUS, "y")], legend=True, left=52
    )


def usage_figure(here: np.ndarray, atlas: Atlas | None) -> go.Figure:
    """Every item's share of the addressing: over the training set as bars, on this image as dots, most used first.

    Args:
        here: (N,), the shares on this image; sums to 1.
        atlas: tells the use in training and which items are dead.
    """
    order = np.argsort(-(here if atlas is None else atlas.usage), kind="stable")
    rank, names = np.arange(1, len(order) + 1), order + 1
    traces = []
    if atlas is not None:
        status = np.where(atlas.dead[order], words.DEAD_MARK, "")
        traces.append(
            charts.bar(
                x=rank,
                y=100 * atlas.usage[order],
                name=words.IN_TRAINING,
                marker={"color": BEFORE, "line": {"width": 0}},
                customdata=np.stack([names, status], axis=1),
                hovertemplate=words.IN_TRAINING_TOLD,
            )
        )
    traces.append(
        charts.scatter(
            x=rank,
            y=100 * here[order],
            mode="markers",
            name=words.HERE,
            customdata=names,
            marker={"color": theme.NORMAL, "size": 6},
            hovertemplate=words.HERE_TOLD,
        )
    )
    x, y = charts.axis(words.USAGE_AXES[0], showticklabels=False), charts.axis(words.USAGE_AXES[1], rangemode="tozero")
    fair = charts.level(100 / len(order), theme.THRESHOLD, "y")
    return charts.chart(traces, 430, x=x, y=y, shapes=[fair], legend=True, left=52, bargap=0.15)


def distances_figure(distance: np.ndarray, flagged: np.ndarray) -> go.Figure:
    """1 - cos(F_3, F'_3) of every position, normal and flagged ones in rows of their own, with their means as lines.

    Args:
        distance: (H, W).
        flagged: (H, W) booleans.
    """
    traces = []
    rows = ((~flagged, words.NORMAL, theme.NORMAL, 0.0), (flagged, words.FLAGGED, theme.ANOMALOUS, 1.0))
    for chosen, name, colour, height in rows:
        values = distance[chosen]
        traces.append(
            charts.scatter(
                x=values,
                y=height + 0.6 * (_spread(len(values)) - 0.5),
                mode="markers",
                name=name,
                marker={"color": colour, "size": 7, "opacity": 0.6, "line": {"width": 0}},
                hovertemplate=words.PATCH_TOLD.format(state=name),
            )
        )
        if len(values):
            mean = float(values.mean())
            traces.append(
                charts.scatter(
                    x=[mean, mean],
                    y=[height - 0.4, height + 0.4],
                    mode="lines",
                    name=words.MEAN_NAME.format(state=name),
                    line={"color": colour, "width": 3},
                    hovertemplate=words.MEAN_TOLD.format(state=name, mean=mean),
                )
            )
    x = charts.axis(words.DISTANCE_AXIS, rangemode="tozero")
    y = {
        "tickvals": [0, 1],
        "ticktext": [words.NORMAL, words.FLAGGED],
        "range": [-0.6, 1.6],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "ticksuffix": "  ",
    }
    return charts.chart(traces, 210, x=x, y=y, left=8)


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
        charts.heatmap(
            z=np.round(cosines.astype(float), 3),
            x=at,
            y=at,
            zmin=min(0.0, float(cosines.min(initial=0))),
            zmax=1,
            colorscale=theme.plotly_scale("cividis"),
            colorbar={"title": {"text": words.COSINE, "side": "top"}, "thickness": 10, "len": 0.75, "outlinewidth": 0},
            customdata=np.stack(np.broadcast_arrays(names[None, :], names[:, None]), axis=-1),
            hovertemplate=words.COSINE_TOLD,
        )
    ]
    x = {"visible": False, "constrain": "domain"}
    return charts.chart(traces, 460, x=x, y=x | {"autorange": "reversed", "scaleanchor": "x"}, bottom=8)


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
    for state, mask, colour in ((False, ~is_flagged, theme.NORMAL), (True, is_flagged, theme.ANOMALOUS)):
        places, where = embedding.queries[mask], embedding.where[mask]
        traces.append(
            charts.scatter(
                x=places[:, 0],
                y=places[:, 1],
                mode="markers",
                name=words.PATCHES[state],
                marker={"color": colour, "size": 7, "opacity": 0.75, "line": {"width": 0}},
                customdata=np.stack([where // width + 1, where % width + 1], axis=-1),
                hovertemplate=words.PLACE_TOLD.format(kind=words.PATCHES[state]),
            )
        )
    sizes = 7 + 9 * np.sqrt(np.clip(shares[embedding.which] * len(shares), 0, 4) / 4)
    hollow = np.zeros(len(embedding.which), bool) if dead is None else dead[embedding.which]
    traces.append(
        charts.scatter(
            x=embedding.items[:, 0],
            y=embedding.items[:, 1],
            mode="markers",
            name=words.MEMORY_ITEM,
            marker={
                "symbol": np.where(hollow, "diamond-open", "diamond"),
                "color": ITEM,
                "size": sizes,
                "line": {"width": 1, "color": "rgba(255,255,255,0.8)"},
            },
            customdata=np.stack([embedding.which + 1, np.where(hollow, words.DEAD_TOLD, "")], axis=-1),
            hovertemplate=words.MEMORY_ITEM_TOLD,
        )
    )
    return charts.chart(traces, 498, x={"visible": False}, y={"visible": False}, legend=True, bottom=8)
