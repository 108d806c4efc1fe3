"""The metrics: what the numbers say, their tables, and below them the curves."""

import numpy as np
import pandas as pd
import streamlit as st

from nnet.data import GOOD
from nnet.scoring.operating_point import for_best_f1
from workbench.evaluate import curves, decisions, words
from workbench.evaluate.scene import Scene
from workbench.evaluate.scored import Scored
from workbench.shared import units


def draw(scene: Scene) -> None:
    for _, doubt in decisions.doubts(scene):
        st.markdown(f":material/warning: {doubt}")
    st.markdown(words.verdict(scene.result.overall, scene.scored[0].intervals))
    st.markdown(words.OVERALL_TITLE, help=words.TERMS_HELP)
    every = (
        {
            words.SCORE: words.score_name(one.result.expression),
            **words.row(one.result.overall, one.intervals, _best_at(scene, one)),
        }
        for one in scene.scored
    )
    # A column for each score: there are more metrics, and their intervals would be cut.
    table = pd.DataFrame(every).set_index(words.SCORE).T.rename_axis(words.METRIC).reset_index()
    st.dataframe(table, hide_index=True, key="evaluate_metrics")
    st.caption(words.INTERVAL_HELP)
    if scene.result.by_type:
        st.markdown(words.types_title(scene.result.expression.text), help=words.TERMS_HELP)
        where, threshold = scene.scored[0].type_intervals, decisions.cut(scene)
        rows = [
            dict(zip(words.TYPE_COLUMNS, (kind, _found(scene, kind, threshold)), strict=True))
            | words.row(metrics, where[kind], _best_at(scene, scene.scored[0], kind))
            for kind, metrics in scene.result.by_type.items()
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="evaluate_types")
    if not scene.result.overall.pixel_images:
        st.caption(words.NO_MASKS)
    elif scene.result.overall.notes:
        st.caption(" ".join(map(units.plain, scene.result.overall.notes)))
    curves.draw(scene)


def _found(scene: Scene, kind: str, threshold: float) -> str:
    """How many of the pictures with one kind of defect the threshold that is set finds: "6 of 8"."""
    scores = scene.result.scores[np.isin(scene.pictures.labels, kind)]
    return words.FOUND_OF.format(found=int((scores > threshold).sum()), count=len(scores))


def _best_at(scene: Scene, one: Scored, kind: str = "") -> float:
    """The threshold with the best F1 as a multiple of the model's own; of one kind of defect beside the good images."""
    if not scene.defective.any():  # then there is none
        return 0.0
    which = np.isin(scene.pictures.labels, (GOOD, kind)) if kind else np.ones(len(scene.defective), bool)
    own = scene.model.detector.calibration.for_expression(one.result.expression)
    return own.multiple(for_best_f1(one.result.scores[which], scene.defective[which]))
