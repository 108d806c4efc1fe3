"""The error of this package."""

from nnet.errors import NNetError


class DataError(NNetError, ValueError):
    """A data set that cannot be opened or read as it is; the message names the file or folder."""
