"""The Memory page's caches, all bounded: atlases, the order of the items, maps of items and patches, decoder runs."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnet.analysis.atlas import Atlas, from_tensors
from nnet.saved import checkpoint as checkpoints
from nnet.training.state import load_history
from workbench.memory import likeness, recall
from workbench.memory.likeness import Embedding
from workbench.memory.recall import Addressing, Effect
from workbench.memory.scene import Now, Scene
from workbench.shared import resources
from workbench.shared.cache import BoundedCache
from workbench.shared.resources import Model

EFFECT_BYTES = 32 * resources.MEBIBYTE
"""Most memory for results of decoder runs of all sessions together; one takes about 0.2 to 0.4 MB."""
EMBEDDINGS = 64
"""Most maps of items and patches kept, at about 10 kB each."""


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
    memory, found = _memory(_model), _atlas(_model, key)
    shares = np.ones(len(memory)) if found is None else found.usage
    which = np.sort(recall.ranked(shares)[: likeness.SIMILARITY_ITEMS])
    cosines = likeness.similarity(memory[which])
    order = likeness.clustered_order(cosines)
    places = np.full(len(memory), 0.5, np.float32)
    places[which[order]] = np.linspace(0, 1, len(order))
    return which[order], cosines[np.ix_(order, order)], places


def _memory(model: Model) -> np.ndarray:
    memory = model.detector.memory
    assert memory is not None  # the page ends before this without one
    return memory


def ordered_items(model: Model) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Similar items side by side: their numbers (n,), cosines in that order (n, n), and each item's place 0..1 (N,)."""
    return _order(model, model.key)


@st.cache_data(max_entries=EMBEDDINGS, show_spinner=False)
def _embedding(_scene: Scene, image: str, key: str, method: str) -> Embedding:
    shares = _scene.usage if _scene.atlas is None else _scene.atlas.usage
    return likeness.embed(_memory(_scene.model), _scene.trace.F[2], shares, method)


def embedding(scene: Scene, method: str) -> Embedding:
    """The map of the model's items and the image's patches.

    Raises:
        nnet.errors.NNetError: the package that computes a UMAP is missing.
    """
    return _embedding(scene, scene.loaded.hash, scene.model.key, method)


@st.cache_resource(max_entries=1, show_spinner=False)
def _effects() -> BoundedCache[tuple[str, str, Addressing], Effect]:
    return BoundedCache(EFFECT_BYTES, lambda effect: effect.nbytes)


def known_effect(scene: Scene, addressing: Addressing) -> Effect | None:
    """The result of an earlier decoder run, or None."""
    return _effects().get((scene.loaded.hash, scene.model.key, addressing))


def run_decoder(scene: Scene, now: Now) -> Effect:
    """Run the decoder with the F'_3 of now, and keep the result."""
    key = (scene.loaded.hash, scene.model.key, now.addressing)
    return _effects().of(key, lambda: recall.effect(scene.model.detector, scene.trace, now.recall.recalled))


@st.cache_data(max_entries=resources.MODELS, show_spinner=False)
def _items_per_query(_model: Model, key: str) -> float | None:
    try:
        value = load_history(_model.detector.checkpoint.path)[-1]["items_per_query"]
        return float(value)
    except (OSError, IndexError, KeyError, TypeError, ValueError):
        return None


def items_per_query(model: Model) -> float | None:
    """Effective items per patch in the last epoch of training, or None if the checkpoint does not say."""
    return _items_per_query(model, model.key)
