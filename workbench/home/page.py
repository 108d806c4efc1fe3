"""The workbench's home page, and what `streamlit run` starts. The other pages lie in pages/."""

from __future__ import annotations

import streamlit as st

from nnet.scoring import judge
from workbench.home import words
from workbench.shared import chosen_picture, frame, living_network, pictures, resources, theme
from workbench.shared import words as shared_words
from workbench.shared.resources import Model


def main() -> None:
    with frame.page(shared_words.PRODUCT) as model:
        st.title(shared_words.PRODUCT)
        st.markdown(words.ABOUT)
        st.space("small")
        _example(model)
        st.space("small")
        _network(model)
        st.space("small")
        _ways_on()
        st.caption(shared_words.sample_source(chosen_picture.sample_collection()))


def _example(model: Model) -> None:
    """A real image and its heatmap, with the decision in words."""
    picture = next(iter(chosen_picture.sample_pictures().values()))
    loaded = picture.load()
    expression = next(iter(judge.presets(model.detector.config).values()))
    judged = resources.judgement(model, loaded, expression)
    scale = pictures.calibrated_scale(judged.reference.threshold)
    marked = pictures.overlay(loaded.shown, judged.score, scale, 0.75, judged.reference.threshold)

    left, middle, right = st.columns((3, 3, 4), gap="medium")
    left.image(loaded.shown, picture.title, width="stretch", alt=picture.title)
    middle.image(marked, words.HEATMAP_TITLE, width="stretch", alt=words.HEATMAP_ALT)
    with right:
        colour = theme.BADGES[judged.is_anomalous]
        decision = shared_words.decision(judged.reference, judged.value)
        st.markdown(f"### {words.score(judged.value)} :{colour}-badge[{decision}]")
        st.markdown(words.decided(judged.reference, judged.value))
        st.html(pictures.colour_bar(scale))
        st.caption(words.HOW_TO_READ)


def _network(model: Model) -> None:
    """The whole network with the same image."""
    st.subheader(words.NETWORK_TITLE, anchor=False)
    picture = next(iter(chosen_picture.sample_pictures().values()))
    living_network.draw(
        "home_network", model, picture.load(), next(iter(judge.presets(model.detector.config).values()))
    )


def _ways_on() -> None:
    """A card for each page."""
    st.subheader(words.TRY_IT, anchor=False)
    with st.grid(3, min_column_width=260, border=True) as cards:
        for name, page in shared_words.PAGES.items():
            with cards.cell():
                st.page_link(f"pages/{name}.py", label=f"**{page.title}**", icon=page.icon)
                st.caption(page.summary)
