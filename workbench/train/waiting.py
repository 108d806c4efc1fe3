"""What a training waits for, or would have to wait for."""

import streamlit as st

from nnet.errors import NNetError
from nnet.runs import Runs, RunSpec
from nnet.runs.holders import Holder, in_the_way
from nnet.runs.slots import resolve
from workbench.shared import hosting, units
from workbench.train import words


def told(spec: RunSpec) -> str:
    """Who holds the slots that a run needs, a sentence or two for each; "" if it could start now.

    In a shared demo nobody is told of another's trainings.
    """
    if hosting.is_shared():
        return ""
    return " ".join(map(_told, in_the_way(resolve(spec.device), spec.memory_bytes, spec.at_once or 1)))


def before_start(spec: RunSpec) -> None:
    """Say above Start that the training would have to wait."""
    if said := told(spec):
        st.info(words.AFTER_START.format(waits=said), icon=":material/hourglass_empty:")


def _told(holder: Holder) -> str:
    if holder.run is None:
        return words.waits_for("", holder, "")
    try:
        run = Runs(holder.run.parent).get(holder.run.name)
    except NNetError:
        return words.waits_for("", holder, "")
    left = words.time_left(run.status) if run.status is not None and run.status.phase == "train" else ""
    return words.waits_for(units.plain(run.name), holder, left)
