"""Over-imitation: L_KD over training, beside what S1 still misses."""

import streamlit as st

from nnet.analysis import story
from nnet.analysis.story import Finding
from nnet.expression import for_maps
from nnet.scoring.maps import MAPS
from nnet.training.state import load_history
from workbench.shared import controls, pictures, resources, units
from workbench.shared.picture import Picture
from workbench.when_it_fails import figures, words
from workbench.when_it_fails.scene import SIDE, Scene, side_by_side


def draw(scene: Scene) -> None:
    detector = scene.model.detector
    maps = detector.config.maps
    forward = tuple(name for name in maps if MAPS[name].branch == "forward")
    reverse = tuple(name for name in maps if MAPS[name].branch == "reverse")
    if not forward or not reverse:
        st.markdown(units.symbols(words.IMITATION))
        st.info(words.NO_FORWARD, icon=":material/block:")
        return
    scores = {"forward": for_maps(forward), "reverse": for_maps(reverse), "both": scene.expression}
    defective = [picture.load() for picture, is_defective in scene.samples if is_defective]
    missed = {
        name: sum(not resources.judgement(scene.model, loaded, score).is_anomalous for loaded in defective)
        for name, score in scores.items()
    }
    st.markdown(f"**{words.still_missed(missed, len(defective)) if defective else words.NONE_DEFECTIVE}**")
    found = _shown_best(scene)
    if found is not None:
        _pictures(*found)
    history = [entry for entry in load_history(detector.checkpoint.path) if "L_KD" in entry]
    if history:
        figure = figures.course([entry["epoch"] for entry in history], [entry["L_KD"] for entry in history])
        controls.chart(figure, "fails_kd", alt=words.KD_ALT)
        fallen = units.symbols(words.fallen(history[0]["L_KD"], history[-1]["L_KD"]))
    else:
        fallen = words.NO_HISTORY
    st.markdown(units.symbols(words.IMITATION))
    if found is None:
        st.caption(words.NOT_SHOWN.format(samples=units.plural(len(defective), "defective sample")))
    st.caption(fallen)


def _shown_best(scene: Scene) -> tuple[Picture, Finding] | None:
    """The defective sample that S1 alone loses most of, with what it and both students see of it."""
    found = []
    for picture, is_defective in scene.samples:
        if is_defective:
            trace = resources.trace(scene.model, picture.load())
            answer = story.copier_alone(scene.model.detector, trace, scene.expression)
            found.append((units.multiple(answer.numbers["after"], answer.numbers["before"]), picture, answer))
    shows = [one for one in found if one[2].agrees]
    return min(shows, key=lambda one: one[0])[1:] if shows else None


def _pictures(picture: Picture, answer: Finding) -> None:
    small = pictures.reduced(picture.load().shown, SIDE)
    side_by_side(
        (pictures.heatmap(small, values, 1.0), words.ALONE[name].format(picture=picture.title))
        for name, values in answer.images.items()
    )
