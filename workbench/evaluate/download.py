"""Downloads: the report and tables, and saving the results into the checkpoint."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from nnet.analysis import evaluation, stored
from nnet.saved import scores as saved_scores
from nnet.saved.checkpoint import add_evaluation
from nnet.saved.formats import METRICS
from workbench.evaluate import decisions, tables, words
from workbench.evaluate.report import report
from workbench.evaluate.scene import Scene, measured_just_now
from workbench.evaluate.subsets import attribution
from workbench.shared import spreadsheet


def draw(scene: Scene) -> None:
    """Draw the section."""
    st.markdown(words.REPORT_ABOUT)
    # A download is made in a thread that has no session, so everything of the session is taken here.
    threshold, results = decisions.cut(scene), scene.results
    name = "".join(c if c.isalnum() else "-" for c in scene.pictures.name)[:40]
    files: dict[str, Callable[[], str | bytes]] = {
        "scores.csv": lambda: spreadsheet.csv(tables.scores(scene.pictures, results, threshold)),
        "metrics.csv": lambda: spreadsheet.csv(tables.metrics(results)),
    }
    if scene.evidence is not None:
        found = attribution(scene)
        files = {"report.html": lambda: report(scene, threshold, found), **files}
    with st.container(horizontal=True, gap="small"):
        for suffix, make in files.items():
            st.download_button(
                words.DOWNLOADS[suffix],
                make,
                f"{name}-{suffix}",
                "text/html" if suffix.endswith(".html") else "text/csv",
                icon=":material/download:",
                on_click="ignore",
                key=f"evaluate-{suffix}",
            )
    if scene.evidence is None:
        st.caption(words.REPORT_NEEDS_MAPS)
        return
    evidence, dataset = measured_just_now(scene)
    complete = evidence.done == len(evaluation.labelled(dataset))
    if st.button(words.SAVE, icon=":material/save:", help=words.SAVE_HELP, disabled=not complete):
        checkpoint = scene.model.detector.checkpoint
        entry, pictures = stored.account(dataset, evidence, results, checkpoint.weights_hash)
        add_evaluation(checkpoint.path, evaluation.with_origin(entry, checkpoint))
        saved_scores.add(checkpoint.path, pictures)
        st.success(words.saved(f"{checkpoint.name}/{METRICS}"), icon=":material/check:")
