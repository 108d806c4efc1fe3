"""Every colour of the workbench, in one place, and its style sheet. The page's own colours stand in
.streamlit/config.toml."""

from pathlib import Path

from nnet.scoring.overlay import COLOUR_MAPS, stops

STYLE = Path(__file__).with_name("style.css")
"""What the theme has no setting for, and the looks of HTML that Python writes."""
DEFAULT_COLOUR_MAP = COLOUR_MAPS[0]

NORMAL = "#2a7fb8"
"""Normal images, in charts. Blue and orange stay apart for colour-blind eyes, and both read on white and on black."""
ANOMALOUS = "#e0702a"
"""The image at hand when it is anomalous."""
THRESHOLD = "#8a8f98"
"""The decision threshold: a neutral line that is neither good nor bad."""
FORWARD, REVERSE = ANOMALOUS, NORMAL
"""S1, the copier, and S2, the rebuilder, where the two are told apart; the same two colours, for the same reason."""
BADGES = {True: "orange", False: "blue"}
"""Streamlit's colour names for the decision: anomalous, normal."""


def plotly_scale(name: str) -> list[list[object]]:
    """The same colour map as Plotly wants it: [[0, "rgb(...)"], ..., [1, "rgb(...)"]].

    Not in hexadecimal: Streamlit takes #000001 to #000010 for placeholders of its theme's colours, and inferno
    begins with #000004.
    """
    colours = stops(name)
    return [[i / (len(colours) - 1), "rgb({}, {}, {})".format(*colour)] for i, colour in enumerate(colours)]


def css_gradient(name: str) -> str:
    """The same colour map as a CSS background, low on the left."""
    return f"linear-gradient(to right, {', '.join('rgb({}, {}, {})'.format(*colour) for colour in stops(name))})"


DEFECT = "#19c8b9"
"""The outline of a defect that the visitor made: told apart from the white outline of what is flagged."""
SCALES = ("#2a7fb8", "#e0702a", "#8f6bc4")
"""The fine, middle and coarse scale, in charts with a line per map; the two directions differ in their dashes."""
PAPER = "#8f6bc4"
"""What the paper prints, beside what was measured here."""
OUTCOMES = {
    "holds": "blue",
    "does not hold": "orange",
    "within the spread": "gray",
    "one seed only": "gray",
    "not run": "gray",
    "cannot be measured": "gray",
    "not claimed": "gray",
}
"""Streamlit's colour names for what measurements say about a claim. Blue and orange, as for the decisions above."""
OF_BADGES = {"blue": NORMAL, "orange": ANOMALOUS, "gray": THRESHOLD}
"""The same colours in charts."""
