"""The living N beside a card: the step's parts are lit, and once it is answered what was asked about is left out."""

from workbench.components import network
from workbench.how_it_works.scene import Scene
from workbench.shared import living_network

KINDS: dict[int, tuple[str, ...]] = {
    1: ("picture", "teacher"),
    2: ("picture", "copier", "code", "rebuilder"),
    3: ("picture", "copier", "projected", "map"),
    4: ("memory", "recalled", "code", "rebuilder"),
    5: ("teacher", "memory", "recalled"),
    6: ("teacher", "copier", "projected"),
    7: ("map", "score"),
    8: ("copier", "memory", "rebuilder"),
}
"""The kinds of parts (`nnet.analysis.anatomy`) that a step is about; all where none are named."""
LEFT_OUT = {3: "reverse", 4: "nfs"}
"""What is left out of the drawing once the step is answered, see `living_network`. Then it tells no number: the answer
has another measure."""


def draw(scene: Scene, *, answered: bool) -> None:
    out = LEFT_OUT.get(scene.step, "") if answered else ""
    living_network.draw(
        "tour_network",
        scene.model,
        scene.loaded,
        scene.expression,
        focus=KINDS.get(scene.step, ()),
        left_out=out,
        room=network.HALL if scene.presenting else network.SCREEN,
    )
