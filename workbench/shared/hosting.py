"""How this workbench is served: to one person on this computer, or on purpose to a room full of them (docs/sharing.md).

Every page asks here, and nothing else decides it. What holds is read once, from the environment variable in which
`nnet-workbench --shared` puts it. Knows no Streamlit.
"""

import functools
import hashlib
import hmac
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from nnet import environment
from workbench.shared import places

MIB, GIB = 2**20, 2**30
Positive = Annotated[int, Meta(ge=1)]


@dataclass(frozen=True)
class Hosting:
    """What visitors may do. The defaults are those of somebody who is alone.

    Attributes:
        is_shared: whether others use it, too.
        link: the address that visitors open, with the key.
        key: visitors need it, in the link or typed; "" lets in whoever reaches the port.
        host_key: opens the host's page.
        folder: everything that visitors leave on the disk, a folder for each; removed when the server ends.
        visitors: most of them at a time.
        upload_bytes, all_upload_bytes: most bytes of uploads that one visitor, and all of them, may have at a time.
        file_bytes: largest upload.
        memory_bytes: of the server's process; above it, nobody may upload and nobody new is let in.
        trains: whether visitors may train.
        train_minutes: for all trainings of all visitors together.
        train_images: most for one training.
        train_disk_bytes: for the runs of all visitors together.
    """

    is_shared: bool = False
    link: str = ""
    key: str = ""
    host_key: str = ""
    folder: str = ""
    visitors: Positive = 40
    upload_bytes: Positive = 64 * MIB
    all_upload_bytes: Positive = GIB
    file_bytes: Positive = 32 * MIB
    memory_bytes: Positive = 4 * GIB
    trains: bool = False
    train_minutes: Positive = 60
    train_images: Positive = 600
    train_disk_bytes: Positive = 2 * GIB


PRESETS = ("small",)
"""The presets that visitors may train with, as they are."""


@functools.cache
def current() -> Hosting:
    """What holds for this server."""
    written = os.environ.get(environment.SHARED)
    return msgspec.json.decode(written, type=Hosting) if written else Hosting()


def is_shared() -> bool:
    """Whether others use it, too."""
    return current().is_shared


# --------------------------------------------------------------------------------------------------------------- keys

VISITOR, HOST = "visitor", "host"


def proof(key: str, role: str) -> str:
    """What the browser keeps instead of a key."""
    return hmac.new(key.encode(), f"nnet {role}".encode(), hashlib.sha256).hexdigest()


def is_key(written: str, role: str) -> bool:
    """Whether this is the key of a role; takes as long for a wrong one as for the right one."""
    key = _key(role)
    return bool(key) and hmac.compare_digest(written.strip().encode("utf-8", "replace"), key.encode())


def is_proof(written: str, role: str) -> bool:
    """Whether the browser once had the key of a role."""
    key = _key(role)
    return bool(key) and hmac.compare_digest(written.encode("utf-8", "replace"), proof(key, role).encode())


def _key(role: str) -> str:
    return current().host_key if role == HOST else current().key


# -------------------------------------------------------------------------------------------------------------- paths

_PATH = re.compile(r"(?<![\w:/.<])(?:[A-Za-z]:\\|~?/)(?:[^\s/'\"“”‘’(),;:*?|]+/)*(?=[^\s/'\"“”‘’(),;:*?|])")


def without_paths(written: str) -> str:
    """A text without the folders of this computer, for visitors: of a path only its last part is left."""
    if not is_shared():
        return written
    for root in _roots():
        written = written.replace(f"{root}/", "").replace(root, Path(root).name)
    return _PATH.sub("", written)


@functools.cache
def _roots() -> tuple[str, ...]:
    """The folders that are most likely in a message, the longest first; a regular expression knows no names with
    spaces."""
    lists = (environment.DATA, environment.CHECKPOINTS, environment.STUDIES, environment.WATCH)
    listed = [str(path) for name in lists for path in environment.folders(name)]
    roots = {str(path) for path in (places.APP, Path.cwd(), places.runs_folder(), Path(tempfile.gettempdir()))}
    roots |= {*listed, current().folder, os.path.expanduser("~")}
    return tuple(sorted((root.rstrip("/") for root in roots if len(root.rstrip("/")) > 1), key=len, reverse=True))
