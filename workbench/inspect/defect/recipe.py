"""The visitor's own defect: what was drawn or placed, and how it gets onto the image. Knows no Streamlit.

A drawing comes from the browser as a transparent PNG in a data URI and is trusted in nothing: its size, format and
dimensions are checked before a pixel is decoded.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from PIL import Image

from nnet.analysis.visibility import coverage
from nnet.data import CutPaste, Defect, paint_defect, paste_patch
from nnet.errors import NNetError
from workbench.shared import pictures

CUT_PASTE = "cutpaste"
TURNING = frozenset({"scratch", "missing", "colour", CUT_PASTE})
"""Kinds whose angle can be seen; a stain and a hole are nearly round."""

MAX_LAYER_BYTES = 6_000_000
"""Most characters of a drawing's data URI. The largest drawing, 900 x 900 pixels of noise, takes some 4.4 million."""
_PREFIX = "data:image/png;base64,"
_STRIP_PIXELS = 2**22

SIZES = (0.02, 0.03, 0.04, 0.06, 0.08, 0.11, 0.16, 0.22, 0.32, 0.45, 0.64)
"""Sizes of a dose-response, as fractions of the image's shorter side; evenly spaced on a logarithmic axis."""
CONTRASTS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Contrasts of a dose-response."""
SIZE, CONTRAST = "size", "contrast"


class LayerError(NNetError, ValueError):
    """A drawing that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Placed:
    """A defect of known kind, place, size and contrast."""

    defect: Defect | CutPaste

    @property
    def kind(self) -> str:
        """One of `nnet.data.DEFECT_KINDS`, or CUT_PASTE."""
        return self.defect.kind if isinstance(self.defect, Defect) else CUT_PASTE

    @property
    def axes(self) -> tuple[str, ...]:
        """Along what a dose-response can be measured."""
        return SIZE, CONTRAST


@dataclass(frozen=True)
class Drawn:
    """A drawing: the transparent PNG `layer`, laid on with `strength` 0..1 times its own opacity."""

    layer: bytes
    strength: float = 1.0

    @property
    def kind(self) -> str:
        """ "drawing"."""
        return "drawing"

    @property
    def axes(self) -> tuple[str, ...]:
        """Along what a dose-response can be measured: a drawing has no single size."""
        return (CONTRAST,)


Recipe = Placed | Drawn


@dataclass(frozen=True)
class Alteration:
    """An image with a defect on it.

    Attributes:
        image: uint8 (H, W, 3).
        mask: bool (H, W), where the defect lies; no pixel outside it differs from the original.
        changed: number of pixels that differ from the original.
        shown: the image at a size for the browser, uint8 (h, w, 3).
        shown_mask: what the defect touches in it, bool (h, w).
    """

    image: np.ndarray
    mask: np.ndarray
    changed: int
    shown: np.ndarray
    shown_mask: np.ndarray

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self.image.nbytes + self.mask.nbytes + self.shown.nbytes + self.shown_mask.nbytes


def alter(image: np.ndarray, recipe: Recipe) -> Alteration:
    """Put a defect onto a copy of an image, uint8 (H, W, 3).

    Raises:
        nnet.errors.NNetError: something that is no image, or a drawing that cannot be used.
    """
    painted, mask = damage(image, recipe)
    rows = np.flatnonzero(mask.any(axis=1))
    within = np.s_[rows[0] : rows[-1] + 1] if len(rows) else np.s_[:0]
    changed = int(np.count_nonzero((painted[within] != image[within]).any(axis=-1)))
    shown = pictures.reduced(painted)
    return Alteration(painted, mask, changed, shown, coverage(mask, shown.shape[:2]) > 0)


def damage(image: np.ndarray, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """The changed image, uint8 (H, W, 3), and the defect's mask, bool (H, W); see `alter`."""
    if isinstance(recipe, Drawn):
        return lay_over(image, _decoded(recipe.layer), recipe.strength)
    defect = recipe.defect
    return paste_patch(image, defect) if isinstance(defect, CutPaste) else paint_defect(image, defect)


def at_dose(recipe: Recipe, axis: str, dose: float) -> Recipe:
    """The same defect with another size or contrast."""
    if isinstance(recipe, Drawn):
        return replace(recipe, strength=dose)
    return Placed(replace(recipe.defect, size=dose) if axis == SIZE else replace(recipe.defect, contrast=dose))


def doses(axis: str) -> tuple[float, ...]:
    """The sizes or contrasts of a dose-response, ascending."""
    return SIZES if axis == SIZE else CONTRASTS


# ------------------------------------------------------------------------------------------------------- drawings


def read_layer(written: object, shape: tuple[int, int]) -> bytes | None:
    """A drawing from the browser as a PNG file, or None if nothing is drawn on it.

    Args:
        written: what the browser sent; should be a PNG in a data URI.
        shape: (height, width) that the drawing must have.

    Raises:
        LayerError: anything else; in a sentence.
    """
    if not isinstance(written, str) or not written.startswith(_PREFIX):
        raise LayerError("The browser sent no drawing (a PNG was expected); draw again or reload the page.")
    if len(written) > MAX_LAYER_BYTES:
        raise LayerError(
            f"The drawing takes {len(written) / 1e6:.1f} million characters, but at most "
            f"{MAX_LAYER_BYTES / 1e6:.0f} million are read; clear it and draw less."
        )
    try:
        content = base64.b64decode(written[len(_PREFIX) :], validate=True)
    except ValueError as error:  # binascii.Error is one; characters outside ASCII raise another
        raise LayerError("The drawing arrived damaged (it is not valid base64); draw again.") from error
    layer = _decoded(content, shape)
    return content if layer[..., 3].any() else None


@lru_cache(maxsize=8)
def _decoded(content: bytes, shape: tuple[int, int] | None = None) -> np.ndarray:
    """A drawing's pixels, uint8 (h, w, 4), read-only. Eight take at most 26 MB."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
            found = picture.size[::-1]
            if shape is not None and found != tuple(shape):
                raise LayerError(
                    f"The drawing has {found[1]:,} x {found[0]:,} pixels, but the picture has {shape[1]:,} x "
                    f"{shape[0]:,}; draw again."
                )
            layer = np.array(picture.convert("RGBA"))
    except LayerError:
        raise
    except Exception as error:  # on damaged files Pillow's readers raise almost every type there is
        raise LayerError("The drawing arrived damaged and cannot be read; draw again.") from error
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
    for rows in _strips(image.shape):
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


def _strips(shape: tuple[int, ...]) -> Iterator[slice]:
    """Rows to work on at a time, so that a large image needs little memory on top of itself."""
    rows = max(1, _STRIP_PIXELS // shape[1])
    return (slice(top, min(top + rows, shape[0])) for top in range(0, shape[0], rows))


def _layer_strip(layer: np.ndarray, shape: tuple[int, ...], rows: slice) -> np.ndarray:
    """The part of a drawing that covers some rows of an image, at the image's size."""
    if layer.shape[:2] == shape[:2]:
        return layer[rows]
    scale = layer.shape[0] / shape[0]
    box = (0, rows.start * scale, layer.shape[1], min(rows.stop * scale, layer.shape[0]))
    size = (shape[1], rows.stop - rows.start)
    # Pillow multiplies colours by their opacity before it mixes them, so that edges keep their colour.
    return np.asarray(Image.fromarray(layer).resize(size, Image.Resampling.BILINEAR, box=box))


def mask_picture(mask: np.ndarray) -> np.ndarray:
    """A mask as a picture, white on black, uint8 (H, W), as mask files of data sets are."""
    return np.where(mask, 255, 0).astype(np.uint8)
