"""Inspect, strip: the picture among the held-out normal ones, and how far the threshold can be trusted."""

import streamlit as st

from nnet.scoring.calibration import Kept
from nnet.scoring.judge import Judgement
from workbench.inspect import figures, words
from workbench.inspect.scene import Scene
from workbench.shared import cautions, controls, model_list
from workbench.shared import words as shared_words
from workbench.shared.parts import Decided


def draw(scene: Scene) -> None:
    """The chart."""
    reference, value = scene.judged.reference, scene.judged.value
    st.markdown(f"**{words.STRIP_TITLE}**", help=words.strip_help(reference, value))
    figure = figures.strip_figure(reference.scores, reference.threshold, value)
    controls.chart(figure, "strip", words.above(reference), alt=shared_words.verdict(reference, value))


def tell(scene: Scene, calibrated: Judgement) -> None:
    """What the decision rests on; `calibrated`: judged by the threshold that comes with the model."""
    loaded, reference = scene.loaded, scene.judged.reference
    told = shared_words.verdict(reference, scene.judged.value)
    facts = shared_words.picture_facts(loaded.image.shape, scene.picture.known, loaded.notes)
    kept = reference.kept
    said = reference.promise
    rests_on = shared_words.promise(said) if kept is None else shared_words.kept_threshold(kept, said)
    advice = shared_words.advice(said) if kept is None else ""
    if tried := _tried(scene, calibrated):
        st.markdown(tried)
    st.caption(" ".join(filter(None, (told, rests_on, advice, facts))))


def _tried(scene: Scene, calibrated: Judgement) -> str:
    """What the model's own threshold came to on test pictures; "" for another threshold or score."""
    if scene.judged is not calibrated or scene.expression != scene.model.detector.config.scoring.parsed:
        return ""
    entry = model_list.entries().get(scene.model.name)
    found, where = (None, "") if entry is None else cautions.tried(entry)
    kept = calibrated.reference.kept
    if found is None or (kept is not None and _says(kept, found)):
        return ""
    return shared_words.tried(calibrated.reference.promise if kept is None else None, found, where)


def _says(kept: Kept, found: Decided) -> bool:
    """Whether the reason of a kept threshold says already what it decides."""
    return found.flagged == (kept.above, kept.pictures) or found.headline in kept.reason
