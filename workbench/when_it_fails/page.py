"""When it fails: what the model at hand gets wrong, by cause, and how to find its limits."""

import streamlit as st

from nnet.scoring import judge
from workbench.shared import chosen_picture, controls, frame
from workbench.shared import words as shared_words
from workbench.when_it_fails import imitation, mistakes, nearest, scratch, stranger, words
from workbench.when_it_fails.scene import Scene
from workbench.when_it_fails.settings import PART

_SECTIONS = {
    "mistakes": mistakes.draw,
    "imitation": imitation.draw,
    "stranger": stranger.draw,
    "nearest": nearest.draw,
    "scratch": scratch.draw,
}


def main() -> None:
    with frame.page(words.TITLE, looks_into=False) as model:
        st.title(words.TITLE, anchor=False)
        if not model.detector.framing.is_whole:
            st.info(words.FRAMED, icon=":material/grid_view:")
            return
        scene = Scene(model, next(iter(judge.presets(model.detector.config).values())))
        part = PART.remember()  # the run that `measuring` asks for may come without the choice
        chosen = controls.choose(PART, words.PARTS, label=words.PART, label_visibility="collapsed", wrap=True)
        _SECTIONS[chosen or part](scene)
        st.caption(shared_words.sample_source(chosen_picture.sample_collection()))
