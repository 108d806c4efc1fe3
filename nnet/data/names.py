"""Names from outside, made safe to store a file under."""

import hashlib
import unicodedata
from pathlib import Path, PurePosixPath

from nnet.data.errors import DataError

MOST_BYTES = 180
"""Most bytes of a stored name: file systems take 255, and numbers and endings may be added to it."""
_CONTROL = ("Cc", "Cs")  # control characters, and halves of characters that UTF-8 cannot write
_MARKS = ("_mask", "_gt", "_label")
_KEPT_BYTES, _SUFFIX_BYTES = 100, 12


def safe_name(given: str) -> str:
    """The name of one file or folder as it can be stored anywhere; a usual one stays as it is.

    One that is too long (counted in bytes: a Chinese character has three, a mathematical letter four), or that holds
    what no file system should be asked to store, keeps its beginning and its ending. A hash between them keeps two
    names apart. The ending by which a mask belongs to its image ("_mask") is kept, too, and left out of the hash.

    >>> safe_name("bottle 7.png"), safe_name("..."), len(safe_name("x" * 300 + ".png"))
    ('bottle 7.png', 'file-ab5df625', 113)
    """
    cleaned = "".join("_" if c in "/\\" or unicodedata.category(c) in _CONTROL else c for c in given)
    if cleaned == given and len(given.encode()) <= MOST_BYTES and given.strip(". "):
        return given
    path = PurePosixPath(cleaned)
    suffix = path.suffix if len(path.suffix.encode()) <= _SUFFIX_BYTES else ""
    stem = cleaned.removesuffix(suffix)
    mark = next((mark for mark in _MARKS if stem.endswith(mark)), "")
    stem = stem.removesuffix(mark)
    original = given.removesuffix(suffix).removesuffix(mark)
    digest = hashlib.sha256(original.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    kept = stem.encode()[:_KEPT_BYTES].decode(errors="ignore").strip(". ") or "file"
    return f"{kept}-{digest}{mark}{suffix}"


def shown_name(given: str) -> str:
    """A path inside of a data set as it can be shown and written down: what is no UTF-8 in it as `safe_name` stores it.

    >>> shown_name("good/a.png"), shown_name("good/\udcff.png")
    ('good/a.png', 'good/_-8f1d0f9c.png')
    """
    return given if _is_utf_8(given) else "/".join(safe_name(part) if part else "" for part in given.split("/"))


def shown_text(given: str) -> str:
    """A sentence that may quote such a name: ? stands for each byte."""
    return given if _is_utf_8(given) else given.encode("utf-8", "replace").decode()


def _is_utf_8(given: str) -> bool:
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def local_path(spec: Path | str) -> Path:
    """The path that a specification names; ~ is the user's own folder.

    Raises:
        DataError: a text that cannot be a path on any computer, or the folder of somebody else (~name).
    """
    if "\0" in str(spec) or any(len(part.encode("utf-8", "surrogatepass")) > 255 for part in Path(spec).parts):
        shown = f"{str(spec)[:60]!r}…"
        raise DataError(f"{shown} cannot be a path: no name in it may be longer than 255 bytes or hold a NUL.")
    try:
        return Path(spec).expanduser()
    except RuntimeError as error:
        raise DataError(f"{spec} names the folder of a user who is not known here; give the whole path.") from error
