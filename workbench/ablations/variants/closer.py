"""What tells one variant from the reference: its settings, and its rows in the paper."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from nnet.analysis.whatif import LABEL
from nnet.studies.published import METRICS
from workbench.ablations import settings
from workbench.ablations.variants import candidates, words
from workbench.ablations.variants.candidates import WHATIF, Variant
from workbench.shared import sides


def draw(shown: Sequence[Variant], reference: Variant) -> None:
    """One variant's settings against the reference's, and its rows in the paper."""
    st.subheader(words.CLOSER_TITLE, anchor=False)
    titles = {one.candidate.key: one.title for one in shown}
    st.session_state["variant_pills"] = settings.VARIANT.value
    st.pills(
        words.CLOSER_LABEL,
        list(titles),
        format_func=titles.__getitem__,
        key="variant_pills",
        on_change=_pill_pressed,
        label_visibility="collapsed",
    )
    one = next(one for one in shown if one.candidate.key == settings.VARIANT.value)
    st.markdown(words.about(one))
    if one.candidate.kind == WHATIF:
        st.info(f"{LABEL} {words.changed(candidates.WHATIFS[one.candidate.name].changes)}", icon=":material/science:")
    _settings(one, reference)
    _places(one)


def _pill_pressed() -> None:
    if st.session_state["variant_pills"] is not None:
        settings.VARIANT.set(st.session_state["variant_pills"])


def _settings(one: Variant, reference: Variant) -> None:
    if one.candidate.key == reference.candidate.key:
        st.markdown(words.IS_REFERENCE)
        return
    same = one.checkpoint.weights_hash == reference.checkpoint.weights_hash
    found = sides.settings(reference.config, one.config)
    rows = [*found, *([] if same else sides.training(reference.checkpoint, one.checkpoint))]
    if same:
        st.markdown(words.SAME_WEIGHTS)
    if rows:
        table = sides.settings_table(rows, reference.title, one.title)
        st.dataframe(table, hide_index=True, key="variant_settings")


def _places(one: Variant) -> None:
    if one.candidate.kind == WHATIF:
        return
    result = candidates.result_of(one.candidate)
    names = [candidates.variant_of(one.config)] if result is None else result["variants"]
    table = places_table(candidates.places(names, result))
    if table.empty:
        st.caption(words.NOT_IN_PAPER)
        return
    st.markdown(f"**{words.PLACES_TITLE}**")
    number = st.column_config.NumberColumn(format="%.2f", help="Percent.")
    st.dataframe(
        table,
        hide_index=True,
        key="variant_places",
        column_config={column: number for column in table.columns if column.endswith(("published", "measured"))},
    )
    st.caption(words.PLACES_NOTE)


def places_table(places: Sequence[candidates.Place]) -> pd.DataFrame:
    """One row per row of the paper that a variant is, with each metric as published and as measured, in percent.

    Metrics without any number are left out.
    """
    rows = []
    for place in places:
        row: dict[str, object] = {"Study": place.study.title, "Row": place.row.label, "Source": words.published(place)}
        for label, metric in METRICS.items():
            row[f"{label}, published"] = place.row.published.get(metric)
            row[f"{label}, measured"] = words.percent(place.measured, metric)
        rows.append(row)
    return pd.DataFrame(rows).dropna(axis="columns", how="all")
