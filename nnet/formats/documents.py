"""JSON files and files of JSON lines, checked by msgspec against a type."""

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from nnet.formats.files import KIB, FileFormat

T = TypeVar("T")

DEPTH = 16
"""Most levels of lists and objects inside one another; the files of N-Net have 7."""
_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "null": "null",
    "array": "a list",
    "object": "an object",
}
_WORDS = {"JSON is malformed: ": "", ", got ": ", found ", "Object missing required field": "there is no field"}


@dataclass(frozen=True, kw_only=True)
class Document(FileFormat, Generic[T]):
    """A JSON file.

    Attributes:
        schema: type of what stands in it: a dataclass, or a TypedDict, whose further keys are kept as they are.
        version: the field that holds the version of the format, and the one that is read here; ("", 0) without one.
        newer: a sentence with {path}, {found} and {version}, for a file of another version.
    """

    schema: Any
    version: tuple[str, int] = ("", 0)
    newer: str = "{path} has format {found}; this version of N-Net reads format {version}. Update N-Net."

    def read(self, path: Path) -> T:
        """What stands in the file.

        Raises:
            FileNotFoundError: there is no such file.
            NNetError: the format's own error: it is damaged, or from another version.
        """
        return self.parse(self.content(path), path)

    def find(self, path: Path) -> T | None:
        """The same; None where there is no such file."""
        try:
            return self.read(path)
        except FileNotFoundError:
            return None

    def parse(self, content: bytes, where: Path | str) -> T:
        """What the content of such a file holds. Raises the format's error, in which the file is called `where`."""
        try:
            found = msgspec.json.decode(content)
        except (ValueError, RecursionError) as error:
            raise self.damaged(where, f"it is no JSON ({_said(error)})") from error
        return self.checked(found, where)

    def checked(self, found: Any, where: Path | str) -> T:
        """The same for what was decoded already."""
        field, version = self.version
        if field and isinstance(found, dict) and type(found.get(field)) is int and found[field] != version:
            raise self.error(self.newer.format(path=where, found=str(found[field])[:20], version=version))
        if _is_deeper(found, DEPTH):
            raise self.damaged(where, f"more than {DEPTH} lists or objects stand inside one another")
        try:
            value = msgspec.convert(found, self.schema)
        except ValueError as error:
            raise self.damaged(where, _said(error)) from error
        # A dict stays the one that was read: keys that a later version has added are not lost when it is written again.
        return value if dataclasses.is_dataclass(self.schema) else found


@dataclass(frozen=True, kw_only=True)
class Lines(FileFormat, Generic[T]):
    """A file of JSON lines, of which the last may be half-written.

    Attributes:
        schema: type of what stands in a line, a TypedDict.
        longest: most bytes in a line.
    """

    schema: Any
    longest: int = 64 * KIB

    def read(self, path: Path) -> tuple[list[T], str]:
        """The lines up to the first damaged one, and what is wrong with that one, in a sentence, or "".

        Raises:
            NNetError: the format's own error: no regular file, too large, or it cannot be read.
        """
        entries: list[T] = []
        try:
            for number, line in enumerate(self._lines(path), 1):
                if not line.endswith(b"\n"):
                    whole = len(line) <= self.longest
                    return entries, "" if whole else f"line {number} is longer than {self.longest:,} bytes"
                try:
                    found = msgspec.json.decode(line)
                    msgspec.convert(found, self.schema)
                except (ValueError, RecursionError) as error:
                    return entries, f"line {number}: {_said(error)}"
                entries.append(found)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise self.damaged(path, f"it cannot be read ({error.strerror or error})") from error
        return entries, ""

    def _lines(self, path: Path) -> Iterator[bytes]:
        with self.opened(path) as stream:
            while line := stream.readline(self.longest + 1):
                yield line


def _said(error: Exception) -> str:
    """What msgspec says, as the middle of a sentence."""
    if isinstance(error, RecursionError):
        return "too many lists or objects stand inside one another"
    text, _, place = str(error).partition(" - at `$")
    text = re.sub(r"`([^`]*)`", lambda named: " or ".join(_TYPES.get(t, t) for t in named[1].split(" | ")), text)
    for theirs, ours in _WORDS.items():
        text = text.replace(theirs, ours)
    return text[:1].lower() + text[1:] + (f" at {place.strip('.`')}" if place.strip(".`") else "")


def _is_deeper(value: Any, depth: int) -> bool:
    """Whether more than `depth` lists and objects stand inside one another. Goes level by level, so never deep."""
    level = [value]
    for _ in range(depth + 1):
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return False
        level = [child for one in level for child in (one.values() if isinstance(one, dict) else one)]
    return True
