"""Watch: start and stop watching a folder, and the last results, live."""

from pathlib import Path

import streamlit as st

from nnet.data.names import local_path
from nnet.errors import NNetError
from nnet.watch.results import has_results
from nnet.watch.table import TABLE, TABLE_FORMAT
from workbench.shared import (
    cautions,
    chosen_picture,
    controls,
    frame,
    hosting,
    hosting_words,
    keep_threshold,
    kinds,
    model_choice,
    model_list,
    places,
    resources,
    theme,
    units,
)
from workbench.shared import words as shared_words
from workbench.shared.model_list import ModelEntry
from workbench.shared.resources import Model
from workbench.watch import figures, live, watchers, words
from workbench.watch.settings import DECISION, LINE

_PATH, _KEPT = "watch_path", "watch_path_kept"
_FOLDER, _FOLDER_KEPT, _SHOWN = "watch_folder", "watch_folder_kept", "watch_shown"
_PROBLEM, _GOES_ON = "watch_problem", "watch_goes_on"
_LATELY = 3


def main() -> None:
    with frame.page_without_model(words.TITLE) as entry:
        st.title(words.TITLE, anchor=False, help=words.ABOUT)
        if hosting.is_shared() and not places.watched_folders():
            st.info(hosting_words.NO_WATCHED, icon=":material/videocam_off:")
            return
        out = _listed() if places.watched_folders() else _own(entry)
        if out is None:
            return
        decision = controls.choose(DECISION, words.DECISIONS, label=words.DECISION)
        live.draw(out, decision)
        if has_results(out) and (out / TABLE).is_file():
            controls.download(words.TABLE, lambda: TABLE_FORMAT.content(out / TABLE), words.TABLE_FILE)


def _listed() -> Path:
    """One of the folders of results that the environment lists."""
    listed = places.watched_folders()
    return listed[controls.choose(LINE, list(listed), label=words.LINE, kind="list")]


def _own(entry: ModelEntry | None) -> Path | None:
    """Start and stop watching here, or follow a watcher that runs elsewhere; the folder of results to show."""
    usable = entry if entry is not None and not entry.problem else None
    goes_on = st.session_state.pop(_GOES_ON, False)
    written = st.session_state.get(_PATH, st.session_state.get(_KEPT, ""))
    shown = None if written else _following(st.session_state.get(_SHOWN))
    if shown is None and not written and usable is not None:
        model = frame.loaded(usable, looks_into=False)
        form, example = st.columns((1, 1), gap="medium")
        with form:
            if _begun(model, goes_on=goes_on):
                st.rerun()
            _lately()
        with example:
            _example(model)
    elif shown is None and usable is None:
        st.markdown(words.NO_MODEL)
    with st.expander(words.ELSEWHERE, icon=":material/terminal:", expanded=bool(written) or usable is None):
        named = _elsewhere(usable)
    return named or shown


def _begun(model: Model, *, goes_on: bool) -> bool:
    """Ask which folder is to be watched; whether a watcher was started. `goes_on`: it is, without Start."""
    st.session_state.setdefault(_FOLDER, st.session_state.get(_FOLDER_KEPT, ""))
    written = st.text_input(
        words.WATCH_THIS, key=_FOLDER, placeholder=words.WATCH_EXAMPLE, help=words.WATCH_HELP
    ).strip()
    st.session_state[_FOLDER_KEPT] = written
    icon = ":material/play_arrow:"
    pressed = st.button(words.START, "watch_start", type="primary", icon=icon, disabled=not written)
    reference = model.detector.calibration.for_expression()
    said, kept = reference.promise, reference.kept
    rests_on = shared_words.promise(said) if kept is None else shared_words.kept_threshold(kept, said)
    st.caption(words.with_model(model_list.called(model.name), said.expected), help=rests_on)
    keep_threshold.warn(reference)
    entry = model_list.entries().get(model.name)
    for brief, whole in cautions.brief(entry) if entry is not None else ():
        st.markdown(f":material/warning: {brief}", help=whole)
    if not pressed and not goes_on:
        if (told := _other_model(model, written)) is not None:
            st.info(told, icon=":material/history:")
        return False
    try:
        with st.spinner(words.STARTING):
            st.session_state[_SHOWN] = watchers.start(model, local_path(written).absolute()).out
    except (NNetError, OSError) as error:
        st.error(units.plain(str(error)), icon=":material/folder_off:")
        return False
    return True


def _other_model(model: Model, folder: str) -> str | None:
    """Told of a folder that another model than the one in use watched last; None of any other."""
    last = next((one.model for one in watchers.earlier() if one.folder == folder.rstrip("/")), "")
    is_own = not last or last == str(model.detector.checkpoint.path)
    return None if is_own else words.OTHER_MODEL.format(model=units.plain(model_list.called_by_path(last)))


