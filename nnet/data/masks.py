"""Reading ground-truth masks: pictures, folders of pictures, and polygons as LabelMe writes them."""

from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict

import msgspec
import numpy as np
from msgspec import Meta
from PIL import Image, ImageDraw

from nnet.data.errors import DataError
from nnet.data.images import opened
from nnet.data.listing import list_images
from nnet.errors import brief
from nnet.formats import MIB, Document, Number

LOSSY = frozenset({"JPEG", "MPO", "WEBP"})
_ENDS = 8  # how far from black and from white the noise of a lossy mask reaches
_MASK_SHARE = 0.98  # of a mask's pixels are black or white
_FEW_VALUES = 3  # a mask may hold class numbers; a photo has more


def read_mask(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """The mask at `path` as bool (H, W), True where the picture is not black.

    Some data sets write 255 for a defect and others a small class number, so every non-zero pixel counts. A lossy
    file (JPEG) has faint noise beside the edges, and there a pixel counts from half the range upwards. A folder is
    read as several masks of one image, united; a JSON file as the polygons that LabelMe drew.

    Raises:
        DataError: not a readable picture, or a size other than `shape` (H, W); the message names the file.
    """
    if path.suffix.lower() == ".json":
        return _polygons(path, shape)
    if path.is_dir():
        parts = [read_mask(part, shape) for part in list_images(path)]
        if not parts:
            raise DataError(f"The mask folder {path} holds no pictures.")
        return np.logical_or.reduce(parts)
    try:
        with opened(path) as picture:
            _check_size(path, picture.size, shape)
            return _nonzero(picture)
    except DataError:
        raise
    except Exception as error:  # on damaged files Pillow's readers raise almost every type there is
        raise DataError(f"The mask {path} could not be read as a picture ({brief(error)}).") from error


def _check_size(path: Path, size: tuple[int, int], shape: tuple[int, int]) -> None:
    width, height = size
    if (height, width) != tuple(shape):
        raise DataError(
            f"The mask {path} is {width} x {height} pixels, but its image is {shape[1]} x {shape[0]}; "
            "save the mask at the size of the image."
        )


def _nonzero(picture: Image.Image) -> np.ndarray:
    """Bool (H, W) of an opened mask; colours, palettes and alpha are reduced to "is there anything"."""
    lowest = 128 if picture.format in LOSSY else 1
    if picture.mode in ("P", "PA"):
        picture = picture.convert("RGBA")
    pixels = np.asarray(picture)
    if pixels.ndim == 2:
        return pixels >= lowest if pixels.dtype != bool else pixels
    colours = pixels[..., :-1] if picture.mode in ("LA", "RGBA") else pixels
    marked = np.asarray((colours >= lowest).any(axis=-1))
    return marked & (pixels[..., -1] > 0) if picture.mode in ("LA", "RGBA") else marked


def looks_like_mask(path: Path) -> bool:
    """Whether a file's content is a mask's: of one value, a few, or black and white. False for what cannot be read."""
    try:
        with opened(path) as picture:
            if picture.mode in ("1", "P"):
                return True
            pixels = np.asarray(picture.convert("RGB") if picture.mode != "L" else picture)
    except Exception:  # on damaged files Pillow's readers raise almost every type there is
        return False
    if pixels.ndim == 3 and (np.ptp(pixels, axis=-1) > 2 * _ENDS).any():
        return False
    return is_plain(pixels)


def is_plain(pixels: np.ndarray) -> bool:
    """Whether a uint8 picture holds one value, a few, or black and white alone, as masks do and photos do not."""
    grey = pixels if pixels.ndim == 2 else pixels.max(axis=-1)
    counts = np.array(Image.fromarray(grey).histogram())  # numpy would make eight bytes of each pixel first
    if np.count_nonzero(counts) <= _FEW_VALUES:
        return True
    return bool((counts[: _ENDS + 1].sum() + counts[-_ENDS - 1 :].sum()) >= _MASK_SHARE * grey.size)


def marks_something(path: Path) -> bool:
    """Whether a mask of unknown size marks any pixel; True for one that cannot be read, which is reported elsewhere."""
    try:
        if path.suffix.lower() == ".json":
            return bool(_shapes(path))
        with opened(path) as picture:
            return bool(_nonzero(picture).any())
    except Exception:  # on damaged files Pillow's readers raise almost every type there is
        return True


class Shape(TypedDict):
    """A polygon, or another shape that `shape_type` names, by its points (x, y) in pixels."""

    points: Annotated[list[tuple[Number, Number]], Meta(min_length=1)]
    shape_type: NotRequired[str | None]
    label: NotRequired[str | None]


class LabelMeFile(TypedDict):
    """The polygons of one picture; `Shape` has what stands in each."""

    shapes: list[Any]


LABELME_FORMAT = Document[LabelMeFile](
    name="*.json",
    about="A mask as LabelMe writes it, which may hold the picture as well.",
    error=DataError,
    remedy="Save it again in LabelMe.",
    schema=LabelMeFile,
    most=256 * MIB,
)


def is_annotation(path: Path) -> bool:
    """Whether a file holds the polygons of one picture as LabelMe writes them."""
    try:
        return LABELME_FORMAT.find(path) is not None
    except DataError:
        return False


def _shapes(path: Path) -> list[Shape]:
    """The shapes of a LabelMe file. Raises DataError naming a damaged one."""
    try:
        return msgspec.convert(LABELME_FORMAT.read(path)["shapes"], list[Shape])
    except (msgspec.ValidationError, FileNotFoundError) as error:
        raise LABELME_FORMAT.damaged(path, f"its polygons cannot be read ({brief(error)})") from error


def _polygons(path: Path, shape: tuple[int, int]) -> np.ndarray:
    data = Image.new("1", (shape[1], shape[0]))
    draw = ImageDraw.Draw(data)
    for one in _shapes(path):
        points = [(float(x), float(y)) for x, y in one["points"]]
        kind = one.get("shape_type") or "polygon"
        if kind == "circle" and len(points) == 2:
            (x, y), (at_x, at_y) = points
            radius = float(np.hypot(at_x - x, at_y - y))
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
        elif kind == "rectangle" and len(points) == 2:
            xs, ys = zip(*points, strict=True)
            draw.rectangle((min(xs), min(ys), max(xs), max(ys)), fill=1)
        elif kind in ("line", "linestrip"):
            draw.line(points, fill=1, width=3)
        elif kind == "point" or len(points) < 3:
            draw.ellipse([*(c - 2 for c in points[0]), *(c + 2 for c in points[0])], fill=1)
        else:
            draw.polygon(points, fill=1)
    return np.asarray(data)
