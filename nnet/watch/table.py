"""results.csv: the journal as a table, appended row by row, and put right after a kill or a full disk."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from nnet.formats import GIB, MIB, FileFormat, is_plain
from nnet.watch.journal import Entry, Journal, WatchError

TABLE = "results.csv"
COLUMNS = ("number", "name", "time", "score", "x_threshold", "decision", "overlay", "sha256", "note")
_ROWS_AT_ONCE = 256
_LONGEST = MIB  # of a row, as in the journal
TABLE_FORMAT = FileFormat(
    name=TABLE,
    about="A line for each entry of the journal, for spreadsheets. The watcher reads it line by line, at any size.",
    error=WatchError,
    remedy="Move it away, and the watcher writes it again from the journal.",
    most=GIB,
)


class Table:
    """The table of a folder of results. Every row ends with a line break and holds no other, so a torn one shows."""

    def __init__(self, path: Path, journal: Journal) -> None:
        self.path, self._journal = path, journal
        self._written: int | None = None  # the number of the last row; None: the file has to be looked at

    def catch_up(self) -> None:
        """Append what the journal has and the table lacks.

        Raises:
            OSError: it could not be written; the next call repairs it.
            WatchError: the file is somebody else's.
        """
        if self._written is None or not self.path.exists():
            self._written = self._repaired()
        rows: list[Entry] = []
        for entry in self._journal.after(self._written):
            rows.append(entry)
            if len(rows) == _ROWS_AT_ONCE:
                self._append(rows)
                rows = []
        if rows:
            self._append(rows)

    def _append(self, rows: list[Entry]) -> None:
        text = _text([_row(entry) for entry in rows])
        self._written = None  # until all of it is on the disk
        with self.path.open("ab") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        self._written = rows[-1].number

    def _repaired(self) -> int:
        """Cut off a torn row, or begin the file; the number of the last row."""
        if not self.path.exists():
            self.path.touch()
        if not is_plain(self.path):
            raise self._foreign()
        header = _text([COLUMNS])
        with self.path.open("rb+") as stream:
            first = stream.readline(_LONGEST)
            if not first.endswith(b"\n"):
                if not header.startswith(first):
                    raise self._foreign()
                stream.seek(0)
                stream.write(header)
                os.fsync(stream.fileno())
                return 0
            if first.rstrip() != header.rstrip():
                raise self._foreign()
            last, whole = 0, stream.tell()
            while line := stream.readline(_LONGEST):
                if not line.endswith(b"\n"):
                    if len(line) == _LONGEST:
                        raise self._foreign()
                    stream.truncate(whole)
                    break
                whole += len(line)
                number = line.partition(b",")[0][:20]
                last = max(last, int(number) if number.isdigit() else 0)  # a person may have sorted or edited it
        if last > self._journal.length:
            raise WatchError(
                f"{self.path} has more rows than {self._journal.path.name}, which was deleted or replaced. "
                "Move both away, or choose another folder for the results."
            )
        return last

    def _foreign(self) -> WatchError:
        return WatchError(
            f"{self.path} is not a table of nnet watch, or another program has rewritten it. Move it away, and it is "
            "written again from the journal; or choose another folder for the results."
        )


def shown(name: str) -> str:
    """A file name that fits on a line: whatever cannot be printed, such as a line break, as \\x0a."""
    return "".join(c if c.isprintable() else _escaped(c) for c in name)


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))


def _row(entry: Entry) -> tuple[object, ...]:
    score, times = ("" if v is None else f"{v:.6g}" for v in (entry.score, entry.times_threshold))
    names = shown(entry.name), shown(entry.overlay)
    return entry.number, names[0], entry.time, score, times, entry.decision, names[1], entry.sha256, shown(entry.note)


def _text(rows: Iterable[Iterable[object]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()
