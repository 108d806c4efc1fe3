"""What a defect of known place does to maps, factors and score, in numbers. Knows no Streamlit and runs no network."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nnet.analysis.visibility import Onset, Response, is_visible, onset, peak
from nnet.expression import Expression, parse
from nnet.scoring.calibration import Calibration
from nnet.scoring.judge import Judgement
from nnet.units import SMALLEST
from workbench.inspect.defect.recipe import SIZE

NORMAL_QUANTILE = 0.99
"""The level of a map or factor that counts as 1: the share of the held-out normal images' pixels below it."""


@dataclass(frozen=True)
class Found:
    """How the flagged region and the defect overlap, in shares of area, 0..1.

    Attributes:
        share: of the defect that is flagged.
        before: of the defect's place that was flagged without it.
        iou: intersection over union of defect and flagged region.
        flagged: share of the image that is flagged.
    """

    share: float
    before: float
    iou: float
    flagged: float


@dataclass(frozen=True)
class Effect:
    """What one map or factor shows at the defect: its largest values there `before` and `after`, both divided by the
    `level` that 99 % of normal pixels stay below, and whether the defect is `visible` to it."""

    name: str
    before: float
    after: float
    level: float
    visible: bool

    @property
    def rise(self) -> float:
        """By how many normal levels the defect raised it."""
        return self.after - self.before


def found(covered: np.ndarray, before: Judgement, after: Judgement) -> Found:
    """Hold the region above the threshold against the defect.

    Args:
        covered: by what share the defect covers each cell of the score map, (h, w), 0..1.
    """
    covered = covered.astype(np.float64)
    flagged = after.score > after.reference.threshold
    total, hit = covered.sum(), covered[flagged].sum()
    union = total + flagged.sum() - hit
    earlier = covered[before.score > before.reference.threshold].sum()
    return Found(
        share=float(hit / total) if total else 0.0,
        before=float(earlier / total) if total else 0.0,
        iou=float(hit / union) if union else 0.0,
        flagged=float(flagged.mean()),
    )


def parts(expression: Expression, maps: Mapping[str, object]) -> tuple[list[Expression], list[Expression]]:
    """The six maps, and the factors of a score that are more than a single map, as expressions."""
    singles = [parse(name) for name in maps]
    return singles, [factor for factor in expression.factors if factor.sign and len(factor.maps) > 1]


def normal_level(calibration: Calibration, expression: Expression) -> float:
    """The value of a map or factor that 99 % of the held-out normal images' pixels stay below."""
    maps = {name: calibration.maps[name].astype(np.float32) for name in expression.maps}
    return float(np.quantile(expression.evaluate(maps), NORMAL_QUANTILE))


def effect(
    expression: Expression,
    before: Mapping[str, np.ndarray],
    after: Mapping[str, np.ndarray],
    inside: np.ndarray,
    level: float,
) -> Effect:
    """What one map or factor shows at a defect.

    Args:
        before, after: M1..M6 of the image without and with the defect, (h, w) each.
        inside: the cells that the defect touches, bool (h, w).
        level: see `normal_level`.
    """
    old, new = (np.asarray(expression.evaluate(maps)) for maps in (before, after))
    low, high = peak(old, inside), peak(new, inside)
    scale = max(level, SMALLEST)
    return Effect(expression.text, float(low) / scale, float(high) / scale, level, bool(is_visible(high, low, level)))


# ------------------------------------------------------------------------------------------------- dose-response


@dataclass(frozen=True)
class Line:
    """One map or factor over the doses: its peaks inside the defect `after` and `before` it was there, in units of its
    normal level, (n,) each; where it is `visible`, bool (n,); and the `onset`."""

    name: str
    after: np.ndarray
    before: np.ndarray
    visible: np.ndarray
    onset: Onset


@dataclass(frozen=True)
class Curves:
    """A measured dose-response under one score.

    Attributes:
        axis: "size" or "contrast".
        doses: (n,), fractions.
        pixels: (n,), sizes in pixels of the image; None along contrast.
        scores: (n,), image scores.
        undamaged: image score without the defect.
        threshold: of the score.
        found: the `Onset` of a score above the threshold.
        maps, factors: a `Line` each.
    """

    axis: str
    doses: np.ndarray
    pixels: np.ndarray | None
    scores: np.ndarray
    undamaged: float
    threshold: float
    found: Onset
    maps: tuple[Line, ...]
    factors: tuple[Line, ...]


def line(response: Response, expression: Expression, level: float) -> Line:
    """One map or factor of a response; see `Line`."""
    after, before = response.peaks(expression)
    visible = is_visible(after, before, level)
    scale = max(level, SMALLEST)
    return Line(expression.text, after / scale, before / scale, visible, onset(response.doses, visible))


def curves(
    response: Response,
    axis: str,
    side: int,
    judged: Judgement,
    settings: tuple[int, float],
    levels: Mapping[str, float],
) -> Curves:
    """A response under one score.

    Args:
        side: the image's shorter side in pixels.
        judged: the image without the defect; names the score's expression.
        settings: the network's input size and the score's sigma.
        levels: normal level by text of each map and factor.
    """
    expression = judged.reference.expression
    scores = response.scores(expression, *settings)
    singles, factors = parts(expression, response.maps)
    return Curves(
        axis=axis,
        doses=response.doses,
        pixels=response.doses * side if axis == SIZE else None,
        scores=scores,
        undamaged=judged.value,
        threshold=judged.reference.threshold,
        found=onset(response.doses, scores > judged.reference.threshold),
        maps=tuple(line(response, single, levels[single.text]) for single in singles),
        factors=tuple(line(response, factor, levels[factor.text]) for factor in factors),
    )


def table(curves: Curves) -> pd.DataFrame:
    """One row per dose: score, decision, and for each map and factor its peak inside the
    defect's place in normal levels, and whether the defect is visible to it."""
    columns: dict[str, object] = {curves.axis: curves.doses}
    if curves.pixels is not None:
        columns["pixels"] = curves.pixels
    columns |= {
        "score": curves.scores,
        "threshold": np.full(len(curves.doses), curves.threshold),
        "anomalous": curves.scores > curves.threshold,
        "score without defect": np.full(len(curves.doses), curves.undamaged),
    }
    for one in (*curves.maps, *curves.factors):
        columns[f"{one.name} with defect"] = one.after
        columns[f"{one.name} without defect"] = one.before
        columns[f"{one.name} visible"] = one.visible
    return pd.DataFrame(columns)
