"""Two small components on the picture: one to paint with a brush, one to put a defect in its place.

Both work with mouse, finger, pen and keyboard, and tell the server only when a stroke or a move has ended. A drawing
travels as a transparent PNG in a data URI; `workbench.inspect.defect.recipe.read_layer` checks it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.components import words
from workbench.components.base import fired, register

_HERE = Path(__file__).parent
_paint = register("studio_painter", _HERE, _HERE / "painter")
_place = register("studio_placer", _HERE, _HERE / "placer")


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
    key: str, sheet: Sheet, layer: str | None, on_layer: Callable[[object], None], *, label: str, hint: str
) -> None:
    """Draw on a picture.

    Args:
        key: unique on the page.
        layer: what has been drawn on this picture before, as a data URI, or None.
        on_layer: called, before the next run, with what the browser sent at the end of a stroke; not checked.
        label: what a screen reader says.
        hint: below the picture.
    """

    def drawn() -> None:
        if (written := fired(key, "layer")) is not None:
            on_layer(written)

    _paint(
        key=key,
        data=asdict(sheet) | {"label": label, "hint": hint, "layer": layer, "words": words.PAINTER},
        on_layer_change=drawn,
    )


def placer(
    key: str,
    sheet: Sheet,
    places: Mapping[str, tuple[float, float] | None],
    diameter: float,
    on_place: Callable[[object], None],
    *,
    label: str,
    hint: str,
) -> None:
    """Choose the place of a defect, and of what is copied there.

    Args:
        key: unique on the page.
        places: "to" and "from" -> x and y, 0..1; None hides that circle.
        diameter: of the circles, as a fraction of the picture's shorter side.
        on_place: called, before the next run, with what the browser sent at the end of a move: which, x, y; not
            checked.
    """

    def placed() -> None:
        if (sent := fired(key, "place")) is not None:
            on_place(sent)

    _place(
        key=key,
        data=asdict(sheet) | {"label": label, "hint": hint, "diameter": diameter, **places},
        on_place_change=placed,
    )
