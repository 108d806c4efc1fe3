"""Inspect, time taken: how long each stage took."""

import streamlit as st

from workbench.inspect import words
from workbench.inspect.scene import Scene
from workbench.shared import controls, pictures
from workbench.shared import words as shared_words


def section(scene: Scene) -> None:
    stages = {words.DECODING: scene.loaded.milliseconds, **scene.trace.timings}
    st.markdown(words.stages_title(sum(stages.values())))
    figure = pictures.timings_figure(stages)
    controls.chart(figure, "timings", shared_words.TIMINGS_HINT, alt=words.STAGES_ALT, width=640)
