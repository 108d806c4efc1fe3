"""The six maps of a picture: what each scale made of it."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from nnet.scoring.maps import MAPS
from workbench.shared import pictures, resources, units
from workbench.when_it_fails import words
from workbench.when_it_fails.scene import Scene

_LEAST = 105
"""Least width of a map in pixels: three stand side by side on a phone."""


def draw(scene: Scene, maps: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> None:
    """Both maps of a scale side by side, from the fine one on, and which scale sees least.

    Args:
        maps: (h, w) each.
        shape: the picture's.
    """
    levels, scale = resources.normal_levels(scene.model), pictures.map_scale()
    reached = {name: units.multiple(float(maps[name].max()), levels[name]) for name in maps}
    with st.grid(len(maps), min_column_width=_LEAST, gap="small") as grid:
        for name in sorted(maps, key=lambda name: (MAPS[name].scale, MAPS[name].branch)):
            with grid.cell():
                caption = words.of_map(name, reached[name])
                tile = pictures.map_tile(maps[name], levels[name], shape, scale)
                st.image(tile, caption, width="stretch", alt=caption)
    st.html(pictures.colour_bar(scale))
    if "*" in scene.expression.text:
        st.markdown(words.least_at(*weakest(reached)))


def weakest(reached: Mapping[str, float]) -> tuple[int, float, float]:
    """The scale, 0 to 2, whose maps reach least, how far, and how far those of the next one: `reached` as multiples of
    their normal levels, of two scales at least."""
    scales = {MAPS[name].scale for name in reached}
    highest = {scale: max(value for name, value in reached.items() if MAPS[name].scale == scale) for scale in scales}
    least, following = sorted(highest, key=highest.__getitem__)[:2]
    return least, highest[least], highest[following]
