"""Watch: the last results of `nnet watch`, live."""

from pathlib import Path

import streamlit as st

from nnet.data.names import local_path
from nnet.watch.results import has_results
from nnet.watch.table import TABLE
from workbench.shared import (
    chosen_picture,
    controls,
    frame,
    hosting,
    hosting_words,
    kinds,
    places,
    resources,
    theme,
    units,
)
from workbench.shared import words as shared_words
from workbench.shared.model_list import ModelEntry
from workbench.shared.resources import Model
from workbench.watch import figures, live, words
from workbench.watch.settings import DECISION, LINE

_PATH, _KEPT = "watch_path", "watch_path_kept"


def main() -> None:
    with frame.page_without_model(words.TITLE) as entry:
        st.title(words.TITLE, anchor=False, help=words.ABOUT)
        if hosting.is_shared() and not places.watched_folders():
            st.info(hosting_words.NO_WATCHED, icon=":material/videocam_off:")
            return
        out = _folder()
        if out is None:
            _before_the_first(entry)
            return
        decision = controls.choose(DECISION, words.DECISIONS, label=words.DECISION)
        live.draw(out, decision)
        if has_results(out) and (out / TABLE).is_file():
            controls.download(words.TABLE, (out / TABLE).read_bytes, words.TABLE_FILE)


def _before_the_first(entry: ModelEntry | None) -> None:
    """How to start, with the model in use, and beside it how a decision will look."""
    model = entry if entry is not None and not entry.problem else None
    how, example = st.columns((1, 1), gap="medium")
    with how:
        st.markdown(words.NO_MODEL if model is None else words.HOW_TO.format(model=units.plain(model.title)))
        folder = "MODEL" if model is None else str(model.path.resolve())
        st.code(words.command(folder), language=None, wrap_lines=True)
        st.markdown(words.THEN)
        with st.expander(words.AT_HAND, icon=":material/bookmark:"):
            st.markdown(words.AT_HAND_HOW)
    with example:
        if model is not None:
            _example(frame.loaded(model, looks_into=False))


def _example(model: Model) -> None:
    """A defective sample of the model, judged as a whole, as `nnet watch` and Inspect judge it."""
    samples = list(chosen_picture.sample_pictures().values())
    one = next((one for one in samples if one.is_defective), samples[0])
    loaded = one.load()
    judged = resources.judgement(model, loaded, model.detector.config.scoring.parsed)
    title = units.plain(one.title)
    st.image(figures.example(loaded.shown, judged), width=420, alt=words.EXAMPLE.format(sample=title))
    if kinds.beyond(model, loaded) is None:
        badge = shared_words.decision(judged.reference, judged.value)
        times = shared_words.relative(judged.reference, judged.value)
        st.markdown(f":{theme.BADGES[judged.is_anomalous]}-badge[{badge}, {times}]")
    else:
        st.markdown(f":gray-badge[{shared_words.OTHER_KIND}]")
    st.caption(words.EXAMPLE.format(sample=title))


def _folder() -> Path | None:
    """The folder of results: one that the environment lists, else one that the visitor names."""
    listed = places.watched_folders()
    if listed:
        return listed[controls.choose(LINE, list(listed), label=words.LINE, kind="list")]
    # Streamlit forgets the text when the visitor opens another page.
    st.session_state.setdefault(_PATH, st.session_state.get(_KEPT, ""))
    written = st.text_input(
        words.FOLDER, key=_PATH, placeholder=words.FOLDER_EXAMPLE, help=words.FOLDER_HELP, width=480
    ).strip()
    st.session_state[_KEPT] = written
    return local_path(written) if written else None
