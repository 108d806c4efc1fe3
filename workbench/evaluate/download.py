"""Downloads: the report and tables, and saving the results into the checkpoint."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from nnet.analysis import stored
from nnet.analysis.subsets import Attribution
from nnet.report import Subject, render
from nnet.saved.formats import METRICS
from workbench.evaluate import decisions, download_tables, recording, words
from workbench.evaluate.scene import Scene, measured_just_now
from workbench.evaluate.subsets import attribution
from workbench.shared import hosting, model_list, spreadsheet
from workbench.shared.controls import download


def draw(scene: Scene) -> None:
    st.markdown(words.REPORT_ABOUT)
    # A download is made in a thread that has no session, so everything of the session is taken here.
    threshold, results, title = decisions.cut(scene), scene.results, model_list.called(scene.model.name)
    name = "".join(c if c.isalnum() else "-" for c in scene.pictures.name)[:40]
    files: dict[str, Callable[[], str | bytes]] = {
        "scores.csv": lambda: spreadsheet.csv(download_tables.scores(scene.pictures, results, threshold)),
        "metrics.csv": lambda: spreadsheet.csv(download_tables.metrics(scene.pictures, results, threshold)),
    }
    found = None if scene.evidence is None else attribution(scene)
    files = {"report.html": lambda: report(scene, threshold, found, title), **files}
    with st.container(horizontal=True, gap="small"):
        for suffix, make in files.items():
            kind = "text/html" if suffix.endswith(".html") else "text/csv"
            download(words.DOWNLOADS[suffix], make, f"{name}-{suffix}", f"evaluate-{suffix}", kind)
    if scene.evidence is None:
        return
    checkpoint = scene.model.detector.checkpoint
    if hosting.is_shared():
        return
    if recording.is_own(scene.model):
        st.caption(words.RECORDED_BY_ITSELF)
    elif st.button(words.SAVE, icon=":material/save:", help=words.SAVE_HELP, disabled=not recording.is_complete(scene)):
        recording.keep(scene)
        st.success(words.saved(f"{checkpoint.name}/{METRICS}"), icon=":material/check:")


def report(scene: Scene, threshold: float, found: Attribution | None, title: str) -> str:
    """The report, as `nnet report` writes it.

    Args:
        threshold: on the chosen score.
        title: what the model is called.
        found: the scored subsets of the maps; what each map contributes is shown if all are there.
    """
    checkpoint = scene.model.detector.checkpoint
    if scene.evidence is None:
        shown = scene.pictures.hash, scene.pictures.stored
        result = next(one for one in stored.read(checkpoint) if (one.sha256, one.created) == shown)
        curves = None
    else:
        evidence, dataset = measured_just_now(scene)
        known = {one.result.expression.text: (one.intervals, one.near) for one in scene.scored}
        result = stored.result(dataset, evidence, scene.results, known)
        curves = {name: (line.x, line.y) for name, line in scene.scored[0].curves.items() if name not in ("roc", "pr")}
        if found is not None and found.complete:
            result = replace(result, shapley={metric: found.shapley(metric) for metric in found.metrics})
    result = replace(result, results=tuple(scene.results))
    return render(Subject(checkpoint, result, scene.looked_at, threshold, curves, scene.short, title))
