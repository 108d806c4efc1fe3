"""What a question measured, in pictures; below the card."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from nnet.analysis.anatomy import anatomy
from nnet.analysis.story import Finding
from workbench.how_it_works import figures, words
from workbench.how_it_works.scene import Scene
from workbench.shared import living_network, resources, training_film


def draw(scene: Scene, finding: Finding) -> None:
    """The pictures of an answered step, side by side."""
    if scene.step == 8:
        _film(scene)
    elif scene.step == 9:
        with st.container(horizontal=True):
            for page, label in words.MORE.items():
                st.page_link(f"pages/{page}.py", label=label, icon=":material/arrow_forward:")
    tiles = _tiles(scene, finding)
    captions = words.CAPTIONS.get(scene.step, {})
    with st.container(horizontal=True, gap="small"):
        for name, tile in tiles.items():
            st.image(tile, captions[name], width=420 if scene.presenting else 230, alt=captions[name])


def _tiles(scene: Scene, finding: Finding) -> dict[str, np.ndarray]:
    shown = scene.loaded.shown
    match scene.step:
        case 1:
            return figures.unlike(shown, finding)
        case 3 | 4:
            return figures.heatmaps(shown, finding)
        case 5:
            return _mosaics(scene, finding)
        case 6:
            return figures.strengths(finding)
        case 7:
            return figures.heatmaps(shown, finding, calibrated=False)
    return {}


def _mosaics(scene: Scene, finding: Finding) -> dict[str, np.ndarray]:
    """F_3, F'_3 and F'_3 of all items, in the colours of the network."""
    parts = anatomy(resources.trace(scene.model, scene.loaded), ())
    colours, recalled = living_network.colours(scene.model), parts["F'_3"]
    named = {"given": parts["F_3"], "before": recalled, "after": replace(recalled, values=finding.images["after"])}
    return {name: figures.enlarged(colours.paint(part)) for name, part in named.items()}


def _film(scene: Scene) -> None:
    film = training_film.of_model(scene.model.detector.checkpoint.path)
    if film is None:
        st.caption(words.NO_FILM)
        return
    st.caption(words.FILM)
    training_film.draw(scene.model.name, film)
