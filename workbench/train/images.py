"""The Train page's first step: which images. What is found in them is in findings.py."""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from nnet.data import SYNTHETIC_KINDS, intake
from nnet.data.images import decode
from nnet.data.names import local_path
from nnet.errors import NNetError
from nnet.runs import disk
from nnet.runs.layout import UPLOADED
from workbench.shared import data_choice, dialogs, hosting, hosting_words, kinds, known_data, parts, units, visits
from workbench.shared import words as shared_words
from workbench.shared.controls import choose
from workbench.shared.parts import Again
from workbench.shared.pictures import reduced, thumbnail
from workbench.train import camera, uploads, words
from workbench.train.looking import Choice
from workbench.train.settings import CELLS, PATH, SOURCE, TEXTURE
from workbench.train.uploads import Upload

_UPLOAD, _NOTES, _CAME, _OF = "train_upload", "train_upload_notes", "train_came", "train_of_part"
_KEPT = "train_kept_pictures"
_PARAMETER = "upload"
_OVER_RELOAD = "train"
"""What `visits.hold` and `visits.over_reload` know the upload by."""
PICTURE = 104  # pixels; three of them stand in a row, also on a phone


def choice() -> Choice | None:
    """Draw the choice of images; returns it, or None as long as there is none."""
    offered = {name: text for name, text in words.SOURCE_NAMES.items() if not (hosting.is_shared() and name == "path")}
    source = choose(SOURCE, offered, label=words.IMAGES, help=words.SOURCE_HELP, wrap=True)
    if source == "upload":
        return _uploaded()
    if source == "path":
        return _on_this_machine()
    if source == "elpv":
        return Choice(choose(CELLS, words.ELPV_NAMES, label=words.CELLS))
    kinds = {kind: kind.capitalize() for kind in SYNTHETIC_KINDS}
    return Choice(f"synthetic:{choose(TEXTURE, kinds, label=words.KIND)}")


def take_handed() -> bool:
    """Take over what another page handed to this one; whether there was anything. Before `choice` is drawn."""
    again = parts.handed()
    if again is not None:
        use(again.data, again.upload)
        if again.key:
            belong_to(again)
        return True
    given = kinds.handed()
    if isinstance(given, str):
        use(given, None)
    elif given is not None:
        SOURCE.set("upload")
        _add(intake.LABELS[0], given)
        st.session_state[_CAME] = len(given)
    return given is not None


def belong_to(part: Again) -> None:
    """Let the run be of a part, as long as its images are those, or what was added to them. Also a callback."""
    st.session_state[_OF] = part


def of_part(chosen: Choice) -> Again | None:
    """The part that the run is of, where that was said."""
    part: Again | None = st.session_state.get(_OF)
    return part if part is not None and chosen.data == part.data else None


def draw_part(chosen: Choice | None) -> None:
    """Say that the run becomes another model of a part, which can be undone."""
    if chosen is not None and (again := of_part(chosen)) is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(words.OF_PART.format(part=units.plain(again.name)), width="content")
            st.button(words.NEW_PART, "part_of_its_own", type="tertiary", on_click=_forget_part)


def _forget_part() -> None:
    """A callback."""
    st.session_state.pop(_OF, None)


def use(data: str, upload: Path | None) -> None:
    """Fill the choice, as for a duplicate of a run. For a callback, or before `choice` is drawn."""
    kind, _, rest = data.partition(":")
    if upload is not None:
        st.session_state[_UPLOAD] = upload
        SOURCE.set("upload")
    elif data in words.ELPV_NAMES:
        SOURCE.set("elpv")
        CELLS.set(data)
    elif kind == "synthetic" and rest in SYNTHETIC_KINDS:
        SOURCE.set("synthetic")
        TEXTURE.set(rest)
    else:
        SOURCE.set("path")
        PATH.set(data)
    st.session_state[_NOTES] = []


# --------------------------------------------------------------------------------------------------------- sources


def _uploaded() -> Choice | None:
    labels = {uploads.GOOD: words.GOOD_LABEL, uploads.DEFECTIVE: words.DEFECTIVE_LABEL}
    helps = {uploads.GOOD: words.GOOD_HELP, uploads.DEFECTIVE: words.DEFECTIVE_HELP}
    grid = st.grid(2, min_column_width=180, gap="medium")
    for kind in labels:
        with grid.cell():
            data_choice.uploader(labels[kind], kind, _take_in, accept_multiple_files=True, help=helps[kind])
    if st.toggle(shared_words.USE_CAMERA, key="train_camera_on"):
        camera.draw(_held, _add, _change)
        if camera.is_burst():
            st.caption(words.DURING_BURST)
            return None
    held = _held()
    if held is None and _PARAMETER in st.query_params:
        st.warning(words.upload_gone(hosting.is_shared()), icon=":material/history:")
        st.query_params.pop(_PARAMETER)
    for note in st.session_state.get(_NOTES, []):
        st.warning(units.plain(note), icon=":material/broken_image:")
    if held is None:
        with st.container(key="nothing_yet"):
            st.info(words.NOTHING_YET, icon=":material/photo_library:")
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(words.upload_contents(held.holds, held.is_layout), width="content")
        if st.button(words.TAKE_OUT, "take_out_one", icon=":material/remove_circle:", type="tertiary"):
            _taking_out(held)
        st.button(
            shared_words.REMOVE_ALL, icon=":material/delete:", type="tertiary", on_click=_remove, key="remove_upload"
        )
    if came := st.session_state.get(_CAME, 0):
        st.caption(words.handed(came))
    if not held.holds.good:
        st.info(words.ONLY_DEFECTIVE, icon=":material/photo_library:")
        return None
    return Choice(UPLOADED, held.folder)


