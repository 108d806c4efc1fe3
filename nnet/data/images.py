"""Turn any image file into the one form the rest of the package takes: 8-bit RGB, rows x columns x 3.

People upload what they have: 12-bit camera frames, scans in printing colours, phone photos on their side, a PDF
by mistake. Each file is either decoded, with a note on everything that was changed, or refused with one sentence
that names the file, says what is wrong and what to do. Sizes are read from the header before any pixel is decoded.
"""

import hashlib
import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from nnet.data.errors import ImageError as ImageError
from nnet.data.errors import shown
from nnet.data.grey import DEEP_GREY, ON_WHITE, deep_colour_notes, deep_grey_to_rgb, strips
from nnet.data.jpeg import MOST_SCANS, has_too_many_scans
from nnet.data.pixel_budget import PixelBudget, Silence
from nnet.errors import NNetError
from nnet.formats import is_plain

MIN_SIDE = 16
"""Shortest side of an image, in pixels."""

MAX_PIXELS = 64_000_000
"""Largest number of pixels (width x height) that is decoded."""
MOST_BYTES = 8 * MAX_PIXELS
"""Of a file: the largest picture with four channels of 16 bits, uncompressed."""

IMAGE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
"""File name endings, in lower case, of the formats that `decode` reads."""

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "AVIF")
_READABLE = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"II+\0", b"MM\0*", b"MM\0+")
_JPEG = ("JPEG", "MPO")
_RAW_SUFFIXES = frozenset({".arw", ".cr2", ".dng", ".nef", ".orf", ".pef", ".rw2"})

