"""The errors of this package, and how a file is called in them."""

from nnet.errors import NNetError


class DataError(NNetError, ValueError):
    """A data set that cannot be opened or read as it is; the message names the file or folder."""


class ImageError(NNetError, ValueError):
    """A file or array that cannot be used as an image; the message is one sentence for the user."""


def shown(name: str) -> str:
    """The name as it may stand in a sentence: printable, and short enough to read."""
    printable = "".join(char if char.isprintable() else "?" for char in name)
    return printable if len(printable) <= 80 else f"{printable[:50]}...{printable[-25:]}"
