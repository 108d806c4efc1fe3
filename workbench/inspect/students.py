"""Inspect, S1 against S2: where the forward and the reverse student disagree."""

import numpy as np
import streamlit as st

from nnet.expression import PRESETS
from nnet.scoring import students
from nnet.scoring.maps import BRANCHES
from nnet.scoring.regions import cell_to_pixel
from nnet.scoring.students import Students
from workbench.components.linked_pictures import Probe, Tile
from workbench.inspect import linked, settings, words
from workbench.inspect.scene import Scene
from workbench.shared import pictures, resources, sides_figures
from workbench.shared import words as shared_words
from workbench.shared.pictures import Scale

_OPACITY = 0.9  # of the difference's colours where the students differ by a threshold or more


def section(scene: Scene) -> None:
    """Draw it, or say that the model has one branch only."""
    config = scene.model.detector.config
    if not students.has_both(config):
        st.info(words.one_branch(config.maps), icon=":material/call_split:")
        return
    branches = (resources.judgement(scene.model, scene.loaded, PRESETS[name]) for name in BRANCHES)
    found = students.compare(*branches)
    row, column = found.widest
    x, y = cell_to_pixel(row, column, found.forward.shape, scene.loaded.image.shape)
    st.markdown(words.agreement(found.agreement))
    st.markdown(words.disagreement(x, y, float(found.forward[row, column]), float(found.reverse[row, column])))
    left, right = st.columns(2, gap="medium")
    with left:
        _difference(scene, found)
    with right:
        _wipe(scene, found)
    where = {"ablations_part": "whatif"}
    st.page_link(
        "pages/6_Ablations.py", label=shared_words.WHICH_PART, icon=":material/arrow_forward:", query_params=where
    )


def _difference(scene: Scene, found: Students) -> None:
    marked = resources.photo(
        (scene.loaded.hash, scene.model.key, "students"),
        lambda: sides_figures.difference_overlay(scene.loaded.shown, found.difference, _OPACITY),
    )
    gradient = sides_figures.difference_gradient()
    tile = Tile(words.DIFFERENCE_TITLE, words.STUDENTS_HINT, marked, gradient=gradient, ticks=words.DIFFERENCE_TICKS)
    probe = Probe(found.difference, words.DIFFERENCE_PROBE, shared_words.UNIT)
    linked.linked(scene, "students_difference", [tile], words.DIFFERENCE_LABEL, probe=probe)


def _wipe(scene: Scene, found: Students) -> None:
    scale = sides_figures.relative_scale(scene.view.scale.colour_map)
    both = _branch(scene, "forward", found.forward, scale), _branch(scene, "reverse", found.reverse, scale)
    names = words.FORWARD_NAME, words.REVERSE_NAME
    st.markdown(f"**{words.WIPE_TITLE}**")
    linked.wipe(scene, "students_wipe", both, names, settings.WIPE, words.WIPE_LABEL, scale)
    st.caption(words.WIPE_HINT)


def _branch(scene: Scene, name: str, score: np.ndarray, scale: Scale) -> str:
    """One branch's score on the image, ready for the browser; its threshold is outlined if outlines are on."""
    edge = None if scene.view.edge is None else 1.0
    key = (scene.loaded.hash, scene.model.key, name, scale.colour_map, scene.view.opacity, edge)
    return resources.photo(key, lambda: pictures.overlay(scene.loaded.shown, score, scale, scene.view.opacity, edge))
