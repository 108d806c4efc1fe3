"""Dialogs, of which a page can show one."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

P = ParamSpec("P")


def dialog(title: str, **options: Any) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """As `st.dialog`, but the second one of a run stays closed instead of ending it with an error: two buttons may have
    been pressed before the page could answer the first."""

    def made(draw: Callable[P, None]) -> Callable[P, None]:
        opens = st.dialog(title, **options)(draw)

        @functools.wraps(draw)
        def open_first(*args: P.args, **kwargs: P.kwargs) -> None:
            context = get_script_run_ctx()
            if context is None or not context.has_dialog_opened:
                opens(*args, **kwargs)

        return open_first

    return made
