"""The Train page's first step: which images, and what was found in them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from nnet.config import Config
from nnet.data import TEXTURES
from nnet.errors import NNetError
from workbench.shared import units
from workbench.shared.controls import choose
from workbench.train import looking, uploads, words
from workbench.train.looking import Choice, Found
from workbench.train.settings import CELLS, PATH, SOURCE, TEXTURE
from workbench.train.uploads import Upload

_UPLOAD, _NOTES, _ROUND, _PENDING = "train_upload", "train_upload_notes", "train_upload_round", "train_pending"
_PARAMETER = "upload"
_PICTURE = 104  # pixels; three of them stand in a row, also on a phone


def choice() -> Choice | None:
    """Draw the choice of images; returns it, or None as long as there is none."""
    source = choose(SOURCE, words.SOURCE_NAMES, label="Images", help=words.SOURCE_HELP)
    return {"upload": _uploaded, "path": _on_this_machine, "elpv": _elpv, "synthetic": _synthetic}[source]()


def use(data: str, upload: Path | None) -> None:
    """Fill the choice, as for a duplicate of a run. For a callback, or before `choice` is drawn."""
    kind, _, rest = data.partition(":")
    if upload is not None:
        st.session_state[_UPLOAD] = upload
        SOURCE.set("upload")
    elif data in words.ELPV_NAMES:
        SOURCE.set("elpv")
        CELLS.set(data)
    elif kind == "synthetic" and rest in TEXTURES:
        SOURCE.set("synthetic")
        TEXTURE.set(rest)
    else:
        SOURCE.set("path")
        PATH.set(data)
    st.session_state[_NOTES] = []


# --------------------------------------------------------------------------------------------------------- sources


def _uploaded() -> Choice | None:
    st.session_state.setdefault(_ROUND, 0)
    good, defective = st.columns(2, gap="medium")
    with good:
        st.file_uploader(
            words.GOOD_LABEL, accept_multiple_files=True, key=_key("good"), on_change=_hand_over, help=words.GOOD_HELP
        )
    with defective:
        st.file_uploader(
            words.DEFECTIVE_LABEL,
            accept_multiple_files=True,
            key=_key("defective"),
            on_change=_hand_over,
            help=words.DEFECTIVE_HELP,
        )
    held = _take_in(_held())
    for note in st.session_state.get(_NOTES, []):
        st.warning(units.plain(note), icon=":material/broken_image:")
    if held is None:
        st.info(words.NOTHING_YET, icon=":material/photo_library:")
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(words.upload_contents(held.good, held.defective, held.is_layout), width="content")
        st.button("Remove all", icon=":material/delete:", type="tertiary", on_click=_remove, key="remove_upload")
    if not held.good:
        st.info(words.ONLY_DEFECTIVE, icon=":material/photo_library:")
        return None
    return Choice(uploads.UPLOADED, held.folder)


def _key(role: str) -> str:
    """An uploader's key. It changes with every hand-over, so that the uploader is empty afterwards."""
    return f"train_{role}{st.session_state[_ROUND]}"


def _hand_over() -> None:
    """Note what was dropped for `_take_in`, and empty the uploaders. Their callback."""
    dropped = {role: st.session_state.get(_key(role)) or [] for role in ("good", "defective")}
    st.session_state[_PENDING] = {
        role: [(file.name, file.getvalue()) for file in files] for role, files in dropped.items()
    }
    st.session_state[_ROUND] += 1


def _held() -> Upload | None:
    """What has been uploaded before: in this visit, or as the URL says."""
    folder = st.session_state.get(_UPLOAD)
    if folder is None and (key := st.query_params.get(_PARAMETER, "")):
        folder = uploads.find_upload(key)
        if folder is None:
            st.warning(words.UPLOAD_GONE, icon=":material/history:")
            st.query_params.pop(_PARAMETER, None)
    if folder is None or not folder.is_dir():
        return None
    return _hold(uploads.read_upload(folder))


