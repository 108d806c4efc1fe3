"""Inspect, threshold and regions: what lies above the threshold, as a table and as numbers in the pictures."""

import pandas as pd
import streamlit as st

from nnet.scoring.regions import Region, find_regions
from workbench.components.linked_pictures import Badge
from workbench.inspect import threshold, words
from workbench.inspect.scene import Scene
from workbench.shared import chosen_pixel
from workbench.shared.controls import row_chosen

LISTED = 50
"""Most regions in the table."""
_NUMBERED = 9  # regions that get their number in the pictures; more would cover what they point at
_NUMBERS = (*words.REGION_COLUMNS[1:4], words.REGION_COLUMNS[-1])


def _found(scene: Scene) -> list[Region]:
    """The regions above the threshold that is set, the highest peak first."""
    return find_regions(scene.judged.score, scene.judged.reference.threshold, scene.loaded.image.shape)


def badges(scene: Scene) -> list[Badge]:
    """The numbers of the first regions, where the pictures outline them."""
    if scene.view.edge is None:
        return []
    found = _found(scene)[:_NUMBERED]
    return [Badge(region.top, region.top_x, str(number)) for number, region in enumerate(found, 1)]


def section(scene: Scene) -> None:
    threshold.draw(scene)
    _regions(scene)


def _regions(scene: Scene) -> None:
    found = _found(scene)
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
    pixel = row_chosen("regions", st.session_state["regions_shown"])
    if pixel is not None:
        chosen_pixel.choose(*pixel)
