"""Reverse student S2: a decoder that mirrors the teacher's stages and rebuilds F_3, F_2, F_1 from F_C."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from nnet.model.backbone import Backbone
from nnet.model.blocks import Residual, bottleneck, conv_bn

# For teachers that are no ResNets. Mobile architectures have few channels (24, 40, 112) and widen them inside their
# blocks; a decoder that does not, with a code of 2 C_3, leaves the texture of normal images unexplained
# (docs/choices.md).
OTHER_DEPTH, OTHER_EXPANSION, OTHER_EMBEDDING = (2, 2, 2), 3, 4


@dataclass(frozen=True)
class DecoderPlan:
    """What the decoder mirrors.

    Attributes:
        channels: (C_1, C_2, C_3) of D_1, D_2, D_3.
        depth: residual blocks per stage, in the same order.
        widths: inner width of the bottlenecks per stage; None for basic blocks.
        embedding: channels of F_C.
        signed: the teacher's features may be negative (no final ReLU), so each D_i ends in a linear 1x1 convolution.
            Activated features of mobile teachers are not, but keep it: it is the decoder that was measured.
    """

    channels: tuple[int, int, int]
    depth: tuple[int, int, int]
    widths: tuple[int, int, int] | None
    embedding: int
    signed: bool


def plan_for(backbone: Backbone) -> DecoderPlan:
    """Mirror a ResNet block for block; give any other teacher a residual decoder with its channels."""
    channels = backbone.channels
    stages: list[Any] = [getattr(backbone.stages.model, f"layer{i}", None) for i in (1, 2, 3)]
    if any(stage is None for stage in stages):
        c1, c2, c3 = (OTHER_EXPANSION * c for c in channels)
        return DecoderPlan(channels, OTHER_DEPTH, (c1, c2, c3), OTHER_EMBEDDING * channels[2], signed=True)
    d1, d2, d3 = (len(stage) for stage in stages)
    widths = None
    if hasattr(stages[0][0], "conv3"):  # bottlenecks
        w1, w2, w3 = (int(stage[0].conv2.out_channels) for stage in stages)
        widths = (w1, w2, w3)
    return DecoderPlan(channels, (d1, d2, d3), widths, 2 * channels[2], signed=False)


class Decoder(nn.Module):
    """S2: three up-sampling stages from F_C (B, embedding, H/32, W/32) to D_1, D_2, D_3, shaped as F_1, F_2, F_3."""

    def __init__(self, plan: DecoderPlan) -> None:
        super().__init__()
        c1, c2, c3 = plan.channels
        self.stage_3 = _stage(plan.embedding, plan, 2)
        self.stage_2 = _stage(c3, plan, 1)
        self.stage_1 = _stage(c2, plan, 0)
        self.heads = nn.ModuleList(nn.Conv2d(c, c, 1) if plan.signed else nn.Identity() for c in (c1, c2, c3))

    def forward(self, f_c: Tensor) -> list[Tensor]:
        """F_C -> [D_1, D_2, D_3]."""
        d3 = self.stage_3(f_c)
        d2 = self.stage_2(d3)
        d1 = self.stage_1(d2)
        return [head(d) for head, d in zip(self.heads, (d1, d2, d3), strict=True)]


def _stage(channels_in: int, plan: DecoderPlan, index: int) -> nn.Sequential:
    channels, rest = plan.channels[index], range(plan.depth[index] - 1)
    if plan.widths is None:
        return nn.Sequential(basic_up(channels_in, channels), *(basic(channels) for _ in rest))
    width = plan.widths[index]
    first = bottleneck_up(channels_in, channels, width)
    return nn.Sequential(first, *(bottleneck(channels, channels, width) for _ in rest))


def up_bn(channels_in: int, channels_out: int) -> list[nn.Module]:
    """2x2 stride-2 transposed convolution (paper, section 3.2) and batch normalisation: doubles H and W."""
    return [nn.ConvTranspose2d(channels_in, channels_out, 2, 2, bias=False), nn.BatchNorm2d(channels_out)]


def bottleneck_up(channels_in: int, channels_out: int, width: int) -> Residual:
    """Bottleneck whose middle convolution is transposed and doubles H and W."""
    body = [
        *conv_bn(channels_in, width, 1),
        nn.ReLU(inplace=True),
        *up_bn(width, width),
        nn.ReLU(inplace=True),
        *conv_bn(width, channels_out, 1),
    ]
    return Residual(body, up_bn(channels_in, channels_out))


def basic(channels: int) -> Residual:
    """ResNet basic block: two 3x3 convolutions."""
    return Residual([*conv_bn(channels, channels, 3), nn.ReLU(inplace=True), *conv_bn(channels, channels, 3)])


def basic_up(channels_in: int, channels_out: int) -> Residual:
    """Basic block whose first convolution is transposed and doubles H and W."""
    body = [*up_bn(channels_in, channels_out), nn.ReLU(inplace=True), *conv_bn(channels_out, channels_out, 3)]
    return Residual(body, up_bn(channels_in, channels_out))
