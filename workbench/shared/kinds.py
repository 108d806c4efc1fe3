"""Whether a picture shows the model's kind of part; see `nnet.scoring.kind`."""

from __future__ import annotations

import streamlit as st

from workbench.shared import resources, words
from workbench.shared.resources import Loaded, Model


def beyond(model: Model, loaded: Loaded) -> float | None:
    """How many times as far as the limit a picture of another kind lies; None for one of the model's kind.

    A model that remembers no pictures gives no verdict.
    """
    kind = model.detector.checkpoint.kind
    detector = model.detector
    if kind is None or detector.config != detector.checkpoint.config:  # a part of a picture is no kind of picture
        return None
    if detector.framing.is_whole:
        features = resources.trace(model, loaded).F[2].mean(axis=(1, 2))
    else:
        features = resources.features_of(model, loaded)
    ratio = kind.distance(features) / kind.limit
    return ratio if ratio > 1 else None


def ways_on(model: Model, ratio: float) -> None:
    """Say why a picture is called another kind, and what can be done."""
    kind = model.detector.checkpoint.kind
    assert kind is not None, "without one no picture is called another kind"
    st.markdown(f":material/help: {words.other_kind(ratio, kind.n)}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link("pages/5_Train.py", label=words.TRAIN_ON_MINE, icon=":material/model_training:")
        st.caption(words.CHOOSE_ANOTHER, width="content")
