"""What the Inspect page shows at the moment, as one value that every section of it gets."""

from dataclasses import dataclass

import numpy as np

from nnet.detector import Trace
from nnet.expression import Expression
from nnet.scoring.judge import Judgement
from nnet.scoring.overlay import hatched
from workbench.shared import pictures, resources
from workbench.shared.picture import Picture
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

        return resources.photo(key, paint)

    def hatched(self, shown: np.ndarray) -> np.ndarray:
        """The image at some size, hatched where the model does not look."""
        return hatched(shown, self.model.detector.framing.seen(self.loaded.image.shape, shown.shape))

    @property
    def original_uri(self) -> str:
        """The image itself, ready for the browser."""
        return resources.photo((self.loaded.hash,), lambda: self.loaded.shown)
