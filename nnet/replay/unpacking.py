"""Read a replay bundle from an untrusted source: everything in it is checked before it is used."""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from nnet.data.archive import read_members
from nnet.data.errors import DataError
from nnet.data.images import IMAGE_SUFFIXES, decode
from nnet.errors import NNetError, brief
from nnet.expression import Expression, parse
from nnet.formats import MIB, FileFormat
from nnet.replay.bundle import Bundle
from nnet.replay.formats import (
    CALIBRATION,
    CALIBRATION_FORMAT,
    FORMAT,
    HIGHEST,
    IMAGE,
    IMAGE_FORMAT,
    LOWEST,
    MANIFEST,
    MANIFEST_FORMAT,
    MAP_SIDES,
    MEMBERS,
    MODEL,
    MODEL_FORMAT,
    ORIGINAL,
    SCORE_SIDES,
    SETTINGS,
    SETTINGS_FORMAT,
    VALUES,
    VALUES_FORMAT,
    BundleCalibration,
    ReplayError,
    SettingsFile,
)
from nnet.scoring.calibration import Reference
from nnet.scoring.maps import MAP_NAMES

_ARRAY_LIMIT = 16 * MIB
_BUNDLE = FileFormat(
    name="*.zip",
    about="A replay bundle: one result that can be opened again, with the members below (`nnet.replay`).",
    error=ReplayError,
    remedy="Save the bundle again from the Inspect page.",
    most=1024 * MIB,
)


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
        content = source if isinstance(source, bytes) else _BUNDLE.content(source)
        if not is_zip(content):
            raise ReplayError(f"{name} is not a replay bundle: a ZIP was expected. Save one from the Inspect page.")
        members = read_members(content, _most, name)
        return _bundle(members, _listed(members, name), name)
    except OSError as error:
        raise ReplayError(f"{name} could not be read: {error.strerror or error}.") from error
    except NNetError as error:
        said = str(error) if name in str(error) else f"{name}: {error}"
        raise ReplayError(f"{said} A replay bundle was expected." if isinstance(error, DataError) else said) from error
    except (ValueError, EOFError, MemoryError) as error:  # numpy's, on an array's header
        raise ReplayError(f"{name} does not hold a replay bundle ({brief(error)}); it is refused.") from error


def _most(path: str) -> int:
    if path in MEMBERS:
        return MEMBERS[path].most
    stem, dot, suffix = path.partition(".")
    return IMAGE_FORMAT.most if stem == ORIGINAL and dot + suffix in IMAGE_SUFFIXES | {".bin"} else 0


def _listed(members: Mapping[str, bytes], name: str) -> dict[str, str]:
    """Member -> SHA-256 as the manifest states it; exactly the members that are there."""
    if MANIFEST not in members:
        raise ReplayError(f"{name} is not a replay bundle: it has no {MANIFEST}. Save one from the Inspect page.")
    manifest = MANIFEST_FORMAT.parse(members[MANIFEST], f"{name}, {MANIFEST}")
    if manifest["format"] != FORMAT:
        raise ReplayError(f"{name} is not a replay bundle of N-Net. Save one from the Inspect page.")
    listed = {path: entry["sha256"] for path, entry in manifest["members"].items()}
    required = set(MEMBERS) - {MANIFEST}
    if missing := sorted((required | set(listed)) - set(members)):
        raise ReplayError(f"{name} is incomplete: {', '.join(missing)[:300]} is missing. Save it again.")
    if extra := sorted(set(members) - set(listed) - {MANIFEST}):
        raise ReplayError(f"{name} holds {', '.join(extra)}, which its manifest does not list; it is refused.")
    return listed


