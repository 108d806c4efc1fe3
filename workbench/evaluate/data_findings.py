"""The data set: what was found in it, at once and by looking at every file."""

import time
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from nnet.data import Inspection, inspect
from nnet.data.not_taken import counted
from workbench.evaluate import cache, words
from workbench.shared import units
from workbench.shared import words as shared_words
from workbench.shared.data_choice import Chosen
from workbench.shared.resources import Model

_WHOLE = "evaluate_whole"
INSPECT_AT_ONCE = 3000
"""With more images than this, every file is looked at only on request."""


def show_found(model: Model, chosen: Chosen) -> None:
    """Say what the set holds: counts at once, and what looking at every file finds."""
    whole = model.detector.checkpoint.about
    about = whole.get("data", {})
    trained_hash = about.get("sha256") if isinstance(about, dict) else None
    knows_held_out = trained_hash == chosen.hash and not whole.get("cross_folds")
    st.markdown(words.found(chosen.dataset, whole.get("calibration_images", 0) if knows_held_out else 0))
    if trained_hash != chosen.hash and shared_words.data_name(model.detector.checkpoint.about):
        if chosen.dataset.drawn and model.detector.config.train.seed != 0:
            st.warning(words.OTHER_SPLIT.format(seed=model.detector.config.train.seed), icon=":material/warning:")
        elif (
            model.detector.checkpoint.kind is None  # else measuring tells by the pictures
            and shared_words.data_name(model.detector.checkpoint.about) != chosen.dataset.name
        ):
            st.info(words.other_data(shared_words.data_name(model.detector.checkpoint.about)), icon=":material/info:")
    inspection = _inspection(chosen)
    if inspection is not None:
        _show(inspection)
    left = counted(chosen.dataset.not_taken)
    terms = [] if chosen.upload else [chosen.dataset.licence]  # the visitor knows those of an upload
    if said := " ".join((*left, *chosen.dataset.notes, *terms)):
        st.caption(units.plain(said))


def all_tested(model: Model, chosen: Chosen) -> Chosen:
    """An upload without a split of its own, all of it to be tested, since nothing is trained here.

    What the model was trained on keeps its split: its training pictures are known then, and stay out.
    """
    dataset = chosen.dataset
    about = model.detector.checkpoint.about.get("data")
    trained_on = about.get("sha256") if isinstance(about, dict) else None
    if not chosen.upload or not dataset.drawn or trained_on == chosen.hash:
        return chosen
    test = (*(replace(sample, split="test") for sample in dataset.train), *dataset.test)
    notes = (*(note for note in dataset.notes if note != dataset.drawn), words.ALL_TESTED)
    whole = replace(dataset, train=(), test=test, notes=notes, drawn="")
    hashes: dict[str, str] = st.session_state.setdefault(_WHOLE, {})
    if chosen.hash not in hashes:
        hashes[chosen.hash] = whole.content_hash()
    return replace(chosen, dataset=whole, hash=hashes[chosen.hash])


def _inspection(chosen: Chosen) -> Inspection | None:
    """What looking at every file finds; kept. Large sets wait for a click."""
    kept = cache.INSPECTIONS
    key = chosen.hash, chosen.dataset.bits
    if (found := kept.get(key)) is not None:
        return found
    total = len(chosen.dataset.samples)
    if total > INSPECT_AT_ONCE and not st.button(words.INSPECT_BUTTON, icon=":material/search:"):
        return None
    bar, started = st.progress(0.0, units.progress(0, total, *words.INSPECT_PROGRESS)), time.perf_counter()

    def report(done: int, of: int) -> None:
        if done % 8 == 0 or done == of:
            left = (time.perf_counter() - started) / done * (of - done)
            bar.progress(done / of, units.progress(done, of, *words.INSPECT_PROGRESS, left))

    found = kept.put(key, inspect(chosen.dataset, progress=report))
    bar.empty()
    return found


def _show(inspection: Inspection) -> None:
    icon = ":material/check_circle:" if inspection.ok else ":material/error:"
    with st.expander(words.inspected(inspection), icon=icon):
        st.dataframe(inspection.rows(), hide_index=True, key="evaluate_inspection")
        for headline, files in inspection.findings():
            st.markdown(f"**{headline}**")
            st.code("\n".join(_some(files)), language=None)
        for sentence in inspection.problems:
            st.markdown(f"- {units.plain(sentence)}")


def _some(files: Sequence[str], shown: int = 10) -> list[str]:
    return [*files[:shown], *([f"and {len(files) - shown} more"] if len(files) > shown else [])]
