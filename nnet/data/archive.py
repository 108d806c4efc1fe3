"""Unpacking a ZIP from an untrusted source."""

import io
import shutil
import stat
import tempfile
import weakref
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from nnet.data.errors import DataError
from nnet.data.images import IMAGE_SUFFIXES
from nnet.data.listing import LEFT_PACKED, is_ignored
from nnet.data.names import safe_name
from nnet.errors import brief

KEPT_SUFFIXES = IMAGE_SUFFIXES | {".csv", ".json"}
CHUNK = 1 << 20
MIB = 1 << 20


@dataclass(frozen=True)
class ZipLimits:
    """What a ZIP may hold at most.

    Attributes:
        files: number of entries, folders included.
        depth: folders inside one another.
        total_bytes: bytes of all files together, unpacked.
        file_bytes: bytes of one file, unpacked.
        ratio: unpacked size over packed size of the whole; images hardly shrink, so a high one is a bomb.
        ratio_from: unpacked bytes below which the ratio is not looked at; small plain masks shrink a lot.
    """

    files: int = 100_000
    depth: int = 20
    total_bytes: int = 8192 * MIB
    file_bytes: int = 512 * MIB
    ratio: float = 50.0
    ratio_from: int = 64 * MIB


class TemporaryFolder:
    """A folder that is removed when the last object that holds this one is gone, or when Python ends."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="nnet-zip-"))
        self._finalizer = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def remove(self) -> None:
        """Remove it now."""
        self._finalizer()


def extract_zip(source: Path | BinaryIO, target: Path, limits: ZipLimits | None = None, name: str = "") -> int:
    """Unpack the images and CSV tables of a ZIP into `target`, an empty or a new folder.

    Everything is checked from the directory of the ZIP before the first byte is written; an entry that holds more than
    the directory says is cut there by `zipfile` and fails its checksum. Hidden files, __MACOSX and files that are
    neither images, tables nor polygons stay packed, and `LEFT_PACKED` lists the last of them. A name that is too long
    for a file system is stored and called as `safe_name` makes it. When anything is refused or fails, what was written
    is removed.

    Args:
        source: the ZIP file, or a seekable binary stream such as an upload.
        limits: ZipLimits(); pass others for larger data sets.
        name: the name to use in messages, where the source is a stream.

    Returns:
        The number of files written.

    Raises:
        DataError: not a ZIP, damaged, encrypted, over a limit, an entry that would leave `target` (an absolute path,
            "..", a drive), too many folders inside one another, a link or a device, two entries of one name, no images,
            or `target` holds files already.
    """
    name = name or (str(source) if isinstance(source, Path) else "The upload")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise DataError(f"{target} is not an empty folder; give a new one to unpack {name} into.")
    existed = target.exists()
    try:
        with zipfile.ZipFile(source) as archive:
            entries, packed = _checked(archive, name, limits or ZipLimits(), _packed_size(source))
            _check_space(entries, target, name)
            for entry, path in entries:
                _write(archive, entry, target / path)
            if packed:
                text = "".join(f"{path}\n" for path in packed)
                (target / LEFT_PACKED).write_text(text, encoding="utf-8", errors="surrogateescape")
    except DataError:
        _remove(target, existed)
        raise
    except Exception as error:  # on a damaged file zipfile raises almost every type there is
        _remove(target, existed)
        raise DataError(f"{name} could not be unpacked as a ZIP ({brief(error)}); create it again.") from error
    return len(entries)


def _packed_size(source: Path | BinaryIO) -> int:
    return source.stat().st_size if isinstance(source, Path) else source.seek(0, io.SEEK_END)


def _checked(
    archive: zipfile.ZipFile, name: str, limits: ZipLimits, packed: int
) -> tuple[list[tuple[zipfile.ZipInfo, PurePosixPath]], list[str]]:
    """The entries to unpack with their paths, and what stays; raises DataError before anything is written."""
    infos = archive.infolist()
    if len(infos) > limits.files:
        raise DataError(f"{name} has {len(infos)} entries; at most {limits.files} are unpacked.")
    entries: dict[str, tuple[zipfile.ZipInfo, PurePosixPath]] = {}
    left: list[str] = []
    for info in infos:
        path = _safe_path(info, name)
        if info.is_dir() or any(is_ignored(part) for part in path.parts):
            continue
        if path.suffix.lower() not in KEPT_SUFFIXES:
            left.append(str(path).replace("\n", " "))
            continue
        if len(path.parts) > limits.depth:
            raise DataError(
                f"{name} holds {len(path.parts)} folders inside one another; at most {limits.depth} are read."
            )
        # Compared without case, because some file systems would write both into one file.
        if str(path).lower() in entries:
            raise DataError(f"{name} holds {path} twice; create it again with each name only once.")
        entries[str(path).lower()] = (info, PurePosixPath(*map(safe_name, path.parts)))
    found = list(entries.values())
    _check_sizes([info for info, _ in found], name, limits, packed)
    return found, left


def _safe_path(info: zipfile.ZipInfo, name: str) -> PurePosixPath:
    """The entry's relative path; raises DataError for one that is refused."""
    # The original name, since zipfile itself cuts it at a NUL; some Windows tools write backslashes.
    text = info.orig_filename.replace("\\", "/")
    path = PurePosixPath(text)
    if not path.parts or "\0" in text or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise DataError(f"{name} holds the entry {info.orig_filename!r}, which would leave the folder; it is refused.")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise DataError(f"{name} holds {path}, which is a link or a device; pack the files themselves.")
    if info.flag_bits & 0x1:
        raise DataError(f"{name} is encrypted ({path}); make the ZIP without a password.")
    return path


