"""Read a replay bundle from an untrusted source: everything in it is checked before it is used."""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnet.data.archive import read_members
from nnet.data.errors import DataError
from nnet.data.images import IMAGE_SUFFIXES, decode
from nnet.errors import NNetError
from nnet.expression import Expression, parse
from nnet.replay.bundle import (
    CALIBRATION,
    FORMAT,
    IMAGE,
    MANIFEST,
    MODEL,
    ORIGINAL,
    SETTINGS,
    VALUES,
    VERSION,
    Bundle,
    ReplayError,
)
from nnet.scoring.calibration import Reference
from nnet.scoring.maps import MAP_NAMES

_MIB = 2**20
_LIMITS = {MANIFEST: _MIB, SETTINGS: _MIB, MODEL: _MIB, CALIBRATION: 16 * _MIB, VALUES: 64 * _MIB, IMAGE: 256 * _MIB}
"""Most bytes of each member, unpacked."""
_ORIGINAL_LIMIT = 256 * _MIB
_ARRAY_LIMIT = 16 * _MIB
_SIDES = {"maps": 512, "score": 1024}  # the largest that the configuration allows
_VIEW_ENTRIES, _TEXT = 64, 500


def is_zip(content: bytes) -> bool:
    """Whether a file's content begins as a ZIP's does."""
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def unpack(source: bytes | Path, name: str = "") -> Bundle:
    """Read a replay bundle from an untrusted source. `check` and `rerun` say whether its numbers agree.

    Args:
        source: the file's content, or its path.
        name: what to call it in messages.

    Raises:
        ReplayError: no bundle, a newer version's, incomplete, or with contents that are not as expected.
    """
    name = name or (source.name if isinstance(source, Path) else "The replay bundle")
    try:
        content = source if isinstance(source, bytes) else source.read_bytes()
        if not is_zip(content):
            raise ReplayError(f"{name} is not a replay bundle: a ZIP was expected. Save one from the Inspect page.")
        members = read_members(content, _most, name)
        return _bundle(members, _listed(members, name), name)
    except OSError as error:
        raise ReplayError(f"{name} could not be read: {error.strerror or error}.") from error
    except NNetError as error:
        said = str(error) if name in str(error) else f"{name}: {error}"
        raise ReplayError(f"{said} A replay bundle was expected." if isinstance(error, DataError) else said) from error
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError, MemoryError) as error:
        raise ReplayError(f"{name} does not hold a replay bundle ({error}); it is refused.") from error


def _most(path: str) -> int:
    if path in _LIMITS:
        return _LIMITS[path]
    stem, dot, suffix = path.partition(".")
    return _ORIGINAL_LIMIT if stem == ORIGINAL and dot + suffix in IMAGE_SUFFIXES | {".bin"} else 0


def _listed(members: Mapping[str, bytes], name: str) -> dict[str, str]:
    """Member -> SHA-256 as the manifest states it; exactly the members that are there."""
    if MANIFEST not in members:
        raise ReplayError(f"{name} is not a replay bundle: it has no {MANIFEST}. Save one from the Inspect page.")
    manifest = _Fields(members[MANIFEST], MANIFEST)
    if manifest.text("format") != FORMAT:
        raise ReplayError(f"{name} is not a replay bundle of N-Net. Save one from the Inspect page.")
    if (version := manifest.whole("version", 1, 10**6)) != VERSION:
        raise ReplayError(
            f"{name} is a replay bundle of version {version}; this N-Net reads version {VERSION}. Update N-Net."
        )
    listed = {path: _Fields(entry, path).text("sha256") for path, entry in manifest.fields("members").items()}
    required = {IMAGE, VALUES, CALIBRATION, SETTINGS, MODEL}
    if missing := sorted((required | set(listed)) - set(members)):
        raise ReplayError(f"{name} is incomplete: {', '.join(missing)} is missing. Save it again.")
    if extra := sorted(set(members) - set(listed) - {MANIFEST}):
        raise ReplayError(f"{name} holds {', '.join(extra)}, which its manifest does not list; it is refused.")
    return listed


def _bundle(members: Mapping[str, bytes], listed: Mapping[str, str], name: str) -> Bundle:
    settings, calibration = _Fields(members[SETTINGS], SETTINGS), _Fields(members[CALIBRATION], CALIBRATION)
    arrays = _arrays(members[VALUES], name)
    maps = {key: a for key, a in arrays.items() if key != "score"}
    expression = parse(settings.text("expression"))
    expression.evaluate(dict.fromkeys(maps, 0.0))  # raises for a map that is not there
    size = settings.whole("size", 1, _SIDES["score"])
    if arrays["score"].shape != (size, size):
        raise ReplayError(f"{name} holds a score map of {arrays['score'].shape} where {size} x {size} were expected.")
    levels = {key: calibration.within("map_levels").number(key) for key in maps}
    return Bundle(
        title=settings.text("title"),
        image=decode(members[IMAGE], f"{name}, {IMAGE}").image,
        original=_original(members, settings),
        maps=maps,
        score=arrays["score"],
        reference=_reference(settings, calibration, expression),
        size=size,
        sigma=settings.number("sigma", 0, 64),
        value=settings.number("score"),
        percentile=settings.number("percentile", 0, 100),
        p_value=settings.number("p_value", 0, 1),
        anomalous=settings.flag("anomalous"),
        pixels_hash=settings.text("pixels_sha256"),
        levels=levels,
        view=_view(settings),
        model=_model(members[MODEL]),
        damaged=tuple(path for path, stated in listed.items() if hashlib.sha256(members[path]).hexdigest() != stated),
        members=len(listed),
    )


