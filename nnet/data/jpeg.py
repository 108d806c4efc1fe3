"""How many scans a JPEG file has. Each may cover the whole picture, and decoding takes as long as all of them."""

import re
from typing import BinaryIO

MOST_SCANS = 100
"""A progressive picture has some ten."""
_MOST_BYTES = 512_000_000
_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")  # in a scan's data \xff is followed by \0 or \xd0 to \xd7
_SCAN, _END = 0xDA, 0xD9


def has_too_many_scans(stream: BinaryIO) -> bool:
    """Whether a JPEG file has more than `MOST_SCANS`. What follows its end, such as a film, is not read."""
    stream.seek(0)
    content = stream.read(_MOST_BYTES)
    count, place = 0, 2
    while (found := _MARKER.search(content, place)) and content[found.end() - 1] != _END:
        count += content[found.end() - 1] == _SCAN
        if count > MOST_SCANS:
            return True
        place = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")
    return False
