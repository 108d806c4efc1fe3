"""What is fuzzed: everything that takes in what somebody else may have made.

A target gets bytes. It ends, or refuses them with the error that it declares; whatever else it raises is a fault, and
so are more than `fuzz.SECONDS` for one input and more than `fuzz.MEGABYTES` of memory. The first bytes may choose what
the others are.
"""

import base64
import importlib
import io
import json
import os
import pkgutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import bundles
import damaging
import numpy as np
from builders import encode, tiny_config, zipped
from PIL import Image
from run_builders import end, make_run, say, write_film, write_history

import nnet
import workbench
from nnet.analysis import stored
from nnet.config import Config
from nnet.data import open_zip
from nnet.data.images import decode
from nnet.detector import Detector
from nnet.errors import NNetError
from nnet.expression import parse
from nnet.formats import KNOWN, Arrays, Document, FileFormat, Lines, Text
from nnet.replay import unpack
from nnet.replay.checks import check
from nnet.replay.formats import MANIFEST
from nnet.runs import Runs
from nnet.saved import checkpoint
from workbench.shared import known_data, layer, settings, units

ROOT = Path(__file__).resolve().parents[2]
IMAGE_TYPES = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "AVIF")
PACKAGES = ("model", "saved", "runs", "studies", "replay", "export", "data", "watch")
NAMES = ("a.png", "train/good/1.png", "test/dent/1.png", "ground_truth/dent/1_mask.png", "labels.csv", "x.json", "b/")
NAMES += ("../up.png", "/etc/x.png", "C:\\x.png", "split_csv/1cls.csv", "good/1.png", "__MACOSX/a.png", "\u202e.png")


@dataclass(frozen=True)
class Target:
    """A way in.

    Attributes:
        take: what is done with the bytes.
        seeds: bytes that get far.
        longest: most bytes of an input.
        is_json: whether what follows the first byte may be JSON, which is then changed value by value, too.
    """

    take: Callable[[bytes], object]
    seeds: Callable[[], Iterator[bytes]]
    longest: int = 4096
    is_json: bool = False


# ------------------------------------------------------------------------------------------------------------- images


def take_image(content: bytes) -> None:
    """An image, which is decoded as some number of bits, or a drawing on one."""
    bits, content = content[:1], content[1:]
    try:
        if bits == b"\0":
            layer.read_layer("data:image/png;base64," + base64.b64encode(content).decode(), (64, 64))
            return
        found = decode(content, "fuzz", bits={b"\x02": 10, b"\x03": 12}.get(bits))
    except NNetError as error:
        assert len(str(error)) < 2000
        return
    height, width, colours = found.image.shape
    assert found.image.dtype == np.uint8 and colours == 3 and min(height, width) >= 16


def image_seeds() -> Iterator[bytes]:
    ramp = np.arange(32 * 24, dtype=np.uint16).reshape(24, 32)
    colour = np.stack([ramp % 251, ramp % 13, ramp % 7], -1).astype(np.uint8)
    pictures = [Image.fromarray(colour), Image.fromarray(colour[..., 0]), Image.fromarray(colour).quantize(8)]
    for kind in IMAGE_TYPES:
        for picture in pictures:
            with suppress(OSError, ValueError):  # this kind has no such colours
                yield b"\1" + encode(picture, kind)
    for picture, kind in ((Image.fromarray(ramp * 64), "TIFF"), (Image.fromarray(ramp * 64), "PNG")):
        yield b"\3" + encode(picture, kind)
    yield b"\0" + encode(np.full((64, 64, 4), 200, np.uint8))


# --------------------------------------------------------------------------------------------------------------- ZIPs


def take_zip(content: bytes) -> None:
    """The file as it is, or one that is made of these bytes, as a data set."""
    kind, content = content[:1], content[1:]
    try:
        open_zip(io.BytesIO(_packed(content) if kind == b"\1" else content), name="fuzz.zip")
    except NNetError as error:
        assert len(str(error)) < 4000


def _packed(content: bytes) -> bytes:
    """A ZIP of entries: a byte for the name, or the length of one that follows, then the length of what it holds."""
    stream, rest = io.BytesIO(), io.BytesIO(content)
    with zipfile.ZipFile(stream, "w") as archive:
        while (head := rest.read(4)) and len(head) == 4:
            name = rest.read(head[0]).decode("utf-8", "replace") if head[0] >= len(NAMES) else NAMES[head[0]]
            entry = zipfile.ZipInfo(name or "empty")
            entry.external_attr = (head[1] << 24) | 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED if head[2] % 2 else zipfile.ZIP_STORED
            archive.writestr(entry, rest.read(head[3] * 8))
    return stream.getvalue()


