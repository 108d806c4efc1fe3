"""The pictures side by side: every variant's score, difference or maps on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from nnet.analysis.whatif import LABEL
from nnet.scoring.overlay import overlay
from workbench.ablations import settings
from workbench.ablations.variants import words
from workbench.ablations.variants.candidates import WHATIF, Variant
from workbench.components import linked_pictures
from workbench.components.linked_pictures import Pictures, Probe, Tile
from workbench.shared import chosen_pixel, pictures, resources, sides, sides_figures, units
from workbench.shared import words as shared_words
from workbench.shared.resources import Loaded
from workbench.shared.settings import one_of

_SIDE = 640  # longest side of a tile's picture in pixels
_DIFFERENCE_OPACITY = 0.9
_ORIGINAL = -1


@dataclass(frozen=True)
class View:
    """How the grid is drawn: a key of SHOWS, the colours, the overlay's opacity 0..1, the chosen pixel x, y, and
    whether the picture is judged, which one of another kind of part is not."""

    show: str
    colours: str
    opacity: float
    pixel: tuple[int, int]
    is_judged: bool = True


def draw(loaded: Loaded, shown: Sequence[Variant], reference: Variant, view: View) -> None:
    """All tiles on one scale, and its legend. Large are the reference and, beside it, what is looked at closely."""
    chosen = picked(shown)
    indices: list[int] = []  # of the variant behind each tile; _ORIGINAL for the picture itself
    tiles: list[Tile] = []
    hero, second = None, None

    def add(index: int, tile: Tile) -> None:
        indices.append(index)
        tiles.append(tile)

    if view.show in ("score", "difference"):
        for index, one in enumerate(shown):
            add(index, _score_tile(loaded, one, reference, view))
        photo = resources.photo((loaded.hash, "grid"), lambda: pictures.reduced(loaded.shown, _SIDE))
        add(_ORIGINAL, Tile(words.ORIGINAL, words.ORIGINAL_HINT, photo))
        hero = next(index for index, one in enumerate(shown) if one is reference)
        second = indices.index(next(one for one in (chosen, *indices) if one != hero))
    else:
        for name in _rows(view.show, shown):
            for index, one in enumerate(shown):
                add(index, _map_tile(loaded, one, name, view))
    shape, (x, y) = loaded.image.shape, view.pixel
    linked_pictures.show(
        "variants_grid",
        Pictures(
            tiles,
            shape[:2],
            (y, x),
            shape,
            words.GRID_LABEL,
            width=160,
            widest=420,
            ring=True,
            zoom=True,
            step=max(1, shape[1] // 64),
            image=loaded.hash,
            columns=0 if second is not None else len(shown),
            hero=hero,
            second=second,
            picked=next((i for i, v in enumerate(indices) if v == chosen), None),
            probe=Probe(reference.side.score, f"{reference.title}:", shared_words.UNIT),
        ),
        lambda row, column: chosen_pixel.choose(column, row),
        lambda tile: settings.VARIANT.set(shown[indices[tile]].candidate.key),
    )
    _legend(shown, reference, view)


def _rows(show: str, shown: Sequence[Variant]) -> list[str]:
    """The maps to show, scale by scale from fine to coarse, as far as a variant has them."""
    order = {"reverse": ("M1", "M2", "M3"), "forward": ("M6", "M5", "M4"), "maps": ("M6", "M1", "M5", "M2", "M4", "M3")}
    return [name for name in order[show] if any(name in one.maps for one in shown)] or list(order[show])


def _score_tile(loaded: Loaded, one: Variant, reference: Variant, view: View) -> Tile:
    """A variant's score on the picture, or its difference to the reference."""
    if one.judged is None:
        return Tile(one.title, words.NO_SCORE, pick=words.PICK.format(title=one.title))
    is_reference = one.candidate.key == reference.candidate.key
    key, small = _photo_key(loaded, one, view), pictures.reduced(loaded.shown, _SIDE)
    if view.show == "difference" and not is_reference:
        values = sides.difference(reference.side, one.side)
        uri = resources.photo(
            (*key, "minus", reference.maps_key, reference.expression),
            lambda: sides_figures.difference_overlay(small, values, _DIFFERENCE_OPACITY),
        )
    else:
        scale = sides_figures.relative_scale(view.colours)
        uri = resources.photo(key, lambda: pictures.overlay(small, one.side.score, scale, view.opacity, 1.0))
    hint = words.REFERENCE_TAG if is_reference else _differs(one, reference)
    pick, tag = words.PICK.format(title=one.title), words.score_tag(one, is_judged=view.is_judged)
    return Tile(one.title, hint, uri, tag=tag, alarm=view.is_judged and one.judged.is_anomalous, pick=pick)


def _map_tile(loaded: Loaded, one: Variant, name: str, view: View) -> Tile:
    title = words.MAP_TITLE.format(map=name, title=one.title)
    if name not in one.maps:
        return Tile(title, words.NO_MAP, pick=words.PICK.format(title=one.title))
    values = units.multiple(one.maps[name], one.levels[name])
    small, colours = pictures.reduced(loaded.shown, _SIDE), pictures.map_scale(view.colours)
    uri = resources.photo(
        (*_photo_key(loaded, one, view), name),
        lambda: overlay(small, values, (colours.low, colours.high), view.opacity, view.colours, None),
    )
    pick, tag = words.PICK.format(title=one.title), words.peak_tag(float(values.max()))
    return Tile(title, words.map_hint(name), uri, tag=tag, pick=pick)


def _photo_key(loaded: Loaded, one: Variant, view: View) -> tuple[object, ...]:
    return ("grid", loaded.hash, one.maps_key, one.expression, view.colours, view.opacity)


def _differs(one: Variant, reference: Variant) -> str:
    if one.checkpoint.weights_hash == reference.checkpoint.weights_hash and one.config == reference.config:
        return words.SAME_WEIGHTS
    return words.differs(sides.settings(reference.config, one.config))


def _legend(shown: Sequence[Variant], reference: Variant, view: View) -> None:
    """The one colour scale of all tiles, and what its unit is."""
    if view.show == "difference":
        ticks = [tick.format(reference=reference.title) for tick in words.TICKS]
        st.html(pictures.gradient_bar(sides_figures.difference_gradient(), ticks))
        said = [words.DIFFERENCE_NOTE]
    elif view.show == "score":
        st.html(pictures.colour_bar(sides_figures.relative_scale(view.colours)))
        said = [words.SCALE_NOTE]
    else:
        st.html(pictures.colour_bar(pictures.map_scale(view.colours)))
        said = [words.MAP_NOTE]
    if any(one.candidate.kind == WHATIF for one in shown):
        said.append(f"{words.WHATIF_NOTE} {LABEL}")
    st.caption(" ".join(said))


def picked(shown: Sequence[Variant]) -> int:
    """The index of the variant that is looked at closely: the second one until another is chosen."""
    keys = [one.candidate.key for one in shown]
    return keys.index(settings.VARIANT.remember(keys[min(1, len(keys) - 1)], one_of(keys)))
