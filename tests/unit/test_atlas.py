import numpy as np
import pytest
from builders import random_images, tiny_config

from nnet.analysis.atlas import PATCHES, collect, from_tensors, patch, to_tensors
from nnet.detector import Detector, InputError
from nnet.model.network import NNet
from nnet.saved import checkpoint as checkpoints

IMAGES = random_images(10)
ROWS = np.arange(2, 10)


def test_usage_and_best_patches_agree_with_the_traces(detector):
    atlas = collect(detector, IMAGES, ROWS)
    weights = np.stack([detector.trace(IMAGES[row]).addressing.weights for row in ROWS])  # (8, H, W, N)
    share = weights.sum(axis=(0, 1, 2))
    np.testing.assert_allclose(atlas.usage, share / share.sum(), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(atlas.weights[:, 0], weights.max(axis=(0, 1, 2)), rtol=1e-3, atol=1e-5)
    assert atlas.patches.shape[:2] == (6, PATCHES) and set(atlas.sources[..., 0].ravel()) <= set(ROWS)
    assert (np.diff(atlas.weights, axis=1) <= 0).all()
    for item, image, row, column in ((n, *atlas.sources[n, 0]) for n in range(6)):
        value = detector.trace(IMAGES[image]).addressing.weights[row, column, item]
        assert value == pytest.approx(atlas.weights[item, 0], rel=1e-3, abs=1e-5)


def test_dead_items_are_those_that_nothing_addresses(detector):
    atlas = collect(detector, IMAGES, ROWS)
    assert (atlas.dead == (atlas.usage < 0.01 / 6)).all()


def test_a_patch_lies_around_its_position():
    image = np.zeros((64, 64, 3), np.uint8)
    image[16:32, 48:64] = 255  # position (1, 3) of 4 x 4
    centres = {(r, c): int(patch(image, r, c, 4)[20, 20].min()) for r in range(4) for c in range(4)}
    assert [position for position, centre in centres.items() if centre > 200] == [(1, 3)]


def test_the_checkpoint_keeps_the_atlas(tiny_checkpoint):
    atlas = from_tensors(checkpoints.load_atlas(checkpoints.load(tiny_checkpoint)))
    assert atlas.usage.sum() == pytest.approx(1, rel=1e-5)
    again = from_tensors(to_tensors(atlas))
    assert all(np.array_equal(a, b) for a, b in zip(vars(atlas).values(), vars(again).values(), strict=True))


def test_without_a_memory_there_is_no_atlas():
    config = tiny_config(model__nfs=False)
    detector = Detector(NNet(config), config, "cpu")
    assert detector.memory is None and collect(detector, IMAGES, ROWS) is None
    with pytest.raises(InputError, match="no memory"):
        detector.addressing([IMAGES[0]])


def test_rebuilding_with_the_same_recall_changes_nothing(detector):
    trace = detector.trace(IMAGES[0])
    again = detector.rebuild(trace, trace.F3_recalled)
    for name, m in trace.maps.items():
        np.testing.assert_allclose(again.maps[name], m, rtol=1e-3, atol=1e-5)


def test_addressing_can_be_recomputed_and_items_forgotten(detector):
    trace, model = detector.trace(IMAGES[0]), detector.config.model
    same = detector.address(trace.addressing.cosine, model.temperature, model.shrink)
    np.testing.assert_allclose(same.weights, trace.addressing.weights, rtol=1e-4, atol=1e-6)
    most = int(trace.addressing.weights.sum(axis=(0, 1)).argmax())
    keep = np.arange(6) != most
    changed = detector.address(trace.addressing.cosine, model.temperature, model.shrink, keep)
    assert changed.weights[..., most].max() == 0
    recalled = np.moveaxis(changed.weights @ detector.memory, -1, 0)
    rebuilt = detector.rebuild(trace, recalled)
    assert not np.allclose(rebuilt.maps["M3"], trace.maps["M3"])
    assert "rebuilder S₂" in rebuilt.timings and "teacher" not in rebuilt.timings
    with pytest.raises(InputError, match="Keep at least one"):
        detector.address(trace.addressing.cosine, model.temperature, model.shrink, np.zeros(6, bool))
