"""Uploaded photos go to disk at once (`nnet.runs.Runs.stage` keeps them a day), so that neither an error nor a closed
browser loses them."""

import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnet.data import GOOD
from nnet.data.folders import DEFECT_NAMES, DEFECTIVE
from nnet.data.images import IMAGE_SUFFIXES
from nnet.data.intake import Contents, contents, take
from nnet.data.listing import LEFT_PACKED, subfolders, walk_images
from nnet.data.not_taken import NO_FORMAT, counted, left_packed
from nnet.data.pairing import sort_pictures
from nnet.errors import NNetError
from nnet.runs import Run, Runs, RunSpec, disk
from nnet.runs.layout import DATA, SPEC, UPLOADED, read_spec, write_spec
from nnet.runs.uploads import UPLOADS
from workbench.shared import data_choice, resources, visits
from workbench.shared.cache import BoundedCache
from workbench.train import words

_PHOTOS: BoundedCache[Path, int] = BoundedCache(256)
"""How many uploaded pictures a run has, by its folder: it never gets others."""


def runs() -> Runs:
    """The folder of runs that this workbench shows."""
    return Runs(resources.runs_folder())


def photos_of(run: Run) -> list[Path]:
    """The pictures that were uploaded for a run."""
    folder = run.path / DATA
    is_uploaded = run.spec is not None and run.spec.data == UPLOADED and folder.is_dir()
    return sort_pictures(walk_images(folder)).pictures if is_uploaded else []


def photos(run: Run) -> int:
    """How many pictures a run was given that were uploaded; 0 for other data."""
    if run.spec is None or run.spec.data != UPLOADED:
        return 0

    def count() -> int:
        try:
            holds = read_upload(run.path / DATA).holds
        except OSError:  # another visitor has deleted it
            return 0
        return holds.good + holds.defective

    return _PHOTOS.of(run.path, count)


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
        good, defective: (name, content) of the new files. Of a ZIP the photos are added, if it holds nothing else; one
            with folders that mean something must come alone.

    Returns:
        The upload with the new files, and sentences on files that were not taken, among them each ZIP that is refused.

    Raises:
        NNetError: single images after a ZIP with folders, or too little room on the disk. Nothing is lost.
    """
    arrived = [(label, *file) for label, files in ((GOOD, good), (DEFECTIVE, defective)) for file in files]
    sent: list[tuple[str, str, bytes]] = []
    refused: list[tuple[str, str]] = []
    notes: list[str] = []
    for label, name, content in arrived:
        if not _is_zip(name, content):
            sent.append((label, name, content))
            continue
        try:
            unpacked = runs().stage_zip(io.BytesIO(content), name, data_choice.zip_limits())
        except NNetError as error:
            notes.append(words.zip_left_out(name, str(error)))
            continue
        photos = _photos(unpacked, label)
        if not photos and held is None and len(arrived) == 1:
            return read_upload(unpacked), []
        sent += [(label, path.name, path.read_bytes()) for path in photos]
        refused += [(left, NO_FORMAT) for left in left_packed(unpacked)] if photos else []
        notes += [] if photos else [words.ZIP_ALONE.format(name=name)]
        if held is None or held.folder != unpacked:
            remove(unpacked)
    if not sent:
        return held, notes
    if held is not None and held.is_layout:
        raise NNetError(words.ZIP_IS_THERE)
    disk.require(sum(len(content) for _, _, content in sent), runs().root, words.NEED)
    folder, others = runs().stage_changed(held.folder if held else None, lambda folder: take(folder, sent))
    return held if folder is None else read_upload(folder), [*notes, *counted((*refused, *others))]


def pictures(held: Upload) -> list[str]:
    """The pictures of an upload, without masks, as paths inside of it."""
    found = walk_images(held.folder)
    found = found if held.is_layout else sort_pictures(found).pictures
    return [path.relative_to(held.folder).as_posix() for path in found]


def without(held: Upload, names: Sequence[str]) -> tuple[Upload | None, list[str]]:
    """An upload without some of its files (paths inside of it) and their masks, or None if nothing is left."""
    masks = sort_pictures(walk_images(held.folder)).masks
    gone = [held.folder / name for name in names]
    gone += [masks[path] for path in gone if path in masks]

    def leave_out(folder: Path) -> None:
        for path in gone:
            (folder / path.relative_to(held.folder)).unlink(missing_ok=True)

    folder, _ = runs().stage_changed(held.folder, leave_out)
    return None if folder is None else read_upload(folder), []


def remove(folder: Path) -> None:
    """Remove an upload from the disk, unless somebody else works on it. A run has files of its own, which stay."""
    if find_upload(folder.name) == folder and not visits.others_work_on(folder):
        shutil.rmtree(folder, ignore_errors=True)


def keep_form(spec: RunSpec) -> str:
    """Keep a form beside the uploads, as long as those are kept; returns its key. The same form has the same key.

    Where the disk refuses, "": a reload then begins with the preset.
    """
    written = json.dumps(spec.to_dict(), sort_keys=True)
    key = hashlib.sha256(written.encode()).hexdigest()[:24]
    folder = _form(key)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / SPEC).exists():
            write_spec(folder, spec)
        os.utime(folder)
    except OSError:
        return ""
    return key


def kept_form(key: str) -> RunSpec | None:
    """The form of a key, or None if it is gone, damaged, or made by another version."""
    try:
        return read_spec(_form(key)) if re.fullmatch("[0-9a-f]{24}", key) else None
    except (NNetError, OSError):
        return None


def _form(key: str) -> Path:
    return runs().root / UPLOADS / f"{key}.form"


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
