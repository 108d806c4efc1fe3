"""What the Memory page shows at the moment, as two values that its sections get."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nnet.analysis.atlas import Atlas
from nnet.detector import Trace
from nnet.scoring.judge import Judgement
from workbench.memory import colours, recall
from workbench.memory.recall import Addressing, Recall
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded, Model


@dataclass(frozen=True)
class Scene:
    """One image under one model with a memory.

    Attributes:
        model: the chosen model.
        picture: the chosen image, as the visitor knows it.
        loaded: its pixels.
        trace: everything the network computed for it.
        trained: what the network itself recalled.
        judged: the image's score by the model's own expression.
        atlas: what the items stand for, or None for a checkpoint without an atlas.
    """

    model: Model
    picture: Picture
    loaded: Loaded
    trace: Trace
    trained: Recall
    judged: Judgement
    atlas: Atlas | None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of F_3."""
        rows, columns = self.trained.distance.shape
        return rows, columns

    @property
    def items(self) -> int:
        """N."""
        return self.trained.use.weights.shape[2]

    @cached_property
    def usage(self) -> np.ndarray:
        """Each item's share of the trained addressing on this image, (N,)."""
        return recall.usage(self.trained.use.weights)

    @cached_property
    def scores(self) -> np.ndarray:
        """The largest score within each position of F_3, (H, W)."""
        return recall.per_position(self.judged.score, self.shape)

    @property
    def ratios(self) -> np.ndarray:
        """The same in multiples of the threshold."""
        return self.judged.reference.multiple(self.scores)

    @cached_property
    def flagged(self) -> np.ndarray:
        """Positions of F_3 that reach above the threshold, bool (H, W)."""
        return recall.flagged(self.judged, self.shape)

    @property
    def peak(self) -> tuple[int, int]:
        """The position of F_3 that scores highest."""
        row, column = np.unravel_index(self.scores.argmax(), self.shape)
        return int(row), int(column)

    @cached_property
    def photo(self) -> str:
        """The picture as a data URI."""
        return colours.photo_uri(self.loaded.shown)

    @cached_property
    def small_photo(self) -> str:
        """The picture as a small data URI, for a grid of many."""
        return colours.photo_uri(self.loaded.shown, 200)


@dataclass(frozen=True)
class Now:
    """How the memory is addressed at the moment, what it then answers, and whether that differs from training."""

    addressing: Addressing
    recall: Recall
    changed: bool

    @cached_property
    def usage(self) -> np.ndarray:
        """Each item's share of this addressing, (N,)."""
        return recall.usage(self.recall.use.weights)
