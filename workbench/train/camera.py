"""Photos of the parts from the visitor's own camera."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from nnet.data.images import decode
from nnet.data.listing import walk_images
from nnet.data.sharpness import blurred, sharpness
from nnet.errors import NNetError
from workbench.shared import camera, frame, pictures, units
from workbench.shared.cache import BoundedCache
from workbench.train import uploads, words
from workbench.train.uploads import Upload

Change = Callable[[Upload | None], tuple[Upload | None, list[str]]]
_NAME, _SHOWN_OUTSIDE = "train_camera", "camera_photos"
_BURST = -1  # in place of a number of photos
_SHOWN, _SIDE = 3, 104  # the last photos, and their width in pixels
_SHARPNESS: BoundedCache[tuple[str, int], float] = BoundedCache(1024)
"""By name and date (nanoseconds) of the photo's file."""


@frame.part
def draw(
    held: Callable[[], Upload | None],
    add: Callable[[str, Sequence[tuple[str, bytes]]], None],
    change: Callable[[Change], None],
) -> None:
    """Draw the camera and what it has taken. A fragment, so that a burst does not draw the page again for each photo.

    Args:
        held: gives the upload.
        add: adds files to it: their kind, and name and content of each.
        change: replaces it.
    """
    kind = st.segmented_control(
        words.CAMERA_KIND,
        list(words.CAMERA_KINDS),
        format_func=words.CAMERA_KINDS.__getitem__,
        key="camera_kind",
        default="good",
        required=True,
    )
    camera.draw(_NAME, partial(_taken, str(kind), held, add), burst=True)
    found = photos(held())
    if not found:
        st.caption(words.CAMERA_NONE)
    else:
        _taken_so_far(found, change)
    # What stands on the page outside of the camera is left out during a burst: it would be out of date.
    before, now = st.session_state.get(_SHOWN_OUTSIDE, 0), _BURST if is_burst() else len(found)
    if before != now and not (is_burst() and before is None):
        st.session_state[_SHOWN_OUTSIDE] = now
        st.rerun()


def is_burst() -> bool:
    """Whether the camera takes one photo after the other."""
    return bool(st.session_state.get(f"{_NAME}_burst"))


def photos(upload: Upload | None) -> list[Path]:
    """The photos that the camera has taken, the last one at the end."""
    every = walk_images(upload.folder) if upload is not None else []
    return sorted((path for path in every if camera.number(path.name)), key=lambda path: camera.number(path.name))


def _taken(
    kind: str,
    held: Callable[[], Upload | None],
    add: Callable[[str, Sequence[tuple[str, bytes]]], None],
    content: bytes,
) -> None:
    """Add a photo. A callback."""
    st.session_state[_SHOWN_OUTSIDE] = None  # a photo that is not taken changes no count, but the page says why
    add(kind, [(camera.next_name((path.name for path in photos(held())), content), content)])


def _taken_so_far(found: Sequence[Path], change: Callable[[Change], None]) -> None:
    last = found[-1]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(words.camera_photos(len(found), last.name), width="content")
        st.button(
            words.DELETE_LAST,
            "delete_last_photo",
            on_click=change,
            args=(partial(_without, last),),
            icon=":material/undo:",
            type="tertiary",
        )
    if named := blurred({path.name: value for path in found if (value := _sharpness(path)) is not None}):
        st.warning(words.blurred(named), icon=":material/blur_on:")
    with st.container(horizontal=True, gap="xsmall"):
        for path in reversed(found[-_SHOWN:]):
            small = pictures.thumbnail(pictures.reduced(decode(path).image, 480), _SIDE)
            st.image(pictures.data_uri(small), width=_SIDE, alt=units.text(units.plain(path.name)))


def _without(path: Path, held: Upload | None) -> tuple[Upload | None, list[str]]:
    return (None, []) if held is None else uploads.without(held, [path.relative_to(held.folder).as_posix()])


def _sharpness(path: Path) -> float | None:
    try:
        return _SHARPNESS.of((path.name, path.stat().st_mtime_ns), lambda: sharpness(decode(path).image))
    except (NNetError, OSError):
        return None
