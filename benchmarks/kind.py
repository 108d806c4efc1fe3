"""How often a picture of another kind of part is recognised, and how often a good or broken part is taken for one.

    python benchmarks/kind.py --checkpoint checkpoints/elpv-mono elpv:mono elpv:poly magnetic_tile

Each data set in turn gives the normal pictures that a model would remember (`nnet.scoring.kind`); the test pictures of
all of them are judged. Only the teacher counts, so any checkpoint with the same teacher and size gives the same table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from nnet.analysis.kinds import kind_of
from nnet.data import Sample, load_resized, open_dataset
from nnet.detector import Detector
from nnet.scoring.kind import chosen

PICTURES = 60  # judged of each data set, good and broken each
REMEMBERED = (12, 30, 100)


def main() -> None:
    """Print a line for each data set to remember, number of pictures, and data set that is judged."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+")
    parser.add_argument("--checkpoint", type=Path, required=True)
    options = parser.parse_args()
    detector = Detector.load(options.checkpoint, "cpu")
    sets = [open_dataset(spec) for spec in options.data]
    features = {
        (data.name, label): _features(detector, [s for s in data.test if s.is_normal == (label == "good")])
        for data in sets
        for label in ("good", "broken")
    }
    print("| remembered | pictures | judged | called another kind |\n|---|---|---|---|")
    for data in sets:
        for count in REMEMBERED:
            kind = kind_of(detector, _images(detector, data.train[:count]))
            assert kind is not None, "every count is large enough"
            for (name, label), vectors in features.items():
                share = np.mean([kind.is_other(vector) for vector in vectors])
                print(f"| {data.name} | {kind.n} | {name}, {label} | {share:.0%} of {len(vectors)} |")


def _images(detector: Detector, samples: tuple[Sample, ...]) -> np.ndarray:
    size = detector.config.model.size
    images = load_resized(samples, size, budget_bytes=3 * size * size * len(samples))
    assert isinstance(images, np.ndarray), "the budget is for all of them"
    return images


def _features(detector: Detector, samples: list[Sample]) -> np.ndarray:
    """Mean F_3 of some of the pictures, (n, C_3)."""
    some = tuple(samples[i] for i in chosen(len(samples))[:PICTURES])
    images = _images(detector, some)
    return np.stack([score.features for image in images for score in detector.score([image])])


if __name__ == "__main__":
    main()
