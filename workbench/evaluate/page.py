"""Evaluate: what the model finds and misses on a labelled set. Opens on a result that the model keeps."""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import streamlit as st

from nnet.analysis import evaluation, kinds
from nnet.analysis.evaluation import Evidence
from nnet.analysis.stored import Stored
from nnet.data import Sample
from nnet.data.depth import as_model
from nnet.expression import Expression, ExpressionError
from nnet.runs.length import of_checkpoint
from nnet.saved.checkpoint import read_metrics
from nnet.scoring import judge
from workbench.evaluate import (
    cache,
    categories,
    data_findings,
    decisions,
    download,
    headline,
    image_map,
    interrupted,
    kept_result,
    measured,
    metrics,
    recording,
    scored,
    subsets,
    threshold,
    words,
)
from workbench.evaluate.scene import Pictures, Scene
from workbench.evaluate.settings import DATA, FOLDER, MORE, PART, SCORE
from workbench.shared import chosen_picture, data_choice, frame, model_data, units
from workbench.shared import words as shared_words
from workbench.shared.controls import choose
from workbench.shared.data_choice import Chosen
from workbench.shared.resources import Model

_MOST_EXPRESSIONS = 8  # of the visitor's own
_PARTS = {
    "metrics": metrics.draw,
    "threshold": threshold.draw,
    "images": image_map.draw,
    "maps": subsets.draw,
    "report": download.draw,
}
_NEED_MAPS = ("images", "maps")
_FOLDED = "evaluate_folded"


def main() -> None:
    with frame.page(words.TITLE, looks_into=False) as model:
        choice = data_choice.remembered(DATA, shared_words.DATA_NAMES)
        _title(choice)
        scene = _bar(model, choice)
        if scene is None:
            if (short := of_checkpoint(model.detector.checkpoint)) is not None:
                st.markdown(f":material/warning: {shared_words.TRAINED_SHORT}", help=units.plain(short.sentence))
            return
        cut = decisions.cut(scene)
        headline.draw(scene, cut)
        # Only the part that is open is computed.
        part = choose(PART, words.PARTS, label=words.PART, label_visibility="collapsed")
        if part in _NEED_MAPS and scene.evidence is None:
            _ask_to_measure(scene, part)
        else:
            _PARTS[part](scene)
        if part == "report" and scene.evidence is None:
            _offer_maps(scene)


