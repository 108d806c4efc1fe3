"""What the items of a model's memory stand for, kept for all sessions."""

from nnet.analysis.atlas import Atlas, from_tensors
from nnet.saved import checkpoint as checkpoints
from workbench.shared import resources
from workbench.shared.cache import BoundedCache
from workbench.shared.resources import Model

_ATLASES: BoundedCache[str, Atlas | None] = BoundedCache(resources.MODELS)
"""An atlas of 100 items takes 3 MB."""


def of(model: Model) -> Atlas | None:
    """What the items stand for, or None for a checkpoint without an atlas.

    Raises:
        nnet.saved.checkpoint.CheckpointError: the file is damaged.
    """

    def read() -> Atlas | None:
        tensors = checkpoints.load_atlas(model.detector.checkpoint)
        return None if tensors is None else from_tensors(tensors)

    return _ATLASES.of(model.key, read)
