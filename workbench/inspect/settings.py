"""Every setting of the Inspect page, with its default and reader; the URL keeps them all.

The score's expression, the chosen pixel and the threshold can each be changed in more than one way (on a diagram, by a
widget, from a table), so none of them is a widget's own value.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from nnet.expression import Expression, ExpressionError
from nnet.scoring import circuit, judge
from nnet.scoring.calibration import Reference
from nnet.scoring.judge import OWN, Judgement
from workbench.inspect import words
from workbench.inspect.compare import words as compare_words
from workbench.inspect.defect import words as defect_words
from workbench.shared import units
from workbench.shared.resources import Model
from workbench.shared.settings import Setting, one_of, whole_number, yes_or_no

_PAGE = "inspect"
_STEPS_PER_DECADE = 40
_FACTOR_LIMITS = (1e-9, 1e9)


def _factor(written: str) -> float:
    factor = float(written)
    if not _FACTOR_LIMITS[0] <= factor <= _FACTOR_LIMITS[1]:  # also refuses NaN
        raise ValueError
    return factor


SCORE: Setting[str] = Setting(_PAGE, "score", None, str)
"""The preset whose expression makes the score, or OWN; the model's first one unless the visitor chooses."""
EXPRESSION: Setting[str] = Setting(_PAGE, "expression", None, str)
"""What the visitor wrote, if the score is his own."""
THRESHOLD = Setting(_PAGE, "threshold", 1.0, _factor)
"""As a multiple of the calibrated one, so that it means the same under another expression or model."""
SCALE = Setting(_PAGE, "scale", "fixed", one_of(words.SCALES))
OUTLINE = Setting(_PAGE, "outline", True, yes_or_no)
VIEW = Setting(_PAGE, "view", "pixel", one_of(words.SECTIONS))
"""The closer look that is chosen."""
WIPE = Setting(_PAGE, "wipe", 50, whole_number(0, 100))
"""Position of the line between the students' scores, in percent."""

AGAINST: Setting[str] = Setting(_PAGE, "against", None, str)
"""The second model's name; the first other one that is listed unless the visitor chooses."""
BESIDE = Setting(_PAGE, "beside", "wipe", one_of(compare_words.LAYOUTS))
COMPARE_WIPE = Setting(_PAGE, "compare_wipe", 50, whole_number(0, 100))
"""Position of the line between the models' overlays, in percent."""

# ----------------------------------------------------------------------------------------------- your own defect

WAY = Setting(_PAGE, "studio", "place", one_of(defect_words.WAYS))
KIND = Setting(_PAGE, "defect", "scratch", one_of(defect_words.KINDS))
SHOWN = Setting(_PAGE, "studio_show", "heatmap", one_of(defect_words.SHOWN))
EDGE = Setting(_PAGE, "studio_edge", True, yes_or_no)
"""Whether the defect is outlined."""
AXIS: Setting[str] = Setting(_PAGE, "dose", None, one_of(defect_words.AXES))
"""Along what a dose-response is measured; the first that the defect has unless the visitor chooses."""


class Dial:
    """A slider of a placed defect: a number from `low` to `high` in steps of `step`, shown with its `unit`.

    `size` is what the slider's value is divided by for the defect: 100 for a percentage.
    """

    def __init__(self, name: str, start: float, bounds: tuple[float, float, float], unit: str, size: int = 1) -> None:
        self.low, self.high, self.step = bounds
        self.unit, self.size = unit, size
        self.setting = Setting(_PAGE, f"defect_{name}", start, self.read)

    def read(self, written: str) -> float:
        """A number within the bounds, brought to a multiple of the step; ValueError for any other."""
        value = float(written)
        if not self.low <= value <= self.high:
            raise ValueError
        return type(self.low)(self.low + round((value - self.low) / self.step) * self.step)


