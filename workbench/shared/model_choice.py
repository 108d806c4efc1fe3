"""The choice of a model by what it has learnt: a picture of its part, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from nnet.errors import NNetError
from nnet.saved.formats import CALIBRATION, CALIBRATION_FORMAT
from workbench.shared import model_list, model_words, own_data, pictures, samples, units, words
from workbench.shared.cache import BoundedCache
from workbench.shared.model_list import ModelEntry
from workbench.shared.settings import MODEL

THUMBNAIL = 112
"""Side of a model's picture in pixels."""
_LISTED = 12
_KEPT: BoundedCache[tuple[Path, str], str] = BoundedCache(256)


def thumbnail(entry: ModelEntry) -> str:
    """The first of a model's own sample images as a data URI, "" where it has none that can be read."""

    def make() -> str:
        try:
            collection = samples.collection(own_data.source(entry.path, entry.source), entry.seed)
            if collection.name == words.SOLAR_CELLS and "elpv" not in entry.data.lower():
                return ""  # they stand in for data that is not here
            image = collection.images[0].sample.load().image
        except (NNetError, IndexError):
            return ""
        return pictures.data_uri(pictures.thumbnail(pictures.reduced(image, 480), THUMBNAIL))

    return _KEPT.of((entry.path, entry.created), make)


def choose(name: str) -> None:
    """Make a model the one that all pages use. A callback."""
    MODEL.set(name)


@st.dialog(model_words.CHOOSE, width="large")
def dialog() -> None:
    """All models with their pictures, to choose one; Streamlit closes it with the page's next run."""
    entries = list(model_list.entries().values())
    pages = -(-len(entries) // _LISTED)
    number = st.pagination(pages, key="models_page") if pages > 1 else 1
    with st.grid(3, min_column_width=210, gap="small") as grid:
        for entry in entries[(number - 1) * _LISTED : number * _LISTED]:
            with grid.cell(), st.container(border=True, height="stretch"):
                _card(entry)


def _card(entry: ModelEntry) -> None:
    if picture := thumbnail(entry):
        st.image(picture, width=THUMBNAIL, alt=units.plain(entry.title))
    st.markdown(f"**{units.plain(entry.title)}**")
    st.caption("  \n".join([*model_words.model_lines(entry), *_threshold(entry)]))
    if not entry.problem and st.button(model_words.USE, f"use-{entry.name}", on_click=choose, args=(entry.name,)):
        st.rerun()


def _threshold(entry: ModelEntry) -> list[str]:
    """A sentence on the model's threshold, as a list of none or one."""
    try:
        found: Mapping[str, Any] = CALIBRATION_FORMAT.find(entry.path / CALIBRATION) or {}
    except NNetError:
        return []
    return [model_words.threshold(found["normal_images"])] if "threshold" in found else []
