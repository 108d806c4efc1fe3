"""The same network for inference on a CPU, with fewer passes over each map: batch normalisation is folded into the
convolution before it, and what pads its input on one side only does so without a copy."""

import copy

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from nnet.model.network import NNet


def folded(network: NNet, size: int) -> NNet:
    """A copy of a network in eval mode that computes the same, up to rounding, and is only fit for inference.

    Args:
        network: stays as it is.
        size: side of its input in pixels.
    """
    from timm.layers import Conv2dSame  # here, since making the network has seen to it that timm can be imported

    twin = copy.deepcopy(network)
    with torch.no_grad():
        for conv, norm in _pairs(twin, size):
            _merge(conv, norm)
            # timm's batch normalisation carries the activation that follows it.
            rest = [part for name in ("drop", "act") if (part := getattr(norm, name, None)) is not None]
            _replace(twin, norm, nn.Sequential(*rest))
        for conv in [module for module in twin.modules() if isinstance(module, Conv2dSame) and _Same.fits(module)]:
            _replace(twin, conv, _Same(conv))
    twin.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return twin


class _Same(nn.Module):
    """A convolution of stride 2 with TensorFlow's padding, which is one pixel wider at the right and below.

    PyTorch pads a copy of the map for it. A kernel with a row and a column of zeros more, at the left and above, needs
    the same padding at all sides, which the convolution adds on its way.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv = conv
        self.weight = nn.Parameter(functional.pad(conv.weight, (1, 0, 1, 0)), requires_grad=False)

    @staticmethod
    def fits(conv: nn.Conv2d) -> bool:
        """Whether this can take the convolution's place."""
        return conv.stride == (2, 2) and conv.dilation == (1, 1) and conv.kernel_size in ((3, 3), (5, 5))

    def forward(self, x: Tensor) -> Tensor:
        """As the convolution."""
        if x.shape[-2] % 2 or x.shape[-1] % 2:  # then both sides are padded alike
            padded: Tensor = self.conv(x)
            return padded
        side = self.conv.kernel_size[0] // 2
        return functional.conv2d(x, self.weight, self.conv.bias, 2, side, 1, self.conv.groups)


def _pairs(network: NNet, size: int) -> list[tuple[nn.Module, nn.BatchNorm2d]]:
    """Every batch normalisation whose input is what a convolution has just put out."""
    made: dict[int, tuple[nn.Module, Tensor]] = {}  # the tensors are kept, so that no identity is given away twice
    found: dict[nn.BatchNorm2d, nn.Module] = {}  # a module that runs twice is one pair

    def after(module: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        made[id(output)] = module, output

    def before(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        if isinstance(module, nn.BatchNorm2d) and id(given[0]) in made:
            found[module] = made[id(given[0])][0]

    hooks = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            hooks.append(module.register_forward_hook(after))
        elif isinstance(module, nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(before))
    mean = network.mean
    network(torch.zeros(1, 3, size, size, dtype=mean.dtype, device=mean.device))
    for hook in hooks:
        hook.remove()
    return [(conv, norm) for norm, conv in found.items()]


def _merge(conv: nn.Module, norm: nn.BatchNorm2d) -> None:
    weight, bias = conv.weight, conv.bias
    assert isinstance(weight, Tensor) and norm.running_mean is not None and norm.running_var is not None
    conv.weight, conv.bias = fuse_conv_bn_weights(
        nn.Parameter(weight, requires_grad=False),
        bias if isinstance(bias, nn.Parameter) else None,
        norm.running_mean,
        norm.running_var,
        norm.eps,
        norm.weight,
        norm.bias,
        transpose=isinstance(conv, nn.ConvTranspose2d),
    )


def _replace(network: nn.Module, old: nn.Module, new: nn.Module) -> None:
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if child is old:
                setattr(parent, name, new)
