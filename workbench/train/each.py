"""Several categories in turn: the same settings for each, and a run of its own in the queue."""

import dataclasses
import os
from collections.abc import Callable, Sequence

import streamlit as st

from nnet.config import Config
from nnet.data import Dataset
from nnet.errors import NNetError
from nnet.runs import RunSpec
from nnet.training.schedule import split_normals
from workbench.shared import data_choice, hosting, units
from workbench.train import form, words
from workbench.train.looking import Choice


def one_of(several: Sequence[Choice]) -> Choice | None:
    """The category that the visitor chooses; None for all in turn."""
    names = [one.name for one in several]
    chosen = data_choice.category(names, every=not hosting.is_shared())
    return None if chosen is None else several[names.index(chosen)]


def draw(several: Sequence[Choice], start: Callable[[Choice, RunSpec], None]) -> bool:
    """Draw what each category holds, the settings, and Start; whether it was pressed.

    Args:
        start: makes a run and puts it into the queue.
    """
    place = st.container()
    st.subheader(words.SETTINGS_STEP, anchor=False)
    first = several[0]
    filled = form.draw(words.suggested_name(first.data if first.upload else os.path.dirname(first.data)))
    if filled is None:
        return False
    ready, rows, unsettled = [], [], 0
    for one in several:
        row, dataset = _row(one, filled.config)
        rows.append(row)
        ready += [one] if dataset else []
        unsettled += len(dataset.unsettled_masks) if dataset else 0
    with place:
        masks = data_choice.masks_answer(unsettled) if unsettled else ""
        st.dataframe(rows, hide_index=True, key="train_categories")
        st.caption(words.EACH_ABOUT)
    st.subheader(words.START_STEP, anchor=False)
    if not ready:
        st.caption(words.NOT_READY)
        return False
    icon = ":material/play_arrow:"
    if not st.button(words.start_each(len(ready)), "start_each", type="primary", icon=icon):
        return False
    for one in ready:
        name = words.EACH_NAME.format(name=filled.name, category=one.name)[:80]
        start(one, dataclasses.replace(filled, name=name, data=one.data, masks=masks))
    return True


def _row(choice: Choice, config: Config) -> tuple[dict[str, str], Dataset | None]:
    """What a category holds, and its data set; None where it cannot be trained on."""
    try:
        dataset = choice.open(config.train.seed)
        learnt, held_out = split_normals(len(dataset.train), config.train, dataset.validation)
    except NNetError as error:
        return words.each_row(choice.name, problem=units.plain(str(error))), None
    tested = [sample for sample in dataset.test if sample.is_normal or sample.is_defective]
    defective = sum(sample.is_defective for sample in tested)
    counts = len(learnt), len(held_out), len(tested) - defective, defective
    return words.each_row(choice.name, counts), dataset
