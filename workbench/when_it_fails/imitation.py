"""Over-imitation: a small damage as each student sees it, how much of it S1 copies, and what the samples tell."""

import streamlit as st

from nnet.analysis import students
from nnet.analysis.story import StoryError
from nnet.training.state import load_history
from workbench.shared import controls, resources, small_damages, units
from workbench.when_it_fails import figures, words
from workbench.when_it_fails.scene import SIDE, Scene, side_by_side


def draw(scene: Scene) -> None:
    try:
        found = small_damages.found(scene.model)
    except StoryError as error:
        st.markdown(words.IMITATION)
        st.info(units.plain(str(error)), icon=":material/block:")
        return
    numbers = found.numbers
    at = int(numbers.get("forward_at", found.images["scores"][:, 0].argmin()))
    shown = small_damages.shown(scene.model, at)
    st.markdown(words.copied(small_damages.named(at), shown.copied, "forward_at" in numbers))
    scores = dict(zip(students.BRANCHES, found.images["scores"][at], strict=True))
    side_by_side(
        (
            small_damages.around(shown.loaded.shown, shown.by[branch], 2 * SIDE, small_damages.CLOSE),
            words.alone(branch, float(scores[branch])),
        )
        for branch in students.BRANCHES
    )
    st.markdown(words.IMITATION)
    with st.container(horizontal=True, gap="small"):
        for step, label in words.STEPS.items():
            icon, where = ":material/arrow_forward:", {"step": step}
            st.page_link("pages/7_How_it_works.py", label=label, icon=icon, query_params=where)
    st.markdown(words.of_damages(int(numbers["all"]), int(numbers["forward"]), int(numbers["reverse"])))
    st.markdown(_of_samples(scene))
    _training(scene)


def _of_samples(scene: Scene) -> str:
    """What each student misses of the defective samples, by the same rule."""
    defective = [
        resources.trace(scene.model, picture.load()) for picture, is_defective in scene.samples if is_defective
    ]
    if not defective:
        return words.NONE_DEFECTIVE
    scores = students.found_alone(scene.model.detector, defective).images["scores"]
    forward, reverse = (int(count) for count in (scores <= 1).sum(axis=0))
    return words.still_missed(len(defective), forward, reverse)


def _training(scene: Scene) -> None:
    history = [entry for entry in load_history(scene.model.detector.checkpoint.path) if "L_KD" in entry]
    if not history:
        st.caption(words.NO_HISTORY)
        return
    st.markdown(units.symbols(words.fallen(history[0]["L_KD"], history[-1]["L_KD"])))
    figure = figures.course([entry["epoch"] for entry in history], [entry["L_KD"] for entry in history])
    controls.chart(figure, "fails_kd", alt=words.KD_ALT)
