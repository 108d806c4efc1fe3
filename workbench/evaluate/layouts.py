"""Images in the plane, from the teacher's features that measuring left: PCA and UMAP."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnet.analysis.projection import embed
from workbench.evaluate import cache
from workbench.evaluate.scene import Scene

UMAP_IMAGES = 3000
"""Most images in a UMAP."""


class Layout(NamedTuple):
    """Indices of the images laid out, `which` (k,), their `points` (k, 2), and the `share` of the variance that PCA
    shows, 0..1 (None for a UMAP)."""

    which: np.ndarray
    points: np.ndarray
    share: float | None


def known(scene: Scene, method: str, source: str) -> Layout | None:
    """A layout that has been computed before, see `layout`."""
    return cache.LAYOUTS.get((scene.key, method, source))


def layout(scene: Scene, method: str, source: str) -> Layout:
    """The images in the plane.

    Args:
        method: "pca" or "umap".
        source: a name of `nnet.analysis.evaluation.EMBEDDINGS`.

    Raises:
        nnet.errors.NNetError: too few images for a UMAP, or its package is missing.
    """

    def make() -> Layout:
        which = np.arange(len(scene.evidence))
        if method == "umap" and len(which) > UMAP_IMAGES:
            which = np.sort(np.random.default_rng(0).choice(len(which), UMAP_IMAGES, replace=False))
        vectors = scene.evidence.embeddings[source][which]
        return Layout(which, embed(vectors), None) if method == "umap" else Layout(which, *pca(vectors))

    return cache.LAYOUTS.of((scene.key, method, source), make)


def pca(vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """The plane of largest variance: points (n, 2) and the share of the variance that it holds, 0..1."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    # A direction and its opposite are equally good: the largest entry shall be positive.
    sign = np.sign(vt[np.arange(len(vt)), np.abs(vt).argmax(axis=1)])
    points = np.zeros((len(vectors), 2))
    rank = min(2, len(s))
    points[:, :rank] = (u * s * sign)[:, :rank]
    return points, float((s[:2] ** 2).sum() / max((s**2).sum(), 1e-30))
