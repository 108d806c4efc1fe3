"""What the network makes of the image with the defect on it, as one value that every part of the section gets."""

from dataclasses import dataclass

from nnet.scoring.judge import Judgement
from workbench.inspect.defect.cache import Answer
from workbench.inspect.defect.effect import Effect
from workbench.inspect.defect.recipe import Alteration, Recipe


@dataclass(frozen=True)
class Outcome:
    """What the network says about the altered image.

    Attributes:
        recipe: the defect.
        alteration: the image with it.
        answer: M1..M6 with it, and the cells that the defect touches.
        judged: score and decision with it, under the threshold of the scene.
        maps: the effect on each map.
        factors: the effect on each factor that is more than one map.
        ran: whether a forward pass was needed just now.
    """

    recipe: Recipe
    alteration: Alteration
    answer: Answer
    judged: Judgement
    maps: list[Effect]
    factors: list[Effect]
    ran: bool
