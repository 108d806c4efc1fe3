"""Watch: the last results of `nnet watch`, live."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from nnet.watch.results import has_results
from nnet.watch.table import TABLE
from workbench.shared import controls, frame, hosting, hosting_words, places
from workbench.watch import live, words
from workbench.watch.settings import DECISION, LINE

_PATH, _KEPT = "watch_path", "watch_path_kept"


def main() -> None:
    """Draw the page."""
    with frame.page_without_model(words.TITLE):
        st.title(words.TITLE, anchor=False)
        st.markdown(words.ABOUT)
        if hosting.is_shared() and not places.watched_folders():
            st.info(hosting_words.NO_WATCHED, icon=":material/videocam_off:")
            return
        out = _folder()
        if out is None:
            st.markdown(words.HOW_TO)
            with st.expander(words.AT_HAND, icon=":material/bookmark:"):
                st.markdown(words.AT_HAND_HOW)
            return
        decision = controls.choose(DECISION, words.DECISIONS, label=words.DECISION)
        live.draw(out, decision)
        if has_results(out) and (out / TABLE).is_file():
            controls.download(words.TABLE, (out / TABLE).read_bytes, words.TABLE_FILE)


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
    return Path(written).expanduser() if written else None
