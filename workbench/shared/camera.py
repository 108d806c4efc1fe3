"""Photos from the visitor's own camera: one at each press, or a burst of them."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import streamlit as st

from workbench.components.burst_camera import burst_camera
from workbench.shared import handing_over, words

_NAME = re.compile(r"camera-(\d+)\.\w+")


def draw(name: str, on_photo: Callable[[bytes], None], *, burst: bool = False) -> None:
    """Draw the camera, or say what is missing where the browser would not open one.

    Args:
        name: begins the widgets' keys.
        on_photo: called, in a callback, with the file of each photo.
        burst: offer a switch to take one photo after the other.
    """
    if not is_allowed(st.context.url):
        port = urlsplit(st.context.url or "").port or 80
        st.info(words.CAMERA_NEEDS_HTTPS.format(port=port), icon=":material/lock:")
        return
    if burst and st.toggle(words.BURST, key=f"{name}_burst", help=words.BURST_HELP):
        burst_camera(f"{name}_live", on_photo)
        return
    key = handing_over.key(name)
    st.camera_input(
        words.TAKE_PHOTO, key=key, on_change=_taken, args=(name, key, on_photo), resolution="720p", width=480
    )


def _taken(name: str, key: str, on_photo: Callable[[bytes], None]) -> None:
    """Hand the photo over. A callback."""
    if (photo := handing_over.take(name, key)) is not None:
        on_photo(photo.getvalue())


def is_allowed(url: str | None) -> bool:
    """Whether browsers open a camera on a page of this address: https, or this computer itself. True if unknown."""
    if url is None:
        return True
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        is_own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_own = host == "localhost" or host.endswith(".localhost")
    return parts.scheme == "https" or is_own


def next_name(names: Iterable[str], content: bytes) -> str:
    """What the next photo is called: camera-013.jpg after camera-012.jpg."""
    suffix = "png" if content.startswith(b"\x89PNG") else "jpg"
    return f"camera-{max(map(number, names), default=0) + 1:03}.{suffix}"


def number(name: str) -> int:
    """The number of a photo from the camera by its file's name, 0 for any other picture."""
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else 0
