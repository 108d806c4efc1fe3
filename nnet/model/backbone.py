"""Teacher T and forward student S1: one architecture, three stages at stride 4, 8 and 16."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nnet.errors import NNetError
from nnet.model.compat import declare_torchvision_operators
from nnet.model.weights import architecture_of, load_weights

STRIDES = (4, 8, 16)


class BackboneError(NNetError, ValueError):
    """The named architecture cannot serve as teacher."""


class Backbone(nn.Module):
    """The first three feature stages of a timm architecture, randomly initialised: student S1 as it is.

    Args:
        name: a teacher's name as in `ModelConfig.teacher`.

    Attributes:
        channels: (C_1, C_2, C_3) of the three feature maps.
        mean, std: the input normalisation of the architecture's published weights, on a 0..1 scale.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        # "getter" drops the layers behind stride 16: they would cost time and, in S1, never get a gradient.
        self.stages: Any = _create(name, features_only=True, feature_cls="getter", out_indices=_stage_indices(name))
        self.channels: tuple[int, int, int] = tuple(self.stages.feature_info.channels())
        published = self.stages.model.pretrained_cfg
        self.mean: tuple[float, ...] = tuple(published["mean"])
        self.std: tuple[float, ...] = tuple(published["std"])

    def forward(self, x: Tensor) -> list[Tensor]:
        """Features at stride 4, 8 and 16 of normalised images x (B, 3, H, W)."""
        features: list[Tensor] = self.stages(x)
        return features


class Teacher(Backbone):
    """The frozen, pretrained teacher T: always in eval mode, no gradients, never saved in a checkpoint.

    Args:
        name: as for `Backbone`.
        pretrained: False leaves random weights (for tests only: nothing is detected with them).
        weights_file: explicit weights; otherwise they are looked up, see `nnet.model.weights`.

    Attributes:
        origin: a sentence on where the weights came from.
    """

    def __init__(self, name: str, pretrained: bool = True, weights_file: Path | None = None) -> None:
        # It is not saved, so a random teacher must be the same one when a checkpoint is loaded.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            super().__init__(name)
        self.origin = "random weights, on request: this model detects nothing"
        if pretrained:
            with torch.device("meta"):  # names and shapes only
                reference = _create(name).state_dict()
            state, self.origin = load_weights(name, reference, weights_file)
            wanted = self.stages.model.state_dict()
            self.stages.model.load_state_dict({key: state[key] for key in wanted})
        self.requires_grad_(False)
        self.eval()

    def sha256(self) -> str:
        """SHA-256 in hex over the names, shapes and values of the tensors, which no checkpoint holds."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.state_dict().items()):
            values = tensor.detach().cpu().contiguous()
            digest.update(f"{name} {values.dtype} {tuple(values.shape)}\n".encode())
            digest.update(values.numpy().tobytes())
        return digest.hexdigest()

    def train(self, mode: bool = True) -> Teacher:
        """Stay in eval mode whatever is asked: the running statistics belong to the pretrained weights."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, x: Tensor) -> list[Tensor]:
        """F_1, F_2, F_3 of normalised images x (B, 3, H, W)."""
        return super().forward(x)


def _create(name: str, **options: Any) -> Any:
    """A timm module. It is typed as Any, since what timm adds to `nn.Module` (`feature_info`, ...) has no type."""
    declare_torchvision_operators()
    import timm

    try:
        return timm.create_model(architecture_of(name), pretrained=False, **options)
    except RuntimeError as error:
        raise BackboneError(
            f"timm knows no architecture {name!r}, or it has no feature stages. "
            "Try wide_resnet50_2, resnet18 or efficientnet_lite0."
        ) from error


def _stage_indices(name: str) -> list[int]:
    with torch.device("meta"):  # no memory, no initialisation
        strides = _create(name, features_only=True).feature_info.reduction()
    if missing := [stride for stride in STRIDES if stride not in strides]:
        raise BackboneError(
            f"{name} has feature stages at stride {', '.join(map(str, strides))}; "
            f"a teacher needs 4, 8 and 16 ({missing[0]} is missing)."
        )
    return [strides.index(stride) for stride in STRIDES]
