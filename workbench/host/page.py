"""The host's page of a shared demo: the link, who is here, what runs, and how to stop it."""

import time
from pathlib import Path

import streamlit as st

from nnet.runs import LIVE, disk
from workbench.host import words
from workbench.shared import frame, hosting, sharing, training_allowance, visits
from workbench.shared.visits import Visit

EVERY = 3.0
"""Seconds between two looks."""


def main() -> None:
    with frame.page_without_model(words.TITLE):
        st.title(words.TITLE, anchor=False)
        if not hosting.is_shared():
            st.info(words.NOT_SHARED, icon=":material/person:")
        elif not visits.is_host():
            st.warning(words.NOT_HOST, icon=":material/lock:")
        else:
            st.markdown(words.ABOUT)
            _link()
            st.fragment(run_every=EVERY, key="host_live")(_live)()


def _link() -> None:
    limits = hosting.current()
    st.subheader(words.LINK, anchor=False)
    left, right = st.columns((1, 2), gap="medium", vertical_alignment="center")
    with left:
        st.image(sharing.picture_code(limits.link), width=260, alt=words.CODE_ALT)
    with right:
        st.code(limits.link, language=None, wrap_lines=True)
        st.caption(words.WITH_KEY.format(key=f"`{limits.key}`") if limits.key else words.WITHOUT_KEY)


def _live() -> None:
    everybody = visits.everybody()
    _totals(everybody)
    st.subheader(words.HERE, anchor=False)
    if not everybody:
        st.caption(words.NOBODY)
    for visit in everybody:
        _visitor(visit)
    st.subheader(words.RUNNING, anchor=False)
    _runs({visit.folder: visit.number for visit in everybody})


def _totals(everybody: list[Visit]) -> None:
    limits = hosting.current()
    shown = words.totals(limits, len(everybody), sum(visit.held for visit in everybody), visits.memory())
    if limits.trains:
        shown += words.training_totals(limits, training_allowance.spent(), disk.bytes_in(Path(limits.folder)))
    with st.grid(5, min_column_width=130, gap="small") as grid:
        for label, value, limit in shown:
            with grid.cell():
                st.metric(label, value)
                st.caption(limit)


def _visitor(visit: Visit) -> None:
    sessions = sorted(visit.sessions, key=lambda session: session.seen)
    if not sessions:
        return
    last, is_you = sessions[-1], visit.number == visits.number()
    here = any(visits.is_here(session) for session in sessions)
    seen = words.since(time.monotonic() - last.seen) if here else words.AWAY
    cells = (words.visitor(visit.number, is_you=is_you), last.page, words.here_for(visit.since), seen)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        for cell in cells:
            st.markdown(cell, width=150)
        if not is_you:
            st.button(
                words.SEND_AWAY,
                key=f"send-away-{visit.number}",
                help=words.SEND_AWAY_HELP,
                on_click=visits.send_away,
                args=(visit.number,),
            )


def _runs(numbers: dict[Path, int]) -> None:
    if not hosting.current().trains:
        st.caption(words.NO_TRAINING)
        return
    live = [(folder, run) for folder, run in training_allowance.runs() if run.state in LIVE]
    if not live:
        st.caption(words.NOTHING)
    for folder, run in live:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.markdown(words.run(numbers.get(folder, 0), run), width="content")
            st.button(words.STOP, key=f"stop-{folder.name}-{run.id}", on_click=visits.cancel, args=(folder, run.id))
