"""The same network for inference on a CPU, with fewer passes over each map.

Batch normalisation is folded into the convolution before it, and what pads its input on one side only does so without a
copy. Where PyTorch has oneDNN, a convolution applies the activation behind it on its way, and its weights lie as oneDNN
reads them, where PyTorch would arrange them anew at every call.
"""

import copy

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from nnet.model.network import NNet

ACTIVATIONS: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
    nn.Hardswish: ("hardswish", []),
}
"""What oneDNN applies on the way: its name there, and its parameters."""


def folded(network: NNet, size: int) -> NNet:
    """A copy of a network in eval mode that computes the same, up to rounding, and is only fit for inference.

    Args:
        network: stays as it is.
        size: side of its input in pixels.
    """
    from timm.layers import Conv2dSame  # here, since making the network has seen to it that timm can be imported

    new: dict[nn.Module, nn.Module] = {}
    with torch.inference_mode(False), torch.no_grad():  # in inference mode no tensor knows whether it was changed
        twin = copy.deepcopy(network)
        for conv, (_, norm) in _convolutions(twin, size, nn.BatchNorm2d).items():
            if isinstance(norm, nn.BatchNorm2d):
                _merge(conv, norm)
                # timm's batch normalisation carries the activation that follows it.
                rest = [part for name in ("drop", "act") if (part := getattr(norm, name, None)) is not None]
                new[norm] = nn.Sequential(*rest)
        new |= {
            module: _Same(module) for module in twin.modules() if isinstance(module, Conv2dSame) and _Same.fits(module)
        }
        _replace(twin, new)
        for backbone in (twin.T, twin.S1):
            if backbone is not None:
                backbone.average = _average
        twin.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        # oneDNN computes in no precision above float32.
        if network.mean.dtype is torch.float32 and torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
            _replace(twin, _by_onednn(twin, size))
    return twin


def _average(x: Tensor, count: int) -> Tensor:
    """`nnet.model.backbone.average` in half the time or less; its gradient would take longer."""
    total = x[:, 0::count] + x[:, 1::count]
    for start in range(2, count):
        total += x[:, start::count]
    return total.div_(count)


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


class _OneDNN(nn.Module):
    """A convolution and the activation behind it, if there is one, as one operation.

    Args:
        conv: as `fits` says.
        activation: of a kind in ACTIVATIONS.
        shape: of the input.
    """

    def __init__(self, conv: nn.Module, activation: nn.Module | None, shape: torch.Size) -> None:
        super().__init__()
        own = conv.conv if isinstance(conv, _Same) else conv
        assert isinstance(own, nn.Conv2d | nn.ConvTranspose2d) and isinstance(conv.weight, Tensor)
        padding = [side // 2 for side in own.kernel_size] if isinstance(conv, _Same) else list(own.padding)
        known = torch.ops.mkldnn
        arrange, self.run = known._reorder_convolution_weight, known._convolution_pointwise
        layout = [padding, list(own.stride), list(own.dilation), own.groups]
        if isinstance(own, nn.ConvTranspose2d):
            arrange, self.run = known._reorder_convolution_transpose_weight, known._convolution_transpose_pointwise
            layout.insert(1, list(own.output_padding))
        self.weight = arrange(conv.weight.detach(), *layout, list(shape))  # no parameter, since it has no strides
        self.bias = own.bias
        name, numbers = next((to for kind, to in ACTIVATIONS.items() if isinstance(activation, kind)), ("none", []))
        self.rest = [*layout, name, numbers, ""]

    @staticmethod
    def fits(conv: nn.Module, shape: torch.Size) -> bool:
        """Whether this can take the place of a convolution with such inputs."""
        if isinstance(conv, _Same):
            return not (shape[-2] % 2 or shape[-1] % 2)
        return type(conv) in (nn.Conv2d, nn.ConvTranspose2d) and conv.padding_mode == "zeros"

    def forward(self, x: Tensor) -> Tensor:
        """As the two."""
        out: Tensor = self.run(x, self.weight, self.bias, *self.rest)
        return out


def _by_onednn(network: NNet, size: int) -> dict[nn.Module, nn.Module]:
    """What takes the place of the convolutions, and of the activations behind them."""
    new: dict[nn.Module, nn.Module] = {}
    for conv, (shape, activation) in _convolutions(network, size, *ACTIVATIONS).items():
        if _OneDNN.fits(conv, shape):
            new[conv] = _OneDNN(conv, activation, shape)
            if activation is not None:
                new[activation] = nn.Identity()
    return new


def _convolutions(
    network: NNet, size: int, *behind: type[nn.Module]
) -> dict[nn.Module, tuple[torch.Size, nn.Module | None]]:
    """Every convolution -> the shape of its input, and the module of these kinds whose input is what it has put out."""
    made: dict[int, tuple[nn.Module, Tensor, int]] = {}  # the tensors are kept, so that no identity is given away twice
    found: dict[nn.Module, tuple[torch.Size, nn.Module | None]] = {}  # a module that runs twice is one
    elsewhere: set[nn.Module] = set()  # what takes other things, too, must stay

    def after(module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        made[id(output)] = module, output, output._version
        found.setdefault(module, (given[0].shape, None))

    def before(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        conv, output, version = made.get(id(given[0]), (None, given[0], -1))
        if conv is None or output._version != version:  # a sum may have been put in its place
            elsewhere.add(module)
        else:
            found[conv] = found[conv][0], module

    hooks = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | _Same):
            hooks.append(module.register_forward_hook(after))
        elif isinstance(module, behind):
            hooks.append(module.register_forward_pre_hook(before))
    mean = network.mean
    network(torch.zeros(1, 3, size, size, dtype=mean.dtype, device=mean.device))
    for hook in hooks:
        hook.remove()
    return {conv: (shape, None if module in elsewhere else module) for conv, (shape, module) in found.items()}


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


def _replace(network: nn.Module, new: dict[nn.Module, nn.Module]) -> None:
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if child in new:
                setattr(parent, name, new[child])
