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
_TILE, _LARGE = 21.0, 94.0
_ROWS = (14.0, 36.0, 58.0, 80.0)
"""The three scales, and the memory's lane."""
_LANES = {
    COPIER: ((150.0, 10.5),),
    TEACHER: ((325.0, 10.5),),
    REBUILDER: ((640.0, 10.5),),
    MAP: ((265.0, 10.5), (560.0, 10.5)),
    MEMORY: ((277.0, 95.0),),
    CODE: ((667.0, 95.0),),
}
"""Where the name of each lane stands: left edge and base line, above its column or beside its only tile."""


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
        return Box(330, _ROWS[3], 110, _TILE)
    if part.kind == RECALLED or projects_answer(part):
        return Box(470 if part.kind == RECALLED else 522, _ROWS[3], _TILE, _TILE)
    if part.kind == CODE:
        return Box(640, _ROWS[3], _TILE, _TILE)
    if part.kind == TEACHER:
        return Box(390 + 26 * (part.scale or 0), row, _TILE, _TILE)
    if part.kind == MAP:
        return Box(265 if MAPS[part.name].branch == "forward" else 560, row, _TILE, _TILE)
    if part.kind == COPIER:
        return Box(150, row, _TILE, _TILE)
    if part.name.startswith(("SP", "P")):
        return Box(205 if part.name.startswith("SP") else 325, row, _TILE, _TILE)
    return Box(640, row, _TILE, _TILE)


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
