"""Items as a grid of cards, and the marks around them, as HTML that takes the page's own text colour.

Nothing here knows Streamlit. Weights of one item are (H, W) over the positions of F_3.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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


_TALLEST = 0.4
_CARD_STYLE = "min-width:0;font-size:0.82rem;line-height:1.35"
_FILLING = "position:absolute;inset:0;width:100%;height:100%"
_PIXELS = f"{_FILLING};image-rendering:pixelated"


def cards(items: Sequence[Card], width: int, aspect: float = 1.0) -> str:
    """A grid of cards as HTML that takes the page's own text colour.

    Args:
        width: least width of a card in pixels.
        aspect: width over height of the photographs; very tall ones are squeezed.
    """
    aspect = max(aspect, _TALLEST)
    grid = f"display:grid;gap:18px 16px;grid-template-columns:repeat(auto-fill,minmax(min({width}px,100%),1fr))"
    return f'<div style="{grid}">{"".join(_card(item, aspect) for item in items)}</div>'


def _card(item: Card, aspect: float) -> str:
    note = ""
    if item.note:
        frame = "border:1px solid currentColor;border-radius:4px;padding:0 5px;font-size:0.72rem;opacity:0.8"
        note = f' <span style="{frame}">{html.escape(item.note)}</span>'
    parts = [f'<div style="font-weight:600;margin-bottom:4px;white-space:nowrap">{html.escape(item.title)}{note}</div>']
    alt = html.escape(item.alt, quote=True)
    if item.photo:
        cells = (
            f'<img src="{pictures.data_uri(item.cells)}" alt="" style="{_PIXELS}">' if item.cells is not None else ""
        )
        parts.append(
            f'<div style="position:relative;overflow:hidden;border-radius:4px;aspect-ratio:{aspect:.4f}">'
            f'<img src="{item.photo}" alt="{alt}" style="{_FILLING}">{cells}</div>'
        )
    if item.strip is not None:
        shape = f"width:100%;max-width:{1.4 * item.strip.shape[1]:.0f}px;display:block;margin-top:6px;border-radius:3px"
        parts.append(f'<img src="{pictures.data_uri(item.strip)}" alt="{alt}" style="{shape}">')
    if item.share is not None:
        parts.append(_share_bar(item.share))
    parts += [f'<div style="opacity:0.8;margin-top:2px">{html.escape(line)}</div>' for line in item.lines]
    return f'<div style="{_CARD_STYLE}{";opacity:0.45" if item.faded else ""}">{"".join(parts)}</div>'


def _share_bar(share: float) -> str:
    """A bar that is half full at a fair share."""
    filled = 50 * min(max(share, 0), 2)
    return (
        '<div style="position:relative;height:6px;border-radius:3px;margin-top:6px;background:rgba(128,128,128,0.25)">'
        f'<div style="height:6px;border-radius:3px;width:{filled:.1f}%;background:{theme.NORMAL}"></div>'
        '<div style="position:absolute;left:50%;top:-2px;width:1px;height:10px;background:currentColor;opacity:0.6">'
        "</div></div>"
    )


def slider_mark(position: float, label: str) -> str:
    """A small mark below a slider at a position 0..1 of its track, as HTML."""
    shift = "0" if position < 0.12 else "-100%" if position > 0.88 else "-50%"
    return (
        '<div aria-hidden="true" style="position:relative;height:2.1em;margin-top:-1.4rem;font-size:0.76rem;'
        'line-height:1.05">'
        f'<span style="position:absolute;left:{100 * position:.2f}%;transform:translateX(-50%);opacity:0.8">▲</span>'
        f'<span style="position:absolute;top:1.05em;left:{100 * position:.2f}%;transform:translateX({shift});'
        f'white-space:nowrap;opacity:0.8">{html.escape(label)}</span></div>'
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
    ticks = "".join(f"<span>{label}</span>" for label in words.WEIGHT_TICKS)
    return (
        f'<div role="img" aria-label="{words.WEIGHT_BAR}" style="font-size:0.8rem;max-width:30rem">'
        f'<div style="height:10px;border-radius:3px;background:linear-gradient(to right,rgba({colour},0),'
        f'rgba({colour},0.95)),#5a626d"></div>'
        f'<div style="display:flex;justify-content:space-between;margin-top:4px">{ticks}</div></div>'
    )
