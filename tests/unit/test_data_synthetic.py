"""Synthetic images: the same for the same seed, with defects whose masks and sizes are exact."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnet.data import (
    DEFECT_KINDS,
    TEXTURES,
    DataError,
    Defect,
    inspect,
    normal_image,
    open_dataset,
    open_synthetic,
    paint_defect,
)
from nnet.data.synthetic import of_source
from nnet.data.textures import part_mask


@pytest.fixture(scope="module")
def photographs() -> dict[str, np.ndarray]:
    """One image of each texture, (H, W, 3) with H and W differing, as a user's own image would."""
    return {kind: np.ascontiguousarray(normal_image(kind, seed=5, size=128)[:, :112]) for kind in TEXTURES}


def test_a_set_is_known_again_by_its_source():
    for seed in (0, 3):
        assert of_source(open_synthetic("metal", seed=seed, size=64, train=1).source) == ("synthetic:metal", seed)
    assert of_source("synthetic:cog") == ("synthetic:cog", 0)
    for other in ("", "/data/synthetic:cog", "synthetic:cog, by hand", "/data/parts, seed 1"):
        assert of_source(other) == ("", 0)


def grey_of(image: np.ndarray) -> np.ndarray:
    return np.repeat(image[..., 1:2], 3, axis=2)


@pytest.mark.parametrize("kind", TEXTURES)
def test_textures_follow_their_seed(kind):
    image = normal_image(kind, seed=1, size=64)
    assert (image.dtype, image.shape) == (np.uint8, (64, 64, 3))
    assert np.array_equal(image, normal_image(kind, seed=1, size=64))
    assert not np.array_equal(image, normal_image(kind, seed=2, size=64))


@pytest.mark.parametrize("kind", TEXTURES)
def test_textures_are_exposed_like_photographs(kind):
    levels = [normal_image(kind, seed=seed, size=96).astype(float) for seed in range(4)]
    means = [level.mean() for level in levels]
    assert min(means) > 40 and max(means) < 200
    assert max(means) - min(means) < 25  # of one kind, in one light
    assert min(level.std() for level in levels) > 8
    assert max((level >= 254).mean() for level in levels) < 0.02  # hardly anything burnt out


@pytest.mark.parametrize("kind", DEFECT_KINDS)
def test_nothing_outside_the_mask_changes_and_nearly_all_inside_does(kind, photographs):
    for name, image in photographs.items():
        for variant, picture in (("colour", image), ("grey", grey_of(image))):
            painted, mask = paint_defect(picture, Defect(kind, 0.45, 0.55, 0.4, 1.0, 25.0, 3))
            changed = (painted != picture).any(axis=-1)
            assert mask.any() and mask.dtype == bool and mask.shape == image.shape[:2]
            assert not changed[~mask].any(), (name, variant)
            assert changed[mask].mean() > 0.9, (name, variant)


@pytest.mark.parametrize("kind", DEFECT_KINDS)
@pytest.mark.parametrize("size", [0.1, 0.25, 0.6])
def test_the_mask_has_the_stated_size_and_place(kind, size, photographs):
    image = photographs["metal"]
    height, width = image.shape[:2]
    diameter = size * min(height, width)
    for seed in range(5):
        _, mask = paint_defect(image, Defect(kind, 0.5, 0.45, size, 0.8, 40.0 * seed, seed))
        rows, columns = outline(mask)
        distance = np.hypot(rows + 0.5 - 0.45 * height, columns + 0.5 - 0.5 * width)
        assert distance.max() <= diameter / 2 + 1e-4
        reach = np.hypot(np.subtract.outer(rows, rows), np.subtract.outer(columns, columns)).max()
        assert reach > 0.6 * diameter - 1.5


