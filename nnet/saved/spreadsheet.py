"""Tables that a spreadsheet reads rightly: UTF-8 with a byte order mark, and no text that it would run as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

ENCODING = "utf-8-sig"
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def harmless(value: object) -> object:
    """A value as it may stand in a cell: text that a spreadsheet would run begins with an apostrophe."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """A table as a CSV file."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(columns))
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in rows)
    return stream.getvalue().encode(ENCODING, "surrogateescape")
