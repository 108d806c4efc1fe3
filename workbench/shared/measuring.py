"""Measuring that takes a while: Start, progress, Stop, and Continue where it was.

>>> run = runs.setdefault(key, Run(len(samples)))                                           # doctest: +SKIP
>>> if run.done < run.total:
...     measure("evaluate", run, steps, Says("Measure 490 images", "image", "measured"), seconds_each)

`steps()` is a generator that continues with what is left and yields the number of items that are done, after each. It
runs in the page's own script, in no fragment: a click on Stop ends the script at the next update of the bar, and what
has been measured by then is kept. Both buttons are always there, so that neither moves while it is needed.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import streamlit as st

from workbench.shared import units, words


@dataclass
class Run:
    """One visitor's measurement of `total` items, under way or stopped; kept in the session."""

    total: int
    done: int = 0
    seconds: float = 0.0
    active: bool = False

    @property
    def pace(self) -> float:
        """Seconds per item so far; 0 before the first."""
        return self.seconds / max(1, self.done)

    def stop(self) -> None:
        """A callback."""
        self.active = False


@dataclass(frozen=True)
class Says:
    """What the button `start`s ("Measure 490 images"), and what is counted: a `noun` and what it `was` ("measured")."""

    start: str
    noun: str
    was: str


def measure(
    key: str, run: Run, steps: Callable[[], Iterator[int]], says: Says, seconds_each: Callable[[], float]
) -> None:
    """Draw the buttons and, once started, measure what is left; then the page is drawn again.

    Args:
        key: the buttons are called `key`_start and `key`_stop.
        seconds_each: what one item is expected to take, asked before the first one is done.
    """
    expected = units.about((run.total - run.done) * (run.pace or seconds_each()))
    label = f"{words.CONTINUE if run.done else says.start} ({expected})"
    with st.container(horizontal=True, gap="small"):
        started = st.button(
            label, icon=":material/play_arrow:", type="primary", key=f"{key}_start", disabled=run.active
        )
        st.button(words.STOP, icon=":material/stop:", key=f"{key}_stop", disabled=not run.active, on_click=run.stop)
    if started:
        run.active = True
        st.rerun()  # with the buttons as they are while it runs
    if run.active:
        _advance(run, steps, says)


def _advance(run: Run, steps: Callable[[], Iterator[int]], says: Says) -> None:
    bar = st.progress(run.done / run.total, units.progress(run.done, run.total, says.noun, says.was))
    started = time.perf_counter()
    for done in steps():
        run.done, run.seconds = done, run.seconds + time.perf_counter() - started
        left = run.pace * (run.total - done)
        bar.progress(done / run.total, units.progress(done, run.total, says.noun, says.was, left))
        started = time.perf_counter()
    run.active = False
    st.rerun()  # without the buttons
