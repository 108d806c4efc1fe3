"""The list of runs, and which of them is shown. Everything is read from disk."""

from collections import Counter
from collections.abc import Callable, Sequence

import streamlit as st

from nnet.errors import NNetError
from nnet.runs import LIVE, Run
from workbench.shared import units
from workbench.shared.settings import PROBE
from workbench.train import uploads, words
from workbench.train.settings import PART

POLL, GLANCE = 2.0, 10.0
"""Seconds between two looks at the disk while something is happening, and at the list otherwise: another visitor may
start something."""
LISTED = 8
_TURNS, _TO_TOP = "train_part_turns", "train_to_top"
_SCROLL = "document.querySelector('[data-testid=stMain]').scrollTo({top: 0, behavior: 'instant'})"


def poll(name: str, draw: Callable[[], None], every: float | None) -> None:
    """Draw, and draw again every so many seconds without running the rest of the page; None: draw once."""

    def guarded() -> None:
        try:
            draw()
        except FileNotFoundError:  # a resumed run makes its last frames again
            st.info(words.REPLACED, icon=":material/hourglass_empty:")
        except (NNetError, OSError) as error:  # another visitor may have deleted the run
            st.error(units.plain(str(error)), icon=":material/error:")

    st.fragment(run_every=every, key=f"poll_{name}")(guarded)()


def signature(runs: Sequence[Run]) -> list[tuple[str, str, str, bool, bool]]:
    """What the whole page depends on: when it changes, all of it is drawn again."""
    learning = [run.state == "running" and run.has_finished_epoch for run in runs]
    return [(run.id, run.state, run.name, run.is_finishing, has) for run, has in zip(runs, learning, strict=True)]


# ------------------------------------------------------------------------------------------------------ which run


def part_key() -> str:
    """Key of the switch between the page's parts.

    It is another one after each turn by the program: while a page polls, the browser may still send what the old
    switch stood at, and would turn the page back.
    """
    return f"{PART.key}_{st.session_state.setdefault(_TURNS, 0)}"


def part_chosen() -> None:
    """The visitor turned the switch. Its callback."""
    PART.set(st.session_state[part_key()])


def turn_to(part: str) -> None:
    """Show a part of the page, "new" or "runs". For a callback, or before the switch is drawn."""
    if PART.value != part:
        st.session_state[_TO_TOP] = True
    PART.set(part)
    st.session_state[_TURNS] = st.session_state.get(_TURNS, 0) + 1


def begin_at_top() -> None:
    """Once another part is shown, let it be seen from its beginning: the browser stays where the other was left."""
    if st.session_state.pop(_TO_TOP, False):
        turns = st.session_state.get(_TURNS, 0)  # else the second script would be the first one, which has run
        with st.sidebar:
            st.html(f"<script>{_SCROLL}  // {turns}</script>", unsafe_allow_javascript=True)


def choose(run_id: str) -> None:
    """Show a run. Also serves as a callback."""
    st.session_state["run"] = run_id
    turn_to("runs")
    PROBE.forget()
    st.query_params.pop("epoch", None)


def chosen(runs: Sequence[Run]) -> Run:
    """The run to show: the one chosen last, else the one in the URL, else the first that is under way."""
    known = {run.id: run for run in runs}
    wanted = st.session_state.get("run") or st.query_params.get("run", "")
    if wanted and wanted not in known:
        st.warning(words.NO_SUCH_RUN.format(run=units.plain(units.cut(wanted))), icon=":material/help:")
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
        if signature(found) != before or st.session_state["run"] != current:
            st.rerun()  # the rest of the page has to know as well
        names = Counter(run.name for run in found)
        for run in found[(number - 1) * LISTED : number * LISTED]:
            _row(run, run.id == current, has_twin=names[run.name] > 1)

    with st.container(key="run_list"):
        poll("list", draw, POLL if any(run.state in LIVE for run in runs) else GLANCE)


def _row(run: Run, is_current: bool, *, has_twin: bool) -> None:
    with st.container(border=True, gap="xsmall"):
        st.button(
            units.plain(run.name),
            key=f"run-{run.id}",
            type="primary" if is_current else "tertiary",
            on_click=choose,
            args=(run.id,),
            width="stretch",
        )
        st.markdown(
            f"{words.badge(run.state)} {words.run_line(run)}",
            help=units.plain(run.reason) or words.STATES[run.state].help,
        )
        if has_twin and (apart := words.told_apart(run, uploads.photos(run))):
            st.caption(apart)
        if run.state == "unreadable":
            st.caption(units.plain(run.reason))
        if run.state in ("running", "stopping"):
            st.progress(words.progress(run.status)[0])
