"""What the Projection page shows at the moment, as one value that its sections get."""

from collections.abc import Mapping
from dataclasses import dataclass

from nnet.analysis.projection import Pair
from workbench.projection.pairs import Look, Region
from workbench.shared.resources import Loaded, Model


@dataclass(frozen=True)
class Scene:
    """One image under one model, with its flagged part, seen from one side of `nnet.analysis.projection.SIDES`; pairs
    and looks of every side that the model has, one for each scale."""

    model: Model
    loaded: Loaded
    region: Region
    side: str
    all_pairs: Mapping[str, tuple[Pair, ...]]
    all_looks: Mapping[str, tuple[Look, ...]]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The chosen side's features."""
        return self.all_pairs[self.side]

    @property
    def looks(self) -> tuple[Look, ...]:
        """What is shown of them."""
        return self.all_looks[self.side]

    @property
    def shape(self) -> tuple[int, ...]:
        """The image's, (H, W, 3)."""
        return self.loaded.image.shape

    @property
    def has_projection(self) -> bool:
        """Whether this side has an FPM."""
        return self.pairs[0].after is not None
