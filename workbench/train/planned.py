"""What is known of a training before its first epoch: its pictures, how they are used, and what the threshold will
promise."""

import streamlit as st

from nnet.data.framing import Framing
from nnet.errors import NNetError
from nnet.presets.short import short
from nnet.runs import Run
from nnet.runs.layout import DATA, UPLOADED
from nnet.scoring.promise import before_training
from workbench.shared import units
from workbench.shared import words as shared_words
from workbench.train import findings, looking, words
from workbench.train.looking import Choice


def draw(run: Run) -> None:
    """Draw it; every picture is read once and not again."""
    spec = run.spec
    if spec is None:
        return
    choice = Choice(spec.data, run.path / DATA if spec.data == UPLOADED else None, spec.masks)
    try:
        with st.spinner(words.CHECKING_RUN, show_time=True):
            found = looking.look(choice, spec.config.train.seed, lambda done, total: None)
        train, held_out = looking.split(found, spec.config)
    except NNetError as error:
        st.warning(units.plain(str(error)), icon=":material/folder_off:")
        return
    folds = looking.folds(found, spec.config)
    st.markdown(f"**{words.PLANNED}**")
    st.markdown(words.split(train, held_out, found.tested, found.defective, folds))
    st.caption(shared_words.promise(before_training(held_out, spec.config.scoring.quantile, folds)))
    if Framing.of(spec.config.model).is_whole:  # else it depends on how many windows a picture has
        epochs, steps = looking.length(spec.config, train)
        st.caption(words.length(spec.config, train, epochs, steps))
        if (found_short := short(steps, spec.preset)) is not None:
            st.markdown(f":material/warning: {found_short.sentence}")
    findings.pictures(found)
