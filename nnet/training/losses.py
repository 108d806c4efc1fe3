"""Eq. (1), (3) to (5) and (7) of the paper, one function each; Eq. (2) is in nnet/model/distance.py.

All features are (B, C, H, W).
"""

from collections.abc import Sequence
from functools import reduce
from operator import add

from torch import Tensor

from nnet.config import LossConfig
from nnet.model.distance import distance_map
from nnet.model.network import Outputs
from nnet.model.nfs import entropy
from nnet.training.schedule import beta_at


def distillation(a: Sequence[Tensor], b: Sequence[Tensor], distance: str = "cosine") -> Tensor:
    """Eq. (1): L(A, B), the sum over scales of the mean over positions of Eq. (2). A scalar."""
    return reduce(add, (distance_map(x, y, distance).mean() for x, y in zip(a, b, strict=True)))


def kd_loss(out: Outputs, distance: str = "cosine", moves_teacher: bool = True) -> Tensor:
    """L_KD = L(P_i, SP_i), Eq. (1): forward distillation in the adapted space. Needs the forward branch.

    Without `moves_teacher` no gradient goes to P_i.
    """
    assert out.SP is not None
    return distillation(_target(out, moves_teacher), out.SP, distance)


def align_loss(out: Outputs, beta: float, distance: str = "cosine", moves_teacher: bool = True) -> Tensor:
    """L_align = beta * L(SF_i, P_i), Eq. (3). Needs the forward branch. `moves_teacher` as for `kd_loss`."""
    assert out.SF is not None
    return beta * distillation(out.SF, _target(out, moves_teacher), distance)


def _target(out: Outputs, moves_teacher: bool) -> Sequence[Tensor]:
    return out.P_forward if moves_teacher else [p.detach() for p in out.P_forward]


def rkd_loss(out: Outputs, distance: str = "cosine") -> Tensor:
    """L_RKD = L(F_i, D_i), Eq. (4): reverse distillation. Needs the reverse branch."""
    assert out.D is not None
    return distillation(out.F, out.D, distance)


def query_loss(weights: Tensor) -> Tensor:
    """L_query, Eq. (5): entropy of the addressing weights w^ (..., N), mean over all queries; 0..ln N nats."""
    return entropy(weights).mean()


def total_loss(out: Outputs, config: LossConfig, epoch: int, done: float = 0.0) -> dict[str, Tensor]:
    """Eq. (7): Loss = L_RKD + alpha L_KD + L_align + delta L_query; `epoch` and `done` as for `beta_at`.

    Returns:
        The terms that this network has ("L_RKD", "L_KD", "L_align", "L_query", each without alpha and delta)
        and their weighted sum under "loss"; scalars. There is at least one (`nnet.config.Config.require_loss`).
    """
    terms: dict[str, Tensor] = {}
    beta = beta_at(config, epoch, done)
    if out.D is not None:
        terms["L_RKD"] = rkd_loss(out, config.distance)
    if out.SF is not None and config.kd:
        terms["L_KD"] = kd_loss(out, config.distance, config.moves_teacher)
    if out.SF is not None and beta > 0:
        terms["L_align"] = align_loss(out, beta, config.distance, config.moves_teacher)
    if out.addressing is not None:
        terms["L_query"] = query_loss(out.addressing.weights)
    weights = {"L_RKD": 1.0, "L_KD": config.alpha, "L_align": 1.0, "L_query": config.delta}
    return {**terms, "loss": reduce(add, (weights[name] * term for name, term in terms.items()))}
