"""Two pictures of one image over one another with a line between them that is dragged, to compare them spot by spot.

Only the browser moves the line; the server hears of it when it is let go, so that a link can reopen the view.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.components.base import fired, register

_mount = register("wipe", Path(__file__).parent)


def wipe(
    key: str,
    left: str,
    right: str,
    names: tuple[str, str],
    position: int,
    on_move: Callable[[int], None],
    *,
    aspect: float,
    label: str,
    mark: tuple[float, float] | None = None,
) -> None:
    """Draw the two pictures.

    Args:
        key: unique on the page.
        left, right: data URIs of pictures of one size; the left one is seen to the left of the line.
        names: of the two.
        position: of the line in percent of the width.
        on_move: called with the new position before the next run.
        aspect: their width by their height.
        label: what a screen reader says of the slider.
        mark: a position to mark, as shares 0..1 of width and height.
    """

    def moved() -> None:
        if (position := fired(key, "position")) is not None:
            on_move(int(position))

    data = {
        "left": left,
        "right": right,
        "names": list(names),
        "position": position,
        "aspect": aspect,
        "label": label,
        "mark": mark,
    }
    _mount(key=key, data=data, on_position_change=moved)
