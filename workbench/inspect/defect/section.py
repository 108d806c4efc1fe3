"""Make your own defect: draw it or place it on the chosen image, see the answer, and measure from where on it shows."""

import streamlit as st

from nnet.errors import NNetError
from workbench.inspect import settings
from workbench.inspect.defect import answer, dose_response, drawing, keeping, placing, words
from workbench.inspect.scene import Scene
from workbench.shared import chosen_picture, controls, frame, units


def section(scene: Scene) -> None:
    """The whole of it, as a closer look of the Inspect page."""
    st.caption(words.LEAD)
    _warn_of_defects(scene)
    _studio(scene)


def _warn_of_defects(scene: Scene) -> None:
    """Say so when the image is no normal one, and offer one."""
    said = words.already(scene.judged.reference, scene.judged.value, bool(scene.picture.is_defective))
    if said is None:
        return
    others = (one for one in chosen_picture.sample_pictures().values() if one != scene.picture)
    normal = next((one for one in others if one.is_defective is False), None)
    left, right = st.columns((3, 2), gap="medium", vertical_alignment="center")
    left.info(said, icon=":material/info:")
    if normal is not None:
        right.button(
            words.JUMP.format(title=normal.title),
            key="studio_normal",
            icon=":material/arrow_forward:",
            on_click=chosen_picture.choose,
            args=(normal.key,),
        )


@frame.part
def _studio(scene: Scene) -> None:
    """Everything that follows the defect; only this runs again when it changes."""
    way = controls.choose(settings.WAY, words.WAYS, label=words.WAY_LABEL, label_visibility="collapsed")
    placed = placing.choose() if way == "place" else None
    tool, left, right = st.columns(3, gap="medium")
    with tool:
        recipe = drawing.draw(scene) if placed is None else placing.draw(scene, placed)
    try:
        outcome = answer.outcome(scene, recipe)
    except NNetError as error:
        left.error(units.plain(str(error)), icon=":material/error:")
        return
    if outcome is None:
        left.info(words.NOTHING_DRAWN if recipe is None else words.NOTHING_CHANGED, icon=":material/brush:")
        return
    with left:
        answer.altered(scene, outcome)
    with right:
        answer.verdict(scene, outcome)
    answer.effects(scene, outcome)
    dose_response.draw(scene, outcome)
    keeping.draw(scene, outcome)
