"""Whether what a model marks on a labelled picture is its defect."""

import numpy as np

from nnet.analysis.evaluation import Evidence, pixel_scores
from nnet.expression import Expression
from nnet.scoring.places import MARGIN, highest_near


def near_defects(evidence: Evidence, expression: Expression) -> np.ndarray | None:
    """Of every image the highest score on its defect or beside it (`nnet.scoring.places`), (n,) float64; NaN where no
    defect is known, None where that is so of all."""
    if not evidence.has_masks:
        return None
    pixels, found = pixel_scores(evidence, expression), np.full(len(evidence), np.nan)
    for i, mask in enumerate(evidence.masks):
        if mask is not None and len(mask.index):
            defect = np.zeros(mask.shape, bool)
            defect.flat[mask.index] = True
            seen = pixels[i, : mask.shape[0], : mask.shape[1]]
            found[i] = highest_near(seen, defect, evidence.size * MARGIN)
    return found


def misplaced(scores: np.ndarray, near: np.ndarray | None, threshold: float) -> np.ndarray:
    """Which images are flagged for something else than their known defect, bool (n,); none where no defect is known.

    Args:
        scores: of the images, (n,).
        near: as `near_defects` gives it.
    """
    if near is None:
        return np.zeros(len(scores), bool)
    found: np.ndarray = (scores > threshold) & (near <= threshold)  # never where it is NaN
    return found
