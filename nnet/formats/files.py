"""Open a file that somebody else may have made: what it is and how large it is are known before it is read."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nnet.errors import NNetError

KIB, MIB, GIB = 2**10, 2**20, 2**30
KNOWN: list[FileFormat] = []
"""Every format that was declared, for docs/formats.md and for the tests that try them."""
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True, kw_only=True)
class FileFormat:
    """A kind of file.

    Attributes:
        name: of the file, inside the folder that it belongs to.
        about: a sentence on what it holds.
        error: what is raised for a damaged file.
        remedy: a sentence on what to do about one.
        most: largest size in bytes.
    """

    name: str
    about: str
    error: type[NNetError]
    remedy: str
    most: int = MIB

    def __post_init__(self) -> None:
        KNOWN.append(self)

    def content(self, path: Path) -> bytes:
        """The file's bytes.

        Raises:
            FileNotFoundError: there is no such file.
            NNetError: the format's own error: no regular file, too large, or it cannot be read.
        """
        try:
            with self.opened(path) as stream:
                # Python reserves at once what it is asked for, so not `most`, which may be far more than there is.
                content = stream.read(min(self.most, os.fstat(stream.fileno()).st_size) + 1)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise FileNotFoundError(error.errno, error.strerror, str(path)) from error
        except OSError as error:
            raise self.damaged(path, f"it cannot be read ({error.strerror or error})") from error
        self._check_size(path, len(content))
        return content

    def opened(self, path: Path) -> BinaryIO:
        """The file, open, once its kind and size are known to be right. Raises like `content`, and OSError."""
        fd = open_plain(path)
        if fd is None:
            raise self.damaged(path, not_plain(path))
        stream = os.fdopen(fd, "rb")
        try:
            self._check_size(path, os.fstat(stream.fileno()).st_size)
        except NNetError:
            stream.close()
            raise
        return stream

    def damaged(self, where: Path | str, what: str) -> NNetError:
        """The error for a file with something wrong; `what` is the middle of a sentence."""
        return self.error(f"{where} is damaged: {what}. {self.remedy}")

    def _check_size(self, path: Path, found: int) -> None:
        if found > self.most:
            raise self.damaged(path, f"it has {size_of(found)}, but at most {size_of(self.most)} were expected")


@dataclass(frozen=True, kw_only=True)
class Text(FileFormat):
    """A file of text for people. What is no UTF-8 in it is shown as replacement characters."""

    def read(self, path: Path) -> str:
        """The text; "" where there is no such file. Raises the format's error."""
        try:
            return self.content(path).decode("utf-8", "replace")
        except FileNotFoundError:
            return ""


def open_plain(path: Path, flags: int = os.O_RDONLY) -> int | None:
    """The descriptor of a regular file, opened without waiting for anybody, as a pipe would; None for another kind.

    Raises:
        OSError: it cannot be opened.
    """
    try:
        fd = os.open(path, flags | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0), 0o644)
    except OSError as error:
        is_other = path.exists() and not path.is_file()  # a socket, or a folder that was to be written
        if is_other or error.errno == errno.ELOOP:
            return None
        raise
    if stat.S_ISREG(os.fstat(fd).st_mode):
        return fd
    os.close(fd)
    return None


def is_plain(path: Path) -> bool:
    """Whether it is a regular file, or a link to one; False also where that cannot be found out."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def not_plain(path: Path) -> str:
    """What is wrong with a file that is no regular one, as the middle of a sentence."""
    try:
        kind = _KINDS.get(stat.S_IFMT(path.stat().st_mode), "something else")
    except OSError:
        kind = "a link that leads nowhere"
    return f"it is {kind}, but a regular file was expected"


def size_of(bytes: int) -> str:
    """A number of bytes, for people."""
    for unit, name in ((GIB, "GB"), (MIB, "MB"), (KIB, "kB")):
        if bytes >= unit:
            return f"{bytes / unit:.3g} {name}"
    return f"{bytes} bytes"
