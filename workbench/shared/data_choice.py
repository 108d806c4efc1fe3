"""The choice of a data set: one by name, a folder or ZIP by its path, an uploaded ZIP, or uploaded images.

>>> chosen = choose(DATA, FOLDER, shared_words.DATA_NAMES, help=words.CHOICE_HELP)                    # doctest: +SKIP
>>> if chosen is not None:
...     st.write(chosen.dataset.name, chosen.hash)

Which of these a page offers is said by the names it gives: "none", "folder", "zip", "images", or a specification as
`nnet.data.open_dataset` takes it.
"""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from nnet.data import GOOD, DataError, Dataset, SeveralCategories, extract_zip, intake, open_sent
from nnet.data.archive import TemporaryFolder, ZipLimits
from nnet.data.folders import DEFECTIVE
from nnet.data.intake import Contents
from nnet.data.names import safe_name
from nnet.data.not_taken import counted
from nnet.data.turned_masks import SHOWN, STORED
from nnet.errors import NNetError
from nnet.runs import disk
from workbench.shared import (
    controls,
    datasets,
    handing_over,
    hosting,
    hosting_words,
    known_data,
    model_data,
    resources,
    units,
    visits,
    words,
)
from workbench.shared.settings import CATEGORY, MASKS, Setting, one_of

NONE, OWN, FOLDER, ZIP, IMAGES = "none", "own", "folder", "zip", "images"
"""The names that are no data sets; OWN is that of the model in use, where it is at hand."""
BROUGHT = (FOLDER, ZIP, IMAGES)
"""What the visitor brings."""
SENT = "uploaded"
"""The source of a data set of single images that were sent."""
_PATH = "path"  # FOLDER as the Ablations page calls it in its links
_SERVERS = (FOLDER, _PATH)  # a folder of this computer, which visitors of a shared demo do not open
ALL = "*"
"""All of them in turn; no folder has this name."""
Each = Callable[[Sequence[str]], None] | None
ZIP_MEGABYTES = 1024
"""Largest ZIP that the browser may send, in MB; a larger one is opened by its path."""
UPLOAD_BYTES = 512 * resources.MEBIBYTE
"""Most bytes of single images that one visitor may send."""

_ZIP, _IMAGES, _HASHES = "zip", "images", "data_hashes"  # the first two as for `visits.hold`


@dataclass(frozen=True)
class Chosen:
    """The chosen data set: its `spec` (`workbench.shared.datasets`), itself, its content's `hash`, and the name of the
    `upload` that it came as, or ""."""

    spec: str
    dataset: Dataset
    hash: str
    upload: str = ""


def choose(
    data: Setting[str],
    folder: Setting[str],
    names: Mapping[str, str],
    *,
    help: str | None = None,
    each: Callable[[Sequence[str]], None] | None = None,
) -> Chosen | None:
    """Draw the controls; the chosen data set, or None while there is none.

    Args:
        data, folder: the settings that keep the choice and the path.
        names: what can be chosen -> what the visitor reads; what NNET_DATA lists is offered below it.
        each: draws what becomes of several categories (where each lies) that are taken in turn; None: one is chosen.

    Raises:
        nnet.errors.NNetError: it cannot be opened; says why.
    """
    grid = st.grid(2, min_column_width=270, gap="medium")  # so wide that no choice is cut
    with grid.cell():
        choice = controls.choose(data, _offered(names), label=words.DATA_SET, help=help, kind="list")
    with grid.cell():
        if choice in _SERVERS:
            return _from_path(folder, each)
        if choice == ZIP:
            return _from_zip(each)
    if choice == IMAGES:
        return _from_images()
    if choice == OWN:
        return _of_this_part()
    spec = known_data.configured().get(choice, choice)
    return None if choice == NONE or was_stopped(spec) else _opened(spec)


def remembered(data: Setting[str], names: Mapping[str, str]) -> str:
    """What `choose` will give, by name, for what is drawn before it."""
    return data.remember(read=one_of(_offered(names)))


def title(choice: str, folder: Setting[str], names: Mapping[str, str]) -> str:
    """What the chosen data is called, by its own name where the visitor gave it; "" while there is none.

    Args:
        choice: of `remembered`.
        folder, names: as for `choose`.
    """
    if choice == ZIP:
        found = _sent(_ZIP).get(_ZIP)
        return found[0] if isinstance(found, tuple) else ""
    if choice in _SERVERS:
        return PurePosixPath(folder.value.replace("\\", "/")).name
    if choice == IMAGES:
        return words.SENT_IMAGES if _IMAGES in _sent(_IMAGES) else ""
    return "" if choice == NONE else _offered(names).get(choice, "")


