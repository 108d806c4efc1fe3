"""A dictionary with a bound, for what is worth keeping but not worth memory without end."""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar
from weakref import WeakSet

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """A dictionary that forgets what was used longest ago once its values together are larger than `limit`.

    The newest value is kept even if it alone is larger. Safe to share between threads.

    >>> pictures: BoundedCache[str, bytes] = BoundedCache(64 * 2**20, len)
    >>> pictures.of("key", lambda: b"made once")
    b'made once'

    Args:
        limit: in the unit of `size`.
        size: of one value, such as its bytes; without it, the values are counted.
    """

    def __init__(self, limit: int, size: Callable[[V], int] = lambda value: 1) -> None:
        self.limit = limit
        self._size = size
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()
        self._turns: dict[K, tuple[threading.RLock, int]] = {}  # with the number of threads that hold or await each
        self.total = 0
        with _guard:
            _every.add(self)

    def __len__(self) -> int:
        return len(self._values)

    def of(self, key: K, make: Callable[[], V], valid: Callable[[V], bool] = lambda value: True) -> V:
        """The value of this key, made once: of several threads that ask at the same time one makes it, the others wait.

        What `make` raises is passed on and nothing is kept; the next thread then tries itself.

        Args:
            valid: whether a value that was kept may still be used; if not, it is made again.
        """
        with self._turn(key):
            with self._lock:
                kept = [self._values[key]] if key in self._values else []
                if kept:
                    self._values.move_to_end(key)
            return kept[0] if kept and valid(kept[0]) else self.put(key, make())

    @contextmanager
    def _turn(self, key: K) -> Iterator[None]:
        with self._lock:
            turn, waiting = self._turns.get(key, (threading.RLock(), 0))
            self._turns[key] = turn, waiting + 1
        try:
            with turn:
                yield
        finally:
            with self._lock:
                waiting = self._turns[key][1] - 1
                if waiting:
                    self._turns[key] = turn, waiting
                else:
                    del self._turns[key]

    def get(self, key: K) -> V | None:
        """The value, now the most recently used one, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def drop(self, is_gone: Callable[[K], object]) -> list[V]:
        """Forget the values of these keys, and return them."""
        with self._lock:
            gone = [self._values.pop(key) for key in list(self._values) if is_gone(key)]
            self.total -= sum(map(self._size, gone))
            return gone

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


_every: WeakSet[BoundedCache[Any, Any]] = WeakSet()
_guard = threading.Lock()


def drop_everywhere(gone: Collection[str]) -> None:
    """Forget in every cache what has one of these `names` in its key."""
    with _guard:
        every = list(_every)
    for cache in every:
        cache.drop(lambda key: not names(key).isdisjoint(gone))


def names(key: object) -> set[str]:
    """What a key names: each text in it, and what that begins with up to a sign: "a+b#8" names a, a+b and itself."""
    if isinstance(key, tuple):
        return set().union(*map(names, key))
    if isinstance(key, str):
        return {key, *(key[: sign.start()] for sign in re.finditer("[#+@]", key))}
    return set()
