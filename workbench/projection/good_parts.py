"""What the gates are for: whether what differs among good parts counts less behind them."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from nnet.analysis.projection import AmongParts
from workbench.projection import figures, variance_figures, words
from workbench.projection.figures import Series
from workbench.projection.scene import Scene
from workbench.shared import charts, chosen_picture, controls, gate_table, pictures, session, theme
from workbench.shared.gate_table import Among


def scales(found: Among) -> dict[str, tuple[int, ...]]:
    """Side -> the scales, from 1, at which good parts differ less behind the gates than before, and not by chance."""
    return {side: tuple(i for i, one in enumerate(of, 1) if one.change < 0) for side, of in found.items()}


def section(scene: Scene, found: Among, stage: int) -> None:
    """The maps of the angles before and behind the gates, and below them those of all scales beside chance."""
    if scene.side not in found:
        if scene.has_projection:
            st.info(words.NO_GOOD_PARTS, icon=":material/info:")
        return
    one = found[scene.side][stage]
    _maps(scene, one, stage)
    st.markdown(words.among(one, scene.pairs[stage].names))
    if table := gate_table.of(scene.model):
        st.html(table)
    st.markdown(words.DEALT_TITLE)
    of_all = [(words.row_name(side, i), each) for side, of in found.items() for i, each in enumerate(of)]
    controls.chart(_beside_chance(of_all), "good_parts", words.DEALT_HINT)
    entries = [("open", theme.NORMAL, words.IN_FRONT), ("filled", theme.NORMAL, words.BEHIND)]
    st.html(charts.key([*entries, ("area", theme.THRESHOLD, words.BY_CHANCE)]))
    st.caption(words.how_apart(len(chosen_picture.good_samples())))


def _maps(scene: Scene, found: AmongParts, stage: int) -> None:
    scale = variance_figures.angle_scale((found.before, found.after))
    grid, touch = st.grid(2, min_column_width=140, gap="small"), session.on_touch_screen()
    titles = (words.APART_BEFORE, words.APART_BEHIND)
    maps = (found.before, found.after)
    for told, name, mean, angles in zip(titles, scene.pairs[stage].names, found.means, maps, strict=True):
        with grid.cell(), st.container(gap="xsmall"):
            title = told.format(name=name, angle=words.angle(mean))
            st.markdown(title)
            figure = variance_figures.angle_figure(angles, scene.shape, scale, touch=touch)
            controls.chart(figure, f"apart-{name}", alt=title)
    with st.container(key="projection_bar"):
        st.html(pictures.colour_bar(scale))


def _beside_chance(of_all: list[tuple[str, AmongParts]]) -> go.Figure:
    before, after = (np.array([one.means[k] for _, one in of_all]) for k in (0, 1))
    ranges = [(float(one.dealt.min()), float(one.dealt.max())) for _, one in of_all]
    series = [Series(words.NORMAL, theme.NORMAL, before, after)]
    return figures.change_figure([name for name, _ in of_all], series, words.ANGLE_AXIS, ranges=ranges)
