"""What the Memory page computes from a trace without running the network. Knows no Streamlit.

Conventions: N memory items, numbered from 0 here and from 1 on the page; weights are (H, W, N) over the positions of
F_3 and sum to 1 over the items; entropies are in nats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from nnet.analysis.atlas import PATCH_SIDE, Atlas
from nnet.detector import Detector, MemoryUse, Trace, TrainedModel
from nnet.scoring import judge
from nnet.scoring.judge import Judgement

SIMILARITY_ITEMS = 300
"""Most items in the similarity matrix; of a larger memory, the most used ones."""
EMBEDDED_ITEMS, EMBEDDED_QUERIES = 1000, 1024
"""Most points of each kind in the map of items and patches."""
UMAP_POINTS = 20
"""Fewest points that UMAP is used for."""
UMAP_NEIGHBOURS = 15

_PIECE = PATCH_SIDE // 3 * 3  # an atlas patch is three strides wide
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True)
class Settings:
    """How the memory is addressed: `temperature`, `shrink` in units of 1/N, and the items that are switched `off`."""

    temperature: float
    shrink: float
    off: tuple[int, ...] = ()


@dataclass(frozen=True)
class Recall:
    """What the memory answers under some settings: the addressing `use`, F'_3 as `recalled` (C, H, W), and
    `distance` (H, W), 1 - cos(F_3, F'_3), from 0 to 2."""

    use: MemoryUse
    recalled: np.ndarray
    distance: np.ndarray


@dataclass(frozen=True)
class Effect:
    """What followed from another F'_3: the maps M1..M6, their judgement, and milliseconds per stage."""

    maps: dict[str, np.ndarray]
    judged: Judgement
    timings: dict[str, float]

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return self.judged.score.nbytes + sum(m.nbytes for m in self.maps.values())


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


# ---------------------------------------------------------------------------------------------------- addressing


def trained(detector: Detector) -> Settings:
    """The settings that the model was trained with."""
    return Settings(float(detector.config.model.temperature), float(detector.config.model.shrink))


def recall(detector: Detector, trace: Trace, settings: Settings) -> Recall:
    """Address the memory again, from the trace's cosines. Runs no network.

    Raises:
        nnet.detector.InputError: every item is switched off.
    """
    memory = detector.memory
    keep = None
    if settings.off:
        keep = np.ones(len(memory), bool)
        keep[list(settings.off)] = False
    use = detector.address(trace.addressing.cosine, settings.temperature, settings.shrink, keep)
    recalled = np.ascontiguousarray(np.moveaxis(use.weights @ memory, -1, 0))
    return Recall(use, recalled, cosine_distance(trace.F[2], recalled))


def as_trained(trace: Trace) -> Recall:
    """What the network itself recalled."""
    return Recall(trace.addressing, trace.F3_recalled, cosine_distance(trace.F[2], trace.F3_recalled))


def effect(detector: TrainedModel, trace: Trace, recalled: np.ndarray) -> Effect:
    """Run what comes after the memory (projection, fusion, decoder) with another F'_3, (C, H, W)."""
    rebuilt = detector.rebuild(trace, recalled)
    judged = judge.judge(detector.calibration, rebuilt.maps, detector.config.scoring.expression)
    return Effect(rebuilt.maps, judged, rebuilt.timings)


def entropy(weights: np.ndarray) -> np.ndarray:
    """Entropy in nats over the last axis, with 0 log 0 = 0; from 0 to ln N."""
    weights = np.asarray(weights, np.float32)
    return np.maximum(0, -(weights * np.log(np.maximum(weights, np.finfo(np.float32).tiny))).sum(axis=-1))


def effective_items(weights: np.ndarray) -> np.ndarray:
    """exp(entropy): the number of equally used items with this entropy; from 1 to N."""
    return np.exp(entropy(weights))


def usage(weights: np.ndarray) -> np.ndarray:
    """Each item's share of all addressing weights (H, W, N), (N,); sums to 1."""
    return weights.reshape(-1, weights.shape[-1]).mean(axis=0)


def cosine_distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """1 - cos along channels, (C, H, W) twice -> (H, W); Eq. (2) of the paper."""
    tiny = 1e-12
    norms = np.maximum(np.linalg.norm(a, axis=0), tiny) * np.maximum(np.linalg.norm(b, axis=0), tiny)
    return 1 - (a * b).sum(axis=0) / norms


def per_position(score: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The largest score within the cell of each position of F_3: (size, size) -> (H, W)."""
    rows = np.linspace(0, score.shape[0], shape[0] + 1).astype(int)[:-1]
    columns = np.linspace(0, score.shape[1], shape[1] + 1).astype(int)[:-1]
    return np.maximum.reduceat(np.maximum.reduceat(score, rows, axis=0), columns, axis=1)


def flagged(judged: Judgement, shape: tuple[int, int]) -> np.ndarray:
    """Positions of F_3 whose cell reaches above the threshold, bool (H, W)."""
    return per_position(judged.score, shape) > judged.reference.threshold


def ranked(shares: np.ndarray) -> np.ndarray:
    """Item numbers by falling share; ties by number."""
    return np.argsort(-shares, kind="stable")


# ----------------------------------------------------------------------------------------- numbers in the address


def items_to_text(items: Iterable[int]) -> str:
    """Item numbers as on the page, from 1, with ranges: (0, 1, 2, 8) -> "1-3,9"."""
    parts: list[list[int]] = []
    for item in sorted(set(items)):
        if parts and item == parts[-1][1] + 1:
            parts[-1][1] = item
        else:
            parts.append([item, item])
    return ",".join(str(a + 1) if a == b else f"{a + 1}-{b + 1}" for a, b in parts)


def items_from_text(written: str, count: int) -> tuple[int, ...]:
    """Inverse of `items_to_text`.

    Raises:
        ValueError: not of that form, or a number outside 1..count.
    """
    items: set[int] = set()
    for part in filter(None, (p.strip() for p in written.split(","))):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise ValueError(f"expected item numbers such as 3,7-9; found {part!r}")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= count:
            raise ValueError(f"expected item numbers from 1 to {count}; found {part!r}")
        items.update(range(first - 1, last))
    return tuple(sorted(items))


# ------------------------------------------------------------------------------------------- the memory as a whole


def similarity(memory: np.ndarray) -> np.ndarray:
    """Cosines between items, (N, C) -> (N, N) float32."""
    unit = memory / np.maximum(np.linalg.norm(memory, axis=1, keepdims=True), 1e-12)
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
    """
    notes = []
    which = np.sort(ranked(shares)[:EMBEDDED_ITEMS])
    flat = queries.reshape(len(queries), -1).T  # (H W, C)
    where = np.arange(0, len(flat), -(-len(flat) // EMBEDDED_QUERIES))
    if len(which) < len(memory) or len(where) < len(flat):
        notes.append(f"Of {len(memory)} items and {len(flat)} patches, {len(which)} and {len(where)} are shown.")
    points = np.concatenate([memory[which], flat[where]]).astype(np.float32)
    points /= np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)
    if method == "UMAP" and len(points) < UMAP_POINTS:
        method = "PCA"
        notes.append(f"{len(points)} points are too few for UMAP, so this is PCA.")
    plane = _umap(points) if method == "UMAP" else _pca(points)
    return Embedding(plane[: len(which)], which, plane[len(which) :], where, method, tuple(notes))


def _pca(points: np.ndarray) -> np.ndarray:
    """The two directions of largest variance; each points to where its largest entry is positive."""
    centred = points - points.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(points), 2), np.float32)
    plane[:, : min(2, len(s))] = (u * s)[:, :2]
    signs = np.sign(plane[np.abs(plane).argmax(axis=0), [0, 1]])
    return plane * np.where(signs == 0, 1, signs)


def _umap(points: np.ndarray) -> np.ndarray:
    import umap  # takes seconds, so only when it is wanted

    neighbours = min(UMAP_NEIGHBOURS, len(points) - 1)
    reducer = umap.UMAP(n_neighbors=neighbours, min_dist=0.15, metric="cosine", random_state=0, n_jobs=1)
    return reducer.fit_transform(points).astype(np.float32)


# ---------------------------------------------------------------------------------------------- pictures of items


def mosaic(weights: np.ndarray, atlas: Atlas) -> np.ndarray:
    """An image told in training patches, uint8 (13 H, 13 W, 3).

    Every position shows the best training patches of the items that it recalls, mixed by their weights. A patch
    reaches one position further on each side, where neighbours blend into one another.
    """
    height, width, items = weights.shape
    side, step = _PIECE, _PIECE // 3
    pieces = atlas.patches[:, 0, :side, :side].reshape(items, -1).astype(np.float32)
    mixed = (weights.reshape(-1, items) @ pieces).reshape(height, width, side, side, 3)
    ramp = 1 - np.abs(np.arange(side) - (side - 1) / 2) / (side / 2 + 0.5)
    window = (ramp[:, None] * ramp[None, :])[..., None].astype(np.float32)
    canvas = np.zeros((height * step + 2 * step, width * step + 2 * step, 3), np.float32)
    total = np.zeros((*canvas.shape[:2], 1), np.float32)
    for row in range(height):
        for column in range(width):
            area = np.s_[row * step : row * step + side, column * step : column * step + side]
            canvas[area] += window * mixed[row, column]
            total[area] += window
    inner = np.s_[step:-step, step:-step]
    return np.clip(np.rint(canvas[inner] / total[inner]), 0, 255).astype(np.uint8)
