"""Regions above a threshold on score maps whose regions are known."""

import numpy as np
import pytest

from nnet.scoring.regions import cell_to_pixel, find_regions, peak_pixel, pixel_to_cell


def two_blobs() -> np.ndarray:
    """8 x 8: a 2 x 3 block with a peak of 5, and two cells that touch at a corner with a peak of 9."""
    score = np.zeros((8, 8), np.float32)
    score[1:3, 2:5] = 2
    score[2, 3] = 5
    score[5, 6], score[6, 7] = 3, 9
    return score


def test_regions_are_measured_in_pixels_of_the_image() -> None:
    first, second = find_regions(two_blobs(), 1.0, (80, 160, 3))
    assert (first.peak, second.peak) == (9, 5)
    assert (second.left, second.top, second.right, second.bottom) == (40, 10, 100, 30)
    assert second.share == pytest.approx(6 / 64) and second.area == pytest.approx(6 * 10 * 20)
    assert (second.x, second.y) == (70, 25)
    assert (first.top_x, second.top_x) == (130, 70)
    assert (first.left, first.top, first.right, first.bottom) == (120, 50, 160, 70)


def test_a_value_at_the_threshold_is_not_above_it() -> None:
    assert find_regions(two_blobs(), 9.0, (8, 8)) == []
    assert [region.peak for region in find_regions(two_blobs(), 4.0, (8, 8))] == [9, 5]
    assert len(find_regions(two_blobs(), -1.0, (8, 8))) == 1


def test_the_peak_of_a_region_is_not_a_neighbours() -> None:
    score = np.zeros((5, 5), np.float32)
    score[0, :] = score[:, 0] = 2
    score[4, 4] = 7
    inner = find_regions(score, 1.0, (5, 5))[1]
    assert inner.peak == 2 and (inner.right, inner.bottom) == (5, 5)


@pytest.mark.parametrize("shape", [(300, 300), (64, 64), (97, 401), (5000, 70)])
def test_a_cell_and_the_pixel_in_its_middle_belong_together(shape: tuple[int, int]) -> None:
    for row, column in ((0, 0), (13, 40), (63, 63)):
        x, y = cell_to_pixel(row, column, (64, 64), shape)
        assert 0 <= x < shape[1] and 0 <= y < shape[0]
        assert pixel_to_cell(x, y, (64, 64), shape) == (row, column)


def test_the_peak_is_a_pixel_of_the_image() -> None:
    assert peak_pixel(two_blobs(), (80, 160, 3)) == (150, 65)
    assert peak_pixel(np.ones((8, 8)), (4, 4)) == (0, 0)
