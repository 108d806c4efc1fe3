"""What one visitor has in hand: uploaded images, the chosen one, and the settings of the view. All outlives page
switches.

A chosen sample and every setting that is not at its default also stand in the address bar
(?sample=cell0496&opacity=80), so that a link shows the same view again.
Uploaded files stay encoded here; decoded pixels live in the bounded caches of `workbench.resources`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import streamlit as st

from nnet.data import Sample
from nnet.errors import NNetError
from workbench import resources, samples, text
from workbench.resources import Loaded

SESSION_BYTES = 512 * resources.MEBIBYTE
"""Most memory for one visitor's uploaded files, as they were uploaded."""

_UPLOADS, _PROBLEMS, _CHOSEN, _ROUND, _KEPT = "uploads", "upload_problems", "chosen_picture", "upload_round", "kept"
_PENDING, _FIRST_NEW = "pending_uploads", "first_new_upload"
_PARAMETER = "sample"
_SAMPLE_PREFIX = "sample:"


@dataclass(frozen=True)
class Picture:
    """An image that can be shown: `key` unique in the session, `title` for people, `source` its content.

    `known` says what is known about it beforehand ("" for an upload).
    """

    key: str
    title: str
    source: bytes | Sample
    known: str = ""

    @property
    def is_sample(self) -> bool:
        """Whether it is one of the sample images rather than an upload."""
        return self.key.startswith(_SAMPLE_PREFIX)

    @property
    def stem(self) -> str:
        """The title as the beginning of a file name."""
        name = self.key.removeprefix(_SAMPLE_PREFIX) if self.is_sample else self.title.rsplit(".", 1)[0]
        return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)[:80] or "image"

    def load(self) -> Loaded:
        """The pixels. Raises nnet.errors.NNetError with a sentence when they cannot be used."""
        return resources.load_image(self.key, self.title, self.source)


# ------------------------------------------------------------------------------------------------------- uploads


def uploads() -> dict[str, Picture]:
    """The visitor's images in the order in which they came, by key."""
    return st.session_state.setdefault(_UPLOADS, {})


def problems() -> list[str]:
    """A sentence for each file of the last upload that could not be used."""
    return st.session_state.setdefault(_PROBLEMS, [])


def uploader_key() -> str:
    """The file uploader's key. It changes with every upload, so that the uploader hands its files over and is empty."""
    return f"uploader{st.session_state.setdefault(_ROUND, 0)}"


def hand_over() -> None:
    """Note the uploader's files for `take_in` and empty the uploader. Its callback."""
    files = st.session_state.get(uploader_key()) or []
    st.session_state[_PENDING] = [(file.name, file.getvalue()) for file in files]
    st.session_state[_ROUND] += 1
    st.session_state[_FIRST_NEW] = True
    problems().clear()


def take_in() -> Iterator[float]:
    """Read the files that were handed over, one per step; yields the share that is done, 0..1.

    The first usable one becomes the chosen picture, a bad one leaves a sentence in `problems`. What is left when the
    page is interrupted is read in its next run.
    """
    pending: list[tuple[str, bytes]] = st.session_state.get(_PENDING, [])
    total = len(pending)
    while pending:
        try:
            key = add(*pending[0])
            if st.session_state.pop(_FIRST_NEW, False):
                choose(key)
        except NNetError as error:
            problems().append(str(error))
        pending.pop(0)
        yield 1 - len(pending) / total


def add(name: str, content: bytes) -> str:
    """Keep an image file among the visitor's images and return its key; it is not chosen by that.

    Raises:
        nnet.errors.NNetError: it cannot be used, or too much is kept already; in a sentence.
    """
    key = hashlib.sha256(name.encode() + b"\0" + content).hexdigest()
    held = sum(len(picture.source) for picture in uploads().values() if isinstance(picture.source, bytes))
    if key not in uploads() and held + len(content) > SESSION_BYTES:
        limit = text.data_size(SESSION_BYTES)
        raise NNetError(f"{name} was left out: at most {limit} of images are kept at a time; remove some first.")
    picture = Picture(key, name, content)
    picture.load()
    uploads()[key] = picture
    return key


