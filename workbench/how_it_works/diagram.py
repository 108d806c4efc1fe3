"""The living N beside a card: the step's parts are lit, and once it is answered what was asked about is left out."""

from nnet.scoring.maps import MAP_NAMES
from workbench.components import network
from workbench.how_it_works.scene import Scene
from workbench.shared import living_network

_F, _P, _SF, _SP, _D = (tuple(f"{symbol}_{scale}" for scale in (1, 2, 3)) for symbol in ("F", "P", "SF", "SP", "D"))
PARTS: dict[int, tuple[str, ...]] = {
    1: ("picture", *_F),
    2: ("picture", *_F, *_SF, "F_C", *_D),
    3: ("picture", *_F, *_P, *_SF, *_SP, "M4", "M5", "M6"),
    4: ("P_1", "P_2", "memory", "F'_3", "P'_3", "F_C", *_D),
    5: ("F_3", "memory", "F'_3"),
    6: (*_F, *_P, *_SF, *_SP),
    7: (*MAP_NAMES, "score"),
    8: (*_SF, "memory", *_D),
}
"""The parts (`nnet.analysis.anatomy`) that a step is about, of those that the network has; all where none are named."""
LEFT_OUT = {3: "reverse"}
"""What is left out of the drawing once the step is answered, see `living_network`. Then it tells no number: the answer
has another measure."""


def draw(scene: Scene, *, answered: bool) -> None:
    out = LEFT_OUT.get(scene.step, "") if answered else ""
    living_network.draw(
        "tour_network",
        scene.model,
        scene.loaded,
        scene.expression,
        focus=PARTS.get(scene.step, ()),
        left_out=out,
        room=network.HALL if scene.presenting else network.SCREEN,
    )
