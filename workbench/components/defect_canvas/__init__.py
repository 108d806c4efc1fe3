"""Small components on the picture: to paint with a brush, to draw a box, to put a defect in its place, and Home's demo,
which has the answer beside the canvas.

All work with mouse, finger, pen and keyboard, and tell the server when a stroke or a move has ended. A drawing
travels as a transparent PNG in a data URI; `workbench.shared.layer.read_layer` checks it.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NotRequired, TypedDict

from workbench.components import words
from workbench.components.base import Number, handed, register

_HERE = Path(__file__).parent
_paint = register("studio_painter", _HERE, _HERE / "painter")
_place = register("studio_placer", _HERE, _HERE / "placer")
_crop = register("crop_box", _HERE, _HERE / "cropper")
_demo = register("draw_and_see", _HERE, _HERE / "demo")

MASK_COLOUR, MASK_OPACITY = "#ff7a00", 65
"""How `painter` paints a mask, the opacity in per cent: it is seen on dark and light pictures alike."""


@dataclass(frozen=True)
class Sheet:
    """The picture to work on: its `photo` as a data URI of `width` x `height` pixels, `scale` pixels of the image to
    one of those, and `image`, which stands for its content."""

    image: str
    photo: str
    width: int
    height: int
    scale: float


def painter(
    key: str,
    sheet: Sheet,
    layer: str | None,
    on_layer: Callable[[str], None],
    *,
    label: str,
    hint: str,
    mask: bool = False,
) -> None:
    """Draw on a picture.

    Args:
        key: unique on the page.
        layer: what has been drawn on this picture before, as a data URI, or None.
        on_layer: called, before the next run, with what the browser sent at the end of a stroke; not checked.
        label: what a screen reader says.
        hint: below the picture.
        mask: what is painted marks a place; it has the one colour of `MASK_COLOUR`.
    """

    one = {"colour": MASK_COLOUR, "opacity": MASK_OPACITY} if mask else None
    _paint(
        key=key,
        data=asdict(sheet) | {"label": label, "hint": hint, "layer": layer, "mask": one, "words": words.PAINTER},
        on_layer_change=handed(key, "layer", str, on_layer),
    )


class Place(TypedDict):
    """Which of the two circles was moved, and where to; x and y may lie outside of 0..1."""

    which: Literal["to", "from"]
    x: Number
    y: Number


def placer(
    key: str,
    sheet: Sheet,
    places: Mapping[str, tuple[float, float] | None],
    diameter: float,
    on_place: Callable[[Place], None],
    *,
    label: str,
    hint: str,
) -> None:
    """Choose the place of a defect, and of what is copied there.

    Args:
        key: unique on the page.
        places: "to" and "from" -> x and y, 0..1; None hides that circle.
        diameter: of the circles, as a fraction of the picture's shorter side.
        on_place: called, before the next run, at the end of a move.
    """

    _place(
        key=key,
        data=asdict(sheet) | {"label": label, "hint": hint, "diameter": diameter, **places},
        on_place_change=handed(key, "place", Place, on_place),
    )


def cropper(
    key: str,
    sheet: Sheet,
    box: tuple[float, float, float, float],
    least: float,
    on_box: Callable[[tuple[float, float, float, float]], None],
    *,
    label: str,
    hint: str,
) -> None:
    """Draw a box on a picture, move it and change its size.

    Args:
        key: unique on the page.
        box: left, top, right and bottom, 0..1.
        least: share of each side of the picture that a box has at least, 0..1.
        on_box: called, before the next run, at the end of a drag with the four; they may lie outside.
    """

    data = asdict(sheet) | {"label": label, "hint": hint, "box": list(box), "least": least}
    _crop(key=key, data=data, on_box_change=handed(key, "box", tuple[Number, Number, Number, Number], on_box))


@dataclass(frozen=True)
class Map:
    """One of M1..M6: its `name`, its `picture` as a data URI, and what it compares in `alt`."""

    name: str
    picture: str
    alt: str


@dataclass(frozen=True)
class Branch:
    """The maps of one student, under a `title` with a dot of its `colour`."""

    title: str
    colour: str
    maps: tuple[Map, ...]


@dataclass(frozen=True)
class Seen:
    """What the network says about what stands on the canvas.

    Attributes:
        heat: the picture with its heatmap, a data URI, and `alt` for a screen reader.
        anomalous: colours the `decision`.
        score: against the threshold; `raw` tells the value itself under the pointer.
        sentence: one more, or "".
        branches: the maps.
        strip: the network in small as an SVG (`workbench.components.network.strip`); "" while a stroke goes on, when
            only its maps and its heatmap follow.
    """

    heat: str
    alt: str
    anomalous: bool
    decision: str
    score: str
    raw: str
    sentence: str
    branches: tuple[Branch, ...]
    strip: str = ""


@dataclass(frozen=True)
class DemoCalls:
    """Called, before the next run, with what the browser sent; what the texts say is not checked.

    `on_layer`: the drawing, and whether the stroke has ended. `on_press`: "defect" or "good", for another picture.
    `on_photo`: a file's name and its content as a data URI.
    """

    on_layer: Callable[[str, bool], None]
    on_press: Callable[[str], None]
    on_photo: Callable[[str, str], None]


class _Stroke(TypedDict):
    layer: str
    done: NotRequired[bool]


class _Photo(TypedDict):
    name: str
    content: str


def demo(key: str, sheet: Sheet, layer: str | None, seen: Seen, calls: DemoCalls, **more: object) -> None:
    """A canvas with the heatmap beside it, which follows each stroke.

    Args:
        key: unique on the page.
        layer: what has been drawn on this picture before, as a data URI, or None.
        seen: the answer to it.
        more: `good`, whether the picture is the good part that everything starts with; `ink`, the brush's colour;
            `label`, what a screen reader says of the canvas; `hint`, a sentence below, or ""; `large`, whether it is
            seen from afar.
    """

    _demo(
        key=key,
        data=asdict(sheet)
        | {"layer": layer, "answer": asdict(seen), "words": words.DEMO, "largest": 1e6 * words.PHOTO_MEGABYTES, **more},
        on_layer_change=handed(
            key, "layer", _Stroke, lambda sent: calls.on_layer(sent["layer"], sent.get("done", True))
        ),
        on_press_change=handed(key, "press", str, calls.on_press),
        on_photo_change=handed(key, "photo", _Photo, lambda sent: calls.on_photo(sent["name"], sent["content"])),
    )
