"""The Memory page's caches, all bounded: atlases, the order of the items, maps of items and patches, decoder runs."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnet.analysis.atlas import Atlas, from_tensors
from nnet.detector import Trace
from nnet.saved import checkpoint as checkpoints
from nnet.training.state import load_history
from workbench.memory import recall as memory_data
from workbench.memory.recall import Effect, Embedding, Recall, Settings
from workbench.shared import resources
from workbench.shared.resources import BoundedCache, Model

EFFECT_BYTES = 32 * resources.MEBIBYTE
"""Most memory for results of decoder runs of all sessions together; one takes some 0.2 to 0.4 MB."""
EMBEDDINGS = 64
"""Most maps of items and patches kept, at some 10 kB each."""


@st.cache_resource(max_entries=resources.MODELS, show_spinner=False)
def _atlas(_model: Model, key: str) -> Atlas | None:
    """`key` is there for the cache. An atlas of 100 items takes 3 MB."""
    tensors = checkpoints.load_atlas(_model.detector.checkpoint)
    return None if tensors is None else from_tensors(tensors)


def atlas(model: Model) -> Atlas | None:
    """What the items stand for, or None for a checkpoint without an atlas.

    Raises:
        nnet.saved.checkpoint.CheckpointError: the file is damaged.
    """
    return _atlas(model, model.key)


@st.cache_resource(max_entries=resources.MODELS, show_spinner=False)
def _order(_model: Model, key: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    memory = _model.detector.memory
    found = _atlas(_model, key)
    shares = np.ones(len(memory)) if found is None else found.usage
    which = np.sort(memory_data.ranked(shares)[: memory_data.SIMILARITY_ITEMS])
    cosines = memory_data.similarity(memory[which])
    order = memory_data.clustered_order(cosines)
    return which[order], cosines[np.ix_(order, order)], _places(len(memory), which[order])


def _places(count: int, order: np.ndarray) -> np.ndarray:
    places = np.full(count, 0.5, np.float32)
    places[order] = np.linspace(0, 1, len(order))
    return places


def ordered_items(model: Model) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Similar items side by side: their numbers (n,), cosines in that order (n, n), and each item's place 0..1 (N,)."""
    return _order(model, model.key)


@st.cache_data(max_entries=EMBEDDINGS, show_spinner=False)
def _embedding(_trace: Trace, _model: Model, image: str, key: str, method: str) -> Embedding:
    found = _atlas(_model, key)
    memory = _model.detector.memory
    shares = memory_data.usage(_trace.addressing.weights) if found is None else found.usage
    return memory_data.embed(memory, _trace.F[2], shares, method)


def embedding(model: Model, image: str, trace: Trace, method: str) -> Embedding:
    """The map of items and patches of an image (by the hash of its pixels)."""
    return _embedding(trace, model, image, model.key, method)


@st.cache_resource(max_entries=1, show_spinner=False)
def _effects() -> BoundedCache[tuple[str, str, Settings], Effect]:
    return BoundedCache(EFFECT_BYTES, lambda effect: effect.nbytes)


def known_effect(model: Model, image: str, settings: Settings) -> Effect | None:
    """The result of an earlier decoder run, or None."""
    return _effects().get((image, model.key, settings))


def run_decoder(model: Model, image: str, trace: Trace, settings: Settings, recall: Recall) -> Effect:
    """Run the decoder with another F'_3 and keep the result."""
    return _effects().put((image, model.key, settings), memory_data.effect(model.detector, trace, recall.recalled))


@st.cache_data(max_entries=resources.MODELS, show_spinner=False)
def _items_per_query(_model: Model, key: str) -> float | None:
    try:
        value = load_history(_model.detector.checkpoint.path)[-1]["items_per_query"]
        return float(value)
    except (OSError, IndexError, KeyError, TypeError, ValueError):
        return None


def items_per_query(model: Model) -> float | None:
    """Effective items per patch in the last epoch of training, or None if the checkpoint does not tell."""
    return _items_per_query(model, model.key)
