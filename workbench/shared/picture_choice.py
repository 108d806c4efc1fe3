"""The choice of a picture at the top of a page: samples, a visitor's uploads, and images of data sets."""

from __future__ import annotations

import streamlit as st

from workbench.shared import gallery, session, text
from workbench.shared.resources import Loaded, Model
from workbench.shared.session import Picture


def choose(model: Model) -> tuple[Picture, Loaded]:
    """Draw the uploader and the shelf, and return the chosen picture with its pixels.

    Raises:
        nnet.errors.NNetError: it cannot be used.
    """
    adding, shelf = st.columns((2, 5), gap="medium")
    with adding:
        gallery.adding()
    picture = session.chosen()
    loaded = picture.load()
    with shelf:
        gallery.shelf(model, picture, model.detector.config.scoring.expression)
    return picture, loaded


def heading(picture: Picture, loaded: Loaded) -> None:
    """The picture's name, size and what is known about it."""
    st.subheader(text.plain(picture.title), anchor=False)
    st.caption(" ".join(filter(None, (text.picture_facts(loaded.image.shape, picture.known), *loaded.notes))))
