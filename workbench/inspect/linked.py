"""Pictures of the scene's image in which the visitor chooses the pixel, and a line to wipe between two of them."""

from collections.abc import Sequence

import streamlit as st

from workbench.components import linked_pictures
from workbench.components import wipe as wipe_component
from workbench.components.linked_pictures import Badge, Pictures, Probe, Tile
from workbench.inspect.scene import Scene
from workbench.shared import chosen_pixel, pictures
from workbench.shared.pictures import Scale
from workbench.shared.settings import Setting


def linked(
    scene: Scene,
    key: str,
    tiles: list[Tile],
    label: str,
    *,
    probe: Probe | None = None,
    badges: Sequence[Badge] = (),
    hero: int | None = None,
) -> None:
    """Pictures that are zoomed together and share the chosen pixel.

    Args:
        key: unique on the page.
        label: what a screen reader says.
        probe: values that are shown under the pointer.
        badges: numbers on the numbered pictures.
        hero: the picture that is as large as the place allows, or None.
    """
    shape, (x, y) = scene.loaded.image.shape, scene.view.pixel
    shown = Pictures(
        tiles,
        (shape[0], shape[1]),
        (y, x),
        shape,
        label,
        widest=440,
        width=250 if hero is None else 150,
        columns=0 if hero is None else 2,
        hero=hero,
        ring=True,
        zoom=True,
        step=max(1, shape[1] // 64),
        image=scene.loaded.hash,
        probe=probe,
        badges=badges,
    )
    linked_pictures.show(key, shown, lambda row, column: chosen_pixel.choose(column, row))


def wipe(
    scene: Scene,
    key: str,
    sides: tuple[str, str],
    names: tuple[str, str],
    setting: Setting[int],
    label: str,
    scale: Scale,
) -> None:
    """Two pictures, as data URIs, with a line between them; the chosen pixel is marked.

    Args:
        key: unique on the page.
        setting: the position of the line, in percent of the width.
        label: what a screen reader says about the line.
        scale: of the pictures' colours, drawn below them.
    """
    height, width = scene.loaded.image.shape[:2]
    x, y = scene.view.pixel
    with st.container(width=440):
        mark = ((x + 0.5) / width, (y + 0.5) / height)
        pair = wipe_component.Pair(*sides, names, setting.remember(), width / height, label, mark)
        wipe_component.wipe(key, pair, setting.set)
        st.html(pictures.colour_bar(scale))
