"""A step's card: what one should know, what is to be predicted, and what the model answered."""

from html import escape

import streamlit as st

from nnet.analysis.story import Finding, StoryError
from workbench.how_it_works import figures, model_answer, settings, shown, trained, words
from workbench.how_it_works.scene import Scene
from workbench.shared import glossary, units


def draw(scene: Scene) -> Finding | None:
    """Returns the answer once the visitor has picked one of their own. In a hall the text, which has been read by then,
    stands above the drawing."""
    card = scene.card
    pictures = scene.picked is not None and scene.step in shown.WITH_PICTURES
    widths = (1.0, 1.0, 1.3 if scene.step in (4, 5, 6) else 1.0)  # which have three pictures
    about, asked, *seen = st.columns(widths if pictures else 2, gap="medium")
    with about:
        st.subheader(card.title, anchor=False)
        if not scene.is_in_hall:
            st.html(glossary.prose(card.text))
        if scene.step == 8:
            st.html(figures.weighted_sum(scene.model.detector.config.loss, is_answered=scene.picked is not None))
            with st.popover(words.WEIGHTS_LABEL, type="tertiary"):
                st.html(figures.weights(scene.model.detector.config.loss))
    with asked, st.container(gap="xsmall", key="tour_asked"):
        finding = _question(scene)
    if finding is not None:
        with about:
            shown.below_text(scene, finding)
    if finding is not None and seen:
        with seen[0]:
            shown.tiles(scene, finding)
    if scene.is_in_hall:
        st.html(glossary.prose(card.text))
    if finding is not None:
        _compared(scene, finding)
    return finding


def _question(scene: Scene) -> Finding | None:
    card = scene.card
    st.markdown(f"**{card.question}**", help=words.PREDICT if scene.picked is None else None)
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
        with st.spinner(words.ASKING_ALL if scene.step == 9 else words.ASKING, show_time=True):
            finding = model_answer.ask(scene)
    except StoryError as error:
        st.info(units.plain(str(error)), icon=":material/block:")
        return None
    whether = words.WHETHER[list(card.options)[scene.picked] == finding.outcome]
    model = units.plain(scene.model.name)
    st.caption(words.EXPECTED.format(option=options[scene.picked], whether=whether, model=model))
    st.markdown(f"##### {units.symbols(words.measured(scene.step, finding))}")
    shown.below_answer(scene, finding)
    return finding


def _compared(scene: Scene, finding: Finding) -> None:
    """How the measurement lies beside what the paper says, as wide as the page. Nothing of a good picture."""
    if scene.step == 8:
        said = words.weighted(scene.model.detector.config.loss, finding)
        st.caption(units.indices(escape(said)), unsafe_allow_html=True)  # L_align in one typeface with the sum
        return
    if scene.step in model_answer.OF_ALL and not scene.subject.is_defective:
        st.caption(words.NOT_KNOWN)
        return
    samples = model_answer.of_samples(scene)
    showing = sum(one.agrees for one in samples.values()), len(samples)
    told = words.EXCHANGED if scene.step == 4 else ""
    if text := " ".join(filter(None, (told, words.verdict(scene.step, finding, showing), _further(scene)))):
        st.caption(units.symbols(text))


def _further(scene: Scene) -> str:
    """What the pictures of step 6 show, and what the study of step 9 found."""
    if scene.step == 6 and (channel := model_answer.damped(scene)) is not None:
        return words.GAINING.format(gaining=channel.gaining, channels=channel.channels)
    if scene.step == 9:
        found = trained.study()
        return words.own_study(found.gained, found.data, found.epochs)
    return ""
