"""A dictionary with a bound, for what is worth keeping but not worth memory without end."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """A dictionary that forgets what was used longest ago once its values together are larger than `limit`.

    The newest value is kept even if it alone is larger. Safe to share between threads; two threads that miss the same
    key at the same time both compute it.

    Args:
        limit: in the unit of `size`.
        size: of one value, such as its bytes.
    """

    def __init__(self, limit: int, size: Callable[[V], int]) -> None:
        self.limit = limit
        self._size = size
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()
        self.total = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """The value, now the most recently used one, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: K, value: V) -> V:
        """Keep a value and drop old ones until all fit; returns the value."""
        with self._lock:
            if key in self._values:
                self.total -= self._size(self._values.pop(key))
            self._values[key] = value
            self.total += self._size(value)
            while self.total > self.limit and len(self._values) > 1:
                self.total -= self._size(self._values.popitem(last=False)[1])
        return value
