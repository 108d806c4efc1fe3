"""The Evaluate page's caches, all bounded and shared by all sessions: measured sets, results, layouts, pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from nnet.analysis.evaluation import Evidence
from nnet.analysis.subsets import Attribution
from nnet.data import Inspection
from nnet.scoring import judge
from workbench.shared import pictures, resources
from workbench.shared.cache import BoundedCache

if TYPE_CHECKING:
    from workbench.evaluate.curves import Scored
    from workbench.evaluate.layouts import Layout
    from workbench.evaluate.scene import Scene

EVIDENCE_BYTES = 768 * resources.MEBIBYTE
"""Most memory for the maps of measured sets: about 8,000 images."""
RESULT_BYTES = 64 * resources.MEBIBYTE
"""Most memory for results: scores and thinned curves, about 100 kB an expression."""
INSPECTIONS = 8
ATTRIBUTIONS = 32
LAYOUTS = 64
"""Most layouts of images kept, 24 bytes an image."""
THUMBNAILS = 2000
"""Most gallery pictures kept, about 20 kB each."""
THUMB_SIDE = 240

Key = tuple[str, str, int]
"""The model's key, the content hash of the data set, and the number of images that have been measured."""


class _Stores:
    def __init__(self) -> None:
        self.evidence: BoundedCache[tuple[str, str], Evidence] = BoundedCache(EVIDENCE_BYTES, lambda e: e.nbytes)
        self.scored: BoundedCache[tuple[Key, str], Scored] = BoundedCache(RESULT_BYTES, lambda s: s.nbytes)
        self.inspections: BoundedCache[str, Inspection] = BoundedCache(INSPECTIONS, lambda _: 1)
        self.attributions: BoundedCache[Key, Attribution] = BoundedCache(ATTRIBUTIONS, lambda _: 1)
        self.layouts: BoundedCache[tuple[Key, str, str], Layout] = BoundedCache(LAYOUTS, lambda _: 1)
        self.thumbnails: BoundedCache[tuple[object, ...], str] = BoundedCache(THUMBNAILS, lambda _: 1)
        self.paces: BoundedCache[str, float] = BoundedCache(resources.MODELS, lambda _: 1)


@st.cache_resource(max_entries=1, show_spinner=False)
def stores() -> _Stores:
    """The one set of caches."""
    return _Stores()


# ---------------------------------------------------------------------------------------------------------- pictures


def thumbnail(scene: Scene, index: int, square: bool = False) -> str:
    """A small picture of an image with its heatmap, as a data URI, from the maps that are there.

    Args:
        square: with transparent edges, so that pictures of all proportions line up.

    Raises:
        nnet.errors.NNetError: the image cannot be read any more.
    """
    key = (scene.model.key, scene.chosen.hash, scene.evidence.keys[index], scene.result.expression, square)

    def make() -> str:
        picture = _thumbnail(scene, index)
        return pictures.data_uri(squared(picture) if square else picture)

    return stores().thumbnails.of(key, make)


def _thumbnail(scene: Scene, index: int) -> np.ndarray:
    sample = next(s for s in scene.chosen.dataset.test if s.key == scene.evidence.keys[index])
    image = pictures.reduced(sample.load().image, THUMB_SIDE)
    maps = {name: m[index] for name, m in scene.evidence.maps.items()}
    judged = judge.judge(scene.model.detector.calibration, maps, scene.result.expression)
    scale = pictures.calibrated_scale(judged.reference.threshold)
    return pictures.overlay(image, judged.score, scale, 0.65, judged.reference.threshold)


def squared(picture: np.ndarray) -> np.ndarray:
    """An RGB picture (H, W, 3) in the middle of a transparent square, RGBA uint8 with the longer side of both."""
    height, width = picture.shape[:2]
    side = max(height, width)
    made = np.zeros((side, side, 4), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    made[top : top + height, left : left + width] = np.dstack([picture, np.full((height, width), 255, np.uint8)])
    return made
