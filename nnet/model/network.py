"""The whole N-Net: this file only wires the parts together, in the order of Figure 2."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from nnet.config import Config
from nnet.model.backbone import Backbone, Teacher
from nnet.model.decoder import Decoder, plan_for
from nnet.model.ffc import FFC, PlainBottleneck
from nnet.model.fpm import FPM, Gates
from nnet.model.initialisation import initialise_as_precedents
from nnet.model.nfs import NFS, Addressing

Features = list[Tensor]
Tick = Callable[[str], None]


@dataclass
class Outputs:
    """Every intermediate of one forward pass, by the paper's symbols. A part that is switched off leaves None.

    Attributes:
        F: teacher features F_1, F_2, F_3, (B, C_i, H_i, W_i) at stride 4, 8, 16.
        F3_recalled: F'_3, the memory's answer to F_3.
        P: teacher-side adapted features, FPM(F_1), FPM(F_2), FPM(F'_3); equal to F_1, F_2, F'_3 without FPM.
        P_forward: what S1 is compared with: P, or P_1, P_2 and FPM(F_3) where `model.forward_target` is original.
        SF, SP: student S1's features, and after its FPM (equal without FPM, or when only L_align trains S1).
        F_E, F_C: fused and compressed features.
        D: S2's reconstruction of F.
        gates_T, gates_S1: the FPMs' gates on the teacher's and on S1's side.
        addressing: how F_3's vectors address the memory.
        gates_forward: the gates of P_forward's P_3 where it is another one than P's.
    """

    F: Features
    F3_recalled: Tensor | None
    P: Features
    P_forward: Features
    SF: Features | None
    SP: Features | None
    F_E: Tensor | None
    F_C: Tensor | None
    D: Features | None
    gates_T: list[Gates] | None
    gates_S1: list[Gates] | None
    addressing: Addressing | None
    gates_forward: Gates | None = None


class NNet(nn.Module):
    """Teacher T, forward student S1, memory NFS, projections FPM, fusion FFC, reverse student S2.

    Args:
        config: which parts exist and how large they are.
        weights_file: explicit teacher weights; otherwise they are looked up, see `nnet.model.teacher_weights`.

    Input images are float (B, 3, size, size) in 0..1; `normalise` applies the teacher's own mean and deviation.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: Config, weights_file: Path | None = None) -> None:
        super().__init__()
        model = config.model
        self.original_target = model.forward_target == "original"
        self.T = Teacher(model.teacher, model.teacher_weights == "pretrained", weights_file, model.features)
        channels = self.T.channels
        self.S1 = Backbone(model.teacher, model.features) if model.forward else None
        self.NFS = NFS(model.memory_items, channels[2], model.temperature, model.shrink) if model.nfs else None
        self.FPM_T = _projections(channels, model.fpm_reduction) if model.fpm else None
        # Without L_KD nothing trains S1's projections; the forward maps then compare SF_i with P_i (Table 6).
        self.FPM_S1 = (
            _projections(channels, model.fpm_reduction) if model.fpm and model.forward and config.loss.kd else None
        )
        self.FFC = self.S2 = None
        if model.reverse:
            plan = plan_for(self.T)
            fused = FFC(channels, plan.embedding, model.ffc_blocks) if model.ffc else None
            self.FFC = fused or PlainBottleneck(channels, plan.embedding)
            self.S2 = Decoder(plan)
        if model.initialisation == "kaiming":
            initialise_as_precedents(self.S1, self.FFC, self.S2)
        self.register_buffer("mean", torch.tensor(self.T.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(self.T.std).view(1, 3, 1, 1), persistent=False)

    def normalise(self, images: Tensor) -> Tensor:
        """Images in 0..1 -> the teacher's input range."""
        return (images - self.mean) / self.std

    def forward(
        self,
        images: Tensor,
        features: Features | None = None,
        *,
        tick: Tick | None = None,
        only: Literal["forward", "reverse"] | None = None,
    ) -> Outputs:
        """One pass through every part that exists.

        Args:
            images: (B, 3, size, size) in 0..1.
            features: the teacher's F_1, F_2, F_3 of these images, if they were computed before.
            tick: called with a stage's name when that stage has been queued, for timing.
            only: run one student, as if the network had no other one.
        """
        tick = tick or _silent
        x = self.normalise(images)
        f = self.T(x) if features is None else features
        tick("teacher")
        recalled, addressing = self.NFS(f[2]) if self.NFS is not None else (None, None)
        tick("memory")
        sf = sp = gates_s1 = None
        if self.S1 is not None and only != "reverse":
            sf = self.S1(x)
            sp, gates_s1 = _project(self.FPM_S1, sf)
        tick("copier S₁")
        p, gates_t, f_e, f_c, d = self.rebuild(f, recalled, tick, only != "forward")
        target, gates = self.forward_target(f, p, recalled)
        return Outputs(f, recalled, p, target, sf, sp, f_e, f_c, d, gates_t, gates_s1, addressing, gates)

    def rebuild(
        self, f: Features, recalled: Tensor | None, tick: Tick | None = None, reverse: bool = True
    ) -> tuple[Features, list[Gates] | None, Tensor | None, Tensor | None, Features | None]:
        """The way from the teacher's features to S2's reconstruction.

        Args:
            f: F_1, F_2, F_3.
            recalled: F'_3, which takes F_3's place; None without a memory.
            reverse: False ends with P.

        Returns:
            P, the teacher-side gates, F_E, F_C, D; None for what does not exist.
        """
        tick = tick or _silent
        p, gates = _project(self.FPM_T, f if recalled is None else [f[0], f[1], recalled])
        tick("projection")
        f_e, f_c = self.FFC(p) if self.FFC is not None and reverse else (None, None)
        tick("fusion")
        d = self.S2(f_c) if self.S2 is not None and reverse else None
        tick("rebuilder S₂")
        return p, gates, f_e, f_c, d

    def forward_target(self, f: Features, p: Features, recalled: Tensor | None) -> tuple[Features, Gates | None]:
        """P as S1 is compared with it, and the gates of its P_3 where that is another one than `p`'s.

        Args:
            f: F_1, F_2, F_3.
            p: P_1, P_2, P_3 as `rebuild` returns them.
            recalled: F'_3, which P_3 was made from; None without a memory.
        """
        if self.S1 is None or recalled is None or not self.original_target:
            return p, None
        third, gates = (f[2], None) if self.FPM_T is None else self.FPM_T[2](f[2])
        return [*p[:2], third], gates

    def own_state(self) -> dict[str, Tensor]:
        """The state dict without the teacher: what a checkpoint holds."""
        return {name: value for name, value in self.state_dict().items() if not name.startswith("T.")}

    def load_own_state(self, state: dict[str, Tensor]) -> None:
        """Inverse of `own_state`; the names must match exactly.

        Raises:
            KeyError: a tensor is missing or unknown.
            RuntimeError: a tensor has the wrong shape.
        """
        own = self.own_state().keys()
        if own != state.keys():
            raise KeyError(sorted(own ^ state.keys())[0])
        self.load_state_dict(state, strict=False)

    def parameter_counts(self) -> dict[str, int]:
        """Number of parameters per part, in the order of Figure 2; the teacher's are frozen."""
        return {name: sum(p.numel() for p in part.parameters()) for name, part in self.named_children()}


def _silent(_: str) -> None:
    """A tick that nobody listens to."""


def _projections(channels: tuple[int, int, int], reduction: int) -> nn.ModuleList:
    return nn.ModuleList(FPM(c, reduction) for c in channels)


def _project(fpms: nn.ModuleList | None, features: Features) -> tuple[Features, list[Gates] | None]:
    if fpms is None:
        return features, None
    projected, gates = zip(*(fpm(f) for fpm, f in zip(fpms, features, strict=True)), strict=True)
    return list(projected), list(gates)
