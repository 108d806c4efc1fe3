"""Start a study of the paper on one's own data, and watch its runs. All of it is read from disk."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from nnet.errors import NNetError
from nnet.studies import STUDIES, running
from nnet.studies.running import RUNNING, WAITING
from nnet.studies.store import CSV, StudyFolder
from workbench.ablations import settings
from workbench.ablations.results import section as results
from workbench.ablations.results.folders import study_folders
from workbench.ablations.start import studies, words
from workbench.ablations.start.studies import Standing, Wish
from workbench.shared import data_choice, places, setting_words, units
from workbench.shared.controls import choose, slider

POLL = 2.0
"""Seconds between two looks at the disk while something runs."""
_ESTIMATES, _PROBLEM = "start_estimates", "start_problem"


def draw() -> None:
    """The whole part."""
    asked, shown = st.columns((2, 3), gap="medium")
    with asked:
        wish = _wish()
        if wish is None:
            st.caption(words.NO_DATA)
        else:
            _buttons(wish)
        if problem := st.session_state.pop(_PROBLEM, ""):
            st.error(units.plain(problem), icon=":material/error:")
    with shown:
        results.example(STUDIES[settings.START_STUDY.value])
    st.subheader(words.STARTED, anchor=False)
    found = studies.started()
    if not found:
        st.caption(words.NONE_STARTED)
        return
    name = choose(settings.STARTED, list(found), label=words.WATCH_LABEL, kind="list")
    _watch(found[name])


# ------------------------------------------------------------------------------------------------------- what to start


def _wish() -> Wish | None:
    """What is asked for, or None while there is no data."""
    study = choose(settings.START_STUDY, words.STUDY_TITLES, label=words.STUDY_LABEL, help=words.ABOUT, kind="list")
    try:
        chosen = data_choice.choose(settings.START_DATA, settings.START_PATH, words.DATA, help=words.DATA_HELP)
    except NNetError as error:
        st.error(units.plain(str(error)), icon=":material/folder_off:")
        chosen = None
    if chosen and chosen.upload:
        st.caption(units.plain(chosen.upload))
    preset = choose(settings.START_PRESET, setting_words.PRESETS, label=words.PRESET_LABEL, help=words.PRESET_HELP)
    seeds = slider(settings.START_SEEDS, words.SEEDS_LABEL, 1, settings.MOST_SEEDS, help=words.SEEDS_HELP)
    settings.START_CHANGES.remember()
    changes = st.text_input(
        words.CHANGES_LABEL,
        key=settings.START_CHANGES.key,
        placeholder=words.CHANGES_PLACEHOLDER,
        help=words.CHANGES_HELP,
    )
    return Wish(study, chosen.spec, chosen.upload, preset, seeds, changes) if chosen else None


def _buttons(wish: Wish) -> None:
    known: dict[Wish, str] = st.session_state.setdefault(_ESTIMATES, {})
    with st.container(horizontal=True, gap="small"):
        starting = st.button(words.START, type="primary", icon=":material/play_arrow:", key="start_study_now")
        asked = st.button(words.ESTIMATE, icon=":material/timer:", key="estimate_study", help=words.ESTIMATE_HELP)
    if starting or asked:
        known.clear()
        with st.spinner(words.PLANNING, show_time=True):
            plan, folder = studies.plan_of(wish)
        if not plan.missing:
            known[wish] = words.ALL_DONE
        elif starting:
            running.hand_over(folder, running.prepared(plan.missing, running.share_of_this_computer()))
            settings.STARTED.set(folder.root.name)
        else:
            with st.spinner(words.ESTIMATING, show_time=True):
                known[wish] = words.estimate(plan, *studies.expected(plan, folder))
    if wish in known:
        st.info(known[wish], icon=":material/timer:")
    elif known:
        st.caption(words.STALE)


# --------------------------------------------------------------------------------------------------------------- watch


def _watch(folder: StudyFolder) -> None:
    """How far a study's runs are; looks again while one of them runs or waits."""
    found = studies.standings(folder)
    before = _signature(found)
    lives = any(one.state in (RUNNING, WAITING) for one in found)

    def look() -> None:
        now = studies.standings(folder)
        if _signature(now) != before:
            st.rerun()
        st.markdown(words.summary(studies.counts(now)))
        st.dataframe([words.run_line(one) for one in now], hide_index=True, key="started_runs", height="content")

    st.fragment(run_every=POLL if lives else None, key="poll_study")(look)()
    if not found:
        return
    _for_all(folder, found)
    labels = {one.run.id: f"{words.ICONS[one.state]} {one.run.name}" for one in found}
    key = choose(settings.STARTED_RUN, labels, label=words.RUN_LABEL, kind="list")
    _one(folder, next(one for one in found if one.run.id == key))
    st.caption(units.plain(words.FOLDER.format(path=folder.root)))


def _signature(found: Sequence[Standing]) -> list[tuple[str, str, str]]:
    """What the buttons depend on: when it changes, all of the page is drawn again."""
    return [(one.run.id, one.run.state, one.state) for one in found]


def _for_all(folder: StudyFolder, found: Sequence[Standing]) -> None:
    live = [one.run.id for one in found if one.can_cancel]
    ended = [one.run.id for one in found if one.run.can_resume]
    with st.container(horizontal=True, gap="small"):
        if (folder.root / CSV).is_file():
            st.button(
                words.SHOW_RESULTS,
                icon=":material/analytics:",
                key="show_study",
                type="primary",
                on_click=_show_results,
                args=(folder.root,),
            )
        if live:
            _button(words.CANCEL_ALL, "stop_circle", "cancel_study", running.cancel, folder, live)
        if ended:
            _button(words.RESUME_ALL, "play_arrow", "resume_study", _resume, folder, ended)


def _one(folder: StudyFolder, one: Standing) -> None:
    """One run: what can be done with it, why it ended, and what it printed."""
    with st.container(horizontal=True, gap="small"):
        if one.can_cancel:
            _button(words.CANCEL, "stop_circle", "cancel_one", running.cancel, folder, [one.run.id])
        if one.run.can_resume:
            _button(words.RESUME, "play_arrow", "resume_one", _resume, folder, [one.run.id])
    if one.run.reason:
        st.caption(units.plain(one.run.reason))
    with st.expander(words.LOG, icon=":material/subject:"):
        st.code(one.run.log_tail() or words.NOTHING_PRINTED, language=None, wrap_lines=True)


def _resume(folder: StudyFolder, keys: Sequence[str]) -> None:
    """Let runs that ended early continue, in this order."""
    for key in keys:
        running.enqueue(folder, key)


def _button(label: str, icon: str, key: str, act: Callable[..., None], *arguments: Any) -> None:
    st.button(label, icon=f":material/{icon}:", key=key, on_click=_try, args=(act, *arguments))


def _try(act: Callable[..., None], *arguments: Any) -> None:
    """Do something with runs; a refusal is shown on the page. A callback."""
    try:
        act(*arguments)
    except (NNetError, OSError) as error:
        st.session_state[_PROBLEM] = str(error)


def _show_results(root: Path) -> None:
    """Turn to the results of this study. A callback."""
    name = next((name for name, path in study_folders(places.APP).items() if path == root.resolve()), "")
    if name:
        settings.RESULTS_FROM.set(name)
    settings.PART.set("results")
