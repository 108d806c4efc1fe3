"""The network as an SVG: lanes, connections, and a tile per part. Knows no Streamlit; the browser makes it react.

Each part is a group `<g class="part" data-name="F_1">`, each connection a path with `data-from` and `data-to`. Colours
of the lanes are written out, so that the drawing can be saved; text takes the page's own colour.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import numpy as np

from nnet.analysis.anatomy import CODE, COPIER, MAP, MEMORY, REBUILDER, RECALLED, Part, stages
from nnet.scoring.circuit import PAIRS, Circuit
from nnet.scoring.overlay import LEVELS, colour_table
from nnet.units import SMALLEST
from workbench.components.network import ways
from workbench.components.network.layout import LARGE, Box, Layout, tall, wide
from workbench.shared import theme, units

COLOURS = {
    COPIER: theme.FORWARD,
    REBUILDER: theme.REVERSE,
    MEMORY: theme.PAPER,
    RECALLED: theme.PAPER,
    CODE: theme.REVERSE,
}
_NEUTRAL = theme.THRESHOLD
_FONT, _SYMBOL, _INDEX = 16, 17, 16
_BAR, _STEPS, _BELOW = 270.0, 32, 76
"""Length of the bar of colours, how many it has, and the room that it takes at the end of a narrow drawing."""
_ROWS = -12
"""Right edge of the sizes of the rows, which stand before the picture."""
_LEFT = -98
_UNDER = 5
"""Between a part's box and the top of its caption."""
LARGEST_FONT = 25.0
"""Up to this size, which is 12 pixels in a drawing of the N that is 284 pixels high, captions run into nothing."""
_SIGNS = {"+": "+", "*": "\N{MULTIPLICATION SIGN}"}


@dataclass(frozen=True)
class Labels:
    """What is written into the drawing.

    Attributes:
        title: what a screen reader says of the whole.
        spoken: what it says of each part, by name.
        lanes: kind of part -> the title above its lane.
        captions: below parts without a symbol, by name.
        rows: what the cells of each scale are called.
        result: below the score.
        signs: what each sign of the score means.
        scale: of the tiles' colours: what they show, the colour map, and what its two ends are; () for none.
    """

    title: str
    spoken: Mapping[str, str]
    lanes: Mapping[str, str]
    captions: Mapping[str, str]
    rows: Mapping[int, str]
    result: str
    signs: Mapping[str, str] = field(default_factory=dict)
    scale: tuple[str, ...] = ()


def drawings(
    parts: Mapping[str, Part], tiles: Mapping[str, str], circuit: Circuit | None, labels: Labels
) -> tuple[str, str]:
    """The drawing for a wide and for a narrow place.

    Args:
        parts: of `nnet.analysis.anatomy.anatomy`.
        tiles: data URI of the picture of each part that has one.
        circuit: the score; None for an expression of another form, whose maps then lead straight to the score, as do
            those of a circuit with different signs between its scales.
        labels: all words.
    """
    return _svg(wide(parts), parts, tiles, circuit, labels), _svg(tall(parts), parts, tiles, circuit, labels)


def _svg(
    layout: Layout, parts: Mapping[str, Part], tiles: Mapping[str, str], circuit: Circuit | None, labels: Labels
) -> str:
    order = _ranks(parts)
    height = layout.height + (_BELOW if layout.narrow and labels.scale else 0)
    left, around = (-22, 44) if layout.narrow else (_LEFT, 6 - _LEFT)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} 0 {layout.width + around:g} {height:g}" role="group" '
        f'aria-label="{escape(labels.title)}" font-family="sans-serif" font-size="{_FONT}" fill="currentColor">',
        *_connections(layout, parts, circuit, order, labels),
        *_lanes(layout, parts, labels),
        *(_tile(layout, part, tiles.get(name), labels, order[name]) for name, part in parts.items()),
        *(_scale(labels.scale, height) if labels.scale else ()),
        "</svg>",
    ]
    return "".join(drawn)


def _ranks(parts: Mapping[str, Part]) -> dict[str, int]:
    """How many parts of its own stage each one comes after: the wave reaches F_1 before F_2."""
    found: dict[str, int] = {}
    for names in stages(parts):
        for name in names:
            found[name] = max((found[seen] + 1 for seen in parts[name].sees if seen in names), default=0)
    return found


# ------------------------------------------------------------------------------------------------------------ tiles


def symbol(name: str) -> str:
    """A part's symbol as SVG text with its index below the line: "SF_1" -> SF with a small 1."""
    stem, _, index = name.replace("'", "\N{PRIME}").partition("_")
    return escape(stem) + (f'<tspan dy="0.28em" font-size="{_INDEX}">{escape(index)}</tspan>' if index else "")


