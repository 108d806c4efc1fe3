"""What a visitor sees while the server imports PyTorch, once in its life: the page's title, a sentence and a picture.

The picture is made by `python -m benchmarks.hero`. Imports nothing that takes long.
"""

import base64
import sys
from contextvars import ContextVar
from functools import cache
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from workbench.shared import navigation, theme, words

HERO = Path(__file__).with_name("hero.webp")
_HELD = """<style>
.st-key-%(key)s { min-height: var(--nn-hero-room);
  background: url(%(picture)s) 0 28px / var(--nn-hero) auto no-repeat; }
.stMain:has(.st-key-%(key)s) .nn-hero { display: none; }
</style>"""
_PLACE: ContextVar[DeltaGenerator | None] = ContextVar("place", default=None)


def show(name: str) -> None:
    """Show it until `done`, before the page of this file name (without suffix; "" is Home) is imported."""
    if "torch" in sys.modules:
        return
    navigation.ensure()
    place = st.empty()
    _PLACE.set(place)
    with place.container():
        draw(name)


def is_shown() -> bool:
    """Whether it stands on the page."""
    return _PLACE.get() is not None


def done() -> None:
    """Make room for the page itself, as soon as it has something to show."""
    if (place := _PLACE.get()) is not None:
        place.empty()
        _PLACE.set(None)


def keep(place: DeltaGenerator, key: str) -> None:
    """Show the picture alone in this place, an `st.empty`, until the page is complete, or the component of this key is
    there: then behind that, since the browser takes a moment to draw it."""
    st.html(_HELD % {"key": key, "picture": _picture()})
    place.html(_hero())
    _PLACE.set(place)


def draw(name: str) -> None:
    """Title, sentence and picture."""
    text = words.PAGES[name] if name else words.HOME
    st.html(theme.STYLE)
    st.title(text.title if name else text.summary.rstrip("."), anchor=False)
    st.markdown(words.STARTING)
    st.html(_hero())


def _hero() -> str:
    return f'<img class="nn-hero" src="{_picture()}" alt="{escape(words.HERO_ALT)}">'


@cache
def _picture() -> str:
    return "data:image/webp;base64," + base64.b64encode(HERO.read_bytes()).decode()
