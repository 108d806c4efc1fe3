"""Why the score is what it is at one place: how much each map and each factor lifts it above what is normal there.

Every map m gets a normal level n_m, its median on the held-out normal images. The score's own normal level is the
expression of those levels, and ln(score / normal level) is split exactly among the maps:

- a product's logarithm is the sum of its factors' logarithms, so each factor f contributes ln(f / n_f), with n_f the
  factor's expression of the normal levels;
- a sum v of terms t_i hands its contribution down as ln(v / n_v) = sum_i (t_i - n_i) / L(v, n_v), where
  L(a, b) = (a - b) / ln(a / b) is the logarithmic mean. A term that is normal gets nothing, and one that exceeds its
  level twice as far gets twice as much. This is the additive decomposition by logarithmic means (LMDI-I, Ang 2005),
  which leaves no rest and does not depend on the order of the terms.

So it holds for every expression of sums and products, and for the paper's score the three factors' contributions are
simply the logarithms of how many times each exceeds its normal level. All of it is about the maps themselves: the
Gaussian filter comes after the expression and only spreads the score over its neighbourhood.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnet.expression import Expression, parse
from nnet.scoring.calibration import Calibration

FLOOR = 1e-9
"""Smallest value and smallest normal level that enter a logarithm; maps are distances and may be 0."""
NORMAL_RANGE = (0.05, 0.95)
"""Quantiles of the held-out normal images between which a map's value counts as usual."""


@dataclass(frozen=True)
class Part:
    """A map or a factor of the score at one place.

    Attributes:
        expression: the map, or the factor.
        value: here.
        normal: its normal level.
        contribution: its part of ln(score / normal level); negative where it pulls the score down.
        share: the contribution as a part of the whole, 1 for all of it; NaN where the score is not above its normal
            level, since then there is nothing to share. Parts may exceed 1 where others are negative.
    """

    expression: Expression
    value: float
    normal: float
    contribution: float
    share: float

    @property
    def ratio(self) -> float:
        """How many times its normal level the value is."""
        return max(self.value, FLOOR) / max(self.normal, FLOOR)


@dataclass(frozen=True)
class Attribution:
    """The score at one place before smoothing, as `whole`, by its `factors`, and by its `maps` (name -> part)."""

    whole: Part
    factors: tuple[Part, ...]
    maps: dict[str, Part]

    @property
    def parts(self) -> tuple[Part, ...]:
        """What is worth telling apart: the factors of a product, the maps of anything else."""
        return self.factors if len(self.factors) > 1 else tuple(self.maps.values())


def attribute(expression: Expression, values: Mapping[str, float], normal: Mapping[str, float]) -> Attribution:
    """Split ln(score / normal level) among the factors and the maps of an expression.

    Args:
        expression: over the names in `values` and `normal`.
        values: each map's value at one place.
        normal: each map's normal level there.

    Raises:
        nnet.expression.MissingMapError: a map that is missing.
    """
    here = {name: max(float(values[name]), FLOOR) for name in values}
    usual = {name: max(float(normal[name]), FLOOR) for name in normal}
    value, level = expression.evaluate(here), expression.evaluate(usual)
    total = math.log(value / level)

    def part(inner: Expression, contribution: float) -> Part:
        share = contribution / total if total > 0 else math.nan
        return Part(inner, inner.evaluate(here), inner.evaluate(usual), contribution, share)

    factors = tuple(part(f, math.log(f.evaluate(here) / f.evaluate(usual))) for f in expression.factors)
    contributions = dict.fromkeys(expression.maps, 0.0)
    _hand_down(expression, 1.0, here, usual, contributions)
    maps = {name: part(parse(name), contribution) for name, contribution in contributions.items()}
    return Attribution(part(expression, total), factors, maps)


def _hand_down(
    expression: Expression,
    weight: float,
    here: Mapping[str, float],
    usual: Mapping[str, float],
    contributions: dict[str, float],
) -> None:
    """Add `weight` times the expression's logarithmic change to its maps."""
    if not expression.sign:
        name = expression.name
        contributions[name] += weight * math.log(here[name] / usual[name])
        return
    whole = _logarithmic_mean(expression.evaluate(here), expression.evaluate(usual))
    for inner in expression.terms:
        part = weight
        if expression.sign == "+":
            part *= _logarithmic_mean(inner.evaluate(here), inner.evaluate(usual)) / whole
        _hand_down(inner, part, here, usual, contributions)


def _logarithmic_mean(a: float, b: float) -> float:
    """(a - b) / ln(a / b) for positive numbers; between them, and a where both are equal."""
    return a if math.isclose(a, b, rel_tol=1e-9) else (a - b) / math.log(a / b)


@dataclass(frozen=True)
class NormalMaps:
    """What each map shows on the held-out normal images.

    Attributes:
        everywhere: name -> median over all places of all images.
        at_place: name -> (h, w) float32, the median over the images at each place by itself. On parts that always
            lie alike, edges and lettering are thus compared with the same edges and lettering. Empty where pictures are
            framed, whose maps may have several sizes: `levels` are then always those over all places.
        low, high: name -> (h, w), the quantiles NORMAL_RANGE at each place.
        low_everywhere, high_everywhere: name -> the same over all places.
    """

    everywhere: dict[str, float]
    at_place: dict[str, np.ndarray]
    low: dict[str, np.ndarray]
    high: dict[str, np.ndarray]
    low_everywhere: dict[str, float]
    high_everywhere: dict[str, float]

    def levels(self, row: int, column: int, by_place: bool) -> dict[str, tuple[float, float, float]]:
        """For each map: lower end of the usual, median, upper end; at one place or over all."""
        here, names = (row, column), self.everywhere
        if by_place and self.at_place:
            low, median, high = self.low, self.at_place, self.high
            return {n: (float(low[n][here]), float(median[n][here]), float(high[n][here])) for n in names}
        return {n: (self.low_everywhere[n], self.everywhere[n], self.high_everywhere[n]) for n in names}


def normal_maps(calibration: Calibration) -> NormalMaps:
    """The held-out normal images' maps, summed up. It takes a fraction of a second, so keep the result."""
    wanted = (NORMAL_RANGE[0], 0.5, NORMAL_RANGE[1])
    found = {name: np.asarray(m, np.float32) for name, m in calibration.maps.items()}  # each (n, h, w)
    framed = calibration.cells is not None
    places = {} if framed else {name: np.quantile(m, wanted, axis=0).astype(np.float32) for name, m in found.items()}
    if framed:
        found = {name: m[m != 0] for name, m in found.items()}
    all_over = {name: np.quantile(m, wanted) for name, m in found.items()}
    low, median, high = ({name: q[i] for name, q in places.items()} for i in range(3))
    low_all, median_all, high_all = ({name: float(q[i]) for name, q in all_over.items()} for i in range(3))
    return NormalMaps(median_all, median, low, high, low_all, high_all)
