"""What several test files share: a tiny trained model, and the workbench told to use nothing else."""

from __future__ import annotations

import gc
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # the process that hands out the tests needs none of it
    import numpy as np

    from nnet.detector import Detector


_LONGEST_FIRST = (
    *("browser/test_first_screen_browser.py", "browser/test_train_browser.py", "processes/test_runs.py"),
    *("processes/test_export.py", "pages/test_tour.py", "pages/test_train_page.py", "browser/test_inspect_browser.py"),
    *("browser", "processes/test_framed_export.py", "processes/test_ablation_study.py", "pages/test_addresses.py"),
    *("processes", "hostile/test_saved_folders.py", "pages", "hostile", "unit"),
)
"""Files and folders in the order in which they are run."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Importing and rewriting makes millions of objects that are no garbage. Looking for some among them again and
    again takes a quarter of the time, so it waits, and what was imported is spared from then on. What tests leave
    behind is looked for less often than a program would, which would take a twentieth of their time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 20, 100)
        gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`make test-long` imports the files that have a long test, and no others."""
    if config.option.markexpr != "long and not slow" or collection_path.suffix != ".py":
        return None
    return None if "mark.long" in collection_path.read_text(encoding="utf-8") else True


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first, so that no process is left alone with one of them at the end."""

    def place(item: pytest.Item) -> int:
        path = item.nodeid.partition("::")[0].removeprefix("tests/")
        known = (name for name in (path, path.partition("/")[0]) if name in _LONGEST_FIRST)
        return _LONGEST_FIRST.index(next(known, "unit"))

    items.sort(key=place)


@pytest.fixture(autouse=True, scope="session")
def lighter_pages() -> Iterator[None]:
    """Where a file has tests of pages without a browser."""
    if "streamlit.testing.v1" not in sys.modules:
        yield
        return
    from lighter import lighter

    with lighter():
        yield


@pytest.fixture(autouse=True, scope="module")
def threads() -> Iterator[None]:
    """UMAP and studies that run in this process set PyTorch's number of threads; the next file gets back what was."""
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def trained_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a finished checkpoint, trained for one epoch on random images."""
    from builders import random_images, tiny_config

    from nnet.training.loop import train

    path = tmp_path_factory.mktemp("checkpoints") / "tiny"
    train(tiny_config(train__epochs=1), random_images(14), path, device="cpu")
    return path


@pytest.fixture(scope="session")
def tiny_checkpoint(trained_checkpoint: Path) -> Path:
    """The same; what a test file has in its place may be another."""
    return trained_checkpoint


@pytest.fixture(scope="module")
def detector(tiny_checkpoint: Path) -> Detector:
    """The tiny model, ready to look at images."""
    from nnet.detector import Detector

    return Detector.load(tiny_checkpoint, "cpu")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    """The first sample, uint8 (height, width, 3)."""
    from workbench.shared import samples

    return samples.collection().images[0].sample.load().image


@pytest.fixture
def only_tiny(tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The workbench knows the tiny checkpoint and no other, wherever the tests run."""
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tiny_checkpoint.parent))
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")
    yield tiny_checkpoint
