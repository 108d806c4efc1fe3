"""Three experiments on which part helps, side by side: the paper's networks, this study's, and the chosen model's."""

from collections.abc import Mapping

import streamlit as st

from nnet.studies import CLAIMS
from workbench.ablations.results import rows as data
from workbench.ablations.results import words
from workbench.ablations.results.rows import Base
from workbench.shared import model_words
from workbench.shared.model_list import ModelEntry

_COPIER = next(claim for claim in CLAIMS if claim.key == "bd")
"""The part that helps most in the paper's Table 4, so what all three are asked about."""


def draw(base: Base | None, entry: ModelEntry | None, here: str) -> None:
    """The three with their set-up, and what their disagreement can mean and cannot.

    Args:
        base: the study that stands for those of this program; None without any.
        entry: the chosen model, or None.
        here: what it says, or where that is found.
    """
    st.subheader(words.EXPERIMENTS, anchor=False)
    with st.grid(3, min_column_width=240, gap="small") as grid:
        for title, said in _told(base, entry, here).items():
            with grid.cell(), st.container(border=True, height="stretch", gap="small"):
                st.markdown(f"**{title}**")
                st.markdown(said)
    st.markdown(words.READING)


def _told(base: Base | None, entry: ModelEntry | None, here: str) -> Mapping[str, str]:
    metric = "p_ap" if base is None or base.has_masks else "i_auroc"
    found = [] if base is None else [one for one in data.checked(base, metric, ["table4"]) if one.claim == _COPIER]
    setup = "" if entry is None or entry.problem else model_words.setup(entry)
    return {
        words.PAPERS: words.paper_says(_COPIER, metric),
        words.STUDYS: words.study_says(base, found[0], data.origin(base), metric) if base and found else words.NO_STUDY,
        words.CHOSEN: f"{words.chosen(setup)} {here}",
    }
