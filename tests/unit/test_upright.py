"""A photo that its camera turned by EXIF is upright wherever it is read: app, command line, and exported script."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from nnet.data import open_dataset
from nnet.data.images import decode, resize
from workbench.shared import resources

SIDE = 16


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_app_command_line_and_export_see_the_same_upright_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, orientation: int
) -> None:
    upright = np.random.default_rng(0).integers(0, 256, (24, 40, 3), dtype=np.uint8)
    turns = {1: 0, 3: 2, 6: 1, 8: 3}[orientation]  # quarter turns to the left by which the camera has stored it
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photos" / "good" / "phone.png"
    path.parent.mkdir(parents=True)
    Image.fromarray(np.rot90(upright, turns)).save(path, exif=exif)

    app = resources.load_image(f"phone-{orientation}", path.name, path.read_bytes()).image
    sample = open_dataset(path.parent.parent).train[0].load().image
    assert all(np.array_equal(found, upright) for found in (app, sample, decode(path).image))

    seen: list[np.ndarray] = []

    class Session:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def run(self, _: object, inputs: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
            seen.append(inputs["images"][0])
            return np.zeros((1, SIDE, SIDE), np.float32), np.zeros(1), np.zeros(1, bool)

    runtime = SimpleNamespace(InferenceSession=Session)
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    from nnet.export import standalone

    monkeypatch.setattr(standalone, "onnxruntime", runtime)  # where it was imported before
    manifest = {"preprocessing": {"size": SIDE}, "threshold": 1.0, "calibration": {"scores": [0.5]}, "region": None}
    manifest |= {"input": {"pictures": None}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(standalone, "HERE", tmp_path)
    assert not list(standalone.main(path.parent, tmp_path / "out"))
    assert len(seen) == 1 and np.array_equal(seen[0], resize(upright, SIDE))
