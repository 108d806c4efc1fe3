"""The wrong kind of picture: a good part of another kind beside one of its own."""

from functools import cache

import numpy as np
import streamlit as st

from nnet.data.synthetic import open_synthetic
from nnet.scoring import judge
from workbench.shared import pictures, resources
from workbench.when_it_fails import words
from workbench.when_it_fails.scene import Scene, side_by_side

_KINDS = ("wood", "metal")
"""Textures to choose a foreign one from: the first that the model was not trained on."""


def draw(scene: Scene) -> None:
    st.markdown(words.STRANGER)
    foreign = next(kind for kind in _KINDS if kind not in scene.data)
    shown = [(words.STRANGE, _good(foreign))]
    own = next((picture.load() for picture, defective in scene.samples if not defective), None)
    if own is not None:
        shown.append((words.KNOWN, own.image))
    for title, image in shown:
        _judged(scene, title, image)


def _judged(scene: Scene, title: str, image: np.ndarray) -> None:
    """The picture, and its heatmap beside it."""
    loaded = resources.Loaded(image, pictures.reduced(image), resources.content_hash(image), (), 0.0)
    maps = resources.trace(scene.model, loaded).maps
    verdict = judge.judge(scene.model.detector.calibration, maps, scene.expression)
    threshold = verdict.reference.threshold
    tile = pictures.heatmap(loaded.shown, verdict.score, threshold)
    side_by_side(((loaded.shown, title), (tile, words.share_above(verdict.share_above))))
    st.html(pictures.colour_bar(pictures.calibrated_scale(threshold)))


@cache
def _good(kind: str) -> np.ndarray:
    dataset = open_synthetic(kind, test_good=1, per_defect=1, train=1)
    return next(sample for sample in dataset.test if sample.is_normal).load().image
