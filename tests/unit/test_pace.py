"""How long the rest of a training takes, on steps whose times are known."""

import itertools

import numpy as np
import pytest

from nnet.training.pace import MOST, Pace
from nnet.units import duration_between


def ranges(times: list[float]) -> list[tuple[int, tuple[float, float] | None, float]]:
    """After each step: how many are done, what is said of the rest, and what the rest really took."""
    pace, ends = Pace(), list(itertools.accumulate(times))
    found = []
    for done, end in enumerate(ends[:-1], 1):
        pace.add(done, end)
        found.append((done, pace.left(len(times) - done), ends[-1] - end))
    return found


def test_equal_steps_leave_no_doubt_and_few_steps_tell_nothing() -> None:
    found = ranges([2.0] * 40)
    assert [left for _, left, _ in found[:3]] == [None] * 3
    assert all(left == pytest.approx((true, true)) for _, left, true in found[4:])


def test_under_a_load_that_comes_and_goes_the_range_holds_the_truth_most_of_the_time() -> None:
    """A neighbour makes steps two to four times as slow for a while, again and again."""
    held, wide = [], []
    for seed in range(20):
        draw = np.random.default_rng(seed)
        loads = np.repeat(draw.choice([1.0, 1.0, 2.0, 4.0], 30), draw.integers(3, 12, 30))
        times = (loads * draw.uniform(0.9, 1.1, len(loads))).tolist()
        for done, left, true in ranges(times):
            if len(times) // 5 <= done <= len(times) * 4 // 5 and left is not None:
                held.append(left[0] <= true <= left[1])
                wide.append(left[1] / left[0])
    assert np.mean(held) > 0.6 and np.median(wide) < 4, (np.mean(held), np.median(wide))


def test_one_step_that_hangs_does_not_move_the_range_for_long() -> None:
    found = ranges([1.0] * 40 + [60.0] + [1.0] * 200)
    assert all(left is not None and left[0] <= true <= left[1] for done, left, true in found if 45 < done < 235)


def test_any_number_of_steps_takes_bounded_memory() -> None:
    pace = Pace()
    for done in range(1, 100_000):
        pace.add(done, done * 0.5)
    assert len(pace._marks) <= MOST and pace.left(10) == pytest.approx((5, 5))


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [
        (400, 530, "about 6 to 9 min"),
        (95, 95, "about 2 min"),
        (300, 300, "about 5 min"),
        (20, 22, "about 20 s"),
        (20, 50, "about 20 to 50 s"),
        (80, 200, "about 60 s to 4 min"),
        (7000, 9000, "about 1 h 50 min to 2 h 30 min"),
        (3 * 3600, 7 * 3600, "about 3 to 7 h"),
        (0.2, 0.3, "about 5 s"),
    ],
)
def test_a_range_is_written_as_finely_as_it_is_known(low: float, high: float, written: str) -> None:
    assert duration_between(low, high) == written
