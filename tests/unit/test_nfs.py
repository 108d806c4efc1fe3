import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnet.model.nfs import NFS, address, effective_items, entropy, shrink


def test_the_addressing_is_the_softmax_of_cosines_then_shrinkage():
    nfs = NFS(items=2, channels=2, temperature=0.5, shrink=0.5)
    nfs.initialise(torch.tensor([[2.0, 0.0], [0.0, 3.0]]))
    query = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1)  # cosines 0.6 and 0.8
    recalled, addressing = nfs(query)
    first = math.exp(0.6 / 0.5) / (math.exp(0.6 / 0.5) + math.exp(0.8 / 0.5))
    torch.testing.assert_close(addressing.cosine.flatten(), torch.tensor([0.6, 0.8]))
    torch.testing.assert_close(addressing.raw.flatten(), torch.tensor([first, 1 - first]))
    torch.testing.assert_close(addressing.weights, addressing.raw)  # both lie above 0.5 / 2
    torch.testing.assert_close(recalled.flatten(), torch.tensor([2 * first, 3 * (1 - first)]))


def test_shrinkage_sets_small_weights_to_zero_and_renormalises():
    raw = torch.tensor([[0.6, 0.3, 0.1]])
    torch.testing.assert_close(shrink(raw, 0.2), torch.tensor([[2 / 3, 1 / 3, 0.0]]))
    torch.testing.assert_close(shrink(raw, 0.0), raw)


def test_the_largest_weight_always_stays():
    raw = torch.tensor([[0.4, 0.35, 0.25]])
    torch.testing.assert_close(shrink(raw, 0.9), torch.tensor([[1.0, 0.0, 0.0]]))


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 40), st.floats(0, 3), st.integers(0, 10_000))
def test_weights_are_a_sparse_distribution(items, factor, seed):
    raw = torch.randn(5, items, generator=torch.Generator().manual_seed(seed)).softmax(dim=-1)
    weights = shrink(raw, factor / items)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(5))
    assert ((weights > 0) <= (raw > 0)).all()
    assert (entropy(weights) <= entropy(raw) + 1e-5).all()


def test_forgotten_items_are_never_addressed():
    keep = torch.tensor([True, False, True, False])
    weights = address(2 * torch.rand(2, 3, 3, 4) - 1, 0.1, 1.0, keep).weights
    assert weights[..., ~keep].abs().max() == 0
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, 3, 3))


def test_effective_items_counts_equally_used_items():
    weights = torch.tensor([[0.25, 0.25, 0.25, 0.25], [1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0]])
    assert effective_items(weights).tolist() == pytest.approx([4, 1, 2])


def test_the_length_of_the_query_does_not_matter():
    nfs = NFS(items=5, channels=8, temperature=0.1, shrink=1.0)
    query = torch.randn(1, 8, 2, 2)
    torch.testing.assert_close(nfs(query)[0], nfs(7 * query)[0])
