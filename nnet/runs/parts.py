"""Which runs and models are of one part: those that learn from the same pictures.

A part is no record of its own: its key follows from what a run or a checkpoint says about its data anyway, and whatever
has the same key belongs together. Only what somebody decides is written down: the name given to a part in parts.json of
the folder of runs, and in run.json that a run with other pictures is of the same part (`RunSpec.part`).
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from nnet.data.opening import packaged
from nnet.data.synthetic import of_source
from nnet.formats import Document, Name
from nnet.runs.layout import DATA, UPLOADED, RunError, RunSpec
from nnet.saved.storage import write_json

PARTS = "parts.json"
LONGEST_NAME = 80
_NAMED = ("elpv", "synthetic")
_SHORT = 16


class PartsFile(TypedDict):
    """Key of a part -> the name that somebody gave it."""

    names: dict[Name, Name]


PARTS_FORMAT = Document[PartsFile](
    name=PARTS,
    about="Names that somebody gave to parts, if any; in the folder of runs, not in a run.",
    error=RunError,
    remedy="Restore it, or delete it: parts then have the names of their data.",
    schema=PartsFile,
)


def of_run(spec: RunSpec, path: Path) -> str:
    """The key of the part of a run in the directory `path`; "" where its uploaded pictures are gone."""
    if spec.part:
        return spec.part
    return of_uploaded(path / DATA) if spec.data == UPLOADED else of_place(spec.data)


def of_place(spec: str) -> str:
    """The key of a data set by its name or where it lies (as for `nnet.data.open_dataset`)."""
    if spec.partition(":")[0] in _NAMED:
        return "elpv:mono" if spec == "elpv" else spec
    return f"data-{_short(os.path.realpath(spec))}"


def of_uploaded(folder: Path) -> str:
    """The key of uploaded pictures by the names and sizes of their files; "" without any that can be looked at."""
    try:
        files = sorted(
            (file.relative_to(folder).as_posix(), file.stat().st_size) for file in folder.rglob("*") if file.is_file()
        )
    except OSError:  # somebody removes them at this moment, or they may not be read
        return ""
    return f"upload-{_short(repr(files))}" if files else ""


def of_account(data: Mapping[str, Any]) -> str:
    """The key by a checkpoint's account of its data (`nnet.analysis.evaluation.describe`); "" where it says nothing."""
    if spec := packaged(data):
        return spec
    name, source = str(data.get("name", "")), str(data.get("source", ""))
    if spec := of_source(source)[0]:
        return spec
    if os.path.isabs(source):
        return of_place(source)
    known = data.get("sha256") or (f"{name}\0{source}" if name or source else "")
    return f"data-{_short(str(known))}" if known else ""


def names(root: Path) -> dict[str, str]:
    """The names that somebody gave, by key. Raises RunError if parts.json in the folder of runs `root` is damaged."""
    found = PARTS_FORMAT.find(root / PARTS)
    return {} if found is None else dict(found["names"])


def rename(root: Path, key: str, name: str) -> None:
    """Give a part a name; "" takes its own back.

    Raises:
        RunError: the name is too long, parts.json is damaged or cannot be written.
    """
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME:
        raise RunError(f"A name has at most {LONGEST_NAME} characters, but this one has {len(name)}.")
    given = {**names(root), key: name}
    try:
        root.mkdir(parents=True, exist_ok=True)
        write_json(root / PARTS, {"names": {one: text for one, text in given.items() if text}})
    except OSError as error:
        raise RunError(f"The name could not be kept in {root / PARTS} ({error.strerror or error}).") from error


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_SHORT]
