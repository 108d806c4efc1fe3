"""Downloads: the report and tables, and saving the results into the checkpoint."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from nnet.analysis import evaluation
from nnet.saved.checkpoint import add_evaluation
from nnet.saved.formats import METRICS
from workbench.evaluate import decisions, tables, words
from workbench.evaluate.report import report
from workbench.evaluate.scene import Scene
from workbench.evaluate.subsets import attribution
from workbench.shared import spreadsheet


def draw(scene: Scene) -> None:
    """Draw the section."""
    st.markdown(words.REPORT_ABOUT)
    # A download is made in a thread that has no session, so everything of the session is taken here.
    threshold, found, results = decisions.cut(scene), attribution(scene), scene.results
    name = "".join(c if c.isalnum() else "-" for c in scene.chosen.dataset.name)[:40]
    files: dict[str, Callable[[], str | bytes]] = {
        "report.html": lambda: report(scene, threshold, found),
        "scores.csv": lambda: spreadsheet.csv(tables.scores(scene.evidence, results, threshold)),
        "metrics.csv": lambda: spreadsheet.csv(tables.metrics(results)),
    }
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
    complete = scene.evidence.done == len(evaluation.labelled(scene.chosen.dataset))
    if st.button(words.SAVE, icon=":material/save:", help=words.SAVE_HELP, disabled=not complete):
        entry = evaluation.results(scene.chosen.dataset, scene.evidence, results)
        checkpoint = scene.model.detector.checkpoint
        add_evaluation(checkpoint.path, evaluation.with_origin(entry, checkpoint))
        st.success(words.saved(f"{checkpoint.name}/{METRICS}"), icon=":material/check:")
