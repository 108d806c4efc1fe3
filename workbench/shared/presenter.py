"""The presenter's mode: nothing but the page, in large type (style.css). How it works has a way in of its own."""

import streamlit as st

from workbench.shared import controls, words
from workbench.shared.settings import PRESENT

MARK = '<div class="nn-presenting"></div>'
"""By which style.css knows the mode."""


def draw() -> None:
    """The way in, in the sidebar, and, while it is on, the way out, for a mouse at the upper edge and by Escape."""
    with st.sidebar:
        is_on = controls.toggle(PRESENT, words.PRESENT, help=words.PRESENT_HELP)
    if is_on:
        st.html(MARK)
        with st.container(key="presenter_leave"):
            leave()


def leave() -> None:
    """The way out."""
    st.button(words.LEAVE, key="presenter_out", shortcut="Esc", on_click=PRESENT.set, args=(False,))
