"""Notices that the program's files were replaced while it runs: what is loaded and what lies there no longer fit."""

import logging
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

import nnet
from workbench.shared import words

_ERRORS = (ImportError, AttributeError, NameError, TypeError, KeyError)
"""What two versions at once lead to."""
_FOLDERS = (Path(nnet.__file__).parent, Path(__file__).parents[1])
_PACKAGES = ("nnet", "workbench")
_LOGGER = logging.getLogger(__name__)
_started = time.time()


@contextmanager
def told() -> Iterator[None]:
    """Inside, an error of a program that was updated under way is told with what to do; any other goes on as it is.

    It may be a fault of its own that happened in a file that has changed: it is shown and logged as well.
    """
    try:
        yield
    except _ERRORS as error:
        if not _met(error):
            raise
        _LOGGER.exception("In a file that has changed since the workbench was started")
        st.error(words.UPDATED, icon=":material/restart_alt:")
        st.caption(f"{type(error).__name__}: {error}")


def _met(error: Exception) -> bool:
    """Whether a file of ours that the error went through is newer than this process; for something of ours that cannot
    be imported, whether any is."""
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] in _PACKAGES:
        return any(_is_newer(path) for folder in _FOLDERS for path in folder.rglob("*.py"))
    through = (Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__))
    return any(_is_newer(path) for path in through if any(path.is_relative_to(folder) for folder in _FOLDERS))


def _is_newer(path: Path) -> bool:
    try:
        return path.stat().st_mtime > _started
    except OSError:  # it is gone: another version has no such file
        return True
