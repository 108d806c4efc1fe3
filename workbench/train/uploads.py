"""Uploaded photos go to disk at once (`nnet.runs.Runs.stage` keeps them a day), so that neither an error nor a closed
browser loses them."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnet.data import GOOD
from nnet.data.accounting import NO_FORMAT, counted, left_packed
from nnet.data.folders import DEFECT_NAMES, DEFECTIVE
from nnet.data.images import IMAGE_SUFFIXES
from nnet.data.intake import Contents, contents, take
from nnet.data.listing import LEFT_PACKED, subfolders, walk_images
from nnet.data.pairing import sort_pictures
from nnet.errors import NNetError
from nnet.runs import Runs, disk
from nnet.runs.uploads import UPLOADS
from workbench.shared import data_choice, resources
from workbench.train import words


def runs() -> Runs:
    """The folder of runs that this workbench shows."""
    return Runs(resources.runs_folder())


# ------------------------------------------------------------------------------------------------------- uploads


@dataclass(frozen=True)
class Upload:
    """Uploaded images on disk: the folder that `nnet.data.open_dataset`, `Runs.create` and `estimate` take, what it
    holds, and whether it was a ZIP with folders of its own, to which nothing can be added."""

    folder: Path
    holds: Contents
    is_layout: bool = False


def read_upload(folder: Path) -> Upload:
    """An upload as it is on disk."""
    if {child.name for child in subfolders(folder)} - {GOOD, DEFECTIVE} or _loose(folder):
        return Upload(folder, Contents(len(walk_images(folder)), 0, 0), is_layout=True)
    return Upload(folder, contents(folder))


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
        good, defective: (name, content) of the new files; one ZIP may come as the only file of all. What it holds is
            added if it is photos alone; folders that mean something need an upload of their own.

    Returns:
        The upload with the new files, and sentences on files that were not taken.

    Raises:
        NNetError: a ZIP beside other files, one with folders after other files, one that is refused, or too little room
            on the disk. Nothing is lost.
    """
    sent = [(label, *file) for label, files in ((GOOD, good), (DEFECTIVE, defective)) for file in files]
    refused: list[tuple[str, str]] = []
    if zips := [name for _, name, content in sent if _is_zip(name, content)]:
        if len(sent) > 1:
            raise NNetError(words.ZIP_ALONE.format(name=zips[0]))
        label, name, content = sent[0]
        unpacked = runs().stage_zip(io.BytesIO(content), name, data_choice.zip_limits())
        photos = _photos(unpacked, label)
        if not photos and held is not None:
            raise NNetError(words.ZIP_ALONE.format(name=name))
        if not photos:
            return read_upload(unpacked), []
        sent = [(label, path.name, path.read_bytes()) for path in photos]
        refused = [(left, NO_FORMAT) for left in left_packed(unpacked)]
    if held is not None and held.is_layout:
        raise NNetError(words.ZIP_IS_THERE)
    disk.require(sum(len(content) for _, _, content in sent), runs().root, words.NEED)
    folder, others = runs().stage_changed(held.folder if held else None, lambda folder: take(folder, sent))
    return held if folder is None else read_upload(folder), counted((*refused, *others))


def without(held: Upload, path: Path) -> tuple[Upload | None, list[str]]:
    """An upload without one of its files, or None if nothing is left."""
    inside = path.relative_to(held.folder)
    folder, _ = runs().stage_changed(held.folder, lambda folder: (folder / inside).unlink(missing_ok=True))
    return None if folder is None else read_upload(folder), []


def _photos(folder: Path, label: str) -> list[Path]:
    """The photos of an unpacked ZIP that holds nothing else, in one folder; [] for one whose folders, masks or tables
    mean something, such as a folder of defective parts that was sent as good ones."""
    photos = walk_images(folder)
    places = {path.parent for path in photos}
    names = {path.name for path in folder.rglob("*") if path.is_file()} - {LEFT_PACKED}
    if len(places) > 1 or len(names) > len(photos) or sort_pictures(photos).masks:
        return []
    return [] if label == GOOD and places.pop().name.lower() in DEFECT_NAMES else photos


def _is_zip(name: str, content: bytes) -> bool:
    return name.lower().endswith(".zip") or content[:4] == b"PK\x03\x04"
