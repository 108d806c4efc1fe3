"""Eq. (1) to (5) and (7) against closed forms written out here."""

import math
from types import SimpleNamespace

import pytest
import torch

from nnet.config import LossConfig
from nnet.model.distance import distance_map
from nnet.model.nfs import Addressing
from nnet.training.losses import align_loss, distillation, kd_loss, query_loss, rkd_loss, total_loss
from nnet.training.schedule import beta_at


def vectors(*rows: tuple[float, ...]) -> torch.Tensor:
    """One image whose positions along the width hold these channel vectors: (1, C, 1, W)."""
    return torch.tensor(rows).T[None, :, None]


A = vectors((1.0, 0.0), (0.0, 2.0), (3.0, 4.0))
B = vectors((5.0, 0.0), (1.0, 0.0), (-3.0, -4.0))


def test_equation_2_is_one_minus_the_cosine_at_every_position():
    torch.testing.assert_close(distance_map(A, B), torch.tensor([[[0.0, 1.0, 2.0]]]))
    diagonal = distance_map(vectors((1.0, 0.0)), vectors((1.0, 1.0)))
    torch.testing.assert_close(diagonal, torch.tensor([[[1 - 1 / math.sqrt(2)]]]))


def test_the_other_distances_of_figure_9():
    torch.testing.assert_close(distance_map(A, B, "l1"), torch.tensor([[[2.0, 1.5, 7.0]]]))
    torch.testing.assert_close(distance_map(A, B, "l2"), torch.tensor([[[8.0, 2.5, 50.0]]]))


def test_equation_1_sums_over_scales_the_mean_over_positions():
    assert distillation([A, A], [B, A]) == pytest.approx((0 + 1 + 2) / 3 + 0)


def outputs(**changes: object) -> SimpleNamespace:
    weights = torch.tensor([[[[0.5, 0.5, 0.0]], [[1.0, 0.0, 0.0]]]])
    fields = {
        "F": [A],
        "D": [B],
        "P": [A],
        "P_forward": [A],
        "SP": [B],
        "SF": [A],
        "addressing": Addressing(weights, weights, weights),
    }
    return SimpleNamespace(**{**fields, **changes})


def test_equations_1_3_4_compare_the_pairs_they_name():
    assert kd_loss(outputs(SP=[A])) == pytest.approx(0)
    assert kd_loss(outputs()) == pytest.approx(1)
    assert align_loss(outputs(SF=[B]), beta=0.5) == pytest.approx(0.5)
    assert rkd_loss(outputs()) == pytest.approx(1)


def test_equation_5_is_the_mean_entropy_of_the_queries():
    assert query_loss(outputs().addressing.weights) == pytest.approx((math.log(2) + 0) / 2)


def test_the_gradient_of_the_entropy_is_finite_where_weights_are_zero():
    weights = torch.tensor([[1.0, 0.0]], requires_grad=True)
    query_loss(weights).backward()
    assert torch.isfinite(weights.grad).all()


def test_equation_7_weighs_the_terms():
    config = LossConfig(alpha=1.2, beta=1.0, beta_epochs=20, delta=0.002)
    early = total_loss(outputs(SF=[B]), config, epoch=0)
    assert early["loss"] == pytest.approx(1 + 1.2 * 1 + 1 + 0.002 * math.log(2) / 2)
    late = total_loss(outputs(SF=[B]), config, epoch=20)
    assert "L_align" not in late
    assert late["loss"] == pytest.approx(1 + 1.2 * 1 + 0.002 * math.log(2) / 2)


def test_alpha_belongs_to_the_forward_distillation():
    config = LossConfig(alpha=1.2, align=False, delta=0.0)
    terms = total_loss(outputs(SP=[A], P=[A]), config, epoch=0)
    assert terms["L_KD"] == pytest.approx(0, abs=1e-6) and terms["L_RKD"] > 0.1
    assert terms["loss"] == pytest.approx(float(terms["L_RKD"]), abs=1e-6)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (LossConfig(), {0: 1.0, 19: 1.0, 20: 0.0, 199: 0.0}),
        (LossConfig(beta_epochs=None), {0: 1.0, 199: 1.0}),
        (LossConfig(beta_epochs=0), {0: 0.0}),
        (LossConfig(align=False), {0: 0.0}),
        (LossConfig(beta=0.3, beta_epochs=1), {0: 0.3, 1: 0.0}),
    ],
)
def test_the_schedule_of_beta(config, expected):
    assert {epoch: beta_at(config, epoch) for epoch in expected} == expected


def test_parts_that_are_off_add_no_term():
    terms = total_loss(outputs(D=None, addressing=None), LossConfig(align=False), epoch=0)
    assert terms.keys() == {"L_KD", "loss"}
