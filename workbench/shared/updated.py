"""Notices that the program's files were replaced while it runs: what is loaded and what lies there no longer fit."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

import nnet
from workbench.shared import words

_ERRORS = (ImportError, AttributeError, NameError, TypeError, KeyError)
"""What two versions at once lead to."""
_FOLDERS = (Path(nnet.__file__).parent, Path(__file__).parents[1])
_started = time.time()


@contextmanager
def told() -> Iterator[None]:
    """Inside, an error of a program that was updated under way is told with what to do; any other goes on as it is."""
    try:
        yield
    except _ERRORS as error:
        if not is_newer():
            raise
        st.error(words.UPDATED, icon=":material/restart_alt:")
        st.caption(f"{type(error).__name__}: {error}")


def is_newer() -> bool:
    """Whether a file of the program is newer than this process."""
    return any(path.stat().st_mtime > _started for folder in _FOLDERS for path in folder.rglob("*.py"))
