"""One run: its state, what can be done with it, its result, and its film, curves, log, settings and card."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st

from nnet.data.images import decode
from nnet.errors import NNetError
from nnet.formats import Document
from nnet.presets import PRESETS
from nnet.runs import LIVE, Run, Status
from nnet.runs.layout import DATA
from nnet.saved.card import questions
from nnet.saved.formats import CALIBRATION, CALIBRATION_FORMAT, CARD, CARD_FORMAT, METRICS, METRICS_FORMAT
from workbench.shared import (
    cautions,
    chosen_picture,
    controls,
    hosting,
    model_choice,
    model_list,
    pictures,
    resources,
    theme,
    training_film,
    units,
)
from workbench.train import figures, form, planned, run_actions, uploads, waiting, words
from workbench.train.figures import Line
from workbench.train.runs import POLL, poll
from workbench.train.settings import VIEW

LOG_LINES, FAILED_LINES = 200, 15
_PICTURE, _MOST_SHOWN = 280, 6  # pixels of a picture that a question names, and how many
_GO = "train_go_on"
_NEXT_PAGES: tuple[tuple[str, str, str, Literal["primary", "secondary"]], ...] = (
    (words.INSPECT, "search", "1_Inspect", "primary"),
    (words.EVALUATE, "analytics", "4_Evaluate", "secondary"),
)
_HELD_OUT = {"held_out_median": "median", "held_out_high": "high"}


def draw(run: Run) -> None:
    """What a run is, its state, what can be done with it, and its result; `views` has the rest."""
    st.subheader(units.plain(run.name), anchor=False)
    st.caption(words.facts(run, uploads.photos(run)))
    every = POLL if run.state in LIVE else None
    poll("status", lambda: _status(run.id), every)
    run_actions.draw(run)
    if run.state == "unreadable":
        return
    if run.state == "done":
        _finished(run)
    if run.state in ("failed", "lost") and (tail := run.log_tail(FAILED_LINES)):
        st.markdown(words.LAST_LINES)
        st.code(hosting.without_paths(tail), language=None, wrap_lines=True)


def views(run: Run) -> None:
    """Film, curves, log, settings and card of a run, one at a time."""
    if run.state == "unreadable":
        return
    offered = {name: title for name, title in words.VIEWS.items() if name != "card" or run.model}
    view = controls.choose(  # in a column it would scroll unless it wraps, and hide the last on a phone
        VIEW, offered, label=words.VIEW, label_visibility="collapsed", wrap=True
    )
    draw_view = {"film": _film, "curves": _curves, "log": _log, "settings": _settings, "card": _card}[view]
    poll("view", lambda: draw_view(uploads.runs().get(run.id)), POLL if run.state in LIVE else None)


def _status(run_id: str) -> None:
    """State, reason, progress and the live numbers."""
    run = uploads.runs().get(run_id)
    said = units.plain(run.reason) if run.reason else words.STATES[run.state].help
    if run.state == "queued":
        holds = waiting.told(run.spec) if run.spec is not None else ""
        said = " ".join(filter(None, (f"{words.run_line(run)}.", said, holds)))
    st.markdown(f"{words.badge(run.state)} {said}")
    if advice := words.IS_FINISHING if run.is_finishing else words.advice(run):
        st.caption(advice)
    status = run.status
    if run.state in ("running", "stopping"):
        share, said = words.progress(status)
        st.progress(share, said)
        if silent := words.silence(run.silent_seconds):
            st.warning(silent, icon=":material/hearing_disabled:")
        if status:
            _live_numbers(status)
    if run.problem and run.problem != run.reason:
        st.warning(units.plain(run.problem), icon=":material/broken_image:")
    asked = _questions(run)  # said below, beside what the model found
    for note in status.notes if status else ():
        if note not in asked:
            st.caption(units.plain(note))


def _live_numbers(status: Status) -> None:
    """Two numbers in sight, beside the progress, and the rest behind a press."""
    numbers = words.live_numbers(status)
    with st.container(horizontal=True, gap="large"):
        for label, value, help in numbers[: words.IN_SIGHT]:
            st.metric(label, value, help=help, width="content")
    with (
        st.expander(words.MORE_NUMBERS, icon=":material/query_stats:", key="live_numbers"),
        st.grid(5, min_column_width=200, gap="small") as grid,  # so wide that no label is cut
    ):
        for label, value, help in numbers[words.IN_SIGHT :]:
            with grid.cell():
                st.metric(label, value, help=help)


# ------------------------------------------------------------------------------------------------------------ done


def _finished(run: Run) -> None:
    """What was measured, the threshold, and what to do with the model next."""
    metrics, problem = _found(METRICS_FORMAT, run.path / METRICS)
    calibration, other = _found(CALIBRATION_FORMAT, run.path / CALIBRATION)
    for sentence in filter(None, (problem, other)):
        st.warning(units.plain(sentence), icon=":material/broken_image:")
    measured = words.results(metrics)
    entry = model_list.entries().get(_model_name(run))
    if not measured and not problem:
        later = entry is not None and entry.i_auroc is not None
        st.caption(words.measured_later(entry) if entry is not None and later else words.NOT_MEASURED)
    with st.grid(6, min_column_width=120, gap="small") as grid:
        for label, value, help in [*measured, *words.calibrated(calibration)]:
            with grid.cell():
                st.metric(label, value, help=help)
    for question in _questions(run):
        st.warning(units.plain(question), icon=":material/help:")
        _pictures_of(run, question)
    for caution in cautions.of(entry) if entry is not None else ():
        st.markdown(f":material/warning: {caution}")
    with st.container(horizontal=True, gap="small"):
        for label, icon, page, kind in _NEXT_PAGES:
            go = (_model_name(run), page)
            st.button(label, f"go-{page}", icon=f":material/{icon}:", type=kind, on_click=_go_on, args=go)
    if page := st.session_state.pop(_GO, ""):
        st.switch_page(f"pages/{page}.py")


def _pictures_of(run: Run, question: str) -> None:
    """The uploaded pictures that a question names, to be looked at, and a press that trains again without some."""
    found = [path for path in uploads.photos_of(run) if _is_named(path, question)][:_MOST_SHOWN]
    gone = []
    with st.container(horizontal=True, gap="small"):
        for path in found:
            with contextlib.suppress(NNetError, OSError), st.container(width=_PICTURE):
                shown = pictures.reduced(decode(path).image, _PICTURE)
                st.image(pictures.data_uri(shown), caption=units.plain(path.name), alt=units.text(path.name))
                name = path.relative_to(run.path / DATA).as_posix()
                if not hosting.is_shared() and st.checkbox(words.TAKE_OUT, key=f"take_out-{run.id}-{name}"):
                    gone.append(name)
    if found and not hosting.is_shared():
        run_actions.offer_without(run, gone)


def _is_named(path: Path, question: str) -> bool:
    """Whether a question names a picture, as `nnet.scoring.doubts.of_outstanding` does: by the end of its path."""
    ends = ("/".join(path.parts[-count:]) for count in range(1, len(path.parts)))
    return any(f"{before}{end} (" in question for end in ends for before in (": ", ", "))


def _questions(run: Run) -> list[str]:
    """What speaks against trusting the finished model: a series, a drift, training photos that it flags itself."""
    if run.state != "done":
        return []
    try:
        return questions(CARD_FORMAT.read(run.path / CARD))
    except NNetError:  # its own section says so
        return []


def _go_on(model: str, page: str) -> None:
    """Choose the model, and let the next run that gets this far open the page. A callback.

    A press that only this run knew of would be lost if the film reported an epoch meanwhile.
    """
    model_choice.choose(model)
    if page == "1_Inspect":
        chosen_picture.ask_for_most_telling()
    st.session_state[_GO] = page


def _model_name(run: Run) -> str:
    """The run's name in the sidebar's list."""
    return resources.name_of(run.path)


def _found(format: Document[Any], path: Path) -> tuple[Mapping[str, Any], str]:
    """What a file holds, {} without one or if it is damaged; and what is wrong with it, or ""."""
    try:
        return format.find(path) or {}, ""
    except NNetError as error:
        return {}, str(error)


# ----------------------------------------------------------------------------------------------------------- views


def _film(run: Run) -> None:
    """The film; before its first picture, what will be trained."""
    film = run.film()
    if run.state in ("created", *LIVE) and not film.epochs:
        planned.draw(run)
    training_film.draw(run.id, film)


def _curves(run: Run) -> None:
    history = run.history()
    if problem := run.history_problem:
        st.warning(units.plain(problem), icon=":material/broken_image:")
    elif not history:
        st.info(words.NO_HISTORY, icon=":material/show_chart:")
    with st.grid(3, min_column_width=210, gap="medium") as grid:
        for name, curve in words.CURVES.items():
            epochs, lines = _lines(name, history)
            if epochs:
                with grid.cell():
                    st.markdown(f"**{units.symbols(curve.title)}** :gray[· {curve.unit}]")
                    last = history[-1]["epoch"]
                    figure = figures.curve_figure(epochs, lines, log=name == "held_out", last=last)
                    controls.chart(figure, f"curve-{name}", curve.hint)


def _lines(name: str, history: Sequence[Mapping[str, Any]]) -> tuple[list[int], list[Line]]:
    """Epochs and lines of a curve; no epochs where this run has none of it."""
    keys = _HELD_OUT if name == "held_out" else {name: units.indices(words.CURVES[name].title)}
    entries = [entry for entry in history if any(key in entry for key in keys)]
    lines = [
        Line(title, [entry.get(key, np.nan) for entry in entries], theme.NORMAL, dashed=key == "held_out_high")
        for key, title in keys.items()
    ]
    if name == "held_out" and (unit := lines[-1].values[-1] if entries else 0) > 0:
        lines = [replace(line, values=[value / unit for value in line.values]) for line in lines]
    return [entry["epoch"] for entry in entries], lines


def _log(run: Run) -> None:
    tail = run.log_tail(LOG_LINES)
    if tail:
        st.code(hosting.without_paths(tail), language=None, wrap_lines=True, height=420)
    else:
        st.info(words.NOTHING_PRINTED, icon=":material/subject:")


def _settings(run: Run) -> None:
    spec = run.spec
    if spec is None:  # another visitor has deleted it
        return
    base = form.flat(PRESETS[spec.preset]) if spec.preset in PRESETS else {}
    rows = [words.setting_row(path, value, base) for path, value in form.flat(spec.config).items()]
    st.dataframe(rows, hide_index=True, key="run_settings", height=420)
    if not hosting.is_shared():
        st.caption(units.plain(words.RUN_FOLDER.format(path=run.path)))


def _card(run: Run) -> None:
    card = CARD_FORMAT.read(run.path / CARD) or words.NO_CARD
    with st.container(border=True):
        st.markdown(units.card(card))
    controls.download(words.CARD_DOWNLOAD, card, words.CARD_FILE.format(run=run.id), mime="text/markdown")
