"""Feature vectors in the plane: which are drawn, and how far apart two groups of them are."""

import numpy as np
import pytest

from nnet.analysis import embedding
from nnet.errors import NNetError

RNG = np.random.default_rng(0)
F = RNG.normal(size=(6, 4, 5)).astype(np.float32)


def test_sub_samples_keep_the_rare_flagged_positions() -> None:
    flagged = np.zeros((40, 40), bool)
    flagged[0, :10] = True
    chosen = embedding.sub_sample(flagged, 100)
    assert len(chosen) == 100 and len(set(chosen)) == 100 and set(range(10)) <= set(chosen)
    assert np.array_equal(chosen, embedding.sub_sample(flagged, 100))
    assert len(embedding.sub_sample(flagged, 10_000)) == 1600
    assert flagged.ravel()[embedding.sub_sample(~flagged, 100)].sum() == 10


def test_vectors_at_positions() -> None:
    assert np.array_equal(embedding.vectors_at(F, np.array([0, 7])), np.stack([F[:, 0, 0], F[:, 1, 2]]))


def test_separation_is_high_for_groups_apart_and_low_for_mixed_ones() -> None:
    apart = np.concatenate([np.tile([1.0, 0.0], (5, 1)), np.tile([0.0, 1.0], (5, 1))])
    flagged = np.arange(10) < 5
    assert embedding.separation(apart, flagged) == pytest.approx(1)
    assert embedding.separation(apart, np.arange(10) % 2 == 0) < 0.1
    assert embedding.separation(apart, np.arange(10) == 0) is None


@pytest.mark.slow
def test_umap_is_repeatable_and_says_when_there_is_too_little() -> None:
    pytest.importorskip("umap")
    vectors = RNG.normal(size=(24, 8)).astype(np.float32)
    first = embedding.embed(vectors)
    assert first.shape == (24, 2) and np.isfinite(first).all()
    assert np.array_equal(first, embedding.embed(vectors))
    with pytest.raises(NNetError, match="at least 4"):
        embedding.embed(vectors[:3])
