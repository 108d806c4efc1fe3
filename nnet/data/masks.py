"""Reading ground-truth masks and pairing them with images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from nnet.data.errors import DataError
from nnet.data.listing import list_images

LOSSY = frozenset({"JPEG", "MPO", "WEBP"})
SUFFIXES = ("_mask", "_gt", "_label")


def read_mask(path: Path, shape: tuple[int, int]) -> np.ndarray:
    """The mask at `path` as bool (H, W), True where the picture is not black.

    Some data sets write 255 for a defect and others a small class number, so every non-zero pixel counts. A lossy
    file (JPEG) has faint noise beside the edges, and there a pixel counts from half the range upwards. A folder is
    read as several masks of one image, united.

    Raises:
        DataError: not a readable picture, or a size other than `shape` (H, W); the message names the file.
    """
    if path.is_dir():
        parts = [read_mask(part, shape) for part in list_images(path)]
        if not parts:
            raise DataError(f"The mask folder {path} holds no pictures.")
        return np.logical_or.reduce(parts)
    try:
        with Image.open(path) as picture:
            _check_size(path, picture.size, shape)
            return _nonzero(picture)
    except DataError:
        raise
    except Exception as error:  # on damaged files Pillow's readers raise almost every type there is
        raise DataError(f"The mask {path} could not be read as a picture ({error}).") from error


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


def masks_beside(files: Sequence[tuple[str, Path]]) -> list[tuple[str, Path]]:
    """The files of a folder that are masks of others in it, by name: NAME_mask beside NAME."""
    names = {name for name, _ in files}
    return [(name, path) for name, path in files if any(name.removesuffix(end) in names - {name} for end in SUFFIXES)]


def pair_masks(
    images: Sequence[tuple[str, Path]], masks: Iterable[tuple[str, Path]]
) -> tuple[dict[str, Path], list[Path]]:
    """Give each image its mask by name: NAME_mask first, then NAME_gt, NAME_label and NAME itself.

    Args:
        images: (name without suffix, file) of one defect type.
        masks: (name without suffix, file or folder) of the same defect type.

    Returns:
        {image name: mask}, and the masks that belong to no image, sorted.

    Raises:
        DataError: two images or two masks answer to one name.
    """
    by_name = _unique(masks, "masks")
    paired = {}
    for name in _unique(images, "images"):
        found = [by_name[name + end] for end in (*SUFFIXES, "") if name + end in by_name]
        if len(found) > 1:
            raise DataError(f"Two masks answer to the image name {name}: {found[0]} and {found[1]}; keep one.")
        if found:
            paired[name] = found[0]
    used = set(paired.values())
    return paired, sorted(path for path in by_name.values() if path not in used)


def _unique(files: Iterable[tuple[str, Path]], what: str) -> dict[str, Path]:
    seen: dict[str, Path] = {}
    for name, path in files:
        if name in seen:
            raise DataError(f"Two {what} have the name {name}: {seen[name]} and {path}; rename one of them.")
        seen[name] = path
    return seen
