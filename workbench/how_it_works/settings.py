"""The settings of the tour, as they are kept in the session and in the URL."""

import streamlit as st

from workbench.how_it_works.words import CARDS
from workbench.shared.settings import Setting, whole_number

LETTERS = "abcde"
"""Stand for a card's options in `PICKED`."""


def _answers(written: str) -> str:
    if len(written) > len(CARDS) or set(written) - set(LETTERS) - {"-"}:
        raise ValueError
    return written


STEP = Setting("how_it_works", "step", 1, whole_number(1, len(CARDS)))
PICKED = Setting("how_it_works", "picked", "", _answers)
"""A letter for each step, "-" where nothing was picked: the progress, and what was expected."""
ON: Setting[str] = Setting("how_it_works", "on", None, str)
"""Which picture the tour looks at: a sample's key, or one of `workbench.how_it_works.subject`."""
DAMAGE: Setting[str] = Setting("how_it_works", "damage", None, str)
"""What is drawn on the good part of steps 3, 4 and 6; see `workbench.how_it_works.damage`."""

TURNS = tuple(f"tour_{name}" for name in ("previous", "next", "page_up", "page_down", "space", "first", "last"))
"""Keys of the buttons that turn the pages."""
_DRAWN = "tour_drawn"


def drawn(number: int) -> None:
    """Remember which step the visitor is being shown from now on."""
    st.session_state[_DRAWN] = number


def turn(number: int) -> None:
    """Turn to a step. A callback: an answer to the step before may come in before this one is drawn."""
    STEP.set(number)
    st.session_state[_DRAWN] = number


def picked(number: int) -> int | None:
    """Which option of a step was picked, or None."""
    letter = PICKED.value[number - 1 : number]
    index = LETTERS.find(letter) if letter else -1
    return index if 0 <= index < len(CARDS[number - 1].options) else None


def pick(number: int, option: int) -> None:
    """Pick an option. A callback.

    On a busy machine the browser may still report the bar of steps as it was before the last turn: of the step that
    was drawn last the answer counts, whatever the bar says. An answer that was pressed after a turn, while the step
    before was still to be seen, is none.
    """
    drawn = st.session_state.get(_DRAWN, number)
    if any(st.session_state.get(key) for key in TURNS):
        return
    if number != drawn:
        STEP.set(drawn)
        return
    STEP.set(number)
    letters = list(PICKED.value.ljust(len(CARDS), "-"))
    letters[number - 1] = LETTERS[option]
    PICKED.set("".join(letters).rstrip("-"))
