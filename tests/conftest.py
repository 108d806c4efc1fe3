"""What several test files share: a tiny trained model, and the workbench told to use nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from builders import random_images, tiny_config

if TYPE_CHECKING:
    from nnet.detector import Detector


_LONGEST_FIRST = ("browser", "processes", "pages", "unit")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders whose files take longest come first, so that no process is left alone with one of them at the end."""
    root = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(root).parts[0] if item.path.is_relative_to(root) else ""
        return _LONGEST_FIRST.index(folder) if folder in _LONGEST_FIRST else len(_LONGEST_FIRST)

    items.sort(key=place)


@pytest.fixture(autouse=True, scope="module")
def threads() -> Iterator[None]:
    """UMAP and studies that run in this process set PyTorch's number of threads; the next file gets back what was."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def trained_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a finished checkpoint, trained for one epoch on random images."""
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
