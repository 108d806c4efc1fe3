"""Images in the plane, from the teacher's features that measuring left: PCA and UMAP."""

from typing import NamedTuple

import numpy as np

from nnet.analysis.embedding import embed, pca
from workbench.evaluate import cache
from workbench.evaluate.scene import Scene, measured_just_now

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
        evidence, _ = measured_just_now(scene)
        which = np.arange(len(evidence))
        if method == "umap" and len(which) > UMAP_IMAGES:
            which = np.sort(np.random.default_rng(0).choice(len(which), UMAP_IMAGES, replace=False))
        vectors = evidence.embeddings[source][which]
        return Layout(which, embed(vectors), None) if method == "umap" else Layout(which, *pca(vectors))

    return cache.LAYOUTS.of((scene.key, method, source), make)
