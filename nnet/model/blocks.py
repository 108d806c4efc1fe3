"""The residual block that the compression (FFC) and the decoder (S2) are built of."""

from torch import Tensor, nn


def conv_bn(channels_in: int, channels_out: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """Convolution without bias, 'same' padding at stride 1, followed by batch normalisation."""
    conv = nn.Conv2d(channels_in, channels_out, kernel, stride, padding=kernel // 2, bias=False)
    return [conv, nn.BatchNorm2d(channels_out)]


class Residual(nn.Module):
    """relu(body(x) + shortcut(x))."""

    def __init__(self, body: list[nn.Module], shortcut: list[nn.Module] | None = None) -> None:
        super().__init__()
        self.body = nn.Sequential(*body)
        self.shortcut = nn.Sequential(*shortcut) if shortcut else nn.Identity()
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.activation(self.body(x) + self.shortcut(x))
        return out


def bottleneck(channels_in: int, channels_out: int, width: int, stride: int = 1) -> Residual:
    """ResNet bottleneck: 1x1 to `width`, 3x3 with the stride, 1x1 to `channels_out`."""
    body = [
        *conv_bn(channels_in, width, 1),
        nn.ReLU(inplace=True),
        *conv_bn(width, width, 3, stride),
        nn.ReLU(inplace=True),
        *conv_bn(width, channels_out, 1),
    ]
    same = stride == 1 and channels_in == channels_out
    return Residual(body, None if same else conv_bn(channels_in, channels_out, 1, stride))