def _tile(layout: Layout, part: Part, picture: str | None, labels: Labels, rank: int) -> str:
    box, narrow, colour = layout.boxes[part.name], layout.narrow, COLOURS.get(part.kind, _NEUTRAL)
    x, y = box.x, box.y
    image = (
        f'<image x="{x:g}" y="{y:g}" width="{box.width:g}" height="{box.height:g}" href="{picture}" '
        f'preserveAspectRatio="xMidYMid meet" style="image-rendering:{_rendering(part)}"/>'
        if picture
        else ""
    )
    inside = items(box, part.values) if part.kind == MEMORY and part.values is not None else image + _gates(box, part)
    frame = (
        f'<rect class="frame" x="{x - 3:g}" y="{y - 3:g}" width="{box.width + 6:g}" height="{box.height + 6:g}" rx="6" '
        f'fill="{colour}" fill-opacity="0.12" stroke="{colour}" stroke-width="1.5"/>'
    )
    return (
        f'<g class="part" data-name="{escape(part.name)}" tabindex="0" role="button" style="--rank:{rank}" '
        f'aria-label="{escape(labels.spoken[part.name])}">{frame}{inside}{_caption(box, part, labels, narrow)}</g>'
    )


def _scale(scale: tuple[str, ...], bottom: float) -> list[str]:
    """What the tiles' colours mean, at the lower left: part of the drawing, so that a saved one has it."""
    title, colour_map, low, high = scale
    colours, y = colour_table(colour_map)[:: LEVELS // _STEPS], bottom - 62
    width = _BAR / len(colours)
    return [
        f'<g class="scale"><text x="-9" y="{y:g}" font-weight="600">{escape(title)}</text>',
        *(
            f'<rect x="{i * width - 9:.2f}" y="{y + 10:g}" width="{width + 0.4:.2f}" height="12" '
            f'fill="rgb({red},{green},{blue})"/>'
            for i, (red, green, blue) in enumerate(colours)
        ),
        f'<text x="-9" y="{y + 40:g}">{escape(low)}</text>',
        f'<text x="{_BAR - 9:g}" y="{y + 40:g}" text-anchor="end">{escape(high)}</text></g>',
    ]


def _rendering(part: Part) -> str:
    return "pixelated" if part.values is not None else "auto"


def _caption(box: Box, part: Part, labels: Labels, narrow: bool) -> str:
    below = f'y="{box.y + box.height + _UNDER:g}" dy="0.75em"'  # so that larger writing goes down, not up
    if part.kind == "score":
        middle = box.centre[0]
        return (
            f'<text class="result" x="{middle:g}" {below} text-anchor="middle" font-size="20" '
            f'font-weight="650">{escape(labels.result)}</text>'
        )
    text = escape(labels.captions[part.name]) if part.name in labels.captions else symbol(part.name)
    weight = "" if part.name in labels.captions else f' font-size="{_SYMBOL}" font-weight="600"'
    if part.kind == MEMORY and not narrow:  # long, and what it answers stands at its right
        return f'<text x="{box.x + box.width:g}" {below} text-anchor="end">{text}</text>'
    if part.kind == MAP and narrow:  # where no row says it
        text += f' <tspan font-size="{_INDEX}" font-weight="400">{escape(labels.rows.get(part.scale or 0, ""))}</tspan>'
    return f'<text x="{box.x:g}" {below}{weight}>{text}</text>'


def _gates(box: Box, part: Part) -> str:
    """The FPM's gates beside its features: where a bar is long, that row or column passes."""
    if part.gates is None:
        return ""
    h, w = part.gates
    rows = "".join(
        f'<rect x="{box.x - 3 - 7 * value:.1f}" y="{box.y + i * box.height / len(h):.1f}" width="{7 * value:.1f}" '
        f'height="{box.height / len(h):.2f}"/>'
        for i, value in enumerate(_coarse(h))
    )
    columns = "".join(
        f'<rect x="{box.x + i * box.width / len(w):.1f}" y="{box.y - 3 - 7 * value:.1f}" '
        f'width="{box.width / len(w):.2f}" height="{7 * value:.1f}"/>'
        for i, value in enumerate(_coarse(w))
    )
    return f'<g class="gates" fill="{_NEUTRAL}">{rows}{columns}</g>'


def _coarse(gate: np.ndarray) -> np.ndarray:
    """The gate relative to its own largest value, so that its course shows however damped the whole is."""
    relative: np.ndarray = units.multiple(gate, float(gate.max()))
    return relative


def items(box: Box, weights: np.ndarray) -> str:
    """The memory's items as bars: tall where an item is much used for this picture."""
    step, top = box.width / len(weights), max(float(weights.max()), SMALLEST)
    bars = "".join(
        f'<rect x="{box.x + i * step:.2f}" y="{box.y + box.height - share * box.height:.1f}" '
        f'width="{max(0.6, 0.8 * step):.2f}" height="{share * box.height:.1f}"/>'
        for i, share in enumerate(weights / top)
        if share > 0
    )
    return f'<g fill="{theme.PAPER}">{bars}</g>'


# ------------------------------------------------------------------------------------------------------ connections


def _connections(
    layout: Layout, parts: Mapping[str, Part], circuit: Circuit | None, order: Mapping[str, int], labels: Labels
) -> list[str]:
    paths = ['<g class="edges" fill="none" stroke-width="2">']
    for part in parts.values():
        if part.kind != "score":
            paths += [_edge(layout, parts, seen, part.name, order) for seen in part.sees]
    to_score, signs = _score_edges(layout, parts, circuit, order)
    said = [
        f'<g class="about" tabindex="0" role="img" aria-label="{escape(labels.signs.get(sign, sign))}">{drawn}</g>'
        for sign, drawn in signs
    ]
    return [*paths, *to_score, "</g>", *said]


def _edge(layout: Layout, parts: Mapping[str, Part], start: str, end: str, order: Mapping[str, int]) -> str:
    a, b = layout.boxes[start], layout.boxes[end]
    colour = COLOURS.get(parts[end].kind, COLOURS.get(parts[start].kind, _NEUTRAL))
    return _path(_curve(layout, a, b, start, end), start, end, colour, order[end])


def _curve(layout: Layout, a: Box, b: Box, start: str, end: str) -> str:
    """The way between two parts that crosses the fewest others."""
    if layout.narrow:
        return ways.on_the_path(layout, start, end)
    if end == "F_C" and a.y + a.height < b.y:
        return _to_the_code(a, b)
    if start.startswith("SF_") and end.startswith("SF_"):  # beside the symbol below
        x = a.x + 0.75 * a.width
        return f"M{x:g} {a.y + a.height:g}V{b.y:g}"
    if (start, end) == ("picture", "F_1"):
        return _along(a, b, a.y - 18)
    if end == "memory":  # under P_3, which stands between
        (ax, _), (bx, _), y = a.centre, b.centre, b.y - 46
        down = f"M{ax:g} {a.y + a.height:g}V{y - 8:g}Q{ax:g} {y:g} {ax - 8:g} {y:g}"
        return f"{down}H{bx + 8:g}Q{bx:g} {y:g} {bx:g} {y + 8:g}V{b.y:g}"
    if end == "M4" and a.y > b.y + b.height:  # the memory's lane; beside the symbol
        return _along(Box(b.x + 14, b.y, b.width, b.height), a, a.y - 26)
    return ways.straight(a, b)


def _path(curve: str, start: str, end: str, colour: str, rank: int) -> str:
    return (
        f'<path class="edge" pathLength="1" d="{curve}" stroke="{colour}" data-from="{escape(start)}" '
        f'data-to="{escape(end)}" style="--rank:{rank}"/>'
    )


def _along(a: Box, b: Box, y: float) -> str:
    """Up or down from `a`, to the right at height `y`, and on to `b` below: around what stands between."""
    ax, bx = a.centre[0], b.centre[0]
    start, step = (a.y, 8) if y < a.y else (a.y + a.height, -8)
    return (
        f"M{ax:g} {start:g}V{y + step:g}Q{ax:g} {y:g} {ax + 8:g} {y:g}H{bx - 8:g}Q{bx:g} {y:g} {bx:g} {y + 8:g}V{b.y:g}"
    )


def _to_the_code(a: Box, b: Box) -> str:
    """Down between the maps and the projections, to the right above the memory's lane, and into the code's side.

    Each row has a track of its own, so that the ways lie beside one another and under no part.
    """
    row = min(int(a.y // 126), 2)
    right, y, end = b.x - 35 + (0, 8, -8)[row], b.y - (36, 44, 28)[row], b.centre[1] + (4, -4, 0)[row]
    x = a.centre[0] + (12 if a.width < LARGE else 0)
    below = max(x, 404.0)  # free of M4
    turn = f"V{a.y + 226:g}L{below:g} {a.y + 242:g}" if below > x else ""
    return f"M{x:g} {a.y + a.height:g}{turn}V{y:g}H{right:g}V{end:g}H{b.x:g}"


def _score_edges(
    layout: Layout, parts: Mapping[str, Part], circuit: Circuit | None, order: Mapping[str, int]
) -> tuple[list[str], list[tuple[str, str]]]:
    """Maps to the signs of their scales, these to the sign across scales, and that to the score; and the signs
    themselves, each with its drawing. A scale with one map has no sign."""
    used, last = parts["score"].sees, order["score"]
    across = "" if circuit is None else _across(circuit)
    if circuit is None or across is None:
        return [_edge(layout, parts, name, "score", order) for name in used], []
    drawn, rows = [], []
    signs: list[tuple[str, str]] = []
    for scale, pair in enumerate(PAIRS):
        maps = [name for name in pair if name in used]
        if not maps:
            continue
        sign = _around(layout.signs[scale], 13 if len(maps) > 1 else 0)
        rows.append((maps, sign))
        drawn += [
            _path(_to_sign(layout, layout.boxes[name], sign, name), name, "score", _NEUTRAL, last) for name in maps
        ]
        if len(maps) > 1:
            signs.append((_SIGNS[circuit.inner[scale]], _circle(sign, _SIGNS[circuit.inner[scale]])))
    if across:
        join = _around(layout.join, 12)
        drawn += [_path(_to_join(layout, sign, join), " ".join(maps), "score", _NEUTRAL, last) for maps, sign in rows]
        signs.append((_SIGNS[across], _circle(join, _SIGNS[across])))
        rows = [([name for maps, _ in rows for name in maps], join)]
    drawn += [
        _path(ways.straight(sign, layout.boxes["score"]), " ".join(maps), "score", _NEUTRAL, last)
        for maps, sign in rows
    ]
    return drawn, signs


def _across(circuit: Circuit) -> str | None:
    """The sign between the scales, "" with one scale alone; None where two differ, which one circle cannot say."""
    signs = {sign for index, sign in enumerate(circuit.outer) if circuit.has_outer(index)}
    return None if len(signs) > 1 else "".join(signs)


def _around(centre: tuple[float, float], radius: float) -> Box:
    return Box(centre[0] - radius, centre[1] - radius, 2 * radius, 2 * radius)


def _to_join(layout: Layout, sign: Box, join: Box) -> str:
    """Straight where it lies in line, else around one corner."""
    (x, y), (jx, jy) = sign.centre, join.centre
    if layout.narrow:
        if x == jx:
            return f"M{x:g} {sign.y + sign.height:g}V{join.y:g}"
        step, end = (8, join.x) if x < jx else (-8, join.x + join.width)
        return f"M{x:g} {sign.y + sign.height:g}V{jy - 8:g}Q{x:g} {jy:g} {x + step:g} {jy:g}H{end:g}"
    if y == jy:
        return f"M{sign.x + sign.width:g} {y:g}H{join.x:g}"
    step, end = (8, join.y) if y < jy else (-8, join.y + join.height)
    return f"M{sign.x + sign.width:g} {y:g}H{jx - 8:g}Q{jx:g} {y:g} {jx:g} {y + step:g}V{end:g}"


def _to_sign(layout: Layout, box: Box, sign: Box, name: str) -> str:
    if layout.narrow:
        return ways.between(layout, box, sign, "score")
    if name in ("M4", "M5", "M6"):  # S2's side lies between: over the row
        return _along(box, sign, box.y - 19)
    # S2's side lies between here, too: under it, and into the sign from the left
    x, bottom, y = box.centre[0] + 18, box.y + box.height, box.y + box.height + 44
    turn, middle = sign.x - 15, sign.centre[1]
    under = f"M{x:g} {bottom:g}V{y - 8:g}Q{x:g} {y:g} {x + 8:g} {y:g}H{turn - 8:g}Q{turn:g} {y:g} {turn:g} {y - 8:g}"
    return f"{under}V{middle + 8:g}Q{turn:g} {middle:g} {turn + 8:g} {middle:g}H{sign.x:g}"


def _circle(box: Box, sign: str) -> str:
    x, y = box.centre
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{box.width / 2:g}" class="sign" stroke="{_NEUTRAL}" stroke-width="1.5"/>'
        f'<text x="{x:g}" y="{y:g}" dy="0.33em" text-anchor="middle" font-size="18" fill="currentColor" stroke="none">'
        f"{sign}</text>"
    )


# ------------------------------------------------------------------------------------------------------------ lanes


def _lanes(layout: Layout, parts: Mapping[str, Part], labels: Labels) -> list[str]:
    """A title at the first part of each lane, and in the N the size of each row."""
    drawn, done = [], set()
    for scale, size in () if layout.narrow else labels.rows.items():
        drawn.append(
            f'<text x="{_ROWS}" y="{layout.signs[scale][1]:g}" dy="0.33em" text-anchor="end">{escape(size)}</text>'
        )
    for name, part in parts.items():
        kind = part.kind
        if kind not in labels.lanes or kind in done or (kind == REBUILDER and name != "D_1" and not layout.narrow):
            continue
        done.add(kind)
        box = layout.boxes[name]
        x, y = (5.0, box.y - 12) if layout.narrow else (box.x - 3, 22.0)
        drawn.append(
            f'<text x="{x:g}" y="{y:g}" font-weight="650"><tspan fill="{COLOURS.get(kind, _NEUTRAL)}">'
            f"\N{BLACK CIRCLE}</tspan> {escape(labels.lanes[kind])}</text>"
        )
    return drawn
