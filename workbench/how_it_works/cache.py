"""What the model answered, kept for all sessions."""

from nnet.analysis.story import Finding
from workbench.shared import resources
from workbench.shared.cache import BoundedCache

FINDINGS: BoundedCache[tuple[object, ...], Finding] = BoundedCache(64 * resources.MEBIBYTE, lambda f: f.nbytes + 1000)
"""By model, picture and step: at most some hundred kB each."""
