"""Inspect, the verdict on one pixel: six values, the factors' shares of the score, and a sentence."""

import streamlit as st

from nnet.scoring import circuit
from nnet.scoring.attribution import attribute
from nnet.scoring.regions import pixel_to_cell
from workbench.inspect import figures, words
from workbench.inspect.scene import Scene
from workbench.shared import chosen_pixel, controls, pictures, resources, verdict_words


def section(scene: Scene) -> None:
    left, right = st.columns((2, 5), gap="medium")
    with left:
        _place(scene)
        by_place = chosen_pixel.by_place()
    with right:
        _verdict(scene, by_place)


def _place(scene: Scene) -> None:
    """The chosen pixel as sliders, and what lies around it."""
    x, y = scene.view.pixel
    shape = scene.loaded.image.shape
    st.markdown(f"**{verdict_words.PIXEL_TITLE.format(x=x, y=y)}**")
    parts = figures.around(scene.loaded.shown, scene.judged.score, scene.view.scale, scene.view.opacity, (x, y), shape)
    with st.container(horizontal=True, gap="small"):
        for (caption, alt), part in zip(words.AROUND.items(), parts, strict=True):
            st.image(pictures.photo_uri(part), caption, width=108, alt=alt)
    chosen_pixel.sliders("pixel", (x, y), shape, words.HIGHEST_HELP)


def _verdict(scene: Scene, by_place: bool) -> None:
    x, y = scene.view.pixel
    names = [name for pair in circuit.PAIRS for name in pair if name in scene.trace.maps]
    grid = scene.trace.maps[names[0]].shape
    row, column = pixel_to_cell(x, y, grid, scene.loaded.image.shape)
    values = {name: float(scene.trace.maps[name][row, column]) for name in names}
    levels = resources.normal_maps(scene.model).levels(row, column, by_place)
    found = attribute(scene.expression, values, {name: level[1] for name, level in levels.items()})
    threshold = scene.judged.reference.threshold
    here = float(scene.judged.score[pixel_to_cell(x, y, scene.judged.score.shape, scene.loaded.image.shape)])
    st.markdown(f"**{verdict_words.pixel_verdict(found, here, threshold, by_place)}**")
    st.markdown(verdict_words.pixel_numbers(here, found.whole.value, threshold, found.whole))
    shares, maps = st.columns(2, gap="medium")
    with shares:
        st.markdown(f"**{words.SHARES_TITLE}**", help=verdict_words.SHARES_HELP)
        if found.whole.contribution > 0:
            figure = figures.shares_figure(found)
            controls.chart(figure, "shares", verdict_words.SHARES_HINT)
        else:
            st.caption(verdict_words.NO_PARTS)
    with maps:
        st.markdown(f"**{words.AGAINST_NORMAL_TITLE}**")
        figure = figures.against_normal_figure(values, levels, scene.expression.maps)
        controls.chart(figure, "against-normal", verdict_words.PIXEL_HINT)
