"""Whether what a heatmap marks is where the defect is: a picture may be flagged for something else that it shows."""

import numpy as np
from scipy import ndimage

MARGIN = 1 / 32
"""How far beside the mask a marked region may lie, as a share of the network input's side: a cell of the deepest
features, which find a defect no more exactly than that."""


def highest_near(score: np.ndarray, mask: np.ndarray, margin: float) -> float:
    """The highest score on a defect or beside it; NaN for a mask that marks nothing.

    Above the threshold, a marked region touches the defect. At or below it, whatever is marked lies elsewhere.

    Args:
        score: (h, w).
        mask: bool (H, W) of the same picture, in whatever size.
        margin: in cells of `score`.
    """
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return float("nan")
    near = np.zeros(score.shape, bool)  # a defect smaller than a cell marks the cell that it lies in
    near[rows * score.shape[0] // mask.shape[0], columns * score.shape[1] // mask.shape[1]] = True
    return float(score[ndimage.distance_transform_edt(~near) <= margin].max())
