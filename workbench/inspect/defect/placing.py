"""Place a defect: its kind, place, size and contrast as controls, and the picture on which it is put by hand."""

from typing import Any

import streamlit as st

from nnet.data import CutPaste, Defect
from workbench.components import defect_canvas
from workbench.components.defect_canvas import Place
from workbench.inspect import settings
from workbench.inspect.defect import words
from workbench.inspect.defect.recipe import CUT_PASTE, TURNING, Placed
from workbench.inspect.scene import Scene
from workbench.inspect.settings import DIALS
from workbench.shared import controls, drawings


def choose() -> Placed:
    """The controls of a placed defect, and what they are set to."""
    with st.container(border=True):
        kind = controls.choose(settings.KIND, words.KINDS, label=words.KIND_LABEL)
        st.caption(words.KIND_HINTS[kind])
        with st.grid(4, min_column_width=150, gap="small") as grid:
            fields: dict[str, Any] = {"angle": 0.0}
            for name in _fields(kind):
                dial, (label, help) = DIALS[name], words.DIALS[name]
                dial.setting.remember()
                key, unit = dial.setting.key, dial.unit
                with grid.cell():
                    value = st.slider(label, dial.low, dial.high, step=dial.step, key=key, format=unit, help=help)
                fields[name] = value if dial.size == 1 else value / dial.size
    return Placed(CutPaste(**fields) if kind == CUT_PASTE else Defect(kind, **fields))


def _fields(kind: str) -> list[str]:
    """What can be set of this kind of defect, in the order of the sliders."""
    turning = ["angle"] if kind in TURNING else []
    copied = ["from_x", "from_y"] if kind == CUT_PASTE else []
    return ["x", "y", "size", "contrast", *turning, *copied, "seed"]


def draw(scene: Scene, placed: Placed) -> Placed:
    """The original, where a click or a drag places the defect."""
    defect = placed.defect
    patch = (defect.from_x, defect.from_y) if isinstance(defect, CutPaste) else None
    st.markdown(f"**{words.PLACE_TITLE}**")
    defect_canvas.placer(
        "studio_placer",
        drawings.sheet(scene.loaded),
        {"to": (defect.x, defect.y), "from": patch},
        defect.size,
        _moved,
        label=words.PLACE_LABEL,
        hint=words.PLACE_HINT_PATCH if patch else words.PLACE_HINT,
    )
    st.caption(words.place(defect.x, defect.y, defect.size, scene.loaded.image.shape, placed.kind))
    return placed


def _moved(sent: Place) -> None:
    """Take over a place from the browser; one outside of the picture changes nothing."""
    x, y = {"to": ("x", "y"), "from": ("from_x", "from_y")}[sent["which"]]
    try:
        places = {DIALS[x]: DIALS[x].read(str(100 * sent["x"])), DIALS[y]: DIALS[y].read(str(100 * sent["y"]))}
    except ValueError:
        return
    for dial, place in places.items():
        dial.setting.set(place)
