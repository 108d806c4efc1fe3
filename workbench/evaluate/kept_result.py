"""The results that the model's checkpoint keeps, so that the page opens on one without measuring."""

import os
from collections.abc import Sequence

import streamlit as st

from nnet.analysis import stored
from nnet.analysis.stored import Stored
from nnet.expression import Expression
from nnet.saved.errors import CheckpointError
from workbench.evaluate import scored, words
from workbench.evaluate.scene import Pictures, Scene
from workbench.evaluate.settings import DATA, KEPT
from workbench.shared import data_choice, hosting, model_data, units
from workbench.shared.controls import choose
from workbench.shared.data_choice import Chosen
from workbench.shared.resources import Model

_OPENED = "evaluate_opened"
"""Key of where the data sets lie that this visit opened: SHA-256 -> specification."""


def of(model: Model) -> list[Stored]:
    """Those of this model, its own data's first; a damaged file is said and changes nothing else."""
    try:
        return stored.read(model.detector.checkpoint)
    except CheckpointError as error:
        st.warning(units.plain(str(error)), icon=":material/broken_image:")
        return []


def chosen_one(found: Sequence[Stored]) -> Stored:
    """Which of several is looked at."""
    if len(found) == 1:
        return found[0]
    names = {one.sha256: units.cut(words.kept_name(one.data), 100) for one in found}
    name = choose(KEPT, names, label=words.KEPT_RESULT, kind="list")
    return next(one for one in found if one.sha256 == name)


def expressions(found: Stored) -> list[Expression]:
    """The scores that it holds."""
    return [one.expression for one in found.results]


def _place(model: Model, found: Stored) -> str:
    """Where its pictures lie, "" where they are not at hand: also what this visit opened is."""
    checkpoint = model.detector.checkpoint
    own = checkpoint.about.get("data")
    is_own = isinstance(own, dict) and own.get("sha256") == found.sha256
    return model_data.place(checkpoint.path, found.data, is_own=is_own) or _opened_before(found.sha256)


def note_opened(chosen: Chosen) -> None:
    """Remember where a data set lies that this visit opened, since a result of it may be looked at later."""
    st.session_state.setdefault(_OPENED, {})[chosen.hash] = chosen.spec


def _opened_before(sha256: str) -> str:
    place: str = st.session_state.get(_OPENED, {}).get(sha256, "")
    return place if os.path.exists(place) else ""


def tell_lost(scene: Scene) -> None:
    """Say that the pictures of a result are not at hand, and offer to open them again."""
    source = scene.pictures.source
    is_folder = os.path.isabs(source) and not hosting.is_shared()
    st.info(words.lost(scene.pictures.name, source), icon=":material/no_photography:")
    choice = data_choice.FOLDER if is_folder else data_choice.IMAGES if source == data_choice.SENT else data_choice.ZIP
    st.button(words.OPEN_AGAIN, "open_again", None, DATA.set, (choice,), icon=":material/folder_open:")


def scene(model: Model, found: Stored, first: str, chosen: Chosen | None) -> Scene:
    """It as the page's scene.

    Args:
        first: the chosen score.
        chosen: the data set, if it is open.
    """
    spec = chosen.spec if chosen else _place(model, found)
    name = str(found.data.get("name", ""))
    source = str(found.data.get("source", ""))
    pictures = Pictures(
        name, found.sha256, spec, found.keys, found.labels, None, found.created, found.other_kind, source
    )
    every = scored.of_stored((model.key, pictures.key, 0), found)
    return Scene(model, pictures, tuple(sorted(every, key=lambda one: one.result.expression.text != first)))
