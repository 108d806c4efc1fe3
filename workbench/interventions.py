"""What-if on a trained network. To be written."""

from workbench.resources import Model


def draw(model: Model) -> None:
    pass
