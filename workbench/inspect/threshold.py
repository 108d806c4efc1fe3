"""Inspect, threshold: the histogram of normal scores with the threshold on it, and what it would flag."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from nnet.scoring.calibration import Reference
from nnet.units import SMALLEST
from workbench.components import threshold_histogram
from workbench.inspect import settings, words
from workbench.inspect.scene import Scene
from workbench.shared import controls, theme
from workbench.shared import words as shared_words

_BINS, _HEIGHT = 28, 190


def draw(scene: Scene) -> None:
    left, right = st.columns((3, 2), gap="medium")
    with left:
        _control(scene)
    with right:
        _said(scene)


def _control(scene: Scene) -> None:
    calibrated = scene.model.detector.calibration.for_expression(scene.expression)
    value = scene.judged.value
    factor = settings.THRESHOLD.value
    factors = settings.threshold_factors(calibrated, value, factor)
    st.markdown(f"**{words.normals_title(calibrated.n)}**")
    threshold_histogram.draw(
        "normals",
        histogram(calibrated, factors, factor, value),
        lambda chosen: settings.THRESHOLD.set(nearest_factor(calibrated, factors, chosen)),
    )
    st.select_slider(
        words.THRESHOLD_LABEL,
        factors,
        factor,
        **controls.following("threshold_slider", factor, settings.THRESHOLD.set),
        help=words.threshold_help(calibrated),
        format_func=words.threshold_step,
    )
    st.caption(words.NORMALS_HINT)


def histogram(calibrated: Reference, factors: Sequence[float], factor: float, value: float) -> dict[str, object]:
    """The held-out normal images' scores with both thresholds and this image, for `threshold_histogram.draw`.

    Args:
        calibrated: the reference with the threshold that comes with the model.
        factors: what that threshold can be multiplied by, rising; the axis reaches from the first to the last.
        factor: the one that is chosen.
        value: this image's score.
    """
    thresholds = [one * calibrated.threshold for one in factors]
    kept = np.searchsorted(np.sort(calibrated.scores), thresholds, side="right")
    stops = [
        threshold_histogram.Stop(at, words.threshold_step(one), *words.sides(n, calibrated.n))
        for one, at, n in zip(factors, thresholds, map(int, kept), strict=True)
    ]
    first = max(thresholds[0], SMALLEST)
    last = thresholds[-1] if thresholds[-1] > first else 10 * first  # scores of nothing but 0 span nothing
    shown = threshold_histogram.data(
        [threshold_histogram.Group(words.HELD_OUT, theme.NORMAL, np.asarray(calibrated.scores), "right")],
        np.geomspace(first, last, _BINS + 1),
        stops,
        factor * calibrated.threshold,
        label=shared_words.verdict(calibrated, value),
        mark=(words.this_image(calibrated.multiple(value)), value),
        reference=(words.CALIBRATED, calibrated.threshold),
    )
    return shown | {"height": _HEIGHT}


def nearest_factor(calibrated: Reference, factors: Sequence[float], threshold: float) -> float:
    """The factor whose threshold is the given one."""
    return min(factors, key=lambda factor: abs(factor * calibrated.threshold - threshold))


def _said(scene: Scene) -> None:
    reference = scene.judged.reference
    st.markdown(words.would_flag(reference.scores.tolist(), reference.threshold))
    st.markdown(shared_words.threshold(reference))
    st.button(
        words.BACK_TO_CALIBRATED,
        icon=":material/restart_alt:",
        on_click=settings.THRESHOLD.set,
        args=(1.0,),
        disabled=settings.THRESHOLD.value == 1,
    )
