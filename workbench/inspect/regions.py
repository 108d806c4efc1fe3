"""Inspect, threshold and regions: what lies above the threshold, as a table and as numbers in the pictures."""

import pandas as pd
import streamlit as st

from nnet.scoring.judge import Judgement
from nnet.scoring.regions import Region, find_regions
from workbench.inspect import threshold, words
from workbench.inspect.scene import Scene
from workbench.shared import chosen_pixel

LISTED = 50
"""Most regions in the table."""
_NUMBERS = (*words.REGION_COLUMNS[1:4], words.REGION_COLUMNS[-1])


def regions_of(judged: Judgement, shape: tuple[int, ...]) -> list[Region]:
    """The regions above the threshold that is set, the highest peak first."""
    return find_regions(judged.score, judged.reference.threshold, shape)


def section(scene: Scene) -> None:
    threshold.draw(scene)
    _regions(scene)


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
