"""The shares of the score on numbers that can be worked out by hand."""

import math

import numpy as np
import pytest

from nnet.config import ScoreConfig
from nnet.expression import PRESETS, parse
from nnet.scoring.attribution import FLOOR, attribute, normal_maps
from nnet.scoring.calibration import Calibration

NORMAL = dict.fromkeys(("M1", "M2", "M3", "M4", "M5", "M6"), 0.1)


def test_a_product_shares_by_the_logarithm_of_each_factor() -> None:
    found = attribute(parse("M1*M2*M3"), {"M1": 0.2, "M2": 0.4, "M3": 0.1}, {"M1": 0.1, "M2": 0.1, "M3": 0.1})
    assert [f.contribution for f in found.factors] == pytest.approx([math.log(2), math.log(4), 0])
    assert [f.share for f in found.factors] == pytest.approx([1 / 3, 2 / 3, 0])
    assert found.whole.contribution == pytest.approx(math.log(8)) and found.whole.share == 1
    assert found.factors[1].ratio == pytest.approx(4)
    assert found.maps["M2"].share == pytest.approx(2 / 3)


def test_a_sum_shares_by_what_each_term_exceeds_its_normal_level() -> None:
    found = attribute(parse("M1+M6"), {"M1": 0.4, "M6": 0.2}, {"M1": 0.1, "M6": 0.1})
    assert len(found.factors) == 1 and found.factors[0].contribution == pytest.approx(math.log(3))
    assert found.maps["M1"].share == pytest.approx(0.75) and found.maps["M6"].share == pytest.approx(0.25)


def test_the_papers_factors_are_split_among_their_two_maps() -> None:
    values = NORMAL | {"M3": 0.5, "M4": 0.3}
    found = attribute(PRESETS["paper"], values, NORMAL)
    assert [f.expression.text for f in found.factors] == ["M1+M6", "M2+M5", "M3+M4"]
    assert [f.share for f in found.factors] == pytest.approx([0, 0, 1])
    assert found.maps["M3"].share == pytest.approx(2 / 3) and found.maps["M4"].share == pytest.approx(1 / 3)


@pytest.mark.parametrize("expression", ["M1*M2+M3*(M4+M5)", "M1*M1+M2", "((M1+M2)*M3+M4)*M5", "M1+M2+M3+M6"])
def test_the_maps_of_any_expression_add_up_to_the_whole(expression: str) -> None:
    generator = np.random.default_rng(1)
    for _ in range(20):
        values, normal = (dict(zip(NORMAL, generator.uniform(0.01, 1, 6), strict=True)) for _ in range(2))
        found = attribute(parse(expression), values, normal)
        expected = math.log(found.whole.value / found.whole.normal)
        assert sum(part.contribution for part in found.maps.values()) == pytest.approx(expected)
        assert sum(part.contribution for part in found.factors) == pytest.approx(expected)


def test_a_factor_below_its_normal_level_pulls_the_score_down() -> None:
    found = attribute(parse("M1*M2"), {"M1": 0.4, "M2": 0.05}, {"M1": 0.1, "M2": 0.1})
    assert [f.share for f in found.factors] == pytest.approx([2, -1])


def test_below_the_normal_level_nothing_is_shared() -> None:
    found = attribute(parse("M1*M2"), {"M1": 0.05, "M2": 0.1}, {"M1": 0.1, "M2": 0.1})
    assert found.whole.contribution == pytest.approx(-math.log(2))
    assert all(math.isnan(f.share) for f in found.factors)


def test_zeros_have_logarithms_too() -> None:
    found = attribute(parse("M1*M2"), {"M1": 0.0, "M2": 0.1}, {"M1": 0.1, "M2": 0.0})
    assert found.factors[0].ratio == pytest.approx(FLOOR / 0.1) and found.factors[1].ratio == pytest.approx(0.1 / FLOOR)
    assert math.isfinite(found.whole.contribution)


def test_normal_maps_tell_places_apart() -> None:
    maps = np.zeros((3, 2, 2), np.float16)
    maps[:, 0, 0] = 1, 2, 4
    found = normal_maps(Calibration({"M1": maps}, 64, ScoreConfig(expression="M1")))
    assert found.at_place["M1"].tolist() == [[2, 0], [0, 0]]
    assert found.everywhere["M1"] == 0
    assert found.levels(0, 0, by_place=True)["M1"] == pytest.approx((1.1, 2, 3.8))
    low, median, high = found.levels(0, 0, by_place=False)["M1"]
    assert (low, median) == (0, 0) and high == pytest.approx(np.quantile(maps.astype(float), 0.95))
