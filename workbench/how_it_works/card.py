"""A step's card: what one should know, what is to be predicted, and what the model answered."""

import streamlit as st

from nnet.analysis.story import Finding, StoryError
from workbench.how_it_works import figures, model_answer, settings, shown, words
from workbench.how_it_works.scene import Scene
from workbench.shared import glossary, units


def draw(scene: Scene) -> Finding | None:
    """Returns the answer once the visitor has picked one of their own. In a hall the text, which has been read by then,
    leaves its room to the drawing, and stands in a tooltip."""
    card = scene.card
    pictures = scene.picked is not None and scene.step in shown.WITH_PICTURES
    about, asked, *seen = st.columns(3 if pictures else 2, gap="medium")
    with about:
        st.subheader(card.title, anchor=False, help=glossary.plain(card.text) if scene.is_in_hall else None)
        if not scene.is_in_hall:
            st.html(glossary.prose(card.text))
    with asked, st.container(gap="xsmall", key="tour_asked"):
        finding = _question(scene)
    if finding is not None and seen:
        with seen[0]:
            shown.tiles(scene, finding)
    if finding is not None and scene.step == 8:
        about.html(figures.weights(finding))
    if finding is not None and (verdict := _verdict(scene, finding)):  # as wide as the page: it is long
        st.caption(units.symbols(f"{verdict} {words.OTHER_MEASURE.get(scene.step, '')}".strip()))
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
    if drawn := figures.spreads(finding) if scene.step == 6 else figures.bars(finding):
        st.html(drawn)
    return finding


def _verdict(scene: Scene, finding: Finding) -> str:
    """What the paper says of it, and how this model's measurement lies beside that; nothing of a good picture."""
    if scene.step == 8:
        return words.WEIGHTED
    if scene.step in model_answer.OF_ALL and not scene.subject.is_defective:
        return words.NOT_KNOWN
    samples = model_answer.of_samples(scene)
    showing = sum(one.agrees for one in samples.values())
    auroc = model_answer.auroc(scene) if scene.step == 3 else {}
    return words.verdict(scene.step, finding, (showing, len(samples)), auroc)
