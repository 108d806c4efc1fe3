"""The errors of this package, and how a file is called in them."""

from collections.abc import Sequence
from pathlib import Path

from nnet.errors import NNetError


class DataError(NNetError, ValueError):
    """A data set that cannot be opened or read as it is; the message names the file or folder."""


class SeveralCategories(DataError):
    """A folder that is not one data set, but holds several: their `names`, and where each lies in `places`, as for
    `nnet.data.open_dataset`."""

    def __init__(self, root: str | Path, names: Sequence[str]) -> None:
        self.names, self.places = tuple(names), tuple(str(Path(root) / name) for name in names)
        several = f"{len(names)} categories: {', '.join(names)}"
        found = several if len(names) > 1 else f"the category {names[0]} and others"
        super().__init__(
            f"{root} holds {found}. Name one, such as {self.places[0]}; train and evaluate take all with --each."
        )


class ImageError(NNetError, ValueError):
    """A file or array that cannot be used as an image; the message is one sentence for the user."""


def shown(name: str) -> str:
    """The name as it may stand in a sentence: printable, and short enough to read."""
    printable = "".join(char if char.isprintable() else "?" for char in name)
    return printable if len(printable) <= 80 else f"{printable[:50]}...{printable[-25:]}"
