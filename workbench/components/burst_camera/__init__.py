"""A camera that takes a photo about each second as long as it is on the page."""

import base64
import binascii
from collections.abc import Callable
from pathlib import Path

from workbench.components import words
from workbench.components.base import handed, register

EVERY_SECONDS = 0.8
MOST = 60
"""Photos of one burst; then it pauses by itself."""
_MOST_CHARACTERS = 12_000_000
_PREFIX = "data:image/jpeg;base64,"
_mount = register("burst_camera", Path(__file__).parent)


def burst_camera(key: str, on_photo: Callable[[bytes], None]) -> None:
    """Draw the camera's picture and take photos of it until it is gone.

    Args:
        key: unique on the page.
        on_photo: called, before the next run, with the JPEG file of each; its content is not checked.
    """

    def taken(sent: str) -> None:
        if (content := decoded(sent)) is not None:
            on_photo(content)

    data = {"words": words.BURST_CAMERA, "every": 1000 * EVERY_SECONDS, "most": MOST}
    _mount(key=key, data=data, on_photo_change=handed(key, "photo", str, taken))


def decoded(sent: object) -> bytes | None:
    """The file in a data URI that the browser sent, or None for anything else."""
    if not isinstance(sent, str) or not sent.startswith(_PREFIX) or len(sent) > _MOST_CHARACTERS:
        return None
    try:
        return base64.b64decode(sent.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return None
