"""What lies in the watched folder, and reading it without ever waiting for a file."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import NamedTuple

from nnet.data.images import IMAGE_SUFFIXES, MOST_BYTES, ImageError
from nnet.data.listing import is_ignored
from nnet.watch.journal import Stamp, WatchError

OVERLAYS = "overlays"
MOST_ENTRIES = 2_000_000
"""Most files and folders of a watched folder: a picture every quarter of a minute for a year. A whole disk has more."""
_ASKED_EVERY = 1000


def check(folder: Path, out: Path) -> None:
    """Make the folder of the results.

    Raises:
        WatchError: it cannot be made, or there is nothing to watch.
    """
    if not folder.is_dir():
        raise WatchError(f"There is no folder {folder} to watch. Check the path, or create it.")
    if folder.resolve() == out.resolve() or folder.resolve().is_relative_to(out.resolve() / OVERLAYS):
        raise WatchError(f"{out} cannot hold the results of watching itself. Choose another folder for the results.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WatchError(f"{out} cannot be the folder of the results ({error.strerror}). Choose another.") from error


class Found(NamedTuple):
    """A file with the ending of a picture: its `name` inside the folder with forward slashes, its path, its stamp, and
    whether it is an `ordinary` file instead of a pipe or a device."""

    name: str
    path: Path
    stamp: Stamp
    ordinary: bool

    @property
    def was_moved_in(self) -> bool:
        """Whether something was done to the file after its last byte was written, such as renaming it."""
        return self.stamp.ctime > self.stamp.mtime


class Folder:
    """The folder.

    Args:
        root: the folder.
        without: a folder that is left out wherever it lies, that of the results.

    Attributes:
        closed: subfolders that the last walk could not list -> why.
        was_stopped: whether the last walk ended before it had seen everything.
    """

    def __init__(self, root: Path, without: Path) -> None:
        self.root = root
        self._without = without.stat()
        self.closed: dict[str, str] = {}
        self.was_stopped = False

    def walk(self, stopped: Callable[[float], bool] = lambda _: False) -> Iterator[Found]:
        """The visible pictures at any depth, in any order. Links to folders are not followed.

        Args:
            stopped: told 0.0 before each subfolder and each thousand files; true ends the walk, which then
                `was_stopped`.

        Raises:
            OSError: the folder itself cannot be listed.
            WatchError: it holds more than MOST_ENTRIES.
        """
        self.closed, self.was_stopped = {}, False
        waiting, seen = [""], 0
        while waiting:
            inside = waiting.pop()
            if inside and stopped(0.0):
                self.was_stopped = True
                return
            try:
                with os.scandir(self.root / inside) as entries:
                    for entry in entries:
                        seen += 1
                        if seen > MOST_ENTRIES:
                            raise WatchError(
                                f"{self.root} holds more than {MOST_ENTRIES:,} files and folders, and each look would "
                                "go through all of them. Watch a folder nearer to the pictures, or move older ones away"
                            )
                        if seen % _ASKED_EVERY == 0 and stopped(0.0):
                            self.was_stopped = True
                            return
                        name = f"{inside}{entry.name}"
                        if is_ignored(entry.name):
                            continue
                        if entry.is_dir():
                            if not entry.is_symlink() and not os.path.samestat(entry.stat(), self._without):
                                waiting.append(f"{name}/")
                        elif PurePath(entry.name).suffix.lower() in IMAGE_SUFFIXES and (found := _found(name, entry)):
                            yield found
            except OSError as error:
                if not inside:
                    raise
                self.closed[inside] = error.strerror or str(error)


def _found(name: str, entry: os.DirEntry[str]) -> Found | None:
    try:
        found = entry.stat()
    except OSError:  # it vanished, or is a link to nothing
        return None
    return Found(name, Path(entry.path), Stamp.of(found), stat.S_ISREG(found.st_mode))


def read(found: Found) -> bytes | None:
    """A file's content, or None if it changed meanwhile.

    Raises:
        FileNotFoundError: it vanished.
        OSError: it cannot be read now.
        ImageError: it is no ordinary file, or too large.
    """
    if not found.ordinary:
        raise ImageError("It is not an ordinary file.")
    # A pipe that took its place meanwhile would otherwise be waited for.
    with os.fdopen(os.open(found.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        before = os.fstat(stream.fileno())
        if not stat.S_ISREG(before.st_mode) or Stamp.of(before) != found.stamp:
            return None
        if before.st_size > MOST_BYTES:
            raise ImageError(
                f"It has {before.st_size / 1e6:,.0f} MB, but at most {MOST_BYTES / 1e6:,.0f} MB are read; "
                "make it smaller."
            )
        content = stream.read(MOST_BYTES + 1)
        return content if Stamp.of(os.fstat(stream.fileno())) == found.stamp else None
