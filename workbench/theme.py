"""Every colour of the workbench, in one place. The page's own colours stand in .streamlit/config.toml."""

from __future__ import annotations

from functools import cache

import numpy as np
from plotly.colors import sequential

# Perceptually uniform, readable in print and with every common kind of colour blindness; cividis was made for it.
_STOPS = {
    "inferno": sequential.Inferno,
    "viridis": sequential.Viridis,
    "cividis": sequential.Cividis,
    "magma": sequential.Magma,
}
COLOUR_MAPS = tuple(_STOPS)
DEFAULT_COLOUR_MAP = "inferno"

NORMAL = "#2a7fb8"
"""Normal images, in charts. Blue and orange stay apart for colour-blind eyes, and both read on white and on black."""
ANOMALOUS = "#e0702a"
"""The image at hand when it is anomalous."""
THRESHOLD = "#8a8f98"
"""The decision threshold: a neutral line that is neither good nor bad."""
OUTLINE = (255, 255, 255)
"""Edge of the region above the threshold, drawn on an overlay."""

BADGES = {True: "orange", False: "blue"}
"""Streamlit's colour names for the decision: anomalous, normal."""


@cache
def lookup_table(name: str) -> np.ndarray:
    """A colour map as 256 colours from low to high, uint8 (256, 3), read-only.

    It runs straight between the stops of Plotly's scale of that name, so that downloads look like the charts.

    Raises:
        KeyError: no colour map has that name.
    """
    stops = np.array([_channels(code) for code in _STOPS[name]], float)
    at = np.linspace(0, len(stops) - 1, 256)
    channels = [np.interp(at, np.arange(len(stops)), stops[:, c]) for c in range(3)]
    table = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    table.flags.writeable = False
    return table


def plotly_scale(name: str) -> list[list[object]]:
    """The same colour map as Plotly wants it: [[0, "rgb(...)"], ..., [1, "rgb(...)"]].

    Not in hexadecimal: Streamlit takes #000001 to #000010 for placeholders of its theme's colours, and inferno
    begins with #000004.
    """
    stops = _STOPS[name]
    return [[i / (len(stops) - 1), "rgb({}, {}, {})".format(*_channels(code))] for i, code in enumerate(stops)]


def css_gradient(name: str) -> str:
    """The same colour map as a CSS background, low on the left."""
    return f"linear-gradient(to right, {', '.join(_STOPS[name])})"


def _channels(code: str) -> tuple[int, int, int]:
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)
