"""The network as one small row with the names of its columns, for a place beside what changes it. Knows no Streamlit.

Each part is a group `<g data-name="F_1" style="--at:1">`: `--at` is its stage, by which the wave reaches it.
"""

from collections.abc import Mapping
from html import escape

from nnet.analysis.anatomy import (
    CODE,
    COPIER,
    MAP,
    MEMORY,
    PICTURE,
    REBUILDER,
    RECALLED,
    SCORE,
    TEACHER,
    Part,
    projects_answer,
    stages,
)
from nnet.scoring.maps import MAPS
from workbench.components.network.drawing import COLOURS, items
from workbench.components.network.layout import Box
from workbench.shared import theme

WIDTH, HEIGHT = 864.0, 101.0
NETWORKS = COPIER, TEACHER, REBUILDER
_TILE, _LARGE = 29.0, 97.0
_ROWS = (12.0, 42.0, 72.0)
"""The three scales; the memory answers at the coarse one, and stands in its row."""
_SHIFT = 22.0  # of the teacher from scale to scale
_COLUMNS = {"SF": 118.0, "SP": 155.0, "forward": 204.0, "P": 253.0, "F": 290.0, "reverse": 590.0, "D": 648.0}
_ABOVE, _WITHIN = 9.5, 68.0
_LANES = {
    COPIER: ((_COLUMNS["SF"], _ABOVE),),
    TEACHER: ((_COLUMNS["P"], _ABOVE),),
    REBUILDER: ((_COLUMNS["D"], _ABOVE),),
    MAP: ((_COLUMNS["forward"], _ABOVE), (_COLUMNS["reverse"], _ABOVE)),
    MEMORY: ((380.0, _WITHIN),),
    CODE: ((545.0, _WITHIN),),
}
"""Where the name of each lane stands: left edge and base line, above its column or its only tile."""


def strip(parts: Mapping[str, Part], tiles: Mapping[str, str], lanes: Mapping[str, str], title: str) -> str:
    """The SVG.

    Args:
        parts: of `nnet.analysis.anatomy.anatomy`.
        tiles: data URI of the picture of each part that has one.
        lanes: kind of part -> the name of its lane.
        title: what a screen reader says of the whole.
    """
    boxes = {name: _box(part) for name, part in parts.items()}
    at = {name: number for number, names in enumerate(stages(parts)) for name in names}
    kinds = {part.kind for part in parts.values()}
    ways = [_way(boxes[seen], boxes[name]) for name, part in parts.items() for seen in part.sees]
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" '
        f'aria-label="{escape(title)}" font-size="12.5" fill="currentColor">',
        f'<path d="{"".join(ways)}" fill="none" stroke="{theme.THRESHOLD}" stroke-opacity="0.45"/>',
        *(_tile(part, boxes[name], tiles.get(name), at[name]) for name, part in parts.items()),
        *(
            _name(kind, lanes[kind], x, y)
            for kind, places in _LANES.items()
            for x, y in places
            if kind in kinds and (kind != MAP or any(boxes[name].x == x for name in parts))
        ),
        "</svg>",
    ]
    return "".join(drawn)


def _name(kind: str, name: str, x: float, y: float) -> str:
    """With the dot of its colour where it is a network's."""
    dot = f'<tspan fill="{COLOURS.get(kind, theme.THRESHOLD)}">\N{BLACK CIRCLE}</tspan> ' if kind in NETWORKS else ""
    return f'<text x="{x:g}" y="{y:g}">{dot}{escape(name)}</text>'


def _box(part: Part) -> Box:
    row = _ROWS[part.scale or 0]
    if part.kind in (PICTURE, SCORE):
        return Box(0 if part.kind == PICTURE else WIDTH - _LARGE, 4, _LARGE, _LARGE)
    if part.kind == MEMORY:
        return Box(380, _ROWS[2], 84, _TILE)
    if part.kind == RECALLED or projects_answer(part):
        return Box(472 if part.kind == RECALLED else 507, _ROWS[2], _TILE, _TILE)
    if part.kind == CODE:
        return Box(545, _ROWS[2], _TILE, _TILE)
    if part.kind == TEACHER:
        return Box(_COLUMNS["F"] + _SHIFT * (part.scale or 0), row, _TILE, _TILE)
    if part.kind == MAP:
        return Box(_COLUMNS[MAPS[part.name].branch], row, _TILE, _TILE)
    return Box(_COLUMNS[part.name.partition("_")[0]], row, _TILE, _TILE)


def _way(a: Box, b: Box) -> str:
    """A straight line between the sides that face each other."""
    (ax, ay), (bx, by) = a.centre, b.centre
    if a.x + a.width < b.x:
        ax, bx = a.x + a.width, b.x
    elif b.x + b.width < a.x:
        ax, bx = a.x, b.x + b.width
    return f"M{ax:g} {ay:g}L{bx:g} {by:g}"


def _tile(part: Part, box: Box, picture: str | None, at: int) -> str:
    colour = COLOURS.get(part.kind, theme.THRESHOLD)
    inside = ""
    if part.kind == MEMORY and part.values is not None:
        inside = items(box, part.values)
    elif picture:
        rendering = "auto" if part.values is None else "pixelated"
        inside = (
            f'<image x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" href="{picture}" '
            f'preserveAspectRatio="xMidYMid meet" style="image-rendering:{rendering}"/>'
        )
    return (
        f'<g data-name="{escape(part.name)}" style="--at:{at}"><rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" '
        f'height="{box.height:g}" rx="2" fill="{colour}" fill-opacity="0.12" stroke="{colour}"/>{inside}</g>'
    )
