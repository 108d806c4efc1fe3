"""The visitor's own images on their way in: the uploader and the camera, and what they handed over.

A callback notes the files; the next run of the page reads them one after the other (`take_in`), and can be stopped.
What was read is among `workbench.shared.chosen_picture.uploads`.
"""

from collections.abc import Collection, Iterator

import streamlit as st

from nnet.errors import NNetError
from workbench.shared import bundles, camera, chosen_picture, handing_over, units, words
from workbench.shared.chosen_picture import uploads
from workbench.shared.progress import stoppable

_PROBLEMS, _UPLOADER = "upload_problems", "uploader"
_PENDING, _FIRST_NEW, _NEW = "pending_uploads", "first_new_upload", "new_uploads"
_CLOSINGS, _KEPT_OPEN = "picture_bar_closings", "picture_bar_kept_open"
_CAMERA_ON = "inspect_camera_on"
_MOST_NAMED = 20
"""Most problems that are told one by one."""


def uploader() -> None:
    """Draw the uploader, and a switch for the camera, which takes its place."""
    if not uses_camera():
        key = handing_over.key(_UPLOADER)
        st.file_uploader(
            words.UPLOAD_LABEL,
            accept_multiple_files=True,
            key=key,
            on_change=_hand_over,
            args=(key,),
            help=words.UPLOAD_HELP,
        )
    with st.container(horizontal=True):
        st.toggle(words.USE_CAMERA, key=_CAMERA_ON, on_change=_close)
        if not uses_camera():
            st.toggle(words.KEEP_OPEN, key=_KEPT_OPEN, help=words.KEEP_OPEN_HELP)
    if uses_camera():
        camera.draw("inspect_camera", _take_photo)


def uses_camera() -> bool:
    """Whether the camera is on: then the bar stays open, since the next photo follows."""
    return bool(st.session_state.get(_CAMERA_ON))


def read() -> None:
    """Read what was handed over, with a progress bar, and say which files could not be used."""
    place = st.empty()
    if waiting := len(st.session_state.get(_PENDING, [])):
        bar = stoppable("reading", place, words.READING_IMAGES, waiting, _stop)
        for done in take_in():
            bar.progress(done, words.READING_IMAGES)
    place.empty()
    if found := problems():
        more = [words.more_problems(len(found) - _MOST_NAMED)] if len(found) > _MOST_NAMED else []
        st.warning(units.bullets([*found[:_MOST_NAMED], *more]), icon=":material/broken_image:")


def problems() -> list[str]:
    """A sentence for each file of the last upload that could not be used."""
    return st.session_state.setdefault(_PROBLEMS, [])


def closings() -> int:
    """How often the bar where pictures are chosen was closed because an upload or a photo is shown."""
    return st.session_state.get(_CLOSINGS, 0)


def take_in() -> Iterator[float]:
    """Read the files that were handed over, one per step; yields the share that is done, 0..1.

    The first usable one becomes the chosen picture until all are scored (`new`), a bad one leaves a sentence in
    `problems`. What is left when the page is interrupted is read in its next run.
    """
    pending: list[tuple[str, bytes]] = st.session_state.get(_PENDING, [])
    total = len(pending)
    while pending:
        try:
            key = chosen_picture.add(*pending[0])
            st.session_state.setdefault(_NEW, []).append(key)
            if st.session_state.pop(_FIRST_NEW, False):
                chosen_picture.choose(key)
                _close()
        except NNetError as error:
            problems().append(str(error))
        pending.pop(0)
        yield 1 - len(pending) / total


def new() -> list[str]:
    """Keys of what was handed over last, once: of these the most anomalous is shown."""
    found: list[str] = st.session_state.pop(_NEW, [])
    return found


def leave_out(keys: Collection[str]) -> None:
    """Forget these of the visitor's images, since he waits no longer until all are scored. A callback."""
    chosen_picture.remove(keys)
    problems().insert(0, words.stopped(len(keys)))


def remove_all() -> None:
    """Forget all uploaded images. A callback."""
    problems().clear()
    chosen_picture.remove(chosen_picture.own())


def _hand_over(key: str) -> None:
    """Note the uploader's files for `take_in` and empty the uploader. A file that is no picture may be opened here
    already, in the callback, where the view may still be changed."""
    if (sent := handing_over.take(_UPLOADER, key)) is None:
        return
    files = [(file.name, file.getvalue()) for file in sent]
    _note([])
    st.session_state[_PENDING] = [file for file in files if not _opened(*file)]


def _take_photo(content: bytes) -> None:
    """Note a photo. A callback."""
    _note([(camera.next_name((picture.title for picture in uploads().values()), content), content)])


def _note(files: list[tuple[str, bytes]]) -> None:
    st.session_state[_FIRST_NEW] = True
    st.session_state.pop(_NEW, None)
    problems().clear()
    st.session_state[_PENDING] = files


def _opened(name: str, content: bytes) -> bool:
    try:
        is_open = bundles.open_file(name, content)
    except NNetError as error:
        problems().append(str(error))
        return True
    if is_open:
        _close()
    return is_open


def _stop() -> None:
    """Leave out what has not been read yet. A callback."""
    problems().insert(0, words.stopped(len(st.session_state[_PENDING])))
    st.session_state[_PENDING] = []


def _close() -> None:
    """Close the bar, so that the picture is seen, unless further ones follow. Also a callback."""
    if not (uses_camera() or st.session_state.get(_KEPT_OPEN)):
        st.session_state[_CLOSINGS] = closings() + 1
