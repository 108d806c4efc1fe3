"""Draw a defect by hand: the picture as a canvas, and the visitor's drawings."""

from __future__ import annotations

import base64
from collections import OrderedDict

import streamlit as st

from nnet.errors import NNetError
from workbench.components import defect_canvas
from workbench.inspect.defect import words
from workbench.inspect.defect.placing import sheet
from workbench.inspect.defect.recipe import Drawn, read_layer
from workbench.inspect.scene import Scene
from workbench.shared.resources import Loaded

_LAYERS, _PROBLEM = "studio_layers", "studio_problem"
_LAYERS_KEPT = 8  # per visitor; each takes up to 4.5 MB


def draw(scene: Scene) -> Drawn | None:
    """The original, to be drawn on; None as long as nothing is drawn."""
    loaded = scene.loaded
    layer = _layers().get(loaded.hash)
    st.markdown(f"**{words.DRAW_TITLE}**")
    defect_canvas.painter(
        "studio_painter",
        sheet(loaded),
        None if layer is None else _layer_uri(layer),
        lambda written: keep(loaded, written),
        label=words.DRAW_LABEL,
        hint=words.DRAW_HINT,
    )
    if loaded.shown.shape != loaded.image.shape:
        st.caption(words.drawing_kept(loaded.shown.shape[1], loaded.shown.shape[0]))
    if problem := st.session_state.get(_PROBLEM):
        st.error(problem, icon=":material/error:")
    return None if layer is None else Drawn(layer)


def _layers() -> OrderedDict[str, bytes]:
    """The visitor's drawings as PNG files, by the hash of the image that they are on; the last few of them."""
    return st.session_state.setdefault(_LAYERS, OrderedDict())


def _layer_uri(layer: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(layer).decode()


def keep(loaded: Loaded, written: object) -> None:
    """Take over a drawing from the browser; one that cannot be used leaves a sentence and the last one as it is."""
    layers = _layers()
    st.session_state.pop(_PROBLEM, None)
    try:
        layer = read_layer(written, loaded.shown.shape[:2])
    except NNetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    layers.pop(loaded.hash, None)
    if layer is not None:
        layers[loaded.hash] = layer
    while len(layers) > _LAYERS_KEPT:
        layers.popitem(last=False)
