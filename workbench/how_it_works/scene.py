"""What the tour's sections get."""

from dataclasses import dataclass

from nnet.expression import Expression
from workbench.how_it_works.subject import Subject
from workbench.how_it_works.words import CARDS, Card
from workbench.shared.resources import Loaded, Model


@dataclass(frozen=True)
class Scene:
    """A step of the tour.

    Attributes:
        model: the chosen one.
        subject: the picture that it looks at.
        expression: the model's own score.
        step: from 1.
        picked: which option the visitor picked, None before that.
        presenting: whether it is shown large.
    """

    model: Model
    subject: Subject
    expression: Expression
    step: int
    picked: int | None
    presenting: bool

    @property
    def is_in_hall(self) -> bool:
        """Whether an answer is shown large, so that the drawing stands beside it."""
        return self.presenting and self.picked is not None

    @property
    def loaded(self) -> Loaded:
        """The picture's pixels."""
        return self.subject.loaded

    @property
    def card(self) -> Card:
        """The step's card."""
        return CARDS[self.step - 1]
