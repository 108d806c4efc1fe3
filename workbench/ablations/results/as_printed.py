"""The paper's own tables, as printed."""

import streamlit as st

from nnet.studies import DISAGREEMENTS, TABLES
from workbench.ablations import settings
from workbench.ablations.results import rows as data
from workbench.ablations.results import words
from workbench.shared import controls, units
from workbench.shared.controls import choose, download


def draw() -> None:
    """The paper's tables, to browse."""
    st.markdown(words.PUBLISHED_ABOUT)
    titles = {key: words.published_title(printed) for key, printed in TABLES.items()}
    key = choose(settings.RESULTS_TABLE, titles, label=words.TABLE_LABEL, kind="list")
    table(key)
    with st.expander(words.DISAGREE, icon=":material/rule:"):
        st.markdown("\n".join(f"- {units.plain(line)}" for line in DISAGREEMENTS))


def table(key: str) -> None:
    """One of them, with its source and a download."""
    printed = TABLES[key]
    frame = data.published_frame(printed)
    controls.table(frame)
    st.caption(words.published_source(printed))
    name = words.PUBLISHED_FILE.format(table=key)
    download(words.DOWNLOAD_TABLE, frame.to_csv(index=False), name, f"published-csv-{key}")