def zip_seeds() -> Iterator[bytes]:
    picture = next(image_seeds())[1:]
    yield b"\2" + zipped(dict.fromkeys(NAMES[:4], picture))
    padded = picture.ljust(-len(picture) // 8 * -8, b"\0")
    yield b"\1" + b"".join(bytes((number, 0, number % 2, len(padded) // 8)) + padded for number in range(len(NAMES)))
    table = b"object,split,label,image,mask\na,train,normal,a.png,\n".ljust(56)
    yield b"\1" + b"".join(bytes((number, 0, 0, 7)) + table for number in (0, 4, 5, 10))


# ----------------------------------------------------------------------------------------------------- replay bundles


@cache
def members() -> bundles.Members:
    """What stands in a good bundle."""
    model = Detector.load(damaging.untrained_checkpoint(scratch() / "packing"), "cpu")
    picture = encode(np.full((64, 64, 3), 90, np.uint8))
    return dict(sorted(bundles.opened(bundles.pack(model, ("part.png", picture))).items()))


def take_bundle(content: bytes) -> None:
    """A bundle in which one member is exchanged, with a manifest that fits it, or the whole file."""
    names = list(members())
    number, content = (content or b"\0")[0] % (len(names) + 1), content[1:]
    try:
        found = unpack(_signed(names[number], content) if number < len(names) else content, "fuzz")
        assert all(one.detail for one in check(found))
    except NNetError as error:
        assert len(str(error)) < 4000


def _signed(name: str, content: bytes) -> bytes:
    changed = {**members(), name: content}
    return zipped(changed) if name == MANIFEST else bundles.signed(changed)


def bundle_seeds() -> Iterator[bytes]:
    for number, content in enumerate(members().values()):
        yield bytes([number]) + content
    yield bytes([len(members())]) + zipped(members())


# -------------------------------------------------------------------------------------------------------- expressions


def take_expression(content: bytes) -> None:
    """What is read can be written, read again and computed."""
    try:
        found = parse(content.decode("utf-8", "replace"))
    except NNetError as error:
        assert len(str(error)) < 400
        return
    assert parse(found.text) == found and found.evaluate(dict.fromkeys(found.maps, 0.5)) >= 0


def expression_seeds() -> Iterator[bytes]:
    yield from (b"(M1+M6)*(M2+M5)*(M3+M4)", b"M1", "m1\u00b7m2 x M3".encode(), b"((M1+M2))*M3+M4", b"(" * 21)


# ------------------------------------------------------------------------------------------------------------ formats


@cache
def formats() -> list[FileFormat]:
    """All that are declared, by name."""
    for found in pkgutil.walk_packages(nnet.__path__, "nnet."):
        if found.name.split(".")[1] in PACKAGES and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    return sorted(KNOWN, key=lambda format: (format.error.__module__, format.name))


@cache
def scratch() -> Path:
    """A folder in memory, where there is one."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="nnet-fuzz-", dir=memory if os.access(memory, os.W_OK) else None))


def take_format(content: bytes) -> None:
    """A file of the format that the first byte names. Settings that are accepted can be used."""
    format = formats()[(content or b"\0")[0] % len(formats())]
    try:
        found = _read(format, content[1:])
        if isinstance(found, dict) and isinstance(found.get("config"), dict):
            Config.from_dict(found["config"])
    except format.error as error:
        assert len(str(error)) < 2000 and "\n" not in str(error)
    except NNetError:
        assert isinstance(format, Document)


def _read(format: FileFormat, content: bytes) -> Any:
    if isinstance(format, Document):
        return format.parse(content, "fuzz")
    path = scratch() / "file"
    path.write_bytes(content)
    if isinstance(format, Arrays):
        return format.numpy(path)
    return format.read(path) if isinstance(format, Lines | Text) else format.content(path)


def format_seeds() -> Iterator[bytes]:
    models = ROOT / "checkpoints" / "elpv-mono"
    for number, format in enumerate(formats()):
        start, known = bytes([number]), models / format.name
        if isinstance(format, Document):
            yield start + b"{}"
        if known.is_file() and known.stat().st_size < 30_000:
            yield start + known.read_bytes()
        if isinstance(format, Arrays):
            for name in ("header that lies", "negative", "unknown type", "header of another shape"):
                damaging.ARRAYS[name](scratch() / "file")
                yield start + (scratch() / "file").read_bytes()
        if format.name == "run.json":
            yield start + json.dumps({"format": 1, "name": "a", "data": "elpv", "config": Config().to_dict()}).encode()


# ------------------------------------------------------------------------------------------------------------ folders

IN_A_RUN = ("run.json", "status.json", "exit.json", "queued.json", "lock", "history.jsonl", "log.txt")
IN_A_FILM = ("film/probes.json", "film/probes.safetensors", "film/frame-000001.safetensors")
IN_A_MODEL = ("config.json", "metrics.json", "scores.json", "decision.json", "calibration.json", "card.md")
FILES = (*IN_A_RUN, *IN_A_FILM, *IN_A_MODEL)


@cache
def folders() -> tuple[Path, Path, dict[str, bytes]]:
    """A run and a model, and what stands in their files."""
    run = make_run(Runs(scratch() / "runs"), "Run")
    say(run), write_history(run), write_film(run), end(run, 1, "because")
    (run.path / "queued.json").write_text('{"ticket": 1}')
    (run.path / "log.txt").write_text("said\n")
    model = damaging.untrained_checkpoint(scratch() / "model")
    config = checkpoint.load(model)
    kept = {"expression": config.config.score.expression, "threshold": 0.5, "reason": "because"}
    (model / "decision.json").write_text(json.dumps({"kept": [kept]}))
    held = {name: (run.path if name not in IN_A_MODEL else model) / name for name in FILES}
    return run.path, model, {name: path.read_bytes() for name, path in held.items()}


def take_folder(content: bytes) -> None:
    """One file of a run or of a model is replaced; then everything that is shown of it is read."""
    run, model, before = folders()
    name = FILES[(content or b"\0")[0] % len(FILES)]
    path = (model if name in IN_A_MODEL else run) / name
    path.write_bytes(content[1:])
    try:
        if name in IN_A_MODEL:
            found = checkpoint.load(model)
            stored.read(found)
            units.card(found.card)
        else:
            _list(run)
            film = Runs(run.parent).get(run.name).film()
            _ = film.probes, film.scores()
    except NNetError as error:
        assert "\n" not in str(error)
    finally:
        path.write_bytes(before[name])


def _list(path: Path) -> None:
    """A run is listed whatever is in it."""
    try:
        (run,) = Runs(path.parent).list()
        assert run.state and isinstance(run.reason, str)
        _ = run.history(), run.history_problem, run.log_tail(), run.kept_epochs, run.model
    except NNetError as error:
        raise AssertionError("a run stops the list") from error


def folder_seeds() -> Iterator[bytes]:
    before = folders()[2]
    for number, name in enumerate(FILES):
        if len(before[name]) < 60_000:
            yield bytes([number]) + before[name]
    values = {"format": 1, "name": "x", "data": "elpv", "config": tiny_config().to_dict()}
    yield bytes([0]) + json.dumps(values).encode()


# ---------------------------------------------------------------------------------------------------------- addresses


@cache
def declared() -> list[settings.Setting[Any]]:
    """The settings of all pages."""
    for found in pkgutil.walk_packages(workbench.__path__, "workbench."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    return list(settings.declared().values())


def take_address(content: bytes) -> None:
    """A value in the URL: within bounds, every setting reads or refuses it, and what it reads can be linked to."""
    written = content.decode("utf-8", "replace")
    assert len(units.plain(written)) < 10_000 and "\n" not in units.cut(written)
    if not settings.within_bounds(written):
        return
    for setting in declared():
        try:
            value = setting.read(written)
        except (ValueError, KeyError):
            continue
        link = setting.link(value)
        assert isinstance(link, str)
        if settings.within_bounds(link):
            setting.read(link)
    try:
        found = known_data.from_link(written)
    except ValueError:
        return
    assert not found or found.partition(":")[0] in known_data.NAMED


def address_seeds() -> Iterator[bytes]:
    yield from (b"80", b"0.25", b"yes", b"fixed", b"1,2,3", b"10,20,30,40;1,2,3,4", b"M1*M2", b"synthetic:metal")
    yield from (b"data-0123456789abcdef", b"/etc", "\u0661".encode(), b"1e308", b"nan", b"test/good/1.png", b"0.5,0.5")
    yield from (str(one.default).encode() for one in declared() if one.default is not None)


TARGETS = {
    "images": Target(take_image, image_seeds, 8192),
    "zips": Target(take_zip, zip_seeds, 32_768),
    "bundles": Target(take_bundle, bundle_seeds, 65_536, is_json=True),
    "expressions": Target(take_expression, expression_seeds, 400),
    "formats": Target(take_format, format_seeds, 32_768, is_json=True),
    "folders": Target(take_folder, folder_seeds, 65_536, is_json=True),
    "addresses": Target(take_address, address_seeds, 4500),
}
