"""Uploads are read with the bit depth that the model was trained with, as the pictures of its data set were."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from apptest import INSPECT, PNG, fine, shown_score, start, upload
from builders import encode

from nnet.data.images import decode
from nnet.detector import Detector
from workbench.shared import units

pytestmark = pytest.mark.timeout(120)


def camera_picture(hot: bool) -> bytes:
    """A picture of a camera of 12 bits; one hot pixel would make it four times darker, if that decided."""
    values = np.tile(np.linspace(100, 900, 90).astype(np.uint16), (60, 1))
    values[10:20, 10:20] = 3 if hot else 400
    values[0, 0] = 4000 if hot else 900
    return encode(values)


def test_an_upload_is_scored_on_inspect_as_on_the_command_line(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "models" / "deep"
    shutil.copytree(tiny_checkpoint, path)
    config = json.loads((path / "config.json").read_text())
    config["about"]["data"] = {**(config["about"].get("data") or {}), "bits": 12}
    (path / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("NNET_CHECKPOINTS", str(path.parent))
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")
    detector = Detector.load(path, "cpu")
    content = camera_picture(hot=False)
    read, guessed = (decode(content, "part.png", bits).image for bits in (detector.checkpoint.bits, None))
    expected, other = (detector.score([image])[0].value for image in (read, guessed))
    assert units.number(expected) != units.number(other)
    at = upload(start(INSPECT, model="deep"), ("part.png", content, PNG))
    assert shown_score(fine(at)) == units.number(expected)
