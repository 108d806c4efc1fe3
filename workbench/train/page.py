"""Train: images in, a run that continues by itself, and a model at the end."""

import dataclasses

import streamlit as st

from nnet.data.framing import Framing
from nnet.presets import PRESETS
from nnet.runs import Film
from workbench.shared import frame, hosting, hosting_words, model_list, parts, settings, training_film, units
from workbench.shared.model_list import ModelEntry
from workbench.train import each, findings, form, images, looking, region, run, runs, start, uploads, words
from workbench.train.settings import PART


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
        runs.begin_at_top()
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
            run.views(current)  # as wide as the page: beside the list, half of it would stay empty


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
            if each.draw(several, start.queued):
                st.rerun()
            return
    images.draw_part(choice)
    place = st.container()
    st.subheader(words.SETTINGS_STEP, anchor=False)
    filled = form.draw(words.suggested_name(choice.data if choice else ""))
    if filled is not None:
        form.keep(filled)
    found, pieces = None, 1
    if choice is not None and filled is not None:
        with place:
            choice, found = findings.draw(choice, filled.config)
            if found is not None and not hosting.is_shared():  # there the settings are given
                pieces = region.draw(choice, filled.config, looking.split(found, filled.config)[0])
                findings.draw_offer(found, filled.config)
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
    start.draw(choice, dataclasses.replace(filled, data=choice.data, masks=choice.masks))
