"""Feature projection module (FPM), Figure 3a of the paper: coordinate gates along height and width."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

MIN_SQUEEZED_CHANNELS = 8


class Gates(NamedTuple):
    """Gates of one FPM, each in (0, 1): `h` (B, C, H, 1) along the height, `w` (B, C, 1, W) along the width."""

    h: Tensor
    w: Tensor


class FPM(nn.Module):
    """P = FPM(F): F times a gate per channel and row, times a gate per channel and column.

    Between the two 1x1 convolutions stand batch normalisation and a hard swish. The paper leaves the inner
    activation open; these are the ones of coordinate attention (Hou et al., CVPR 2021), whose figure it follows.

    Args:
        channels: C of the feature map.
        reduction: r; the squeezed width is C/r, at least 8.
    """

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        squeezed = max(MIN_SQUEEZED_CHANNELS, channels // reduction)
        self.squeeze = nn.Sequential(
            nn.Conv2d(channels, squeezed, 1, bias=False), nn.BatchNorm2d(squeezed), nn.Hardswish()
        )
        self.expand_h = nn.Conv2d(squeezed, channels, 1)
        self.expand_w = nn.Conv2d(squeezed, channels, 1)

    def forward(self, f: Tensor) -> tuple[Tensor, Gates]:
        """f (B, C, H, W) -> P of the same shape, and its gates."""
        _, _, height, width = f.shape
        rows = f.mean(dim=3, keepdim=True)  # (B, C, H, 1), kernel (1, W)
        columns = f.mean(dim=2, keepdim=True).transpose(2, 3)  # (B, C, W, 1), kernel (H, 1)
        squeezed = self.squeeze(torch.cat([rows, columns], dim=2))  # (B, C/r, H + W, 1)
        rows, columns = squeezed.split([height, width], dim=2)
        gates = Gates(
            self.expand_h(rows).sigmoid(),  # (B, C, H, 1)
            self.expand_w(columns.transpose(2, 3)).sigmoid(),  # (B, C, 1, W)
        )
        return f * gates.h * gates.w, gates
