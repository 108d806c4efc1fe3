"""How it works: nine steps, each with something to predict and an answer from the model at hand."""

from contextlib import nullcontext
from pathlib import Path

import streamlit as st

from nnet.scoring import judge
from workbench.how_it_works import card, damage, diagram, settings, shown, subject, words
from workbench.how_it_works.scene import Scene
from workbench.how_it_works.settings import PICKED, STEP
from workbench.shared import controls, frame, presenter
from workbench.shared import words as shared_words
from workbench.shared.resources import Model
from workbench.shared.settings import PRESENT

LAST = len(words.CARDS)
_SEEN = "tour_seen"
"""What was last drawn to the end. While another step or picture is drawn, nothing of that is in sight (style.css)."""
_KEYS = Path(__file__).with_name("keys.js").read_text(encoding="utf-8")


def main() -> None:
    with frame.page(words.TITLE, presents=False) as model:
        scene = _scene(model)
        asked_of = (scene.step, scene.loaded.hash, model.key)
        st.html(f'<div class="{"nn-turned" if st.session_state.get(_SEEN) != asked_of else "nn-same"}"></div>')
        with st.container(key="tour_hall") if scene.is_in_hall else nullcontext():
            finding = card.draw(scene)
            if finding is not None and scene.presenting:
                card.explain(scene, finding)
            diagram.draw(scene, answered=finding is not None)
        if finding is not None:
            if scene.presenting:
                shown.tables(scene, finding)
            else:
                card.explain(scene, finding)
            shown.draw(scene)
        if PICKED.value:
            st.button(words.AGAIN, type="tertiary", key="tour_again", on_click=PICKED.forget)
        st.session_state[_SEEN] = asked_of  # only here: a run that is broken off has replaced nothing


def _scene(model: Model) -> Scene:
    """The title and the bar of steps, and what they say."""
    step = STEP.remember()
    settings.drawn(step)
    PICKED.remember()
    expression = next(iter(judge.presets(model.detector.config).values()))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="tour_bar"):
        st.title(words.TITLE, anchor=False, width="content")
        _turn("tour_previous", words.PREVIOUS, max(1, step - 1), step, ":material/arrow_back:", "Left")
        st.segmented_control(
            words.STEP,
            range(1, LAST + 1),
            format_func=lambda number: words.step_name(number, settings.picked(number) is not None),
            key=STEP.key,
            required=True,
            label_visibility="collapsed",
            wrap=True,
            width="content",
        )
        _turn("tour_next", words.NEXT, min(LAST, step + 1), step, ":material/arrow_forward:", "Right")
        with st.container(width=246):
            pair = damage.choose(step) if step in damage.CLEAR else None
            found = pair or subject.choose(model, expression)
        presenting = controls.toggle(PRESENT, shared_words.PRESENT)
    if presenting:
        _clicker(step)
    return Scene(model, found, expression, step, settings.picked(step), presenting)


def _turn(key: str, label: str, to: int, step: int, icon: str | None = None, shortcut: str | None = None) -> None:
    st.button(label, icon=icon, shortcut=shortcut, disabled=to == step, key=key, on_click=settings.turn, args=(to,))


def _clicker(step: int) -> None:
    """Buttons that are not seen, for the keys of a presenter's clicker."""
    with st.container(key="tour_clicker"):
        st.html(f"{presenter.MARK}<script>{_KEYS}</script>", unsafe_allow_javascript=True)
        _turn("tour_page_up", words.PREVIOUS, max(1, step - 1), step, shortcut="PageUp")
        _turn("tour_page_down", words.NEXT, min(LAST, step + 1), step, shortcut="PageDown")
        _turn("tour_space", words.NEXT, min(LAST, step + 1), step, shortcut="Space")
        _turn("tour_first", words.FIRST, 1, step, shortcut="Home")
        _turn("tour_last", words.LAST, LAST, step, shortcut="End")
        presenter.leave()