# Formats that people mistake for readable ones: where the telling bytes stand, the bytes, what to call the format.
_FOREIGN = (
    (0, b"8BPS", "a Photoshop (PSD)"),
    (0, b"%!PS", "a PostScript"),
    (0, b"\xff\x0a", "a JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (0, b"\0\0\x01\0", "an icon (ICO)"),
    (0, b"PK\x03\x04", "a ZIP or Office"),
    (0, b"\x93NUMPY", "a NumPy"),
    (128, b"DICM", "a DICOM"),
    (4, b"ftyphei", "a HEIC"),
    (4, b"ftyphev", "a HEIC"),
    (4, b"ftypmif1", "a HEIC"),
    (4, b"ftypmsf1", "a HEIC"),
    (4, b"ftyp", "a video"),  # AVIF is asked for before
)

_AVIF = (b"ftypavif", b"ftypavis")
_HEAD_BYTES = 4096
_COUNTING_BYTES = 8_000_000
_COLOUR = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr"})

_TURNED = "It was turned upright as its camera information (EXIF) says."

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
QUARTER_TURNS = frozenset({5, 6, 7, 8})
"""Orientations that swap width and height."""
_TILE_SIDE_TAGS = 322, 323


@dataclass(frozen=True, eq=False)
class Decoded:
    """One decoded image.

    image: uint8 array (H, W, 3), RGB, C-contiguous, values 0..255, upright, MIN_SIDE or more pixels a side.
    name: what to call the image in messages and tables.
    notes: one sentence for each thing that was changed or left out on the way; empty for a plain 8-bit image.
    """

    image: np.ndarray
    name: str
    notes: tuple[str, ...] = ()


def decode(source: bytes | Path, name: str | None = None, bits: int | None = None) -> Decoded:
    """Decode a PNG, JPEG, BMP, GIF, TIFF, WebP, AVIF or PGM/PPM image to 8-bit RGB.

    source: the file's content, or its path. name: used in messages; by default the file name, or "image" for bytes.
    bits: how many bits of deeper grey values are used, where the data set or the model says so (`nnet.data.depth`).

    Grey, black-and-white, palette and CMYK images become RGB; transparency is laid on white; the EXIF orientation is
    applied; of several frames or pages the first is used. Grey values of more than 8 bits are divided by the top of
    `bits`, and without it by that of the smallest of 8, 10, 12, 14 and 16 bits that holds their maximum (by 1 where
    fractions end at 1 or below).

    Raises ImageError: no readable file; not an image; damaged or cut off; under MIN_SIDE pixels a side; over
    MAX_PIXELS pixels (nothing is allocated for them); a colour system or range of values that has no 8-bit meaning.
    """
    name = name or ("image" if isinstance(source, bytes) else source.name or str(source))
    with _TURNS_TO_DECODE, _SILENCE, _stream(source, name) as stream, _damage_explained(name):
        return _decode(stream, name, bits)


def opened(path: Path) -> Image.Image:
    """A file as Pillow opens it, without a pixel yet: of the formats that `decode` reads alone, since Pillow runs
    another program for some others (EPS).

    Raises ImageError for no ordinary file, or more pixels than `decode` takes, and whatever Pillow's readers raise.
    """
    if not is_plain(path):  # a pipe would be waited for
        raise ImageError(f"{shown(path.name)} is not an ordinary file; choose an image file.")
    image = Image.open(path, formats=_FORMATS)
    try:
        _check_most(image, path.name)
    except ImageError:
        image.close()
        raise
    return image


def stored_size(path: Path) -> tuple[int, int] | None:
    """(width, height) as the file's header states it, before any turning; None for what is no readable image."""
    with _SILENCE:
        try:
            with opened(path) as image:
                return image.size
        except Exception:  # on damaged files Pillow's readers raise almost every type there is
            return None


def orientation(path: Path) -> int:
    """The EXIF orientation by which `decode` turns a file, 1..8; 1 for none, and for what is no readable image."""
    with _SILENCE:
        try:
            with opened(path) as image:
                found = _tiff_tag(image, _ORIENTATION_TAG, 1) if image.format == "TIFF" else _exif_orientation(image)
        except Exception:  # as above
            return 1
    return found if found in _TURNS else 1


def turned(mask: np.ndarray, orientation: int) -> np.ndarray:
    """A bool array (h, w) turned as `decode` turns a file with this EXIF orientation."""
    if orientation not in _TURNS:
        return mask
    return np.array(Image.fromarray(mask.astype(np.uint8)).transpose(_TURNS[orientation]), bool)


def resize(image: np.ndarray, size: int) -> np.ndarray:
    """Resize a uint8 (H, W, 3) image to uint8 (size, size, 3), bilinear with antialiasing.

    The aspect ratio is not kept, as in the paper, where every image becomes 256 x 256.
    Raises ImageError if `image` has another shape or dtype, or `size` is below 1.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ImageError(
            f"An image of whole numbers 0 to 255 (uint8) with height, width and 3 colours was expected, "
            f"but {image.dtype} of shape {image.shape} was found; decode the file with nnet.data.images.decode."
        )
    if size < 1:
        raise ImageError(f"The new size must be at least 1 pixel, but {size} was found; give a positive number.")
    return np.array(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR))


def content_hash(image: np.ndarray) -> str:
    """SHA-256, in hexadecimal, of an array's shape and bytes: equal for equal pixels, whatever the file was."""
    digest = hashlib.sha256(repr(tuple(image.shape)).encode())
    digest.update(np.ascontiguousarray(image).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


# More threads than cores gain nothing, and each costs memory already while it reads a header.
_TURNS_TO_DECODE = threading.BoundedSemaphore(os.cpu_count() or 1)
_BUDGET = PixelBudget(MAX_PIXELS)
_SILENCE = Silence()


# ---------------------------------------------------------------------------------------------- finding the bytes


def _stream(source: bytes | Path, name: str) -> BinaryIO:
    """Open the content for reading. Only ordinary files are opened: a device or a pipe could be read for ever."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        if source.is_dir():
            raise ImageError(f"{shown(name)} is a folder, but an image file was expected; choose an image in it.")
        if source.exists() and not source.is_file():
            raise ImageError(f"{shown(name)} is not an ordinary file; choose an image file.")
        return source.open("rb")
    except NNetError:
        raise
    except FileNotFoundError as error:
        raise ImageError(f"{shown(name)} was not found; check the path and the spelling.") from error
    except PermissionError as error:
        raise ImageError(
            f"{shown(name)} cannot be read with its permissions; change its permissions or copy it elsewhere."
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a name no file can have
        raise ImageError(f"{shown(name)} could not be opened; copy it to another folder and try again.") from error


# --------------------------------------------------------------------------------------------- refusing in words


@contextmanager
def _damage_explained(name: str) -> Iterator[None]:
    """Turn whatever goes wrong while pixels are read into an ImageError."""
    try:
        yield
    except NNetError:
        raise
    except Image.DecompressionBombError as error:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise _too_large(name, f"more than {limit} million pixels") from error
    except MemoryError as error:
        raise ImageError(f"{shown(name)} does not fit into memory; make it smaller and try again.") from error
    except Exception as error:  # on damaged files Pillow's readers raise almost every type there is
        raise ImageError(
            f"{shown(name)} is damaged, cut off or saved in an unusual way, so that its pixels cannot be read; "
            f"copy or upload it again, or save it as PNG with an image editor."
        ) from error


def _too_large(name: str, found: str) -> ImageError:
    return ImageError(
        f"{shown(name)} has {found}, but at most {MAX_PIXELS // 1_000_000} million are accepted; "
        f"make it smaller or cut it into parts."
    )


def _check_format(head: bytes, name: str) -> None:
    if not head:
        raise ImageError(f"{shown(name)} is empty (0 bytes); copy or upload it again.")
    if kind := _foreign_kind(head, PurePath(name).suffix.lower()):
        raise ImageError(f"{shown(name)} is {kind} file, which cannot be read here; convert it to PNG or JPEG first.")


def _foreign_kind(head: bytes, suffix: str) -> str | None:
    """What to call a known format that is not read; None if the first bytes tell nothing."""
    if head.startswith(_AVIF, 4):
        return None
    for offset, signature, kind in _FOREIGN:
        if head.startswith(signature, offset):
            return kind
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page (HTML)"
    if text.startswith(b"<") and b"<svg" in text:
        return "an SVG"
    if b"%PDF-" in head[:1024]:
        return "a PDF"
    # Camera raw files look like TIFF files whose first page is a thumbnail: decoding them would mislead.
    if suffix in _RAW_SUFFIXES and head.startswith((b"II", b"MM")):
        return "a camera raw"
    return None


def _check_size(image: Image.Image, name: str) -> None:
    _check_most(image, name)
    width, height = image.size
    if min(width, height) < MIN_SIDE:
        raise ImageError(
            f"{shown(name)} has {width} x {height} pixels, but at least {MIN_SIDE} x {MIN_SIDE} are needed; "
            f"use an image with more pixels."
        )


def _check_most(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large(name, f"{width:,} x {height:,} pixels ({width * height / 1e6:,.1f} million)")
    # A small TIFF image may declare huge tiles, which the decoder would allocate and fill.
    if _tile_pixels(image) > MAX_PIXELS:
        tile_width, tile_height = (_tiff_tag(image, tag, 0) for tag in _TILE_SIDE_TAGS)
        raise _too_large(name, f"tiles of {tile_width:,} x {tile_height:,} pixels")


def _tile_pixels(image: Image.Image) -> int:
    width, height = (_tiff_tag(image, tag, 0) for tag in _TILE_SIDE_TAGS)
    return width * height


def _tiff_tag(image: Image.Image, tag: int, default: int) -> int:
    return getattr(image, "tag_v2", {}).get(tag, default)


# ------------------------------------------------------------------------------------------------ reading pixels


def _decode(stream: BinaryIO, name: str, bits: int | None) -> Decoded:
    with _open(stream, name) as image:
        _check_size(image, name)
        if image.format in _JPEG and has_too_many_scans(stream):
            raise ImageError(
                f"{shown(name)} has more than {MOST_SCANS} scans, each of which takes as long as a whole picture; save "
                f"it as PNG with an image editor."
            )
        tiles = getattr(image, "tile", ())
        with _BUDGET.take(max(image.width * image.height, _tile_pixels(image))):
            notes = _frame_notes(image, stream)
            deep = image.mode not in DEEP_GREY and any(";16" in str(tile.args) for tile in tiles)
            upright, orientation_notes = _upright(image)
            array, colour_notes = _to_rgb(upright, name, bits)
    depth_notes = deep_colour_notes(array) if deep else ()
    return Decoded(array, name, (*notes, *orientation_notes, *colour_notes, *depth_notes))


def _open(stream: BinaryIO, name: str) -> Image.Image:
    """Read the header only."""
    head = stream.read(_HEAD_BYTES)
    _check_format(head, name)
    try:
        return Image.open(stream, formats=_FORMATS)
    except UnidentifiedImageError as error:
        if head.startswith(_READABLE) or head[8:12] == b"WEBP":
            raise
        raise ImageError(
            f"{shown(name)} is not an image that can be read here; use a PNG, JPEG, BMP, GIF, TIFF, "
            f"WebP, AVIF or PGM/PPM file."
        ) from error


def _frame_notes(image: Image.Image, stream: BinaryIO) -> tuple[str, ...]:
    if not getattr(image, "is_animated", False):
        return ()
    unit = "pages" if image.format == "TIFF" else "frames"
    # GIF and TIFF do not store the number: it takes a walk through the file, which a crafted one makes very long.
    walk = image.format in ("GIF", "TIFF")
    count = None if walk and stream.seek(0, io.SEEK_END) > _COUNTING_BYTES else getattr(image, "n_frames", None)
    return (f"Only the first of {count or 'several'} {unit} is used.",)


def _exif_orientation(image: Image.Image) -> int:
    found: int = image.getexif().get(_ORIENTATION_TAG, 1)
    return found


def _upright(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Decode the pixels and turn them as the camera's orientation tag says."""
    tiff_orientation = _tiff_tag(image, _ORIENTATION_TAG, 1)
    image.load()
    if tiff_orientation in _TURNS:  # Pillow has turned a TIFF image by itself, and no other kind
        return image, (_TURNED,)
    try:
        orientation = _exif_orientation(image)
    except Exception:  # a damaged tag block says nothing about the pixels
        return image, ("Its camera information (EXIF) is damaged, so it is shown the way it is stored.",)
    if orientation not in _TURNS:
        return image, ()
    return image.transpose(_TURNS[orientation]), (_TURNED,)


def _to_rgb(image: Image.Image, name: str, bits: int | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """The decoded image as a new uint8 (H, W, 3) array, with notes."""
    if image.mode in DEEP_GREY:
        return deep_grey_to_rgb(image, name, bits)
    if image.mode in _COLOUR:
        return _colour_to_rgb(image)
    raise ImageError(
        f"{shown(name)} stores its colours as {image.mode}, which cannot be shown as RGB; save it as an RGB PNG."
    )


def _colour_to_rgb(image: Image.Image) -> tuple[np.ndarray, tuple[str, ...]]:
    width, height = image.size
    rgb = np.empty((height, width, 3), np.uint8)
    see_through = False
    for rows in strips(height, width):
        strip = image.crop((0, rows.start, width, rows.stop))
        if image.has_transparency_data:
            strip = strip.convert("RGBA")
            see_through |= strip.getextrema()[3][0] < 255  # type: ignore[misc]
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip)
        rgb[rows] = np.asarray(strip.convert("RGB"))
    notes = []
    if see_through:
        notes.append(ON_WHITE)
    if image.mode == "CMYK":
        notes.append("Its printing colours (CMYK) were converted to RGB.")
    return rgb, tuple(notes)
