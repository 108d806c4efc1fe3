"""Evaluate: a whole labelled set measured. Metrics, curves, threshold, worst images, which map carries the result."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import streamlit as st

from nnet.analysis import evaluation
from nnet.analysis.evaluation import Evidence
from nnet.data.depth import as_model
from nnet.expression import Expression, ExpressionError
from nnet.saved.checkpoint import read_metrics
from nnet.scoring import judge
from workbench.evaluate import (
    curves,
    data_set,
    decisions,
    download,
    image_map,
    measured,
    metrics,
    subsets,
    threshold,
    words,
)
from workbench.evaluate.scene import Scene
from workbench.evaluate.settings import CUT, DATA, FOLDER, MORE, PART, SCORE
from workbench.shared import data_choice, frame, units
from workbench.shared.controls import choose
from workbench.shared.data_choice import Chosen
from workbench.shared.resources import Model
from workbench.shared.words import DATA_NAMES

_MOST_EXPRESSIONS = 8  # of the visitor's own
_PARTS = {
    "metrics": metrics.draw,
    "threshold": threshold.draw,
    "images": image_map.draw,
    "maps": subsets.draw,
    "report": download.draw,
}


def main() -> None:
    """Draw the page."""
    with frame.page(words.TITLE, looks_into=False) as model:
        st.title(words.TITLE, anchor=False, help=words.ABOUT)
        chosen = data_choice.choose(DATA, FOLDER, DATA_NAMES, help=words.CHOICE_HELP)
        if chosen is None:
            st.info(words.NOTHING_CHOSEN, icon=":material/dataset:")
            _recorded(model)
            return
        chosen = replace(chosen, dataset=as_model(chosen.dataset, model.detector.checkpoint.bits))
        data_set.show_found(model, chosen)
        if not evaluation.can_be_measured(chosen.dataset):
            st.info(words.NEEDS_BOTH, icon=":material/info:")
            return
        found = measured.measured(model, chosen)
        if found is None:
            return
        opening = st.container()
        # Only the part that is open is computed.
        part = choose(PART, words.PARTS, label=words.PART, label_visibility="collapsed")
        scene = _scene(model, chosen, found)
        with opening:
            counts = decisions.counts(scene.result.scores, scene.defective, scene.own_threshold)
            st.subheader(words.headline(*counts), anchor=False, help=words.HEADLINE_HELP)
        _PARTS[part](scene)


def _recorded(model: Model) -> None:
    """The results that the checkpoint brings with it."""
    recorded = read_metrics(model.detector.checkpoint.path)
    entries = [*([recorded] if recorded.get("scores") else []), *recorded.get("evaluations", {}).values()]
    rows = {}
    for entry in entries:
        data = entry["data"]
        for expression, values in entry["scores"].items():
            facts = data["name"], data["test_normal"] + data["test_defective"], words.score_name(expression)
            metrics = words.named({key: values.get(key) for key in words.METRICS})
            rows[data["sha256"], expression] = dict(zip(words.RECORDED_COLUMNS, facts, strict=True)) | metrics
    if rows:
        st.caption(words.RECORDED)
        st.dataframe(list(rows.values()), hide_index=True, key="evaluate_recorded")


def _scene(model: Model, chosen: Chosen, found: Evidence) -> Scene:
    """The scores to compare, the chosen one first."""
    left, right = st.columns(2, gap="medium")
    with right:
        more = _more_expressions(model)
    expressions = {one.text: one for one in (*judge.presets(model.detector.config).values(), *more)}
    with left:
        first = choose(
            SCORE,
            {text: words.score_name(expression) for text, expression in expressions.items()},
            label=words.SCORE,
            help=words.SCORE_HELP,
            kind="list",
            on_change=CUT.forget,  # another score has another scale
        )
    ordered = [expressions.pop(first), *expressions.values()]
    key = (model.key, chosen.hash, len(found))
    with st.spinner(words.WORKING_OUT, show_time=True):
        return Scene(model, chosen, found, tuple(curves.scored(key, found, e) for e in ordered))


def _more_expressions(model: Model) -> list[Expression]:
    MORE.remember()
    written = st.text_input(
        words.MORE_LABEL, key=MORE.key, max_chars=1000, placeholder="M1*M6; M3+M4", help=words.MORE_HELP
    )
    found = []
    for one in islice(filter(None, (part.strip() for part in written.split(";"))), _MOST_EXPRESSIONS):
        try:
            found.append(judge.check(model.detector.config, one))
        except ExpressionError as error:
            st.warning(units.plain(str(error)), icon=":material/edit:")
    return found
