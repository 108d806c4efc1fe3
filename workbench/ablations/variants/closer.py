"""What tells one variant from the reference: its settings, and its rows in the paper."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from nnet.analysis.whatif import LABEL
from nnet.studies.published import METRICS
from workbench.ablations import settings
from workbench.ablations.results.words import row_name
from workbench.ablations.variants import candidates, words
from workbench.ablations.variants.candidates import WHATIF, Variant
from workbench.shared import sides, units
from workbench.shared.controls import choose, table


def draw(shown: Sequence[Variant], reference: Variant) -> None:
    """One variant's settings against the reference's, and its rows in the paper."""
    st.subheader(words.CLOSER_TITLE, anchor=False)
    titles = {one.candidate.key: units.plain(one.title) for one in shown}  # pills are Markdown
    second = list(titles)[min(1, len(titles) - 1)]
    collapsed: dict[str, Any] = {"kind": "pills", "label_visibility": "collapsed"}
    key = choose(settings.VARIANT, titles, label=words.CLOSER_LABEL, default=second, **collapsed)
    one = next(one for one in shown if one.candidate.key == key)
    st.markdown(words.about(one))
    if one.candidate.kind == WHATIF:
        changes = "; ".join(candidates.WHATIFS[one.candidate.name].changes)
        st.info(f"{LABEL} {words.CHANGED.format(changes=changes)}", icon=":material/science:")
    _settings(one, reference)
    _places(one)


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
        table(sides.settings_table(rows, reference.title, one.title), explained=True)


def _places(one: Variant) -> None:
    if one.candidate.kind == WHATIF:
        return
    result = candidates.result_of(one.candidate)
    names = [candidates.variant_of(one.config)] if result is None else result["variants"]
    found = places_table(candidates.places(names, result))
    if found.empty:
        st.caption(words.NOT_IN_PAPER)
        return
    st.markdown(f"**{words.PLACES_TITLE}**")
    table(found)
    st.caption(words.PLACES_NOTE)


def places_table(places: Sequence[candidates.Place]) -> pd.DataFrame:
    """One row per row of the paper that a variant is, with each metric as published and as measured, in percent.

    Metrics without any number are left out.
    """
    rows = []
    for place in places:
        source = place.row.printed or place.study.source
        about = (place.study.title, row_name(place.row.label), source)
        row: dict[str, object] = dict(zip(words.FIGURE_COLUMNS, about, strict=True))
        for label, metric in METRICS.items():
            value = place.measured.get(metric)
            row[words.PUBLISHED.format(metric=label)] = words.percent(place.row.published.get(metric))
            row[words.MEASURED.format(metric=label)] = words.percent(None if value is None else 100 * float(value))
        rows.append(row)
    found = pd.DataFrame(rows)
    return found.loc[:, [column for column in found if (found[column] != "").any()]]
