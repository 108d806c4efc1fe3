"""Inspect: pictures in; heatmaps, scores and decisions out, with the six maps behind them."""

from collections.abc import Callable

import streamlit as st

from nnet.scoring.calibration import Kept
from nnet.scoring.judge import Judgement
from workbench.inspect import circuit, figures, pixel, regions, settings, students, three_pictures, time_taken, words
from workbench.inspect.compare import section as compare
from workbench.inspect.defect import section as defect
from workbench.inspect.replay import section as replay
from workbench.inspect.scene import Scene
from workbench.shared import controls, frame, gallery, keep_threshold, kinds, model_list, resources, units
from workbench.shared import words as shared_words
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded, Model

# A closer look is one line here and its title in the words; only the chosen one is drawn.
SECTIONS: dict[str, Callable[[Scene], None]] = {
    "pixel": pixel.section,
    "regions": regions.section,
    "students": students.section,
    "defect": defect.section,
    "compare": compare.section,
    "replay": replay.section,
    "time": time_taken.section,
}
OF_WHOLE_PICTURES = ("pixel", "regions", "time")
"""What a model whose inputs are not whole pictures has: the others compare features or run the network on a picture."""
JUDGING = ("pixel", "regions")
"""Those that say why a score is high, which means nothing for another kind of part."""


def main() -> None:
    with frame.page(words.TITLE, looks_into=False) as model:
        st.title(words.TITLE, anchor=False)
        gallery.open_most_telling(model)
        picture, loaded = gallery.chosen()
        with st.spinner(shared_words.LOOKING, show_time=True):
            trace = resources.trace(model, loaded)
        bar = st.container()
        chosen = circuit.presets(model)
        left, right = st.columns((4, 5), gap="medium")
        calibrated = resources.judgement(model, loaded, chosen.expression)
        judged = settings.remember_threshold(calibrated)
        with bar:
            gallery.bar(model, picture, judged, chosen.expression)
            _remarks(model, loaded, judged, calibrated)
        with st.expander(words.DRAWN_HOW, icon=":material/tune:", expanded=chosen.error is not None):
            circuit.written(model, chosen)
            view = three_pictures.view(loaded, judged, calibrated)
        scene = Scene(model, picture, loaded, trace, judged, chosen.expression, view)
        with left:
            circuit.draw(scene)
        with right:
            three_pictures.draw(scene)
        is_judged = kinds.beyond(model, loaded) is None
        if is_judged:
            _strip(picture, loaded, judged)
        else:
            st.caption(shared_words.picture_facts(loaded.image.shape, picture.known, loaded.notes))
        three_pictures.downloads(scene)
        st.subheader(words.CLOSER, anchor=False)
        if trace.window is not None:
            st.caption(words.framed(trace.window))
        sections = words.SECTIONS if trace.window is None else {key: words.SECTIONS[key] for key in OF_WHOLE_PICTURES}
        look = controls.choose(settings.VIEW, sections, label=words.CLOSER, label_visibility="collapsed")
        if is_judged or look not in JUDGING:
            SECTIONS[look](scene)
        else:
            st.caption(shared_words.NO_VERDICT)


def _remarks(model: Model, loaded: Loaded, judged: Judgement, calibrated: Judgement) -> None:
    """What must be known before the pictures are believed."""
    moved = judged.reference.threshold
    if judged is not calibrated:
        st.markdown(f":material/tune: {words.moved_threshold(judged.reference, calibrated.reference)}")
    if judged is not calibrated or calibrated.reference.kept is not None:
        keep_threshold.draw(model, calibrated.reference, Kept(moved, words.KEPT_ON_INSPECT), "inspect")
    if kinds.beyond(model, loaded) is not None:
        return
    entry = model_list.entries().get(model.name)
    if said := shared_words.unproven(judged.reference.promise, entry.i_auroc if entry else None):
        st.markdown(f":material/help: {said}")
    if judged.share_above > shared_words.UNFAMILIAR_SHARE:
        st.markdown(f":material/help: {shared_words.unfamiliar(judged.share_above)}")


def _strip(picture: Picture, loaded: Loaded, judged: Judgement) -> None:
    """The picture among the held-out normal ones, and how far the threshold can be trusted."""
    reference, value = judged.reference, judged.value
    st.markdown(f"**{words.STRIP_TITLE}**", help=words.strip_help(reference, value))
    figure = figures.strip_figure(reference.scores, reference.threshold, value)
    told = shared_words.verdict(reference, value)
    controls.chart(figure, "strip", alt=told)
    facts = shared_words.picture_facts(loaded.image.shape, picture.known, loaded.notes)
    said = (
        told,
        shared_words.promise(reference.promise),
        shared_words.advice(reference.promise),
        units.plain(reference.reason),
        facts,
    )
    st.caption(" ".join(filter(None, said)))
