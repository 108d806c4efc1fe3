import gc
import weakref

import pytest

from workbench.shared import collector


class Ring:
    """Holds itself, so that only the collector frees it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def thawed(monkeypatch):
    """Nothing is spared at first, also of what tests/conftest.py has spared."""
    monkeypatch.setattr(collector, "_known", 0)
    gc.unfreeze()


def test_packages_are_looked_at_no_more_and_garbage_still_is():
    before = weakref.ref(Ring())
    collector.spare_packages()
    assert before() is None, "garbage was frozen instead of collected"
    assert gc.get_freeze_count() > 10_000 > len(gc.get_objects())
    later = weakref.ref(Ring())
    gc.collect()
    assert later() is None


def test_it_is_done_again_only_for_new_packages(monkeypatch):
    collector.spare_packages()
    kept = [Ring() for _ in range(10)]
    collector.spare_packages()
    assert all(any(one is other for other in gc.get_objects()) for one in kept)
    monkeypatch.setattr(collector, "_known", collector._known - collector.GROWTH)
    collector.spare_packages()
    assert not any(one is other for one in kept for other in gc.get_objects())
