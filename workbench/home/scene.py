"""What the home page shows at the moment, as one value that its sections get."""

from dataclasses import dataclass

from nnet.expression import Expression
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded, Model


@dataclass(frozen=True)
class Scene:
    """A picture and what is drawn on it.

    Attributes:
        model: the chosen model.
        expression: what the score is made of.
        picture: as the visitor knows it.
        loaded: its pixels.
        layer: the finished drawing, a PNG file, or None.
        altered: the picture with it; `loaded` itself where nothing is drawn.
        live: the picture with a stroke that has not ended yet, or None.
        is_good: whether it is the good part that everything starts with.
    """

    model: Model
    expression: Expression
    picture: Picture
    loaded: Loaded
    layer: bytes | None
    altered: Loaded
    live: Loaded | None
    is_good: bool
