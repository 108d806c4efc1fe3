"""Thresholds that somebody chose for a finished checkpoint.

decision.json holds {"kept": [{"expression", "threshold", "reason", "created", "pictures", "above"}]}, the newest last
(see `nnet.scoring.calibration.Kept`). Of an expression the last entry counts, so that taking it out undoes it. A
checkpoint that came with the program is not changed silently.
"""

import datetime
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import cast

from nnet.formats import MIB, open_plain
from nnet.formats.types import LONGEST
from nnet.saved.errors import CheckpointError
from nnet.saved.formats import CONFIG, DECISION, DECISION_FORMAT, MOST_THRESHOLD, KeptThreshold
from nnet.saved.storage import write_json
from nnet.scoring.calibration import Kept

_MOST_INDEX = 64 * MIB


def read(path: Path) -> dict[str, Kept]:
    """The thresholds in force: canonical expression -> threshold.

    Raises:
        CheckpointError: decision.json is damaged.
    """
    return {entry["expression"]: _kept(entry) for entry in _entries(path)}


def keep(path: Path, expression: str, chosen: Kept) -> None:
    """Make a threshold the checkpoint's own for an expression (canonical text), until `undo`.

    Raises:
        CheckpointError: no threshold, a reason that is too long, or the file cannot be written.
    """
    if not 0 < chosen.threshold <= MOST_THRESHOLD:
        expected = f"Expected a threshold above 0 and up to {MOST_THRESHOLD:g}"
        raise CheckpointError(f"{expected}, found {chosen.threshold:g}. Scores are never below 0.")
    if len(chosen.reason) > LONGEST:
        raise CheckpointError(f"A reason has at most {LONGEST:,} characters, but this one has {len(chosen.reason):,}.")
    created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    entry = cast(KeptThreshold, {"expression": expression, **asdict(chosen), "created": created})
    _write(path, [*_entries(path), entry])


def undo(path: Path, expression: str) -> Kept | None:
    """Take out the last threshold that was kept for an expression: it, or None if there was none.

    Raises:
        CheckpointError: the file cannot be written.
    """
    entries = _entries(path)
    last = next((i for i in range(len(entries) - 1, -1, -1) if entries[i]["expression"] == expression), None)
    if last is None:
        return None
    found = entries.pop(last)
    _write(path, entries)
    return _kept(found)


def shipped(path: Path) -> bool:
    """Whether a checkpoint came with the program, or cannot be written: then it is not changed without being asked.

    It did if git tracks its files or it lies among installed packages.
    """
    path = path.resolve()
    return "site-packages" in path.parts or not os.access(path, os.W_OK) or _is_tracked(path / CONFIG)


def _is_tracked(file: Path) -> bool:
    """Whether the nearest repository of git lists the file in its index.

    Git itself is not asked: somebody else's checkpoint may bring a repository whose settings let git run programs.
    """
    root = next((folder for folder in file.parents if (folder / ".git").exists()), None)
    return root is not None and any(_lists(index, os.fsencode(file.relative_to(root))) for index in _indices(root))


def _lists(index: bytes, name: bytes) -> bool:
    if index[4:8] == (4).to_bytes(4):  # names are shortened there, so it may be
        return True
    length, at = min(len(name), 0xFFF), index.find(name + b"\0")
    while at > 0:  # the last 12 bits of the flags before a name are its length
        if any(int.from_bytes(index[at - back : at - back + 2]) & 0xFFF == length for back in (2, 4)):
            return True
        at = index.find(name + b"\0", at + 1)
    return False


def _indices(root: Path) -> Iterator[bytes]:
    """The lists of a repository's files. In a worktree, `.git` is a file that says where they are."""
    folder = root / ".git"
    if (said := _content(folder)).startswith(b"gitdir: "):
        folder = root / os.fsdecode(said[8:].strip())
    yield from map(_content, (folder / "index", *folder.glob("sharedindex.*")))


def _content(path: Path) -> bytes:
    try:
        fd = open_plain(path)
    except (OSError, ValueError):
        return b""
    if fd is None:
        return b""
    with os.fdopen(fd, "rb") as stream:
        return stream.read(_MOST_INDEX)


def copy(path: Path, target: Path) -> None:
    """Copy a checkpoint to a new folder, where it may be changed.

    Raises:
        CheckpointError: something is there already, or it cannot be written.
    """
    if target.exists():
        raise CheckpointError(f"{target} is there already. Name a new folder, so that nothing is overwritten.")
    try:
        shutil.copytree(path, target, copy_function=shutil.copyfile)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(target, ignore_errors=True)
        raise CheckpointError(f"{path.name} could not be copied to {target} ({error}).") from error


def _entries(path: Path) -> list[KeptThreshold]:
    found = DECISION_FORMAT.find(path / DECISION)
    return [] if found is None else found["kept"]


def _kept(entry: KeptThreshold) -> Kept:
    counts = entry.get("pictures", 0), entry.get("above", 0)
    return Kept(float(entry["threshold"]), entry["reason"], entry.get("created", ""), *counts, entry.get("data", ""))


def _write(path: Path, entries: list[KeptThreshold]) -> None:
    try:
        write_json(path / DECISION, {"kept": entries})
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> CheckpointError:
    """The error for a checkpoint that cannot be written."""
    reason = error.strerror or error
    return CheckpointError(f"{path} cannot be changed ({reason}). Make the folder writable, or change a copy of it.")
