"""Memory: which stored patterns a picture is recalled from, what the items stand for, and what happens without some."""

import streamlit as st

from nnet.scoring.unfamiliar import unfamiliar
from workbench.memory import (
    addressing,
    atlas,
    forgetting,
    items,
    numbers_as_trained,
    recall,
    recall_distance,
    settings,
    words,
)
from workbench.memory.scene import Scene
from workbench.shared import atlases, frame, gallery, resources
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded, Model

_SHOWN = "memory_shown"


def main() -> None:
    with frame.page("Memory") as model:
        with st.container(key="titled", horizontal=True, vertical_alignment="center", gap="medium"):
            st.title(words.TITLE, anchor=False, width="content")
            st.caption(words.LEAD, width="content")
        picture, loaded = gallery.pick(model)
        if model.detector.memory is None:
            st.info(words.NO_MEMORY, icon=":material/block:")
            return
        scene = _scene(model, picture, loaded)
        _start_view(scene)
        _live(scene)


def _scene(model: Model, picture: Picture, loaded: Loaded) -> Scene:
    with st.spinner(words.LOOKING, show_time=True):
        trace = resources.trace(model, loaded)
    judged = resources.judgement(model, loaded, model.detector.config.scoring.parsed)
    return Scene(model, picture, loaded, trace, recall.as_trained(trace), judged, atlases.of(model))


def _start_view(scene: Scene) -> None:
    """For a new picture, choose the patch that scores highest; for a new model, go back to its trained addressing."""
    shown = st.session_state.get(_SHOWN)
    now = (scene.loaded.hash, scene.model.key)
    if shown is not None and shown != now:
        settings.choose_patch(*scene.peak)
        if shown[1] != now[1]:
            settings.reset(recall.trained(scene.model.detector))
    st.session_state[_SHOWN] = now


@frame.part
def _live(scene: Scene) -> None:
    """Everything that depends on the chosen patch or the addressing. Only this runs again when they change."""
    tabs = st.tabs(list(words.TABS.values()), default=words.TABS[settings.first_tab()])
    recalled, each, forget, whole = tabs
    with recalled:
        if said := unfamiliar(scene.judged.share_above):
            st.markdown(f":material/help: {said}")
        now = addressing.section(scene)
        if scene.atlas is None:
            st.info(words.NO_ATLAS, icon=":material/info:")
        recall_distance.section(scene, now)
        with st.expander(words.NUMBERS_AS_TRAINED, icon=":material/123:"):
            numbers_as_trained.section(scene)
    with each:
        items.section(scene, now)
    with forget:
        forgetting.section(scene, now)
    with whole:
        atlas.section(scene)
