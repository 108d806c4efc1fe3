"""Whether what is marked lies on the known defect."""

import numpy as np
import pytest
from scored import evidence

from nnet.analysis.evaluation import pixel_scores
from nnet.analysis.near import misplaced, near_defects
from nnet.expression import parse
from nnet.scoring.places import highest_near


def test_the_highest_score_on_a_defect_or_beside_it() -> None:
    score = np.zeros((32, 32))
    score[4, 4], score[4, 20] = 3.0, 9.0
    mask = np.zeros((64, 64), bool)
    mask[8:10, 8:10] = True
    assert highest_near(score, mask, 1) == 3.0
    assert highest_near(np.roll(score, 1, axis=1), mask, 1) == 3.0, "one cell beside it"
    assert highest_near(np.roll(score, 2, axis=1), mask, 1) == 0.0, "elsewhere"
    assert highest_near(score, mask, 16) == 9.0


def test_a_defect_smaller_than_a_cell_has_one_and_an_empty_mask_has_none() -> None:
    score = np.arange(16.0).reshape(4, 4)
    mask = np.zeros((1000, 1000), bool)
    assert np.isnan(highest_near(score, mask, 1))
    mask[999, 999] = True
    assert highest_near(score, mask, 0) == 15.0


def test_every_known_defect_of_a_set_is_looked_at() -> None:
    some, expression = evidence(), parse("M1*M3")
    near, pixels = near_defects(some, expression), pixel_scores(some, expression)
    assert near is not None and np.isnan(near[:4]).all()
    for i in range(4, len(some)):
        mask = np.zeros(some.masks[i].shape, bool)
        mask.flat[some.masks[i].index] = True
        assert pixels[i][mask].max() <= near[i] <= pixels[i].max()
    assert near_defects(evidence(masks=False), expression) is None


@pytest.mark.parametrize("shape", [(64, 64), (40, 90)])
def test_a_picture_and_its_map_may_have_different_sizes(shape: tuple[int, int]) -> None:
    score = np.zeros((20, 30))
    score[10:, 15:] = 1.0
    mask = np.zeros(shape, bool)
    mask[: shape[0] // 4, : shape[1] // 4] = True
    assert highest_near(score, mask, 1) == 0.0
    mask[-1, -1] = True
    assert highest_near(score, mask, 1) == 1.0


def test_what_is_flagged_for_something_else_is_counted() -> None:
    scores, near = np.array([0.5, 2.0, 2.0, 2.0, 0.5]), np.array([np.nan, np.nan, 0.9, 2.0, 0.1])
    assert misplaced(scores, near, 1.0).tolist() == [False, False, True, False, False]
    assert not misplaced(scores, None, 1.0).any()
