"""The old form of settings, until every page declares its own (`workbench.shared.settings`); and the browser."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from workbench.shared.settings import _first_possible, _written
from workbench.shared.settings import one_of as one_of
from workbench.shared.settings import show_view as show_view
from workbench.shared.settings import view as view
from workbench.shared.settings import whole_number as whole_number
from workbench.shared.settings import yes_or_no as yes_or_no

_KEPT = "kept"


def remember(key: str, default: object, read: Callable[[str], object]) -> None:
    """Give the widget of this key its value; call it right before the widget, which then needs no default.

    The value is what the visitor set, else what the address says, else what was set before a page switch, else
    `default`; one that is no longer possible becomes the default. The address follows.

    Args:
        read: turns the address's text into a value; raises ValueError for one that is not possible.
    """
    kept: dict[str, object] = st.session_state.setdefault(_KEPT, {})
    if key not in st.session_state:
        st.session_state[key] = _first_possible(read, st.query_params.get(key), kept.get(key), default=default)
    elif _first_possible(read, st.session_state[key], default=None) is None:
        st.session_state[key] = default
    value = kept[key] = st.session_state[key]
    if value == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = _written(value)


def forget(key: str) -> None:
    """Let a remembered setting start at its default again. Also serves as a callback."""
    st.session_state.pop(key, None)
    st.session_state.get(_KEPT, {}).pop(key, None)
    st.query_params.pop(key, None)


# ---------------------------------------------------------------------------------------------------- the browser


def on_touch_screen() -> bool:
    """Whether the browser says it runs on a phone or tablet, where a drag should scroll the page."""
    agent = st.context.headers.get("User-Agent", "") if st.context.headers else ""
    return any(word in agent for word in ("Mobi", "Android", "iPhone", "iPad"))
