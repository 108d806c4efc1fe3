"""The runs on the Train page: the list, and one run with film, curves, log and card. All of it is read from disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st
from safetensors import SafetensorError

from nnet.errors import NNetError
from nnet.runs import Film, Run, Status
from nnet.saved.checkpoint import CALIBRATION, CARD, METRICS
from workbench.components.training_film import film as film_strip
from workbench.shared import frame, pictures, places, resources, session, theme, units
from workbench.train import figures, form, images, uploads, words
from workbench.train.figures import Line

LIVE = ("queued", "running", "stopping")
POLL, GLANCE = 2.0, 10.0
"""Seconds between two looks at the disk while something is going on, and at the list otherwise: another visitor may
start something."""
PART = "train_part"
"""The part that is shown, in the visit and in the address."""
_TURNS = "train_part_turns"
LISTED = 8
LOG_LINES, FAILED_LINES = 200, 15
_VIEWS = {
    "film": ":material/movie: Film",
    "curves": ":material/show_chart: Curves",
    "log": ":material/subject: Log",
    "settings": ":material/tune: Settings",
}
_HELD_OUT = {"held_out_median": "median", "held_out_high": "high"}


def poll(name: str, draw: Callable[[], None], every: float | None) -> None:
    """Draw, and draw again every so many seconds without running the rest of the page; None: draw once."""

    def guarded() -> None:
        try:
            draw()
        except FileNotFoundError:  # a resumed run makes its last frames anew
            st.info(words.REPLACED, icon=":material/hourglass_empty:")
        except (NNetError, OSError) as error:  # another visitor may have deleted the run
            st.error(units.plain(str(error)), icon=":material/error:")

    st.fragment(run_every=every, key=f"poll_{name}")(guarded)()


def signature(runs: Sequence[Run]) -> list[tuple[str, str, str]]:
    """What the whole page depends on: when it changes, all of it is drawn anew."""
    return [(run.id, run.state, run.name) for run in runs]


# ------------------------------------------------------------------------------------------------------ which run


def part_key() -> str:
    """Key of the switch between the page's parts.

    It is another one after each turn by the program: while a page polls, the browser may still send what the old
    switch stood at, and would turn the page back.
    """
    return f"{PART}_{st.session_state.setdefault(_TURNS, 0)}"


def part_chosen() -> None:
    """The visitor turned the switch. Its callback."""
    st.session_state[PART] = st.session_state[part_key()]


def turn_to(part: str) -> None:
    """Show a part of the page, "new" or "runs". For a callback, or before the switch is drawn."""
    st.session_state[PART] = part
    st.session_state[_TURNS] = st.session_state.get(_TURNS, 0) + 1


def choose(run_id: str) -> None:
    """Show a run. Also serves as a callback."""
    st.session_state["run"] = run_id
    turn_to("runs")
    st.session_state.pop("epoch", None)
    st.session_state.pop("probe", None)
    for name in ("epoch", "probe"):
        st.query_params.pop(name, None)


def chosen(runs: Sequence[Run]) -> Run:
    """The run to show: the one chosen last, else the one in the address, else the first that is going on."""
    known = {run.id: run for run in runs}
    wanted = st.session_state.get("run") or st.query_params.get("run", "")
    if wanted and wanted not in known:
        st.warning(f"There is no run “{units.plain(wanted)}”; it may have been deleted.", icon=":material/help:")
    if wanted not in known:
        wanted = next((run.id for run in runs if run.state in LIVE), runs[0].id)
    st.session_state["run"] = st.query_params["run"] = wanted
    return known[wanted]


def run_list(runs: Sequence[Run], current: str) -> None:
    """All runs, the newest first, with state and progress."""
    before = signature(runs)
    pages = -(-len(runs) // LISTED)
    number = st.pagination(pages, key="run_page") if pages > 1 else 1

    def draw() -> None:
        found = uploads.runs().list()
        if signature(found) != before:
            st.rerun()  # the rest of the page has to know as well
        for run in found[(number - 1) * LISTED : number * LISTED]:
            _row(run, run.id == current)

    with st.container(key="run_list"):
        poll("list", draw, POLL if any(run.state in LIVE for run in runs) else GLANCE)


def _row(run: Run, is_current: bool) -> None:
    with st.container(border=True, gap="xsmall"):
        st.button(
            units.plain(run.name),
            key=f"run-{run.id}",
            type="primary" if is_current else "tertiary",
            on_click=choose,
            args=(run.id,),
            width="stretch",
        )
        st.markdown(f"{words.badge(run.state)} {words.run_line(run)}", help=words.STATES[run.state].help)
        if run.state in ("running", "stopping"):
            st.progress(words.progress(run.status)[0])


# --------------------------------------------------------------------------------------------------------- one run


def run_page(run: Run) -> None:
    """Everything about one run."""
    st.subheader(units.plain(run.name), anchor=False)
    st.caption(words.facts(run))
    every = POLL if run.state in LIVE else None
    poll("status", lambda: _status(run.id), every)
    _actions(run)
    if run.state == "unreadable":
        return
    if run.state == "done":
        _finished(run)
    if run.state in ("failed", "lost") and (tail := run.log_tail(FAILED_LINES)):
        st.markdown("**The last lines of the log**")
        st.code(tail, language=None, wrap_lines=True)
    session.remember("train_view", "film", session.one_of(_views(run)))
    views = _views(run)
    view = st.segmented_control(
        "What to look at",
        list(views),
        format_func=views.get,
        key="train_view",
        required=True,
        label_visibility="collapsed",
        wrap=True,  # in a column it would scroll, and hide the last on a phone
    )
    draw = {"film": _film, "curves": _curves, "log": _log, "settings": _settings, "card": _card}[view]
    poll("view", lambda: draw(uploads.runs().get(run.id)), every)


def _views(run: Run) -> dict[str, str]:
    return {**_VIEWS, **({"card": ":material/badge: Card"} if run.model else {})}


def _status(run_id: str) -> None:
    """State, reason, progress and the live numbers."""
    run = uploads.runs().get(run_id)
    reason = units.plain(run.reason) if run.reason else words.STATES[run.state].help
    if run.state == "queued":
        reason = f"{words.run_line(run)}. {reason}"
    st.markdown(f"{words.badge(run.state)} {reason}")
    if advice := words.advice(run):
        st.caption(advice)
    status = run.status
    if run.state in ("running", "stopping"):
        share, said = words.progress(status)
        st.progress(share, said)
        if silent := words.silence(run.silent_seconds):
            st.warning(silent, icon=":material/hearing_disabled:")
        if status:
            _live_numbers(status)
    for note in status.notes if status else ():
        st.caption(units.plain(note))


def _live_numbers(status: Status) -> None:
    shown = {
        "Loss": (status.losses.get("loss"), units.number, "Eq. (7), mean over the epoch so far."),
        **{
            term: (value, units.number, words.CURVES[term].hint)
            for term, value in status.losses.items()
            if term != "loss" and term in words.CURVES
        },
        "Images/s": (status.images_per_second, units.number, "Of the epoch so far."),
        "Learning rate": (status.learning_rate, units.number, "Of the current step."),
        "β": (status.beta, units.number, "Weight of L_align in this epoch."),
        "Items per patch": (status.memory.get("items_per_query"), units.number, words.CURVES["items_per_query"].hint),
        "Items in use": (status.memory.get("items_used"), units.number, words.CURVES["items_used"].hint),
        "Dead items": (status.memory.get("items_dead"), "{:,.0f}".format, words.CURVES["items_dead"].hint),
        "Memory taken": (status.memory_bytes or None, units.data_size, "Largest so far; of the GPU if one is used."),
        "Running for": (status.seconds or None, words.duration, f"On {status.device}."),
    }
    with st.grid(8, min_column_width=104, gap="small") as grid:
        for label, (value, written, help) in shown.items():
            with grid.cell():
                st.metric(label, "–" if value is None else written(value), help=help)


# --------------------------------------------------------------------------------------------------------- actions


def _actions(run: Run) -> None:
    """What can be done with a run in its state. Outside of what polls, so that a question stays open."""
    with st.container(horizontal=True, gap="small"):
        if run.state in LIVE and st.button("Cancel", icon=":material/stop_circle:", key="cancel_run"):
            _ask_cancel(run)
        if run.state == "created":
            st.button("Start", icon=":material/play_arrow:", key="start_run", on_click=_try, args=("start", run.id))
        if run.can_resume:
            st.button("Resume", icon=":material/play_arrow:", key="resume_run", on_click=_try, args=("resume", run.id))
        if run.spec is not None and st.button("Rename", icon=":material/edit:", key="rename_run"):
            _ask_name(run)
        if run.spec is not None:
            st.button(
                "Duplicate with changes",
                icon=":material/content_copy:",
                key="copy_run",
                on_click=duplicate,
                args=(run,),
            )
        if run.state == "failed" and words.DIVERGED in run.reason:
            slower = {"train.learning_rate": run.spec.config.train.learning_rate / 5}
            st.button(
                words.SLOWER,
                icon=":material/healing:",
                key="slower_run",
                on_click=duplicate,
                args=(run, slower),
                help=words.SLOWER_HELP,
            )
        is_live = run.state in ("running", "stopping")
        if not is_live and st.button("Delete", icon=":material/delete:", key="delete_run"):
            _ask_delete(run)
    if problem := st.session_state.pop("run_problem", ""):
        st.error(units.plain(problem), icon=":material/error:")


def _try(action: str, run_id: str, *arguments: str) -> None:
    """Do something with a run; a refusal is told on the page. A callback."""
    try:
        getattr(uploads.runs(), action)(run_id, *arguments)
    except (NNetError, OSError) as error:
        st.session_state["run_problem"] = str(error)


def duplicate(run: Run, changes: Mapping[str, object] | None = None) -> None:
    """Fill the form with a run's data and settings, some of them changed. A callback."""
    spec = run.spec
    form.fill(words.copy_name(spec.name), spec.preset, spec.config.override(dict(changes or {})))
    form.fill_more(spec.device, spec.teacher_weights or "", spec.tensorboard)
    images.use(spec.data, run.path / "data" if spec.data == uploads.UPLOADED else None)
    turn_to("new")


