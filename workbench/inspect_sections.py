"""The closer looks that the Inspect page offers below its pictures, by their name in the address bar."""

from __future__ import annotations

import streamlit as st

from workbench import figures, replay, text
from workbench.inspect_scene import Scene, Section


def among_normals(scene: Scene) -> None:
    """The image's score among those of the held-out normal images."""
    reference, value = scene.judged.reference, scene.judged.value
    chart, words = st.columns((3, 2), gap="medium", vertical_alignment="center")
    with chart:
        st.markdown(f"**This image among {reference.n} held-out normal images**")
        figure = figures.normals_figure(reference.scores, reference.threshold, value)
        st.plotly_chart(figure, key="normals", config=figures.CHART_CONFIG, alt=text.verdict(reference, value))
        st.caption(text.NORMALS_HINT)
    with words:
        st.markdown(text.threshold(reference))
        st.markdown(text.p_value(reference, value))


def timings(scene: Scene) -> None:
    """How long each stage took."""
    stages = {"decode file": scene.loaded.milliseconds, **scene.trace.timings}
    st.markdown(f"**Milliseconds per stage** · {text.milliseconds(sum(stages.values()))} in all")
    figure = figures.timings_figure(stages)
    st.plotly_chart(figure, key="timings", config=figures.CHART_CONFIG, alt="Milliseconds per stage", width=640)
    st.caption(text.TIMINGS_HINT)


# A section is one line here. Its function takes the scene and draws.
SECTIONS: dict[str, Section] = {
    "normals": Section("How sure is it?", among_normals),
    "replay": Section("Replay bundle", replay.section),
    "time": Section("Time taken", timings),
}
