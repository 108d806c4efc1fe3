"""Uploaders and cameras, which hand over what they hold and are empty again: the next one has another key."""

from typing import Any

import streamlit as st


def key(name: str) -> str:
    """The key of the widget of this name, until `take` has taken what it holds."""
    return f"{name}-{st.session_state.setdefault(_turn(name), 0)}"


def take(name: str, key_then: str) -> Any:
    """What the widget holds, which is then replaced by an empty one. For its callback.

    Args:
        key_then: the widget's key when it was drawn.

    Returns:
        What `st.session_state` has of it; None if it holds nothing, or is one that was replaced before. The browser
        goes on naming the files of such a widget, and Streamlit takes that for a change each time.
    """
    held = st.session_state.get(key_then)
    if not held or key_then != key(name):
        return None
    st.session_state[_turn(name)] += 1
    return held


def _turn(name: str) -> str:
    return f"{name}_turn"