def _offered(names: Mapping[str, str]) -> dict[str, str]:
    place, *_ = model_data.current()
    left_out = {*(_SERVERS if hosting.is_shared() else ()), *(() if place else (OWN,))}
    return {**{name: text for name, text in names.items() if name not in left_out}, **known_data.labels()}


def _of_this_part() -> Chosen | None:
    """What the model in use was trained and tested on, with the same split."""
    place, seed, masks = model_data.current()
    if was_stopped(place):
        return None
    known_data.admit(place)
    return _opened(place, seed=seed, masks=masks)


def _from_path(folder: Setting[str], each: Each) -> Chosen | None:
    known_data.remember(folder)
    path = st.text_input(words.FOLDER, key=folder.key, placeholder="/data/bottle", help=words.FOLDER_HELP).strip()
    return _one_of(path, each) if path and not was_stopped(path) else None


def was_stopped(spec: str) -> bool:
    """Whether the visitor stopped reading this data set; if so, say it and offer to read it after all."""
    if not datasets.is_stopped(spec):
        return False
    st.info(words.STOPPED, icon=":material/stop_circle:")
    st.button(words.READ_AFTER_ALL, key="read_after_all", on_click=datasets.read_after_all, args=(spec,))
    return True


def _one_of(spec: str, each: Each, name: str = "", root: Path | None = None) -> Chosen | None:
    """A data set; of several categories the one that the visitor chooses, or None where all are taken in turn."""
    try:
        return _opened(spec, name, root)
    except SeveralCategories as error:
        several = error
    chosen = category(several.names, every=each is not None)
    if chosen is not None:
        return _opened(several.places[several.names.index(chosen)], name, root)
    if each is not None:
        each(several.places)
    return None


def category(names: Sequence[str], *, every: bool) -> str | None:
    """Which of several categories; None for all of them in turn, where they may be taken so (`every`)."""
    offered = {
        **({ALL: words.EVERY_CATEGORY.format(count=len(names))} if every else {}),
        **{name: name for name in names},
    }
    found = controls.choose(CATEGORY, offered, label=words.CATEGORY, help=words.CATEGORY_HELP, kind="list")
    return None if found == ALL else found


def _opened(spec: str, name: str = "", root: Path | None = None, seed: int = 0, masks: str = "") -> Chosen:
    """Open a set, with its content's hash; an unpacked upload goes by its `name` instead of the folder `root`.

    `masks` is the answer to how they were drawn, where it is known.
    """
    try:
        with st.spinner(words.OPENING):
            dataset = datasets.opened(spec, seed)
        dataset = _settled(dataset, spec, seed, masks)
    except SeveralCategories:
        raise
    except DataError as error:
        raise DataError(str(error).replace(str(root), name) if root else str(error)) from error
    return Chosen(spec, dataset if root is None else replace(dataset, source=name), _hash(spec, dataset), name)


def _settled(dataset: Dataset, spec: str, seed: int, masks: str) -> Dataset:
    """The same with masks of photos that EXIF turns, read as `masks` or the visitor says; asked where nothing tells."""
    if not dataset.unsettled_masks:
        return dataset
    answer = masks or masks_answer(len(dataset.unsettled_masks))
    return datasets.opened(spec, seed, answer) if answer else dataset


def masks_answer(count: int) -> str:
    """Ask how masks of photos that EXIF turns were drawn; one of READINGS, or "" for not to use them."""
    names = {"": words.MASKS_UNKNOWN, SHOWN: words.MASKS_SHOWN, STORED: words.MASKS_STORED}
    return controls.choose(MASKS, names, label=words.masks_question(count), wrap=True)


def _hash(spec: str, dataset: Dataset) -> str:
    """The content's hash, worked out once for each opening of the set."""
    known: dict[str, tuple[Dataset, str]] = st.session_state.setdefault(_HASHES, {})
    if spec not in known or known[spec][0] is not dataset:
        with st.spinner(words.READING):
            known[spec] = (dataset, dataset.content_hash())
    return known[spec][1]


# ----------------------------------------------------------------------------------------------------------- uploads


@dataclass
class _Uploads:
    """Single images that a visitor sent, in a folder that lives as long as this, and what was not taken of them."""

    owner: TemporaryFolder = field(default_factory=TemporaryFolder)
    problems: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """Also what a link to one of the images names as its data set."""
        return self.owner.path / "your images"

    @property
    def contents(self) -> Contents:
        """How much there is."""
        return intake.contents(self.root)

    def add(self, label: str, files: Sequence[tuple[str, bytes]]) -> None:
        """Keep (name, content) of files that were sent as good or defective; sentences say what is left out."""
        held = disk.bytes_in(self.root)
        visits.hold(_IMAGES, held + sum(len(content) for _, content in files), hosting_words.SENT)
        taken: list[tuple[str, str, bytes]] = []
        too_much: list[tuple[str, str, bytes]] = []
        for name, content in files:
            held += len(content)
            (taken if held <= UPLOAD_BYTES else too_much).append((label, name, content))
        limit = words.OVER_THE_LIMIT.format(limit=units.data_size(UPLOAD_BYTES))
        refused = (*intake.take(self.root, taken), *((units.cut(name), limit) for _, name, _ in too_much))
        self.problems = counted(refused)

    def dataset(self) -> Dataset:
        """All of them as test images. Raises nnet.data.DataError as a folder of them would."""
        found = open_sent(self.root)
        return replace(found, name="your images", layout="uploaded", licence=words.OWN_IMAGES, source=SENT)


