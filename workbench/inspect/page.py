"""Inspect: pictures in; heatmaps, scores and decisions out, with the six maps behind them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from nnet.scoring.judge import Judgement
from workbench.inspect import circuit, pixel, regions, settings, students, three_pictures, time_taken, words
from workbench.inspect.compare import section as compare
from workbench.inspect.defect import section as defect
from workbench.inspect.replay import section as replay
from workbench.inspect.scene import Scene
from workbench.shared import chosen_picture, controls, frame, gallery, resources, theme, units
from workbench.shared import words as shared_words
from workbench.shared.chosen_picture import Picture
from workbench.shared.resources import Loaded

# A closer look is one line here and its title in the words; only the chosen one is drawn.
SECTIONS: dict[str, Callable[[Scene], None]] = {
    "pixel": pixel.section,
    "regions": regions.section,
    "students": students.section,
    "defect": defect.section,
    "compare": compare.section,
    "replay": replay.section,
    "time": time_taken.section,
}


def main() -> None:
    with frame.page(words.TITLE) as model:
        st.title(words.TITLE, anchor=False)
        adding, shelf = st.columns((2, 5), gap="medium")
        with adding:
            gallery.adding()
        picture = chosen_picture.chosen()
        loaded = picture.load()
        with st.spinner(words.LOOKING, show_time=True):
            trace = resources.trace(model, loaded)
        heading = st.container()
        st.subheader(words.CIRCUIT_TITLE, anchor=False)
        expression = circuit.controls(model)
        calibrated = resources.judgement(model, loaded, expression)
        judged = settings.remember_threshold(calibrated)
        with heading:
            _heading(picture, loaded, judged, calibrated)
        diagram = st.container()
        view = three_pictures.view(loaded, judged, calibrated)
        scene = Scene(model, picture, loaded, trace, judged, expression, view)
        with diagram:
            circuit.draw(scene)
        three_pictures.draw(scene)
        three_pictures.downloads(scene)
        st.subheader(words.CLOSER, anchor=False)
        look = controls.choose(settings.VIEW, words.SECTIONS, label=words.CLOSER, label_visibility="collapsed")
        SECTIONS[look](scene)
        with shelf:
            gallery.shelf(model, picture, expression, judged.reference)


def _heading(picture: Picture, loaded: Loaded, judged: Judgement, calibrated: Judgement) -> None:
    reference, value = judged.reference, judged.value
    left, right = st.columns((3, 2), gap="medium", vertical_alignment="center")
    with left:
        st.subheader(units.plain(picture.title), anchor=False)
        colour = theme.BADGES[judged.is_anomalous]
        st.markdown(f":{colour}-badge[{shared_words.decision(reference, value)}] {words.decided(reference, value)}")
        if judged is not calibrated:
            st.markdown(f":material/tune: {words.moved_threshold(reference, calibrated.reference)}")
        if judged.share_above > shared_words.UNFAMILIAR_SHARE:
            st.markdown(f":material/help: {shared_words.unfamiliar(judged.share_above)}")
        st.caption(" ".join((shared_words.picture_facts(loaded.image.shape, picture.known), *loaded.notes)))
    with right, st.grid(3, min_column_width=88, gap="small"):
        st.metric(words.SCORE, units.number(value), help=shared_words.threshold(reference))
        st.metric(words.PERCENTILE, f"{reference.percentile(value):.0f}", help=shared_words.PERCENTILE_HELP)
        st.metric(words.P_VALUE, units.number(reference.p_value(value)), help=shared_words.P_VALUE_HELP)
