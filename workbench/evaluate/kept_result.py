"""The results that the model's checkpoint keeps, so that the page opens on one without measuring."""

from collections.abc import Sequence

import streamlit as st

from nnet.analysis import stored
from nnet.analysis.stored import Stored
from nnet.expression import Expression
from nnet.saved.errors import CheckpointError
from workbench.evaluate import scored, words
from workbench.evaluate.scene import Pictures, Scene
from workbench.evaluate.settings import KEPT
from workbench.shared import model_data, units
from workbench.shared.controls import choose
from workbench.shared.data_choice import Chosen
from workbench.shared.resources import Model


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


def scene(model: Model, found: Stored, first: str, chosen: Chosen | None) -> Scene:
    """It as the page's scene.

    Args:
        first: the chosen score.
        chosen: the data set, if it is open.
    """
    spec = chosen.spec if chosen else model_data.place(model.detector.checkpoint.path, found.data)
    name = str(found.data.get("name", ""))
    pictures = Pictures(name, found.sha256, spec, found.keys, found.labels, stored=found.created)
    every = scored.of_stored((model.key, pictures.key, 0), found)
    return Scene(model, pictures, tuple(sorted(every, key=lambda one: one.result.expression.text != first)))
