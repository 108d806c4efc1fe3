"""Folding batch normalisation away changes nothing but rounding, and leaves the network as it is."""

import pytest
import torch
from builders import tiny_config
from torch import nn

from nnet.model import folding
from nnet.model.backbone import average
from nnet.model.folding import _OneDNN, _Same, folded
from nnet.model.network import NNet
from nnet.scoring.maps import anomaly_maps


def used_network(teacher: str, **changes: object) -> NNet:
    """A network whose batch normalisation has statistics and weights that matter."""
    torch.manual_seed(0)
    network = NNet(tiny_config(model__teacher=teacher, **changes)).eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 2)
            module.weight.uniform_(0.5, 1.5)
            module.bias.uniform_(-0.2, 0.2)
    return network


@pytest.mark.parametrize(
    ("teacher", "changes"),
    [
        ("resnet18", {}),
        ("efficientnet_lite0", {}),
        ("efficientnet_lite0", {"model__features": "activated"}),
        pytest.param("wide_resnet50_2", {}, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("onednn", [True, False])
def test_no_batch_normalisation_is_left_and_the_maps_stay(teacher, changes, onednn, monkeypatch):
    if not onednn:
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    network = used_network(teacher, **changes)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    twin = folded(network, 64)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in twin.modules())
    assert any(isinstance(module, _OneDNN) for module in twin.modules()) == onednn
    images = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        expected, found = anomaly_maps(network(images)), anomaly_maps(twin(images))
    for name, m in expected.items():
        torch.testing.assert_close(found[name], m, rtol=0, atol=1e-4)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize(("height", "width"), [(12, 20), (11, 12), (13, 9)])
def test_padding_on_one_side_without_a_copy_gives_the_same(kernel, height, width):
    from timm.layers import Conv2dSame

    torch.manual_seed(0)
    conv = Conv2dSame(6, 6, kernel, stride=2, groups=6).requires_grad_(False)
    assert _Same.fits(conv)
    x = torch.rand(2, 6, height, width)
    torch.testing.assert_close(_Same(conv)(x), conv(x), rtol=0, atol=1e-6)


def test_what_pads_on_one_side_is_replaced_only_where_that_is_so(monkeypatch):
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    twin = folded(used_network("efficientnet_lite0"), 64)
    assert sum(isinstance(module, _Same) for module in twin.modules()) == 8  # four in the teacher, four in S1
    from timm.layers import Conv2dSame

    assert not _Same.fits(Conv2dSame(3, 3, 3, stride=1))
    assert not _Same.fits(Conv2dSame(3, 3, 3, stride=2, dilation=2))


class Shares(nn.Module):
    """Activations behind a convolution alone, behind one and a sum, and behind a sum in a convolution's place."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = (nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))
        self.own, self.shared, self.summed = nn.ReLU6(), nn.Hardswish(), nn.Hardswish()
        self.mean = torch.zeros(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = self.two(self.shared(self.one(x)))
        found += x
        return self.shared(self.summed(found) - self.own(self.three(x)))


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="PyTorch has no oneDNN here")
def test_only_an_activation_that_follows_nothing_else_goes_into_the_convolution():
    network = Shares().requires_grad_(False)
    expected = network(x := torch.rand(1, 3, 32, 32))
    folding._replace(network, folding._by_onednn(network, 32))
    kinds = [type(part) for part in network.children()]
    assert kinds == [_OneDNN, _OneDNN, _OneDNN, nn.Identity, nn.Hardswish, nn.Hardswish]
    torch.testing.assert_close(network(x), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("count", [2, 3, 6])
def test_the_faster_average_is_the_average(count):
    x = torch.rand(2, 12, 5, 4).contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(folding._average(x, count), average(x, count), rtol=0, atol=1e-6)
