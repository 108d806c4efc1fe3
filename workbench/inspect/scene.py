"""What the Inspect page shows at the moment, as one value that every section of it gets."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nnet.detector import Trace
from nnet.expression import Expression
from nnet.scoring.judge import Judgement
from nnet.scoring.overlay import hatched
from nnet.scoring.places import MARGIN, highest_near
from workbench.shared import pictures, resources
from workbench.shared.picture import Picture, defect_of
from workbench.shared.pictures import Scale
from workbench.shared.resources import Loaded, Model


@dataclass(frozen=True)
class View:
    """How a score is drawn.

    Attributes:
        scale: of the score's colours.
        opacity: of the overlay, 0..1.
        edge: the score whose line is outlined, or None.
        pixel: x and y of the chosen pixel of the image; the one with the highest score until one is chosen.
    """

    scale: Scale
    opacity: float
    edge: float | None
    pixel: tuple[int, int]

    @property
    def colours(self) -> tuple[object, ...]:
        """What the colours depend on."""
        return self.scale.colour_map, self.scale.low, self.scale.high


def known_defect(picture: Picture, loaded: Loaded) -> np.ndarray | None:
    """Where the defect of a picture of a data set lies, bool (h, w), True on it; None where that is not known."""
    return defect_of(picture.source, loaded.image.shape)


def is_misplaced(model: Model, mask: np.ndarray, judged: Judgement) -> bool:
    """Whether a picture is rightly flagged, but for something else than its known defect."""
    margin = model.detector.framing.pixels * MARGIN
    return judged.is_anomalous and highest_near(judged.score, mask, margin) <= judged.reference.threshold


@dataclass(frozen=True)
class Scene:
    """One image under one model and one score expression.

    Attributes:
        model: the chosen model.
        picture: the chosen image, as the visitor knows it.
        loaded: its pixels.
        trace: everything the network computed for it.
        judged: its score map, image score and reference, whose threshold is the one that the visitor set.
        expression: what the score is made of.
        view: how it is drawn.
    """

    model: Model
    picture: Picture
    loaded: Loaded
    trace: Trace
    judged: Judgement
    expression: Expression
    view: View

    @property
    def overlay_uri(self) -> str:
        """The image with the score on it, ready for the browser; kept, so that it is painted once."""
        score, view = self.judged.score, self.view
        key = (self.loaded.hash, self.model.key, self.expression, *view.colours, view.opacity, view.edge)

        def paint() -> np.ndarray:
            return pictures.overlay(self.hatched(self.loaded.shown), score, view.scale, view.opacity, view.edge)

        if (mask := self.overlooked) is None:
            return resources.photo(key, paint)
        return resources.photo((*key, self.picture.content_key), lambda: pictures.with_defect(paint(), mask))

    @cached_property
    def overlooked(self) -> np.ndarray | None:
        """Where the picture's known defect lies, bool (h, w), if it was missed or something else is marked; else
        None."""
        mask = known_defect(self.picture, self.loaded)
        if mask is None or not (is_misplaced(self.model, mask, self.judged) or not self.judged.is_anomalous):
            return None
        return mask

    def hatched(self, shown: np.ndarray) -> np.ndarray:
        """The image at some size, hatched where the model does not look."""
        return hatched(shown, self.model.detector.framing.seen(self.loaded.image.shape, shown.shape))

    @property
    def original_uri(self) -> str:
        """The image itself, ready for the browser."""
        return resources.photo((self.loaded.hash,), lambda: self.loaded.shown)
