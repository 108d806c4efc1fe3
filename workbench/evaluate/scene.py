"""What every part of the Evaluate page is about, as one frozen value."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nnet.analysis.evaluation import Evidence, Result
from nnet.analysis.framed import maps_of
from nnet.data import GOOD, Dataset
from nnet.errors import NNetError
from nnet.presets.short import Short
from nnet.runs.length import of_checkpoint
from nnet.scoring import judge
from nnet.scoring.calibration import Reference
from nnet.scoring.judge import Judgement
from nnet.units import SMALLEST
from workbench.evaluate import words
from workbench.evaluate.cache import Key
from workbench.evaluate.figures import Images
from workbench.evaluate.scored import Scored
from workbench.shared import chosen_picture, resources
from workbench.shared.resources import Model


@dataclass(frozen=True)
class Pictures:
    """The pictures of a set that were measured.

    Attributes:
        name: of the data set.
        hash: of its contents.
        spec: where it lies, as for `nnet.data.open_dataset`; "" where it is not at hand.
        keys, labels: of each picture.
        dataset: opened; None for a stored result.
        stored: when a stored result was measured (`nnet.analysis.stored.Stored.created`); "" for pictures that were
            measured just now.
        other_kind: how many of the good ones show another kind of part than the model's; None where that is not known.
        source: of a stored result, where they came from (`nnet.analysis.evaluation.describe`).
    """

    name: str
    hash: str
    spec: str
    keys: tuple[str, ...]
    labels: tuple[str, ...]
    dataset: Dataset | None = None
    stored: str = ""
    other_kind: int | None = None
    source: str = ""

    @property
    def key(self) -> str:
        """Stands for them in the caches: the same pictures may have been measured before."""
        return f"{self.hash} {self.stored}".rstrip()

    @cached_property
    def defective(self) -> np.ndarray:
        """Which are defective, bool (n,)."""
        return np.array([label != GOOD for label in self.labels], bool)


@dataclass(frozen=True)
class Scene:
    """A model, the pictures, the scores with the chosen one first, and the maps where they were measured just now."""

    model: Model
    pictures: Pictures
    scored: tuple[Scored, ...]
    evidence: Evidence | None = None

    @property
    def key(self) -> Key:
        """Stands for the measured images in the caches."""
        return self.model.key, self.pictures.key, len(self.evidence or ())

    @property
    def decided_on(self) -> tuple[str, ...]:
        """What a threshold belongs to: the model with its own threshold, the data, and the score."""
        return self.model.decision_key, self.pictures.hash, self.result.expression.text

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
        return self.pictures.defective

    @property
    def reference(self) -> Reference:
        """The held-out normal images under the chosen score, with the model's own threshold."""
        return self.model.detector.calibration.for_expression(self.result.expression)

    @property
    def own_threshold(self) -> float:
        """The model's own threshold for the chosen score."""
        return self.reference.threshold

    @property
    def is_kept(self) -> bool:
        """Whether somebody kept that threshold, instead of the one that was found on held-out pictures."""
        return self.reference.kept is not None

    @property
    def is_own(self) -> bool:
        """Whether it is the data that the model was trained and tested on."""
        about = self.model.detector.checkpoint.about.get("data")
        return isinstance(about, dict) and about.get("sha256") == self.pictures.hash

    @property
    def is_foreign(self) -> bool:
        """Whether most of the good pictures show another kind of part than the model's."""
        return 2 * (self.pictures.other_kind or 0) > int((~self.defective).sum())

    @cached_property
    def short(self) -> Short | None:
        """That the model was trained for fewer steps than its preset lets any run be; None otherwise."""
        return of_checkpoint(self.model.detector.checkpoint)

    def ratio(self, score: float) -> float:
        """A score as a multiple of the model's own threshold."""
        return self.reference.multiple(score)

    def images(self, which: np.ndarray) -> Images:
        """Labels, names and chosen scores, as multiples of the model's threshold, of some images by their indices."""
        labels, keys = ([some[i] for i in which] for some in (self.pictures.labels, self.pictures.keys))
        return Images(labels, keys, self.reference.multiple(self.result.scores[which]), self.is_kept)

    def content(self, index: int) -> str:
        """Stands for a picture as its file is now, of a stored result; "" where the maps are at hand, or no picture is.

        Raises:
            nnet.errors.NNetError: the data set has no such picture any more.
        """
        if self.evidence is not None or not self.pictures.spec:
            return ""
        return chosen_picture.picture_of(self.pictures.spec, self.pictures.keys[index]).content_key

    def sample(self, index: int) -> object:
        """What a picture is made of (`workbench.shared.picture.Picture.source`).

        Raises:
            nnet.errors.NNetError: the data set has no such picture any more.
        """
        key = self.pictures.keys[index]
        if self.pictures.dataset is not None:
            return next(s for s in self.pictures.dataset.test if s.key == key)
        return chosen_picture.picture_of(self.pictures.spec, key).source

    def looked_at(self, index: int) -> tuple[np.ndarray, Judgement]:
        """A picture's pixels, RGB uint8 (H, W, 3), and its heatmap. Of a stored result the network runs for it.

        Raises:
            nnet.errors.NNetError: the picture is not at hand, cannot be read, or is not the one that was measured.
        """
        key, expression = self.pictures.keys[index], self.result.expression
        if self.evidence is not None and self.pictures.dataset is not None:
            sample = next(s for s in self.pictures.dataset.test if s.key == key)
            maps = maps_of(self.evidence, index)
            return sample.load().image, judge.judge(self.model.detector.calibration, maps, expression)
        if not self.pictures.spec:
            raise NNetError(words.NOT_AT_HAND)
        loaded = chosen_picture.picture_of(self.pictures.spec, key).load()
        maps = resources.maps_of(self.model, loaded)
        judged = judge.judge(self.model.detector.calibration, maps, expression)
        stored = float(self.result.scores[index])
        if abs(judged.value - stored) > _SAME * max(stored, SMALLEST):
            raise NNetError(words.changed(key))
        return loaded.image, judged


def measured_just_now(scene: Scene) -> tuple[Evidence, Dataset]:
    """The maps and the data set of a scene that is no stored result; parts that need them are offered only then."""
    assert scene.evidence is not None and scene.pictures.dataset is not None
    return scene.evidence, scene.pictures.dataset


_SAME = 0.05
"""How far a score may be from the stored one where another computer measured it, as a share."""
