"""The metrics: what the numbers say, their tables, and the curves behind them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from nnet.data import GOOD
from nnet.scoring.aim import for_best_f1
from workbench.evaluate import decisions, figures, words
from workbench.evaluate.scene import Scene
from workbench.evaluate.scored import Scored
from workbench.evaluate.settings import LEVEL
from workbench.shared import controls, session, units
from workbench.shared.controls import choose


def draw(scene: Scene) -> None:
    st.markdown(words.verdict(scene.result.overall))
    st.markdown(words.OVERALL_TITLE, help=words.TERMS_HELP)
    every = (
        {
            words.SCORE: words.score_name(one.result.expression),
            **words.row(one.result.overall, one.intervals, _best_at(scene, one)),
        }
        for one in scene.scored
    )
    st.dataframe(pd.DataFrame(every), hide_index=True, key="evaluate_metrics")
    st.caption(words.INTERVAL_HELP)
    if scene.result.by_type:
        st.markdown(words.types_title(scene.result.expression.text), help=words.TERMS_HELP)
        where = scene.scored[0].type_intervals
        rows = [
            dict(zip(words.TYPE_COLUMNS, (kind, metrics.defective_images), strict=True))
            | words.row(metrics, where[kind], _best_at(scene, scene.scored[0], kind))
            for kind, metrics in scene.result.by_type.items()
        ]
        left = {words.TYPE_COLUMNS[1]: st.column_config.NumberColumn(alignment="left")}
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="evaluate_types", column_config=left)
    if not scene.result.overall.pixel_images:
        st.caption(words.NO_MASKS)
    elif scene.result.overall.notes:
        st.caption(" ".join(map(units.plain, scene.result.overall.notes)))
    _curves(scene)


def _best_at(scene: Scene, one: Scored, kind: str = "") -> float:
    """The threshold with the best F1 as a multiple of the model's own; of one kind of defect beside the good images."""
    if not scene.defective.any():  # then there is none
        return 0.0
    which = np.isin(scene.pictures.labels, (GOOD, kind)) if kind else np.ones(len(scene.defective), bool)
    own = scene.model.detector.calibration.for_expression(one.result.expression)
    return own.multiple(for_best_f1(one.result.scores[which], scene.defective[which]))


def _curves(scene: Scene) -> None:
    level = "images"
    if "pixel_roc" in scene.scored[0].curves:
        level = choose(LEVEL, words.LEVELS, label=words.LEVEL)
    threshold = decisions.cut(scene)
    charts = curve_charts(scene.scored, threshold, level, scene.defective, touch=session.on_touch_screen())
    with st.grid(min(3, len(charts)), min_column_width=300, gap="medium") as grid:
        for name, figure in charts.items():
            with grid.cell():
                hint = words.CURVE_HINTS[name]
                st.markdown(words.curve_title(name, level))
                controls.chart(figure, f"curve-{level}-{name}", hint)
    st.html(figures.line_key([r.expression.text for r in scene.results]))
    st.caption(words.DOT_HINT)


def curve_charts(
    scored: Sequence[Scored], threshold: float, level: str, defective: np.ndarray, touch: bool = False
) -> dict[str, go.Figure]:
    """Name -> figure of the curves at a level, "images" or "pixels"."""
    names = {"roc": "roc", "pr": "pr"} if level == "images" else {"roc": "pixel_roc", "pr": "pixel_pr", "pro": "pro"}
    chance: tuple[float, float] | None = None
    marks: dict[str, tuple[float, float]] = {}
    if level == "images":
        chance = (float(defective.mean()), float(defective.mean()))
        marks = decisions.marks(decisions.counts(scored[0].result.scores, defective, threshold))
    return {
        name: figures.curve_figure(
            [s.curves[key] for s in scored if key in s.curves],
            threshold,
            words.AXES[name],
            limit=name == "pro",
            constant=(0, 1) if name != "pr" else chance,
            mark=marks.get(name),
            touch=touch,
        )
        for name, key in names.items()
        if key in scored[0].curves
    }