@st.dialog("Cancel this run?")
def _ask_cancel(run: Run) -> None:
    st.markdown(f"**{units.plain(run.name)}**")
    st.markdown(words.cancelling(run))
    with st.container(horizontal=True):
        if st.button("Stop it", type="primary", key="confirm_cancel", on_click=_try, args=("cancel", run.id)):
            st.rerun()
        if st.button("Keep going", key="keep_run"):
            st.rerun()


@st.dialog("Delete this run?")
def _ask_delete(run: Run) -> None:
    st.markdown(f"**{units.plain(run.name)}**")
    st.markdown(words.deleting(run))
    with st.container(horizontal=True):
        if st.button("Delete it", type="primary", key="confirm_delete", on_click=_delete, args=(run.id,)):
            st.rerun()
        if st.button("Keep it", key="keep_run"):
            st.rerun()


@st.dialog("Rename this run")
def _ask_name(run: Run) -> None:
    key = f"new_name-{run.id}"
    st.text_input("Name", run.name, max_chars=80, key=key)
    if st.button("Rename", type="primary", key="confirm_rename", on_click=_rename, args=(run.id, key)):
        st.rerun()


def _rename(run_id: str, key: str) -> None:
    _try("rename", run_id, st.session_state[key])


def _delete(run_id: str) -> None:
    _try("delete", run_id)
    if not st.session_state.get("run_problem"):
        st.session_state.pop("run", None)
        st.query_params.pop("run", None)


