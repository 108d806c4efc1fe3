"""The home page's wording. Knows no Streamlit."""

from __future__ import annotations

from nnet.scoring.calibration import Reference
from workbench.shared import units
from workbench.shared import words as shared_words

ABOUT = (
    "Show it a picture of a part, and it marks whatever does not look like the good parts it has learned from. It has "
    "never seen a defect. A frozen teacher network and two students, which know only normal images, disagree where "
    "something is new; that disagreement is the heatmap."
)
HEATMAP_TITLE = "Where it does not look like the good ones"
HEATMAP_ALT = "The same picture with its heatmap"
HOW_TO_READ = (
    "What to look for: outlined regions score above the threshold. Colours mean the same in every picture, so a good "
    "part stays clear."
)
NETWORK_TITLE = "What the network does with this picture"
TRY_IT = "Try it"


def score(value: float) -> str:
    """The image score, before the badge that says the decision."""
    return f"Score {units.number(value)}"


def decided(reference: Reference, value: float) -> str:
    """Why the picture got its decision."""
    return f"It {shared_words.rank(reference, value)}. {shared_words.threshold(reference)}"
