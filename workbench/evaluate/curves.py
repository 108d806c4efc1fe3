"""Evaluate, curves: ROC, precision over recall and PRO, with the threshold marked on them."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from workbench.evaluate import decisions, figures, words
from workbench.evaluate.scene import Scene
from workbench.evaluate.scored import Scored
from workbench.evaluate.settings import LEVEL
from workbench.shared import controls, session
from workbench.shared.controls import choose


def draw(scene: Scene) -> None:
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
