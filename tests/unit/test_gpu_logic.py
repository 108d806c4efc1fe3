"""What is done otherwise on a GPU, as far as it can be seen without one; tests/processes/test_cuda.py needs one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from builders import random_images, tiny_config
from torch import nn

import nnet.training.loop
from nnet import environment
from nnet.detector import Detector
from nnet.model.network import NNet
from nnet.runs import slots
from nnet.training.distributed import with_nccl
from nnet.training.events import TrainingError
from nnet.training.loop import train
from nnet.training.state import load_history
from nnet.training.usage import Readings

TIMED = {"seconds", "images_per_second"}
GPUS = "0, GPU-aaaa, 9000, 24000\n1, GPU-bbbb, 8000, 24000\n2, GPU-bccc, 7000, 24000\n"


def test_late_readings_are_those_of_the_step_before():
    readings = Readings(late=True)
    assert list(readings.add({"loss": torch.tensor(1.0)})) == []
    assert list(readings.add({"loss": torch.tensor(2.0)})) == [{"loss": 1.0}]
    assert list(readings.rest()) == [{"loss": 2.0}] and list(readings.rest()) == []


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers of a step are read a step late, as on a GPU."""
    monkeypatch.setattr(nnet.training.loop, "Readings", lambda late: Readings(late=True))


def history(folder: Path) -> list[dict[str, object]]:
    return [{name: value for name, value in line.items() if name not in TIMED} for line in load_history(folder)]


def test_a_history_read_late_is_the_same(tmp_path, request):
    config, images = tiny_config(), random_images(14)
    train(config, images, tmp_path / "now", device="cpu")
    request.getfixturevalue("late")
    train(config, images, tmp_path / "late", device="cpu")
    assert history(tmp_path / "late") == history(tmp_path / "now")


@pytest.mark.parametrize("step", [0, 1])
def test_a_loss_that_is_read_late_still_ends_the_run(step, tmp_path, late, monkeypatch):
    """Of the two steps of the only epoch the last, too."""
    real, calls = nnet.training.loop.total_loss, iter(range(9))

    def spoilt(*arguments: object) -> dict[str, torch.Tensor]:
        factor = float("nan") if next(calls) == step else 1.0
        return {name: value * factor for name, value in real(*arguments).items()}

    monkeypatch.setattr(nnet.training.loop, "total_loss", spoilt)
    with pytest.raises(TrainingError, match="diverged"):
        train(tiny_config(train__epochs=1), random_images(14), tmp_path / "run", device="cpu")


def test_synchronised_normalisation_takes_the_place_of_what_is_trained_and_of_nothing_else():
    network = NNet(tiny_config(model__teacher="efficientnet_lite0"))
    names, teacher = list(network.state_dict()), network.T
    kept = {name: id(p) for name, p in network.named_parameters()}
    with_nccl(network, None)
    assert list(network.state_dict()) == names and {n: id(p) for n, p in network.named_parameters()} == kept
    trained = [m for m in network.modules() if isinstance(m, nn.SyncBatchNorm)]
    assert trained and all(m.weight.requires_grad for m in trained)
    left = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    assert left and set(left) <= set(teacher.modules())


class _Overflowing(nn.Module):
    """A network whose features are too large for float16, in autocast alone."""

    def __init__(self, network: NNet) -> None:
        super().__init__()
        self.network, self.calls = network, 0

    def forward(self, images: torch.Tensor, **options: Any) -> object:
        self.calls += 1
        out = self.network(images, **options)
        if torch.is_autocast_enabled("cpu"):
            out = replace(out, F=[f.half() * 1e6 for f in out.F])
        return out


def test_what_float16_cannot_hold_is_computed_in_float32():
    config = tiny_config()
    detector = Detector(NNet(config), config, "cpu")
    exact = detector.maps(list(random_images(2)))
    detector.network = network = _Overflowing(detector.network)
    detector.dtype = torch.float16
    maps = detector.maps(list(random_images(2)))
    assert network.calls == 2
    for name, found in maps.items():
        np.testing.assert_array_equal(found.numpy(), exact[name].numpy())


@pytest.mark.parametrize(
    ("visible", "device", "number"),
    [
        (None, "cuda", 0),
        (None, "cuda:2", 2),
        ("2,0", "cuda:0", 2),
        ("2,0", "cuda:1", 0),
        ("GPU-bb", "cuda", 1),
        (" 1 , 2 ", "cuda:1", 2),
        ("0,nonsense,2", "cuda:1", 1),
        ("", "cuda:0", 0),
    ],
)
def test_a_gpu_is_counted_as_the_machine_counts_it(visible, device, number, monkeypatch):
    monkeypatch.setattr(slots, "_gpus", lambda: list(slots._parsed(GPUS)))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert slots._on_board(device) == number


def test_servers_that_number_gpus_differently_share_the_slots_of_one(tmp_path, monkeypatch):
    monkeypatch.setenv(environment.MACHINE, str(tmp_path))
    monkeypatch.setattr(slots, "_gpus", lambda: list(slots._parsed(GPUS)))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    first = slots.take_slot("cuda:0", 5000 * 2**20)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert first is not None and slots.take_slot("cuda:1", 20000 * 2**20) is None
    assert slots.take_slot("cuda:0", 20000 * 2**20) is not None