# ------------------------------------------------------------------------------------------------------------ done


def _finished(run: Run) -> None:
    """What was measured, the threshold, and the ways on with the model."""
    measured = words.results(_json(run, METRICS))
    calibration = _json(run, CALIBRATION)
    if not measured:
        st.caption(words.NOT_MEASURED)
    with st.grid(6, min_column_width=120, gap="small") as grid:
        for label, value in measured:
            with grid.cell():
                st.metric(label, value, help=words.METRIC_HELP[label])
        if "threshold" in calibration:
            with grid.cell():
                st.metric("Threshold", units.number(calibration["threshold"]), help=words.threshold_help(calibration))
            with grid.cell():
                st.metric("Held-out images", f"{calibration['normal_images']:,}", help=words.HELD_OUT_HELP)
    with st.container(horizontal=True, gap="small"):
        for label, icon, page in (("Inspect with it", "search", "1_Inspect"), ("Evaluate it", "analytics", "Evaluate")):
            if path := _page_path(page):
                go = st.button(
                    label,
                    icon=f":material/{icon}:",
                    key=f"go-{page}",
                    on_click=frame.choose_model,
                    args=(_model_name(run),),
                    type="primary" if page == "1_Inspect" else "secondary",
                )
                if go:
                    st.switch_page(path)


