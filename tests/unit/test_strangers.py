"""Pictures that show another part than the others they came with, on features where the answer is known."""

import numpy as np
import pytest
from builders import encode

from nnet.analysis import strangers as module
from nnet.data import open_dataset, open_synthetic
from nnet.scoring.kind import OTHERS, STRANGERS, strangers


def cloud(count: int, seed: int, centre: int = 0, spread: float = 0.05) -> np.ndarray:
    """Features around a direction."""
    draw = np.random.default_rng(seed)
    middle = np.random.default_rng(1000 + centre).uniform(0, 1, 112)
    return middle + draw.normal(0, spread, (count, 112))


@pytest.mark.parametrize("count", [20, 40, 60])
@pytest.mark.parametrize("few", [1, 2, 3])
def test_a_few_of_another_kind_are_named_and_nobody_else(count: int, few: int) -> None:
    """Also where they resemble each other."""
    for seed in range(10):
        mixed = np.concatenate([cloud(count // 2, seed), cloud(few, seed, 1), cloud(count - count // 2, seed + 50)])
        assert strangers(mixed).tolist() == list(range(count // 2, count // 2 + few))


def test_of_one_kind_nobody_is_named_and_of_two_halves_neither_is_strange() -> None:
    assert not sum(len(strangers(cloud(count, seed))) for count in (5, 12, 40) for seed in range(20))
    assert len(strangers(np.concatenate([cloud(10, 1), cloud(10, 2, 1)]))) == 0
    assert len(strangers(np.concatenate([cloud(200, 1), cloud(STRANGERS, 2, 1)]))) == STRANGERS
    assert len(strangers(cloud(OTHERS, 1))) == len(strangers(cloud(1, 1))) == len(strangers(cloud(0, 1))) == 0


def test_a_stranger_lies_twice_as_far_as_the_most_unusual_of_the_others() -> None:
    """In a plane, where 1 - cos of the angle between two is their distance: eight in a row, 0.03 apart, and one before
    them."""
    for far, named in ((1.9, []), (2.1, [0])):
        angles = [-np.arccos(1 - 0.03 * far), *np.arange(8) * np.arccos(1 - 0.03)]
        assert strangers(np.stack([np.cos(angles), np.sin(angles)], axis=1)).tolist() == named


def test_pictures_are_asked_through_the_teacher_that_comes_along(tmp_path) -> None:
    """Two brushed metals among toothed wheels; one that cannot be read is passed over."""
    wheels, metal = (open_synthetic(kind, seed=1, size=64).train for kind in ("gear", "metal"))
    for number, sample in enumerate([*wheels[:20], *metal[:2]]):
        (tmp_path / f"{number:02}.png").write_bytes(encode(sample.load().image))
    (tmp_path / "05b.png").write_bytes(b"no picture")
    found = module.strangers(open_dataset(tmp_path).train)
    assert [sample.key for sample in found] == ["20.png", "21.png"]
    assert module.strangers(found) == [] and module.strangers([]) == []