def _take_in(held: Upload | None) -> Upload | None:
    pending = st.session_state.get(_PENDING)
    if not pending:
        return held
    notes: list[str] = []
    try:
        with st.spinner("Saving the files…"):
            held, notes = uploads.take_in(held, pending["good"], pending["defective"])
    except NNetError as error:
        notes = [str(error)]
    except OSError as error:
        notes = [f"The files could not be saved to disk ({error.strerror or error}). Free some space and try again."]
    st.session_state[_NOTES] = notes
    st.session_state[_PENDING] = None
    return held and _hold(held)


def _hold(held: Upload) -> Upload:
    """Remember an upload in this visit, and in the URL if another visit can find it."""
    st.session_state[_UPLOAD] = held.folder
    if uploads.find_upload(held.folder.name) == held.folder:
        st.query_params[_PARAMETER] = held.folder.name
    else:
        st.query_params.pop(_PARAMETER, None)
    return held


def _remove() -> None:
    """Forget the upload; its files are removed from the disk after a day. A callback."""
    st.session_state[_UPLOAD] = None
    st.session_state[_NOTES] = []
    st.query_params.pop(_PARAMETER, None)


def _on_this_machine() -> Choice | None:
    PATH.remember()
    written = st.text_input(words.PATH_LABEL, key=PATH.key, help=words.PATH_HELP, placeholder="photos/my-part").strip()
    return Choice(str(Path(written).expanduser().absolute())) if written else None


def _elpv() -> Choice:
    return Choice(choose(CELLS, words.ELPV_NAMES, label="Cells"))


def _synthetic() -> Choice:
    kinds = {kind: kind.capitalize() for kind in TEXTURES}
    return Choice(f"synthetic:{choose(TEXTURE, kinds, label='Kind')}")


# ------------------------------------------------------------------------------------------------- what was found


def found(chosen: Choice, config: Config) -> Found | None:
    """Draw what the images are and how they are split; None, with the reason, where they cannot be trained on."""
    bar = st.empty()

    def progress(done: int, total: int) -> None:
        if done == total or done % 10 == 0:
            bar.progress(done / total, f"Checking the images: {done:,} of {total:,}")

    try:
        result = looking.look(chosen, config.train.seed, progress)
    except NNetError as error:
        st.error(units.plain(str(error)), icon=":material/folder_off:")
        return None
    finally:
        bar.empty()
    trainable = _split(result, config)
    left, right = st.columns((3, 2), gap="medium")
    with left:
        st.dataframe(words.table_rows(result.inspection), hide_index=True, key="found_table")
        st.caption(units.plain(words.data_facts(result.inspection)))
    with right:
        _pictures(result)
    _problems(result)
    return result if trainable else None


def _split(result: Found, config: Config) -> bool:
    try:
        train, held_out = looking.split(result, config)
    except NNetError as error:
        st.error(units.plain(str(error)), icon=":material/add_photo_alternate:")
        return False
    st.markdown(words.split(train, held_out, result.tested, result.defective), help=words.SPLIT_HINT)
    return True


def _pictures(result: Found) -> None:
    for caption, pictures in (("Good", result.good_pictures), ("Defective", result.defective_pictures)):
        if pictures:
            st.caption(f"{caption} (a selection)")
            with st.container(horizontal=True, gap="xsmall"):
                for key, picture in pictures:
                    st.image(picture, width=_PICTURE, alt=f"{caption}: {key}")


def _problems(result: Found) -> None:
    """Everything that should be fixed, errors first; nothing where all is well."""
    inspection = result.inspection
    if inspection.unreadable:
        named = "\n".join(f"- {units.plain(sentence)}" for _, sentence in inspection.unreadable[:10])
        st.warning(f"{words.unreadable(len(inspection.unreadable))}\n{named}", icon=":material/broken_image:")
    if result.same:
        st.warning(units.plain(words.same_files(result.same)), icon=":material/file_copy:")
    others = [finding for finding in inspection.findings() if "unreadable" not in finding[0]]
    lines = [f"- {units.plain(headline)}: {units.plain(', '.join(files[:5]))}" for headline, files in others]
    lines += [f"- {units.plain(sentence)}" for sentence in (*inspection.problems, *inspection.notes)]
    if lines:
        with st.expander(units.plural(len(lines), "remark on the data", "remarks on the data"), icon=":material/info:"):
            st.markdown("\n".join(lines))
