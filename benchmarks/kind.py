"""How often a picture of another kind of part is recognised, and how often a good or broken part is taken for one.

    python -m benchmarks.kind --checkpoint checkpoints/elpv-mono elpv:mono magnetic_tile synthetic:metal photo:china

Each data set in turn gives the normal pictures that a model would remember (`nnet.scoring.kind`); the test pictures of
all of them are judged. Only the teacher counts, so any checkpoint with the same teacher and size gives the same table.
Besides what `nnet.data.open_dataset` opens, "photo:china" and "photo:flower" are the two photographs that scikit-learn
brings, cut into squares: not parts, but real pictures of very mixed content.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.datasets import load_sample_image

from nnet.analysis.kinds import kind_of
from nnet.data import Dataset, Sample, load_resized, open_dataset
from nnet.data.images import Decoded
from nnet.detector import Detector
from nnet.scoring.kind import chosen

PICTURES = 60  # judged of each data set, good and broken each
REMEMBERED = (12, 30, 100)
SQUARE = 61  # pixels; a photograph of 640 x 427 makes 70 squares


def main() -> None:
    """Print, for each number of remembered pictures, who is called another kind by whom."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+")
    parser.add_argument("--checkpoint", type=Path, required=True)
    options = parser.parse_args()
    detector = Detector.load(options.checkpoint, "cpu")
    sets = [_opened(spec) for spec in options.data]
    features = {
        (data.name, label): _features(detector, [s for s in data.test if s.is_normal == (label == "good")])
        for data in sets
        for label in ("good", "broken")
    }
    for count in REMEMBERED:
        print(f"\n{count} remembered, or as many as there are: share that is called another kind\n")
        print(f"| remembered | {' | '.join(f'{d.name}, {n}' for d in sets for n in ('good', 'broken'))} |")
        print(f"|---|{'---|' * 2 * len(sets)}", flush=True)
        shares = np.array([_shares(detector, data, count, features) for data in sets])
        for data, row in zip(sets, shares, strict=True):
            print(f"| {data.name} | {' | '.join('-' if np.isnan(one) else f'{one:.0%}' for one in row)} |")
        own = np.eye(len(sets), dtype=bool)
        good, broken = shares[:, ::2], shares[:, 1::2]
        print(
            f"\nCalled another kind: of other sets' good pictures {good[~own].mean():.1%} (least of a pair "
            f"{good[~own].min():.0%}), of other sets' broken ones {np.nanmean(broken[~own]):.1%}; wrongly, of the own "
            f"good ones {good[own].mean():.1%} (most {good[own].max():.0%}), of the own broken ones "
            f"{np.nanmean(broken[own]):.1%}.",
            flush=True,
        )


def _shares(detector: Detector, data: Dataset, count: int, features: dict[tuple[str, str], np.ndarray]) -> list[float]:
    """Of each set's pictures the share that is called another kind than `data`; nan where there are none."""
    kind = kind_of(detector, _images(detector, data.train[:count]))
    assert kind is not None, "every count is large enough"
    return [
        float(np.mean([kind.is_other(vector) for vector in vectors])) if len(vectors) else float("nan")
        for vectors in features.values()
    ]


def _opened(spec: str) -> Dataset:
    """A data set, or a photograph cut into squares: every second one to remember, the others to judge."""
    kind, _, name = spec.partition(":")
    if kind != "photo":
        return open_dataset(spec)
    photo = load_sample_image(f"{name}.jpg")
    corners = [(y, x) for y in range(0, 427 - SQUARE + 1, SQUARE) for x in range(0, 640 - SQUARE + 1, SQUARE)]
    squares = [np.ascontiguousarray(photo[y : y + SQUARE, x : x + SQUARE]) for y, x in corners]
    samples = [
        Sample(f"{i}.png", None, "good", "train", loader=lambda square=square: Decoded(square, name))
        for i, square in enumerate(squares)
    ]
    return Dataset(f"Photograph {name}", "squares of a photograph", tuple(samples[::2]), tuple(samples[1::2]), "", spec)


def _images(detector: Detector, samples: tuple[Sample, ...]) -> np.ndarray:
    size = detector.config.model.size
    images = load_resized(samples, size, budget_bytes=3 * size * size * len(samples))
    assert isinstance(images, np.ndarray), "the budget is for all of them"
    return images


def _features(detector: Detector, samples: list[Sample]) -> np.ndarray:
    """Mean F_3 of some of the pictures, (n, C_3)."""
    some = tuple(samples[i] for i in chosen(len(samples))[:PICTURES])
    if not some:
        return np.zeros((0, 1))
    images = _images(detector, some)
    return np.stack([score.features for image in images for score in detector.score([image])])


if __name__ == "__main__":
    main()
