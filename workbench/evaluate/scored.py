"""The metrics and drawn curves of one score. Works on the maps that measuring left; runs no network."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np

from nnet.analysis import evaluation
from nnet.analysis.evaluation import Evidence, Result
from nnet.analysis.near import near_defects
from nnet.analysis.stored import Intervals, Stored, intervals
from nnet.data import GOOD
from nnet.expression import Expression
from nnet.scoring.metrics import PrCurve, ProCurve, RocCurve
from nnet.scoring.metrics.bootstrap import image_intervals
from workbench.evaluate import cache
from workbench.evaluate.cache import Key
from workbench.evaluate.figures import Line

CURVE_POINTS = 400
"""Most points of a drawn curve; metrics use all."""
_PRE_THINNED = 20_000


@dataclass(frozen=True)
class Scored:
    """One expression's `result` without its rankings, its drawn `curves`: "roc" and "pr" over images, and "pixel_roc",
    "pixel_pr" and "pro" over pixels where there are masks; where each metric lies with 95 %, over all images and by
    type of defect, where only metrics over images have one; and the highest score `near` each image's defect
    (`nnet.analysis.near`)."""

    result: Result
    curves: dict[str, Line]
    intervals: Intervals
    type_intervals: dict[str, Intervals]
    near: np.ndarray | None = None

    @property
    def nbytes(self) -> int:
        lines = sum(c.x.nbytes + c.y.nbytes + c.threshold.nbytes for c in self.curves.values())
        return lines + self.result.scores.nbytes


def of_evidence(key: Key, found: Evidence, expression: Expression) -> Scored:
    """An expression's metrics and curves, worked out once."""

    def make() -> Scored:
        result = evaluation.score(found, expression)
        return _scored(result, found.labels, intervals(found, result), near_defects(found, expression))

    return cache.SCORED.of((key, expression), make)


def of_stored(key: Key, found: Stored) -> tuple[Scored, ...]:
    """The same of a stored result, for all its expressions."""

    def make(result: Result) -> Scored:
        text, defective = result.expression.text, found.defective
        known = found.intervals.get(text) or image_intervals(result.scores, defective)
        return _scored(result, found.labels, known, found.near.get(text))

    return tuple(cache.SCORED.of((key, one.expression), partial(make, one)) for one in found.results)


def _scored(result: Result, labels: Sequence[str], where: Intervals, near: np.ndarray | None) -> Scored:
    images, pixels = result.overall.image_ranking, result.overall.pixel_ranking
    curves: dict[str, RocCurve | PrCurve | ProCurve] = {"roc": images.roc(), "pr": images.pr()}
    if pixels is not None and pixels.positives and pixels.negatives:
        curves |= {"pixel_roc": pixels.roc(), "pixel_pr": pixels.pr()}
        if pixels.regions:
            curves["pro"] = pixels.pro_curve()
    # The rankings hold an entry for every defective pixel; what is kept are numbers and drawn curves.
    none: dict[str, Any] = {"image_ranking": None, "pixel_ranking": None}
    by_type = {kind: replace(metrics, **none) for kind, metrics in result.by_type.items()}
    light = replace(result, overall=replace(result.overall, **none), by_type=by_type)
    return Scored(
        light,
        {name: _line(result.expression.text, curve) for name, curve in curves.items()},
        where,
        _by_type(result, np.array(labels)),
        near,
    )


def _by_type(result: Result, labels: np.ndarray) -> dict[str, Intervals]:
    parts = {kind: np.isin(labels, (GOOD, kind)) for kind in result.by_type}
    return {kind: image_intervals(result.scores[which], labels[which] != GOOD) for kind, which in parts.items()}


def _line(name: str, curve: RocCurve | PrCurve | ProCurve) -> Line:
    """A curve with few enough points to draw; a long one is first cut to every k-th point, ends kept."""
    arrays = {field.name: getattr(curve, field.name) for field in fields(curve)}
    if (count := len(curve.threshold)) > _PRE_THINNED:
        keep = np.unique(np.linspace(0, count - 1, _PRE_THINNED).astype(int))
        curve = type(curve)(**{axis: values[keep] for axis, values in arrays.items()})
    short = curve.thin(CURVE_POINTS)
    return Line(name, *(np.asarray(getattr(short, axis), float) for axis in arrays))
