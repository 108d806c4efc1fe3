"""The visitor's drawings, by the picture that they are on: what is drawn on one page is there on the others."""

import hashlib
from collections import OrderedDict

import streamlit as st

from workbench.components.defect_canvas import Sheet
from workbench.shared import pictures
from workbench.shared.cache import BoundedCache
from workbench.shared.layer import decoded, lay_over, read_layer
from workbench.shared.resources import MEBIBYTE, Loaded

_LAYERS = "drawings"
_KEPT = 8  # per visitor; each takes up to 4.5 MB
PHOTOS: BoundedCache[str, str] = BoundedCache(16 * MEBIBYTE, len)
"""Pictures as the browser gets them to draw on, some 0.1 to 1 MB each."""
KNOWN = "With your drawing"
"""What is known beforehand of a picture that was made by drawing (`picture.Picture.known`)."""
ALTERED: BoundedCache[str, Loaded] = BoundedCache(64 * MEBIBYTE, lambda one: one.image.nbytes + one.shown.nbytes)
"""Pictures with a drawing on them, for all sessions together."""


def on(loaded: Loaded) -> bytes | None:
    """What is drawn on a picture, a PNG file; None as long as nothing is."""
    return _layers().get(loaded.hash)


def keep(loaded: Loaded, written: object) -> None:
    """Take over a drawing from the browser; an empty one is forgotten.

    Raises:
        workbench.shared.layer.LayerError: it cannot be used; the last one stays as it is.
    """
    layers = _layers()
    layer = read_layer(written, loaded.shown.shape[:2])
    layers.pop(loaded.hash, None)
    if layer is not None:
        layers[loaded.hash] = layer
    while len(layers) > _KEPT:
        layers.popitem(last=False)


def forget(loaded: Loaded) -> None:
    """Take the drawing off a picture."""
    _layers().pop(loaded.hash, None)


def newest() -> str | None:
    """The hash of the picture that was drawn on last; None as long as nothing is drawn."""
    return next(reversed(_layers()), None)


def newest_layer() -> bytes | None:
    """What was drawn last."""
    hash = newest()
    return None if hash is None else _layers()[hash]


def altered(loaded: Loaded, layer: bytes | None) -> Loaded:
    """A picture with a drawing on it; the picture itself without one."""
    if layer is None:
        return loaded
    key = f"{loaded.hash}+{hashlib.sha256(layer).hexdigest()}"
    return ALTERED.of(key, lambda: _drawn_on(loaded, layer, key))


def _drawn_on(loaded: Loaded, layer: bytes, key: str) -> Loaded:
    image = lay_over(loaded.image, decoded(layer))[0]
    image.flags.writeable = False
    return Loaded(image, pictures.reduced(image), key, loaded.notes, 0.0, is_drawn_on=True)


def sheet(loaded: Loaded) -> Sheet:
    """The picture as the browser gets it to draw on, exact to the pixel."""
    height, width = loaded.shown.shape[:2]
    photo = PHOTOS.of(loaded.hash, lambda: pictures.data_uri(loaded.shown))
    return Sheet(loaded.hash, photo, width, height, loaded.image.shape[1] / width)


def _layers() -> OrderedDict[str, bytes]:
    """PNG files by the hash of the image that they are on; the last few of them."""
    return st.session_state.setdefault(_LAYERS, OrderedDict())
