"""The mask of what a model never looks at: a few hundred bytes that stand among its settings (`ModelConfig.ignore`)."""

import base64
import io
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from nnet.config import MOST_IGNORE
from nnet.data.errors import ImageError
from nnet.data.images import stored_size
from nnet.data.masks import read_mask

_IGNORE_SIDES = 256, 128, 64


def encode_ignore(mask: np.ndarray) -> str:
    """`ModelConfig.ignore` of a mask, bool (H, W) over the whole picture, True where it is ignored.

    It is reduced to at most 256 cells a side, or to fewer where the outline is very fine; a cell is ignored if half of
    it is.
    """
    for side in _IGNORE_SIDES:
        height, width = (max(1, round(n * min(1, side / max(mask.shape)))) for n in mask.shape)
        share = Image.fromarray(mask.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
        stream = io.BytesIO()
        Image.fromarray(np.asarray(share) >= 0.5).save(stream, "PNG", optimize=True)
        text = base64.b64encode(stream.getvalue()).decode()
        if len(text) <= MOST_IGNORE:
            return text
    raise ImageError("The ignore mask is too finely scattered. Give one with larger areas.")


@lru_cache(maxsize=16)
def decode_ignore(text: str) -> np.ndarray:
    """The mask of `ModelConfig.ignore`, bool (h, w). Raises ImageError if it is damaged, or all of it is ignored."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True)), formats=("PNG",)) as picture:
            if max(picture.size) > _IGNORE_SIDES[0]:
                raise ValueError("too large")
            mask = np.asarray(picture.convert("L")) > 0
    except Exception as error:  # on damaged files Pillow's readers raise almost every type there is
        raise ImageError("model.ignore is not a small PNG in base64. Name a mask with --ignore FILE.") from error
    if mask.all():
        raise ImageError("The ignore mask covers the whole picture, so nothing is left to look at.")
    return mask


def read_ignore(path: Path) -> str:
    """`ModelConfig.ignore` of a mask's file: white (not black) is ignored. Raises NNetError for no usable picture."""
    size = stored_size(path)
    if size is None:
        raise ImageError(
            f"The ignore mask {path} cannot be read as a picture. Save it as PNG, white on what to ignore."
        )
    mask = read_mask(path, (size[1], size[0]))
    if not mask.any():
        raise ImageError(f"The ignore mask {path} is all black, so it ignores nothing. White marks what to ignore.")
    text = encode_ignore(mask)
    decode_ignore(text)
    return text
