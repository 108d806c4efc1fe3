"""Evaluate: a whole labelled set measured. Metrics, curves, threshold, worst images, which map carries the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from nnet.analysis import evaluation
from nnet.analysis.evaluation import Evidence, Result
from nnet.analysis.subsets import Attribution
from nnet.data import GOOD
from nnet.errors import NNetError
from nnet.expression import ExpressionError
from nnet.saved.checkpoint import METRICS as METRICS_FILE
from nnet.saved.checkpoint import add_evaluation, read_metrics
from nnet.saved.provenance import provenance
from nnet.scoring import judge
from nnet.scoring.metric_names import SHORT_NAMES
from workbench.components import threshold_histogram
from workbench.evaluate import choice, words
from workbench.evaluate import figures as evaluate_figures
from workbench.evaluate import measured as work
from workbench.evaluate import report as evaluate_report
from workbench.evaluate.choice import Chosen
from workbench.evaluate.measured import Scored
from workbench.evaluate.report import Section
from workbench.shared import frame, session, text
from workbench.shared import pictures as figures
from workbench.shared.resources import Model

_TILES = 12  # images in each gallery
_REPORT_TILES = 8
_CLICKABLE = {"displaylogo": False, "modeBarButtonsToRemove": ["toImage", "select2d", "lasso2d", "autoScale2d"]}


@dataclass(frozen=True)
class Scene:
    """What the page is about: a model, a set, what is known of it, and the scores with the chosen one first."""

    model: Model
    chosen: Chosen
    evidence: Evidence
    scored: tuple[Scored, ...]

    @property
    def result(self) -> Result:
        """Of the chosen score."""
        return self.scored[0].result

    @property
    def defective(self) -> np.ndarray:
        return self.evidence.defective


def main() -> None:
    with frame.page("Evaluate") as model:
        st.title("Evaluate", anchor=False)
        st.markdown(words.ABOUT)
        chosen = choice.choose()
        if chosen is None:
            st.info(words.NOTHING_CHOSEN, icon=":material/dataset:")
            _recorded(model)
            return
        choice.show_found(model, chosen)
        if not evaluation.can_be_measured(chosen.dataset):
            st.info(words.NEEDS_BOTH, icon=":material/info:")
            return
        found = _measured(model, chosen)
        if found is None:
            return
        part = _part()
        scene = _scene(model, chosen, found)
        draw = {"metrics": _metrics, "threshold": _threshold, "images": _images, "maps": _maps, "report": _downloads}
        draw[part](scene)


def _recorded(model: Model) -> None:
    """The results that the checkpoint brings with it."""
    recorded = read_metrics(model.detector.checkpoint.path)
    entries = [*([recorded] if recorded.get("scores") else []), *recorded.get("evaluations", {}).values()]
    rows = {
        (entry["data"]["sha256"], expression): {
            "Data": entry["data"]["name"],
            "Images": entry["data"]["test_normal"] + entry["data"]["test_defective"],
            "Score": words.score_name(expression),
            **{
                SHORT_NAMES[key]: words.value(values.get(key))
                for key in ("p_ap", "p_auroc", "p_pro", "i_auroc", "i_ap")
            },
        }
        for entry in entries
        for expression, values in entry["scores"].items()
    }
    if rows:
        st.caption(words.RECORDED)
        st.dataframe(list(rows.values()), hide_index=True, key="evaluate_recorded")


# -------------------------------------------------------------------------------------------------------- measuring


def _measured(model: Model, chosen: Chosen) -> Evidence | None:
    """The controls to start and stop, and what is known so far; None while there is nothing to show."""
    run = work.run(model, chosen)
    found = work.evidence(model, chosen)
    total = len(run.collecting.samples)
    done = found.done if found is not None else 0
    if done < total:
        _controls(model, chosen, run, done, total)
        if run.active:
            _advance(model, chosen, run)
    if found is None:
        return None
    normal = int(np.sum(~found.defective))
    st.markdown(words.rests_on(normal, len(found) - normal, total - len(found.problems)))
    if found.problems:
        st.warning(words.left_out(found.problems), icon=":material/broken_image:")
    if not found.can_be_measured:
        st.info(words.NEEDS_BOTH, icon=":material/info:")
        return None
    return found


def _controls(model: Model, chosen: Chosen, run: work.Run, done: int, total: int) -> None:
    """The buttons to start and to stop, both always there, so that neither moves while it is needed."""
    expected = words.duration((total - done) * (run.pace or work.pace(model, chosen)))
    with st.container(horizontal=True, gap="small"):
        start = st.button(
            words.start(done, total, expected),
            icon=":material/play_arrow:",
            type="primary",
            key="evaluate_start",
            disabled=run.active,
        )
        st.button(
            words.STOP,
            icon=":material/stop:",
            key="evaluate_stop",
            disabled=not run.active,
            on_click=_stop,
            args=(run,),
        )
    if start:
        run.active = True
        st.rerun()


def _stop(run: work.Run | work.SubsetRun) -> None:
    run.active = False


def _advance(model: Model, chosen: Chosen, run: work.Run) -> None:
    """Measure what is left. A click on "Stop" ends the script here, at the next update of the bar."""
    total = len(run.collecting.samples)
    done = run.collecting.done
    bar = st.progress(done / total, words.progress(done, total, None))
    for _ in work.steps(model, chosen, run):
        done = run.collecting.done
        bar.progress(done / total, words.progress(done, total, run.pace * (total - done)))
    run.active = False
    st.rerun()


# ------------------------------------------------------------------------------------------- the parts and the score


def _part() -> str:
    """Which part is open. The others are not computed."""
    session.remember("evaluate_part", "metrics", session.one_of(words.PARTS))
    return st.segmented_control(
        "Part",
        list(words.PARTS),
        format_func=words.PARTS.get,
        key="evaluate_part",
        required=True,
        label_visibility="collapsed",
    )


def _scene(model: Model, chosen: Chosen, found: Evidence) -> Scene:
    """The scores to compare, the chosen one first."""
    left, right = st.columns(2, gap="medium")
    with right:
        more = _more_expressions(model)
    expressions = list(dict.fromkeys([*judge.presets(model.detector.config).values(), *more]))
    session.remember("evaluate_score", expressions[0], session.one_of(expressions))
    with left:
        first = st.selectbox(
            "Score",
            expressions,
            format_func=words.score_name,
            key="evaluate_score",
            help=words.SCORE_HELP,
            on_change=session.forget,
            args=("threshold",),  # another score has another scale
        )
    ordered = [first, *(e for e in expressions if e != first)]
    with st.spinner("Working out the metrics…", show_time=True):
        return Scene(model, chosen, found, tuple(work.scored(model, chosen, found, e) for e in ordered))


def _more_expressions(model: Model) -> list[str]:
    session.remember("evaluate_more", "", str)
    written = st.text_input(
        "More scores to compare", key="evaluate_more", placeholder="M1*M6; M3+M4", help=words.MORE_HELP
    )
    found = []
    for one in filter(None, (part.strip() for part in written.split(";"))):
        try:
            found.append(judge.check(model.detector.config, one).text)
        except ExpressionError as error:
            st.warning(text.plain(str(error)), icon=":material/edit:")
    return found


# ----------------------------------------------------------------------------------------------------------- metrics


def _metrics(scene: Scene) -> None:
    st.markdown(words.verdict(scene.result.overall))
    st.markdown("**Metrics over all images**", help=words.TERMS_HELP)
    results = [s.result for s in scene.scored]
    table = pd.DataFrame({"Score": words.score_name(r.expression), **words.row(r.overall)} for r in results)
    st.dataframe(table, hide_index=True, key="evaluate_metrics")
    if scene.result.by_type:
        st.markdown(f"**By defect type**, score {text.plain(scene.result.expression)}", help=words.TERMS_HELP)
        rows = [
            {"Defect type": kind, "Images": metrics.defective_images, **words.row(metrics)}
            for kind, metrics in scene.result.by_type.items()
        ]
        left = {"Images": st.column_config.NumberColumn(alignment="left")}
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="evaluate_types", column_config=left)
    if not scene.evidence.has_masks:
        st.caption(words.NO_MASKS)
    elif scene.result.overall.notes:
        st.caption(words.note(scene.result.overall.notes, scene.evidence.keys))
    _curves(scene)


def _curves(scene: Scene) -> None:
    level = "images"
    if scene.evidence.has_masks:
        session.remember("level", "images", session.one_of(words.LEVELS))
        level = st.segmented_control(
            "Curves over", list(words.LEVELS), format_func=words.LEVELS.get, key="level", required=True
        )
    threshold = _chosen_threshold(scene)
    charts = curve_charts(scene.scored, threshold, level, scene.defective, touch=session.on_touch_screen())
    with st.grid(min(3, len(charts)), min_column_width=300, gap="medium") as grid:
        for name, figure in charts.items():
            with grid.cell():
                st.markdown(f"**{words.CURVE_TITLES[name]}**, {words.LEVELS[level].lower()}")
                st.plotly_chart(
                    figure, key=f"curve-{level}-{name}", config=figures.PICTURE_CONFIG, alt=words.CURVE_HINTS[name]
                )
                st.caption(words.CURVE_HINTS[name])
    st.html(evaluate_figures.line_key([s.result.expression for s in scene.scored]))
    st.caption(words.DOT_HINT)


def curve_charts(
    scored: Sequence[Scored], threshold: float, level: str, defective: np.ndarray, touch: bool = False
) -> dict[str, object]:
    """Name -> figure of the curves at a level, "images" or "pixels"."""
    names = {"roc": "roc", "pr": "pr"} if level == "images" else {"roc": "pixel_roc", "pr": "pixel_pr", "pro": "pro"}
    titles = {
        "roc": ("false positive rate", "true positive rate"),
        "pr": ("recall", "precision"),
        "pro": ("false positive rate", "mean overlap"),
    }
    chance, marks = None, {}
    if level == "images":
        chance = float(defective.mean())
        marks = work.marks(work.counts(scored[0].result.scores, defective, threshold))
    return {
        name: evaluate_figures.curve_figure(
            [s.curves[key] for s in scored if key in s.curves],
            threshold,
            titles[name],
            limit=name == "pro",
            diagonal=name != "pr",
            chance=chance,
            mark=marks.get(name),
            touch=touch,
        )
        for name, key in names.items()
        if key in scored[0].curves
    }


# --------------------------------------------------------------------------------------------------------- threshold


def _jumps(scene: Scene) -> dict[str, float]:
    """Thresholds with a meaning, by the name of their button."""
    scores, defective = scene.result.scores, scene.defective
    found = {"own": scene.model.detector.calibration.for_expression(scene.result.expression).threshold}
    if scene.result.overall.i_f1 is not None:
        found["f1"] = scene.result.overall.i_f1.threshold
    top = float(scores[~defective].max())
    higher = scores[scores > top]
    return {
        **found,
        "alarm": (top + float(higher.min())) / 2 if len(higher) else 1.01 * top,
        "miss": float(scores[defective].min()),
    }


def _steps(scene: Scene) -> list[float]:
    return work.threshold_steps(scene.result.scores, list(_jumps(scene).values()))


def _chosen_threshold(scene: Scene, widget: bool = False) -> float:
    """The threshold that the visitor set, or the model's own. With `widget` the slider's value is prepared."""
    steps, own = _steps(scene), _jumps(scene)["own"]

    def closest(value: float) -> float:
        return min(steps, key=lambda step: abs(step - value))

    def read(written: str) -> float:
        value = float(written)
        if not steps[0] / 2 <= value <= steps[-1] * 2:
            raise ValueError
        return closest(value)

    known = st.session_state.get("threshold", st.query_params.get("threshold"))
    try:
        chosen = read(str(known)) if known is not None else closest(own)
    except ValueError:
        chosen = closest(own)
    if widget:
        # The steps differ from score to score and from set to set.
        if "threshold" in st.session_state:
            st.session_state["threshold"] = chosen
        session.remember("threshold", closest(own), read)
        return st.session_state["threshold"]
    return chosen


def _threshold(scene: Scene) -> None:
    steps, jumps = _steps(scene), _jumps(scene)
    st.markdown("**Image scores of normal and defective images**")
    chart = st.container()
    threshold = _chosen_threshold(scene, widget=True)
    labels = work.step_labels(steps)
    st.select_slider("Threshold", steps, format_func=labels.get, key="threshold", help=words.THRESHOLD_HELP)
    with st.container(horizontal=True, gap="small"):
        for name, value in jumps.items():
            label, hint = words.JUMPS[name]
            st.button(label, key=f"jump-{name}", help=hint, on_click=_jump, args=(value,))
    scores, defective = scene.result.scores, scene.defective
    with chart:
        shown = work.histogram(scores, defective, steps, labels, threshold, jumps["own"])
        threshold_histogram.draw("evaluate_histogram", shown, _jump)
        st.caption(words.DRAG_HINT)
    counts = work.counts(scores, defective, threshold)
    st.markdown(words.decided(*counts))
    table, tiles = st.columns((2, 3), gap="large", vertical_alignment="center")
    with table:
        st.html(evaluate_figures.confusion_html(counts))
    with tiles, st.grid(2, min_column_width=130, gap="small"):
        for name, (value, meaning) in words.rates(*counts).items():
            st.metric(name, value, help=meaning)
    _galleries(scene, threshold)


def _jump(value: float) -> None:
    st.session_state["threshold"] = value


def _galleries(scene: Scene, threshold: float) -> None:
    missed, alarms = work.worst(scene.result.scores, scene.defective, threshold)
    for title, which, none in ((words.MISSES, missed, words.NO_MISSES), (words.ALARMS, alarms, words.NO_ALARMS)):
        st.markdown(f"**{title}**" + (f" ({min(_TILES, len(which))} of {len(which):,})" if len(which) else ""))
        if not len(which):
            st.caption(none)
            continue
        with st.grid(6, min_column_width=140, gap="small") as grid:
            for index in which[:_TILES]:
                with grid.cell():
                    _tile(scene, int(index))
    st.caption(words.GALLERY_HINT)


def _tile(scene: Scene, index: int) -> None:
    key, label = scene.evidence.keys[index], scene.evidence.labels[index]
    try:
        uri = work.thumbnail(scene.model, scene.chosen, scene.evidence, index, scene.result.expression, square=True)
        st.image(uri, width="stretch", alt=key)
    except NNetError as error:
        st.caption(text.plain(str(error)))
    name = text.plain(key.rsplit("/", 1)[-1])
    if st.button(name, key=f"open-{key}", help=f"{text.plain(key)}: open in Inspect", width="stretch"):
        _open(scene, key)
    st.caption(f"{words.image_label(label)}, {text.number(float(scene.result.scores[index]))}")


def _open(scene: Scene, key: str) -> None:
    """Show an image of the set on the Inspect page."""
    session.show_data_image(scene.chosen.spec, key)
    st.switch_page("pages/1_Inspect.py")


# ----------------------------------------------------------------------------------------------------- map of images


def _images(scene: Scene) -> None:
    with st.container(horizontal=True, gap="medium"):
        method = _choice("layout", "Layout", words.METHODS, words.METHODS_HELP)
        source = _choice("features", "Features F₃ of", words.SOURCES, words.SOURCES_HELP)
        colour = _choice("colour_by", "Colour", words.COLOURINGS, None)
    made = _layout(scene, method, source)
    if made is None:
        return
    which, points, share = made
    evidence = scene.evidence
    keys = [evidence.keys[i] for i in which]
    picked = _picked(keys)
    left, right = st.columns((5, 2), gap="medium")
    with right:
        st.selectbox(
            words.EMBEDDING_PICK,
            sorted(keys),
            key="evaluate_image",
            index=None,
            placeholder="Click a point, or choose",
            help=words.EMBEDDING_PICK_HELP,
        )
        if picked is not None:
            _picked_image(scene, picked)
    with left:
        st.markdown(f"**{len(keys):,} images by {words.METHODS[method]} of F₃** ({words.SOURCES[source].lower()})")
        figure = evaluate_figures.embedding_figure(
            points,
            [evidence.labels[i] for i in which],
            GOOD,
            keys,
            scene.result.scores[which],
            colour,
            None if picked is None else keys.index(picked),
            touch=session.on_touch_screen(),
        )
        st.plotly_chart(
            figure,
            key=f"embedding-{method}-{source}-{colour}",
            config=_CLICKABLE,
            alt=words.EMBEDDING_HINTS[colour],
            on_select=lambda: _point_clicked(f"embedding-{method}-{source}-{colour}", keys),
            selection_mode="points",
        )
        remarks = [words.EMBEDDING_HINTS[colour], words.EMBEDDING_CLICK]
        remarks += [words.explained(share)] if share is not None else []
        if len(which) < len(evidence):
            remarks.append(words.umap_subset(len(which), len(evidence)))
        st.caption(" ".join(remarks))


def _choice(key: str, label: str, names: dict[str, str], help: str | None) -> str:
    session.remember(key, next(iter(names)), session.one_of(names))
    return st.segmented_control(label, list(names), format_func=names.get, key=key, required=True, help=help)


def _layout(scene: Scene, method: str, source: str) -> tuple | None:
    """The images in the plane; a UMAP that is not there yet waits for a click."""
    arguments = (scene.model, scene.chosen, scene.evidence, method, source)
    known = work.known_layout(*arguments)
    if known is not None or method == "pca":
        return work.layout(*arguments)
    if not st.button(words.UMAP_BUTTON, icon=":material/scatter_plot:", type="primary", help=words.UMAP_WAIT):
        return None
    try:
        with st.spinner(words.UMAP_WAIT, show_time=True):
            work.layout(*arguments)
    except NNetError as error:
        st.info(text.plain(str(error)), icon=":material/info:")
        return None
    st.rerun()


def _point_clicked(chart: str, keys: Sequence[str]) -> None:
    points = st.session_state[chart]["selection"]["points"]
    if points and points[0].get("customdata"):
        st.session_state["evaluate_image"] = keys[int(np.ravel(points[0]["customdata"])[0])]


def _picked(keys: Sequence[str]) -> str | None:
    """The chosen image; a choice from another set is forgotten."""
    if st.session_state.get("evaluate_image") not in keys:
        st.session_state["evaluate_image"] = None
    return st.session_state["evaluate_image"]


def _picked_image(scene: Scene, key: str) -> None:
    index = scene.evidence.keys.index(key)
    uri = work.thumbnail(scene.model, scene.chosen, scene.evidence, index, scene.result.expression)
    st.image(uri, width="stretch", alt=key)
    score = text.number(float(scene.result.scores[index]))
    st.caption(f"{text.plain(key)}: {words.image_label(scene.evidence.labels[index])}, score {score}")
    if st.button("Open in Inspect", icon=":material/search:", key="open-picked", width="stretch"):
        _open(scene, key)


# -------------------------------------------------------------------------------------------------------- which maps


def _maps(scene: Scene) -> None:
    st.markdown(words.MAPS_ABOUT)
    run = work.subset_run(scene.model, scene.chosen, scene.evidence)
    found = work.attribution(scene.model, scene.chosen, scene.evidence)
    total = 2 ** len(scene.evidence.maps) - 1
    done = len(found.subsets) if found is not None else 0
    if done < total:
        _subset_controls(scene, run, done, total)
    if found is None:
        return
    metric = _metric(found)
    if found.complete:
        _shapley(found, metric)
    _ranking(found, metric)


def _subset_controls(scene: Scene, run: work.SubsetRun, done: int, total: int) -> None:
    pace = run.seconds / len(run.found) if run.found else work.subset_pace(scene.evidence)
    with st.container(horizontal=True, gap="small"):
        start = st.button(
            words.subsets_start(done, total, words.duration((total - done) * pace)),
            icon=":material/play_arrow:",
            type="primary",
            key="subsets_start",
            disabled=run.active,
        )
        st.button(
            words.STOP, icon=":material/stop:", key="subsets_stop", disabled=not run.active, on_click=_stop, args=(run,)
        )
    st.caption(words.subsets_cost(len(scene.evidence), scene.evidence.size, scene.evidence.has_masks))
    if start:
        run.active = True
        st.rerun()
    if not run.active:
        return
    bar = st.progress(done / total, words.subsets_progress(done, total, None))
    for _ in work.subset_steps(scene.model, scene.chosen, scene.evidence, run):
        done = len(run.found)
        left = run.seconds / done * (total - done)
        bar.progress(done / total, words.subsets_progress(done, total, left))
    run.active = False
    st.rerun()


def _metric(found: Attribution) -> str:
    session.remember("metric", "i_auroc", session.one_of(found.metrics))
    return st.segmented_control("Metric", found.metrics, format_func=SHORT_NAMES.get, key="metric", required=True)


def _shapley(found: Attribution, metric: str) -> None:
    values = found.shapley(metric)
    st.markdown(words.carries(values, metric))
    st.markdown(f"**Shapley value of each map for {SHORT_NAMES[metric]}**")
    figure, told = evaluate_figures.shapley_figure(values, SHORT_NAMES[metric]), words.carries(values, metric)
    st.plotly_chart(figure, key=f"shapley-{metric}", config=figures.CHART_CONFIG, alt=told, width=680)
    st.caption(words.shapley_hint(values, metric, found.empty[metric]))


def _ranking(found: Attribution, metric: str) -> None:
    best, total = found.ranked(metric)[0], 2 ** len(found.maps) - 1
    st.markdown(f"**{len(found.subsets)} of {total} subsets, best {SHORT_NAMES[metric]} first**")
    if found.complete:
        whole = next(s for s in found.subsets if s.maps == found.maps)
        st.markdown(words.best_subset(best.expression, best.values[metric], whole.values[metric], metric))
    table = evaluate_report.subsets_table(found, metric)
    columns = {name: st.column_config.CheckboxColumn(name, width="small") for name in found.maps}
    columns |= {SHORT_NAMES[key]: st.column_config.NumberColumn(format="%.4f") for key in found.metrics}
    columns |= {"Rank": st.column_config.NumberColumn(width="small")}
    st.dataframe(table, hide_index=True, key="evaluate_subsets_table", column_config=columns, height=420)
    st.caption(words.SUBSETS_HINT)


# --------------------------------------------------------------------------------------------------------- downloads


def _downloads(scene: Scene) -> None:
    st.markdown(words.REPORT_ABOUT)
    threshold = _chosen_threshold(scene)
    results = [s.result for s in scene.scored]
    # A download is made in a thread that has no session, so everything of the session is taken here.
    found = work.attribution(scene.model, scene.chosen, scene.evidence)
    name = "".join(c if c.isalnum() else "-" for c in scene.chosen.dataset.name)[:40]

    def scores() -> bytes:
        return evaluate_report.scores_table(scene.evidence, results, threshold).to_csv(index=False).encode()

    def metrics() -> bytes:
        return evaluate_report.metrics_table(results).to_csv(index=False).encode()

    files = {
        "Report (HTML)": (lambda: report(scene, threshold, found), "report.html", "text/html"),
        "Scores per image (CSV)": (scores, "scores.csv", "text/csv"),
        "Metrics (CSV)": (metrics, "metrics.csv", "text/csv"),
    }
    with st.container(horizontal=True, gap="small"):
        for label, (make, suffix, mime) in files.items():
            st.download_button(
                label,
                make,
                f"{name}-{suffix}",
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"evaluate-{suffix}",
            )
    complete = scene.evidence.done == len(evaluation.labelled(scene.chosen.dataset))
    if st.button("Save to the checkpoint", icon=":material/save:", help=words.SAVE_HELP, disabled=not complete):
        entry = evaluation.results(scene.chosen.dataset, scene.evidence, results)
        checkpoint = scene.model.detector.checkpoint
        add_evaluation(checkpoint.path, evaluation.with_origin(entry, checkpoint))
        st.success(words.saved(f"{checkpoint.name}/{METRICS_FILE}"), icon=":material/check:")


def report(scene: Scene, threshold: float, found: Attribution | None) -> bytes:
    """The HTML report on everything that is known."""
    sections = [
        Section(
            "Metrics",
            words.TERMS_HELP,
            body=evaluate_report.html_table(evaluate_report.metrics_table([s.result for s in scene.scored])),
        ),
        *_report_curves(scene, threshold),
        _report_threshold(scene, threshold),
        *_report_galleries(scene, threshold),
        *([] if found is None or not found.complete else _report_maps(found)),
        _report_images(scene),
        Section("Origin", body=evaluate_report.facts_table(_facts(scene, threshold))),
    ]
    title = f"{scene.chosen.dataset.name}, measured with {scene.model.name}"
    normal = int(np.sum(~scene.defective))
    total = len(evaluation.labelled(scene.chosen.dataset)) - len(scene.evidence.problems)
    return evaluate_report.report(title, words.rests_on(normal, len(scene.evidence) - normal, total), sections)


def _report_curves(scene: Scene, threshold: float) -> list[Section]:
    levels = ("images", "pixels") if scene.evidence.has_masks else ("images",)
    hint = f"{words.DOT_HINT} The blue curve is {scene.result.expression}."
    return [
        Section(
            f"Curves over {level}",
            hint,
            {
                words.CURVE_TITLES[name]: figure
                for name, figure in curve_charts(scene.scored, threshold, level, scene.defective).items()
            },
        )
        for level in levels
    ]


def _report_threshold(scene: Scene, threshold: float) -> Section:
    counts = work.counts(scene.result.scores, scene.defective, threshold)
    own = _jumps(scene)["own"]
    chart = evaluate_figures.histogram_figure(scene.result.scores, scene.defective, threshold, own)
    body = f"<p>{words.decided(*counts)}</p>{evaluate_figures.confusion_html(counts)}"
    return Section("Threshold", words.HISTOGRAM_HINT, {"Image scores": chart}, body)


def _report_galleries(scene: Scene, threshold: float) -> list[Section]:
    sections = []
    missed, alarms = work.worst(scene.result.scores, scene.defective, threshold)
    for title, which in ((words.MISSES, missed), (words.ALARMS, alarms)):
        pictures = [
            (
                work.thumbnail(scene.model, scene.chosen, scene.evidence, int(i), scene.result.expression, square=True),
                f"{scene.evidence.keys[i]}, {text.number(float(scene.result.scores[i]))}",
            )
            for i in which[:_REPORT_TILES]
        ]
        if pictures:
            sections.append(Section(title, body=evaluate_report.tiles(pictures)))
    return sections


def _report_maps(found: Attribution) -> list[Section]:
    metrics = [metric for metric in ("i_auroc", "p_ap") if metric in found.metrics]
    charts = {
        f"Shapley values for {SHORT_NAMES[m]}": evaluate_figures.shapley_figure(found.shapley(m), SHORT_NAMES[m])
        for m in metrics
    }
    told = "".join(f"<p>{words.carries(found.shapley(m), m).replace('**', '')}</p>" for m in metrics)
    table = evaluate_report.html_table(evaluate_report.subsets_table(found, metrics[0]))
    return [Section("Which maps carry the result", words.SUBSETS_HINT, charts, told + table)]


def _report_images(scene: Scene) -> Section:
    which, points, share = work.layout(scene.model, scene.chosen, scene.evidence, "pca", "image")
    labels = [scene.evidence.labels[i] for i in which]
    keys = [scene.evidence.keys[i] for i in which]
    figure = evaluate_figures.embedding_figure(points, labels, GOOD, keys, scene.result.scores[which], "type")
    title = "Images by PCA of the teacher's F₃, averaged"
    return Section(title, words.explained(share), {"Each point is an image": figure})


def _facts(scene: Scene, threshold: float) -> dict[str, object]:
    origin, checkpoint, dataset = provenance(), scene.model.detector.checkpoint, scene.chosen.dataset
    return {
        "Data": f"{dataset.name} ({dataset.layout}), {dataset.source}",
        "Licence of the data": dataset.licence,
        "SHA-256 of the data": scene.chosen.hash,
        "Model": scene.model.name,
        "SHA-256 of the weights": checkpoint.weights_hash,
        "Network input": text.pixels(scene.evidence.size, scene.evidence.size),
        "Score": scene.result.expression,
        "Threshold": f"{threshold:.6g}",
        "Commit": origin["commit"],
        "Made": origin["created"],
        "Versions": ", ".join(f"{name} {version}" for name, version in origin["versions"].items()),
    }