def _title(choice: str) -> None:
    """Title, and beside it the way to one's own pictures, which who comes with a ZIP looks for first."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.title(words.TITLE, anchor=False, help=words.ABOUT, width="content")
        if choice not in data_choice.BROUGHT:
            icon, act = ":material/folder_zip:", DATA.set
            st.button(words.OWN_ZIP, "own_zip", words.OWN_ZIP_HELP, act, (data_choice.ZIP,), icon=icon)


def _bar(model: Model, choice: str) -> Scene | None:
    """One line that says what is measured, and opens to the choice of data and score; None with nothing to show.

    It stays open until there is something to show, and folds once there is.
    """
    kept = kept_result.of(model)
    mark = (model.network_key, choice, FOLDER.value)
    folded = (choice == data_choice.NONE and bool(kept)) or st.session_state.get(_FOLDED) == mark
    given = data_choice.title(choice, FOLDER, shared_words.DATA_NAMES)
    label = words.data_bar(given or (str(kept[0].data.get("name", "")) if kept else ""))
    several: list[str] = []
    with st.expander(label, icon=":material/dataset:", expanded=not folded):
        chosen = data_choice.choose(DATA, FOLDER, shared_words.DATA_NAMES, help=words.CHOICE_HELP, each=several.extend)
        before = None if chosen is not None else interrupted.of_address()
        if several:
            categories.draw(several, model.detector.checkpoint.path)
            scene = None
        elif before is not None:
            said = words.interrupted(before.name, before.done, before.total)
            st.warning(said, icon=":material/history:")
            scene = None
        elif chosen is None:
            scene = _of_kept(model, kept)
        else:
            chosen = replace(chosen, dataset=as_model(chosen.dataset, model.detector.checkpoint.bits))
            chosen = data_findings.all_tested(model, chosen)
            kept_result.note_opened(chosen)
            scene = _of_data(model, chosen, kept)
    if chosen is not None and scene is not None and not folded:
        st.session_state[_FOLDED] = mark
        st.rerun()
    if scene is None and folded:  # something else was uploaded, and is to be measured
        st.session_state.pop(_FOLDED, None)
        st.rerun()
    if scene is not None and not scene.pictures.spec:
        kept_result.tell_lost(scene)
    return scene


def _of_kept(model: Model, kept: Sequence[Stored]) -> Scene | None:
    """The scene of a result that the checkpoint keeps."""
    if not kept:
        st.info(words.NOTHING_CHOSEN, icon=":material/dataset:")
    _recorded(model, kept)
    if not kept:
        return None
    found = kept_result.chosen_one(kept)
    st.caption(words.measured_on(found.created))
    return kept_result.scene(model, found, _score(kept_result.expressions(found)), None)


def _of_data(model: Model, chosen: Chosen, kept: Sequence[Stored]) -> Scene | None:
    """The scene of a data set: of what was measured just now, else of what the checkpoint keeps of it."""
    data_findings.show_found(model, chosen)
    if not evaluation.can_be_measured(chosen.dataset):
        st.info(words.NEEDS_BOTH, icon=":material/info:")
        return None
    before = next((one for one in kept if one.sha256 == chosen.hash), None)
    if before is not None:
        st.caption(words.MEASURED_BEFORE)
    found = measured.measured(model, chosen)
    if before is not None and (found is None or found.done < len(evaluation.labelled(chosen.dataset))):
        return kept_result.scene(model, before, _score(kept_result.expressions(before)), chosen)
    return None if found is None else _of_evidence(model, chosen, found)


def _of_evidence(model: Model, chosen: Chosen, found: Evidence) -> Scene:
    """The scores to compare, the chosen one first."""
    more = _more_expressions(model)
    expressions = {one.text: one for one in (*judge.presets(model.detector.config).values(), *more)}
    first = _score(list(expressions.values()))
    ordered = [expressions.pop(first), *expressions.values()]
    key = (model.key, chosen.hash, len(found))
    pictures = Pictures(chosen.dataset.name, chosen.hash, chosen.spec, found.keys, found.labels, chosen.dataset)
    others = kinds.other_good(model.detector.checkpoint.kind, found)
    pictures = replace(pictures, other_kind=others)
    with st.spinner(words.WORKING_OUT, show_time=True):
        scene = Scene(model, pictures, tuple(scored.of_evidence(key, found, e) for e in ordered), found)
    if len(found) == len(evaluation.labelled(chosen.dataset)):
        measures = {metric: getattr(scene.result.overall, metric) for metric in words.METRICS}
        categories.note(model.detector.checkpoint.path, chosen.spec, measures)
        if recording.by_itself(scene):
            st.rerun()  # the sidebar tells it, too
    return scene


def _score(expressions: Sequence[Expression]) -> str:
    """Which score the page shows."""
    return choose(
        SCORE,
        {one.text: words.score_name(one) for one in expressions},
        label=words.SCORE,
        help=words.SCORE_HELP,
        kind="list",
    )


def _ask_to_measure(scene: Scene, part: str) -> None:
    """What is missing, how long it takes, a button for it, and what can be said without it."""
    spec = scene.pictures.spec
    count, offered = len(scene.pictures.keys), spec and DATA.value == data_choice.NONE
    st.info(words.needs_maps(count, count * _pace(scene.model) if offered else 0), icon=":material/info:")
    if offered:
        _measure_button(scene)
    if part == "maps":
        st.markdown(words.stored_scores([(one.result.expression, one.result.overall.i_auroc) for one in scene.scored]))


def _offer_maps(scene: Scene) -> None:
    """What the report of a stored result lacks, and the way to it."""
    is_at_hand, is_open = bool(scene.pictures.spec), DATA.value != data_choice.NONE
    st.caption(words.without_maps(is_at_hand=is_at_hand, is_open=is_open))
    if is_at_hand and not is_open:
        _measure_button(scene)


def _measure_button(scene: Scene) -> None:
    icon, args = ":material/play_arrow:", (scene.pictures.spec,)
    st.button(words.OPEN_AND_MEASURE, icon=icon, on_click=_open, args=args, type="primary")


def _pace(model: Model) -> float:
    """About how many seconds a picture takes: as measured before, else as a sample does; 0 without one."""
    every = [picture.source for picture in chosen_picture.sample_pictures().values()]
    known = [source for source in every if isinstance(source, Sample) and (source.is_normal or source.is_defective)]
    if not known:
        return 0.0

    def try_one() -> float:
        started = time.perf_counter()
        next(evaluation.collect(model.detector, known[:1]))
        return time.perf_counter() - started

    return cache.PACES.of(model.network_key, try_one)


def _open(spec: str) -> None:
    """Choose a data set, to be measured at once. A callback."""
    st.session_state[measured.AT_ONCE] = True
    if spec == model_data.current()[0]:
        DATA.set(data_choice.OWN)
    elif spec in shared_words.DATA_NAMES:
        DATA.set(spec)
    else:
        DATA.set(data_choice.FOLDER)
        FOLDER.set(spec)


def _recorded(model: Model, kept: Sequence[Stored]) -> None:
    """The results that the checkpoint brings with it and cannot show picture by picture."""
    recorded = read_metrics(model.detector.checkpoint.path)
    entries = [*([recorded] if recorded.get("scores") else []), *recorded.get("evaluations", {}).values()]
    shown = {(one.sha256, result.expression.text) for one in kept for result in one.results}
    rows = {}
    for entry in entries:
        data = entry.get("data", {})
        sha256, pictures = data.get("sha256", ""), data.get("test_normal", 0) + data.get("test_defective", 0)
        for expression, values in entry["scores"].items():
            if (sha256, expression) in shown:
                continue
            facts = data.get("name", ""), pictures, words.score_name(expression)
            metrics = words.named({key: values.get(key) for key in words.METRICS})
            rows[sha256, expression] = dict(zip(words.RECORDED_COLUMNS, facts, strict=True)) | metrics
    if rows:
        st.caption(words.RECORDED)
        st.dataframe(list(rows.values()), hide_index=True, key="evaluate_recorded")


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
