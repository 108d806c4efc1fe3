"""What a training waits for, or would have to wait for."""

from pathlib import Path

import streamlit as st

from nnet.errors import NNetError
from nnet.runs import Runs, RunSpec, slots
from nnet.runs.holders import Holder, in_the_way
from nnet.runs.slots import resolve
from workbench.shared import hosting, units
from workbench.train import uploads, words


def told(spec: RunSpec) -> str:
    """Who holds the slots that a run needs, a sentence or two for each; "" if it could start now.

    In a shared demo nobody is told of another's trainings.
    """
    if hosting.is_shared():
        return ""
    device, own = resolve(spec.device), uploads.runs().root
    holders = in_the_way(device, spec.memory_bytes, spec.at_once or 1)
    others_next = holders and slots.comes_next(device) not in ("", str(own))
    return " ".join([*(_told(one, own) for one in holders), *([words.OTHERS_NEXT] if others_next else [])])


def before_start(spec: RunSpec) -> None:
    """Say above Start that the training would have to wait."""
    if said := told(spec):
        st.info(words.AFTER_START.format(waits=said), icon=":material/hourglass_empty:")


def _told(holder: Holder, own: Path) -> str:
    if holder.run is None:
        return words.waits_for("", holder, "")
    try:
        run = Runs(holder.run.parent).get(holder.run.name)
    except NNetError:
        return words.waits_for("", holder, "")
    left = words.time_left(run.status) if run.status is not None and run.status.phase == "train" else ""
    place = "" if holder.run.parent == own else units.plain(str(holder.run))
    return words.waits_for(units.plain(run.name), holder, left, place)
