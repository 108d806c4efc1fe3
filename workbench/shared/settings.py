"""Settings of a view: each is declared once, and the visitor's value outlives page switches and travels in the URL.

A page declares its settings as constants of its settings.py, and calls `remember` right before the widget:

>>> SCALE = Setting("inspect", "scale", "fixed", one_of(("fixed", "own")))
>>> SCALE.remember()                                                                        # doctest: +SKIP
>>> st.segmented_control("Scale", ["fixed", "own"], key=SCALE.key)                          # doctest: +SKIP

`workbench.shared.controls` does both in one call. A value that is not the default is kept in the URL
(?opacity=80), so that a link shows the same view again. Anyone can write a link: `bound_address` drops what is longer,
deeper or more than a link of ours ever is, before anything else looks at it.

Why not Streamlit's own `bind="query-params"` (tried with 1.67): it writes the labels of options instead of their names
(?scale=Same+for+all), so that a better wording would break every link; it writes "true" for our "yes"; it drops the
parameter of a control that is hidden for a moment; and it forbids setting the URL otherwise, as opening a replay bundle
does. `persist_state="session"` alone would replace the smaller half of `remember`, but not the reading and checking.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Mapping
from itertools import accumulate
from typing import Any, Generic, TypeVar, cast

import streamlit as st

from nnet.data.turned_masks import READINGS
from nnet.scoring.overlay import COLOUR_MAPS
from workbench.shared import film_words, words

T = TypeVar("T")

PICTURE_NAMES = ("sample", "set", "image")
"""Names in the URL that say which picture is shown; see `workbench.shared.chosen_picture`."""
SHARED = "shared"
"""The page of a setting that all pages share."""
LONGEST, MOST_PARAMETERS, MOST_ITEMS, MOST_DIGITS, DEEPEST = 4000, 100, 1000, 40, 20
"""Of a link: characters of one value, values, items in a list, digits in a row, brackets inside one another."""
_KEPT = "kept"
_declared: dict[str, tuple[Setting[Any], dict[str, Any]]] = {}  # by name, with the variables of the declaring module


class Setting(Generic[T]):
    """A setting of a view, under one name as the widget's key, in the session and in the URL.

    Args:
        page: the package that declares it, for the error message.
        name: unique in the whole workbench; two pages that mean the same setting share one object.
        default: what holds until the visitor chooses; None where it depends on the data (then `remember` is told).
        read: turns the URL's text into a value; raises ValueError or KeyError for an impossible one.
        link: turns a value into the URL's text, where that is not the value itself.
        formerly: a name that old links use on this page; it is read and then replaced.

    Raises:
        ValueError: the name is taken, or cannot be a setting's.
    """

    def __init__(
        self,
        page: str,
        name: str,
        default: T | None,
        read: Callable[[str], T],
        *,
        formerly: str = "",
        link: Callable[[T], str] | None = None,
    ) -> None:
        if not is_setting(name):
            raise ValueError(f"“{name}” cannot be the name of a setting: it must be an identifier that is not reserved")
        variables = sys._getframe(1).f_globals
        earlier, declared_in = _declared.get(name, (None, {}))
        # A module that Streamlit loads again after an edit declares its settings again, from new variables.
        reloaded = declared_in is not variables and declared_in.get("__name__") == variables["__name__"]
        if earlier is not None and not reloaded:
            raise ValueError(
                f"Two settings are called “{name}”, on the pages {earlier.page} and {page}: one would overwrite the "
                "other in the URL. Rename one, or let both pages import the same Setting."
            )
        self.page: str = page
        self.name, self.default, self.read, self.formerly = name, default, read, formerly
        self.link: Callable[[T], str] = link or _written
        _declared[name] = self, variables

    @property
    def key(self) -> str:
        """The widget's key."""
        return self.name

    def remember(self, default: T | None = None, read: Callable[[str], T] | None = None) -> T:
        """Give the widget its value; call it right before the widget, which then needs no default.

        The value is what the visitor set, else what the URL says, else what was set before a page switch, else the
        default; instead of an impossible one, the last possible one or the default. The URL follows.

        Args:
            default, read: instead of the declared ones, where they depend on the data.
        """
        start = cast(T, self.default if default is None else default)
        reader = read or self.read
        written = st.query_params.get(self.name)
        if self.formerly and self.formerly in st.query_params:
            former = st.query_params.pop(self.formerly)
            written = former if written is None else written
        kept: dict[str, object] = st.session_state.setdefault(_KEPT, {})
        if self.key not in st.session_state:
            st.session_state[self.key] = _first_possible(reader, written, kept.get(self.key), default=start)
        elif _first_possible(reader, st.session_state[self.key], default=None) is None:
            # A list whose labels have changed in place, as a model's once it was measured, reports the former label.
            st.session_state[self.key] = _first_possible(reader, kept.get(self.key), default=start)
        value: T = st.session_state[self.key]
        kept[self.key] = value
        link = self.link(value)
        if value == start or not within_bounds(link):
            st.query_params.pop(self.name, None)
        else:
            st.query_params[self.name] = link
        return value

    @property
    def value(self) -> T:
        """The present value: the widget's, else what was remembered, else the declared default."""
        kept = st.session_state.get(_KEPT, {}).get(self.key, self.default)
        found = st.session_state.get(self.key)  # None where a browser says that none of a list is chosen
        return cast(T, kept if found is None else found)

    def set(self, value: T) -> None:
        """Set the value; before its widget is drawn, so usually in a callback."""
        st.session_state[self.key] = value

    def forget(self) -> None:
        """Let it start at its default again. Also serves as a callback."""
        st.session_state.pop(self.key, None)
        st.session_state.get(_KEPT, {}).pop(self.key, None)
        st.query_params.pop(self.name, None)


