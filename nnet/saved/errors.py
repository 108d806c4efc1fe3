"""The error of this package."""

from nnet.errors import NNetError


class CheckpointError(NNetError):
    """The directory is no checkpoint, or is damaged, incomplete, or from a newer version."""
