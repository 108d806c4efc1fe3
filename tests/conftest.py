"""What several test files share: a tiny trained model, and the workbench told to use nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


def tiny_config():  # noqa: ANN201 (the import is deferred)
    """The smallest complete network: every part is there, on a teacher with random weights."""
    from nnet.config import Config, LossConfig, ModelConfig, TrainConfig

    return Config(
        model=ModelConfig(teacher="resnet18", teacher_weights="random", size=64, memory_items=8),
        train=TrainConfig(epochs=1, batch_size=4),
        loss=LossConfig(beta_epochs=1),
    )


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a finished checkpoint, trained for one epoch on random images."""
    from nnet.training import train

    path = tmp_path_factory.mktemp("checkpoints") / "tiny"
    images = np.random.default_rng(0).integers(0, 256, (14, 64, 64, 3), dtype=np.uint8)
    train(tiny_config(), images, path, device="cpu")
    return path


@pytest.fixture
def only_tiny(tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The workbench knows the tiny checkpoint and no other, wherever the tests run."""
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tiny_checkpoint.parent))
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")
    yield tiny_checkpoint