def declared() -> dict[str, Setting[Any]]:
    """All settings of the modules that have been imported, by name."""
    return {name: setting for name, (setting, _) in _declared.items()}


def is_setting(name: str) -> bool:
    """Whether this can be the name of a setting; Streamlit keeps the names with "embed" for itself."""
    return name.isidentifier() and name not in PICTURE_NAMES and not name.startswith("embed")


# -------------------------------------------------------------------------------------------------------- readers


def one_of(options: Collection[str]) -> Callable[[str], str]:
    """A reader: one of these texts."""

    def read(written: str) -> str:
        if written not in options:
            raise ValueError
        return written

    return read


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A reader: an integer from `low` to `high`."""

    def read(written: str) -> int:
        if not low <= int(written) <= high:
            raise ValueError
        return int(written)

    return read


def yes_or_no(written: str) -> bool:
    """A reader: a switch."""
    return {"yes": True, "no": False}[written]


def number(low: float, high: float) -> Callable[[str], float]:
    """A reader: a number from `low` to `high`."""

    def read(written: str) -> float:
        if not low <= float(written) <= high:  # also refuses NaN
            raise ValueError
        return float(written)

    return read


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


# --------------------------------------------------------------------------------------------------- a whole view


def within_bounds(written: str) -> bool:
    """Whether a text is no longer, deeper and stranger than a link of ours ever is."""
    return (
        len(written) <= LONGEST
        and len(re.findall("[,;]", written)) < MOST_ITEMS
        and not re.search(rf"\d{{{MOST_DIGITS + 1}}}|[\0\ud800-\udfff]", written)
        and _depth(written) <= DEEPEST
    )


def _depth(written: str) -> int:
    steps = ((character in "([{") - (character in ")]}") for character in written)
    return max(accumulate(steps), default=0)


def bound_address() -> bool:
    """Drop from the URL what is out of bounds; whether there was any. To be called before anything else reads it."""
    written = st.query_params.to_dict()
    good = {name: value for name, value in written.items() if within_bounds(name) and within_bounds(value)}
    too_many = len(good) > MOST_PARAMETERS
    if too_many or good != written:
        st.query_params.from_dict({} if too_many else good)
    return too_many or good != written


def view() -> dict[str, str]:
    """The settings of the view as the URL says them: those that are not at their default, without the picture."""
    return {name: value for name, value in st.query_params.to_dict().items() if is_setting(name)}


def show_view(page: str, settings: Mapping[str, str]) -> None:
    """Set the view of a page to these settings, and all others of it or of every page to their default. A callback.

    The settings may come from anyone: each goes through the reader that it would go through in the URL. Those of a page
    that is not open wait there like the ones that the visitor left behind.
    """
    for setting in declared().values():
        if setting.page in (page, SHARED):
            setting.forget()
    kept: dict[str, object] = st.session_state.setdefault(_KEPT, {})
    for name, value in settings.items():
        if is_setting(name) and within_bounds(value):
            kept[name] = st.query_params[name] = value


def _tiles(written: str) -> str:
    return written if written in ("colours", "mean") else str(whole_number(0, 10**6)(written))


# ------------------------------------- settings that pages share; those of the chosen pixel are in chosen_pixel.py

PRESENT = Setting(SHARED, "present", False, yes_or_no)
"""The presenter's mode, see presenter.py."""
OPACITY = Setting(SHARED, "opacity", 70, whole_number(0, 100))
"""Of the heatmap on the picture, in percent."""
COLOURS = Setting(SHARED, "colours", COLOUR_MAPS[0], one_of(COLOUR_MAPS))
"""The colour map of heatmaps."""
MODEL: Setting[str] = Setting(SHARED, "model", None, str)
"""The name of the model that all pages use; the first one listed unless the visitor chooses."""
TILES = Setting(SHARED, "tiles", "colours", _tiles)
"""What the tiles of the network's drawing show: PCA colours, the mean of the channels, or a channel's number."""
DEVICE: Setting[str] = Setting(SHARED, "device", None, str)
"""What it runs on; the fastest unless the visitor chooses."""
SORT = Setting(SHARED, "sort", "score", one_of(words.SORTS))
"""The order of the visitor's own pictures; RISING turns it round, and FLAGGED_ONLY leaves out the normal ones."""
RISING = Setting(SHARED, "rising", False, yes_or_no)
FLAGGED_ONLY = Setting(SHARED, "flagged_only", False, yes_or_no)
SHELF_PAGE = Setting(SHARED, "shelf_page", 1, whole_number(1, 10**6))
"""Which of the pages that these pictures fill."""
CATEGORY: Setting[str] = Setting(SHARED, "category", None, str)
"""Which of several categories in a folder or ZIP; all in turn where a page can, else the first one."""
MASKS = Setting(SHARED, "masks", "", one_of(("", *READINGS)))
"""How masks of photos that EXIF turns are read where nothing tells; "": they are not used."""
EVALUATED = Setting("evaluate", "evaluate_data", "none", one_of(words.DATA_NAMES))
"""What Evaluate measures, by a key of `DATA_NAMES`; here, since the sidebar sends there with the pictures of a part."""
PROBE: Setting[int] = Setting(SHARED, "probe", None, whole_number(0, 10**6))
"""The pinned image whose film is shown; the first that is not normal unless the visitor chooses."""
FILM_SCALE = Setting(SHARED, "film_scale", "one", one_of(film_words.FILM_SCALES))
