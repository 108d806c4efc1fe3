"""Train: images in, a run that continues by itself, and a model at the end."""

import dataclasses

import streamlit as st

from nnet.data.framing import Framing
from nnet.errors import NNetError
from nnet.presets import PRESETS
from nnet.runs import Estimate, Film, RunSpec
from workbench.shared import (
    frame,
    hosting,
    hosting_words,
    model_list,
    parts,
    settings,
    training_allowance,
    training_film,
    units,
)
from workbench.shared.model_list import ModelEntry
from workbench.train import each, estimates, form, images, looking, region, run, runs, uploads, waiting, words
from workbench.train.looking import Choice
from workbench.train.settings import PART

_TURN = "train_turn"  # how many runs this visit has started


def main() -> None:
    with frame.page_without_model("Train") as entry:
        st.title("Train", anchor=False, help=words.ABOUT)
        if hosting.is_shared() and not hosting.current().trains:
            st.info(hosting_words.NO_TRAINING, icon=":material/lock:")
            _finished_film(entry)
            return
        if run_id := parts.handed_run():
            runs.choose(run_id)
        if images.take_handed():
            runs.turn_to("new")
        known = uploads.runs().list()
        if _part(len(known)) == "new":
            _new_model(entry)
        elif not known:
            st.info(words.NO_RUNS, icon=":material/model_training:")
            _finished_film(entry)
        else:
            current = runs.chosen(known)
            listed, shown = st.columns((2, 5), gap="medium")
            with listed:
                runs.run_list(known, current.id)
            with shown:
                run.draw(current)


def _part(count: int) -> str:
    """New model or the runs: a link to a run opens it, and who has runs sees them first."""
    names = words.part_names(count)
    part = PART.remember("runs" if count else "new", settings.one_of(names))
    key = runs.part_key()
    st.session_state.setdefault(key, part)
    shown: str | None = st.segmented_control(
        words.PART,
        list(names),
        format_func=names.__getitem__,
        key=key,
        required=True,
        label_visibility="collapsed",
        on_change=runs.part_chosen,
    )
    return shown or part


def _finished_film(entry: ModelEntry | None) -> None:
    """How a finished model learned, for who has not seen a training yet."""
    if found := _with_film(entry):
        shown, film = found
        st.markdown(words.FINISHED_FILM.format(model=units.plain(shown.title)))
        training_film.draw(shown.name, film)


def _brief_film(entry: ModelEntry | None) -> None:
    """The same as a single picture, beside the form."""
    if found := _with_film(entry):
        shown, film = found
        st.caption(words.FINISHED_FILM.format(model=units.plain(shown.title)))
        training_film.brief(shown.name, film)


def _with_film(entry: ModelEntry | None) -> tuple[ModelEntry, Film] | None:
    """The chosen model if it brings the film of its training, else the first that does."""
    for one in (*filter(None, [entry]), *model_list.entries().values()):
        if film := training_film.of_model(one.path):
            return one, film
    return None


# -------------------------------------------------------------------------------------------------------- a new model


def _new_model(entry: ModelEntry | None) -> None:
    st.query_params.pop("run", None)
    form.restore()
    form_side, film_side = st.columns(2, gap="medium")
    with form_side:
        st.subheader(words.IMAGES_STEP, anchor=False)
        choice = images.choice()
    with film_side:
        if choice is None:  # else the pictures that were chosen are next
            _brief_film(entry)
    if several := choice.categories() if choice is not None else ():
        choice = each.one_of(several)
        if choice is None:
            if each.draw(several, _queued):
                st.rerun()
            return
    images.draw_part(choice)
    findings = st.container()
    st.subheader(words.SETTINGS_STEP, anchor=False)
    filled = form.draw(words.suggested_name(choice.data if choice else ""))
    if filled is not None:
        form.keep(filled)
    found, pieces = None, 1
    if choice is not None and filled is not None:
        with findings:
            choice, found = images.found(choice, filled.config)
            if found is not None and not hosting.is_shared():  # there the settings are given
                pieces = region.draw(choice, filled.config, looking.split(found, filled.config)[0])
                images.draw_offer(found, filled.config)
    st.subheader(words.START_STEP, anchor=False)
    if choice is None or filled is None or found is None:
        st.caption(words.NOT_READY)
        return
    count = pieces * looking.split(found, filled.config)[0]
    epochs, steps = looking.length(filled.config, count)
    st.caption(words.length(filled.config, count, epochs, steps))
    if filled.preset and steps < (least := PRESETS[filled.preset].train.min_steps):
        st.warning(words.few_steps(steps, least, filled.preset), icon=":material/hourglass_bottom:")
    if looking.has_several_sizes(found) and not Framing.of(filled.config.model).is_whole:
        st.info(words.SEVERAL_SIZES, icon=":material/photo_size_select_large:")
    _start(choice, dataclasses.replace(filled, data=choice.data, masks=choice.masks))


def _start(choice: Choice, spec: RunSpec) -> None:
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
        with st.spinner(words.MEASURING, show_time=True):
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
        _queued(choice, spec)
    st.rerun()


def _queued(choice: Choice, spec: RunSpec) -> None:
    """Make the run, put it in the queue, and let the next run of the page show it."""
    library = uploads.runs()
    try:
        if (part := images.of_part(choice)) is not None:
            spec = dataclasses.replace(spec, part=part.key)
        created = library.create(spec, choice.upload)
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
        library.start(created.id)
    except OSError as error:
        raise NNetError(words.DISK_PROBLEM.format(reason=error.strerror or error)) from error
    parts.hand_run(created.id)  # the switch of the page's parts is drawn already