def _lately() -> None:
    """The folders that were watched last, each with the model that did so, if that is still there: a press goes on."""
    at_hand = [one for one in watchers.earlier() if _name(one) is not None][:_LATELY]
    if at_hand:
        st.markdown(f"**{words.LATELY}**")
    for number, one in enumerate(at_hand):
        label, icon = words.watched(one.folder, model_list.called_by_path(one.model)), ":material/restart_alt:"
        st.button(
            units.plain(label), f"watch_lately-{number}", words.AGAIN_HELP, _go_on, (one,), icon=icon, type="tertiary"
        )


def _name(one: watchers.Earlier) -> str | None:
    """What the model that watched is called in the sidebar's list; None if it is gone."""
    return next((name for name, path in resources.checkpoint_paths().items() if str(path) == one.model), None)


def _go_on(one: watchers.Earlier) -> None:
    """Make its model the one in use; the next run of the page watches its folder. A callback."""
    if (name := _name(one)) is not None:
        model_choice.choose(name)
        st.session_state[_FOLDER] = st.session_state[_FOLDER_KEPT] = one.folder
        st.session_state.pop(_SHOWN, None)
        st.session_state[_GOES_ON] = True


def _following(wanted: Path | None) -> Path | None:
    """The watcher that is shown, with a way to stop it: of those that were started here, the wanted one, else one that
    runs still, such as from before the page was loaded again."""
    running = {one.out: one for one in watchers.running()}
    every = {out: one.folder for out, one in running.items()}
    if len(every) > 1:
        names = {
            str(out): words.watched(str(one.folder), model_list.called(one.model.name)) for out, one in running.items()
        }
        wanted = Path(st.selectbox(words.LINE, list(names), format_func=lambda out: names[out], key="watch_running"))
    elif wanted is None:
        wanted = next(iter(every), None)
    if wanted is None:
        return None
    st.session_state[_SHOWN] = wanted  # also once it is stopped
    with st.container(horizontal=True, gap="small"):
        if wanted in every:
            st.button(words.STOP, "watch_stop", on_click=watchers.stop, args=(wanted,), icon=":material/stop:")
        elif (before := watchers.before(wanted)) is not None and _name(before) is not None:
            icon = ":material/restart_alt:"
            st.button(words.AGAIN, "watch_again", words.AGAIN_HELP, _go_on, (before,), icon=icon, type="primary")
        st.button(words.ANOTHER, "watch_another", on_click=_leave, disabled=wanted in every, icon=":material/folder:")
    if wanted in running and running[wanted].is_outdated:
        st.warning(words.OTHER_THRESHOLD, icon=":material/sync_problem:")
        icon, act = ":material/restart_alt:", _take_up
        st.button(words.TAKE_UP, "watch_take_up", words.TAKE_UP_HELP, act, (wanted,), icon=icon)
    if wanted in running:
        keep_threshold.warn(running[wanted].model.detector.calibration.for_expression())
    if ended := st.session_state.pop(_PROBLEM, "") or watchers.problem(wanted):
        st.error(units.plain(ended), icon=":material/error:")
    return wanted


def _take_up(out: Path) -> None:
    """A callback."""
    try:
        st.session_state[_SHOWN] = watchers.take_up(out)
    except (NNetError, OSError) as error:
        st.session_state[_PROBLEM] = str(error)


def _leave() -> None:
    """Ask for a folder again. A callback."""
    st.session_state.pop(_SHOWN, None)


def _elsewhere(model: ModelEntry | None) -> Path | None:
    """The command that starts a watcher elsewhere, and the folder of its results, which the visitor names."""
    st.markdown(words.HOW_TO if model is not None else words.NO_MODEL_HOW)
    st.code(words.command("MODEL" if model is None else str(model.path.resolve())), language=None, wrap_lines=True)
    st.markdown(words.THEN)
    # Streamlit forgets the text when the visitor opens another page.
    st.session_state.setdefault(_PATH, st.session_state.get(_KEPT, ""))
    written = st.text_input(
        words.FOLDER, key=_PATH, placeholder=words.FOLDER_EXAMPLE, help=words.FOLDER_HELP, width=480
    ).strip()
    st.session_state[_KEPT] = written
    st.caption(words.AT_HAND_HOW)
    return local_path(written) if written else None


def _example(model: Model) -> None:
    """A defective sample of the model, judged as a whole, as `nnet watch` and Inspect judge it."""
    samples = list(chosen_picture.sample_pictures().values())
    one = next((one for one in samples if one.is_defective), samples[0])
    loaded = one.load()
    judged = resources.judgement(model, loaded, model.detector.config.scoring.parsed)
    title = units.plain(one.title)
    with st.container(key="watch_example"):
        st.image(figures.example(loaded.shown, judged), width=420, alt=units.text(words.EXAMPLE.format(sample=title)))
    if kinds.beyond(model, loaded) is None:
        badge = shared_words.decision(judged.reference, judged.value)
        times = shared_words.relative(judged.reference, judged.value)
        st.markdown(f":{theme.BADGES[judged.is_anomalous]}-badge[{badge}, {times}]")
    else:
        st.markdown(f":gray-badge[{shared_words.OTHER_KIND}]")
    st.caption(words.EXAMPLE.format(sample=title))
