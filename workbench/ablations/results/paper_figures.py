"""The paper's figures 4, 6, 9 (distances) and 10 (sweeps) with the numbers of a study; figures.py draws them."""

import functools
from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from nnet.studies import Study
from workbench.ablations.results import downloads, figures, words
from workbench.ablations.results import rows as data
from workbench.ablations.results.scene import Scene
from workbench.shared import controls

_MAPS = ("M4 to M6", "M4 (16 x 16)", "M5 (32 x 32)", "M6 (64 x 64)")


def captioned(
    scene: Scene, figure: go.Figure, key: str, told: str, hint: str = "", width: int | Literal["stretch"] = "stretch"
) -> None:
    """A chart with its hint below it; examples of other parts have none."""
    controls.chart(figure, f"results-chart-{key}", alt=told, width=width)
    if hint and not scene.brief:
        st.caption(hint)


def distances(scene: Scene, study: Study) -> None:
    found = data.values(scene.base, study, scene.metric)
    st.markdown(words.DISTANCE_TITLE.format(metric=scene.metric_name))
    hint = f"{words.DISTANCE_HINT} {words.AXIS_NOTE.format(low=figures.lowest(found))}"
    figure = figures.bars_figure(found, study.baseline)
    captioned(scene, figure, "distances", words.level_told(found, scene.metric), hint, width=680)


def maps(scene: Scene, study: Study) -> None:
    found = {value.label: value for value in data.values(scene.base, study, scene.metric)}
    branches = {name: [found[f"{key}, {label}"] for label in _MAPS] for key, name in words.BRANCHES.items()}
    st.markdown(words.MAPS_TITLE.format(metric=scene.metric_name))
    captioned(
        scene,
        figures.maps_figure(branches, _MAPS),
        "maps",
        words.level_told(list(found.values()), scene.metric),
        words.MAPS_HINT,
        width=760,
    )


def sweeps(scene: Scene, study: Study) -> None:
    found = data.values(scene.base, study, scene.metric)
    limits = figures.limits([value for name in words.SWEEP_TITLES for value in data.sweep(found, name)])
    st.markdown(words.SWEEP_TITLE.format(metric=scene.metric_name))
    with st.grid(2, min_column_width=300, gap="medium") as grid:
        for name, title in words.SWEEP_TITLES.items():
            own = data.sweep(found, name)
            figure = figures.sweep_figure(
                own, limits, chosen=words.CHOSEN_VALUES.get(name), log=name in data.LOGARITHMIC
            )
            with grid.cell():
                st.markdown(f"**{title}**")
                captioned(scene, figure, f"sweep-{name}", words.level_told(own, scene.metric))
    if not scene.brief:
        st.caption(words.SWEEP_HINT)


FIGURES = {"figure6": maps, "figure9": distances, "figure10": sweeps}


def speed(scene: Scene) -> None:
    """Figure 4 with our own points."""
    st.markdown(words.SPEED_ABOUT)
    points = data.speed_points(scene.base, scene.metric)
    if not points:
        if not scene.base.has_masks and scene.metric != "i_auroc":
            st.info(words.no_masks(scene.base), icon=":material/info:")
            return
        st.markdown(words.SPEED_NOT_RUN)
        st.code(data.command(["table4"], scene.base), language="bash", wrap_lines=True)
        return
    st.markdown(words.SPEED_TITLE.format(metric=scene.metric_name))
    figure = figures.speed_figure(points, scene.metric_name)
    hint = f"{words.SPEED_HINT} {words.speed_made(scene.about)}"
    captioned(scene, figure, "speed", words.speed_told(points, scene.metric), hint)
    controls.table(words.speed_table(points, scene.metric))
    make = functools.partial(downloads.speed_csv, points, scene.metric)
    controls.download(words.DOWNLOAD_TABLE, make, scene.file("figure4"), "results-figure4")
