"""Ablations: what each part of N-Net is for, by the paper's tables, side by side, and by what-if."""

from __future__ import annotations

import streamlit as st

from workbench.ablations.results import section as ablation_results
from workbench.ablations.variants import section as variant_grid
from workbench.ablations.whatif import section as interventions
from workbench.shared import frame, session

PARTS = {"results": "Results", "grid": "Side by side", "whatif": "What if"}


def main() -> None:
    with frame.page_without_model("Ablations") as entry:
        st.title("Ablations", anchor=False)
        session.remember("part", "results", session.one_of(PARTS))
        part = st.segmented_control(
            "Part", list(PARTS), format_func=PARTS.get, key="part", required=True, label_visibility="collapsed"
        )
        if part == "results":
            ablation_results.draw()
        elif part == "grid":
            variant_grid.draw(entry)
        else:
            interventions.draw(frame.loaded(entry))
