"""What every part of the Evaluate page is about, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnet.analysis.evaluation import Evidence, Result
from nnet.scoring.calibration import Reference
from workbench.evaluate.cache import Key
from workbench.evaluate.curves import Scored
from workbench.evaluate.figures import Images
from workbench.shared.data_choice import Chosen
from workbench.shared.resources import Model


@dataclass(frozen=True)
class Scene:
    """A model, a set, what is known of it, and the scores with the chosen one first."""

    model: Model
    chosen: Chosen
    evidence: Evidence
    scored: tuple[Scored, ...]

    @property
    def key(self) -> Key:
        """Stands for the measured images in the caches."""
        return self.model.key, self.chosen.hash, len(self.evidence)

    @property
    def result(self) -> Result:
        """Of the chosen score."""
        return self.scored[0].result

    @property
    def results(self) -> list[Result]:
        """Of all scores, the chosen one first."""
        return [one.result for one in self.scored]

    @property
    def defective(self) -> np.ndarray:
        """Which images are defective, bool (n,)."""
        return self.evidence.defective

    @property
    def reference(self) -> Reference:
        """The held-out normal images under the chosen score, with the model's own threshold."""
        return self.model.detector.calibration.for_expression(self.result.expression)

    @property
    def own_threshold(self) -> float:
        """The model's own threshold for the chosen score."""
        return self.reference.threshold

    def images(self, which: np.ndarray) -> Images:
        """Labels, names and chosen scores of some images, by their indices."""
        labels, keys = ([some[i] for i in which] for some in (self.evidence.labels, self.evidence.keys))
        return Images(labels, keys, self.result.scores[which])
