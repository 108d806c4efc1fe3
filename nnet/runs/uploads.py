"""Uploaded images on their way into a run: kept on disk, so that neither an error nor a closed browser loses them."""

import contextlib
import filecmp
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TypeVar

from nnet.data import extract_zip
from nnet.data.archive import ZipLimits
from nnet.data.names import safe_name
from nnet.runs import disk
from nnet.runs.layout import RunError

UPLOADS = ".uploads"
UPLOAD_SECONDS = 24 * 3600.0

T = TypeVar("T")


def stage(root: Path, files: Iterable[tuple[str, bytes]]) -> Path:
    """See `nnet.runs.Runs.stage`; `root` is the folder of runs."""
    files = [(safe_name(PurePosixPath(name.replace("\\", "/")).name or "image"), content) for name, content in files]
    if not files:
        raise RunError("There are no images to train on. Add photos of good parts.")
    digest = hashlib.sha256()
    for name, content in files:
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    size = sum(len(content) for _, content in files)
    return _staged(root, digest.hexdigest()[:24], lambda folder: _write_files(folder, files), size)


def stage_zip(root: Path, source: Path | BinaryIO, name: str, limits: ZipLimits | None = None) -> Path:
    """See `nnet.runs.Runs.stage_zip`."""
    stream: Any = source.open("rb") if isinstance(source, Path) else source
    stream.seek(0)
    key = hashlib.file_digest(stream, "sha256").hexdigest()[:24]
    return _staged(root, key, lambda folder: extract_zip(stream, folder, limits, name=name), 0)


def stage_changed(root: Path, held: Path | None, change: Callable[[Path], T]) -> tuple[Path | None, T]:
    """See `nnet.runs.Runs.stage_changed`."""
    folder = root / UPLOADS
    folder.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
    try:
        if held is not None:
            shutil.rmtree(making)
            copy_tree(held, making)
        said = change(making)
        files = sorted(path for path in making.rglob("*") if path.is_file())
        if not files:
            return None, said
        digest = hashlib.sha256()
        for path in files:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(making).as_posix()}\0{len(content)}\0".encode() + content)
        target = folder / digest.hexdigest()[:24]
        making.chmod(0o755)
        if target.is_dir():
            os.utime(target)
        else:
            making.rename(target)
        return target, said
    finally:
        shutil.rmtree(making, ignore_errors=True)


def copy_tree(source: Path, target: Path) -> None:
    """Use hard links where the file system has them: the same images in two runs take their room once.

    Raises:
        RunError: there is too little room on the disk.
    """
    try:
        shutil.copytree(source, target, copy_function=os.link)
    except (OSError, shutil.Error):
        shutil.rmtree(target, ignore_errors=True)
        disk.require(disk.bytes_in(source), target.parent, "The images need")
        shutil.copytree(source, target)


def twins(root: Path, data: Path) -> list[Path]:
    """The staged folders with exactly the pictures of a run's `data`: what the run was made of; [] without any."""
    own = _listed(data)
    staged = [path for path in (root / UPLOADS).glob("[0-9a-f]*") if path.is_dir()] if own else []
    return [folder for folder in staged if _listed(folder) == own and all(_is_same(data, folder, name) for name in own)]


def _listed(folder: Path) -> dict[str, int]:
    """Name inside the folder -> bytes, of every file."""
    return {file.relative_to(folder).as_posix(): file.stat().st_size for file in folder.rglob("*") if file.is_file()}


def _is_same(one: Path, other: Path, name: str) -> bool:
    """Most are the same file under two names, see `copy_tree`."""
    return (one / name).samefile(other / name) or filecmp.cmp(one / name, other / name, shallow=False)


def forget_old(root: Path) -> None:
    """Remove old uploads, and what a program left that died while it made or deleted a run."""
    folder = root / UPLOADS
    uploads = folder.iterdir() if folder.is_dir() else ()
    for path in (*uploads, *root.glob(".making-*"), *root.glob(".deleted-*")):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > UPLOAD_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


def _staged(root: Path, key: str, fill: Callable[[Path], object], size: int) -> Path:
    folder = root / UPLOADS
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / key
    if target.is_dir():
        os.utime(target)
        return target
    disk.require(size, folder, "The images need")
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
    try:
        fill(making)
        making.chmod(0o755)
        with contextlib.suppress(OSError):  # another session was faster with the same images
            making.rename(target)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return target


def _write_files(folder: Path, files: list[tuple[str, bytes]]) -> None:
    for name, content in files:
        path, number = folder / name, 2
        while path.exists():
            path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
            number += 1
        path.write_bytes(content)
