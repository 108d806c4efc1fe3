"""What became of the forward branch under each reading of the paper: measured once, by benchmarks/collapse.py."""

import functools
import json
from pathlib import Path
from typing import Any

import streamlit as st

from workbench.how_it_works import figures, words
from workbench.shared import charts, controls, units

FILE = Path(__file__).with_name("collapse.json")


@functools.cache
def measured() -> dict[str, Any]:
    """As the benchmark wrote it: "data", "preset", and "runs" with the reading, seed and points of each."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def draw() -> None:
    """A closed box with a small chart for each of what was measured."""
    found = measured()
    with st.expander(words.COLLAPSE, icon=":material/trending_down:"):
        st.write(words.COLLAPSE_WHY)
        entries = [(*figures.READINGS[one], words.READINGS[one]) for one in figures.readings(found["runs"])]
        st.html(charts.key(entries))
        for row in (words.COLLAPSE_CHARTS[:2], words.COLLAPSE_CHARTS[2:]):
            for column, (name, title) in zip(st.columns(2, gap="medium"), row, strict=True):
                with column:
                    st.markdown(f"**{units.symbols(title)}**")
                    figure = figures.collapse_figure(found["runs"], name)
                    controls.chart(figure, f"collapse_{name}", alt=title)
        st.caption(words.collapse_about(found))
