"""What all tests in a browser share: one browser and one workbench per test process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import BROWSER, BROWSERS, FLAGS, served

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder needs a browser, and may wait long for it."""
    missing = pytest.mark.skipif(BROWSER is None, reason=f"no browser is installed (looked for {', '.join(BROWSERS)})")
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(missing)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(480))


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def shared_address(trained_checkpoint: Path) -> Iterator[str]:
    """A running workbench that knows the tiny checkpoint only; starting one takes as long as many a test."""
    yield from served(trained_checkpoint)


@pytest.fixture(scope="module")
def address(request: pytest.FixtureRequest, tiny_checkpoint: Path, trained_checkpoint: Path) -> Iterator[str]:
    """The address of a running workbench that knows the tiny checkpoint only; shared by the files that mean the same
    checkpoint by that."""
    if tiny_checkpoint == trained_checkpoint:
        yield request.getfixturevalue("shared_address")
    else:
        yield from served(tiny_checkpoint)
