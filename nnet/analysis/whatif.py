"""What-if by inference: take a part of a trained network out and look again, without training.

These are interventions on a trained network, not ablations. The other parts were trained beside the one that is taken
out, so the change says how much this network leans on it. Whether a network trained without it would be worse is
another question; `nnet.studies` answers that.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from nnet.config import Config
from nnet.detector import Array, Detector, Trace
from nnet.errors import NNetError
from nnet.expression import Expression, for_maps, read
from nnet.model.network import NNet
from nnet.scoring.maps import image_score, score_map

LABEL = "An intervention on a trained network, not a network trained without the part."


class WhatIfError(NNetError, ValueError):
    """An intervention that this network does not allow."""


@dataclass(frozen=True)
class Donor:
    """A trained network whose forward branch, S1 with its projections, takes the place of another network's.

    Attributes:
        name: for people.
        detector: of the same teacher and input size, on the same device; see `misfit`.
    """

    name: str
    detector: Detector


@dataclass(frozen=True, eq=False)
class Code:
    """A code F_C that S2 is given in place of its own.

    Attributes:
        name: of the picture that it is of, for people.
        F_C: (C, H, W), of the same network; see `Trace`.
    """

    name: str
    F_C: Array


@dataclass(frozen=True)
class WhatIf:
    """What to change; several changes may be combined.

    Attributes:
        without_nfs: the memory passes F_3 on as it is, F'_3 = F_3.
        without_fpm: the projections pass features on as they are, P_i = F_i and SP_i = SF_i.
        without_forward: S1 and the maps M4 to M6 are left out.
        rank: F_C is replaced by its best approximation of this rank (singular values over positions x channels);
            None leaves it.
        forward_of: S1 and its projections are taken from there; P_i stays this network's own.
        code: F_C of another picture, from which S2 rebuilds this one's features.
    """

    without_nfs: bool = False
    without_fpm: bool = False
    without_forward: bool = False
    rank: int | None = None
    forward_of: Donor | None = None
    code: Code | None = None

    @property
    def changes(self) -> tuple[str, ...]:
        """The changes in words."""
        donor = "" if self.forward_of is None else self.forward_of.name
        words = {
            "without the memory (NFS): F′₃ = F₃": self.without_nfs,
            "without the projections (FPM): P = F, SP = SF": self.without_fpm,
            "without S₁, the copier: M1 to M3 alone": self.without_forward,
            f"with S₁, the copier, of {donor}": self.forward_of is not None,
            f"with the code of {'' if self.code is None else self.code.name}": self.code is not None,
            f"code simplified to rank {self.rank}": self.rank is not None,
        }
        return tuple(text for text, chosen in words.items() if chosen)


@dataclass(frozen=True)
class Intervened:
    """One image after an intervention.

    Attributes:
        what: the intervention.
        trace: everything downstream of it, computed again; what lies upstream is as it was.
        expression: the score, restricted to the maps that are left.
        score: Score_l under it.
        before: Score_l of the untouched network under its own expression.
        comparable: whether both scores are of one expression, so that their sizes can be compared.
    """

    what: WhatIf
    trace: Trace
    expression: Expression
    score: float
    before: float
    comparable: bool


def intervene(
    detector: Detector,
    trace: Trace,
    what: WhatIf,
    expression: Expression | str | None = None,
    donated: Trace | None = None,
) -> Intervened:
    """The trace and the score that an intervention leads to. Runs only FPM, FFC and S2; never T or S1.

    Args:
        detector: trained.
        trace: of an image, by the same detector.
        what: the intervention.
        expression: the score, parsed or not; default: the detector's own.
        donated: the donor's trace of the same image; where it is needed and not given, the donor runs for it.

    Raises:
        WhatIfError: the network lacks the part, no map would be left, or the donor's branch does not fit.
        nnet.expression.ExpressionError: malformed, or a map that this model does not have.
    """
    changed = altered(detector, what)
    own = read(expression or detector.config.scoring.expression)
    left = restricted(own, changed.config.maps)
    if what.forward_of is not None and donated is None:
        donated = what.forward_of.detector.trace(trace.image)
    new = changed.replay(_upstream(trace, what, donated), trace.F[2] if what.without_nfs else trace.F3_recalled)
    if not what.without_nfs:
        new = replace(new, addressing=trace.addressing)
    return Intervened(what, new, left, _score(detector, new, left), _score(detector, trace, own), left == own)


def altered(detector: Detector, what: WhatIf) -> Detector:
    """A detector with the parts taken out, for whole sets of images. It shares the weights and takes turns with the
    original; no calibration holds for it.

    Raises:
        WhatIfError: the network lacks the part, no map would be left, or the donor's branch does not fit.
    """
    _check(detector.config, what)
    _check_donor(detector, what.forward_of)
    return detector.with_network(_view(detector.network, what), _config(detector.config, what))


def misfit(config: Config, donor: Config) -> str:
    """Why the forward branch of a network with settings `donor` cannot stand in a network with settings `config`, in a
    sentence; "" if it can, as far as settings tell.

    The branch needs no FPM of its own: without one SP_i is SF_i, as in that network.
    """
    ours, theirs = config.model, donor.model
    if not ours.forward:
        return "This network has no S1, the copier (model.forward is off), so there is nothing to replace."
    if not theirs.forward:
        return "The other network has no S1, the copier (model.forward is off), so there is nothing to take from it."
    for name in ("teacher", "teacher_weights", "size"):
        a, b = getattr(ours, name), getattr(theirs, name)
        if a != b:
            return f"S1, the copier, fits only a network of the same model.{name}: expected {a}, found {b}."
    return ""


def restricted(expression: Expression, maps: Sequence[str]) -> Expression:
    """The expression if its maps exist, else the paper's over those that do.

    Raises:
        nnet.expression.MissingMapError: there are none.
    """
    return expression if set(expression.maps) <= set(maps) else for_maps(maps)


def highest_rank(trace: Trace) -> int:
    """The largest rank that F_C of a trace can have: the smaller of its positions and channels.

    Raises:
        WhatIfError: there is no F_C.
    """
    channels, height, width = _f_c(trace).shape
    return min(channels, height * width)


def energy(trace: Trace) -> np.ndarray:
    """Share of F_C's sum of squares that its best approximation of rank 1, 2, ... keeps; (highest_rank,), up to 1.

    Raises:
        WhatIfError: there is no F_C.
    """
    f_c = _f_c(trace)
    squares = np.linalg.svd(f_c.reshape(len(f_c), -1).astype(np.float64), compute_uv=False) ** 2
    return np.cumsum(squares)[: highest_rank(trace)] / max(squares.sum(), np.finfo(np.float64).tiny)


def _f_c(trace: Trace) -> np.ndarray:
    if trace.F_C is None:
        raise WhatIfError("This network has no S2, the rebuilder (model.reverse is off), and so no F_C to truncate.")
    return trace.F_C


def truncate(f_c: Tensor, rank: int) -> Tensor:
    """Each image's F_C as positions x channels, with all but its `rank` largest singular values set to 0.

    Args:
        f_c: (B, C, H, W).
        rank: at least 1; from the smaller of H W and C on, F_C stays as it is.
    """
    batch, channels, height, width = f_c.shape
    matrix = f_c.float().flatten(2).transpose(1, 2)  # (B, H W, C)
    u, s, v = torch.linalg.svd(matrix, full_matrices=False)
    kept = (u[..., :rank] * s[:, None, :rank]) @ v[:, :rank]  # (B, H W, C)
    return kept.transpose(1, 2).reshape(batch, channels, height, width).to(f_c.dtype)


class _Exchanged(nn.Module):
    """FFC that gives another picture's F_C."""

    def __init__(self, ffc: nn.Module, f_c: Array) -> None:
        super().__init__()
        self.ffc, self.f_c = ffc, torch.from_numpy(f_c.copy())[None]

    def forward(self, p: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        f_e, f_c = self.ffc(p)
        return f_e, self.f_c.to(f_c)


class _Truncated(nn.Module):
    """FFC with F_C truncated."""

    def __init__(self, ffc: nn.Module, rank: int) -> None:
        super().__init__()
        self.ffc, self.rank = ffc, rank

    def forward(self, p: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        f_e, f_c = self.ffc(p)
        with torch.autocast(f_c.device.type, enabled=False):
            return f_e, truncate(f_c, self.rank)


def _view(network: NNet, what: WhatIf) -> NNet:
    """The same modules under a second roof, some of them missing; the network itself is not touched."""
    view = copy.copy(network)
    view._modules = dict(network._modules)
    if what.without_nfs:
        view.NFS = None
    if what.without_fpm:
        view.FPM_T = view.FPM_S1 = None
    if what.without_forward:
        view.S1 = view.FPM_S1 = None
    if what.forward_of is not None:
        donor = what.forward_of.detector.network
        view.S1, view.FPM_S1 = donor.S1, None if what.without_fpm else donor.FPM_S1
    if what.code is not None and network.FFC is not None:
        view._modules["FFC"] = _Exchanged(network.FFC, what.code.F_C).eval()
    if what.rank is not None and view.FFC is not None:
        view._modules["FFC"] = _Truncated(view.FFC, what.rank).eval()
    return view


def _config(config: Config, what: WhatIf) -> Config:
    off = {"nfs": what.without_nfs, "fpm": what.without_fpm, "forward": what.without_forward}
    return config.override({f"model.{name}": False for name, taken in off.items() if taken})


def _check(config: Config, what: WhatIf) -> None:
    model = config.model
    lacking = [
        (what.without_nfs and not model.nfs, "no memory (model.nfs is off)", "drop"),
        (what.without_fpm and not model.fpm, "no projections (model.fpm is off)", "drop"),
        (what.without_forward and not model.forward, "no S1, the copier (model.forward is off)", "leave out"),
        (what.rank is not None and not model.reverse, "no S2, the rebuilder (model.reverse is off)", "truncate"),
        (what.code is not None and not model.reverse, "no S2, the rebuilder (model.reverse is off)", "exchange"),
    ]
    for missing, part, verb in lacking:
        if missing:
            raise WhatIfError(f"This network has {part}, so there is nothing to {verb}. Choose another model.")
    if what.without_forward and what.forward_of is not None:
        raise WhatIfError("S1, the copier, cannot be left out and replaced at once. Choose one of the two.")
    if what.without_forward and not model.reverse:
        raise WhatIfError("Without S1, the copier, this network has no map left. Choose a model with both students.")
    if what.rank is not None and what.rank < 1:
        raise WhatIfError(f"Expected a rank of 1 or more, found {what.rank}.")


def _check_donor(detector: Detector, donor: Donor | None) -> None:
    if donor is None:
        return
    other = donor.detector
    if problem := misfit(detector.config, other.config):
        raise WhatIfError(f"{donor.name}: {problem} Choose another model.")
    if other.device != detector.device:
        raise WhatIfError(f"{donor.name} runs on {other.device}, this network on {detector.device}. Load both on one.")
    ours, theirs = detector.network.T.state_dict(), other.network.T.state_dict()
    if any(not torch.equal(value, theirs[name]) for name, value in ours.items()):
        raise WhatIfError(
            f"{donor.name} learnt from a {other.config.model.teacher} with other weights than this network's teacher, "
            "so its student follows other features. Choose a model of the same teacher."
        )


def _upstream(trace: Trace, what: WhatIf, donated: Trace | None) -> Trace:
    """What the rerun takes from the trace, as the intervention leaves it."""
    if what.without_forward:
        return replace(trace, SF=None, SP=None, gates_S1=None)
    if donated is not None and what.forward_of is not None:
        trace = replace(trace, SF=donated.SF, SP=donated.SP, gates_S1=donated.gates_S1)
    return replace(trace, SP=trace.SF, gates_S1=None) if what.without_fpm else trace


def _score(detector: Detector, trace: Trace, expression: Expression) -> float:
    score = score_map(trace.maps, expression, trace.input_size, detector.config.scoring.sigma)
    return float(image_score(score))