def _sent(kind: str) -> dict[str, Any]:
    """What the visitor sent of a kind, under its name, also before the tab was loaded again."""
    return visits.over_reload(kind, dict)


def uploader(label: str, kind: str, take: Callable[[str, Any], None], **options: Any) -> None:
    """A file uploader that hands its files over and is empty again.

    Args:
        take: a callback that gets `kind` and what the session has of the uploader.
        options: of `st.file_uploader`.
    """
    key = handing_over.key(kind)
    if hosting.is_shared():
        options.pop("max_upload_size", None)  # the server's own limit is smaller
    st.file_uploader(label, key=key, on_change=_hand_over, args=(take, kind, key), **options)


def _hand_over(take: Callable[[str, Any], None], kind: str, key: str) -> None:
    if (files := handing_over.take(kind, key)) is not None:
        take(kind, files)


def _from_zip(each: Each) -> Chosen | None:
    uploader(words.ZIP_LABEL, "zip", _take_zip, type=["zip"], help=words.ZIP_HELP, max_upload_size=ZIP_MEGABYTES)
    found = _sent(_ZIP).get(_ZIP)
    if found is None:
        return None
    if isinstance(found, str):
        raise DataError(found)
    name, root, _ = found
    return _one_of(str(root), each, name, root)


def _take_zip(_: str, upload: UploadedFile) -> None:
    """Unpack the upload into a folder of its own, which replaces the one before. A callback."""
    owner = TemporaryFolder()
    target = owner.path / safe_name(PurePosixPath(upload.name).stem)
    try:
        extract_zip(upload, target, zip_limits(), name=upload.name)
        visits.hold(_ZIP, disk.bytes_in(target), units.cut(upload.name))
        _sent(_ZIP)[_ZIP] = (upload.name, target.resolve(), owner)
    except (NNetError, zipfile.BadZipFile) as error:
        _sent(_ZIP)[_ZIP] = str(error)


def zip_limits() -> ZipLimits | None:
    """What an uploaded ZIP may hold: in a shared demo no more than its visitor may have."""
    return ZipLimits(total_bytes=hosting.current().upload_bytes) if hosting.is_shared() else None


def _from_images() -> Chosen | None:
    uploads: _Uploads = _sent(_IMAGES).setdefault(_IMAGES, _Uploads())
    holds = uploads.contents
    left, right = st.columns(2, gap="medium")
    parts = ((left, GOOD, words.NORMAL_UPLOAD, holds.good), (right, DEFECTIVE, words.DEFECTIVE_UPLOAD, holds.defective))
    for column, label, title, count in parts:
        with column:
            uploader(title, label, _take_images, accept_multiple_files=True, help=words.IMAGES_HELP)
            st.caption(words.so_far(count, holds.masks if label == DEFECTIVE else 0))
    if uploads.problems:
        st.warning(units.bullets(uploads.problems), icon=":material/broken_image:")
    if holds.good or holds.defective:
        st.button(words.REMOVE_ALL, icon=":material/delete:", type="tertiary", on_click=_remove_images)
    if not (holds.good and holds.defective):
        st.info(words.IMAGES_NEEDED, icon=":material/add_photo_alternate:")
        return None
    dataset = uploads.dataset()
    names = "\n".join(f"{sample.key} {sample.mask}" for sample in dataset.test)
    spec = str(uploads.root)
    known: dict[str, tuple[str, str]] = st.session_state.setdefault("data_upload_hash", {})
    if known.get(spec, ("",))[0] != names:
        known[spec] = (names, dataset.content_hash())
    return Chosen(spec, dataset, known[spec][1])


def _take_images(kind: str, files: Sequence[UploadedFile]) -> None:
    """Keep the uploaded files under their label. A callback."""
    uploads: _Uploads = _sent(_IMAGES).setdefault(_IMAGES, _Uploads())
    try:
        uploads.add(kind, [(file.name, file.getvalue()) for file in files])
    except NNetError as error:
        uploads.problems = [str(error)]


def _remove_images() -> None:
    _sent(_IMAGES).pop(_IMAGES, None)
    visits.hold(_IMAGES, 0)
