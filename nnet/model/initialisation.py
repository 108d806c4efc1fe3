"""The first weights of the students and of FFC where they are not PyTorch's and timm's own ("kaiming")."""

from torch import nn
from torch.nn import init


def initialise_as_precedents(s1: nn.Module | None, *rebuilding: nn.Module | None) -> None:
    """The first weights in the code of the works that the paper builds on.

    Reverse distillation (Deng and Li, CVPR 2022) draws the convolutions of its bottleneck and decoder from a normal
    distribution scaled by the outputs (He et al., ICCV 2015), but not the transposed ones. torchvision, which forward
    distillation takes its student from, starts the last batch normalisation of a residual block at 1; timm at 0.

    Args:
        s1: the forward student.
        rebuilding: FFC and S2.
    """
    for module in (m for part in rebuilding if part is not None for m in part.modules()):
        if isinstance(module, nn.Conv2d):
            init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    for module in () if s1 is None else s1.modules():
        if isinstance(module, nn.BatchNorm2d):
            init.ones_(module.weight)
