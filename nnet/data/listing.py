"""Listing folders in a stable order, whatever the file system gives."""

from __future__ import annotations

from pathlib import Path

from nnet.data.errors import DataError
from nnet.data.images import IMAGE_SUFFIXES

LEFT_PACKED = ".not-unpacked.txt"
"""Lists, in a folder that was a ZIP, the files that stayed in it; hidden, so that it is no part of the data."""
IGNORED = frozenset({"__MACOSX", "@eaDir", "$RECYCLE.BIN", "Thumbs.db", "desktop.ini"})


def is_ignored(name: str) -> bool:
    """True for hidden files and folders and for what operating systems leave behind."""
    return name.startswith(".") or name in IGNORED


def is_image(path: Path) -> bool:
    """True for a visible file with the suffix of an image format."""
    return not is_ignored(path.name) and path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()


def subfolders(folder: Path) -> list[Path]:
    """The visible folders directly inside, sorted by name; [] for a folder that does not exist."""
    return [path for path in _entries(folder) if path.is_dir() and not is_ignored(path.name)]


def list_images(folder: Path) -> list[Path]:
    """The image files directly inside, sorted by name; [] for a folder that does not exist."""
    return [path for path in _entries(folder) if is_image(path)]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise DataError(f"The folder {folder} could not be listed: {error.strerror or error}.") from error


def walk_images(folder: Path) -> list[Path]:
    """The image files inside at any depth, sorted by relative path. Links to folders are not followed."""
    found = list_images(folder)
    for child in subfolders(folder):
        if not child.is_symlink():
            found += walk_images(child)
    return sorted(found, key=lambda path: path.relative_to(folder).parts)


def stem(path: Path, folder: Path) -> str:
    """The path inside `folder` without its suffix, with forward slashes."""
    return path.relative_to(folder).with_suffix("").as_posix()
