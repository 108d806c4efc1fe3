"""What the Projection page shows of a pair of features: variance maps, statistics by region, and UMAPs.

Knows no Streamlit. A pair is one scale of one side before and after FPM, see `nnet.analysis.projection.Pair`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnet.analysis import embedding, projection
from nnet.analysis.projection import Pair, Statistics
from nnet.data import Sample
from nnet.detector import Trace
from nnet.scoring.judge import Judgement
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded

UMAP_POINTS = 600
"""Most feature vectors in a UMAP; larger maps are sub-sampled."""


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
        return sum(v.nbytes for v in self.variance) + self.region.nbytes + getattr(self.covariance, "nbytes", 0)


@dataclass(frozen=True)
class Embedding:
    """UMAPs of one pair: flat `positions` (n,), which of them are `flagged`, `points` (n, 2) and the silhouette
    `separation` before and after."""

    positions: np.ndarray
    flagged: np.ndarray
    points: tuple[np.ndarray, ...]
    separation: tuple[float | None, ...]


def flagged_region(picture: Picture, loaded: Loaded, judged: Judgement) -> Region:
    """The data set's mask where the image has one that marks something, else the part above the threshold."""
    source = picture.source
    if isinstance(source, Sample) and source.is_defective and source.has_mask:
        mask = source.load_mask(loaded.image.shape[:2])
        if mask is not None and mask.any():
            return Region(mask, "mask")
    return Region(judged.score > judged.reference.threshold, "score")


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


def embed(pair: Pair, inside: np.ndarray) -> Embedding:
    """UMAPs of a pair, where `inside` (H, W) is flagged.

    Raises:
        nnet.errors.NNetError: there are too few vectors.
    """
    positions = embedding.sub_sample(inside, UMAP_POINTS)
    flagged = inside.ravel()[positions]
    vectors = [embedding.vectors_at(f, positions) for f in (pair.before, pair.after) if f is not None]
    return Embedding(
        positions,
        flagged,
        tuple(embedding.embed(v) for v in vectors),
        tuple(embedding.separation(v, flagged) for v in vectors),
    )


def values_by_question(looked: Sequence[Look]) -> dict[str, list[tuple[float, float]]]:
    """Statistic -> (before, after) per scale in the normal region, or in the whole image where all is flagged."""
    chosen = [look.normal if look.normal[0] is not None else look.flagged for look in looked]
    return {
        name: [(getattr(before, name), getattr(after, name)) for before, after in chosen]
        for name in projection.STATISTICS
    }


def all_pairs(trace: Trace) -> dict[str, tuple[Pair, ...]]:
    """The pairs of each side that the model has."""
    found = {side: projection.pairs(trace, side) for side in projection.SIDES}
    return {side: pairs for side, pairs in found.items() if pairs}
