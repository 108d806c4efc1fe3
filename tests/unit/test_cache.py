"""The cache that forgets what was used longest ago."""

import threading

import pytest
from waiting import until

from workbench.shared.cache import BoundedCache, drop_everywhere


def test_a_bounded_cache_forgets_what_was_used_longest_ago() -> None:
    cache: BoundedCache[str, bytes] = BoundedCache(10, len)
    cache.put("a", b"1234")
    cache.put("b", b"1234")
    cache.get("a")
    cache.put("c", b"1234")
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (b"1234", None, b"1234")
    assert cache.total == 8


def test_a_bounded_cache_keeps_the_newest_even_if_it_is_too_large() -> None:
    cache: BoundedCache[str, bytes] = BoundedCache(10, len)
    cache.put("a", b"1234")
    cache.put("b", b"x" * 50)
    assert len(cache) == 1 and cache.get("b") is not None
    cache.put("b", b"y")
    assert cache.total == 1


def test_a_value_is_made_once_even_if_several_threads_ask() -> None:
    cache: BoundedCache[str, object] = BoundedCache(10, lambda value: 1)
    made: list[int] = []
    found: list[object] = []
    ready = threading.Barrier(6)

    def make() -> object:
        made.append(1)
        until(lambda: cache._turns["a"][1] == 6)  # all have come
        return object()

    def ask() -> None:
        ready.wait()
        found.append(cache.of("a", make))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and len(found) == 6 and len(set(map(id, found))) == 1
    assert not cache._turns


def test_one_key_does_not_wait_for_another() -> None:
    cache: BoundedCache[str, str] = BoundedCache(10, lambda value: 1)
    other: list[str] = []

    def make() -> str:
        thread = threading.Thread(target=lambda: other.append(cache.of("b", lambda: "b")))
        thread.start()
        thread.join(timeout=10)
        return "a"

    assert cache.of("a", make) == "a" and other == ["b"]


def test_after_an_error_nothing_is_kept_and_the_next_one_tries_again() -> None:
    cache: BoundedCache[str, int] = BoundedCache(10, lambda value: 1)

    def fail() -> int:
        raise ValueError("not today")

    with pytest.raises(ValueError, match="not today"):
        cache.of("a", fail)
    assert cache.of("a", lambda: 0) == 0 and cache.of("a", fail) == 0


def test_a_value_that_is_no_longer_valid_is_made_again() -> None:
    cache: BoundedCache[str, int] = BoundedCache(10, lambda value: 1)
    cache.put("a", 1)
    assert cache.of("a", lambda: 2, valid=lambda value: value > 0) == 1
    assert cache.of("a", lambda: 2, valid=lambda value: value > 1) == 2


def test_what_is_dropped_is_gone_and_makes_room() -> None:
    cache: BoundedCache[tuple[str, int], bytes] = BoundedCache(100, len)
    for number in range(4):
        cache.put(("mine" if number % 2 else "yours", number), bytes(10))
    cache.drop(lambda key: key[0] == "mine")
    assert len(cache) == 2 and cache.total == 20 and cache.get(("yours", 0)) is not None


def test_what_a_key_names_is_dropped_from_every_cache() -> None:
    ones: BoundedCache[str, int] = BoundedCache(10)
    others: BoundedCache[tuple[object, ...], int] = BoundedCache(10)
    for key in ("a", "a#8", "a+drawn@2", "ab", "b+a"):
        ones.put(key, 1)
        others.put((3, ("model", key)), 1)
    drop_everywhere({"a"})
    assert list(ones._values) == ["ab", "b+a"] and [key[1] for key in others._values] == [
        ("model", "ab"),
        ("model", "b+a"),
    ]
