"""What can go wrong with an export, in words."""

from nnet.errors import NNetError


class ExportError(NNetError):
    """A model that cannot be exported as asked, or an exported one that cannot be run."""
