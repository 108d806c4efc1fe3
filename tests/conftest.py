"""Fixtures that several tests share. Nothing here needs a network, a data set or the shipped model."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import random_images, tiny_config

from nnet.training import train


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished checkpoint of a tiny network with a random teacher: it works in every way but detects nothing."""
    path = tmp_path_factory.mktemp("checkpoints") / "tiny"
    train(tiny_config(train__epochs=1), random_images(14), path, device="cpu")
    return path
