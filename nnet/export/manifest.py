"""manifest.json of an export: what goes in, what comes out, what the numbers mean and where they come from."""

import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from nnet.data.framing import Frame
from nnet.detector import TrainedModel
from nnet.export.checking import Check
from nnet.export.graph import Graph
from nnet.export.opening import INPUT
from nnet.export.writers import OPSET
from nnet.model.teacher_weights import file_sha256
from nnet.presets.short import ended_early
from nnet.saved.provenance import commit, versions
from nnet.scoring.calibration import Reference
from nnet.units import percent

VERSION = 1
"""Raised when a field changes its meaning."""

ANY_SIZE = "Pictures of any size."
ONE_SIZE = (
    "Width and height in pixels of the only pictures that this export takes. The checkpoint itself frames pictures of "
    "any size; for another one export it again with --size WIDTHxHEIGHT."
)

_RUNTIMES = {
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "openvino": ("openvino",),
    "torch": ("torch",),
    "web": ("onnx", "onnxscript", "onnxruntime"),
}


def describe(model: TrainedModel, reference: Reference, graph: Graph, kind: str, check: Check) -> dict[str, Any]:
    """The manifest without its "files", which are listed when all of them are there."""
    saved, config = model.checkpoint, model.config
    data, early = saved.about.get("data") or {}, ended_early(saved.about)
    sides: list[int] | list[str] = [config.model.size] * 2 if graph.inside else ["height", "width"]
    if graph.frame is not None and not graph.inside:
        sides = [graph.frame.height, graph.frame.width]
    return {
        "version": VERSION,
        "format": kind,
        "name": saved.name,
        "expression": reference.expression.text,
        "threshold": reference.threshold,
        "threshold_means": (
            f"A picture whose score is above the threshold is called anomalous. {reference.n} normal pictures "
            f"{'in a cross-calibration' if reference.folds else 'that the model was not trained on'} were scored, and "
            f"{percent(reference.quantile)} of them lie at or below it. "
            + " ".join(filter(None, (reference.promised, reference.reason, early.sentence if early else "")))
        ),
        "input": {
            "name": INPUT,
            "dtype": "uint8",
            "shape": ["N", *sides, 3],
            "pictures": None if graph.frame is None else [graph.frame.width, graph.frame.height],
            "pictures_mean": ANY_SIZE if graph.frame is None else ONE_SIZE,
        },
        "outputs": {name: _output(value) for name, value in graph.outputs().items()},
        "preprocessing": {
            "colours": "RGB, upright as EXIF says, transparent parts on white",
            "size": config.model.size,
            "resize": "as Pillow 13's BILINEAR (antialiased), to size x size without keeping the aspect ratio"
            + ("" if graph.frame is None else ", each window of the region"),
            "resize_in_graph": not graph.inside,
            "normalisation": {"in_graph": True, "mean": list(model.network.T.mean), "std": list(model.network.T.std)},
        },
        "region": None if graph.frame is None else _region(graph.frame, in_graph=not graph.inside),
        "sigma": config.scoring.sigma,
        "bits": saved.bits,
        "calibration": _calibration(model, reference),
        "teacher": {"name": config.model.teacher, "origin": saved.about.get("teacher_origin", "not stated")},
        "data": {key: data.get(key, "not stated") for key in ("name", "source", "licence", "sha256")},
        "checkpoint": {
            "weights_sha256": saved.weights_hash,
            "created": saved.about.get("created"),
            "commit": saved.about.get("commit"),
            "config": config.to_dict(),
        },
        "opset": OPSET if kind in ("onnx", "web") else None,
        "exported": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "versions": {**versions(), **{name: metadata.version(name) for name in _RUNTIMES[kind]}},
        "check": check.to_dict(),
    }


def files(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of every file in a folder, by its path with forward slashes."""
    return {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _region(frame: Frame, in_graph: bool) -> dict[str, Any]:
    """What of a picture is looked at, in pixels, and whether the graph does it, or the web page."""
    framing, (left, top, right, bottom) = frame.framing, frame.box
    return {
        "picture": {"width": frame.width, "height": frame.height},
        "box": {"left": left, "top": top, "right": right, "bottom": bottom},
        "tiles": {"side": framing.tile, "overlap": framing.overlap} if framing.tile else None,
        "letterbox": framing.fit == "letterbox" and not framing.tile,
        "inputs_per_picture": frame.count,
        "share_looked_at": round(float(frame.keep(frame.shape).mean()), 4),
        "ignore": framing.ignore or None,
        "in_graph": in_graph,
    }


def _output(value: Any) -> dict[str, Any]:
    """dtype and shape, with the batch as "N"."""
    shape = list(value.shape)
    return {"dtype": str(value.dtype).removeprefix("torch."), "shape": ["N", *shape[1:]] if shape else []}


def _calibration(model: TrainedModel, reference: Reference) -> dict[str, Any]:
    """What a score is compared with. `percentiles` holds the score that so many per cent of them do not exceed."""
    return {
        "normal_pictures": reference.n,
        "quantile": reference.quantile,
        "scores": reference.scores.tolist(),
        "percentiles": {str(p): float(np.percentile(reference.scores, p)) for p in range(0, 101, 5)},
        "pixel_median": reference.pixel_median,
        "colour_range": list(reference.colour_range),
        "map_quantiles": model.calibration.map_quantiles,
    }
