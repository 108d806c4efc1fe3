"""The defect studio's pictures and charts as plain functions; conventions as in `workbench.shared.pictures`."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from nnet.analysis.visibility import coverage
from nnet.scoring.maps import MAPS
from nnet.scoring.overlay import outline
from workbench.inspect.defect import words
from workbench.inspect.defect.effect import Curves, Effect, Line
from workbench.shared import charts, pictures, theme, units
from workbench.shared.pictures import Scale

_TILE_SIDE = 192  # longest side of a map in a pair, in pixels
_GAP = 4  # pixels between a map before and after
_LEAST = 1e-3  # a value of 0 has no place on a logarithmic axis; it stands here, in normal levels
_HEIGHT = 330


def with_defect_outline(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A picture with the border of a defect drawn just outside it, uint8 (h, w, 3).

    Args:
        image: uint8, any size.
        mask: of the defect on the whole image, bool, any size.
    """
    inside = mask if mask.shape == image.shape[:2] else coverage(mask, image.shape[:2]) > 0
    marked = image.copy()
    edge = outline(inside, max(1, round(max(image.shape[:2]) / 400)))
    marked[edge] = tuple(bytes.fromhex(theme.DEFECT.lstrip("#")))
    return marked


def map_pair(
    maps: tuple[np.ndarray, np.ndarray], level: float, shape: tuple[int, ...], mask: np.ndarray, scale: Scale
) -> np.ndarray:
    """A map without and with the defect side by side, the defect outlined in both, on one scale; RGBA uint8.

    Args:
        maps: without and with the defect, (h, w) each.
        level: what counts as 1, see `figures.map_scale`.
        shape: the image's.
        mask: of the defect on the whole image, bool, any size.
    """
    tiles = [pictures.map_tile(m, level, shape, scale, _TILE_SIDE) for m in maps]
    height, width = tiles[0].shape[:2]
    inside = coverage(mask, (height, width)) > 0
    tiles = [with_defect_outline(tile, inside) for tile in tiles]
    pair = np.zeros((height, 2 * width + _GAP, 4), np.uint8)
    for left, tile in zip((0, width + _GAP), tiles, strict=True):
        pair[:, left : left + width, :3] = tile
        pair[:, left : left + width, 3] = 255
    return pair


def effects_figure(effects: Sequence[Effect]) -> go.Figure:
    """For each map and factor a bar from its peak inside the defect's place before to that after, logarithmic."""
    names = [effect.name for effect in effects]
    low = [max(effect.before, _LEAST) for effect in effects]
    high = [max(effect.after, _LEAST) for effect in effects]
    before = charts.scatter(
        x=low,
        y=names,
        mode="markers",
        name=words.WITHOUT_IT,
        marker={"color": theme.THRESHOLD, "size": 9},
        hovertemplate=words.WITHOUT_IT_TOLD,
    )
    after = [
        charts.scatter(
            x=[value for value, effect in zip(high, effects, strict=True) if effect.visible == visible],
            y=[effect.name for effect in effects if effect.visible == visible],
            mode="markers",
            name=words.WITH_IT[visible],
            marker={"color": theme.ANOMALOUS if visible else theme.NORMAL, "size": 12},
            hovertemplate=words.WITH_IT_TOLD,
        )
        for visible in (True, False)
    ]
    x = charts.log_axis(words.EFFECTS_AXIS, [*low, *high, 1.0])
    y = charts.names_axis(type="category", categoryorder="array", categoryarray=names)
    traces, level = [charts.spans(names, low, high, 3), before, *after], charts.level(1, theme.THRESHOLD)
    return charts.chart(traces, 110 + 30 * len(effects), x=x, y=y, legend=True, shapes=[level])


def scores_figure(curves: Curves, kind: str) -> go.Figure:
    """The image score over the doses in multiples of the threshold, with that without the defect; logarithmic."""
    unit = max(curves.threshold, units.SMALLEST)
    floor = 0.5 * min([1.0, *(float(v) / unit for v in (*curves.scores, curves.undamaged) if v > 0)])
    scores, undamaged = np.maximum(curves.scores / unit, floor).tolist(), max(curves.undamaged / unit, floor)
    dots = charts.scatter(
        x=_positions(curves),
        y=scores,
        mode="lines+markers",
        line={"color": theme.THRESHOLD, "width": 2},
        marker={
            "color": [theme.ANOMALOUS if s > curves.threshold else theme.NORMAL for s in curves.scores],
            "size": 10,
        },
        customdata=curves.scores,
        hovertemplate=words.score_told(curves),
    )
    return charts.chart(
        [dots],
        _HEIGHT,
        left=64,
        x=_dose_axis(curves, kind),
        y=charts.log_axis(words.SCORES_AXIS, [*scores, undamaged, 1.0]),
        shapes=[charts.level(1, theme.THRESHOLD, "y"), charts.level(undamaged, theme.THRESHOLD, "y", "dash")],
        annotations=[
            charts.note(1, words.THRESHOLD_NOTE),
            charts.note(undamaged, words.undamaged_note(curves), right=True) | {"yanchor": "top"},  # lines rise
        ],
    )


def lines_figure(curves: Curves, lines: Sequence[Line], kind: str) -> go.Figure:
    """Maps or factors over the doses in units of their normal level; filled where the defect is visible to them."""
    drawn, values = [], [1.0]
    for index, one in enumerate(lines):
        colour, dash = _style(one.name, index)
        y = np.maximum(one.after, _LEAST).tolist()
        values.extend(y)
        fill = [colour if seen else "rgba(0,0,0,0)" for seen in one.visible]
        drawn.append(
            charts.scatter(
                x=_positions(curves),
                y=y,
                mode="lines+markers",
                name=one.name,
                line={"color": colour, "width": 2, "dash": dash},
                marker={"color": fill, "size": 8, "line": {"color": colour, "width": 1.5}},
                hovertemplate=words.line_told(one.name, curves),
            )
        )
    return charts.chart(
        drawn,
        _HEIGHT,
        left=64,
        x=_dose_axis(curves, kind),
        y=charts.log_axis(words.LINES_AXIS, values),
        legend=True,
        shapes=[charts.level(1, theme.THRESHOLD, "y")],
        annotations=[charts.note(1, words.NORMAL_LEVEL, right=True)],  # where lines have risen
    )


def _style(name: str, index: int) -> tuple[str, str]:
    """Colour by scale and dash by direction for a map; colours in turn for factors."""
    if name in MAPS:
        return theme.SCALES[MAPS[name].scale], "solid" if MAPS[name].branch == "reverse" else "dot"
    return theme.SCALES[index % len(theme.SCALES)], "solid"


def _positions(curves: Curves) -> list[float]:
    """The doses as the axis counts them: pixels of the image, or percent of contrast."""
    return (100 * curves.doses if curves.pixels is None else curves.pixels).tolist()


def _dose_axis(curves: Curves, kind: str) -> dict[str, object]:
    title = words.dose_axis(curves.axis, kind)
    if curves.pixels is None:
        return charts.axis(title, range=[0, 104], dtick=20)
    return charts.log_axis(title, curves.pixels)
