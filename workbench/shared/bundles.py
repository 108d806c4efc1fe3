"""Replay bundles that the visitor opened: each becomes one of his images, and its view that of the page."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import streamlit as st

from nnet import replay
from nnet.data.images import IMAGE_SUFFIXES, content_hash, decode
from nnet.errors import NNetError
from nnet.replay import Bundle, checks
from nnet.replay.checks import Check
from nnet.replay.formats import MANIFEST, ReplayError
from workbench.shared import chosen_picture, pictures, resources, settings, words

KNOWN = "from a replay bundle"
"""What is known about such an image beforehand."""
_OPENED = "opened_bundles"
_NOT_KEPT = ("model", "device", "view")  # settings of a bundle's view that are decided here


@dataclass(frozen=True, eq=False)
class Opened:
    """A bundle that the visitor opened, without its pixels, and the `checks` that needed no network."""

    bundle: Bundle
    checks: tuple[Check, ...]


def opened() -> dict[str, Opened]:
    """By the key of the image."""
    found: dict[str, Opened] = st.session_state.setdefault(_OPENED, {})
    return found


def open_file(name: str, content: bytes) -> bool:
    """Open a file if it is a ZIP: its image becomes the chosen picture, its view that of the page. Part of a callback.

    Returns:
        Whether it was a ZIP, and so is no image to be read.

    Raises:
        nnet.errors.NNetError: a ZIP, but no bundle that can be used; in a sentence.
    """
    if not replay.is_zip(content):
        return False
    try:
        bundle = replay.unpack(content, name)
    except ReplayError as error:
        if _holds_pictures(content):
            raise ReplayError(words.zip_of_pictures(name)) from error
        raise
    found = checks.check(bundle)
    key = chosen_picture.add(bundle.title, _source(bundle), KNOWN)
    for gone in set(opened()) - set(chosen_picture.uploads()):
        del opened()[gone]
    opened()[key] = Opened(replay.without_image(bundle), found)
    chosen_picture.choose(key)
    settings.show_view("inspect", _view(bundle))
    return True


def _holds_pictures(content: bytes) -> bool:
    """Whether a ZIP that is no bundle holds pictures."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except Exception:  # on a damaged file zipfile raises almost every type there is
        return False
    return MANIFEST not in names and any(PurePosixPath(one).suffix.lower() in IMAGE_SUFFIXES for one in names)


def checkpoint(bundle: Bundle) -> tuple[str, Path] | None:
    """Name and directory of the bundle's checkpoint, if it is here."""
    paths = resources.checkpoint_paths()
    found = checks.matching(bundle, list(paths.values()))
    return next(((name, path) for name, path in paths.items() if path == found), None)


def _source(bundle: Bundle) -> bytes:
    """The uploaded file where it still decodes to the stored pixels, else these."""
    if bundle.original is not None:
        title, content = bundle.original
        try:
            if content_hash(decode(content, title).image) == content_hash(bundle.image):
                return content
        except NNetError:
            pass
    return pictures.png(bundle.image)


def _view(bundle: Bundle) -> dict[str, str]:
    """The stored view, with the name that the checkpoint has here, and opened at the section that shows the checks."""
    found = checkpoint(bundle)
    kept = {name: value for name, value in bundle.view.items() if name not in _NOT_KEPT}
    return kept | ({"model": found[0]} if found else {}) | {"view": "replay"}
