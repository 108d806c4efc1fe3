"""What the Projection page computes from traces and keeps. No slider runs the network: all comes from a trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from nnet.analysis import projection
from nnet.analysis.projection import Pair, Statistics
from nnet.data import Sample
from nnet.detector import Trace
from nnet.scoring.judge import Judgement
from workbench.shared import pictures, resources
from workbench.shared.chosen_picture import Picture
from workbench.shared.resources import BoundedCache, Loaded, Model

LOOK_BYTES = 64 * resources.MEBIBYTE
"""Most memory for variance maps and statistics: some 400 images of the paper's network, over 1,000 of the default."""
PICTURE_BYTES = 32 * resources.MEBIBYTE
"""Most memory for features as colours, some 25 kB a pair at most."""
SMALL_BYTES = 16 * resources.MEBIBYTE
"""Most memory for small pictures, some 100 kB each."""
EMBEDDINGS = 200
"""Most UMAPs kept, some 10 kB each."""
UMAP_POINTS = 600
"""Most feature vectors in a UMAP; larger maps are sub-sampled."""
CHARTS = 100
"""Most sets of four charts kept, some 100 kB each."""
RESULT_BYTES = 64 * resources.MEBIBYTE
"""Most memory for measured data sets: 384 bytes an image."""


@dataclass(frozen=True)
class Region:
    """The flagged part of an image: `mask` bool (h, w) over the whole image, `kind` "mask" (of the data set) or
    "score" (above the threshold)."""

    mask: np.ndarray
    kind: str

    @property
    def share(self) -> float:
        """Of the image's area, 0..1."""
        return float(self.mask.mean())


