"""The memory atlas: all items with their training patches, how similar they are, and a map of them."""

import streamlit as st

from nnet.analysis.atlas import Atlas
from nnet.errors import NNetError
from workbench.memory import cache, cards, figures, settings, words
from workbench.memory.cards import Card
from workbench.memory.items import ordered
from workbench.memory.scene import Scene
from workbench.shared import controls, frame, units

_ON_PAGE = 20


@frame.part
def section(scene: Scene) -> None:
    """The memory as a whole. Runs again only when its own controls change."""
    view = controls.choose(settings.ATLAS, words.VIEWS, label=words.VIEW, label_visibility="collapsed")
    {"items": _items, "similarity": _similarity, "map": _map}[view](scene)


def _items(scene: Scene) -> None:
    known = scene.atlas
    st.markdown(words.USAGE_TITLE)
    figure = figures.usage_figure(scene.usage, known)
    controls.chart(figure, "usage", words.USAGE_HINT, alt=words.USAGE_ALT)
    if known is None:
        st.info(words.NO_ATLAS, icon=":material/info:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = controls.page_of(settings.ATLAS_PAGE, ordered(scene, settings.ATLAS_ORDER, scene.usage), _ON_PAGE)
    st.html(cards.cards([_card(known, item) for item in shown], 230))
    st.caption(words.ATLAS_HINT, help=words.DEAD_HELP)


def _card(known: Atlas, item: int) -> Card:
    share, dead = float(known.usage[item]), bool(known.dead[item])
    fair = share * len(known.usage)
    return Card(
        words.item(item),
        (words.fair_shares(share, fair),),
        words.training_patches(item),
        strip=cards.strip(known.patches[item]),
        share=fair,
        note=words.DEAD_NOTE if dead else "",
        faded=dead,
    )


def _similarity(scene: Scene) -> None:
    which, cosines, _ = cache.ordered_items(scene.model)
    st.markdown(words.SIMILARITY_TITLE)
    figure = figures.similarity_figure(which, cosines)
    controls.chart(figure, "similarity", words.similarity(len(which), scene.items), alt=words.SIMILARITY_ALT, width=560)


def _map(scene: Scene) -> None:
    method = controls.choose(settings.LAYOUT, words.LAYOUTS, label=words.LAYOUT, help=words.LAYOUT_HELP)
    try:
        with st.spinner(words.UMAP_WAIT, show_time=True):
            embedding = cache.embedding(scene, method)
    except NNetError as error:
        st.info(units.plain(str(error)), icon=":material/info:")
        return
    st.markdown(words.MAP_TITLE.format(method=embedding.method))
    usage, dead = (scene.usage, None) if scene.atlas is None else (scene.atlas.usage, scene.atlas.dead)
    figure = figures.embedding_figure(embedding, scene.flagged, usage, dead)
    controls.chart(
        figure, "embedding", " ".join((words.EMBEDDING_HINT, *map(units.plain, embedding.notes))), alt=words.MAP_ALT
    )
