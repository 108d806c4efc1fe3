"""Teacher T and forward student S1: one architecture, three stages at stride 4, 8 and 16."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nnet.errors import NNetError
from nnet.model.compat import Uninitialised, import_timm
from nnet.model.teacher_weights import architecture_of, load_weights

STRIDES = (4, 8, 16)
POOLED = (3, 3, 6)  # of a mobile teacher's activated channels: 144, 240 and 672 of EfficientNet-Lite0 to 48, 80, 112


class BackboneError(NNetError, ValueError):
    """The named architecture cannot serve as teacher."""


class Backbone(nn.Module):
    """The first three feature stages of a timm architecture, randomly initialised: student S1 as it is.

    Args:
        name: a teacher's name as in `ModelConfig.teacher`.
        features: as in `ModelConfig.features`.

    Attributes:
        channels: (C_1, C_2, C_3) of the three feature maps.
        mean, std: the input normalisation of the architecture's published weights, on a 0..1 scale.
    """

    def __init__(self, name: str, features: str = "stages") -> None:
        super().__init__()
        self.name = name
        # "getter" drops the layers behind stride 16: they would cost time and, in S1, never get a gradient.
        self.stages: Any = _create(name, features_only=True, feature_cls="getter", out_indices=_stage_indices(name))
        self.channels: tuple[int, int, int] = tuple(self.stages.feature_info.channels())
        self._ends: tuple[int, ...] = ()  # the stages' indices, where activated features are taken
        if features == "activated" and not hasattr(self.stages.model, "layer1"):
            self._ends, self.channels = _activated(name, self.stages)
        published = self.stages.model.pretrained_cfg
        self.average = average  # `nnet.model.folding` has a faster one for inference
        self.mean: tuple[float, ...] = tuple(published["mean"])
        self.std: tuple[float, ...] = tuple(published["std"])

    def forward(self, x: Tensor) -> list[Tensor]:
        """Features at stride 4, 8 and 16 of normalised images x (B, 3, H, W)."""
        features: list[Tensor] = self._activations(x) if self._ends else self.stages(x)
        return features

    def _activations(self, x: Tensor) -> list[Tensor]:
        """What the last block of each stage holds between its convolutions, neighbouring channels averaged."""
        model = self.stages.model
        found: list[Tensor] = []
        x = model.bn1(model.conv_stem(x))
        for index, (*blocks, last) in enumerate(model.blocks):
            for block in blocks:
                x = block(x)
            if index not in self._ends:
                x = last(x)
                continue
            inner = last.aa(last.bn2(last.conv_dw(last.bn1(last.conv_pw(x)))))  # (B, 6 C_i, H_i, W_i), >= 0
            found.append(self.average(inner, POOLED[len(found)]))
            out = last.bn3(last.conv_pwl(last.se(inner)))
            x = out + x if last.has_skip else out
        return found


class Teacher(Backbone):
    """The frozen, pretrained teacher T: always in eval mode, no gradients, never saved in a checkpoint.

    Args:
        name: as for `Backbone`.
        pretrained: False leaves random weights (for tests only: nothing is detected with them).
        weights_file: explicit weights; otherwise they are looked up, see `nnet.model.teacher_weights`.
        features: as for `Backbone`.

    Attributes:
        origin: a sentence on where the weights came from.
    """

    def __init__(
        self, name: str, pretrained: bool = True, weights_file: Path | None = None, features: str = "stages"
    ) -> None:
        # It is not saved, so a random teacher must be the same one when a checkpoint is loaded.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            super().__init__(name, features)
        self.origin = "random weights, on request: this model detects nothing"
        if pretrained:
            with Uninitialised():  # names and shapes only
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


def average(x: Tensor, count: int) -> Tensor:
    """Means of so many neighbouring channels: (B, C, H, W) -> (B, C / count, H, W)."""
    return torch.unflatten(x, 1, (-1, count)).mean(2)


def _create(name: str, **options: Any) -> Any:
    """A timm module."""
    make = functools.partial(import_timm().create_model, architecture_of(name), pretrained=False, **options)
    try:
        return make()
    except NotImplementedError:  # on device meta, where early versions of PyTorch lack an operator that RegNets need
        with torch.device("cpu"), torch.random.fork_rng(devices=[]):
            return make()
    except RuntimeError as error:
        raise BackboneError(
            f"timm knows no architecture {name!r}, or it has no feature stages. "
            "Try wide_resnet50_2, resnet18 or efficientnet_lite0."
        ) from error


def _activated(name: str, stages: Any) -> tuple[tuple[int, ...], tuple[int, int, int]]:
    """Indices of the stages whose activations are taken, and the channels that these have after averaging.

    What lies behind the last activation is removed: in S1 it would never get a gradient.

    Raises:
        BackboneError: the architecture has no such blocks.
    """
    try:
        ends = tuple(int(module.removeprefix("blocks.")) for module in stages.feature_info.module_name())
        lasts = [stages.model.blocks[end][-1] for end in ends]
        c1, c2, c3 = (last.conv_pwl.in_channels // n for last, n in zip(lasts, POOLED, strict=True))
        fits = all(last.conv_pwl.in_channels % n == 0 for last, n in zip(lasts, POOLED, strict=True))
    except (AttributeError, ValueError):
        fits = False
    if not fits:
        raise BackboneError(
            f"{name} has no inverted residual blocks to take activated features from. Expected a ResNet or a teacher "
            "such as efficientnet_lite0; choose one of them, or model.features = stages."
        )
    lasts[2].se = lasts[2].conv_pwl = lasts[2].bn3 = nn.Identity()
    lasts[2].has_skip = False
    return ends, (c1, c2, c3)


@functools.cache
def _stage_indices(name: str) -> tuple[int, ...]:
    with Uninitialised():
        strides = _create(name, features_only=True).feature_info.reduction()
    if missing := [stride for stride in STRIDES if stride not in strides]:
        raise BackboneError(
            f"{name} has feature stages at stride {', '.join(map(str, strides))}; "
            f"a teacher needs 4, 8 and 16 ({missing[0]} is missing)."
        )
    return tuple(strides.index(stride) for stride in STRIDES)