def _check_sizes(infos: list[zipfile.ZipInfo], name: str, limits: ZipLimits, packed: int) -> None:
    if not any(PurePosixPath(info.filename).suffix.lower() in IMAGE_SUFFIXES for info in infos):
        raise DataError(f"{name} holds no images ({', '.join(sorted(IMAGE_SUFFIXES))}).")
    large = next((info for info in infos if info.file_size > limits.file_bytes), None)
    if large:
        raise DataError(
            f"{name} holds {large.filename} of {large.file_size / MIB:,.0f} MiB; "
            f"one file may have {limits.file_bytes / MIB:,.0f} MiB."
        )
    total = sum(info.file_size for info in infos)
    if total > limits.total_bytes:
        raise DataError(
            f"{name} unpacks to {total / MIB:,.0f} MiB; at most {limits.total_bytes / MIB:,.0f} MiB are unpacked. "
            "Unpack it yourself and open the folder."
        )
    if total > limits.ratio_from and total > limits.ratio * max(packed, 1):
        raise DataError(
            f"{name} unpacks to {total / max(packed, 1):,.0f} times its size; images shrink far less, so it is refused."
        )


def _check_space(entries: list[tuple[zipfile.ZipInfo, PurePosixPath]], target: Path, name: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    needed, free = sum(info.file_size for info, _ in entries), shutil.disk_usage(target).free
    if needed > free:
        raise DataError(f"{name} needs {needed / MIB:,.0f} MiB on disk, but {free / MIB:,.0f} MiB are free.")


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as packed, path.open("xb") as file:
        shutil.copyfileobj(packed, file, CHUNK)


def _remove(target: Path, existed: bool) -> None:
    """Take back what was written: the folder, or its contents where it was there before."""
    for child in [*target.iterdir()] if existed else [target]:
        if child.is_dir():
            shutil.rmtree(child, ignore_errors=True)
        else:
            child.unlink(missing_ok=True)


def read_members(content: bytes, most: Callable[[str], int], name: str) -> dict[str, bytes]:
    """The files of a small ZIP from an untrusted source, in memory: path -> bytes.

    Args:
        content: the ZIP.
        most: for a path in it, the largest number of bytes that it may unpack to; 0 for one that does not belong there.
        name: what to call the ZIP in messages.

    Raises:
        DataError: not a ZIP, damaged, cut off, encrypted, too large, an entry that would leave a folder, that does
            not belong there or occurs twice, or a method of compression whose output cannot be limited.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _members(archive, most, name)
    except DataError:
        raise
    except Exception as error:  # on a damaged file zipfile raises almost every type there is
        raise DataError(f"{name} could not be read as a ZIP ({brief(error)}); it is damaged or cut off.") from error


def _members(archive: zipfile.ZipFile, most: Callable[[str], int], name: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    # Of a ZIP that is cut off inside a member that is itself a ZIP, zipfile finds the directory of that one.
    if min((info.header_offset for info in archive.infolist()), default=0):
        raise DataError(f"{name} does not begin with its first file; it is damaged or cut off.")
    for info in archive.infolist():
        path = str(_safe_path(info, name))
        limit = most(path)
        if not limit:
            raise DataError(f"{name} holds {path}, which does not belong in it, so it is refused.")
        if path in found:
            raise DataError(f"{name} holds {path} twice; it is refused.")
        if info.file_size > limit:
            raise DataError(
                f"{name} holds {path} of {info.file_size / MIB:,.0f} MiB; at most {limit / MIB:,.0f} MiB are read."
            )
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(f"{name} is compressed with an unsupported method; pack it with the usual one (deflate).")
        with archive.open(info) as packed:
            # One byte more than is stated: an entry that holds more is cut there and fails its checksum.
            found[path] = packed.read(info.file_size + 1)
    return found
