"""What every page has in common. Any page may be the first one visited, so each begins with `page`."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

import streamlit as st

import nnet
from nnet.errors import NNetError
from workbench.shared import (
    chosen_picture,
    first_look,
    glossary,
    hosting,
    hosting_words,
    model_choice,
    model_data,
    model_list,
    model_words,
    navigation,
    places,
    presenter,
    resources,
    scripts,
    settings,
    take_away,
    theme,
    units,
    updated,
    visits,
    words,
)
from workbench.shared.controls import choose
from workbench.shared.model_list import ModelEntry
from workbench.shared.resources import Model
from workbench.shared.settings import DEVICE

P = ParamSpec("P")

TRAIN_PAGE = "pages/5_Train.py"


@contextmanager
def page(title: str, *, is_slow: bool = False, looks_into: bool = True, presents: bool = True) -> Iterator[Model]:
    """Configure a page, draw its sidebar and footer, and hand over the chosen model.

    A page that `is_slow` to show something says itself when it is ready (`first_look.done`). One that `looks_into` the
    network gets, of a model whose inputs are not whole pictures, the input under each picture's largest score. With
    `presents` the sidebar has the way into the presenter's mode.

    Without a usable model, and for every error that is written for people, the page says what to do instead of
    failing.
    """
    with _framed(title, presents=presents) as entry:
        model = loaded(entry, looks_into=looks_into)
        if not is_slow:
            first_look.done()
        yield model


@contextmanager
def page_without_model(title: str) -> Iterator[ModelEntry | None]:
    """The same for a page that works without a model: it hands over the chosen one's entry, or None if there is none.

    Nothing is loaded.
    """
    with _framed(title) as entry:
        first_look.done()
        yield entry


@contextmanager
def _framed(title: str, *, presents: bool = True) -> Iterator[ModelEntry | None]:
    name = title if title == words.PRODUCT else f"{title} · {words.PRODUCT}"
    st.set_page_config(page_title=name, page_icon=navigation.ICON, layout="wide")
    navigation.ensure()
    st.html(theme.STYLE)
    if settings.bound_address():
        st.warning(words.LINK_CUT, icon=":material/link_off:")
    try:
        visits.enter(title)
        with st.sidebar:
            st.html(f"<script>{scripts.TEXT}</script>", unsafe_allow_javascript=True)  # where no doorman did
            glossary.draw()  # first, since what follows does not fit a small screen
        entry = _chosen_entry()
        if presents:
            presenter.draw()
        take_away.button(entry)
        _take_samples(entry)
        model_choice.tell_replaced(len(chosen_picture.uploads()))
        yield entry
    except (NNetError, OSError) as error:
        _tell(error)
        st.stop()
    finally:
        first_look.done()
        _footer()


def part(draw: Callable[P, None]) -> Callable[P, None]:
    """A part of a page that runs alone when one of its own controls changes, as a fragment of Streamlit's does.

    Errors for people are told in its place: those of a fragment do not reach the page. It must not rely on what the
    page found out before, but for its arguments, and asks for the whole page (`st.rerun()`) when that has to change.
    """

    @functools.wraps(draw)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        visits.seen()
        try:
            with updated.told():
                draw(*args, **kwargs)
        except (NNetError, OSError) as error:
            _tell(error)

    return st.fragment(told)


def _tell(error: NNetError | OSError) -> None:
    """Say what keeps a page from going on: a file may change or vanish at any moment while it is drawn."""
    said = str(error) if isinstance(error, NNetError) else words.unusable(error)
    st.error(units.plain(said), icon=":material/error:")


def _take_samples(entry: ModelEntry | None) -> None:
    """The sample images are those of the model in use."""
    if entry is None:
        model_data.use("", 0)
        chosen_picture.use_samples_of("")
    else:
        model_data.use(entry.place, entry.seed, entry.masks)
        chosen_picture.use_samples_of(model_data.source(entry.path, entry.source), entry.seed, entry.bits)


def _chosen_entry() -> ModelEntry | None:
    """The sidebar's choice of a part and its model."""
    entries = model_list.entries()
    if not entries:
        st.sidebar.caption(words.NO_MODEL)
        return None
    with st.sidebar:
        return model_choice.draw(entries)


def loaded(entry: ModelEntry | None, *, looks_into: bool = True) -> Model:
    """The chosen model on the chosen device. Stops the page with a message if there is none, or if it is damaged.

    `looks_into` as for `page`.
    """
    if entry is None:
        st.title(words.PRODUCT)
        st.warning(words.NO_CHECKPOINT, icon=":material/model_training:")
        if (places.APP / TRAIN_PAGE).is_file():
            st.page_link(TRAIN_PAGE, label=words.TRAIN_A_MODEL, icon=":material/model_training:")
        st.stop()
    with st.sidebar:
        device = _chosen_device()
        try:
            model = resources.load_model(entry.name, entry.path, device)
        except NNetError as error:
            raise NNetError(f"{error} {model_words.other_models(len(model_list.entries()) - 1)}".strip()) from error
        st.caption(words.RUNS_ON.format(device=model.detector.device_name))
    if model.detector.config.model.teacher_weights == "random":
        st.warning(words.RANDOM_TEACHER, icon=":material/casino:")
    if looks_into and not model.detector.framing.is_whole:
        st.info(words.looks_into(model.detector.config.model.tile), icon=":material/grid_view:")
        chosen_picture.look_into(model)
        return resources.looked_into(model)
    return model


def _chosen_device() -> str:
    devices = resources.devices()
    if len(devices) == 1:
        return devices[0]
    return choose(DEVICE, devices, label=words.DEVICE_LABEL, kind="list")


def _footer() -> None:
    st.space("small")
    where = hosting_words.ABOUT if hosting.is_shared() else words.STAYS_HERE
    st.caption(f"{words.footer(nnet.__version__)} {where}")
