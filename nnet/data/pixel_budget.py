"""Several images decoded at once, in bounded memory and without Pillow's warnings."""

import re
import threading
import warnings
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

# Pillow's warnings address programmers; what they warn of is refused here in words. The filter names Pillow's modules,
# so that it does no harm should another thread put it back after it was taken out.
_PILLOW_IS_SILENT = ("ignore", None, Warning, re.compile(r"PIL\."), 0)


class PixelBudget:
    """Several images may be decoded at once, one per core, while their pixels together stay within a limit.

    So the peak of memory is that of one largest image, however many people upload at the same time. First come, first
    served: a large image waits until there is room for it, and later ones wait behind it.
    """

    def __init__(self, limit: int) -> None:
        self._limit = self._free = limit
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()

    @contextmanager
    def take(self, pixels: int) -> Iterator[None]:
        pixels, ticket = min(pixels, self._limit), object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                self._changed.wait_for(lambda: self._waiting[0] is ticket and self._free >= pixels)
                self._free -= pixels
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._free += pixels
                self._changed.notify_all()


class Silence:
    """Python's warning filters belong to the whole process: the first decoding thread adds one, the last removes it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                _filters().insert(0, _PILLOW_IS_SILENT)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                with suppress(ValueError):  # somebody else has put other filters in place meanwhile
                    _filters().remove(_PILLOW_IS_SILENT)


def _filters() -> list[object]:
    return cast(list[object], warnings.filters)  # a list, which typeshed calls a sequence
