"""Over-imitation: L_KD over training, beside what S1 still misses."""

from collections.abc import Mapping

import streamlit as st

from nnet.analysis import story
from nnet.analysis.story import Finding, StoryError
from nnet.expression import Expression, for_maps
from nnet.scoring.maps import MAPS
from nnet.training.state import load_history
from workbench.shared import controls, other_models, pictures, resources, units
from workbench.shared.picture import Picture
from workbench.shared.resources import Model
from workbench.when_it_fails import figures, words
from workbench.when_it_fails.scene import SIDE, Scene, side_by_side


def draw(scene: Scene) -> None:
    other_models.draw_back(scene.model, "fails_back")
    detector = scene.model.detector
    maps = detector.config.maps
    forward = tuple(name for name in maps if MAPS[name].branch == "forward")
    reverse = tuple(name for name in maps if MAPS[name].branch == "reverse")
    if not forward or not reverse:
        st.markdown(units.symbols(words.IMITATION))
        st.info(words.NO_FORWARD, icon=":material/block:")
        return
    scores = {"forward": for_maps(forward), "both": scene.expression}
    defective = [picture.load() for picture, is_defective in scene.samples if is_defective]
    missed = {
        name: sum(not resources.judgement(scene.model, loaded, score).is_anomalous for loaded in defective)
        for name, score in scores.items()
    }
    told = f"**{words.still_missed(missed, len(defective)) if defective else words.NONE_DEFECTIVE}**"
    answers = _answers(scene.model, scene.expression, _defective(scene))
    shows = {key: one for key, one in answers.items() if one.agrees}
    if shows:
        st.markdown(told)
        key = other_models.least_left(shows)
        _pictures(_defective(scene)[key], shows[key])
    else:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(words.NOT_SHOWN, width="content")
            where = {"step": "3"}
            icon = ":material/arrow_forward:"
            st.page_link("pages/7_How_it_works.py", label=words.SMALLER, icon=icon, query_params=where)
        other_models.draw(scene.model, _answers, "fails_elsewhere")
    history = [entry for entry in load_history(detector.checkpoint.path) if "L_KD" in entry]
    if history:
        figure = figures.course([entry["epoch"] for entry in history], [entry["L_KD"] for entry in history])
        controls.chart(figure, "fails_kd", alt=words.KD_ALT)
        fallen = units.symbols(words.fallen(history[0]["L_KD"], history[-1]["L_KD"]))
    else:
        fallen = words.NO_HISTORY
    if not shows:
        st.markdown(told)
    st.markdown(units.symbols(words.IMITATION))
    st.caption(fallen)


def _defective(scene: Scene) -> dict[str, Picture]:
    return {picture.key: picture for picture, is_defective in scene.samples if is_defective}


def _answers(model: Model, expression: Expression, defective: Mapping[str, Picture]) -> dict[str, Finding]:
    """What S1 alone sees of a model's defective samples, beside what both students see."""
    traces = {key: resources.trace(model, picture.load()) for key, picture in defective.items()}
    try:
        return {key: story.copier_alone(model.detector, trace, expression) for key, trace in traces.items()}
    except StoryError:  # it has one student only
        return {}


def _pictures(picture: Picture, answer: Finding) -> None:
    small = pictures.reduced(picture.load().shown, SIDE)
    side_by_side(
        (pictures.heatmap(small, values, 1.0), words.ALONE[name].format(score=units.times(float(values.max()))))
        for name, values in answer.images.items()
    )
