"""The embedded model gives the scores and maps that it gave when `pinned_scores.json` was written.

Run this file as a program to record the numbers again; do so only where the scores are meant to change.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nnet import Detector, score_map
from nnet.expression import PRESETS

ROOT = Path(__file__).parents[2]
PINNED = Path(__file__).with_name("pinned_scores.json")
CELLS = ((0, 0), (20, 45), (31, 31), (63, 10))
"""Row and column of the pinned values of a map."""
RELATIVE = 1e-5


def measured(detector: Detector) -> dict[str, dict[str, dict[str, object]]]:
    """Key of each sample -> the model's maps in short, and its scores under the paper's expressions."""
    from workbench.shared import samples

    found = {}
    for picture in samples.collection().images:
        image = picture.sample.load().image
        maps = detector.trace(image).maps
        scores = {}
        for name, expression in PRESETS.items():
            pixels = score_map(maps, expression, detector.config.model.size, detector.config.scoring.sigma)
            (score,) = detector.score([image], expression)
            scores[name] = {"value": score.value, "map": _summary(score.map), "from_maps": _summary(pixels)}
        found[picture.sample.key] = {
            "maps": {name: _summary(values) for name, values in maps.items()},
            "scores": scores,
        }
    return found


def _summary(values: np.ndarray) -> list[float]:
    """Mean, largest value, and the values at CELLS, taken at the same place of a larger map."""
    step = len(values) // 64
    cells = [values[row * step, column * step] for row, column in CELLS]
    return [float(value) for value in (values.mean(dtype=np.float64), values.max(), *cells)]


@pytest.fixture(scope="module")
def embedded() -> Detector:
    pytest.importorskip("elpv_dataset", reason="the samples are its solar cells")
    return Detector.load(ROOT / "checkpoints" / "elpv-mono", "cpu")


def test_the_embedded_model_scores_the_samples_as_before(embedded: Detector) -> None:
    before = json.loads(PINNED.read_text(encoding="utf-8"))
    now = measured(embedded)
    assert now.keys() == before.keys() and len(now) == 10
    for key, expected in before.items():
        _compare(now[key], expected, key)


def _compare(now: object, before: object, where: str) -> None:
    if isinstance(before, dict):
        assert isinstance(now, dict) and now.keys() == before.keys(), where
        for name, expected in before.items():
            _compare(now[name], expected, f"{where} {name}")
    else:
        assert now == pytest.approx(before, rel=RELATIVE), where


if __name__ == "__main__":
    numbers = measured(Detector.load(ROOT / "checkpoints" / "elpv-mono", "cpu"))
    PINNED.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
