"""From which length on a scratch on a good part is seen; and the way to the canvas on which one can draw."""

import numpy as np
import streamlit as st

from nnet.analysis.visibility import onset, respond
from nnet.data import Defect, paint_defect
from workbench.shared import controls, pictures, resources
from workbench.when_it_fails import cache, words
from workbench.when_it_fails.scene import Scene, side_by_side
from workbench.when_it_fails.settings import CONTRAST

LENGTHS = np.round(np.geomspace(0.03, 0.6, 12), 3)
"""In sides of the picture."""


def draw(scene: Scene) -> None:
    st.markdown(words.SCRATCH)
    picture = next((picture for picture, defective in scene.samples if not defective), None)
    if picture is None:
        return
    contrast = controls.slider(CONTRAST, words.CONTRAST, 5, 100, step=5, format="%d %%", width=320)
    loaded = picture.load()
    detector = scene.model.detector

    def damaged(length: float) -> tuple[np.ndarray, np.ndarray]:
        scratch = Defect("scratch", 0.5, 0.4, float(length), contrast / 100, 30.0, 1)
        return paint_defect(loaded.image, scratch)

    maps = resources.trace(scene.model, loaded).maps
    key = (scene.model.key, loaded.hash, contrast)
    response = cache.SCRATCHES.of(key, lambda: respond(detector, maps, damaged, LENGTHS.tolist()))
    config, reference = detector.config, detector.calibration.for_expression(scene.expression)
    scores = response.scores(scene.expression, config.model.size, config.scoring.sigma)
    since = onset(LENGTHS, scores > reference.threshold).since
    st.markdown(f"**{words.shortest(since)}**")
    shown = [(loaded.shown, words.BEFORE)]
    if since is not None:
        altered, _ = damaged(since)
        shown = [(pictures.reduced(altered), words.SHORTEST)]
        score = detector.score([altered], scene.expression)[0].map
        shown.append((pictures.heatmap(pictures.reduced(altered), score, reference.threshold), words.SEEN))
    side_by_side(shown)
    st.page_link("Workbench.py", label=words.DRAW, icon=":material/draw:")