def _original(members: Mapping[str, bytes], settings: _Fields) -> tuple[str, bytes] | None:
    found = next((content for path, content in members.items() if path.partition(".")[0] == ORIGINAL), None)
    return None if found is None else (settings.text("original"), found)


def _reference(settings: _Fields, calibration: _Fields, expression: Expression) -> Reference:
    scores = np.array(calibration.numbers("scores"), np.float64)
    if not len(scores) or (np.diff(scores) < 0).any() or calibration.text("expression") != expression.text:
        raise ReplayError(f"{CALIBRATION} was expected to hold ascending scores under {expression}; it does not.")
    quantile, median = calibration.number("threshold_quantile", 0, 1), calibration.number("pixel_median")
    return Reference(expression, scores, settings.number("threshold"), quantile, median)


def _view(settings: _Fields) -> dict[str, str]:
    found = settings.fields("view")
    if len(found) > _VIEW_ENTRIES or not all(isinstance(v, str) and len(k + v) <= _TEXT for k, v in found.items()):
        raise ReplayError(f"{SETTINGS} holds an unexpected kind of view; it is refused.")
    return found


def _model(content: bytes) -> dict[str, Any]:
    """model.json with the fields that are used later known to be texts."""
    model = _Fields(content, MODEL)
    for section, names in {"checkpoint": ("name", "weights_sha256"), "teacher": ("name", "sha256")}.items():
        for field in names:
            model.within(section).text(field)
    machine = model.within("environment")
    machine.text("device"), machine.text("kind"), model.text("created")
    for package in (versions := machine.within("versions")).values:
        versions.text(package)
    return model.values


def _arrays(content: bytes, name: str) -> dict[str, np.ndarray]:
    """The score map and the maps of an NPZ; read without numpy's loader, which trusts the sizes in the file."""
    files = read_members(content, lambda path: _ARRAY_LIMIT if _array_name(path) else 0, f"{name}, {VALUES}")
    arrays = {_array_name(path): _array(file, f"{name}, {VALUES}, {path}") for path, file in files.items()}
    if "score" not in arrays or len(arrays) < 2:
        raise ReplayError(f"{name}, {VALUES} was expected to hold the score map and M1 to M6; it does not.")
    return arrays


def _array_name(path: str) -> str:
    stem = path.removesuffix(".npy")
    return stem if stem != path and stem in ("score", *MAP_NAMES) else ""


def _array(content: bytes, name: str) -> np.ndarray:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise ReplayError(f"{name} is not a plain array; it is refused.")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    side = _SIDES["score"]
    if dtype != np.float32 or fortran or len(shape) != 2 or not all(0 < n <= side for n in shape):
        raise ReplayError(f"{name} is {dtype} of shape {shape}; float32 of two dimensions was expected.")
    values = np.frombuffer(content, np.float32, offset=stream.tell())
    if values.size != shape[0] * shape[1] or not np.isfinite(values).all():
        raise ReplayError(f"{name} does not hold the {shape[0] * shape[1]:,} finite numbers that it states.")
    return values.reshape(shape).copy()


class _Fields:
    """A JSON object whose fields are read with a check of what they are."""

    def __init__(self, content: object, where: str) -> None:
        found = json.loads(content) if isinstance(content, bytes) else content
        if not isinstance(found, dict):
            raise ReplayError(f"{where} was expected to hold named fields.")
        self.values, self.where = found, where

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or len(value) > _TEXT:
            raise self._wrong(key, f"a text of at most {_TEXT} characters")
        return value

    def number(self, key: str, low: float = -math.inf, high: float = math.inf) -> float:
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._wrong(key, "a finite number")
        if not low <= value <= high:
            raise self._wrong(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def whole(self, key: str, low: int, high: int) -> int:
        value = self.number(key, low, high)
        if value != int(value):
            raise self._wrong(key, "a whole number")
        return int(value)

    def numbers(self, key: str) -> list[float]:
        value = self.values.get(key)
        if not isinstance(value, list):
            raise self._wrong(key, "a list of numbers")
        return [_Fields({"number": one}, f"{self.where}, {key}").number("number") for one in value]

    def flag(self, key: str) -> bool:
        if not isinstance(self.values.get(key), bool):
            raise self._wrong(key, "true or false")
        return self.values[key]

    def fields(self, key: str) -> dict[str, Any]:
        return self.within(key).values

    def within(self, key: str) -> _Fields:
        return _Fields(self.values.get(key), f"{self.where}, {key}")

    def _wrong(self, key: str, expected: str) -> ReplayError:
        return ReplayError(f"{self.where} was expected to hold {expected} as “{key}”; it is refused.")
