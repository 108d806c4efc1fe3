"""Of a picture that lies mostly above the threshold: the same share and the same sentence in every program.

The decision stays what it is. A picture of another kind is recognised by its features (`nnet.scoring.kind`); this tells
those that are not.
"""

import numpy as np

from nnet.units import percent

SHARE = 0.5
"""From this share of pixels above the threshold on, a picture is called unfamiliar."""


def share_above(score: np.ndarray, threshold: float) -> float:
    """Share of the pixels of a score map that lie above the threshold, 0..1."""
    return float(np.mean(score > threshold))


def unfamiliar(share: float) -> str:
    """What it means when this share of a picture is above the threshold; "" up to `SHARE`."""
    if share <= SHARE:
        return ""
    return (
        f"{percent(share)} of the picture is above the threshold. This is probably not the kind of picture the model "
        "was trained on, so the heatmap tells you little about defects."
    )
