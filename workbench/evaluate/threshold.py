"""The threshold: a histogram on which it is dragged, what it decides, and the images that it gets wrong."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnet.errors import NNetError
from nnet.scoring.calibration import Kept
from workbench.components import threshold_histogram
from workbench.evaluate import cache, decisions, figures, words
from workbench.evaluate.scene import Scene
from workbench.evaluate.settings import CUT
from workbench.shared import chosen_picture, keeping, units

_TILES = 12  # images in each gallery


def draw(scene: Scene) -> None:
    """Draw the section."""
    st.markdown(f"**{words.HISTOGRAM_TITLE}**")
    chart = st.container()
    threshold, jumps = decisions.cut(scene), decisions.jumps(scene)
    labels = decisions.step_labels(decisions.steps(scene))
    st.select_slider(words.THRESHOLD, sorted(labels), format_func=labels.get, key=CUT.key, help=words.THRESHOLD_HELP)
    with st.container(horizontal=True, gap="small"):
        for name, value in jumps.items():
            label, hint = words.JUMPS[name]
            st.button(label, key=f"jump-{name}", help=hint, on_click=CUT.set, args=(value,))
    scores, defective = scene.result.scores, scene.defective
    with chart:
        shown = decisions.histogram(scores, defective, labels, threshold, jumps["own"])
        threshold_histogram.draw("evaluate_histogram", shown, CUT.set)
        st.caption(words.DRAG_HINT)
    counts = decisions.counts(scores, defective, threshold)
    st.markdown(words.decided(*counts))
    reason = words.chosen_on(scene.chosen.dataset.name, *counts)
    # An image is flagged here if it scores at the threshold or above it, elsewhere only above.
    keeping.draw(scene.model, scene.reference, Kept(float(np.nextafter(threshold, 0)), reason), "evaluate")
    table, tiles = st.columns((2, 3), gap="large", vertical_alignment="center")
    with table:
        st.html(figures.confusion_html(counts))
    with tiles, st.grid(2, min_column_width=130, gap="small"):
        for name, (share, meaning) in words.rates(*counts).items():
            st.metric(name, share, help=meaning)
    _galleries(scene, threshold)


def _galleries(scene: Scene, threshold: float) -> None:
    missed, alarms = decisions.worst(scene.result.scores, scene.defective, threshold)
    for title, which, none in ((words.MISSES, missed, words.NO_MISSES), (words.ALARMS, alarms, words.NO_ALARMS)):
        st.markdown(words.gallery_title(title, min(_TILES, len(which)), len(which)))
        if not len(which):
            st.caption(none)
            continue
        with st.grid(6, min_column_width=140, gap="small") as grid:
            for index in which[:_TILES]:
                with grid.cell():
                    _tile(scene, int(index))
    st.caption(words.GALLERY_HINT)


def _tile(scene: Scene, index: int) -> None:
    key, label = scene.evidence.keys[index], scene.evidence.labels[index]
    try:
        st.image(cache.thumbnail(scene, index, square=True), width="stretch", alt=key)
    except NNetError as error:
        st.caption(units.plain(str(error)))
    name = units.plain(key.rsplit("/", 1)[-1])
    if st.button(name, key=f"open-{key}", help=words.open_help(key), width="stretch"):
        open_in_inspect(scene, key)
    st.caption(words.tile_caption(label, float(scene.result.scores[index])))


def open_in_inspect(scene: Scene, key: str) -> None:
    """Show an image of the set on the Inspect page."""
    chosen_picture.show_data_image(scene.chosen.spec, key)
    st.switch_page("pages/1_Inspect.py")
