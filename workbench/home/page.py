"""The workbench's home page: draw a defect on a good part, and see it found. The other pages lie in pages/."""

import streamlit as st

from workbench.home import demo, words
from workbench.home.scene import Scene
from workbench.shared import chosen_picture, first_look, frame, living_network
from workbench.shared import words as shared_words
from workbench.shared.resources import Model

WAYS = (
    ("pages/1_Inspect.py", words.CLOSER, ":material/search:"),
    ("pages/2_Memory.py", words.MEMORY, ":material/apps:"),
)


def main() -> None:
    with frame.page(shared_words.PRODUCT, is_slow=True) as model:
        starting = first_look.is_shown()
        if starting:  # it stays until the demo can take its place at once
            demo.seen(demo.scene(model))
            first_look.done()
        st.title(words.TITLE, anchor=False)
        st.markdown(words.ABOUT)
        place = st.empty()  # on every run, so that the demo keeps its own place
        if starting:
            first_look.keep(place, demo.KEY)
        _alive(model)
        st.caption(shared_words.sample_source(chosen_picture.sample_collection()))


@frame.part
def _alive(model: Model) -> None:
    """Everything that follows the drawing; only this runs again when a stroke ends."""
    scene = demo.scene(model)
    demo.draw(scene)
    _network(scene)
    _ways_on(scene)


def _network(scene: Scene) -> None:
    """The whole network with what was drawn; while a stroke goes on, with what was drawn before it."""
    model, shown, expression = scene.model, scene.altered, scene.expression
    if scene.live is not None and not living_network.is_ready(model, shown, expression):
        return
    st.subheader(words.NETWORK_TITLE, anchor=False)
    living_network.draw("home_network", model, shown, expression)


def _ways_on(scene: Scene) -> None:
    """Three quiet links: two to this picture as it is now, which is the one in use if something is drawn on it."""
    address = chosen_picture.address_of(scene.picture) if scene.layer is None else None
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        for page, label, icon in WAYS:
            st.page_link(page, label=label, icon=icon, query_params=address)
        st.page_link("pages/5_Train.py", label=words.OWN, icon=":material/model_training:")
