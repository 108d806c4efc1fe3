"""Items as a grid of cards, and the marks around them, as HTML that takes the page's own text colour.

Nothing here knows Streamlit. Weights of one item are (H, W) over the positions of F_3.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from jinja2 import Environment, PackageLoader, Template

from workbench.memory import words
from workbench.shared import pictures, theme

_WEIGHT = (255, 190, 50)


@dataclass(frozen=True)
class Card:
    """An item in a grid of items.

    Attributes:
        title: its name.
        lines: facts below its pictures.
        alt: its pictures in words.
        photo: data URI of the image on which `cells` (H, W, 4) show where the item is used, or "".
        strip: its training patches as one RGBA picture, or None.
        share: its usage in fair shares 1/N, drawn as a bar, or None.
        note: a short remark in a frame, such as "dead", or "".
        faded: drawn pale, for an item that is switched off or dead.
        tip: what is read under the pointer, or "".
    """

    title: str
    lines: tuple[str, ...] = ()
    alt: str = ""
    photo: str = ""
    cells: np.ndarray | None = None
    strip: np.ndarray | None = None
    share: float | None = None
    note: str = ""
    faded: bool = False
    tip: str = ""


_TALLEST = 0.4
_WHOLE = 4000  # wider than any place, so that a card fills it


def cards(items: Sequence[Card], width: int, aspect: float = 1.0) -> str:
    """A grid of cards as HTML; see cards.html.jinja, which escapes every text.

    Args:
        width: least width of a card in pixels.
        aspect: width over height of the photographs; very tall ones are squeezed.
    """
    return _template().render(cards=items, width=width, aspect=max(aspect, _TALLEST), colour=theme.NORMAL)


@cache
def _template() -> Template:
    """Read once: to make a program of it takes ten times as long as to fill it in."""
    environment = Environment(loader=PackageLoader(__package__, ""), autoescape=True, trim_blocks=True)
    environment.filters["uri"] = pictures.data_uri
    return environment.get_template("cards.html.jinja")


def one_large(large: Sequence[Card], others: Sequence[Card], width: int, aspect: float) -> str:
    """A card as large as the window allows, with a grid of others beside it, as HTML; see `cards`."""
    first, rest = cards(large, _WHOLE, aspect), cards(others, width, aspect)
    return f'<div class="nn-one-large" style="--aspect:{max(aspect, _TALLEST):.4f}">{first}{rest}</div>'


def slider_mark(position: float, label: str) -> str:
    """A small mark below a slider at a position 0..1 of its track, as HTML."""
    shift = "0" if position < 0.12 else "-100%" if position > 0.88 else "-50%"
    return (
        f'<div class="nn-mark" aria-hidden="true" style="--at:{100 * position:.2f}%;--shift:{shift}">'
        f"<span>▲</span><span>{html.escape(label)}</span></div>"
    )


def strip(patches: np.ndarray, gap: int = 3) -> np.ndarray:
    """Patches (K, side, side, 3) side by side with see-through gaps, uint8 (side, K side + gaps, 4)."""
    count, side = patches.shape[:2]
    canvas = np.zeros((side, count * (side + gap) - gap, 4), np.uint8)
    for k, patch in enumerate(patches):
        left = k * (side + gap)
        canvas[:, left : left + side, :3] = patch
        canvas[:, left : left + side, 3] = 255
    return canvas


def weight_cells(weights: np.ndarray) -> np.ndarray:
    """One item's weights (H, W) as see-through amber, uint8 (H, W, 4): clear at 0, nearly opaque at 1.

    Opacity follows the root of the weight, so that small weights are seen as well.
    """
    cells = np.empty((*weights.shape, 4), np.uint8)
    cells[..., :3] = _WEIGHT
    cells[..., 3] = np.rint(255 * 0.95 * np.sqrt(np.clip(weights, 0, 1)))
    return cells


def weight_bar() -> str:
    """The colour bar of `weight_cells`, as HTML. Its middle is a weight of 0.25."""
    colour = ",".join(map(str, _WEIGHT))
    gradient = f"linear-gradient(to right,rgba({colour},0),rgba({colour},0.95)),#5a626d"
    return pictures.gradient_bar(gradient, words.WEIGHT_TICKS)
