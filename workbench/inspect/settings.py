"""What the visitor has set on the Inspect page: the score's expression, the chosen pixel, the threshold.

Each can be changed in more than one way (on a diagram, by a widget, from a table), so none of them is a widget's own
value; all stand in the address.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from nnet.expression import ExpressionError, parse
from nnet.scoring import circuit, judge
from nnet.scoring.calibration import Reference
from nnet.scoring.judge import OWN, Judgement
from workbench.inspect import words
from workbench.shared import session
from workbench.shared.resources import Model

_SCORE, _EXPRESSION, _LAST = "score", "expression", "last_expression"
_PIXEL, _PIXEL_OF, _THRESHOLD = "pixel", "pixel_of", "threshold"
_PEAK = "peak"
_STEPS_PER_DECADE = 40
_FACTOR_LIMITS = (1e-9, 1e9)

# -------------------------------------------------------------------------------------------------- the expression


@dataclass(frozen=True)
class Chosen:
    """What the score is made of: a valid `expression`, and what is wrong with the written one, if it is."""

    expression: str
    error: ExpressionError | None = None


def remember_expression(model: Model) -> Chosen:
    """The expression that is set; call it before the widgets of the keys "score" and "expression"."""
    presets = circuit.presets(model.detector.config)
    first = next(iter(presets))
    session.remember(_SCORE, first, session.one_of([*presets, OWN]))
    if st.session_state[_SCORE] != OWN:
        st.query_params.pop(_EXPRESSION, None)
        chosen = Chosen(presets[st.session_state[_SCORE]])
        st.session_state[_EXPRESSION] = chosen.expression
    else:
        session.remember(_EXPRESSION, presets[first], str)
        chosen = _read(model, st.session_state[_EXPRESSION], presets[first])
    st.session_state[_LAST] = chosen.expression
    return chosen


def _read(model: Model, written: str, first: str) -> Chosen:
    try:
        return Chosen(judge.check(model.detector.config, written).text)
    except ExpressionError as error:
        last = st.session_state.get(_LAST, first)
        fits = set(parse(last).maps) <= set(model.detector.config.maps)
        return Chosen(last if fits else first, error)


def set_expression(model: Model, expression: str) -> None:
    """Score by this expression from the next run on."""
    names = {text: name for name, text in circuit.presets(model.detector.config).items()}
    st.session_state[_SCORE] = names.get(expression, OWN)
    st.session_state[_EXPRESSION] = expression


def preset_chosen() -> None:
    """A callback. Who wants an expression of his own goes on from the one that was shown."""
    if st.session_state[_SCORE] == OWN:
        st.session_state[_EXPRESSION] = st.session_state[_LAST]


def expression_written(model: Model) -> None:
    """A callback. What was written is brought into canonical form; what cannot be read stays as it is."""
    try:
        set_expression(model, judge.check(model.detector.config, st.session_state[_EXPRESSION]).text)
    except ExpressionError:
        st.session_state[_SCORE] = OWN


def circuit_edited(model: Model, change: str, target: str) -> None:
    """A press on the diagram; see `nnet.scoring.circuit.edit`. A callback."""
    _changed(model, lambda expression: circuit.edit(expression, change, target))


def maps_chosen(model: Model) -> None:
    """The maps of the widget "maps_used" are the ones to use. A callback."""
    _changed(model, lambda expression: circuit.with_maps_used(expression, st.session_state["maps_used"]))


def _changed(model: Model, change: Callable[[str], str | None]) -> None:
    try:
        changed = change(st.session_state[_LAST])
    except ExpressionError as error:
        st.toast(str(error), icon=":material/info:")
        return
    if changed is None:
        st.toast(words.NO_MAP_LEFT, icon=":material/info:")
        return
    set_expression(model, changed)


# ---------------------------------------------------------------------------------------------------- the threshold


def remember_threshold(judged: Judgement) -> Judgement:
    """The judgement under the threshold that is set.

    It is kept as a multiple of the calibrated one, so that it means the same under another expression or model.
    """
    session.remember(_THRESHOLD, 1.0, _factor)
    factor = st.session_state[_THRESHOLD]
    return judged if factor == 1 else replace(judged, reference=with_factor(judged.reference, factor))


def with_factor(reference: Reference, factor: float) -> Reference:
    """The reference with its threshold multiplied."""
    return reference.with_threshold(factor * reference.threshold)


def threshold_factor() -> float:
    """The threshold as a multiple of the calibrated one."""
    return st.session_state[_THRESHOLD]


def set_threshold(factor: float) -> None:
    """Set the threshold, as a multiple of the calibrated one. Also serves as a callback."""
    st.session_state[_THRESHOLD] = factor


def _factor(written: str) -> float:
    """A reader for `state.remember`."""
    factor = float(written)
    if not _FACTOR_LIMITS[0] <= factor <= _FACTOR_LIMITS[1]:  # also refuses NaN
        raise ValueError
    return factor


def threshold_factors(calibrated: Reference, value: float, current: float) -> list[float]:
    """The stops of the threshold's slider, equally spaced in the logarithm, as multiples of the calibrated threshold.

    They reach beyond the scores of all held-out normal images and of the image at hand, and contain 1 and `current`.
    """
    if calibrated.threshold <= 0:
        return sorted({1.0, current})
    scores = np.array([*calibrated.scores, value, calibrated.threshold * current, calibrated.threshold])
    steps = _STEPS_PER_DECADE * np.log10(scores[scores > 0] / calibrated.threshold)
    low, high = math.floor(steps.min()) - 2, math.ceil(steps.max()) + 2
    grid = {float(f"{10 ** (step / _STEPS_PER_DECADE):.4g}") for step in range(low, high + 1)}
    return sorted(grid | {1.0, current})
