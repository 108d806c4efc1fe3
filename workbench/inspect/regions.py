"""Inspect, threshold and regions: the histogram of normal scores with the threshold on it, and what lies above."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from nnet.scoring.calibration import Reference
from nnet.scoring.judge import Judgement
from nnet.scoring.regions import Region, find_regions
from nnet.units import SMALLEST
from workbench.components import threshold_histogram
from workbench.inspect import settings, words
from workbench.inspect.scene import Scene
from workbench.shared import chosen_pixel, theme
from workbench.shared import words as shared_words

LISTED = 50
"""Most regions in the table."""
_BINS, _HEIGHT = 28, 190
_NUMBERS = (*words.REGION_COLUMNS[1:4], words.REGION_COLUMNS[-1])


def regions_of(judged: Judgement, shape: tuple[int, ...]) -> list[Region]:
    """The regions above the threshold that is set, the highest peak first."""
    return find_regions(judged.score, judged.reference.threshold, shape)


def section(scene: Scene) -> None:
    left, right = st.columns((3, 2), gap="medium")
    with left:
        _threshold(scene)
    with right:
        _words(scene)
    _regions(scene)


def _threshold(scene: Scene) -> None:
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
    st.session_state["threshold_slider"] = factor
    st.select_slider(
        words.THRESHOLD_LABEL,
        factors,
        key="threshold_slider",
        on_change=_moved,
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


def _moved() -> None:
    settings.THRESHOLD.set(st.session_state["threshold_slider"])


def _words(scene: Scene) -> None:
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


def _regions(scene: Scene) -> None:
    found = regions_of(scene.judged, scene.loaded.image.shape)
    st.markdown(f"**{words.REGIONS_TITLE}**")
    st.markdown(words.regions_found(len(found), scene.judged.share_above))
    if not found:
        return
    st.session_state["regions_shown"] = [(region.x, region.y) for region in found[:LISTED]]
    st.dataframe(
        table(found[:LISTED], scene.judged.reference.threshold),
        hide_index=True,
        key="regions",
        on_select=_row_chosen,
        selection_mode="single-row",
        column_config={
            name: st.column_config.NumberColumn(format=form)
            for name, form in zip(_NUMBERS, ("%.2f", "localized", "%.2f %%", "%.4g"), strict=True)
        },
    )
    st.caption(words.regions_hint(min(LISTED, len(found)), len(found)))


def table(regions: list[Region], threshold: float) -> pd.DataFrame:
    """One row per region; boxes and positions in pixels of the image."""
    columns = (
        range(1, len(regions) + 1),
        [region.peak / threshold if threshold > 0 else float("nan") for region in regions],
        [round(region.area) for region in regions],
        [100 * region.share for region in regions],
        [f"{region.left}–{region.right}" for region in regions],
        [f"{region.top}–{region.bottom}" for region in regions],
        [f"{region.x}, {region.y}" for region in regions],
        [region.peak for region in regions],
    )
    return pd.DataFrame(dict(zip(words.REGION_COLUMNS, columns, strict=True)))


def _row_chosen() -> None:
    rows = st.session_state["regions"]["selection"]["rows"]
    if rows:
        chosen_pixel.choose(*st.session_state["regions_shown"][rows[0]])