_PLACE = (0.0, 100.0, 0.5)
DIALS = {
    "x": Dial("x", 50.0, _PLACE, "%.1f %%", 100),
    "y": Dial("y", 50.0, _PLACE, "%.1f %%", 100),
    "size": Dial("size", 30, (2, 100, 1), "%d %%", 100),
    "contrast": Dial("contrast", 80, (0, 100, 5), "%d %%", 100),
    "angle": Dial("angle", 30, (0, 175, 5), "%d°"),
    "from_x": Dial("from_x", 25.0, _PLACE, "%.1f %%", 100),
    "from_y": Dial("from_y", 25.0, _PLACE, "%.1f %%", 100),
    "seed": Dial("seed", 0, (0, 99, 1), "%d"),
}
"""By the name of the field of `nnet.data.Defect` or `CutPaste` that they set."""

# -------------------------------------------------------------------------------------------------- the expression

_LAST = "last_expression"


@dataclass(frozen=True)
class Chosen:
    """What the score is made of: a valid `expression`, and what is wrong with the written one, if it is."""

    expression: Expression
    error: ExpressionError | None = None


def remember_expression(model: Model) -> Chosen:
    """The expression that is set; call it before the widgets of SCORE and EXPRESSION."""
    presets = circuit.presets(model.detector.config)
    first = next(iter(presets))
    name = SCORE.remember(first, one_of([*presets, OWN]))
    if name != OWN:
        chosen = Chosen(presets[name])
        EXPRESSION.set(chosen.expression.text)
        EXPRESSION.remember(chosen.expression.text)
    else:
        chosen = _read(model, EXPRESSION.remember(presets[first].text), presets[first])
    st.session_state[_LAST] = chosen.expression
    return chosen


def _read(model: Model, written: str, first: Expression) -> Chosen:
    try:
        return Chosen(judge.check(model.detector.config, written))
    except ExpressionError as error:
        last = st.session_state.get(_LAST, first)
        fits = set(last.maps) <= set(model.detector.config.maps)
        return Chosen(last if fits else first, error)


def set_expression(model: Model, expression: Expression) -> None:
    """Score by this expression from the next run on."""
    names = {preset: name for name, preset in circuit.presets(model.detector.config).items()}
    SCORE.set(names.get(expression, OWN))
    EXPRESSION.set(expression.text)


def preset_chosen() -> None:
    """A callback. An expression of one's own starts from the one that was shown."""
    if SCORE.value == OWN:
        EXPRESSION.set(st.session_state[_LAST].text)


def expression_written(model: Model) -> None:
    """A callback. What was written is brought into canonical form; what cannot be read stays as it is."""
    try:
        set_expression(model, judge.check(model.detector.config, EXPRESSION.value))
    except ExpressionError:
        SCORE.set(OWN)


def circuit_edited(model: Model, change: str, target: str) -> None:
    """A press on the diagram; see `nnet.scoring.circuit.edit`. A callback."""
    _changed(model, lambda expression: circuit.edit(expression, change, target))


def maps_chosen(model: Model, used: Sequence[str]) -> None:
    """These maps are the ones to use. A callback."""
    _changed(model, lambda expression: circuit.with_maps_used(expression, used))


def _changed(model: Model, change: Callable[[Expression], Expression | None]) -> None:
    try:
        changed = change(st.session_state[_LAST])
    except ExpressionError as error:
        st.toast(units.plain(str(error)), icon=":material/info:")
        return
    except ValueError:  # no press on the diagram says so
        return
    if changed is None:
        st.toast(words.NO_MAP_LEFT, icon=":material/info:")
        return
    set_expression(model, changed)


# ---------------------------------------------------------------------------------------------------- the threshold


def remember_threshold(judged: Judgement) -> Judgement:
    """The judgement under the threshold that is set."""
    return with_factor(judged, THRESHOLD.remember())


def with_factor(judged: Judgement, factor: float) -> Judgement:
    """The judgement with its threshold multiplied; the same object for a factor of 1."""
    if factor == 1:
        return judged
    return replace(judged, reference=judged.reference.with_threshold(factor * judged.reference.threshold))


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
