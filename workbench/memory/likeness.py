"""How alike the memory's items are: their cosines, an order by likeness, and a map of items and patches.

Knows no Streamlit. N memory items of C channels, numbered from 0.
"""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from nnet.analysis import embedding
from nnet.units import SMALLEST
from workbench.memory import recall, words

SIMILARITY_ITEMS = 300
"""Most items in the similarity matrix; of a larger memory, the most used ones."""
EMBEDDED_ITEMS, EMBEDDED_QUERIES = 1000, 1024
"""Most points of each kind in the map of items and patches."""
UMAP_POINTS = 20
"""Fewest points that UMAP is used for."""


@dataclass(frozen=True)
class Embedding:
    """Items and queries in the plane: `items` (n, 2) with their numbers `which` (n,), `queries` (q, 2) with their
    positions `where` (q,) in H x W, the `method` ("UMAP" or "PCA"), and `notes` in sentences."""

    items: np.ndarray
    which: np.ndarray
    queries: np.ndarray
    where: np.ndarray
    method: str
    notes: tuple[str, ...]


def similarity(memory: np.ndarray) -> np.ndarray:
    """Cosines between items, (N, C) -> (N, N) float32."""
    unit = memory / np.maximum(np.linalg.norm(memory, axis=1, keepdims=True), SMALLEST)
    return np.clip(unit @ unit.T, -1, 1).astype(np.float32)


def clustered_order(cosines: np.ndarray) -> np.ndarray:
    """Item numbers in an order that puts similar ones side by side: leaves of average-linkage clustering, (N,)."""
    if len(cosines) < 3:
        return np.arange(len(cosines))
    apart = np.maximum(0, 1 - cosines.astype(float))
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(apart, checks=False), "average", optimal_ordering=len(cosines) <= SIMILARITY_ITEMS)
    return leaves_list(tree)


def embed(memory: np.ndarray, queries: np.ndarray, shares: np.ndarray, method: str) -> Embedding:
    """Items and queries in the plane, by direction (cosine), the same every time.

    Args:
        memory: (N, C).
        queries: F_3 as (C, H, W).
        shares: (N,), which items to take when there are more than `EMBEDDED_ITEMS`.
        method: "UMAP" or "PCA".

    Raises:
        nnet.errors.NNetError: the package that computes a UMAP is missing.
    """
    notes = []
    which = np.sort(recall.ranked(shares)[:EMBEDDED_ITEMS])
    flat = queries.reshape(len(queries), -1).T  # (H W, C)
    where = np.arange(0, len(flat), -(-len(flat) // EMBEDDED_QUERIES))
    if len(which) < len(memory) or len(where) < len(flat):
        notes.append(words.some_shown((len(which), len(memory)), (len(where), len(flat))))
    points = np.concatenate([memory[which], flat[where]]).astype(np.float32)
    points /= np.maximum(np.linalg.norm(points, axis=1, keepdims=True), SMALLEST)
    if method == "UMAP" and len(points) < UMAP_POINTS:
        method = "PCA"
        notes.append(words.TOO_FEW.format(points=len(points)))
    plane = embedding.embed(points) if method == "UMAP" else embedding.pca(points)[0]
    return Embedding(plane[: len(which)], which, plane[len(which) :], where, method, tuple(notes))
