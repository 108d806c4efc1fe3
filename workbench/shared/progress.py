"""A progress bar that can be stopped where there is much to do."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from workbench.shared import words

MANY = 16
"""Images from which on there is a button to stop."""


def stoppable(key: str, place: DeltaGenerator, said: str, count: int, stop: Callable[[], None]) -> DeltaGenerator:
    """Draw the bar for `count` images in an empty place.

    Args:
        key: the button is called `key`_stop.
        stop: a callback. Pressing the button ends the page's run, so that it decides what becomes of the rest.
    """
    if count < MANY:
        return place.progress(0.0, said)
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, said)
        st.button(words.STOP, icon=":material/stop:", key=f"{key}_stop", on_click=stop)
    return bar
