"""What all tests in a browser share: one browser and one workbench per test process."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import BROWSER, BROWSERS, FLAGS, served
from run_builders import write_frames
from variant_builders import every_table, kept_study

from nnet import environment
from nnet.runs import LIVE, Runs
from nnet.runs.film import FILM


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder needs a browser, and may wait long for it."""
    missing = pytest.mark.skipif(BROWSER is None, reason=f"no browser is installed (looked for {', '.join(BROWSERS)})")
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(missing)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(480))


@pytest.fixture(scope="session")
def driver() -> Iterator[object]:
    """Playwright, of which a thread can have only one."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(driver: object) -> Iterator[object]:
    """Chromium."""
    chromium = driver.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def address(trained_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running workbench for all files, since starting one takes longer than most tests. It knows the tiny model under
    two names, a study `shown` with numbers in every table, and a study with kept checkpoints."""
    folder = tmp_path_factory.mktemp("workbench")
    for name in ("tiny", "twin"):
        shutil.copytree(trained_checkpoint, folder / "models" / name)
    write_frames(folder / "models" / "tiny" / FILM)
    studies = (every_table(folder / "shown"), kept_study(folder, trained_checkpoint))
    server = served(folder / "models" / "tiny")
    with pytest.MonkeyPatch.context() as patched:  # for the workbench alone: other tests of this process go on
        patched.setenv(environment.STUDIES, os.pathsep.join(map(str, studies)))
        patched.setenv(environment.RUNS, str(folder / "runs"))
        address = next(server)
    yield address
    server.close()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """An empty folder of runs, on a machine of its own, for the workbench that a file starts for itself."""
    runs = Runs(tmp_path_factory.mktemp("trained") / "runs")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(environment.RUNS, str(runs.root))
        patched.setenv(environment.MACHINE, str(runs.root.parent / "machine"))
        yield runs
        for run in runs.list():
            if run.state in LIVE:
                runs.cancel(run.id)
