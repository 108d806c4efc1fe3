"""A step's card: what one should know, what is to be predicted, and what the model answered."""

from __future__ import annotations

import streamlit as st

from nnet.analysis.story import Finding, StoryError
from workbench.how_it_works import asking, settings, words
from workbench.how_it_works.scene import Scene
from workbench.shared import glossary, units


def draw(scene: Scene) -> Finding | None:
    """Returns the answer once the visitor has picked one of their own."""
    card = scene.card
    about, asked = st.columns((1, 1), gap="medium")
    with about:
        st.subheader(card.title, anchor=False)
        st.html(glossary.prose(card.text))
    with asked:
        return _question(scene)


def _question(scene: Scene) -> Finding | None:
    card = scene.card
    st.markdown(f"**{card.question}**", help=words.PREDICT)
    options = list(card.options.values())
    if scene.picked is None:
        with st.container(horizontal=True, gap="small"):
            for index, option in enumerate(options):
                st.button(
                    option,
                    key=f"tour_{scene.step}_{index}",
                    shortcut=str(index + 1),
                    on_click=settings.pick,
                    args=(scene.step, index),
                )
        return None
    try:
        with st.spinner(words.ASKING):
            finding = asking.ask(scene)
    except StoryError as error:
        st.info(units.plain(str(error)), icon=":material/block:")
        return None
    st.caption(words.EXPECTED.format(option=options[scene.picked]))
    st.markdown(f"##### {units.plain(words.measured(scene.step, finding))}")
    if verdict := words.verdict(scene.step, finding):
        (st.warning if finding.contradicts else st.success)(units.plain(verdict), icon=":material/menu_book:")
    return finding