def remove_uploads() -> None:
    """Forget all uploaded images. A callback."""
    uploads().clear()
    problems().clear()
    choose(_default_key())


# -------------------------------------------------------------------------------------------------- the one shown


def sample_pictures() -> dict[str, Picture]:
    """The sample images as pictures, by key."""
    return {
        _SAMPLE_PREFIX + image.id: Picture(_SAMPLE_PREFIX + image.id, image.title, image.sample, image.known)
        for image in samples.collection().images
    }


def choose(key: str) -> None:
    """Make a picture the chosen one, and the address say so if it is a sample. Also serves as a callback."""
    st.session_state[_CHOSEN] = key
    _write_address()


def chosen() -> Picture:
    """The picture to show: the one in the address, else the one chosen last, else the first sample."""
    pictures = {**sample_pictures(), **uploads()}
    linked = _SAMPLE_PREFIX + st.query_params.get(_PARAMETER, "")
    if linked in pictures:
        st.session_state[_CHOSEN] = linked
    elif _PARAMETER in st.query_params:
        st.warning(f"There is no sample “{st.query_params[_PARAMETER]}”. Another picture is shown instead.")
    key = st.session_state.get(_CHOSEN)
    if key not in pictures:
        key = st.session_state[_CHOSEN] = _default_key()
    _write_address()
    return pictures[key]


def _default_key() -> str:
    return next(iter(uploads()), _SAMPLE_PREFIX + samples.collection().images[0].id)


def _write_address() -> None:
    key = st.session_state[_CHOSEN]
    if key.startswith(_SAMPLE_PREFIX):
        st.query_params[_PARAMETER] = key.removeprefix(_SAMPLE_PREFIX)
    else:
        st.query_params.pop(_PARAMETER, None)


# ------------------------------------------------------------------------------------------------ settings of a view


def remember(key: str, default: object, read: Callable[[str], object]) -> None:
    """Give the widget of this key its value; call it right before the widget, which then needs no default.

    The value is what the visitor set, else what the address says, else what was set before a page switch, else
    `default`; one that is no longer possible becomes the default. The address follows.

    Args:
        read: turns the address's text into a value; raises ValueError for one that is not possible.
    """
    kept: dict[str, object] = st.session_state.setdefault(_KEPT, {})
    if key not in st.session_state:
        st.session_state[key] = _first_possible(read, st.query_params.get(key), kept.get(key), default=default)
    elif _first_possible(read, st.session_state[key], default=None) is None:
        st.session_state[key] = default
    value = kept[key] = st.session_state[key]
    if value == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = _written(value)


def one_of(options: Collection[str]) -> Callable[[str], str]:
    """A reader for `remember`: one of these texts."""

    def read(written: str) -> str:
        if written not in options:
            raise ValueError
        return written

    return read


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A reader for `remember`: an integer from `low` to `high`."""

    def read(written: str) -> int:
        if not low <= int(written) <= high:
            raise ValueError
        return int(written)

    return read


def yes_or_no(written: str) -> bool:
    """A reader for `remember`: a switch."""
    return {"yes": True, "no": False}[written]


def _first_possible(read: Callable[[str], object], *candidates: object, default: object) -> object:
    for candidate in candidates:
        try:
            if candidate is not None:
                return read(_written(candidate))
        except (ValueError, KeyError):
            continue
    return default


def _written(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


# ---------------------------------------------------------------------------------------------------- the browser


def on_touch_screen() -> bool:
    """Whether the browser says it runs on a phone or tablet, where a drag should scroll the page."""
    agent = st.context.headers.get("User-Agent", "") if st.context.headers else ""
    return any(word in agent for word in ("Mobi", "Android", "iPhone", "iPad"))
