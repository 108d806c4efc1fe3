"""Estimates of a run: time, memory and disk, from a few steps that are really made."""

import dataclasses
import json
import time
from pathlib import Path

import streamlit as st

from nnet.errors import NNetError
from nnet.runs import Estimate, RunSpec, estimate
from nnet.runs.estimate import STAGES, TooSlow
from nnet.runs.layout import RUNNING
from workbench.shared import resources
from workbench.shared import words as shared_words
from workbench.shared.cache import BoundedCache
from workbench.train import uploads, words

ESTIMATE_SECONDS = 300
"""How long an estimate is good for, since memory and disk change."""
_KEPT: BoundedCache[str, tuple[float, Estimate]] = BoundedCache(32)
"""Estimates and when they were made (monotonic seconds), by what they depend on."""


def _estimate(spec: RunSpec, upload: Path | None) -> Estimate:
    """Measure, with a bar and a button to stop. Each tick touches the page, which is where Streamlit ends a run of it
    that was stopped; that ends the process, too."""
    place, started = st.empty(), time.monotonic()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, words.estimating(STAGES[0], 0))
        st.button(shared_words.STOP, icon=":material/stop:", key="stop_estimate", on_click=_stopped)

    def tell(stage: str) -> None:
        bar.progress(STAGES.index(stage) / len(STAGES), words.estimating(stage, time.monotonic() - started))

    try:
        found = estimate(spec, resources.runs_folder(), upload, tell)
    except NNetError:
        place.empty()
        raise
    place.empty()
    return found


def _stopped() -> None:
    """A callback. The page's next run, in which nobody asks for an estimate, is what ends it."""
    st.toast(words.ESTIMATE_STOPPED, icon=":material/stop:")


def estimate_key(spec: RunSpec, upload: Path | None) -> str:
    """Stands for everything that an estimate depends on."""
    known = dataclasses.replace(spec, name="", created="", memory_bytes=None, disk_bytes=None, tensorboard=False)
    return json.dumps([known.to_dict(), str(upload), str(resources.runs_folder())], sort_keys=True)


def estimated(spec: RunSpec, upload: Path | None) -> Estimate:
    """Time, memory and disk of a run, measured in a process of its own unless that was done a moment ago.

    Raises:
        nnet.errors.NNetError: it cannot be trained, in a sentence.
    """

    def measured() -> tuple[float, Estimate]:
        return time.monotonic(), _estimate(spec, upload)

    def is_good(kept: tuple[float, Estimate]) -> bool:
        made, found = kept  # who was warned makes room, and wants to be judged by that
        is_sound = not (found.refusals or found.warnings or found.is_beside)
        return time.monotonic() - made < ESTIMATE_SECONDS and is_sound

    try:
        return _KEPT.of(estimate_key(spec, upload), measured, is_good)[1]
    except TooSlow as error:
        busy = [run.name for run in uploads.runs().list() if run.state in RUNNING]
        if not busy:
            raise
        raise NNetError(words.slow_beside(busy)) from error
