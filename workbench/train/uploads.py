"""Uploaded photos go to disk at once (`nnet.runs.Runs.stage` keeps them a day), so that neither an error nor a closed
browser loses them."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nnet.data.images import IMAGE_SUFFIXES
from nnet.data.listing import subfolders, walk_images
from nnet.data.names import safe_name
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
    """Uploaded images on disk: the folder that `nnet.data.open_dataset`, `Runs.create` and `estimate` take, numbers of
    good and defective images, and whether it was a ZIP with folders of its own, to which nothing can be added."""

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
    return folder if re.fullmatch("[0-9a-f]{24}", key) and folder.is_dir() else None


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
        raise NNetError(words.ZIP_IS_THERE)
    return read_upload(runs().stage_zip(_zipped(held, files), words.UPLOAD)), notes


def _is_zip(name: str, content: bytes) -> bool:
    return name.lower().endswith(".zip") or content[:4] == b"PK\x03\x04"


def _take_zip(held: Upload | None, zips: Sequence[tuple[str, bytes]], count: int) -> Upload:
    if held is not None or count > 1:
        raise NNetError(words.ZIP_ALONE.format(name=zips[0][0]))
    name, content = zips[0]
    return read_upload(runs().stage_zip(io.BytesIO(content), name))


def _new_files(
    held: Upload | None, parts: dict[str, Sequence[tuple[str, bytes]]]
) -> tuple[dict[str, bytes], list[str]]:
    """The files to add by their path in the upload, and sentences on the others."""
    taken, seen = _held_files(held)
    files: dict[str, bytes] = {}
    foreign, repeated, empty = [], [], []
    for folder, given in parts.items():
        for name, content in given:
            name = safe_name(PurePosixPath(name.replace("\\", "/")).name)
            name = f"_{name}" if name.startswith(".") else name  # hidden files are not looked at
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


def _zipped(held: Upload | None, files: dict[str, bytes]) -> io.BytesIO:
    """Everything in one ZIP without dates, so that the same images always give the same one."""
    before = [] if held is None else walk_images(held.folder)
    every = {path.relative_to(held.folder).as_posix(): path.read_bytes() for path in before if held is not None}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in (*every.items(), *sorted(files.items())):
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream
