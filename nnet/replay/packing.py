"""Write a replay bundle."""

import hashlib
import io
import json
import platform
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, cast

import numpy as np
import torch

import nnet
from nnet.data.images import IMAGE_SUFFIXES, content_hash
from nnet.detector import Detector, TrainedModel
from nnet.errors import NNetError
from nnet.replay.formats import CALIBRATION, FORMAT, IMAGE, MANIFEST, MODEL, ORIGINAL, SETTINGS, VALUES, VERSION
from nnet.saved.formats import CONFIG, CONFIG_FORMAT, MAPS
from nnet.saved.provenance import provenance, versions
from nnet.scoring.judge import Judgement
from nnet.scoring.overlay import to_png


def pack(
    detector: TrainedModel,
    image: np.ndarray,
    maps: Mapping[str, np.ndarray],
    judged: Judgement,
    *,
    title: str,
    original: tuple[str, bytes] | None = None,
    view: Mapping[str, str] | None = None,
) -> bytes:
    """A replay bundle as the content of a ZIP file.

    Args:
        detector: what made the maps.
        image: uint8 (H, W, 3), the decoded pixels.
        maps: M1..M6 as far as the model has them, float32 (h, w).
        judged: their score map under its reference's expression, float32 (size, size). The reference has the
            threshold in use, which need not be the model's own.
        title, original, view: as in `Bundle`.
    """
    config, reference, value = detector.config, judged.reference, judged.value
    settings = {
        "title": title,
        "pixels_sha256": content_hash(image),
        "original": None if original is None else original[0],
        "expression": reference.expression.text,
        "size": config.model.size,
        "sigma": config.score.sigma,
        "threshold": reference.threshold,
        "score": value,
        "percentile": reference.percentile(value),
        "p_value": reference.p_value(value),
        "anomalous": reference.is_anomalous(value),
        "view": dict(view or {}),
    }
    calibration = {
        "expression": reference.expression.text,
        "scores": reference.scores.tolist(),
        "threshold_quantile": reference.quantile,
        "pixel_median": reference.pixel_median,
        "map_levels": {name: levels["q99"] for name, levels in detector.calibration.map_quantiles.items()},
    }
    members = {
        IMAGE: to_png(image, level=3),
        VALUES: _npz({"score": judged.score, **maps}),
        CALIBRATION: _json(calibration),
        SETTINGS: _json(settings),
        MODEL: _json(_account(detector)),
    }
    if original is not None:
        members[ORIGINAL + _suffix(original[0])] = original[1]
    return _zip({MANIFEST: _json(_manifest(members)), **members})


def environment(detector: Detector) -> dict[str, Any]:
    """What affects the last digits of a number: versions, device, processor and number of threads."""
    return {
        "versions": versions(),
        "device": detector.device_name,
        "kind": detector.device.type,
        "processor": _processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }


def _account(detector: TrainedModel) -> dict[str, Any]:
    saved, here = detector.checkpoint, provenance()
    return {
        "checkpoint": {
            "name": saved.name,
            "weights_sha256": saved.weights_hash,
            "calibration_sha256": stated_hashes(saved.path).get(MAPS, ""),
            "data": saved.about.get("data"),
            "created": saved.about.get("created"),
        },
        "teacher": {
            "name": detector.config.model.teacher,
            "origin": saved.about.get("teacher_origin"),
            "sha256": detector.network.T.sha256(),
        },
        "config": detector.config.to_dict(),
        "environment": environment(detector),
        "commit": here["commit"],
        "created": here["created"],
    }


def stated_hashes(path: Path) -> dict[str, str]:
    """The hashes that a checkpoint's config.json states; {} if there is none that can be read."""
    try:
        return cast(dict[str, str], CONFIG_FORMAT.read(path / CONFIG)["sha256"])
    except (NNetError, FileNotFoundError):
        return {}


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _suffix(name: str) -> str:
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    return suffix if suffix in IMAGE_SUFFIXES else ".bin"


def _npz(arrays: Mapping[str, np.ndarray]) -> bytes:
    stream = io.BytesIO()
    named: dict[str, Any] = {name: np.ascontiguousarray(a, np.float32) for name, a in arrays.items()}
    np.savez_compressed(stream, **named)
    return stream.getvalue()


def _json(data: Any) -> bytes:
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False).encode()


def _manifest(members: Mapping[str, bytes]) -> dict[str, Any]:
    listed = {name: {"bytes": len(m), "sha256": hashlib.sha256(m).hexdigest()} for name, m in members.items()}
    return {"format": FORMAT, "version": VERSION, "nnet": nnet.__version__, "members": listed}


def _zip(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            # A fixed date: the same result gives the same file.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return stream.getvalue()
