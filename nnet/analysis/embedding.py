"""Feature vectors in the plane, by UMAP or PCA, and how far apart two groups of them are."""

import threading

import numpy as np

from nnet.detector import Array
from nnet.errors import NNetError

UMAP_NEIGHBOURS = 15
_UMAP_TURN = threading.Lock()  # not every threading layer of numba survives two calls at once


def sub_sample(flagged: Array, limit: int) -> Array:
    """Positions to draw, ascending flat indices into (H, W), at most `limit`.

    Flagged positions are rare, so they may take up to half of the places; the rest is drawn from the normal ones.
    """
    generator = np.random.default_rng(0)
    marked, plain = np.flatnonzero(flagged), np.flatnonzero(~flagged)
    wanted = min(len(marked), max(limit // 2, limit - len(plain)))
    chosen = (
        generator.choice(marked, wanted, replace=False),
        generator.choice(plain, min(len(plain), limit - wanted), replace=False),
    )
    return np.sort(np.concatenate(chosen))


def vectors_at(f: Array, positions: Array) -> Array:
    """Channel vectors of (C, H, W) at flat positions (n,), as (n, C)."""
    return f.reshape(len(f), -1)[:, positions].T


def embed(vectors: Array, seed: int = 0) -> Array:
    """UMAP of vectors (n, C) by cosine distance, as the anomaly maps compare them: (n, 2) float32, no unit.

    The seed makes it repeatable. The library is imported here, since its first import takes seconds.

    Raises:
        NNetError: fewer than four vectors, or the library is missing.
    """
    if len(vectors) < 4:
        raise NNetError(f"UMAP needs at least 4 feature vectors; there are {len(vectors)} here. Choose a finer scale.")
    try:
        from umap import UMAP
    except ImportError as error:
        raise NNetError("The UMAP needs a package that is not installed; run: pip install umap-learn") from error
    neighbours = min(UMAP_NEIGHBOURS, len(vectors) - 1)
    mapper = UMAP(n_neighbors=neighbours, metric="cosine", random_state=seed, n_jobs=1, init="pca")
    with _UMAP_TURN:
        return np.asarray(mapper.fit_transform(vectors), np.float32)


def pca(vectors: Array) -> tuple[Array, float]:
    """The plane of largest variance of vectors (n, C): points (n, 2), and the share of the variance in it, 0..1."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    # A direction and its opposite are equally good: the largest entry shall be positive.
    sign = np.sign(vt[np.arange(len(vt)), np.abs(vt).argmax(axis=1)])
    points = np.zeros((len(vectors), 2))
    rank = min(2, len(s))
    points[:, :rank] = (u * s * sign)[:, :rank]
    return points, float((s[:2] ** 2).sum() / max((s**2).sum(), 1e-30))


def separation(vectors: Array, flagged: Array) -> float | None:
    """How far apart two groups of vectors are, by cosine distance: the mean silhouette, -1..1.

    Near 0 they are mixed, near 1 far apart. None unless both groups hold at least two vectors.

    Args:
        vectors: (n, C).
        flagged: bool (n,).
    """
    count = int(np.sum(flagged))
    if min(count, len(flagged) - count) < 2:
        return None
    from sklearn.metrics import silhouette_score  # here, since it takes a second that other callers need not wait

    return float(silhouette_score(vectors, flagged, metric="cosine"))
