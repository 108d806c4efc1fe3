"""How much a training film holds."""

import numpy as np
import pytest

from nnet.runs.film import FULL, SHORT, Probe, coarser, reduced


@pytest.mark.parametrize("epochs", [1, 2, 9, 30, 200, 1000])
def test_a_short_film_has_few_frames_most_of_them_early(epochs: int) -> None:
    frames = [epoch for epoch in range(epochs + 1) if SHORT.has_frame(epoch, epochs)]
    assert frames[0] == 0 and frames[-1] == epochs and 1 in frames and len(frames) <= 11
    assert np.median(frames) <= epochs / 2


def test_a_full_film_is_even() -> None:
    assert [epoch for epoch in range(91) if FULL.has_frame(epoch, 90)] == list(range(0, 91, 3))


def test_a_short_film_has_smaller_pictures_and_maps_of_the_same_mean() -> None:
    maps = np.random.default_rng(0).random((2, 64, 64), np.float32)
    small = coarser(maps, 32)
    assert small.shape == (2, 32, 32) and small.dtype == np.float16
    assert small[1, 3, 5] == pytest.approx(maps[1, 6:8, 10:12].mean(), abs=1e-3)
    assert coarser(maps, None).shape == maps.shape and coarser(maps, 64).shape == maps.shape
    mask = np.zeros((256, 256), bool)
    mask[:, :128] = True
    probe = reduced(Probe("a", "defective", "a", np.zeros((256, 256, 3), np.uint8), mask), SHORT.image_side)
    assert probe.image.shape == (160, 160, 3) and probe.mask is not None and probe.mask.mean() == 0.5
