"""Inspect: pictures in; heatmaps, scores and decisions out, with the six maps behind them."""

from collections.abc import Callable

import streamlit as st

from nnet.expression import Expression
from nnet.scoring.calibration import Kept
from nnet.scoring.judge import Judgement
from nnet.scoring.unfamiliar import unfamiliar
from workbench.inspect import circuit, pixel, regions, settings, strip, students, three_pictures, time_taken, words
from workbench.inspect.compare import section as compare
from workbench.inspect.defect import section as defect
from workbench.inspect.replay import section as replay
from workbench.inspect.scene import Scene, is_misplaced, known_defect
from workbench.shared import (
    cautions,
    chosen_picture,
    controls,
    frame,
    gallery,
    keep_threshold,
    kinds,
    known_data,
    model_list,
    parts,
    resources,
)
from workbench.shared import words as shared_words
from workbench.shared.parts import Decided
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded, Model
from workbench.shared.settings import MODEL

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
            resources.trace(model, loaded)
        expression = settings.remember_expression(model).expression
        calibrated = resources.judgement(model, loaded, expression)
        judged = settings.remember_threshold(calibrated)
        gallery.bar(model, picture, judged, expression)
        if picture.data is not None and known_data.is_evaluated(picture.data[0]):
            st.page_link("pages/4_Evaluate.py", label=words.BACK, icon=":material/arrow_back:")
        _remarks(model, picture, loaded, judged, calibrated)
        _live(model, picture, _above(expression))


def _above(expression: Expression) -> tuple[object, ...]:
    """What the page above its live part depends on, as far as that part can change it."""
    return MODEL.value, chosen_picture.shown_key(), expression, settings.THRESHOLD.value


@frame.part
def _live(model: Model, picture: Picture, drawn_for: tuple[object, ...]) -> None:
    """All below the bar; only this runs again when one of its controls changes, unless the bar has to change, too."""
    chosen = settings.remember_expression(model)
    if _above(chosen.expression) != drawn_for:
        st.rerun()
    loaded = picture.load()
    is_judged = kinds.beyond(model, loaded) is None
    if is_judged:
        circuit.presets(model)
    place = st.container()
    calibrated = resources.judgement(model, loaded, chosen.expression)
    judged = settings.remember_threshold(calibrated)
    with st.expander(words.DRAWN_HOW, icon=":material/tune:", expanded=chosen.error is not None):
        circuit.written(model, chosen)
        view = three_pictures.view(loaded, judged, calibrated)
    scene = Scene(model, picture, loaded, resources.trace(model, loaded), judged, chosen.expression, view)
    with place:
        _pictures(scene) if is_judged else three_pictures.alone(scene)
    if is_judged:
        strip.tell(scene, calibrated)
    else:
        st.caption(shared_words.picture_facts(loaded.image.shape, picture.known, loaded.notes))
    three_pictures.downloads(scene, is_judged=is_judged)
    _closer(scene)


def _pictures(scene: Scene) -> None:
    """What the score is made of and how high it is, and beside it the picture with its heatmap."""
    left, right = st.columns((4, 5), gap="medium")
    with left:
        circuit.draw(scene)
        _unproven(scene.model, scene.judged)
        strip.draw(scene)  # here, beside what is high
    with right:
        three_pictures.draw(scene)


def _closer(scene: Scene) -> None:
    """The closer look that is chosen."""
    window = scene.trace.window
    st.subheader(words.CLOSER, anchor=False)
    if window is not None:
        st.caption(words.framed(window))
    sections = words.SECTIONS if window is None else {key: words.SECTIONS[key] for key in OF_WHOLE_PICTURES}
    look = controls.choose(settings.VIEW, sections, label=words.CLOSER, label_visibility="collapsed")
    if look in JUDGING and kinds.beyond(scene.model, scene.loaded) is not None:
        st.caption(shared_words.NO_VERDICT)
    else:
        SECTIONS[look](scene)


def _remarks(model: Model, picture: Picture, loaded: Loaded, judged: Judgement, calibrated: Judgement) -> None:
    """What must be known before the pictures are believed."""
    moved = judged.reference.threshold
    told = words.moved_threshold(judged.reference, calibrated.reference) if judged is not calibrated else ""
    if kinds.beyond(model, loaded) is not None:  # it is not judged, so no threshold is chosen by it
        keep_threshold.tell(told)
        return
    if told or calibrated.reference.kept is not None:
        found = _on_test_pictures(model, judged)
        chosen, warning = Kept(moved, words.kept_on_inspect(found)), _sorts_little(judged, found)
        keep_threshold.draw(model, calibrated.reference, chosen, "inspect", warning, _unmoved, told)
    mask = known_defect(picture, loaded)
    if mask is not None and is_misplaced(model, mask, judged):
        st.markdown(f":material/wrong_location: {words.MISPLACED}")
    if said := unfamiliar(judged.share_above):
        st.markdown(f":material/help: {said}")


def _unmoved() -> None:
    """Once a threshold is kept, it is not to be multiplied once more. A callback."""
    settings.THRESHOLD.set(1.0)


def _on_test_pictures(model: Model, judged: Judgement) -> Decided | None:
    """What a threshold decides on the model's own test pictures, where they were measured with this score."""
    entry = model_list.entries().get(model.name)
    if entry is None or judged.reference.expression != model.detector.config.scoring.parsed:
        return None
    return parts.decided(entry, judged.reference.threshold)


def _sorts_little(judged: Judgement, found: Decided | None) -> str:
    """What a threshold gets wrong, where that is too much: on test pictures, else on the held-out good ones."""
    if found is not None:
        return shared_words.sorts_little(found, words.ON_TEST_PICTURES)
    scores = judged.reference.scores
    above = int((scores > judged.reference.threshold).sum())
    return shared_words.sorts_little(Decided((0, 0), (above, len(scores))), words.ON_HELD_OUT)


def _unproven(model: Model, judged: Judgement) -> None:
    """Below the decision, how little it may be worth."""
    entry, reference = model_list.entries().get(model.name), judged.reference
    known = entry.i_auroc if entry else None
    said, full = (
        shared_words.unproven(reference.promise, known)
        if reference.kept is None
        else shared_words.unproven_kept(reference.kept, known, reference.promise)
    )
    against = cautions.brief(entry) if entry is not None else []
    if judged.is_anomalous:  # then nothing is missed
        against = [one for one in against if one[0] == shared_words.TRAINED_SHORT]
    for brief, whole in (*against, *([(said, full)] if said else [])):
        st.markdown(f":material/warning: {brief}", help=whole)
