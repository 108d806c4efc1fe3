"""Where the data that a model was trained on lies, as far as this workbench may open it.

A folder that a model names is opened only if the model was trained here or NNET_DATA lists that folder, since a model's
files may come from somebody else.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from nnet.data.opening import packaged
from nnet.runs.layout import DATA
from workbench.shared import known_data, resources

_CURRENT = "model_data"


def source(checkpoint: Path, written: str) -> str:
    """What a checkpoint says its data's source is; "" where it is a folder that may not be opened.

    Of a run with uploaded images, those that are kept beside the model.
    """
    if _is_trained_here(checkpoint) and (checkpoint / DATA).is_dir():
        return str((checkpoint / DATA).resolve())
    return _permitted(checkpoint, written)


def _permitted(checkpoint: Path, written: str) -> str:
    """A source as it is written; "" where it is a folder that may not be opened."""
    may = not os.path.isabs(written) or _is_trained_here(checkpoint) or known_data.is_configured(Path(written))
    return written if may else ""


def _is_trained_here(checkpoint: Path) -> bool:
    return checkpoint.resolve().is_relative_to(resources.runs_folder().resolve())


def place(checkpoint: Path, data: Mapping[str, Any], *, is_own: bool = True) -> str:
    """Where a data set lies that a checkpoint names, as for `nnet.data.open_dataset`; "" where it is not at hand.

    Args:
        data: its account (`nnet.analysis.evaluation.describe`).
        is_own: whether it is what the model was trained on, whose uploaded images are kept beside the model.
    """
    if spec := packaged(data):
        return spec
    find = source if is_own else _permitted
    written = find(checkpoint, str(data.get("source", "")))
    return written if os.path.isabs(written) and os.path.exists(written) else ""


def use(place: str, seed: int, masks: str = "") -> None:
    """Note where the data of the model in use lies (`place`), by which seed its test pictures were drawn, and how masks
    of photos that EXIF turns were read, where that was asked."""
    st.session_state[_CURRENT] = place, seed, masks


def current() -> tuple[str, int, str]:
    """What `use` noted; ("", 0, "") where the data of the model in use is not at hand."""
    found: tuple[str, int, str] = st.session_state.get(_CURRENT, ("", 0, ""))
    return found
