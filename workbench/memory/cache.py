"""The Memory page's caches, all bounded: the order of the items, maps of items and patches, decoder runs."""

import numpy as np

from nnet.training.state import load_history
from workbench.memory import likeness, recall
from workbench.memory.likeness import Embedding
from workbench.memory.recall import Addressing, Effect
from workbench.memory.scene import Now, Scene
from workbench.shared import atlases, resources
from workbench.shared.cache import BoundedCache
from workbench.shared.resources import Model

EFFECT_BYTES = 32 * resources.MEBIBYTE
"""Most memory for results of decoder runs of all sessions together; one takes about 0.2 to 0.4 MB."""
EMBEDDINGS = 64
"""Most maps of items and patches kept, at about 10 kB each."""


_ORDERS: BoundedCache[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = BoundedCache(resources.MODELS)
_EMBEDDINGS: BoundedCache[tuple[str, str, str], Embedding] = BoundedCache(EMBEDDINGS)
_EFFECTS: BoundedCache[tuple[str, str, Addressing], Effect] = BoundedCache(EFFECT_BYTES, lambda effect: effect.nbytes)
_USUAL: BoundedCache[str, float | None] = BoundedCache(resources.MODELS)


def ordered_items(model: Model) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Similar items side by side: their numbers (n,), cosines in that order (n, n), and each item's place 0..1 (N,)."""

    def make() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        memory, found = _memory(model), atlases.of(model)
        shares = np.ones(len(memory)) if found is None else found.usage
        which = np.sort(recall.ranked(shares)[: likeness.SIMILARITY_ITEMS])
        cosines = likeness.similarity(memory[which])
        order = likeness.clustered_order(cosines)
        places = np.full(len(memory), 0.5, np.float32)
        places[which[order]] = np.linspace(0, 1, len(order))
        return which[order], cosines[np.ix_(order, order)], places

    return _ORDERS.of(model.key, make)


def _memory(model: Model) -> np.ndarray:
    memory = model.detector.memory
    assert memory is not None  # the page ends before this without one
    return memory


def embedding(scene: Scene, method: str) -> Embedding:
    """The map of the model's items and the image's patches.

    Raises:
        nnet.errors.NNetError: the package that computes a UMAP is missing.
    """
    shares = scene.usage if scene.atlas is None else scene.atlas.usage
    key = (scene.loaded.hash, scene.model.key, method)
    return _EMBEDDINGS.of(key, lambda: likeness.embed(_memory(scene.model), scene.trace.F[2], shares, method))


def effect(scene: Scene, now: Now) -> Effect:
    """What the rest of the network makes of the F'_3 of now. It runs once for each addressing: with the embedded model
    that takes a fiftieth of a second of processor time, so the score can follow every control."""
    key = (scene.loaded.hash, scene.model.key, now.addressing)
    return _EFFECTS.of(key, lambda: recall.effect(scene.model.detector, scene.trace, now.recall.recalled))


def items_per_query(model: Model) -> float | None:
    """Effective items per patch in the last epoch of training, or None if the checkpoint does not say."""

    def read() -> float | None:
        try:
            return float(load_history(model.detector.checkpoint.path)[-1]["items_per_query"])
        except (OSError, IndexError, KeyError, TypeError, ValueError):
            return None

    return _USUAL.of(model.key, read)
