"""The home page's wording. Knows no Streamlit."""

from nnet.config import ModelConfig
from nnet.scoring.calibration import Reference
from nnet.scoring.maps import MAPS
from workbench.shared import words as shared_words

TITLE = shared_words.HOME.summary.rstrip(".")
ABOUT = "This network has seen good parts only. Scratch this one, and it shows where it no longer looks like them."
CANVAS = (
    "The part as a canvas. Draw with mouse or finger. With the keyboard: arrow keys move the brush, space draws a "
    "scratch, Ctrl+Z takes it back."
)
HEATMAP_ALT = "The part with its heatmap: bright where it does not look like the good ones"
NETWORK_TITLE = "What happens inside"
UNFAMILIAR = "Unfamiliar"
UNFAMILIAR_MEANS = (
    "Nearly all of it looks new, so this is probably another kind of part. Train a model on photos of good ones."
)
NO_PHOTO = "The browser sent no photo; choose the file again."
PHOTO = "Photo"
GATED = "Both students are compared with the teacher, S₁ behind gates, S₂ without them."
WIDER = "What is marked is wider than a scratch: the coarsest maps have {cells}, and the score is smoothed."
CLOSER, MEMORY, OWN = "Look closer at this picture", "See what its memory recalls", "Train on your own parts"


def rank(reference: Reference, value: float) -> str:
    """How the picture compares with good parts that the network was not trained on."""
    below = round(reference.percentile(value) / 100 * reference.n)
    if below == reference.n:
        return f"Higher than all {reference.n} good parts it was tried on."
    return f"Higher than {below} of {reference.n} good parts it was tried on."


def about_maps(config: ModelConfig) -> str:
    """What the maps compare where that differs between the students, and why a defect looks wide."""
    gated = [GATED] if config.forward and config.reverse and config.fpm else []
    coarsest = max(MAPS, key=lambda name: MAPS[name].stride)
    return " ".join([*gated, WIDER.format(cells=shared_words.cells(coarsest, config.size))])
