"""The whole network as one living drawing: point at a part, open it, or see the result without it.

What the result would be without a part travels with the drawing, so that holding a part answers at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.components.base import handed, register
from workbench.components.network import words

_HERE = Path(__file__).parent
_mount = register("network", _HERE / "walk", _HERE)

SCREEN, HALL = "screen", "hall"
"""How large it is drawn, see `draw`."""


@dataclass(frozen=True)
class Card:
    """What opens when a part is pressed.

    Attributes:
        title, sentence: in plain words.
        facts: label and value.
        page: the page about it as in pages/, "" for none; `page_title` for people.
        variant: the key of what happens without it, "" where it cannot be left out; `left_out` names what that is.
    """

    title: str
    sentence: str
    facts: tuple[tuple[str, str], ...]
    page: str
    page_title: str
    variant: str
    left_out: str = ""


@dataclass(frozen=True)
class Variant:
    """The network without a part: the parts that are `gone`, the `tiles` that change (name -> data URI), the `result`
    in words, and, where that stays the same, `why`."""

    gone: tuple[str, ...]
    tiles: Mapping[str, str]
    result: str
    why: str = ""


@dataclass(frozen=True)
class Network:
    """All that is drawn.

    Attributes:
        wide, narrow: SVG of `workbench.components.network.drawing.drawings`.
        cards: by the part's name.
        variants: by key.
        picture: stands for the picture and the model, see `room` of `draw`.
        changed: whether the picture is one that the visitor has changed above the drawing: where that is out of sight
            then, a button leads to it.
        tiles: what the tiles of features show, see `workbench.components.network.words.TILES`; or a channel's number.
        channels: the largest number of channels that one of them has.
        stages: what lights up one after the other: the parts of each, its name, and a sentence.
    """

    wide: str
    narrow: str
    cards: Mapping[str, Card]
    variants: Mapping[str, Variant]
    picture: str
    changed: bool
    tiles: str
    channels: int
    stages: tuple[tuple[tuple[str, ...], str, str], ...]


def draw(
    key: str,
    network: Network,
    on_visit: Callable[[str], None],
    on_tiles: Callable[[str], None],
    *,
    focus: Sequence[str] = (),
    left_out: str = "",
    room: str = "",
) -> None:
    """Draw it.

    Args:
        key: unique on the page.
        network: as above.
        on_visit: called, before the next run, with the page that the visitor wants to go to.
        on_tiles: likewise, with what the tiles are to show.
        focus: names of parts that stay lit while nothing is pointed at; none for all.
        left_out: the variant that is shown at first; the page tells its result in its own measure, so none stands below
            the heatmap.
        room: "" for the width of its place, where each new picture runs through the drawing by itself, once, as soon as
            that is in sight; else it does when a visitor asks for it. SCREEN, so that the whole drawing is seen below
            what stands above it; HALL, the same without what only serves a desk.
    """

    def visited(page: str) -> None:
        if page in {card.page for card in network.cards.values() if card.page}:
            on_visit(page)

    _mount(
        key=key,
        data=asdict(network)
        | {"focus": list(focus), "left_out": left_out, "room": room, "waves": not room, "words": words.BROWSER},
        on_visit_change=handed(key, "visit", str, visited),
        on_tiles_change=handed(key, "tiles", str, on_tiles),
    )
