"""How the connections of the drawing run: straight, or on tracks beside the columns of a phone. Knows no Streamlit."""

from workbench.components.network.layout import Box, Layout

_MIDDLE = 100.0
"""Left of this are the boxes of the fine scale's column."""
_RIGHT = 230.0
_TO_MAPS = (-6.0, 112.0, 337.0)
"""Track of each column, from the left: the teacher's way down to S2's maps, in the left margin also the picture's to
the teacher. Where the memory lies across two columns, the gap at its left serves both."""
_TO_SCORE = (-14.0, 121.0, 344.0)
_TO_CODE = (95.0, 103.0, 216.0)
_TO_M4 = 351.0
_BESIDE = 10.0
"""How far from the middle of a side a way ends that comes from a track: two may end there."""


def straight(a: Box, b: Box) -> str:
    """From side to side, or from the lower to the upper edge where one stands above the other."""
    (_, ay), (_, by) = a.centre, b.centre
    if b.x >= a.x + a.width or a.x >= b.x + b.width:
        rightwards = b.x >= a.x + a.width
        start, end = (a.x + a.width, b.x) if rightwards else (a.x, b.x + b.width)
        half = (start + end) / 2
        return f"M{start:g} {ay:g}C{half:g} {ay:g} {half:g} {by:g} {end:g} {by:g}"
    return _upright(a, b)


def on_the_path(layout: Layout, start: str, end: str) -> str:
    """The way between two parts on a phone."""
    return between(layout, layout.boxes[start], layout.boxes[end], end)


def between(layout: Layout, a: Box, b: Box, end: str) -> str:
    """The same between two boxes, of which one may be a sign: under no other part."""
    if abs(a.centre[1] - b.centre[1]) < 20:
        return straight(a, b)
    if not any(_is_between(box, a, b) for box in layout.boxes.values() if box not in (a, b)):
        return _upright(a, b)
    if end == "M4" and a.y > b.y:  # from the memory's row
        return _under_and_up(a, b)
    return _on_track(a, b, _track(a, b, end))


def _upright(a: Box, b: Box) -> str:
    """From the edge that faces the other, above or below; a wide box is met where the other stands."""
    ax, bx = _facing(a, b), _facing(b, a)
    start, end = (a.y + a.height, b.y) if b.centre[1] > a.centre[1] else (a.y, b.y + b.height)
    half = (start + end) / 2
    return f"M{ax:g} {start:g}C{ax:g} {half:g} {bx:g} {half:g} {bx:g} {end:g}"


def _facing(box: Box, other: Box) -> float:
    if box.width <= other.width:
        return box.centre[0]
    return min(max(other.centre[0], box.x + 20), box.x + box.width - 20)


def _is_between(box: Box, a: Box, b: Box) -> bool:
    """Whether a box stands in the rectangle between two others."""
    upper, lower = (a, b) if a.y < b.y else (b, a)
    left, right = min(a.x, b.x), max(a.x + a.width, b.x + b.width)
    return (
        box.y > upper.y + upper.height and box.y + box.height < lower.y and box.x < right and box.x + box.width > left
    )


def _track(a: Box, b: Box, end: str) -> float:
    column = (a.x >= _MIDDLE) + (a.x >= _RIGHT)
    if end == "F_C":
        return _TO_CODE[column]
    if end == "score":
        return _TO_SCORE[column]
    return _TO_MAPS[(b.x >= _MIDDLE) + (b.x >= _RIGHT)]


def _on_track(a: Box, b: Box, x: float) -> str:
    """Out of the side towards the track, along it, and into the other's side, or its upper edge where it lies above."""
    (_, ay), (_, by) = a.centre, b.centre
    turn = 8 if by > ay else -8
    leaving = ay + _BESIDE * (turn > 0)
    out, bend = (a.x, 8) if x < a.centre[0] else (a.x + a.width, -8)
    way = f"M{out:g} {leaving:g}H{x + bend:g}Q{x:g} {leaving:g} {x:g} {leaving + turn:g}"
    if b.x < x < b.x + b.width:
        return f"{way}V{b.y:g}"
    aside = 0.0 if b.height < 30 else -_BESIDE if a.x < _MIDDLE else 2 - _BESIDE / 2
    into, bend = (b.x, 8) if x < b.centre[0] else (b.x + b.width, -8)
    return f"{way}V{by + aside - turn:g}Q{x:g} {by + aside:g} {x + bend:g} {by + aside:g}H{into:g}"


def _under_and_up(a: Box, b: Box) -> str:
    """Under the memory's row and up the right margin."""
    x, y, (bx, by) = a.centre[0], a.y + a.height + 40, (b.x + b.width, b.centre[1] + _BESIDE)
    return (
        f"M{x:g} {a.y + a.height:g}V{y - 8:g}Q{x:g} {y:g} {x + 8:g} {y:g}H{_TO_M4 - 8:g}"
        f"Q{_TO_M4:g} {y:g} {_TO_M4:g} {y - 8:g}V{by + 8:g}Q{_TO_M4:g} {by:g} {_TO_M4 - 8:g} {by:g}H{bx:g}"
    )
