"""Several categories in turn: a row for each, with the model that was trained on it, else with the one in use."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from nnet.errors import NNetError
from nnet.saved.checkpoint import results
from workbench.evaluate import words
from workbench.evaluate.settings import DATA
from workbench.shared import data_choice, datasets, hosting, model_choice, model_list, model_words, parts
from workbench.shared.model_list import ModelEntry

Metrics = Mapping[str, float | None]
_MEASURED = "evaluate_categories_measured"


def note(model: Path, spec: str, metrics: Metrics) -> None:
    """Remember what was measured just now with the checkpoint `model`, for as long as the visit lasts."""
    st.session_state.setdefault(_MEASURED, {})[str(model), os.path.realpath(spec)] = metrics


def draw(places: Sequence[str], in_use: Path) -> None:
    """What is known of each category: as measured just now, by `nnet evaluate --save`, or after its model's training.

    Args:
        in_use: the checkpoint of the model in use, which has a row where the category has no model of its own.
    """
    entries = [entry for entry in model_list.entries().values() if not entry.problem]
    with st.spinner(words.WORKING_OUT):
        own = {place: _model_of(place, entries) for place in places}
    found, metrics = dict(own), {}
    used = next((entry for entry in entries if entry.path == in_use), None)
    for place, entry in own.items():
        metrics[place] = _metrics(entry, place, trained=True)
        if entry is None and (measured := _metrics(used, place, trained=False)):
            found[place], metrics[place] = used, measured
    rows = [_row(Path(place).name, entry, metrics[place]) for place, entry in found.items()]
    mean = words.mean_row(list(metrics.values()))
    st.dataframe([*rows, mean], hide_index=True, key="evaluate_categories")
    known = {Path(place).name: entry for place, entry in found.items() if entry is not None}
    with st.container(horizontal=True, gap="small"):
        for category, entry in known.items():
            st.button(category, f"category-{category}", on_click=_open, args=(entry.name,), icon=":material/analytics:")
    if len(known) < len(places):
        st.caption(words.categories_left([Path(place).name for place, entry in found.items() if entry is None]))
        icon = ":material/model_training:"
        if not hosting.is_shared() and st.button(words.TRAIN_CATEGORIES, "train_categories", icon=icon):
            parts.hand_to_training(parts.Again(os.path.dirname(places[0]), None, "", ""))
            st.switch_page("pages/5_Train.py")


def _open(model: str) -> None:
    """Look at one category's result, with its own model. A callback."""
    model_choice.choose(model)
    DATA.set(data_choice.NONE)


def _model_of(place: str, entries: Sequence[ModelEntry]) -> ModelEntry | None:
    """The newest model that was trained on a category: on this folder, or on the same pictures."""
    here = os.path.realpath(place)
    found = next((entry for entry in entries if entry.place and os.path.realpath(entry.place) == here), None)
    if found is not None:
        return found
    known = {str(entry.account.get("sha256", "")): entry for entry in reversed(entries) if entry.account}
    name = Path(place).name
    if not any(entry.account.get("name") == name for entry in known.values()):
        return None
    try:
        return known.get(datasets.opened(place).content_hash())
    except NNetError:
        return None


def _metrics(entry: ModelEntry | None, place: str, *, trained: bool) -> Metrics:
    """Of the first score that was measured on a category; {} where nothing was.

    Args:
        trained: the category is what the model was trained on, so that what its training measured counts.
    """
    if entry is None:
        return {}
    here = os.path.realpath(place)
    if measured := st.session_state.get(_MEASURED, {}).get((str(entry.path), here)):
        return dict(measured)
    try:
        known = results(entry.path)
    except NNetError:
        return {}
    if not trained:
        known = [one for one in known if os.path.realpath(str(one["data"].get("source", ""))) == here]
    return next(iter(known[0]["scores"].values())) if known else {}


def _row(category: str, entry: ModelEntry | None, metrics: Metrics) -> Mapping[str, str]:
    if entry is None:
        return words.category_row(category, "", metrics, "")
    return words.category_row(category, entry.title, metrics, model_words.at_its_threshold(parts.decided(entry)))
