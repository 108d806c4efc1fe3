"""Two pictures of one image over one another with a line between them that is dragged, to compare them spot by spot.

Only the browser moves the line; the server hears of it when it is let go, so that a link can reopen the view.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.components.base import handed, register

_mount = register("wipe", Path(__file__).parent)


@dataclass(frozen=True)
class Pair:
    """Two pictures of one size, and where the line between them is.

    Attributes:
        left, right: data URIs; the left one is seen to the left of the line.
        names: of the two.
        position: of the line in percent of the width.
        aspect: their width by their height.
        label: what a screen reader says of the slider.
        mark: a position to mark, as shares 0..1 of width and height.
    """

    left: str
    right: str
    names: tuple[str, str]
    position: int
    aspect: float
    label: str
    mark: tuple[float, float] | None = None


def wipe(key: str, pair: Pair, on_move: Callable[[int], None]) -> None:
    """Draw the two pictures.

    Args:
        key: unique on the page.
        on_move: called with the line's new position before the next run.
    """

    _mount(key=key, data=asdict(pair), on_position_change=handed(key, "position", int, on_move))
