"""What the page has measured, kept for all sessions."""

import numpy as np

from nnet.analysis.evaluation import Evidence
from nnet.analysis.visibility import Response
from workbench.shared import resources
from workbench.shared.cache import BoundedCache

EVIDENCE: BoundedCache[tuple[str, str], Evidence] = BoundedCache(256 * resources.MEBIBYTE, lambda e: e.nbytes)
"""The maps of a model's test pictures, by model and place."""
MAPS: BoundedCache[tuple[str, str, str], dict[str, np.ndarray]] = BoundedCache(
    64 * resources.MEBIBYTE, lambda maps: sum(m.nbytes for m in maps.values())
)
"""The maps of single test pictures, by model, place and key."""
SEARCHED: BoundedCache[tuple[str, str], dict[str, np.ndarray]] = BoundedCache(16)
"""What the nearest-neighbour searches give, by model and place."""
SCRATCHES: BoundedCache[tuple[str, str, int], Response] = BoundedCache(12)
"""Scratches of growing length, by model, picture and contrast; about 1 MB each."""
