"""The Evaluate page's caches, all bounded and shared by all sessions: measured sets, results, layouts, pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnet.analysis.evaluation import Evidence
from nnet.analysis.subsets import Attribution
from nnet.data import Inspection
from nnet.expression import Expression
from nnet.scoring.overlay import hatched
from workbench.shared import pictures, resources
from workbench.shared.cache import BoundedCache
from workbench.shared.picture import defect_of

if TYPE_CHECKING:
    from workbench.evaluate.layouts import Layout
    from workbench.evaluate.scene import Scene
    from workbench.evaluate.scored import Scored

THUMB_SIDE = 240

Key = tuple[str, str, int]
"""The model's key, the content hash of the data set, and the number of images that have been measured."""

EVIDENCE: BoundedCache[tuple[str, str], Evidence] = BoundedCache(768 * resources.MEBIBYTE, lambda e: e.nbytes)
"""The maps of measured sets: about 8,000 images."""
SCORED: BoundedCache[tuple[Key, Expression], Scored] = BoundedCache(64 * resources.MEBIBYTE, lambda s: s.nbytes)
"""Scores and thinned curves, about 100 kB an expression."""
INSPECTIONS: BoundedCache[tuple[str, int | None], Inspection] = BoundedCache(8)
ATTRIBUTIONS: BoundedCache[Key, Attribution] = BoundedCache(32)
LAYOUTS: BoundedCache[tuple[Key, str, str], Layout] = BoundedCache(64)
"""Layouts of images, 24 bytes an image."""
THUMBNAILS: BoundedCache[tuple[object, ...], str] = BoundedCache(2000)
"""Gallery pictures, about 20 kB each."""
PACES: BoundedCache[str, float] = BoundedCache(resources.MODELS)
"""Seconds per image."""


# ---------------------------------------------------------------------------------------------------------- pictures


def thumbnail(scene: Scene, index: int, square: bool = False) -> str:
    """A small picture of an image with its heatmap, as a data URI, kept.

    Args:
        square: with transparent edges, so that pictures of all proportions line up, and with a line around the defect
            where the data set says where it lies.

    Raises:
        nnet.errors.NNetError: as `Scene.looked_at`.
    """
    key = (scene.key, scene.pictures.keys[index], scene.content(index), scene.result.expression, square)

    def make() -> str:
        picture = _thumbnail(scene, index, outlined=square)
        return pictures.data_uri(pictures.squared(picture) if square else picture)

    return THUMBNAILS.of(key, make)


def _thumbnail(scene: Scene, index: int, *, outlined: bool) -> np.ndarray:
    image, judged = scene.looked_at(index)
    small = pictures.reduced(image, THUMB_SIDE)
    small = hatched(small, scene.model.detector.framing.seen(image.shape, small.shape))
    marked = pictures.heatmap(small, judged.score, judged.reference.threshold)
    mask = defect_of(scene.sample(index), image.shape) if outlined else None
    return marked if mask is None else pictures.with_defect(marked, mask, least=2)
