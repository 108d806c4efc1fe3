"""The Evaluate page's data: choose a set, take in an upload, and show what was found in it."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import streamlit as st

from nnet.data import GOOD, DataError, Dataset, Inspection, Sample, extract_zip, inspect
from nnet.data.archive import TemporaryFolder
from nnet.data.images import IMAGE_SUFFIXES, decode
from nnet.errors import NNetError
from workbench.evaluate import cache, words
from workbench.evaluate.scene import Chosen
from workbench.evaluate.settings import DATA, FOLDER
from workbench.shared import datasets, resources, units
from workbench.shared import words as shared_words
from workbench.shared.controls import choose
from workbench.shared.resources import Model

ZIP_MEGABYTES = 1024
"""Largest ZIP that the browser may send, in MB; a larger one is opened by its path."""
UPLOAD_BYTES = 512 * resources.MEBIBYTE
"""Most bytes of single images that one visitor may send."""
INSPECT_AT_ONCE = 3000
"""With more images than this, every file is looked at only on request."""
DEFECTIVE = "defective"

_ZIP, _IMAGES, _ROUND = "evaluate_zip_folder", "evaluate_images", "evaluate_round"
_HASHES = "evaluate_hashes"


@dataclass
class _Uploads:
    """Single images that a visitor sent, as files in a folder that lives as long as this: by label, then by name."""

    owner: TemporaryFolder = field(default_factory=TemporaryFolder)
    files: dict[str, list[Path]] = field(default_factory=lambda: {GOOD: [], DEFECTIVE: []})
    problems: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """Also what a link to one of the images names as its data set."""
        return self.owner.path / "your images"

    def add(self, label: str, name: str, content: bytes) -> None:
        """Keep a file if it is an image; else leave a sentence."""
        held = sum(path.stat().st_size for paths in self.files.values() for path in paths)
        try:
            if held + len(content) > UPLOAD_BYTES:
                raise NNetError(f"{name} was left out: the limit is {units.data_size(UPLOAD_BYTES)} of images.")
            decode(content, name)
        except NNetError as error:
            self.problems.append(str(error))
            return
        path = self._free(label, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.files[label].append(path)

    def _free(self, label: str, name: str) -> Path:
        """A path for a file of this name; a second one of the name gets a number, and a strange name a plain one."""
        given = PurePosixPath(name.replace("\\", "/"))
        stem = "".join(c if c.isalnum() or c in " -_.()" else "_" for c in given.stem)[:80].strip(". ") or "image"
        suffix = given.suffix.lower() if given.suffix.lower() in IMAGE_SUFFIXES else ".png"
        taken = {path.name.lower() for path in self.files[label]}
        candidates = [f"{stem}{suffix}", *(f"{stem} ({number}){suffix}" for number in range(2, len(taken) + 3))]
        return self.root / label / next(c for c in candidates if c.lower() not in taken)

    def dataset(self) -> Dataset:
        """All of them as test images."""
        samples = tuple(
            Sample(path.relative_to(self.root).as_posix(), path, label, "test")
            for label, paths in self.files.items()
            for path in paths
        )
        licence = "Your own images; they stay on this computer."
        return Dataset("your images", "uploaded", (), samples, licence, "uploaded", notes=("There are no masks.",))


# ---------------------------------------------------------------------------------------------------------- choosing


def choose_data() -> Chosen | None:
    """Draw the controls; the chosen data set, or None while there is none.

    Raises:
        nnet.errors.NNetError: it cannot be opened; says why.
    """
    left, right = st.columns((2, 3), gap="medium", vertical_alignment="bottom")
    with left:
        choice = choose(DATA, words.CHOICES, label="Data set", help=words.CHOICE_HELP, kind="list")
    with right:
        if choice == "folder":
            return _from_path()
        if choice == "zip":
            return _from_zip()
    if choice == "images":
        return _from_images()
    return None if choice == "none" else _opened(choice)


def _from_path() -> Chosen | None:
    FOLDER.remember()
    path = st.text_input("Folder or ZIP", key=FOLDER.key, placeholder="/data/bottle", help=words.FOLDER_HELP).strip()
    return _opened(path) if path else None


def _opened(spec: str, name: str = "", root: Path | None = None) -> Chosen:
    """Open a set, with its content's hash; an unpacked upload goes by its `name` instead of the folder `root`."""
    try:
        with st.spinner("Opening the data set…"):
            dataset = datasets.opened(spec)
    except DataError as error:
        raise DataError(str(error).replace(str(root), name) if root else str(error)) from error
    return Chosen(spec, dataset if root is None else replace(dataset, source=name), _hash(spec, dataset))


def _hash(spec: str, dataset: Dataset) -> str:
    """The content's hash, worked out once for each opening of the set."""
    known: dict[str, tuple[Dataset, str]] = st.session_state.setdefault(_HASHES, {})
    if spec not in known or known[spec][0] is not dataset:
        with st.spinner("Reading the files…"):
            known[spec] = (dataset, dataset.content_hash())
    return known[spec][1]


# ----------------------------------------------------------------------------------------------------------- uploads


def _uploader(label: str, kind: str, **options: Any) -> str:
    """A file uploader that hands its files over in a callback; its key changes then, so that it is empty again."""
    key = f"{kind}-{st.session_state.setdefault(_ROUND, 0)}"
    take = {"zip": _take_zip, GOOD: _take_images, DEFECTIVE: _take_images}[kind]
    st.file_uploader(label, key=key, on_change=take, args=(kind, key), **options)
    return key


