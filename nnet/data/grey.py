"""Grey values of more than 8 bits, as cameras write them: 10, 12 or 14 bits in a 16-bit file."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from nnet.data.errors import ImageError, shown

DEPTHS = (8, 10, 12, 14, 16)
DEEP_GREY = frozenset({"I;16", "I;16B", "I;16L", "I;16N", "I", "F"})
"""Pillow's modes of such pictures."""
ON_WHITE = "Its transparent parts were filled with white."

_STRIP_PIXELS = 2**20
_PHOTOMETRIC_TAG, _WHITE_IS_ZERO = 262, 0


def needed_bits(high: float) -> int:
    """The smallest of `DEPTHS` that holds a value up to 65535."""
    return next(bits for bits in DEPTHS if high <= 2**bits - 1)


def above(high: float, bits: int) -> str:
    """The note on a picture whose values reach beyond the depth of its data set."""
    return f"Its grey values reach {high:g}, beyond the {bits} bits of the others; all above {2**bits - 1} is white."


def strips(height: int, width: int) -> Iterator[slice]:
    """Rows to convert at a time, so that no second copy of a large image is ever made."""
    rows = max(1, _STRIP_PIXELS // width)
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))


def deep_grey_to_rgb(image: Image.Image, name: str, bits: int | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """A decoded picture of more than 8 bits as a new uint8 (H, W, 3) array, with notes; `bits` as for `decode`."""
    values = np.asarray(image)  # (H, W) uint16, int32 or float32
    top, note = _white_level(values, name, bits)
    negative = getattr(image, "tag_v2", {}).get(_PHOTOMETRIC_TAG, 1) == _WHITE_IS_ZERO
    rgb = np.empty((*values.shape, 3), np.uint8)
    for rows in strips(*values.shape):
        grey = np.rint(np.minimum(values[rows], top) * (255 / top))
        rgb[rows] = (255 - grey if negative else grey)[..., None]
    see_through = values == image.info.get("transparency", -1)  # PNG: the one grey value that is not drawn
    rgb[see_through] = 255
    return rgb, (note, ON_WHITE) if see_through.any() else (note,)


def _white_level(values: np.ndarray, name: str, bits: int | None) -> tuple[int, str]:
    """The value that becomes 255, and a note that says so."""
    low, high = values.min(), values.max()
    if not 0 <= low <= high <= 2 ** DEPTHS[-1] - 1:  # NaN compares as false
        found = f"grey values from {low:g} to {high:g}" if low <= high else "grey values that are not numbers (NaN)"
        raise ImageError(
            f"{shown(name)} holds {found}, but 0 to 65535, or 0 to 1, was expected; save it as an 8-bit or 16-bit PNG."
        )
    if values.dtype.kind == "f" and high <= 1:
        return 1, "Its grey values lie between 0 and 1 and were scaled to 0 to 255."
    if bits is not None:
        return 2**bits - 1, above(high, bits) if high > 2**bits - 1 else f"Its grey values were read as {bits}-bit."
    bits = needed_bits(high)
    note = f"Its grey values reach {high:g}, so they were read as {bits}-bit and scaled to 0 to 255."
    return 2**bits - 1, note


def deep_colour_notes(rgb: np.ndarray) -> tuple[str, ...]:
    """What to say of a picture whose 16-bit colours were reduced."""
    reduced = "Its 16-bit colours were reduced to 8 bits."
    if rgb.max() >= 64:
        return (reduced,)
    return reduced, (
        "It is very dark: if the camera writes 10, 12 or 14 bits into a 16-bit file, save it as an 8-bit PNG first."
    )