def _page_path(name: str) -> str:
    """A page's file by its name or the end of it, "" if it does not exist."""
    found = sorted((places.APP / "pages").glob(f"*{name}.py"))
    return f"pages/{found[0].name}" if found else ""


def _model_name(run: Run) -> str:
    """The run's name in the sidebar's list."""
    paths = resources.checkpoint_paths()
    return next((name for name, path in paths.items() if path == run.path.resolve()), run.id)


def _json(run: Run, name: str) -> Mapping:
    try:
        data = json.loads((run.path / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


# ----------------------------------------------------------------------------------------------------------- views


def _film(run: Run) -> None:
    try:
        _watched(run, run.film())
    except (SafetensorError, ValueError, KeyError) as error:
        st.warning(units.plain(words.damaged_film(str(error))), icon=":material/broken_image:")


def _watched(run: Run, film: Film) -> None:
    epochs, probes = film.epochs, film.probes
    if not epochs or not probes:
        st.info(words.NO_FILM, icon=":material/movie:")
        return
    st.caption(words.FILM_ABOUT)
    labels = [words.probe_label(number, probe) for number, probe in enumerate(probes, 1)]
    first = next((index for index, probe in enumerate(probes) if probe.kind != "normal"), 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        session.remember("probe", first, session.whole_number(0, len(probes) - 1))
        probe = st.selectbox(
            "Pinned image",
            range(len(probes)),
            format_func=labels.__getitem__,
            key="probe",
            help=words.PROBE_HELP,
            width=320,
        )
        session.remember("film_scale", "one", session.one_of(words.FILM_SCALES))
        scale = st.segmented_control(
            "Colour scale",
            list(words.FILM_SCALES),
            format_func=words.FILM_SCALES.get,
            key="film_scale",
            required=True,
            help=words.FILM_SCALE_HELP,
        )
    reels = uploads.reels(run, film, epochs, probe, scale)
    film_strip(f"film-{run.id}-{probe}", reels, _epoch(epochs), _at_rest, label=f"Epoch of {labels[probe]}")
    _film_scales(film, epochs, scale)
    _film_scores(film, probe, labels)


def _epoch(epochs: Sequence[int]) -> int | None:
    """The epoch in the address, None for the newest."""
    written = st.query_params.get("epoch", "")
    return int(written) if written.isdecimal() and int(written) in epochs else None


def _at_rest(epoch: int | None) -> None:
    if epoch is None:
        st.query_params.pop("epoch", None)
    else:
        st.query_params["epoch"] = str(epoch)


def _film_scales(film: Film, epochs: Sequence[int], scale: str) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        level = film.level(film.frame(epochs[-1]))
        shown = pictures.calibrated_scale(level or 1.0)
        if scale == "each":
            shown = pictures.Scale(0, 2, {0.0: "0", 1.0: "threshold at that epoch", 2.0: "≥ 2 ×"}, "score")
        st.html(pictures.colour_bar(shown))
    with right:
        st.html(pictures.colour_bar(pictures.map_scale()))
    st.caption(words.MAP_SCALE_HINT)


def _film_scores(film: Film, probe: int, labels: Sequence[str]) -> None:
    epochs, scores, held_out = film.scores()
    kinds = [one.kind for one in film.probes]
    quantile = film.config.scoring.quantile
    levels = np.quantile(held_out, quantile, axis=1) if held_out.shape[1] else np.zeros(len(epochs))
    st.markdown("**Score of each pinned image over the epochs**")
    st.html(figures.colour_key(kinds, words.PROBE_KINDS, held_out.shape[1] > 0))
    figure = figures.scores_figure(epochs, scores, kinds, labels, held_out, levels, probe)
    st.plotly_chart(figure, key="film_scores", config=pictures.CHART_CONFIG, alt=words.SCORES_HINT)
    st.caption(words.SCORES_HINT)


def _curves(run: Run) -> None:
    history = run.history()
    if not history:
        st.info(words.NO_HISTORY, icon=":material/show_chart:")
        return
    with st.grid(3, min_column_width=210, gap="medium") as grid:
        for name, curve in words.CURVES.items():
            epochs, lines = _lines(name, history)
            if epochs:
                with grid.cell():
                    st.markdown(f"**{curve.title}** :gray[· {curve.unit}]")
                    last = history[-1]["epoch"]
                    figure = figures.curve_figure(epochs, lines, log=name == "held_out", last=last)
                    st.plotly_chart(figure, key=f"curve-{name}", config=pictures.CHART_CONFIG, alt=curve.hint)
                    st.caption(curve.hint)


def _lines(name: str, history: Sequence[Mapping]) -> tuple[list[int], list[Line]]:
    """Epochs and lines of a curve; no epochs where this run has none of it."""
    keys = _HELD_OUT if name == "held_out" else {name: words.CURVES[name].title}
    entries = [entry for entry in history if any(key in entry for key in keys)]
    lines = [
        Line(title, [entry.get(key, np.nan) for entry in entries], theme.NORMAL, dashed=key == "held_out_high")
        for key, title in keys.items()
    ]
    return [entry["epoch"] for entry in entries], lines


def _log(run: Run) -> None:
    tail = run.log_tail(LOG_LINES)
    if tail:
        st.code(tail, language=None, wrap_lines=True, height=420)
    else:
        st.info("Nothing has been printed yet.", icon=":material/subject:")


def _settings(run: Run) -> None:
    preset = run.spec.preset if run.spec.preset in form.PRESETS else ""
    base = form.flat(form.PRESETS[preset]) if preset else {}
    rows = [
        {
            "Setting": words.setting_title(path),
            "Value": words.setting_value(value),
            "Preset": words.setting_value(base[path]) if base else "",
            "Path": path,
        }
        for path, value in form.flat(run.spec.config).items()
    ]
    st.dataframe(rows, hide_index=True, key="run_settings", height=420)
    st.caption(units.plain(f"Folder: {run.path}"))


def _card(run: Run) -> None:
    try:
        card = (run.path / CARD).read_text(encoding="utf-8")
    except OSError:
        card = "This model has no card."
    with st.container(border=True):
        st.markdown(card)
    st.download_button(
        "Card (Markdown)", card, f"{run.id}-card.md", "text/markdown", icon=":material/download:", on_click="ignore"
    )
