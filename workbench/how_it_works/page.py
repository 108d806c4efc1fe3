"""How it works: nine steps, each with something to predict and an answer from the model at hand."""

from __future__ import annotations

import streamlit as st

from nnet.scoring import judge
from workbench.how_it_works import card, diagram, settings, shown, words
from workbench.how_it_works.scene import Scene
from workbench.how_it_works.settings import PICKED, PRESENT, STEP
from workbench.shared import chosen_picture, controls, frame, units
from workbench.shared.resources import Model

LAST = len(words.CARDS)


def main() -> None:
    with frame.page(words.TITLE) as model:
        scene = _scene(model)
        if scene.presenting:
            st.html('<div class="nn-presenting"></div>')
        finding = card.draw(scene)
        if finding is not None:
            shown.draw(scene, finding)
        diagram.draw(scene, answered=finding is not None)
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.caption(words.NETWORK.format(picture=units.plain(scene.picture.title)), width="content")
            controls.toggle(PRESENT, words.PRESENT, help=words.PRESENT_HELP)
            if PICKED.value:
                st.button(words.AGAIN, type="tertiary", key="tour_again", on_click=PICKED.forget)


def _scene(model: Model) -> Scene:
    """The title and the bar of steps, and what they say."""
    step = STEP.remember()
    PICKED.remember()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(words.TITLE, anchor=False, width="content")
        st.button(
            words.PREVIOUS,
            icon=":material/arrow_back:",
            shortcut="Left",
            disabled=step == 1,
            key="tour_previous",
            on_click=STEP.set,
            args=(max(1, step - 1),),
        )
        st.segmented_control(
            words.STEP,
            range(1, LAST + 1),
            format_func=lambda number: words.step_name(number, settings.picked(number) is not None),
            key=STEP.key,
            required=True,
            label_visibility="collapsed",
            wrap=True,
        )
        st.button(
            words.NEXT,
            icon=":material/arrow_forward:",
            icon_position="right",
            shortcut="Right",
            disabled=step == LAST,
            key="tour_next",
            on_click=STEP.set,
            args=(min(LAST, step + 1),),
        )
    # Its switch stands below the drawing, where there is room; here only what it was set to counts.
    presenting = PRESENT.remember()
    picture = chosen_picture.chosen()
    expression = next(iter(judge.presets(model.detector.config).values()))
    return Scene(model, picture, picture.load(), expression, step, settings.picked(step), presenting)