def _from_zip() -> Chosen | None:
    _uploader("A ZIP", "zip", type=["zip"], help=words.ZIP_HELP, max_upload_size=ZIP_MEGABYTES)
    if _ZIP not in st.session_state:
        return None
    found = st.session_state[_ZIP]
    if isinstance(found, str):
        raise DataError(found)
    name, root, _ = found
    return _opened(str(root), name, root)


def _take_zip(kind: str, key: str) -> None:
    """Unpack the upload into a folder of its own, which replaces the one before. A callback."""
    upload = st.session_state[key]
    if upload is None:
        return
    st.session_state[_ROUND] += 1
    owner = TemporaryFolder()
    target = owner.path / (Path(upload.name).stem or "data")
    try:
        extract_zip(upload, target, name=upload.name)
        st.session_state[_ZIP] = (upload.name, target.resolve(), owner)
    except (DataError, zipfile.BadZipFile) as error:
        st.session_state[_ZIP] = str(error)


def _from_images() -> Chosen | None:
    uploads: _Uploads = st.session_state.setdefault(_IMAGES, _Uploads())
    left, right = st.columns(2, gap="medium")
    for column, label, title in ((left, GOOD, words.NORMAL_UPLOAD), (right, DEFECTIVE, words.DEFECTIVE_UPLOAD)):
        with column:
            _uploader(title, label, accept_multiple_files=True, help=words.IMAGES_HELP)
            st.caption(f"{units.plural(len(uploads.files[label]), 'image')} so far")
    if uploads.problems:
        st.warning(words.left_out_uploads(uploads.problems), icon=":material/broken_image:")
    if any(uploads.files.values()):
        st.button("Remove all", icon=":material/delete:", type="tertiary", on_click=_remove_images)
    if not all(uploads.files.values()):
        st.info(words.IMAGES_NEEDED, icon=":material/add_photo_alternate:")
        return None
    dataset = uploads.dataset()
    names = "\n".join(sample.key for sample in dataset.test)
    spec = str(uploads.root)
    known: dict[str, tuple[str, str]] = st.session_state.setdefault("evaluate_upload_hash", {})
    if known.get(spec, ("",))[0] != names:
        known[spec] = (names, dataset.content_hash())
    return Chosen(spec, dataset, known[spec][1])


def _take_images(kind: str, key: str) -> None:
    """Keep the uploaded files under their label. A callback."""
    uploads: _Uploads = st.session_state.setdefault(_IMAGES, _Uploads())
    uploads.problems.clear()
    for upload in st.session_state[key] or []:
        uploads.add(kind, upload.name, upload.getvalue())
    st.session_state[_ROUND] += 1


def _remove_images() -> None:
    st.session_state.pop(_IMAGES, None)


# ------------------------------------------------------------------------------------------------------- what it is


def show_found(model: Model, chosen: Chosen) -> None:
    """Say what the set holds: counts at once, and what looking at every file finds."""
    st.markdown(words.found(chosen.dataset))
    about = model.detector.checkpoint.about.get("data", {})
    trained_hash = about.get("sha256") if isinstance(about, dict) else None
    if trained_hash != chosen.hash and shared_words.data_name(model.detector.checkpoint.about):
        if _drawn(chosen.dataset) and model.detector.config.train.seed != 0:
            st.warning(words.other_split(model.detector.config.train.seed), icon=":material/warning:")
        elif shared_words.data_name(model.detector.checkpoint.about) != chosen.dataset.name:
            st.info(words.other_data(shared_words.data_name(model.detector.checkpoint.about)), icon=":material/info:")
    inspection = _inspection(chosen)
    if inspection is not None:
        _show(inspection)
    st.caption(units.plain(" ".join((*chosen.dataset.notes, chosen.dataset.licence))))


def _drawn(dataset: Dataset) -> bool:
    """Whether the test part was drawn by a seed."""
    return any("(seed " in note for note in dataset.notes)


def _inspection(chosen: Chosen) -> Inspection | None:
    """What looking at every file finds; kept. Large sets wait for a click."""
    kept = cache.stores().inspections
    if (found := kept.get(chosen.hash)) is not None:
        return found
    total = len(chosen.dataset.samples)
    if total > INSPECT_AT_ONCE and not st.button(words.INSPECT_BUTTON, icon=":material/search:"):
        return None
    bar = st.progress(0.0, words.inspect_progress(0, total))

    def report(done: int, of: int) -> None:
        if done % 8 == 0 or done == of:
            bar.progress(done / of, words.inspect_progress(done, of))

    found = kept.put(chosen.hash, inspect(chosen.dataset, progress=report))
    bar.empty()
    return found


def _show(inspection: Inspection) -> None:
    icon = ":material/check_circle:" if inspection.ok else ":material/error:"
    with st.expander(words.inspected(inspection), icon=icon):
        st.dataframe(inspection.rows(), hide_index=True, key="evaluate_inspection")
        for headline, files in inspection.findings():
            st.markdown(f"**{headline}**")
            st.code("\n".join(_some(files)), language=None)
        for sentence in inspection.problems:
            st.markdown(f"- {units.plain(sentence)}")


def _some(files: Sequence[str], shown: int = 10) -> list[str]:
    return [*files[:shown], *([f"and {len(files) - shown} more"] if len(files) > shown else [])]