@dataclass(frozen=True)
class Look:
    """What is shown of one pair of features; tuples hold before and after, or before alone without FPM.

    Attributes:
        variance: each (H, W).
        covariance: of before and after, (H, W), or None.
        region: flagged positions, bool (H, W).
        normal, flagged: statistics inside the regions; None where a region is empty.
    """

    variance: tuple[np.ndarray, ...]
    covariance: np.ndarray | None
    region: np.ndarray
    normal: tuple[Statistics | None, ...]
    flagged: tuple[Statistics | None, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return sum(v.nbytes for v in self.variance) + self.region.nbytes + getattr(self.covariance, "nbytes", 0)


@dataclass(frozen=True)
class Embedding:
    """UMAPs of one pair: flat `positions` (n,), which of them are `flagged`, `points` (n, 2) and the silhouette
    `separation` before and after."""

    positions: np.ndarray
    flagged: np.ndarray
    points: tuple[np.ndarray, ...]
    separation: tuple[float | None, ...]


@dataclass(frozen=True)
class Measured:
    """Statistics of a data set's test images: `values` (n, 2, 3, 2, 4) as `projection.measure_trace` gives them,
    `defective` bool (n,), out of `total` images of the set called `name`; `problems` in sentences."""

    name: str
    total: int
    values: np.ndarray
    defective: np.ndarray
    problems: tuple[str, ...] = ()

    @property
    def known(self) -> np.ndarray:
        """Which images could be read, bool (n,)."""
        return ~np.isnan(self.values).all(axis=(1, 2, 3, 4))


class _Stores:
    def __init__(self) -> None:
        self.looks: BoundedCache[tuple, tuple[Look, ...]] = BoundedCache(
            LOOK_BYTES, lambda looks: sum(look.nbytes for look in looks)
        )
        self.pictures: BoundedCache[tuple, tuple] = BoundedCache(
            PICTURE_BYTES, lambda found: sum(p.nbytes for p in found[:2] if p is not None)
        )
        self.embeddings: BoundedCache[tuple, Embedding] = BoundedCache(EMBEDDINGS, lambda _: 1)
        self.charts: BoundedCache[tuple, dict[str, go.Figure]] = BoundedCache(CHARTS, lambda _: 1)
        self.small: BoundedCache[str, str] = BoundedCache(SMALL_BYTES, len)
        self.results: BoundedCache[tuple[str, str], Measured] = BoundedCache(
            RESULT_BYTES, lambda measured: measured.values.nbytes
        )


@st.cache_resource(max_entries=1, show_spinner=False)
def stores() -> _Stores:
    """The page's caches, shared by all sessions."""
    return _Stores()


def flagged_region(picture: Picture, loaded: Loaded, judged: Judgement) -> Region:
    """The data set's mask where the image has one that marks something, else the part above the threshold."""
    source = picture.source
    if isinstance(source, Sample) and source.is_defective and source.has_mask:
        mask = source.load_mask(loaded.image.shape[:2])
        if mask is not None and mask.any():
            return Region(mask, "mask")
    return Region(judged.score > judged.reference.threshold, "score")


def looks(model: Model, loaded: Loaded, side: str, pairs: Sequence[Pair], region: Region) -> tuple[Look, ...]:
    """Variance maps and statistics of a side, kept by image and model."""
    key = (loaded.hash, model.key, side, region.kind)
    return _kept(stores().looks, key, lambda: tuple(look_at(pair, region.mask) for pair in pairs))


def look_at(pair: Pair, mask: np.ndarray) -> Look:
    """One pair's variance maps and statistics; `mask` is the flagged region at any resolution."""
    features = [f for f in (pair.before, pair.after) if f is not None]
    inside = projection.cells(mask, pair.before.shape[1:])
    return Look(
        variance=tuple(projection.channel_variance(f) for f in features),
        covariance=None if pair.after is None else projection.channel_covariance(pair.before, pair.after),
        region=inside,
        normal=tuple(projection.statistics(f, ~inside) for f in features),
        flagged=tuple(projection.statistics(f, inside) for f in features),
    )


def charts(
    model: Model, loaded: Loaded, region: Region, make: Callable[[], dict[str, go.Figure]], *controls: object
) -> dict[str, go.Figure]:
    """Charts of an image, kept by image, model and the controls that they depend on: Plotly takes longer to check one
    than to draw it."""
    return _kept(stores().charts, (loaded.hash, model.key, region.kind, *controls), make)


def small_picture(loaded: Loaded) -> str:
    """The image at the size of the gate profiles as a data URI, kept, since encoding takes longer than the profiles."""
    return _kept(stores().small, loaded.hash, lambda: pictures.data_uri(pictures.reduced(loaded.shown, 360)))


def colours(model: Model, loaded: Loaded, pair: Pair, unit: bool) -> tuple[np.ndarray, np.ndarray | None, float]:
    """`projection.pca_rgb` of a pair, kept."""
    key = (loaded.hash, model.key, pair.side, pair.scale, unit)
    return _kept(stores().pictures, key, lambda: projection.pca_rgb(pair.before, pair.after, unit))


def embedding(model: Model, loaded: Loaded, pair: Pair, region: Region, inside: np.ndarray) -> Embedding:
    """UMAPs of a pair, kept. Raises nnet.errors.NNetError where there are too few vectors."""
    key = (loaded.hash, model.key, pair.side, pair.scale, region.kind)
    return _kept(stores().embeddings, key, lambda: _embed(pair, inside))


def _embed(pair: Pair, inside: np.ndarray) -> Embedding:
    positions = projection.sub_sample(inside, UMAP_POINTS)
    flagged = inside.ravel()[positions]
    vectors = [projection.vectors_at(f, positions) for f in (pair.before, pair.after) if f is not None]
    return Embedding(
        positions,
        flagged,
        tuple(projection.embed(v) for v in vectors),
        tuple(projection.separation(v, flagged) for v in vectors),
    )


def values_by_question(looked: Sequence[Look]) -> dict[str, list[tuple[float, float]]]:
    """Statistic -> (before, after) per scale in the normal region, or in the whole image where all is flagged."""
    chosen = [look.normal if look.normal[0] is not None else look.flagged for look in looked]
    return {
        name: [(getattr(before, name), getattr(after, name)) for before, after in chosen]
        for name in projection.STATISTICS
    }


def values_of_data(measured: Measured, side: str, defective: bool = False) -> dict[str, list[tuple[float, float]]]:
    """The same for the mean over a data set's normal (or defective) images; empty where the side has no FPM."""
    mean, _ = projection.over_images(measured.values, (measured.defective == defective) & measured.known)
    of_side = mean[projection.SIDES.index(side)]  # (3, 2, 4)
    if np.isnan(of_side).any():
        return {}
    return {
        name: [(float(of_side[i, 0, k]), float(of_side[i, 1, k])) for i in range(projection.SCALES)]
        for k, name in enumerate(projection.STATISTICS)
    }


def _kept(cache: BoundedCache, key: tuple, make: Callable[[], object]) -> object:
    found = cache.get(key)
    return cache.put(key, make()) if found is None else found


def all_pairs(trace: Trace) -> dict[str, tuple[Pair, ...]]:
    """The pairs of each side that the model has."""
    found = {side: projection.pairs(trace, side) for side in projection.SIDES}
    return {side: pairs for side, pairs in found.items() if pairs}