def outline(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the leftmost and rightmost marked pixel of each row."""
    rows = mask.any(axis=1).nonzero()[0]
    first, last = mask[rows].argmax(axis=1), mask.shape[1] - 1 - mask[rows, ::-1].argmax(axis=1)
    return np.concatenate([rows, rows]), np.concatenate([first, last])


@pytest.mark.parametrize("kind", DEFECT_KINDS)
def test_contrast_zero_changes_nothing_and_more_changes_more(kind, photographs):
    image = photographs["washer"]
    defect = Defect(kind, 0.25, 0.4, 0.3, 0.0, 10.0, 1)
    painted, mask = paint_defect(image, defect)
    assert np.array_equal(painted, image)
    assert painted is not image
    assert not mask.any()
    differences, masks = [], []
    for contrast in (0.2, 0.5, 1.0):
        painted, mask = paint_defect(image, replace(defect, contrast=contrast))
        differences.append(np.abs(painted.astype(int) - image).sum())
        masks.append(mask)
    assert differences[0] < differences[1] < differences[2]
    assert differences[1] == pytest.approx(differences[2] / 2, rel=0.05)
    assert np.array_equal(masks[0], masks[2])


@pytest.mark.parametrize("kind", DEFECT_KINDS)
def test_the_same_defect_is_painted_twice_and_another_seed_differs(kind, photographs):
    image, defect = photographs["wood"], Defect(kind, 0.5, 0.5, 0.4, 0.9, 0.0, 7)
    first, mask = paint_defect(image, defect)
    again, mask_again = paint_defect(image.copy(), defect)
    assert np.array_equal(first, again) and np.array_equal(mask, mask_again)
    assert not np.array_equal(first, paint_defect(image, replace(defect, seed=8))[0])
    # What the picture shows does not move the mask.
    assert np.array_equal(mask, paint_defect(np.zeros_like(image), defect)[1])


@pytest.mark.parametrize("kind", DEFECT_KINDS)
def test_the_image_given_is_left_alone_and_a_grey_one_stays_grey(kind, photographs):
    image = grey_of(photographs["metal"])
    before = image.copy()
    painted, _ = paint_defect(image, Defect(kind, contrast=1.0, size=0.5))
    assert np.array_equal(image, before)
    assert (painted[..., :1] == painted).all()


def test_a_defect_is_confined_to_the_part(photographs):
    image = photographs["washer"]
    within = np.zeros(image.shape[:2], bool)
    within[:, :30] = True
    painted, mask = paint_defect(image, Defect("stain", 30 / 112, 0.5, 0.5, 1.0), within=within)
    assert mask[:, :30].any()
    assert not mask[:, 30:].any()
    assert np.array_equal(painted[:, 30:], image[:, 30:])


def test_a_turned_scratch_runs_the_other_way(photographs):
    image = photographs["metal"]
    flat, upright = (paint_defect(image, Defect("scratch", size=0.5, angle=angle))[1] for angle in (0.0, 90.0))
    assert np.ptp(flat.nonzero()[1]) > 3 * np.ptp(flat.nonzero()[0])
    assert np.ptp(upright.nonzero()[0]) > 3 * np.ptp(upright.nonzero()[1])


def test_a_broken_piece_shows_the_ground_of_a_part_and_a_cavity_in_a_texture(photographs):
    part = photographs["washer"]
    painted, mask = paint_defect(part, Defect("missing", 0.2, 0.5, 0.2, 1.0))
    ground = np.median(part[:8], axis=(0, 1))
    assert np.abs(np.median(painted[mask], axis=0) - ground).max() < 15
    metal = photographs["metal"]
    painted, mask = paint_defect(metal, Defect("missing", 0.5, 0.5, 0.3, 1.0))
    assert painted[mask].mean() < 0.6 * metal[mask].mean()


def test_a_stain_is_never_darker_than_what_it_is_made_of():
    white = np.full((64, 64, 3), 255, np.uint8)
    darkest = {paint_defect(white, Defect("stain", size=0.8, contrast=1.0, seed=seed))[0].min() for seed in range(12)}
    assert darkest == {91, 117, 130}  # on a grey image oil lets 0.36 of the light through, rust 0.46, water 0.51


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(DEFECT_KINDS),
    x=st.floats(0, 1),
    y=st.floats(0, 1),
    size=st.floats(0.001, 1),
    contrast=st.floats(0.01, 1),
    angle=st.floats(-720, 720),
    seed=st.integers(0, 2**31),
    shape=st.tuples(st.integers(16, 60), st.integers(16, 60)),
)
def test_any_defect_fits_any_image(kind, x, y, size, contrast, angle, seed, shape):
    image = np.full((*shape, 3), (90, 120, 150), np.uint8)
    painted, mask = paint_defect(image, Defect(kind, x, y, size, contrast, angle, seed))
    assert painted.shape == image.shape and mask.shape == shape
    assert np.array_equal(painted[~mask], image[~mask])


@pytest.mark.parametrize(
    "fields",
    [{"kind": "dent"}, {"x": 1.2}, {"y": float("nan")}, {"size": 0.0}, {"contrast": -0.1}, {"angle": float("inf")}],
)
def test_impossible_defects_are_refused(fields):
    with pytest.raises(DataError, match="defect"):
        Defect(**({"kind": "hole"} | fields))


def test_only_images_are_painted_on():
    with pytest.raises(DataError, match="float32"):
        paint_defect(np.zeros((20, 20, 3), np.float32), Defect("hole"))
    with pytest.raises(DataError, match="within"):
        paint_defect(np.zeros((20, 20, 3), np.uint8), Defect("hole"), within=np.ones((5, 5), bool))


def test_the_synthetic_data_set_is_balanced_and_named():
    dataset = open_dataset("synthetic:wood")
    assert dataset.layout == "synthetic"
    assert len(dataset.train) == 60 and len(dataset.test) == 60
    scene = open_dataset("synthetic:cog")
    assert len(scene.train) == 200 and len(scene.test) == 40 + 7 * 8
    assert dataset.defect_types() == tuple(sorted(DEFECT_KINDS))
    assert open_dataset("synthetic").name == "synthetic metal"
    with pytest.raises(DataError, match="fabric, metal, wood"):
        open_dataset("synthetic:cheese")
    with pytest.raises(DataError, match="training image"):
        open_synthetic(train=0)


@pytest.mark.parametrize("kind", TEXTURES)
def test_every_generated_mask_marks_the_difference_to_the_normal_image(kind):
    dataset = open_synthetic(kind, size=64, train=1, test_good=1, per_defect=2)
    for sample in (sample for sample in dataset.test if sample.is_defective):
        image, mask = sample.load().image, sample.load_mask()
        seed = image_seed(sample.key)
        normal = normal_image(kind, seed=seed, size=64)
        changed = (image != normal).any(axis=-1)
        assert mask.any(), sample.key
        assert not changed[~mask].any()
        assert changed[mask].mean() > 0.5
        part = part_mask(kind, seed=seed, size=64)
        assert part is None or not mask[~part].any()


def image_seed(key: str) -> int:
    """With one training image, one good test image and two of each defect, seed 0 numbers the images in this order."""
    _, defect, name = key.split("/")
    return 2 + 2 * DEFECT_KINDS.index(defect) + int(name[:3])


def test_the_content_follows_the_seed():
    def digest(seed: int) -> str:
        return open_synthetic("gear", seed=seed, size=32, train=2, test_good=1, per_defect=1).content_hash()

    assert digest(0) == digest(0)
    assert digest(0) != digest(1)


def test_no_image_of_the_test_is_in_the_training_part():
    found = inspect(open_synthetic("washer", size=32, train=4, test_good=3, per_defect=2))
    assert found.ok
    assert found.findings() == []
    pixels = {
        hashlib.sha256(sample.load().image.tobytes()).digest()
        for sample in open_synthetic("washer", size=32, train=4, test_good=3, per_defect=2).samples
    }
    assert len(pixels) == 4 + 3 + 2 * len(DEFECT_KINDS)
