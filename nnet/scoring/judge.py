"""From anomaly maps to a score and a decision, without running a network."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nnet.config import Config
from nnet.expression import PRESETS, Expression, for_maps, read
from nnet.scoring.calibration import Calibration, Reference
from nnet.scoring.maps import BRANCHES, image_score, score_map
from nnet.scoring.unfamiliar import share_above

OWN = "own"
"""The choice of an expression that the visitor writes."""


@dataclass(frozen=True)
class Judgement:
    """An image's `score` map float32, (size, size) or of a framed picture `Frame.score_shape`; its image score `value`;
    and the `reference` it is compared with."""

    score: np.ndarray
    value: float
    reference: Reference

    @property
    def is_anomalous(self) -> bool:
        """Whether the image score lies above the threshold."""
        return self.reference.is_anomalous(self.value)

    @property
    def multiple(self) -> float:
        """The image score as a multiple of the threshold."""
        return self.reference.multiple(self.value)

    @property
    def share_above(self) -> float:
        """Share of the pixels that score above the threshold, 0..1."""
        return share_above(self.score, self.reference.threshold)


def judge(calibration: Calibration, maps: Mapping[str, np.ndarray], expression: Expression) -> Judgement:
    """Score an image's maps under an expression and compare it with the held-out normal images.

    Raises:
        nnet.expression.MissingMapError: a map that this model does not have.
    """
    score = score_map(maps, expression, calibration.size, calibration.settings.sigma, calibration.cells)
    return Judgement(score, float(image_score(score)), calibration.for_expression(expression))


def presets(config: Config) -> dict[str, Expression]:
    """The named expressions that this model can compute, the model's own first.

    The model's own is called "model" unless it is one of the paper's, if with its parts in another order. Those of one
    branch come last, in the order of `BRANCHES`; tables of results are in the order of the paper's Table 7.
    """
    own = config.score.parsed
    if not set(own.maps) <= set(config.maps):
        own = for_maps(config.maps)
    ordered = [*(name for name in PRESETS if name not in BRANCHES), *BRANCHES]
    possible = {name: PRESETS[name] for name in ordered if set(PRESETS[name].maps) <= set(config.maps)}
    others = {name: preset for name, preset in possible.items() if not same_score(preset, own)}
    (name, *_) = [*(possible.keys() - others.keys()), "model"]
    return {name: own, **others}


def same_score(one: Expression, other: Expression) -> bool:
    """Whether two expressions have the same terms and factors, in whatever order."""
    return _unordered(one) == _unordered(other)


def _unordered(expression: Expression) -> str:
    """One text for all orders of the parts."""
    terms = sorted(map(_unordered, expression.terms))
    return f"({expression.sign.join(terms)})" if terms else expression.name


def check(config: Config, written: Expression | str) -> Expression:
    """An expression, read if it is a text, and known to fit the model.

    Raises:
        nnet.expression.ExpressionError: a sentence on what is wrong with it.
    """
    expression = read(written)
    expression.evaluate(dict.fromkeys(config.maps, 0.0))
    return expression
