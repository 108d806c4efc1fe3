"""Pictures of one image side by side that share a chosen position: a click in any of them chooses it in all.

Streamlit's pictures report no clicks and Plotly's heatmaps no selection, hence this small component. Pointing at a
position marks it in every picture and reads all values there; nothing is sent to the server before a click. Positions
are cells of a grid, such as patches, or pixels of the image; in the latter case the pictures can be zoomed together.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np

from workbench.components import words
from workbench.components.base import Index, handed, register
from workbench.shared import theme
from workbench.shared.pictures import Scale, data_uri

_mount = register("linked_pictures", Path(__file__).parent)


@dataclass(frozen=True)
class Tile:
    """One picture.

    Attributes:
        title: above it.
        hint: what to look for, below it; may be "".
        base: a picture of any size that is drawn smoothly, as a data URI, or None.
        cells: RGB or RGBA, one pixel per cell, drawn over it with hard edges, or None.
        values: (H, W) texts that are read where one points, or None.
        gradient, ticks: the colour bar, as CSS and as texts from low to high; "" for none.
        numbered: whether the badges are drawn on it.
        tag: a few words in a badge below it, or "".
        alarm: the badge's colour: anomalous, normal or, with None, neither.
        pick: what a press on the title does; "" for a title that is only read.
    """

    title: str
    hint: str = ""
    base: str | None = None
    cells: np.ndarray | None = None
    values: Sequence[Sequence[str]] | None = None
    gradient: str = ""
    ticks: tuple[str, ...] = ()
    numbered: bool = False
    tag: str = ""
    alarm: bool | None = None
    pick: str = ""


@dataclass(frozen=True)
class Probe:
    """What is read under the pointer, beside the position: `values` (h, w) that cover the image, their `label` before
    and their `unit` behind."""

    values: np.ndarray
    label: str
    unit: str = ""


@dataclass(frozen=True)
class Badge:
    """A short `text` that stands on top of a position of the grid."""

    row: int
    column: int
    text: str


class Bar(TypedDict):
    """A colour bar, as `Tile` takes it."""

    gradient: str
    ticks: tuple[str, ...]


def bar(scale: Scale) -> Bar:
    """A scale's colour bar."""
    ticks = tuple(label.replace("<br>", " ") for label in scale.ticks.values())
    return {"gradient": theme.css_gradient(scale.colour_map), "ticks": ticks}


@dataclass(frozen=True)
class Pictures:
    """All pictures, and what they have in common.

    Attributes:
        tiles: the pictures.
        shape: rows and columns of the grid of positions.
        chosen: row and column of the chosen position.
        image_shape: of the image as given; decides the proportions.
        label: what a screen reader says; arrow keys move the chosen position.
        width, widest: least and largest width of a picture in pixels.
        ring: mark the chosen position by a ring around its middle, for positions too small to be framed.
        zoom: whether the pictures can be zoomed, all together.
        step: positions that an arrow key moves by; 1 with the shift key.
        image: stands for the image; another one is shown as a whole again.
        probe: values that are read with the position under the pointer, in one line below the pictures.
        badges: drawn on the numbered pictures.
        columns: pictures in a row where the page is wide enough, with heads of one height; 0 for as many as fit.
        picked: the picture whose title is marked.
        hero: the picture that is as large as the window allows, or None.
        beside: whether the others stand beside it instead of below; on a phone they always do.
        second: a picture beside `hero` that is as large, or None. The others are then a strip below them that shows the
            titles alone, and a press on one of them that has a `pick` does what a press on its title does.
    """

    tiles: Sequence[Tile]
    shape: tuple[int, int]
    chosen: tuple[int, int]
    image_shape: tuple[int, ...]
    label: str
    width: int = 250
    widest: int = 340
    ring: bool = False
    zoom: bool = False
    step: int = 1
    image: str = ""
    probe: Probe | None = None
    badges: Sequence[Badge] = ()
    columns: int = 0
    picked: int | None = None
    hero: int | None = None
    beside: bool = False
    second: int | None = None


def show(
    key: str,
    pictures: Pictures,
    on_choose: Callable[[int, int], None],
    on_pick: Callable[[int], None] = lambda index: None,
) -> None:
    """Draw the pictures.

    Args:
        key: unique on the page.
        on_choose: called with row and column of a position that was chosen, before the next run.
        on_pick: called with a picture's index when its title was pressed, before the next run.
    """

    def picked(index: int) -> None:
        if index < len(pictures.tiles):
            on_pick(index)

    rows, columns = pictures.shape
    data = vars(pictures) | {
        "rows": rows,
        "columns": columns,
        "row": pictures.chosen[0],
        "column": pictures.chosen[1],
        "aspect": pictures.image_shape[1] / pictures.image_shape[0],
        "probe": None if pictures.probe is None else _packed(pictures.probe),
        "badges": [asdict(badge) for badge in pictures.badges],
        "across": pictures.columns,
        "tiles": [_encoded(tile) for tile in pictures.tiles],
        "words": words.LINKED_PICTURES,
    }
    _mount(
        key=key,
        data=data,
        on_cell_change=handed(key, "cell", tuple[Index, Index], lambda cell: on_choose(*cell)),
        on_tile_change=handed(key, "tile", Index, picked),
    )


def _packed(probe: Probe) -> dict[str, object]:
    """The values as base64 of little-endian float32, a quarter of what they would take as JSON."""
    values = np.ascontiguousarray(probe.values, "<f4")
    rows, columns = values.shape
    packed = base64.b64encode(values.tobytes()).decode()
    return {"values": packed, "rows": rows, "columns": columns, "label": probe.label, "unit": probe.unit}


def _encoded(tile: Tile) -> dict[str, object]:
    cells = None if tile.cells is None else data_uri(tile.cells)
    values = None if tile.values is None else [value for row in tile.values for value in row]
    return vars(tile) | {"cells": cells, "values": values}