@dialogs.dialog(words.TAKE_OUT)  # a popover is cut off where the window ends, and its button with it
def _taking_out(held: Upload) -> None:
    """Choose one picture and take it out."""
    names = uploads.pictures(held)
    key = f"take_out-{held.folder.name}"  # another upload has other pictures
    chosen = st.selectbox(words.WHICH, names, index=None, key=key, format_func=lambda name: _plain(held, name))
    if chosen is not None:
        with contextlib.suppress(NNetError):  # one that cannot be read is taken out as well
            small = thumbnail(reduced(decode(held.folder / chosen).image, 480), 120)
            st.image(small, width=PICTURE, alt=units.text(units.plain(_plain(held, chosen))))
    st.caption(words.TAKEN_OUT)
    if st.button(words.TAKE_IT_OUT, "take_out", on_click=_take_out_chosen, args=(key,), icon=":material/delete:"):
        st.rerun()


def _take_out_chosen(key: str) -> None:
    """Take out the picture that was chosen in the list of this key, if any was. A callback."""
    if (name := st.session_state.get(key)) is not None:
        take_out((name,))


def take_out(names: Sequence[str]) -> None:
    """Take pictures (paths inside of the upload) out of the upload. A callback."""
    _change(lambda held: (None, []) if held is None else uploads.without(held, names))


def kept() -> frozenset[str]:
    """Keys of the pictures that the visitor keeps, although they look unlike the others."""
    known: frozenset[str] = st.session_state.get(_KEPT, frozenset())
    return known


def keep(key: str) -> None:
    """Keep a picture that looks unlike the others. A callback."""
    st.session_state[_KEPT] = kept() | {key}


def _plain(held: Upload, name: str) -> str:
    """What the visitor calls a picture of his upload: its name, without the folder in which it is kept."""
    if held.is_layout:
        return name
    folder, _, own = name.rpartition("/")
    return words.DEFECTIVE_NAME.format(name=own) if folder == uploads.DEFECTIVE else own


def _held() -> Upload | None:
    """What has been uploaded before: in this visit, or as the URL says."""
    linked = uploads.find_upload(st.query_params.get(_PARAMETER, ""))
    folder = st.session_state.get(_UPLOAD) or linked or _over_reload().get("folder")
    return _hold(uploads.read_upload(folder)) if folder is not None and folder.is_dir() else None


def _take_in(kind: str, files: Sequence[UploadedFile]) -> None:
    """Save what was dropped. The uploaders' callback."""
    _add(kind, [(file.name, file.getvalue()) for file in files])


def _add(kind: str, files: Sequence[tuple[str, bytes]]) -> None:
    """Add (name, content) of files of one kind to the upload. For a callback."""

    def taken(held: Upload | None) -> tuple[Upload | None, list[str]]:
        before = disk.bytes_in(held.folder) if held else 0
        visits.hold(_OVER_RELOAD, before + sum(len(content) for _, content in files), hosting_words.SENT)
        return uploads.take_in(held, *((files if kind == one else ()) for one in intake.LABELS))

    _change(taken)


def _change(change: Callable[[Upload | None], tuple[Upload | None, list[str]]]) -> None:
    """Replace the upload by what `change` makes of it, and keep the sentences that it has to say."""
    notes: list[str] = []
    try:
        before = _held()
        held, notes = change(before)
        if held is None:
            _remove()
        else:
            _hold(held)
            if before is not None and before.folder != held.folder:
                uploads.remove(before.folder)
    except NNetError as error:
        notes = [str(error)]
    except OSError as error:
        notes = [words.NOT_SAVED.format(reason=error.strerror or error)]
    st.session_state[_NOTES] = notes


def _over_reload() -> dict[str, Path]:
    """What outlives a reload of the page: the "folder" of the upload."""
    return visits.over_reload(_OVER_RELOAD, dict[str, Path])


def _hold(held: Upload) -> Upload:
    """Remember an upload in this visit, and in the URL if another visit can find it."""
    st.session_state[_UPLOAD] = _over_reload()["folder"] = held.folder
    visits.work_on(held.folder)
    if uploads.find_upload(held.folder.name) == held.folder:
        st.query_params[_PARAMETER] = held.folder.name
    else:
        st.query_params.pop(_PARAMETER, None)
    return held


def _remove() -> None:
    """Remove the upload, from the disk as well. A callback."""
    if (held := _held()) is not None:
        uploads.remove(held.folder)
    visits.work_on(None)
    st.session_state[_UPLOAD] = None
    _over_reload().clear()
    st.session_state[_NOTES] = []
    _forget_part()
    visits.hold(_OVER_RELOAD, 0)
    st.session_state[_CAME] = 0
    st.session_state.pop(_KEPT, None)
    st.query_params.pop(_PARAMETER, None)


def forget_deleted() -> None:
    """Let go of pictures that went with their run. A callback."""
    if _held() is None:
        _remove()


def _on_this_machine() -> Choice | None:
    known_data.remember(PATH)
    written = st.text_input(
        words.PATH_LABEL, key=PATH.key, help=words.PATH_HELP, placeholder=words.PATH_PLACEHOLDER
    ).strip()
    if not written:
        return None
    try:
        data = str(local_path(written).absolute())
    except NNetError as error:
        st.error(units.plain(str(error)), icon=":material/folder_off:")
        return None
    return None if data_choice.was_stopped(data) else Choice(data)
