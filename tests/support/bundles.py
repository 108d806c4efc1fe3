"""Replay bundles for tests: made, opened, and written as someone who forges one would write it."""

import dataclasses
import hashlib
import io
import json
import zipfile

import numpy as np
from builders import zipped

from nnet import replay
from nnet.data.images import decode
from nnet.detector import TrainedModel
from nnet.replay.formats import MANIFEST
from nnet.scoring.judge import judge

Members = dict[str, bytes]


def pack(detector: TrainedModel, original: tuple[str, bytes] | None, image: np.ndarray | None = None) -> bytes:
    image = decode(original[1], original[0]).image if image is None else image
    maps = detector.trace(image).maps
    reference = detector.calibration.for_expression("M1*M2*M3")
    judged = judge(detector.calibration, maps, "M1*M2*M3")
    judged = dataclasses.replace(judged, reference=reference.with_threshold(1.5 * reference.threshold))
    view = {"opacity": "40", "scale": "own"}
    return replay.pack(detector, image, maps, judged, title="part.jpg", original=original, view=view)


def opened(content: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def signed(members: Members) -> bytes:
    """The members with a manifest that fits them, as someone who forges a bundle would write it."""
    manifest = json.loads(members[MANIFEST])
    manifest["members"] = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in members.items()
        if name != MANIFEST
    }
    return zipped({**members, MANIFEST: json.dumps(manifest).encode()})


def changed(members: Members, name: str, **values: object) -> Members:
    return {**members, name: json.dumps(json.loads(members[name]) | values).encode()}
