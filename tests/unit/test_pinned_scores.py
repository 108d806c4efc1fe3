"""The embedded model gives the scores and maps that it gave when `pinned_scores.json` was written.

Run this file as a program to record the numbers again; do so only where the scores are meant to change.
"""

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
OF_LARGEST = 1e-6
"""1 - cos of almost equal features is a small difference of large numbers, of which float32 keeps about 1e-7; a value
may therefore also be off by this share of the largest one in the same map of any of the ten samples."""


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
            scores[name] = {"value": [score.value], "map": _summary(score.map), "from_maps": _summary(pixels)}
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
    found, expected = ([_flat(sample) for sample in numbers.values()] for numbers in (now, before))
    for place in expected[0]:
        largest = max(max(sample[place]) for sample in expected)
        for sample, pinned in zip(found, expected, strict=True):
            expect = pytest.approx(pinned[place], rel=RELATIVE, abs=OF_LARGEST * largest)
            assert sample[place] == expect, place


def _flat(numbers: dict | list[float], place: str = "") -> dict[str, list[float]]:
    """Every list of numbers by its place in the nested dicts."""
    if isinstance(numbers, list):
        return {place: numbers}
    return {at: found for name, inner in numbers.items() for at, found in _flat(inner, f"{place}/{name}").items()}


if __name__ == "__main__":
    numbers = measured(Detector.load(ROOT / "checkpoints" / "elpv-mono", "cpu"))
    PINNED.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
