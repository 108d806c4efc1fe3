"""Ablations: what each part of N-Net is for, by the paper's tables, side by side, and by what-if."""

import streamlit as st

from workbench.ablations import settings
from workbench.ablations.results import experiments
from workbench.ablations.results import section as results
from workbench.ablations.start import section as start
from workbench.ablations.variants import section as variants
from workbench.ablations.whatif import section as whatif
from workbench.shared import frame, hosting
from workbench.shared.controls import choose

PARTS = {"results": "The paper’s claims", "grid": "Side by side", "whatif": "Take a part out", "start": "Start a study"}
assert tuple(PARTS) == settings.PARTS


def main() -> None:
    with frame.page_without_model("Ablations") as entry:
        st.title("Ablations", anchor=False)
        offered = {name: title for name, title in PARTS.items() if not (hosting.is_shared() and name == "start")}
        part = choose(settings.PART, offered, label="Part", label_visibility="collapsed", default=settings.first_part())
        if part == "results":
            results.draw(entry)
        elif part == "start":
            start.draw()
        elif part == "grid":
            variants.draw(entry)
        else:
            whatif.draw(frame.loaded(entry), lambda said: experiments.draw(results.first_base(), entry, said))
