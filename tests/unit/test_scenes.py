"""Synthetic photographs with perspective, light and wear: the same for the same seed, with exact masks."""

from pathlib import Path

import numpy as np
import pytest

from nnet.cli import main
from nnet.data import Defect, open_dataset, open_synthetic, paint_defect
from nnet.data.defects import ALL_DEFECTS, DEFECT_KINDS
from nnet.data.scenes import SCENES, scene_image, scene_mask
from nnet.data.synthetic import place_defect


@pytest.mark.parametrize("kind", SCENES)
def test_a_scene_follows_its_seed_and_is_exposed_like_a_photograph(kind):
    image = scene_image(kind, seed=1, size=64)
    assert (image.dtype, image.shape) == (np.uint8, (64, 64, 3))
    assert np.array_equal(image, scene_image(kind, seed=1, size=64))
    assert not np.array_equal(image, scene_image(kind, seed=2, size=64))
    assert 40 < image.mean() < 200 and image.std() > 8 and (image >= 254).mean() < 0.02


@pytest.mark.parametrize("kind", SCENES)
def test_every_mask_marks_exactly_what_differs_from_the_undamaged_scene(kind):
    dataset = open_synthetic(kind, size=96, train=1, test_good=0, per_defect=1)
    assert dataset.defect_types() == tuple(sorted(ALL_DEFECTS)) and len(ALL_DEFECTS) == 7
    for sample in dataset.test:
        seed = 1 + ALL_DEFECTS.index(sample.label)
        image, mask, part = sample.load().image, sample.load_mask(), scene_mask(kind, seed=seed, size=96)
        changed = (image != scene_image(kind, seed=seed, size=96)).any(axis=-1)
        assert mask.any(), sample.key
        assert not changed[~mask].any(), sample.key
        assert changed[mask].mean() > 0.5, sample.key
        assert part is None or not mask[~part].any(), sample.key


@pytest.mark.parametrize("kind", sorted(set(ALL_DEFECTS) - set(DEFECT_KINDS)))
def test_the_later_defects_stay_in_their_circle_and_repeat(kind):
    image = scene_image("plate", seed=3, size=96)
    for seed in range(4):
        defect = Defect(kind, 0.5, 0.45, 0.4, 0.9, 40.0 * seed, seed)
        painted, mask = paint_defect(image, defect)
        assert np.array_equal(painted, paint_defect(image, defect)[0])
        rows, columns = np.nonzero(mask)
        assert np.hypot(rows + 0.5 - 0.45 * 96, columns + 0.5 - 0.5 * 96).max() <= 0.2 * 96 + 1
        assert not (painted != image).any(axis=-1)[~mask].any() and mask.sum() > 20


def test_a_bolt_lies_in_any_direction_and_its_defects_are_small():
    angles = []
    for seed in range(24):
        rows, columns = np.nonzero(scene_mask("bolt", seed=seed, size=64))
        spread = np.linalg.eigh(np.cov(np.stack([columns, rows])))[1][:, 1]
        angles.append(float(np.arctan2(spread[1], spread[0]) % np.pi))
        assert 10 <= 1024 * place_defect("bolt", "hole", seed=seed).size <= 40
    assert len({int(angle // (np.pi / 4)) for angle in angles}) == 4


def test_a_synthetic_set_is_written_as_a_category_that_opens_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    command = ["data", "synthetic:cog", "--size", "64", "--train", "2", "--good", "1", "--defects", "1"]
    assert main([*command, "--write", str(tmp_path / "cog")]) == 0
    found = open_dataset(tmp_path / "cog")
    made = open_synthetic("cog", size=64, train=2, test_good=1, per_defect=1)
    assert {s.key for s in found.samples} == {s.key for s in made.samples}
    for one, other in zip(found.test, made.test, strict=True):
        assert np.array_equal(one.load().image, other.load().image)
        if one.is_defective:
            assert np.array_equal(one.load_mask(), other.load_mask())
    assert main([*command, "--write", str(tmp_path / "cog")]) == 1 and "not empty" in capsys.readouterr().err
    assert main(["data", "elpv:mono", "--write", str(tmp_path / "new")]) == 1
