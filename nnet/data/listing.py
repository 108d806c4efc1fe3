"""Listing folders in a stable order, whatever the file system gives, and no further than a budget allows.

>>> with budget(entries=100_000, seconds=20):                                               # doctest: +SKIP
...     dataset = open_dataset("/data/bottle")
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from nnet.data.errors import DataError
from nnet.data.images import IMAGE_SUFFIXES
from nnet.formats import MIB, FileFormat

LEFT_PACKED = ".not-unpacked.txt"
"""Lists, in a folder that was a ZIP, the files that stayed in it; hidden, so that it is no part of the data."""
LEFT_FORMAT = FileFormat(
    name=LEFT_PACKED,
    about="In a folder that was a ZIP, a line for each file that stayed in it.",
    error=DataError,
    remedy="Delete it.",
    most=64 * MIB,
)
IGNORED = frozenset({"__MACOSX", "@eaDir", "$RECYCLE.BIN", "Thumbs.db", "desktop.ini"})
_TICK_SECONDS = 0.2


@dataclass
class _Budget:
    """What may still be listed, and when it began (seconds)."""

    entries: int
    seconds: float
    tick: Callable[[int], None] | None
    seen: int = 0
    began: float = field(default_factory=time.monotonic)
    ticked: float = field(default_factory=time.monotonic)

    def spend(self, entries: int, folder: Path) -> None:
        self.seen += entries
        now = time.monotonic()
        if self.seen > self.entries or now - self.began > self.seconds:
            raise DataError(
                f"Reading stopped at {folder} after {self.seen:,} files and {now - self.began:.0f} seconds, since one "
                "data set is hardly that large. Name a folder nearer to its images."
            )
        if self.tick is not None and now - self.ticked > _TICK_SECONDS:
            self.ticked = now
            self.tick(self.seen)


_budget: ContextVar[_Budget | None] = ContextVar("budget", default=None)


@contextmanager
def budget(entries: int, seconds: float, tick: Callable[[int], None] | None = None) -> Iterator[None]:
    """Within it, listing folders raises DataError once it took more than so many files and folders, or so long.

    Args:
        tick: called about five times a second with the number seen so far; it may raise to stop the listing.
    """
    before = _budget.set(_Budget(entries, seconds, tick))
    try:
        with not_too_deep():
            yield
    finally:
        _budget.reset(before)


@contextmanager
def not_too_deep() -> Iterator[None]:
    """Within it, a thousand folders inside one another, which Python's own walks give up on, raise DataError."""
    try:
        yield
    except RecursionError as error:
        raise DataError("Too many folders stand inside one another. Name one nearer to its images.") from error


def spend(entries: int, folder: Path) -> None:
    """Count what was listed in a folder by other means. Raises DataError if the budget is used up."""
    if (present := _budget.get()) is not None:
        present.spend(entries, folder)


def is_ignored(name: str) -> bool:
    """True for hidden files and folders and for what operating systems leave behind."""
    return name.startswith(".") or name in IGNORED


def is_image(path: Path) -> bool:
    """True for a visible file with the suffix of an image format."""
    return not is_ignored(path.name) and path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()


def subfolders(folder: Path) -> list[Path]:
    """The visible folders directly inside, sorted by name; [] for a folder that does not exist."""
    return [path for path in _entries(folder) if path.is_dir() and not is_ignored(path.name)]


def list_images(folder: Path) -> list[Path]:
    """The image files directly inside, sorted by name; [] for a folder that does not exist."""
    return [path for path in _entries(folder) if is_image(path)]


def list_archives(folder: Path) -> list[Path]:
    """The visible ZIP files directly inside, sorted by name; [] for a folder that does not exist."""
    named = (path for path in _entries(folder) if path.suffix.lower() == ".zip" and not is_ignored(path.name))
    return [path for path in named if path.is_file()]


def _entries(folder: Path) -> list[Path]:
    try:
        found = []
        for path in folder.iterdir() if folder.is_dir() else ():
            spend(1, folder)
            found.append(path)
        return sorted(found)
    except OSError as error:
        raise DataError(f"The folder {folder} could not be listed: {error.strerror or error}.") from error


def walk_images(folder: Path) -> list[Path]:
    """The image files inside at any depth, sorted by relative path. Links to folders are not followed."""
    found, waiting = [], [folder]
    while waiting:  # folders may stand inside one another more often than a function can call itself
        place = waiting.pop()
        found += list_images(place)
        waiting += [child for child in subfolders(place) if not child.is_symlink()]
    return sorted(found, key=lambda path: path.relative_to(folder).parts)


def stem(path: Path, folder: Path) -> str:
    """The path inside `folder` without its suffix, with forward slashes."""
    return path.relative_to(folder).with_suffix("").as_posix()
