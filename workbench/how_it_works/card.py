"""A step's card: what one should know, what is to be predicted, and what the model answered."""

from html import escape

import streamlit as st

from nnet.analysis.story import Finding, StoryError
from workbench.how_it_works import figures, model_answer, settings, shown, words
from workbench.how_it_works.scene import Scene
from workbench.shared import glossary, model_list, units

ANSWERED = (1.0, 1.25)
"""Widths of the answer in words and in pictures."""


def draw(scene: Scene) -> Finding | None:
    """The card above the drawing. Returns the answer once the visitor has picked one of their own; then it takes the
    text's place, so that the drawing keeps its size."""
    card = scene.card
    is_picked = scene.picked is not None
    about, beside = st.columns(ANSWERED if is_picked else 2, gap="medium")
    with about:
        st.subheader(card.title, anchor=False)
        if not is_picked:
            _about(scene)
    with about if is_picked else beside, st.container(gap="xsmall", key="tour_asked"):
        finding = _question(scene)
    if is_picked:
        with beside, st.container(gap="xsmall"):
            if finding is None:
                _about(scene)
            else:
                shown.evidence(scene, finding)
    return finding


def explain(scene: Scene, finding: Finding) -> None:
    """What one has read before, and how the answer lies beside what the paper says, with the numbers that are read
    after it: below the drawing; in a hall the words stand beside the answer, where there is room, above it."""
    st.html(f'<div id="{words.BELOW}">{glossary.prose(scene.card.text)}</div>')
    told = model_answer.lesson(scene, finding)
    if not scene.presenting:
        if told:
            st.html(figures.lesson(told))
        shown.tables(scene, finding)
    elif told:  # beside the drawing there is room for one of the three
        st.caption(units.indices(escape(list(told.values())[-1])), unsafe_allow_html=True)
    if not told:
        _compared(scene, finding)


def _about(scene: Scene) -> None:
    st.html(glossary.prose(scene.card.text))
    if scene.step == 8:
        st.html(figures.weighted_sum(scene.model.detector.config.loss, is_answered=False))
        with st.popover(words.WEIGHTS_LABEL, type="tertiary"):
            st.html(figures.weights(scene.model.detector.config.loss))


def _question(scene: Scene) -> Finding | None:
    card = scene.card
    options = list(card.options.values())
    if scene.picked is None:
        st.markdown(f"**{card.question}**", help=words.PREDICT)
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
        with st.spinner(words.ASKING_ALL if scene.step == 9 else words.ASKING, show_time=True):
            finding = model_answer.ask(scene)
    except StoryError as error:
        st.info(units.plain(str(error)), icon=":material/block:")
        return None
    whether = words.WHETHER[list(card.options)[scene.picked] == finding.outcome]
    model = units.plain(model_list.called(scene.model.name))
    asked = words.EXPECTED.format(
        question=units.symbols(card.question), option=options[scene.picked], whether=whether, model=model
    )
    st.caption(asked)
    measured = words.emphasised(units.symbols(words.measured(scene.step, finding)))
    why = units.symbols(words.why(scene.step, finding))
    st.markdown(f"{measured}  \n{why if scene.presenting else words.WHY_BELOW.format(why=why)}")
    return finding


def _compared(scene: Scene, finding: Finding) -> None:
    """How the measurement lies beside what the paper says, as wide as the page. Nothing of a good picture."""
    if scene.step in model_answer.OF_ALL and not scene.subject.is_defective:
        st.caption(words.NOT_KNOWN)
        return
    samples = model_answer.of_samples(scene)
    showing = sum(one.agrees for one in samples.values()), len(samples)
    told = words.EXCHANGED if scene.step == 4 else ""
    if text := " ".join(filter(None, (told, words.verdict(scene.step, finding, showing)))):
        st.caption(units.symbols(text))
