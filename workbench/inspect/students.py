"""Inspect, S1 against S2: where the forward and the reverse student disagree."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nnet.expression import PRESETS
from nnet.scoring import students
from nnet.scoring.regions import cell_to_pixel
from nnet.scoring.students import Students
from workbench.components import linked_pictures, wipe
from workbench.components.linked_pictures import Probe, Tile
from workbench.inspect import agreement, words
from workbench.inspect.scene import Scene
from workbench.shared import chosen_pixel, pictures, resources, session
from workbench.shared.pictures import Scale

_OPACITY = 0.9  # of the difference's colours where the students differ by a threshold or more


def section(scene: Scene) -> None:
    """Draw it, or say that the model has one branch only."""
    detector = scene.model.detector
    if not students.has_both(detector.config):
        st.info(words.one_branch(detector.config.maps), icon=":material/call_split:")
        return
    branches = (resources.judgement(scene.model, scene.loaded, PRESETS[name]) for name in ("forward", "reverse"))
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


def _difference(scene: Scene, found: Students) -> None:
    shape, (x, y) = scene.loaded.image.shape, scene.view.pixel
    marked = resources.photo(
        (scene.loaded.hash, scene.model.key, "students"),
        lambda: agreement.difference_overlay(scene.loaded.shown, found.difference, _OPACITY),
    )
    tile = Tile(
        words.DIFFERENCE_TITLE,
        words.STUDENTS_HINT,
        base=marked,
        gradient=agreement.difference_gradient(),
        ticks=words.DIFFERENCE_TICKS,
    )
    linked_pictures.draw(
        "students_difference",
        [tile],
        shape[:2],
        (y, x),
        shape,
        lambda r, c: chosen_pixel.choose(c, r),
        label=words.DIFFERENCE_LABEL,
        widest=440,
        ring=True,
        zoom=True,
        step=max(1, shape[1] // 64),
        image=scene.loaded.hash,
        probe=Probe(found.difference, words.DIFFERENCE_PROBE),
    )


def _wipe(scene: Scene, found: Students) -> None:
    session.remember("wipe", 50, session.whole_number(0, 100))
    height, width = scene.loaded.image.shape[:2]
    x, y = scene.view.pixel
    scale = agreement.relative_scale(scene.view.scale.colour_map)
    left, right = (_branch(scene, name, score, scale) for name, score in vars(found).items())
    st.markdown(f"**{words.WIPE_TITLE}**")
    with st.container(width=440):
        wipe.wipe(
            "students_wipe",
            left,
            right,
            (words.FORWARD_NAME, words.REVERSE_NAME),
            st.session_state["wipe"],
            _moved,
            aspect=width / height,
            label=words.WIPE_LABEL,
            mark=((x + 0.5) / width, (y + 0.5) / height),
        )
        st.html(pictures.colour_bar(scale))
    st.caption(words.WIPE_HINT)


def _branch(scene: Scene, name: str, score: np.ndarray, scale: Scale) -> str:
    """One branch's score on the image, ready for the browser; its threshold is outlined if outlines are on."""
    edge = None if scene.view.edge is None else 1.0
    key = (scene.loaded.hash, scene.model.key, name, scale.colour_map, scene.view.opacity, edge)
    return resources.photo(key, lambda: pictures.overlay(scene.loaded.shown, score, scale, scene.view.opacity, edge))


def _moved(position: int) -> None:
    st.session_state["wipe"] = position
