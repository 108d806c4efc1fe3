"""Where the parts of the network stand: in the shape of an N, or one below the other on a phone. Knows no Streamlit.

In the N the rows are the scales, fine at the top: S1 goes down the left stroke, T down the diagonal, and S2 up the
right stroke, from the narrow code at the bottom. Where two of them meet in a row stand that scale's maps.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nnet.analysis.anatomy import (
    CODE,
    COPIER,
    MAP,
    MEMORY,
    PICTURE,
    PROJECTED,
    REBUILDER,
    RECALLED,
    SCORE,
    TEACHER,
    Part,
)

LARGE, SMALL = 72.0, 52.0
_ROWS = (66.0, 192.0, 318.0)
_BOTTOM = 466.0
_TEACHER = (430.0, 490.0, 550.0)
_COPIER, _REBUILDER, _SIGNS, _JOIN, _SCORE = 112.0, 776.0, 886.0, 928.0, 960.0
_COLUMNS = (8.0, 132.0, 256.0)
"""Left edges of the three scales on a phone, coarse at the right."""


@dataclass(frozen=True)
class Box:
    """A rectangle in units of the drawing; `x` and `y` are its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Layout:
    """A `width` x `height` drawing.

    Attributes:
        boxes: of the parts, by name.
        signs: where the sign of each scale stands, by scale: the centre of a circle.
        join: likewise, where the sign stands to which those of all scales lead.
        narrow: whether the scales are columns instead of rows.
    """

    width: float
    height: float
    boxes: Mapping[str, Box]
    signs: Mapping[int, tuple[float, float]]
    join: tuple[float, float]
    narrow: bool


def wide(parts: Mapping[str, Part]) -> Layout:
    """The N."""
    signs = {scale: (_SIGNS, y + LARGE / 2) for scale, y in enumerate(_ROWS)}
    boxes = {name: _in_the_n(part) for name, part in parts.items()}
    return Layout(1100, 576, boxes, signs, (_JOIN, _ROWS[1] + LARGE / 2), narrow=False)


def _in_the_n(part: Part) -> Box:
    if part.kind == PICTURE:
        return _square(0, _ROWS[0] - 6, LARGE + 12)
    if part.kind == MEMORY:
        return Box(360, _BOTTOM + 6, 160, LARGE - 12)
    if part.kind == CODE:
        return _square(_REBUILDER + (LARGE - 40) / 2, _BOTTOM + 16, 40)
    if part.kind == SCORE:
        return _square(_SCORE, _ROWS[1] + LARGE / 2 - 70, 140)
    return _in_its_row(part, part.scale or 0)


def _in_its_row(part: Part, scale: int) -> Box:
    row, teacher = _ROWS[scale], _TEACHER[scale]
    low = row + (LARGE - SMALL) / 2
    if part.kind == TEACHER:
        return _square(teacher, row, LARGE)
    if part.kind == COPIER:
        return _square(_COPIER, row, LARGE)
    if part.kind == REBUILDER:
        return _square(_REBUILDER, row, LARGE)
    if part.kind == RECALLED:
        return _square(teacher, _BOTTOM, LARGE)
    if part.kind == PROJECTED:
        if part.name.startswith("SP"):
            return _square(_COPIER + LARGE + 24, low, SMALL)
        if "F'_3" in part.sees:
            return _square(teacher + LARGE + 24, _BOTTOM + (LARGE - SMALL) / 2, SMALL)
        return _square(teacher - 24 - SMALL, low, SMALL)
    left, right = (teacher + LARGE, _REBUILDER) if part.name in ("M1", "M2", "M3") else (_COPIER + 148, teacher - 76)
    return _square((left + right - SMALL) / 2, low, SMALL)


def tall(parts: Mapping[str, Part]) -> Layout:
    """A path downwards, a column per scale: S1, its maps with T, T, the memory and the code, S2's maps with T, S2."""
    rows = _rows_downwards(parts)
    boxes = {name: _on_the_way_down(part, rows) for name, part in parts.items()}
    bottom = max(box.y + box.height for name, box in boxes.items() if name != "score")
    boxes["score"] = _square(72, bottom + 140, 192)
    signs = {scale: (x + LARGE / 2, bottom + 54) for scale, x in enumerate(_COLUMNS)}
    return Layout(336, bottom + 370, boxes, signs, (boxes["score"].centre[0], bottom + 102), narrow=True)


def _rows_downwards(parts: Mapping[str, Part]) -> dict[str, float]:
    """The upper edge of each row that has a part, by the row's name."""
    wanted = ("picture", "SF", "SP", "forward", "P", "F", "memory", "F'", "code", "D", "reverse")
    present = {_row(part) for part in parts.values()}
    found, y = {}, 30.0
    for row in wanted:
        if row in present:
            found[row] = y
            y += LARGE + 54
    return found


def _row(part: Part) -> str:
    if part.kind == MAP:
        return "reverse" if part.name in ("M1", "M2", "M3") else "forward"
    if part.kind == PROJECTED:
        return "SP" if part.name.startswith("SP") else "F'" if "F'_3" in part.sees else "P"
    named = {COPIER: "SF", TEACHER: "F", MEMORY: "memory", RECALLED: "F'", REBUILDER: "D"}
    return named.get(part.kind, part.kind)


def _on_the_way_down(part: Part, rows: Mapping[str, float]) -> Box:
    y = rows.get(_row(part), 0.0)
    if part.kind == MEMORY:
        return Box(_COLUMNS[1], y, _COLUMNS[2] + LARGE - _COLUMNS[1], LARGE)
    if part.kind == RECALLED:
        return _square(_COLUMNS[2], y, LARGE)
    if part.kind == PROJECTED and "F'_3" in part.sees:
        return _square(_COLUMNS[1] + 10, y + 10, SMALL)
    if part.kind == CODE:
        return _square(_COLUMNS[1] + 16, y + 16, 40)
    column = _COLUMNS[1] if part.scale is None else _COLUMNS[part.scale]
    side = SMALL if part.kind in (PROJECTED, MAP) else LARGE
    return _square(column + (LARGE - side) / 2, y + (LARGE - side) / 2, side)


def _square(x: float, y: float, side: float) -> Box:
    return Box(x, y, side, side)
