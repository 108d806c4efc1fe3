"""Measuring a set: one forward pass per image, which can be stopped and continued."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import streamlit as st

from nnet.analysis import evaluation
from nnet.analysis.evaluation import Collecting, Evidence
from nnet.analysis.projection import in_mixed_order
from workbench.evaluate import cache, words
from workbench.evaluate.scene import Chosen
from workbench.shared import units
from workbench.shared.resources import Model

_RUNS = "evaluate_runs"


@dataclass
class Run:
    """One visitor's measuring of one set, under way or stopped; it continues where it was."""

    collecting: Collecting
    active: bool = False
    seconds: float = 0.0

    @property
    def pace(self) -> float:
        """Seconds per image so far; 0 before the first."""
        return self.seconds / max(1, self.collecting.done)

    def stop(self) -> None:
        """A callback."""
        self.active = False


def measured(model: Model, chosen: Chosen) -> Evidence | None:
    """Draw the buttons to start and stop; what is known so far, or None while there is nothing to show."""
    current = run(model, chosen)
    found = evidence(model, chosen)
    total = len(current.collecting.samples)
    done = found.done if found is not None else 0
    if done < total:
        _controls(model, chosen, current, done)
        if current.active:
            _advance(model, chosen, current)
    if found is None:
        return None
    normal = int(np.sum(~found.defective))
    st.markdown(words.rests_on(normal, len(found) - normal, total - len(found.problems)))
    if found.problems:
        st.warning(words.left_out(found.problems), icon=":material/broken_image:")
    if not found.can_be_measured:
        st.info(words.NEEDS_BOTH, icon=":material/info:")
        return None
    return found


def _controls(model: Model, chosen: Chosen, current: Run, done: int) -> None:
    """The buttons to start and to stop, both always there, so that neither moves while it is needed."""
    total = len(current.collecting.samples)
    expected = (total - done) * (current.pace or pace(model, chosen))
    with st.container(horizontal=True, gap="small"):
        start = st.button(
            words.start(done, total, expected),
            icon=":material/play_arrow:",
            type="primary",
            key="evaluate_start",
            disabled=current.active,
        )
        st.button(
            words.STOP, icon=":material/stop:", key="evaluate_stop", disabled=not current.active, on_click=current.stop
        )
    if start:
        current.active = True
        st.rerun()


def _advance(model: Model, chosen: Chosen, current: Run) -> None:
    """Measure what is left. A click on "Stop" ends the script here, at the next update of the bar."""
    total = len(current.collecting.samples)
    done = current.collecting.done
    bar = st.progress(done / total, units.progress(done, total, "image", "measured"))
    for _ in steps(model, chosen, current):
        done = current.collecting.done
        bar.progress(done / total, units.progress(done, total, "image", "measured", current.pace * (total - done)))
    current.active = False
    st.rerun()


def run(model: Model, chosen: Chosen) -> Run:
    """The visitor's run on this set with this model."""
    runs: dict[tuple, Run] = st.session_state.setdefault(_RUNS, {})
    key = (model.key, chosen.hash)
    if key not in runs:
        for old in [k for k in runs if not runs[k].active][:-2]:  # one visitor keeps few unfinished ones
            del runs[old]
        runs[key] = Run(Collecting(in_mixed_order(chosen.dataset.test)))
    return runs[key]


def steps(model: Model, chosen: Chosen, current: Run) -> Iterator[None]:
    """Continue a run until it is complete; a complete one is shared with everybody."""
    started = time.perf_counter()
    for _ in current.collecting.steps(model.detector):
        current.seconds += time.perf_counter() - started
        cache.stores().paces.put(model.key, current.pace)
        yield
        started = time.perf_counter()
    if current.collecting.complete:
        cache.stores().evidence.put((model.key, chosen.hash), evaluation.join(current.collecting.parts))
        st.session_state[_RUNS].pop((model.key, chosen.hash), None)


def evidence(model: Model, chosen: Chosen) -> Evidence | None:
    """What is known so far: of the whole set if anybody measured it, else of the visitor's own run."""
    if (found := cache.stores().evidence.get((model.key, chosen.hash))) is not None:
        return found
    parts = run(model, chosen).collecting.parts
    return evaluation.join(parts) if parts else None


def pace(model: Model, chosen: Chosen) -> float:
    """About how many seconds one image takes: as measured before, else by trying one."""

    def try_one() -> float:
        started = time.perf_counter()
        next(evaluation.collect(model.detector, run(model, chosen).collecting.samples[:1]))
        return time.perf_counter() - started

    return cache.stores().paces.of(model.key, try_one)
