"""Train, start: the estimate of what a training takes, and the button that puts the run in the queue."""

import dataclasses

import streamlit as st

from nnet.errors import NNetError
from nnet.runs import Estimate, RunSpec
from workbench.shared import hosting, parts, training_allowance, units
from workbench.train import estimates, form, images, uploads, waiting, words
from workbench.train.looking import Choice

_TURN = "train_turn"  # how many runs this visit has started


def draw(choice: Choice, spec: RunSpec) -> None:
    """Start, or estimate first. Start queues the run at once: the run itself finds out whether it fits."""
    key = estimates.estimate_key(spec, choice.upload)
    known: dict[str, Estimate | str] = st.session_state.setdefault("train_estimates", {})
    # Once a run is started, the button is another one: the second press of a double press goes nowhere.
    turn = st.session_state.setdefault(_TURN, 0)
    waiting.before_start(spec)
    with st.container(horizontal=True, gap="small"):
        starting = st.button(
            words.START_TRAINING, type="primary", icon=":material/play_arrow:", key=f"start_training-{turn}"
        )
        asked = st.button(words.ESTIMATE, icon=":material/timer:", key="estimate", help=words.ESTIMATE_HELP)
    if starting and not hosting.is_shared():
        found = known.get(key)
        _begin(spec, choice, found if isinstance(found, Estimate) and not found.warnings else None)
    if asked or starting:  # in a shared demo, what may be started depends on the estimate
        known.clear()
        if refused := training_allowance.refusal():
            st.error(refused, icon=":material/block:")
            return
        known[key] = _measured(spec, choice)
    estimate = known.get(key)
    if isinstance(estimate, str):
        st.error(units.plain(estimate), icon=":material/error:")
    elif estimate is not None:
        _show(estimate)
        if refused := training_allowance.refusal(estimate):
            st.error(refused, icon=":material/block:")
            return
        fits = starting and not estimate.refusals and not estimate.warnings
        may = bool(estimate.warnings and not estimate.refusals)
        if fits or (may and st.button(words.START_ANYWAY, icon=":material/warning:", key=f"start_anyway-{turn}")):
            _begin(spec, choice, estimate)
    elif known:
        st.caption(words.STALE)


def _measured(spec: RunSpec, choice: Choice) -> Estimate | str:
    """The estimate, or the sentence that says why there is none."""
    try:
        return estimates.estimated(spec, choice.upload)
    except NNetError as error:
        return str(error)


def _show(estimate: Estimate) -> None:
    with st.grid(4, min_column_width=150, gap="small") as grid:
        for label, value, help, free in words.estimated(estimate):
            with grid.cell():
                st.metric(label, value, help=help)
                if free:
                    st.caption(free)
    st.caption(words.estimate_sentence(estimate))
    if estimate.is_beside:
        st.info(words.BESIDE, icon=":material/hourglass_empty:")
    for sentence in estimate.refusals:
        st.error(units.plain(sentence), icon=":material/block:")
    for sentence in estimate.warnings:
        st.warning(units.plain(sentence), icon=":material/warning:")
    with st.container(horizontal=True, gap="small"):
        for index, remedy in enumerate(estimate.remedies):
            if remedy.changes:
                st.button(
                    units.plain(remedy.text.rstrip(".")),
                    icon=":material/healing:",
                    key=f"remedy{index}",
                    on_click=form.apply,
                    args=(remedy.changes,),
                )
            else:
                st.caption(units.plain(remedy.text))


def _begin(spec: RunSpec, choice: Choice, estimate: Estimate | None) -> None:
    """Make the run, put it in the queue and show it. Between making and starting nothing can come in between.

    Without an estimate, the run makes one itself and stops if it does not fit.
    """
    if estimate is not None:
        spec = dataclasses.replace(spec, memory_bytes=estimate.memory_bytes, disk_bytes=estimate.disk_bytes)
    with training_allowance.granted(estimate):
        queued(choice, spec)
    st.rerun()


def queued(choice: Choice, spec: RunSpec) -> None:
    """Make the run, put it in the queue, and let the next run of the page show it."""
    library = uploads.runs()
    try:
        if (part := images.of_part(choice)) is not None:
            spec = dataclasses.replace(spec, part=part.key)
            parts.hold_name(part)
        created = library.create(spec, choice.upload)
        library.start(created.id)  # at once: wherever the session is touched, Streamlit may end a page that was closed
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    except OSError as error:
        raise NNetError(words.DISK_PROBLEM.format(reason=error.strerror or error)) from error
    parts.hand_run(created.id)  # the switch of the page's parts is drawn already
