"""The journal: what was decided about which picture. SQLite commits each entry whole or not at all, also in a kill."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nnet.errors import NNetError, brief
from nnet.formats import Count, Name, Number, Sentence, is_plain, not_plain

JOURNAL = "journal.sqlite"
NORMAL, ANOMALOUS, UNREADABLE = "normal", "anomalous", "unreadable"
OTHER_SIZE = "other size"
"""Of a picture that can be read, but not looked at by the model, since it is for pictures of another size."""
OTHER_KIND = "other kind"
"""Of a picture of another kind of part than the model's (`nnet.scoring.kind`), so that its score says nothing."""
DECISIONS = (NORMAL, ANOMALOUS, OTHER_KIND, OTHER_SIZE, UNREADABLE)
NEVER_READ = "-"
SYNCHRONOUS = "EXTRA"
"""Each commit is on the disk when it returns, so that it survives a power cut."""
_LONGEST = 2**20  # bytes of a row
_BUSY_SECONDS, _READER_SECONDS = 30.0, 1.0  # the app reads the journal, too, and looks again soon

_Row = tuple[bytes, Count, int, int, Name, Name, Number | None, Number | None, Name, Sentence, Sentence, Count]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS pictures(
    number INTEGER PRIMARY KEY, name BLOB NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
    ctime INTEGER NOT NULL, sha256 TEXT NOT NULL, time TEXT NOT NULL, score REAL, threshold REAL,
    decision TEXT NOT NULL, overlay TEXT NOT NULL, note TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_name ON pictures(name, number);
CREATE INDEX IF NOT EXISTS by_decision ON pictures(decision);
CREATE TABLE IF NOT EXISTS about(key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class WatchError(NNetError):
    """A folder that cannot be watched, or results that cannot be written; the message says what to do."""


class Stamp(NamedTuple):
    """What changes when a file does: its size in bytes, and its times of modification and change in nanoseconds."""

    size: int
    mtime: int
    ctime: int

    @staticmethod
    def of(stat: os.stat_result) -> Stamp:
        """From what the file system says."""
        return Stamp(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


@dataclass(frozen=True)
class Entry:
    """What was decided about a picture.

    Attributes:
        name: inside the watched folder, with forward slashes.
        stamp: of the file when it was read.
        sha256: of the file's bytes; NEVER_READ for what is not opened, such as a pipe; "" if they could not be read,
            so that it is tried again.
        time: of the decision, ISO 8601 with the offset from UTC.
        score, threshold: None for a picture that was not scored.
        decision: one of DECISIONS.
        overlay: path inside the folder of the results, or "".
        note: why it was not scored, or what was changed while it was decoded.
        number: 1, 2, ... in the order of the journal; 0 before it is committed.
    """

    name: str
    stamp: Stamp
    sha256: str
    time: str
    score: float | None
    threshold: float | None
    decision: str
    overlay: str = ""
    note: str = ""
    number: int = 0

    @property
    def times_threshold(self) -> float | None:
        """The score in units of the threshold."""
        return None if self.score is None or not self.threshold else self.score / self.threshold


_COLUMNS = "name, size, mtime, ctime, sha256, time, score, threshold, decision, overlay, note, number"


class Journal:
    """The journal of a folder of results.

    Args:
        read_only: for who only looks: nothing is made or changed, and a journal that is busy is not waited for.

    Raises:
        WatchError: it is damaged, or cannot be opened.
    """

    def __init__(self, path: Path, read_only: bool = False) -> None:
        self.path = path
        if path.exists() and not is_plain(path):
            raise _damaged(path, not_plain(path))
        try:
            if read_only:
                address = f"{path.resolve().as_uri()}?mode=ro"
                self._connection = sqlite3.connect(address, _READER_SECONDS, isolation_level=None, uri=True)
            else:
                self._connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
                self._connection.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
                self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise _damaged(path, error) from error
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        try:
            self._require_tables()
        except BaseException:
            self.close()
            raise

    def _require_tables(self) -> None:
        """Refuse views, triggers and whatever else is computed instead of stored: that may have no end."""
        with self._explained():
            if self._connection.execute("SELECT 1 FROM sqlite_master WHERE ifnull(rootpage, 0) = 0").fetchone():
                raise _damaged(self.path, "it is more than tables and their indices")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def add(self, entry: Entry) -> Entry:
        """Commit an entry and give it its number.

        Raises:
            OSError: it could not be written, for example because the disk is full; then nothing was.
        """
        values = (os.fsencode(entry.name), *entry.stamp, *astuple(entry)[2:-1])
        with self._explained():
            marks = ", ".join("?" * len(values))
            columns = _COLUMNS.removesuffix(", number")
            number = self._connection.execute(f"INSERT INTO pictures({columns}) VALUES ({marks})", values).lastrowid
        return replace(entry, number=number or 0)

    def restamp(self, number: int, stamp: Stamp) -> None:
        """Note that an entry's file has another stamp now, though its content is the same."""
        with self._explained():
            command = "UPDATE pictures SET size = ?, mtime = ?, ctime = ? WHERE number = ?"
            self._connection.execute(command, (*stamp, number))

    def latest(self, name: str) -> Entry | None:
        """The last entry of this name."""
        found = self._entries("WHERE name = ? ORDER BY number DESC LIMIT 1", os.fsencode(name))
        return next(found, None)

    def after(self, number: int) -> Iterator[Entry]:
        """The entries after this number, in order."""
        return self._entries("WHERE number > ? ORDER BY number", number)

    def last(self, count: int, *decisions: str) -> list[Entry]:
        """The newest entries, the newest first; of these decisions only, if any are given."""
        marks = ", ".join("?" * len(decisions))
        which = f"WHERE decision IN ({marks})" if decisions else ""
        return list(self._entries(f"{which} ORDER BY number DESC LIMIT ?", *decisions, count))

    def counts(self) -> dict[str, int]:
        """How many entries have each decision."""
        with self._explained():
            found = dict(self._connection.execute("SELECT decision, COUNT(*) FROM pictures GROUP BY decision"))
        return {decision: found.get(decision, 0) for decision in DECISIONS}

    @property
    def length(self) -> int:
        """The number of the last entry."""
        with self._explained():
            return int(self._connection.execute("SELECT COALESCE(MAX(number), 0) FROM pictures").fetchone()[0])

    def claim(self, key: str, value: str) -> str:
        """What the journal says about itself under this key; the first to claim it decides."""
        with self._explained():
            self._connection.execute("INSERT OR IGNORE INTO about VALUES (?, ?)", (key, value))
            return str(self._connection.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()[0])

    def _entries(self, which: str, *values: object) -> Iterator[Entry]:
        with self._explained():
            for row in self._connection.execute(f"SELECT {_COLUMNS} FROM pictures {which}", values):
                name, size, mtime, ctime, *others = _checked(self.path, row)
                yield Entry(os.fsdecode(name), Stamp(size, mtime, ctime), *others)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:  # full, read-only, unplugged
            raise OSError(f"{self.path.name}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise _damaged(self.path, error) from error


def _checked(path: Path, row: tuple[object, ...]) -> tuple[Any, ...]:
    """A row with the types of its columns, which SQLite does not keep to. Raises WatchError."""
    try:
        return msgspec.convert(row, _Row)
    except ValueError as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception | str) -> WatchError:
    return WatchError(
        f"{path} cannot be used as a journal ({brief(error)}). Restore it, or choose another folder for the results."
    )
