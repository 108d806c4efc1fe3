"""Uploaded photos go to disk at once (`nnet.runs.Runs.stage` keeps them a day), so that neither an error nor a closed
browser loses them."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from nnet.data.images import IMAGE_SUFFIXES
from nnet.data.listing import subfolders, walk_images
from nnet.errors import NNetError
from nnet.runs import Runs
from workbench.shared import resources
from workbench.train import words

UPLOADED = "upload"
GOOD, DEFECTIVE = "good", "defective"
"""Folders of an upload of single images; `nnet.data.open_dataset` knows what they mean."""
UPLOADS = ".uploads"


def runs() -> Runs:
    """The folder of runs that this workbench shows."""
    return Runs(resources.runs_folder())


# ------------------------------------------------------------------------------------------------------- uploads


@dataclass(frozen=True)
class Upload:
    """Uploaded images on disk.

    Attributes:
        folder: what `nnet.data.open_dataset`, `Runs.create` and `estimate` take.
        good, defective: numbers of images.
        is_layout: it was a ZIP with folders of its own, to which nothing can be added.
    """

    folder: Path
    good: int = 0
    defective: int = 0
    is_layout: bool = False


def read_upload(folder: Path) -> Upload:
    """An upload as it is on disk."""
    if {child.name for child in subfolders(folder)} - {GOOD, DEFECTIVE} or _loose(folder):
        return Upload(folder, len(walk_images(folder)), 0, is_layout=True)
    return Upload(folder, len(walk_images(folder / GOOD)), len(walk_images(folder / DEFECTIVE)))


def _loose(folder: Path) -> bool:
    return any(child.is_file() and child.suffix.lower() in IMAGE_SUFFIXES for child in folder.iterdir())


def find_upload(key: str) -> Path | None:
    """The folder of an upload by the key in the URL, or None if it is gone."""
    folder = runs().root / UPLOADS / key
    return folder if key and PurePosixPath(key).name == key and not key.startswith(".") and folder.is_dir() else None


def take_in(
    held: Upload | None, good: Sequence[tuple[str, bytes]], defective: Sequence[tuple[str, bytes]]
) -> tuple[Upload | None, list[str]]:
    """Add files to an upload.

    Args:
        held: what is there already, or None. It is not changed.
        good, defective: (name, content) of the new files; one ZIP may come as the only file of all.

    Returns:
        The upload with the new files, and sentences on files that were left out.

    Raises:
        NNetError: a ZIP beside other files, a ZIP that is refused, or too little room on the disk. Nothing is lost.
    """
    zips = [file for file in (*good, *defective) if _is_zip(*file)]
    if zips:
        return _take_zip(held, zips, len(good) + len(defective)), []
    files, notes = _new_files(held, {GOOD: good, DEFECTIVE: defective})
    if not files:
        return held, notes
    if held is not None and held.is_layout:
        raise NNetError(
            "A ZIP has already been uploaded, and single images cannot be added to it. Put them into the ZIP, or "
            "remove it first."
        )
    with _temporary() as stream:
        _write_zip(stream, held, files)
        return read_upload(runs().stage_zip(stream, "The upload")), notes


def _is_zip(name: str, content: bytes) -> bool:
    return name.lower().endswith(".zip") or content[:4] == b"PK\x03\x04"


def _take_zip(held: Upload | None, zips: Sequence[tuple[str, bytes]], count: int) -> Upload:
    if held is not None or count > 1:
        raise NNetError(
            f"{zips[0][0]} is a ZIP and must be uploaded alone. Put all images into one ZIP, with good/ and a folder "
            "for each kind of defect, or drop the images themselves."
        )
    name, content = zips[0]
    with _temporary() as stream:
        stream.write(content)
        return read_upload(runs().stage_zip(stream, name))


def _temporary() -> BinaryIO:
    """A file without a name beside the uploads, where there is room for them."""
    folder = runs().root / UPLOADS
    folder.mkdir(parents=True, exist_ok=True)
    return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))


def _new_files(
    held: Upload | None, parts: dict[str, Sequence[tuple[str, bytes]]]
) -> tuple[dict[str, bytes], list[str]]:
    """The files to add by their path in the upload, and sentences on the others."""
    taken, seen = _held_files(held)
    files: dict[str, bytes] = {}
    foreign, repeated, empty = [], [], []
    for folder, given in parts.items():
        for name, content in given:
            name = PurePosixPath(name.replace("\\", "/")).name
            digest = hashlib.sha256(content).hexdigest()
            if PurePosixPath(name).suffix.lower() not in IMAGE_SUFFIXES:
                foreign.append(name)
            elif not content:
                empty.append(name)
            elif digest in seen:
                repeated.append(name)
            else:
                seen.add(digest)
                path = _free_path(f"{folder}/{name}", taken)
                taken.add(path.lower())
                files[path] = content
    reasons = {"foreign": foreign, "empty": empty, "repeated": repeated}
    return files, [words.left_out(names, reason) for reason, names in reasons.items() if names]


def _held_files(held: Upload | None) -> tuple[set[str], set[str]]:
    """Paths (in lower case) and content hashes of what has been uploaded."""
    if held is None or held.is_layout:
        return set(), set()
    paths = walk_images(held.folder)
    names = {path.relative_to(held.folder).as_posix().lower() for path in paths}
    return names, {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _free_path(path: str, taken: set[str]) -> str:
    found, candidate, number = PurePosixPath(path), path, 2
    while candidate.lower() in taken:
        candidate = f"{found.parent}/{found.stem}-{number}{found.suffix}"
        number += 1
    return candidate


def _write_zip(stream: BinaryIO, held: Upload | None, files: dict[str, bytes]) -> None:
    """Everything in one ZIP without dates, so that the same images always give the same one."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        if held is not None:
            for path in walk_images(held.folder):
                archive.writestr(zipfile.ZipInfo(path.relative_to(held.folder).as_posix()), path.read_bytes())
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content)
