"""Does Figure 7 of the paper hold: the answer in words, a chart per statistic, and all numbers as a table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from nnet.analysis.projection import Statistics
from workbench.projection import cache, figures, measured, pairs, whole_set, words
from workbench.projection.figures import Series
from workbench.projection.scene import Scene
from workbench.shared import controls, gate_table, theme


def section(scene: Scene) -> None:
    if all(pairs_of_side[0].after is None for pairs_of_side in scene.all_pairs.values()):
        return
    st.subheader(words.FIGURE_7_TITLE, anchor=False)
    st.markdown(words.MEASURED)
    step = {"step": "6"}
    st.page_link("pages/7_How_it_works.py", label=words.TOUR, icon=":material/arrow_forward:", query_params=step)
    if table := gate_table.of(scene.model):
        st.html(table)
    if scene.has_projection:
        _answers(scene)
        _changes(scene)
    with st.expander(words.TABLE, icon=":material/table_rows:"):
        st.caption(words.TABLE_HINT)
        st.dataframe(_table(scene), hide_index=True, key="regions_table")


def _answers(scene: Scene) -> None:
    """The answer on this model in words and numbers, for the chosen side."""
    values = pairs.values_by_question(scene.looks)
    with st.grid(4, min_column_width=150, gap="small", border=True) as grid:
        for name, question in words.QUESTIONS.items():
            answer, colour = words.answer(values[name])
            with grid.cell():
                st.markdown(f"**{question.title}**", help=question.help)
                st.markdown(f":{colour}-badge[{answer}]")
                st.caption(words.steps(values[name]))
    where = words.IN_NORMAL_REGION if scene.looks[0].region.any() else words.ON_THIS_IMAGE
    st.markdown(words.verdict(values, words.WHOSE[scene.side], where))
    st.markdown(words.scale_free(values))
    for result in whole_set.measured_for(scene.model):
        if whole := measured.values_of_data(result, scene.side):
            where = words.where(*result.counts, result.name)
            st.markdown(words.verdict(whole, words.WHOSE[scene.side], where))
    st.caption(words.WHY_SCALE_FREE)
    for pair in scene.pairs:
        if pair.recalled:
            st.caption(words.RECALLED[pair.apart])


def _changes(scene: Scene) -> None:
    """A chart per statistic of the chosen side, with a row per scale, normal and flagged regions apart."""
    every = scene.looks
    groups = {words.NORMAL: (theme.NORMAL, [look.normal for look in every])}
    if any(look.region.any() for look in every):
        groups[words.FLAGGED] = (theme.ANOMALOUS, [look.flagged for look in every])

    def drawn() -> dict[str, go.Figure]:
        rows = [words.row_name(scene.side, i) for i in range(len(every))]
        return {
            name: figures.change_figure(
                rows,
                [_series(group, colour, found, name) for group, (colour, found) in groups.items()],
                question.unit,
                log=name == "mean",
            )
            for name, question in words.QUESTIONS.items()
        }

    st.html(figures.change_key(groups))
    kept = cache.charts(scene, drawn, scene.side)
    with st.grid(2, min_column_width=320, gap="medium") as grid:
        for name, question in words.QUESTIONS.items():
            with grid.cell():
                st.markdown(f"**{question.title}**", help=question.help)
                controls.chart(kept[name], f"change-{name}", question.hint)


def _series(group: str, colour: str, found: Sequence[tuple[Statistics | None, ...]], name: str) -> Series:
    before, after = (
        np.array([np.nan if pair[k] is None else getattr(pair[k], name) for pair in found]) for k in (0, 1)
    )
    return Series(group, colour, before, after)


def _table(scene: Scene) -> pd.DataFrame:
    """One row per feature map and region."""
    return pd.DataFrame(
        words.table_row(name, region, found)
        for side, some in scene.all_pairs.items()
        for pair, look in zip(some, scene.all_looks[side], strict=True)
        for region, group in ((words.NORMAL, look.normal), (words.FLAGGED, look.flagged))
        for name, found in zip(pair.names, group, strict=False)
        if found is not None
    )
