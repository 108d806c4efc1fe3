"""The chosen pixel of the chosen picture, which Inspect and Ablations share.

It can be chosen in more than one way (in a picture, by sliders, from a table), so it is no widget's own value.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from nnet.scoring.judge import Judgement
from nnet.scoring.regions import peak_pixel
from workbench.shared import controls, verdict_words
from workbench.shared.resources import Loaded
from workbench.shared.settings import Setting, one_of

_PEAK, _OF = "peak", "pixel_of"
PIXEL = Setting("shared", "pixel", _PEAK, str)
"""x and y of a pixel of the image, "120,88", or that with the highest score."""
NORMAL = Setting("shared", "normal", "place", one_of(verdict_words.COMPARISONS))
"""Which pixels of the normal images it is compared with."""


def remember(loaded: Loaded, judged: Judgement) -> tuple[int, int]:
    """x and y of the chosen pixel. Until one is chosen, and for another image, it is where the score is highest."""
    if st.session_state.get(_OF, loaded.hash) != loaded.hash:
        choose_peak()
    st.session_state[_OF] = loaded.hash
    height, width = loaded.image.shape[:2]
    written = PIXEL.remember(_PEAK, _reader(width, height))
    return peak_pixel(judged.score, loaded.image.shape) if written == _PEAK else _numbers(written)


def by_place() -> bool:
    """Let the visitor choose `NORMAL`; whether it is the pixels of the same place."""
    names, title = verdict_words.COMPARISONS, verdict_words.COMPARE_LABEL
    return controls.choose(NORMAL, names, label=title, help=verdict_words.COMPARE_HELP) == "place"


def choose(x: int, y: int) -> None:
    """Make it the chosen pixel. Also serves as a callback."""
    PIXEL.set(f"{x},{y}")


def sliders(name: str, at: tuple[int, int], shape: Sequence[int], help: str, **width: Any) -> None:
    """Draw x and y as sliders, whose keys begin with `name`, and a button that leads to the highest score."""
    names = [f"{name}_{axis}" for axis in verdict_words.AXES]

    def moved(_: int) -> None:
        choose(*map(controls.stands_at, names))

    for label, slider, value, length in zip(verdict_words.AXES.values(), names, at, shape[1::-1], strict=True):
        st.slider(label, 0, length - 1, value, **controls.following(slider, value, moved), **width)
    st.button(
        verdict_words.HIGHEST,
        f"{name}_peak",
        icon=":material/my_location:",
        on_click=choose_peak,
        disabled=is_peak(),
        help=help,
    )


def choose_peak() -> None:
    """Choose the pixel with the highest score, whatever the score will be. A callback."""
    PIXEL.set(_PEAK)


def is_peak() -> bool:
    """Whether no pixel was chosen."""
    return PIXEL.value == _PEAK


def _numbers(written: str) -> tuple[int, int]:
    x, y = written.split(",")
    return int(x), int(y)


def _reader(width: int, height: int) -> Callable[[str], str]:
    """A reader: "120,88" within the image, or "peak"."""

    def read(written: str) -> str:
        if written == _PEAK:
            return written
        x, y = _numbers(written)
        if not (0 <= x < width and 0 <= y < height):
            raise ValueError
        return f"{x},{y}"

    return read
