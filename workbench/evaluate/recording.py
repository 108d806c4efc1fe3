"""Keeping what was measured with the model, so that its part shows it and a reload does not lose it."""

import streamlit as st

from nnet.analysis import evaluation, stored
from nnet.errors import NNetError
from nnet.saved import kept_scores
from nnet.saved.checkpoint import add_evaluation
from workbench.evaluate.scene import Scene, measured_just_now
from workbench.shared import hosting, resources, units
from workbench.shared.resources import Model

_RECORDED = "evaluate_recorded_results"


def by_itself(scene: Scene) -> bool:
    """Keep a complete measurement with a model that was trained here, once; whether that was done just now."""
    key = scene.model.network_key, scene.pictures.hash, tuple(one.expression for one in scene.results)
    done: set[tuple[object, ...]] = st.session_state.setdefault(_RECORDED, set())
    if key in done or not is_own(scene.model) or not is_complete(scene):
        return False
    done.add(key)
    try:
        keep(scene)
    except NNetError as error:
        st.warning(units.plain(str(error)), icon=":material/save:")
        return False
    return True


def is_own(model: Model) -> bool:
    """Whether a model lies in the folder of runs. Others, which somebody else may use, are changed by a press alone
    (`download`); in a shared demo nobody changes a model."""
    path = model.detector.checkpoint.path.resolve()
    return not hosting.is_shared() and path.is_relative_to(resources.runs_folder().resolve())


def keep(scene: Scene) -> None:
    """Write metrics and scores into the model's files. Raises nnet.errors.NNetError where that cannot be."""
    evidence, dataset = measured_just_now(scene)
    checkpoint = scene.model.detector.checkpoint
    known = {one.result.expression.text: (one.intervals, one.near) for one in scene.scored}
    entry, pictures = stored.account(dataset, evidence, scene.results, checkpoint, known)
    add_evaluation(checkpoint.path, evaluation.with_origin(entry, checkpoint))
    kept_scores.add(checkpoint.path, pictures)


def is_complete(scene: Scene) -> bool:
    """Whether every labelled picture of the set was looked at."""
    evidence, dataset = measured_just_now(scene)
    return evidence.done == len(evaluation.labelled(dataset))
