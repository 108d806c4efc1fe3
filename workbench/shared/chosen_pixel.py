"""The chosen pixel of the chosen picture, which Inspect and Ablations share.

It can be chosen in more than one way (in a picture, by sliders, from a table), so it is no widget's own value.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from nnet.scoring.judge import Judgement
from nnet.scoring.regions import peak_pixel
from workbench.shared import session
from workbench.shared.resources import Loaded

_PIXEL, _PIXEL_OF = "pixel", "pixel_of"
_PEAK = "peak"


def remember(loaded: Loaded, judged: Judgement) -> tuple[int, int]:
    """x and y of the chosen pixel. Until one is chosen, and for another image, it is where the score is highest."""
    if st.session_state.get(_PIXEL_OF, loaded.hash) != loaded.hash:
        choose_peak()
    st.session_state[_PIXEL_OF] = loaded.hash
    height, width = loaded.image.shape[:2]
    session.remember(_PIXEL, _PEAK, _pixel_reader(width, height))
    if st.session_state[_PIXEL] == _PEAK:
        return peak_pixel(judged.score, loaded.image.shape)
    return _numbers(st.session_state[_PIXEL])


def choose(x: int, y: int) -> None:
    """Make it the chosen pixel. Also serves as a callback."""
    st.session_state[_PIXEL] = f"{x},{y}"


def choose_peak() -> None:
    """Choose the pixel with the highest score, whatever the score will be. A callback."""
    st.session_state[_PIXEL] = _PEAK


def is_peak() -> bool:
    """Whether no pixel was chosen."""
    return st.session_state[_PIXEL] == _PEAK


def _numbers(written: str) -> tuple[int, int]:
    x, y = written.split(",")
    return int(x), int(y)


def _pixel_reader(width: int, height: int) -> Callable[[str], str]:
    """A reader for `state.remember`: "120,88" within the image, or "peak"."""

    def read(written: str) -> str:
        if written == _PEAK:
            return written
        x, y = _numbers(written)
        if not (0 <= x < width and 0 <= y < height):
            raise ValueError
        return f"{x},{y}"

    return read
