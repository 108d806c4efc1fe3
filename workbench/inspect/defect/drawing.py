"""Draw a defect by hand: the picture as a canvas."""

import streamlit as st

from nnet.errors import NNetError
from workbench.components import defect_canvas
from workbench.inspect.defect import words
from workbench.inspect.defect.recipe import Drawn
from workbench.inspect.scene import Scene
from workbench.shared import drawings, layer
from workbench.shared.resources import Loaded

_PROBLEM = "studio_problem"


def draw(scene: Scene) -> Drawn | None:
    """The original, to be drawn on; None as long as nothing is drawn."""
    loaded = scene.loaded
    drawn = drawings.on(loaded)
    st.markdown(f"**{words.DRAW_TITLE}**")
    defect_canvas.painter(
        "studio_painter",
        drawings.sheet(loaded),
        None if drawn is None else layer.uri(drawn),
        lambda written: keep(loaded, written),
        label=words.DRAW_LABEL,
        hint=words.DRAW_HINT,
    )
    if loaded.shown.shape != loaded.image.shape:
        st.caption(words.drawing_kept(loaded.shown.shape[1], loaded.shown.shape[0]))
    if problem := st.session_state.get(_PROBLEM):
        st.error(problem, icon=":material/error:")
    return None if drawn is None else Drawn(drawn)


def keep(loaded: Loaded, written: object) -> None:
    """Take over a drawing from the browser; one that cannot be used leaves a sentence and the last one as it is."""
    st.session_state.pop(_PROBLEM, None)
    try:
        drawings.keep(loaded, written)
    except NNetError as error:
        st.session_state[_PROBLEM] = str(error)
