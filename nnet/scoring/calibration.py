"""What normal looks like: the scores of held-out normal images, for any score expression.

A checkpoint keeps the six maps of its held-out normal images (64 x 64, float16), so that a threshold, a percentile
and a colour scale exist for every expression a user writes, not only for the one that was trained with. Of a model that
frames its pictures (`nnet.data.framing`) they are those of the whole pictures, whatever their sizes.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from torch import Tensor

from nnet.config import ScoreConfig
from nnet.data.framing import Framing
from nnet.errors import NNetError
from nnet.expression import Expression, read
from nnet.scoring.maps import divided, image_score, mean_levels, score_maps
from nnet.scoring.promise import Promise, chosen_on, conformal, promise
from nnet.units import Numbers, multiple

MAP_QUANTILES = {"q50": 0.5, "q95": 0.95, "q99": 0.99, "max": 1.0}


class CalibrationError(NNetError):
    """There are no held-out normal images to compare with."""


@dataclass(frozen=True)
class Kept:
    """A decision threshold that somebody chose for a score expression.

    Attributes:
        threshold: of the image score.
        reason: in words.
        created: ISO 8601, or "".
        pictures, above: from how many normal pictures it was chosen, which the model was not trained on, and how many
            of them score higher; 0 where it comes from elsewhere.
        data: the SHA-256 of the labelled data set whose defects it was chosen by, or "".
    """

    threshold: float
    reason: str
    created: str = ""
    pictures: int = 0
    above: int = 0
    data: str = ""


@dataclass(frozen=True)
class Reference:
    """Held-out normal images under one score expression.

    Attributes:
        expression: what the scores are made of.
        scores: image scores of the held-out normal images, ascending, (n,) float64.
        threshold: the decision threshold.
        quantile: share of `scores` at or below the threshold, 0..1.
        pixel_median: median pixel score on the held-out normal images.
        kept: the threshold that was chosen instead of the one that `scores` give, with its reason; else None.
        folds: as in `Calibration`.
    """

    expression: Expression
    scores: np.ndarray
    threshold: float
    quantile: float
    pixel_median: float
    kept: Kept | None = None
    folds: int = 0

    @property
    def reason(self) -> str:
        """Why the threshold is not the one that `scores` give, or ""."""
        return self.kept.reason if self.kept else ""

    @property
    def promise(self) -> Promise:
        """How many further good parts the threshold flags. Of one chosen on these pictures it is less sure."""
        if self.kept is not None and self.kept.pictures:
            return promise(self.kept.pictures, self.kept.above, drawn=False)
        above = self.n - int(np.searchsorted(self.scores, self.threshold, side="right"))
        return promise(self.n, above, drawn=bool(np.isin(self.threshold, self.scores)), folds=self.folds)

    @property
    def promised(self) -> str:
        """`promise` as a sentence, or what the threshold does to the pictures that it was chosen on."""
        if self.kept is not None and self.kept.pictures:
            return chosen_on(self.kept.pictures, self.kept.above)
        return self.promise.sentence()

    @property
    def colour_range(self) -> tuple[float, float]:
        """Ends of the fixed colour scale of Score_p: from 0 to twice the threshold, which lies in the middle.

        A normal image therefore stays in the cold half, whatever its own largest value is.
        """
        return 0.0, 2 * self.threshold

    @property
    def n(self) -> int:
        """Number of held-out normal images."""
        return len(self.scores)

    def percentile(self, value: float) -> float:
        """Share of the held-out normal images that score below `value`, 0..100."""
        return 100 * float(np.searchsorted(self.scores, value, side="left")) / self.n

    def p_value(self, value: float) -> float:
        """Conformal p-value (1 + number of normal scores >= value) / (n + 1), in (0, 1].

        If the image is normal (exchangeable with the held-out ones), a value of p or less occurs with probability p.
        """
        return (1 + self.n - float(np.searchsorted(self.scores, value, side="left"))) / (self.n + 1)

    def is_anomalous(self, value: float) -> bool:
        """Whether the score lies above the threshold."""
        return value > self.threshold

    def multiple(self, value: Numbers) -> Numbers:
        """Scores as multiples of the threshold."""
        return multiple(value, self.threshold)

    def with_threshold(self, threshold: float, kept: Kept | None = None) -> Reference:
        """The same images with another decision threshold."""
        share = float(np.searchsorted(self.scores, threshold, side="right")) / self.n
        return Reference(self.expression, self.scores, threshold, share, self.pixel_median, kept, self.folds)


@dataclass
class Calibration:
    """The held-out normal images' maps and everything derived from them. Safe to share between threads.

    Attributes:
        maps: name -> (n, 64, 64) float16, divided by `levels` as the detector's maps are. Of framed pictures (n, h, w):
            each picture's map stands in the upper left corner, and what it does not fill is 0.
        size: side of the network input in pixels, or `Framing.pixels`.
        settings: default expression, sigma and threshold quantile.
        levels: each map's mean on these images before it was divided; {} unless `ScoreConfig.levels`.
        kept: canonical expression -> a threshold that was chosen instead of the one that these images give.
        cells: `Framing.blended_cells`.
        extents: (n, 2) rows and columns of each framed picture's maps; None without a framing.
        folds: how many light models made the maps (`nnet.training.cross`); 0: the model itself did.
    """

    maps: dict[str, np.ndarray]
    size: int
    settings: ScoreConfig
    levels: dict[str, float] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)
    cells: int | None = None
    extents: np.ndarray | None = None
    folds: int = 0
    _references: dict[Expression, Reference] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        if not self.maps or not len(next(iter(self.maps.values()))):
            raise CalibrationError("This model has no held-out normal images, so no score can be judged.")

    @property
    def n(self) -> int:
        """Number of held-out normal images."""
        return len(next(iter(self.maps.values())))

    def for_expression(self, expression: Expression | str | None = None) -> Reference:
        """The reference of a score expression, parsed or not (default: the model's own); computed once.

        Its threshold is the kept one, else the conformal one (`nnet.scoring.promise.conformal_rank`).

        Raises:
            nnet.expression.ExpressionError: malformed, or a map that this model does not have.
        """
        wanted = read(expression or self.settings.expression)
        with self._lock:
            if wanted not in self._references:
                self._references[wanted] = self._compute(wanted)
            return self._references[wanted]

    def scores_in_order(self) -> np.ndarray:
        """Image scores of the held-out normal images under the model's own expression, in the order in which they came,
        (n,) float64."""
        return _image_scores(self._pixels(self.settings.parsed))

    @property
    def map_quantiles(self) -> dict[str, dict[str, float]]:
        """Quantiles of each map's values over all pixels of the held-out normal images that are looked at."""
        looked_at = {name: (m if self.cells is None else m[m != 0]).astype(np.float32) for name, m in self.maps.items()}
        return {
            name: {key: float(np.quantile(values, q)) for key, q in MAP_QUANTILES.items()}
            for name, values in looked_at.items()
        }

    def summary(self) -> dict[str, object]:
        """What calibration.json holds: a readable account; everything in it can be recomputed from the maps."""
        reference = self.for_expression()
        return {
            "expression": reference.expression.text,
            "normal_images": self.n,
            "threshold": reference.threshold,
            "threshold_quantile": reference.quantile,
            "threshold_reason": reference.reason,
            "false_alarms": asdict(reference.promise),
            "scores": reference.scores.tolist(),
            "score_quantiles": {key: float(np.quantile(reference.scores, q)) for key, q in MAP_QUANTILES.items()},
            "pixel_median": reference.pixel_median,
            "map_quantiles": self.map_quantiles,
            **({"levels": self.levels} if self.levels else {}),
        }

    def _compute(self, expression: Expression) -> Reference:
        pixels = self._pixels(expression)
        scores = np.sort(_image_scores(pixels))
        if not np.isfinite(scores).all():
            raise CalibrationError(
                f"The score {expression.text[:200]} grows beyond all numbers on this model's held-out images. "
                "Choose an expression with fewer factors."
            )
        median = float(torch.cat([one.flatten() for one in pixels]).median())
        found = Reference(expression, scores, 0.0, 0.0, median, folds=self.folds)
        if (kept := self.kept.get(expression.text)) is not None:
            return found.with_threshold(kept.threshold, kept)
        return found.with_threshold(float(conformal(scores, self.settings.quantile)))

    def _pixels(self, expression: Expression) -> Sequence[Tensor]:
        """Score_p of every image, (n, size, size), or one by one of framed pictures."""
        size, sigma = self.size, self.settings.sigma
        if self.extents is None:
            tensors = {name: torch.from_numpy(m.astype(np.float32)) for name, m in self.maps.items()}
            return score_maps(tensors, expression, size, sigma).unbind()
        found = []
        for i, (rows, columns) in enumerate(self.extents.tolist()):
            own = {n: torch.from_numpy(m[i : i + 1, :rows, :columns].astype(np.float32)) for n, m in self.maps.items()}
            found.append(score_maps(own, expression, size, sigma, self.cells)[0])
        return found


def _image_scores(pixels: Sequence[Tensor]) -> np.ndarray:
    return np.array([float(image_score(one).double()) for one in pixels])


def calibrate(maps: dict[str, Tensor], size: int, settings: ScoreConfig, folds: int = 0) -> Calibration:
    """Build a calibration from the held-out normal images' maps, name -> (n, 64, 64), not divided yet; `folds` as in
    `Calibration`."""
    levels = mean_levels(maps) if settings.levels else {}
    arrays = {name: m.cpu().numpy().astype(np.float16) for name, m in divided(maps, levels).items()}
    return Calibration(arrays, size, settings, levels, folds=folds)


def calibrate_framed(found: Sequence[dict[str, Tensor]], framing: Framing, settings: ScoreConfig) -> Calibration:
    """The same from the maps of framed pictures, each name -> (h, w) in main memory, not divided yet."""
    names, extents = tuple(found[0]), np.array([next(iter(maps.values())).shape for maps in found])
    looked_at = {name: torch.cat([maps[name][maps[name] != 0] for maps in found]) for name in names}
    levels = mean_levels(looked_at) if settings.levels else {}
    arrays = {name: np.zeros((len(found), *extents.max(axis=0)), np.float16) for name in names}
    for i, (maps, (rows, columns)) in enumerate(zip(found, extents, strict=True)):
        for name, m in divided(maps, levels).items():
            arrays[name][i, :rows, :columns] = m.numpy()
    return Calibration(arrays, framing.pixels, settings, levels, cells=framing.blended_cells, extents=extents)
