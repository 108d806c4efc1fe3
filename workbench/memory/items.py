"""Where each item is used on the image, as a page of cards; and the order of items, which the atlas shares."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from workbench.memory import cards, recall, settings, words
from workbench.memory.cards import Card
from workbench.memory.scene import Now, Scene
from workbench.shared import controls
from workbench.shared.settings import Setting

_ON_PAGE = 12


def section(scene: Scene, now: Now) -> None:
    if now.changed:
        st.markdown(words.UNDER_CHANGED)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = ordered(scene, settings.ITEMS_ORDER, now.usage)
        only = _only(scene)
    pictures = st.container()  # above the numbers of the pages
    shown = controls.page_of(settings.ITEMS_PAGE, [item for item in order if not only or item in only], _ON_PAGE)
    height, width = scene.loaded.image.shape[:2]
    small = [_small(_card(scene, now, item), float(now.usage[item]) * scene.items) for item in shown[1:]]
    with pictures:
        st.html(cards.one_large([_card(scene, now, item) for item in shown[:1]], small, 100, width / height))
        st.html(cards.weight_bar())
    st.caption(words.ITEMS_HINT if scene.atlas is not None else words.ITEMS_HINT_WITHOUT_ATLAS)


def _small(card: Card, fair: float) -> Card:
    """The same without numbers: a bar of the item's use here, in `fair` shares; what it stands for is in its tip."""
    return replace(card, lines=(), strip=None, share=fair, tip=", ".join(card.lines))


def ordered(scene: Scene, setting: Setting[str], here: np.ndarray) -> list[int]:
    """Draw the choice of an order; all items in it, where `here` (N,) is their use on the image."""
    names = {name: label for name, label in words.ORDERS.items() if name != "training" or scene.atlas is not None}
    order = controls.choose(setting, names, label=words.ORDER, kind="list", width=190)
    if order == "number":
        return list(range(scene.items))
    shares = scene.atlas.usage if order == "training" and scene.atlas is not None else here
    return [int(item) for item in recall.ranked(shares)]


def _only(scene: Scene) -> tuple[int, ...]:
    """The items that alone are shown, or none for all."""
    chosen = settings.items(settings.ONLY, scene.items)
    st.multiselect(
        words.ONLY,
        range(scene.items),
        chosen,
        words.item,
        placeholder=words.ONLY_NONE,
        **controls.following("items_only", list(chosen), _only_chosen),
        width=280,
    )
    return chosen


def _only_chosen(listed: Sequence[object]) -> None:
    settings.ONLY.set(recall.items_to_text(settings.picked(listed)))


def _card(scene: Scene, now: Now, item: int) -> Card:
    known, off = scene.atlas, item in now.addressing.off
    dead = known is not None and bool(known.dead[item])
    return Card(
        words.item(item),
        words.shares(float(now.usage[item]), None if known is None else float(known.usage[item])),
        words.where_used(item),
        scene.small_photo,
        cards.weight_cells(now.recall.use.weights[..., item]),
        None if known is None else cards.strip(known.patches[item, :3]),
        note=words.OFF_NOTE if off else words.DEAD_NOTE if dead else "",
        faded=off,
    )
