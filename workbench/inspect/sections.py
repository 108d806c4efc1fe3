"""The closer looks that the Inspect page offers below its pictures, by their name in the address bar."""

from __future__ import annotations

import streamlit as st

from workbench.inspect import pixel, regions, students
from workbench.inspect.compare import section as comparison
from workbench.inspect.defect import section as studio
from workbench.inspect.replay import section as replay
from workbench.inspect.scene import Scene, Section
from workbench.shared import pictures, text


def timings(scene: Scene) -> None:
    """How long each stage took."""
    stages = {"decode file": scene.loaded.milliseconds, **scene.trace.timings}
    st.markdown(f"**Milliseconds per stage** · {text.milliseconds(sum(stages.values()))} in all")
    figure = pictures.timings_figure(stages)
    st.plotly_chart(figure, key="timings", config=pictures.CHART_CONFIG, alt="Milliseconds per stage", width=640)
    st.caption(text.TIMINGS_HINT)


# A section is one line here. Its function takes the scene and draws.
SECTIONS: dict[str, Section] = {
    "pixel": Section("Pixel verdict", pixel.section),
    "regions": Section("Threshold and regions", regions.section),
    "students": Section("S1 against S2", students.section),
    "defect": Section("Make your own defect", studio.section),
    "compare": Section("Two models", comparison.section),
    "replay": Section("Replay bundle", replay.section),
    "time": Section("Time taken", timings),
}