def _bundle(members: Mapping[str, bytes], listed: Mapping[str, str], name: str) -> Bundle:
    settings = SETTINGS_FORMAT.parse(members[SETTINGS], f"{name}, {SETTINGS}")
    calibration = CALIBRATION_FORMAT.parse(members[CALIBRATION], f"{name}, {CALIBRATION}")
    arrays = _arrays(members[VALUES], name)
    maps = {key: a for key, a in arrays.items() if key != "score"}
    expression = parse(settings["expression"])
    expression.evaluate(dict.fromkeys(maps, 0.0))  # raises for a map that is not there
    if arrays["score"].shape != (settings["size"], settings["size"]):
        expected = f"{settings['size']} x {settings['size']}"
        raise ReplayError(f"{name} holds a score map of {arrays['score'].shape} where {expected} were expected.")
    if missing := sorted(maps.keys() - calibration["map_levels"].keys()):
        raise CALIBRATION_FORMAT.damaged(f"{name}, {CALIBRATION}", f"it has no level of {missing[0]}")
    return Bundle(
        title=settings["title"],
        image=decode(members[IMAGE], f"{name}, {IMAGE}").image,
        original=_original(members, settings, name),
        maps=maps,
        score=arrays["score"],
        reference=_reference(settings, calibration, expression, name),
        size=settings["size"],
        sigma=float(settings["sigma"]),
        value=float(settings["score"]),
        percentile=float(settings["percentile"]),
        p_value=float(settings["p_value"]),
        anomalous=settings["anomalous"],
        pixels_hash=settings["pixels_sha256"],
        levels={key: float(calibration["map_levels"][key]) for key in maps},
        view=settings["view"],
        model=cast(dict[str, Any], MODEL_FORMAT.parse(members[MODEL], f"{name}, {MODEL}")),
        damaged=tuple(path for path, stated in listed.items() if hashlib.sha256(members[path]).hexdigest() != stated),
        members=len(listed),
    )


def _original(members: Mapping[str, bytes], settings: SettingsFile, name: str) -> tuple[str, bytes] | None:
    found = next((content for path, content in members.items() if path.partition(".")[0] == ORIGINAL), None)
    if found is None:
        return None
    if not (title := settings.get("original")):
        raise SETTINGS_FORMAT.damaged(f"{name}, {SETTINGS}", "it does not name the uploaded file")
    return title, found


def _reference(settings: SettingsFile, calibration: BundleCalibration, expression: Expression, name: str) -> Reference:
    scores = np.array(calibration["scores"], np.float64)
    if (np.diff(scores) < 0).any() or calibration["expression"] != expression.text:
        raise CALIBRATION_FORMAT.damaged(f"{name}, {CALIBRATION}", f"expected ascending scores under {expression}")
    quantile, median = float(calibration["threshold_quantile"]), float(calibration["pixel_median"])
    return Reference(expression, scores, float(settings["threshold"]), quantile, median)


def _arrays(content: bytes, name: str) -> dict[str, np.ndarray]:
    """The score map and the maps of an NPZ; read without numpy's loader, which trusts the sizes in the file."""
    files = read_members(content, lambda path: _ARRAY_LIMIT if _array_name(path) else 0, f"{name}, {VALUES}")
    arrays = {_array_name(path): _array(file, f"{name}, {VALUES}, {path}") for path, file in files.items()}
    if "score" not in arrays or len(arrays) < 2:
        raise VALUES_FORMAT.damaged(f"{name}, {VALUES}", "it was expected to hold the score map and M1 to M6")
    if len({a.shape for key, a in arrays.items() if key != "score"}) > 1:
        raise VALUES_FORMAT.damaged(f"{name}, {VALUES}", "its maps were expected to have one size")
    return arrays


def _array_name(path: str) -> str:
    stem = path.removesuffix(".npy")
    return stem if stem != path and stem in ("score", *MAP_NAMES) else ""


def _array(content: bytes, name: str) -> np.ndarray:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise VALUES_FORMAT.damaged(name, "it is no plain array")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    least, most = SCORE_SIDES if name.endswith("score.npy") else MAP_SIDES
    is_square = len(shape) == 2 and shape[0] == shape[1] and least <= shape[0] <= most
    if dtype != np.float32 or fortran or not is_square:
        raise VALUES_FORMAT.damaged(
            name,
            f"float32 of two dimensions was expected, with equal sides from {least} to {most}, it is {dtype} {shape}",
        )
    values = np.frombuffer(content, np.float32, offset=stream.tell())
    if values.size != shape[0] * shape[1] or not np.isfinite(values).all():
        raise VALUES_FORMAT.damaged(name, f"it does not hold the {shape[0] * shape[1]:,} finite numbers that it states")
    if most == MAP_SIDES[1] and (values.min() < LOWEST or values.max() > HIGHEST):
        raise VALUES_FORMAT.damaged(name, f"its values were expected to lie between 0 and {HIGHEST:,.0f}")
    return values.reshape(shape).copy()
