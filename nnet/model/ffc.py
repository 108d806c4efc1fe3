"""Feature fusion and compression (FFC), Figure 3b of the paper, and the baseline's plain bottleneck."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nnet.model.blocks import bottleneck, conv_bn

BASELINE_BLOCKS = 3  # of the one-class embedding in reverse distillation (Deng and Li, CVPR 2022)


class FFC(nn.Module):
    """P_1, P_2, P_3 -> F_E -> F_C: progressive fusion (Eq. 6), 1x1 mixing, L compressing residual blocks.

    At 256 pixels and WideResNet-50-2, F_E is 3072 x 16 x 16 and F_C is 2048 x 8 x 8. The paper leaves open where
    among the L blocks the spatial compression sits; it is in the first, as in reverse distillation, so that the
    remaining blocks work on a quarter of the positions.

    Args:
        channels: (C_1, C_2, C_3).
        embedding: channels of F_C.
        blocks: L.
    """

    def __init__(self, channels: Sequence[int], embedding: int, blocks: int) -> None:
        super().__init__()
        self.shrink_1, self.shrink_2 = _shrinkers(channels)
        self.mix = nn.Conv2d(3 * channels[2], 3 * channels[2], 1)
        self.compress = _compression(3 * channels[2], embedding, blocks)

    def forward(self, p: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Three maps at stride 4, 8, 16 -> F_E (B, 3 C_3, H/16, W/16), F_C (B, embedding, H/32, W/32)."""
        p3 = p[2]
        p2 = p3 + self.shrink_2(p[1])
        p1 = p2 + self.shrink_1(p[0])
        f_e = self.mix(torch.cat([p1, p2, p3], dim=1))
        return f_e, self.compress(f_e)


class PlainBottleneck(nn.Module):
    """The baseline of Table 4: the maps are shrunk, concatenated and compressed, without fusion and mixing."""

    def __init__(self, channels: Sequence[int], embedding: int) -> None:
        super().__init__()
        self.shrink_1, self.shrink_2 = _shrinkers(channels)
        self.compress = _compression(3 * channels[2], embedding, BASELINE_BLOCKS)

    def forward(self, p: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """As `FFC.forward`; F_E is the plain concatenation."""
        f_e = torch.cat([self.shrink_1(p[0]), self.shrink_2(p[1]), p[2]], dim=1)
        return f_e, self.compress(f_e)


def _shrinkers(channels: Sequence[int]) -> tuple[nn.Sequential, nn.Sequential]:
    """3x3 stride-2 convolution + BN + ReLU blocks that bring P_1 and P_2 to the shape of P_3."""
    c1, c2, c3 = channels
    halve = [[*conv_bn(a, b, 3, 2), nn.ReLU(inplace=True)] for a, b in ((c1, c2), (c2, c3), (c2, c3))]
    return nn.Sequential(*halve[0], *halve[1]), nn.Sequential(*halve[2])


def _compression(channels: int, embedding: int, blocks: int) -> nn.Sequential:
    """The first block halves height and width; the inner width is half the embedding, as in WideResNet-50-2."""
    first = bottleneck(channels, embedding, width=embedding // 2, stride=2)
    return nn.Sequential(first, *(bottleneck(embedding, embedding, width=embedding // 2) for _ in range(blocks - 1)))
