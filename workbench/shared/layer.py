"""A drawing on a picture, as the browser sends it. Knows no Streamlit.

It comes as a transparent PNG in a data URI and is trusted in nothing: its size, format and dimensions are checked
before a pixel is decoded.
"""

import base64
import io
from functools import lru_cache

import numpy as np
from PIL import Image

from nnet.data.grey import strips
from nnet.errors import NNetError
from workbench.shared import words

MAX_LAYER_BYTES = 6_000_000
"""Most characters of a drawing's data URI. The largest drawing, 900 x 900 pixels of noise, takes some 4.4 million."""
_PREFIX = "data:image/png;base64,"


class LayerError(NNetError, ValueError):
    """A drawing that cannot be used; the message is one sentence for the user."""


def read_layer(written: object, shape: tuple[int, int]) -> bytes | None:
    """A drawing from the browser as a PNG file, or None if nothing is drawn on it.

    Args:
        written: what the browser sent; should be a PNG in a data URI.
        shape: (height, width) that the drawing must have.

    Raises:
        LayerError: anything else; in a sentence.
    """
    if not isinstance(written, str) or not written.startswith(_PREFIX):
        raise LayerError(words.NO_DRAWING)
    if len(written) > MAX_LAYER_BYTES:
        raise LayerError(words.drawing_too_long(len(written), MAX_LAYER_BYTES))
    try:
        content = base64.b64decode(written[len(_PREFIX) :], validate=True)
    except ValueError as error:  # binascii.Error is one; characters outside ASCII raise another
        raise LayerError(words.DAMAGED_DRAWING) from error
    layer = decoded(content, shape)
    return content if layer[..., 3].any() else None


@lru_cache(maxsize=8)
def decoded(content: bytes, shape: tuple[int, int] | None = None) -> np.ndarray:
    """A drawing's pixels, uint8 (h, w, 4), read-only. Eight take at most 26 MB."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
            found = picture.size[::-1]
            if shape is not None and found != tuple(shape):
                raise LayerError(words.drawing_of_other_size(found, shape))
            layer = np.array(picture.convert("RGBA"))
    except LayerError:
        raise
    except Exception as error:  # on damaged files Pillow's readers raise almost every type there is
        raise LayerError(words.DAMAGED_DRAWING) from error
    layer.flags.writeable = False
    return layer


def lay_over(image: np.ndarray, layer: np.ndarray, strength: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Lay a transparent drawing over a copy of an image.

    Args:
        image: uint8 (H, W, 3).
        layer: uint8 (h, w, 4), red, green, blue and opacity, over the whole image; brought to its size.
        strength: 0..1, times the drawing's own opacity.

    Returns:
        The changed image and the mask, bool (H, W): exactly the pixels that differ at full strength.
    """
    painted, mask = image.copy(), np.zeros(image.shape[:2], bool)
    for rows in strips(*image.shape[:2]):
        strip = _layer_strip(layer, image.shape, rows)
        touched = strip[..., 3] > 0
        if not touched.any():
            continue
        under, colour = image[rows][touched].astype(np.float32), strip[touched].astype(np.float32)
        opacity = colour[:, 3:] / 255
        full = np.rint(under + opacity * (colour[:, :3] - under)).astype(np.uint8)
        mask[rows][touched] = (full != image[rows][touched]).any(axis=-1)
        mixed = np.rint(under + strength * opacity * (colour[:, :3] - under))
        painted[rows][touched] = mixed.astype(np.uint8)
    return painted, mask


def _layer_strip(layer: np.ndarray, shape: tuple[int, ...], rows: slice) -> np.ndarray:
    """The part of a drawing that covers some rows of an image, at the image's size."""
    if layer.shape[:2] == shape[:2]:
        return layer[rows]
    scale = layer.shape[0] / shape[0]
    box = (0, rows.start * scale, layer.shape[1], min(rows.stop * scale, layer.shape[0]))
    size = (shape[1], rows.stop - rows.start)
    # Pillow multiplies colours by their opacity before it mixes them, so that edges keep their colour.
    return np.asarray(Image.fromarray(layer).resize(size, Image.Resampling.BILINEAR, box=box))


def uri(layer: bytes) -> str:
    """A drawing as the browser sends and gets it."""
    return _PREFIX + base64.b64encode(layer).decode()
