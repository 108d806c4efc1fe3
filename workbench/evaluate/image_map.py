"""The map of images: each image as a point, near those that the teacher sees as similar."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import streamlit as st

from nnet.errors import NNetError
from workbench.evaluate import cache, figures, layouts, words
from workbench.evaluate.headline import open_in_inspect
from workbench.evaluate.layouts import Layout
from workbench.evaluate.scene import Scene
from workbench.evaluate.settings import COLOUR_BY, FEATURES, IMAGE, LAYOUT
from workbench.shared import session, units
from workbench.shared.charts import CHART_CONFIG
from workbench.shared.controls import choose


def draw(scene: Scene) -> None:
    with st.container(horizontal=True, gap="medium"):
        method = choose(LAYOUT, words.METHODS, label=words.LAYOUT, help=words.METHODS_HELP)
        source = choose(FEATURES, words.SOURCES, label=words.FEATURES, help=words.SOURCES_HELP)
        colour = choose(COLOUR_BY, words.COLOURINGS, label=words.COLOUR_BY)
    laid_out = _layout(scene, method, source)
    if laid_out is None:
        return
    keys = [scene.pictures.keys[i] for i in laid_out.which]
    picked = _picked(keys)
    left, right = st.columns((5, 2), gap="medium")
    with right:
        st.selectbox(
            words.EMBEDDING_PICK,
            sorted(keys),
            key=IMAGE,
            index=None,
            placeholder=words.EMBEDDING_PLACEHOLDER,
            help=words.EMBEDDING_PICK_HELP,
        )
        if picked is not None:
            _picked_image(scene, picked)
    with left:
        st.markdown(f"**{words.embedding_title(len(keys), method, source)}**")
        _chart(scene, laid_out, colour, picked, key=f"embedding-{method}-{source}-{colour}")


def _chart(scene: Scene, laid_out: Layout, colour: str, picked: str | None, key: str) -> None:
    which, every = laid_out.which, scene.pictures.keys
    keys = [every[i] for i in which]
    number = None if picked is None else keys.index(picked)
    images, touch = scene.images(which), session.on_touch_screen()
    figure = figures.embedding_figure(laid_out.points, images, colour, number, touch)
    chart: dict[str, Any] = {"config": CHART_CONFIG, "alt": words.EMBEDDING_HINTS[colour], "selection_mode": "points"}
    st.plotly_chart(figure, key=key, on_select=lambda: _point_clicked(key, keys), **chart)
    remarks = [words.EMBEDDING_HINTS[colour], words.EMBEDDING_CLICK]
    remarks += [words.explained(laid_out.share)] if laid_out.share is not None else []
    if len(which) < len(every):
        remarks.append(words.UMAP_SUBSET.format(shown=len(which), total=len(every)))
    st.caption(" ".join(remarks))


def _layout(scene: Scene, method: str, source: str) -> Layout | None:
    """The images in the plane; a UMAP that is not there yet waits for a click."""
    known = layouts.known(scene, method, source)
    if known is not None or method == "pca":
        return layouts.layout(scene, method, source)
    if not st.button(words.UMAP_BUTTON, icon=":material/scatter_plot:", type="primary", help=words.UMAP_WAIT):
        return None
    try:
        with st.spinner(words.UMAP_WAIT, show_time=True):
            layouts.layout(scene, method, source)
    except NNetError as error:
        st.info(units.plain(str(error)), icon=":material/info:")
        return None
    st.rerun()


def _point_clicked(chart: str, keys: Sequence[str]) -> None:
    # Without a point, or with what a browser can send in its place, nothing is chosen.
    with suppress(LookupError, TypeError, ValueError, OverflowError):
        point = st.session_state[chart]["selection"]["points"][0]
        st.session_state[IMAGE] = keys[int(np.ravel(point["customdata"])[0])]


def _picked(keys: Sequence[str]) -> str | None:
    """The chosen image; a choice from another set is forgotten."""
    if st.session_state.get(IMAGE) not in keys:
        st.session_state[IMAGE] = None
    return st.session_state[IMAGE]


def _picked_image(scene: Scene, key: str) -> None:
    index = scene.pictures.keys.index(key)
    st.image(cache.thumbnail(scene, index), width="stretch", alt=units.text(units.plain(key)))
    score = float(scene.result.scores[index])
    st.caption(
        words.tile_told(key, scene.pictures.labels[index], scene.ratio(score), is_kept=scene.is_kept),
        help=words.raw_score(score),
    )
    if scene.pictures.spec and st.button(words.OPEN, icon=":material/search:", key="open-picked", width="stretch"):
        open_in_inspect(scene, key)
