"""ONNX Runtime Web: Microsoft's own files from its npm package, of one version and one hash, for the web export."""

import gzip
import hashlib
import json
import os
import tarfile
import urllib.request
from pathlib import Path

from nnet.export.errors import ExportError
from nnet.saved.storage import write_text

VERSION = "1.30.0"
FILE = f"onnxruntime-web-{VERSION}.tgz"
ADDRESS = f"https://registry.npmjs.org/onnxruntime-web/-/{FILE}"
SHA256 = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"
_MOST = 2**29  # bytes of the package
PATIENCE = 60  # seconds without a byte

# Of the package's builds the one for WebAssembly alone is the smallest. On one thread it needs no cross-origin
# isolation. Named .js, since not every static server knows .mjs.
_PARTS = {
    "package/dist/ort.wasm.min.mjs": "ort.js",
    "package/dist/ort-wasm-simd-threaded.mjs": "ort-wasm.js",
    "package/dist/ort-wasm-simd-threaded.wasm": "ort-wasm.wasm.gz",
}
_LICENCE = """\
ONNX Runtime Web {version}, from the npm package onnxruntime-web ({address}).
ort.js, ort-wasm.js and ort-wasm.wasm.gz (gzipped) are its files {names}, unchanged.

MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def install(folder: Path, package: Path | None = None) -> None:
    """Put the runtime's files and its licence into a folder that exists.

    Args:
        folder: gets ort.js, ort-wasm.js, ort-wasm.wasm.gz, LICENSE.txt and the package's package.json.
        package: the npm package's .tgz, for a computer without a network; by default it is downloaded once.

    Raises:
        ExportError: no network, or a file that is not this version's package.
    """
    with tarfile.open(locate(package)) as archive:
        for inside, name in _PARTS.items():
            content = _read(archive, inside)
            (folder / name).write_bytes(gzip.compress(content, 9, mtime=0) if name.endswith(".gz") else content)
        described = json.loads(_read(archive, "package/package.json"))
    kept = {key: described[key] for key in ("name", "version", "license", "author", "repository") if key in described}
    write_text(folder / "package.json", json.dumps(kept, indent=2) + "\n")
    names = ", ".join(inside.removeprefix("package/") for inside in _PARTS)
    write_text(folder / "LICENSE.txt", _LICENCE.format(version=VERSION, address=ADDRESS, names=names))


def locate(package: Path | None = None) -> Path:
    """The npm package's .tgz: the given one, or from the user's cache, downloaded if it is not there.

    Raises:
        ExportError: as `install`.
    """
    source = package or _downloaded()
    if not _is_package(source):
        raise ExportError(f"{source} is not {FILE} as npm has it (SHA-256 {SHA256}). Download {ADDRESS} again.")
    return source


def _downloaded() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nnet-workbench"
    target = cache / FILE
    if _is_package(target):
        return target
    try:
        with urllib.request.urlopen(ADDRESS, timeout=PATIENCE) as answer:
            content: bytes = answer.read()
    except OSError as error:
        raise ExportError(
            f"The web page needs ONNX Runtime Web, which could not be downloaded ({error}). Go online for the first "
            f"export, or download {ADDRESS} elsewhere and give the file with --runtime."
        ) from error
    if _sha256(content) != SHA256:
        raise ExportError(f"{ADDRESS} did not give the expected file (SHA-256 {SHA256}). Try again later.")
    cache.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(content)
    os.replace(part, target)
    return target


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)
    assert stream is not None  # the hash has fixed what is in the archive
    return stream.read()


def _is_package(file: Path) -> bool:
    """Whether it is the package as npm has it; a file that is far larger is not even read."""
    if not os.path.isfile(file) or file.stat().st_size > _MOST:
        return False
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == SHA256


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
