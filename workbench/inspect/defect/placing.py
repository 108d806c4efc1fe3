"""Place a defect: its kind, place, size and contrast as controls, and the picture on which it is put by hand."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from nnet.data import CutPaste, Defect
from workbench.components import defect_canvas
from workbench.components.defect_canvas import Sheet
from workbench.inspect.defect import cache, words
from workbench.inspect.defect.recipe import CUT_PASTE, TURNING, Placed
from workbench.inspect.scene import Scene
from workbench.shared import session
from workbench.shared.resources import Loaded


def controls() -> Placed:
    """The controls of a placed defect; the URL keeps them all."""
    with st.container(border=True):
        session.remember("defect", "scratch", session.one_of(words.KINDS))
        kind = st.segmented_control(
            words.KIND_LABEL, list(words.KINDS), format_func=words.KINDS.get, key="defect", required=True
        )
        st.caption(words.KIND_HINTS[kind])
        with st.grid(4, min_column_width=150, gap="small") as grid:

            def slider(label: str, key: str, low: float, high: float, default: float, step: float, help: str) -> float:
                session.remember(key, default, on_grid(low, high, step))
                unit = "%.1f %%" if step < 1 else "%d°" if "angle" in key else "%d" if "seed" in key else "%d %%"
                with grid.cell():
                    return st.slider(label, low, high, step=step, key=key, format=unit, help=help)

            common = {
                "x": slider("Position x", "defect_x", 0.0, 100.0, 50.0, 0.5, "From the left.") / 100,
                "y": slider("Position y", "defect_y", 0.0, 100.0, 50.0, 0.5, "From the top.") / 100,
                "size": slider("Size", "defect_size", 2, 100, 30, 1, words.SIZE_HELP) / 100,
                "contrast": slider("Contrast", "defect_contrast", 0, 100, 80, 5, words.CONTRAST_HELP) / 100,
                "angle": 0.0,
            }
            if kind in TURNING:
                common["angle"] = float(slider("Angle", "defect_angle", 0, 175, 30, 5, words.ANGLE_HELP))
            if kind == CUT_PASTE:
                for name, side in (("from_x", "left"), ("from_y", "top")):
                    label = f"Copied from {name[-1]}"
                    common[name] = slider(label, f"defect_{name}", 0.0, 100.0, 25.0, 0.5, f"From the {side}.") / 100
            common["seed"] = slider("Variant", "defect_seed", 0, 99, 0, 1, words.SEED_HELP)
    return Placed(CutPaste(**common) if kind == CUT_PASTE else Defect(kind, **common))


def on_grid(low: float, high: float, step: float) -> Callable[[str], float]:
    """A reader for settings: a number from `low` to `high`, brought to a multiple of `step`."""

    def read(written: str) -> float:
        value = float(written)
        if not low <= value <= high:
            raise ValueError
        value = low + round((value - low) / step) * step
        return type(low)(value)

    return read


def draw(scene: Scene, placed: Placed) -> Placed:
    """The original, where a click or a drag places the defect."""
    defect = placed.defect
    patch = (defect.from_x, defect.from_y) if isinstance(defect, CutPaste) else None
    st.markdown(f"**{words.PLACE_TITLE}**")
    defect_canvas.placer(
        "studio_placer",
        sheet(scene.loaded),
        {"to": (defect.x, defect.y), "from": patch},
        defect.size,
        _moved,
        label=words.PLACE_LABEL,
        hint=words.PLACE_HINT_PATCH if patch else words.PLACE_HINT,
    )
    st.caption(words.place(defect.x, defect.y, defect.size, scene.loaded.image.shape, placed.kind))
    return placed


def _moved(sent: object) -> None:
    """Take over a place from the browser. What it sends is checked; nonsense changes nothing."""
    try:
        keys = {"to": ("defect_x", "defect_y"), "from": ("defect_from_x", "defect_from_y")}[sent["which"]]
        places = [on_grid(0.0, 100.0, 0.5)(str(100 * float(sent[axis]))) for axis in ("x", "y")]
    except (KeyError, TypeError, ValueError):
        return
    for key, value in zip(keys, places, strict=True):
        st.session_state[key] = value


def sheet(loaded: Loaded) -> Sheet:
    """The picture as the browser gets it to place or draw a defect on."""
    height, width = loaded.shown.shape[:2]
    return Sheet(loaded.hash, cache.photo(loaded), width, height, loaded.image.shape[1] / width)
