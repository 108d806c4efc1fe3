"""How often a foreign picture among good ones is named before training, and how often a good one is.

    python -m benchmarks.strangers elpv:mono elpv:poly magnetic_tile synthetic:metal synthetic:gear

Of each data set in turn 20, 40 and 60 good pictures are drawn, DRAWS times; none, one, two or three good pictures of
another set are put among them, and `nnet.scoring.kind.strangers` is asked which are unlike the others.
"""

import argparse

import numpy as np

from nnet.analysis.strangers import mean_f3
from nnet.data import load_resized, open_dataset
from nnet.presets.small import CONFIG
from nnet.scoring.doubts import spread
from nnet.scoring.kind import strangers

MOST = 120  # good pictures of a set
COUNTS, FOREIGN, DRAWS = (20, 40, 60), (1, 2, 3), 20


def main() -> None:
    """Print the counts as two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+")
    features = {spec: _features(spec) for spec in parser.parse_args().data}
    print("| good pictures alone | draws with a picture named | pictures named, of all |\n|---|---|---|")
    for own, known in features.items():
        for count in COUNTS:
            found = [len(strangers(_drawn(known, count, draw))) for draw in range(DRAWS)]
            print(f"| {count} of {own} | {np.count_nonzero(found)} of {DRAWS} | {sum(found)} of {DRAWS * count} |")
    print("\n| foreign pictures named, of all; wrongly named | " + " | ".join(map(str, FOREIGN)) + " |")
    print(f"|---|{'---|' * len(FOREIGN)}", flush=True)
    for own, known in features.items():
        for other, foreign in features.items():
            if own != other:
                cells = " | ".join(_found(known, foreign, few) for few in FOREIGN)
                print(f"| {other} among {own} | {cells} |", flush=True)


def _found(known: np.ndarray, foreign: np.ndarray, few: int) -> str:
    """Over all counts and draws."""
    right = wrong = 0
    for count in COUNTS:
        for draw in range(DRAWS):
            named = strangers(np.concatenate([_drawn(known, count, draw), _drawn(foreign, few, draw)]))
            right, wrong = right + int((named >= count).sum()), wrong + int((named < count).sum())
    return f"{right} of {few * DRAWS * len(COUNTS)}; {wrong}"


def _drawn(features: np.ndarray, count: int, draw: int) -> np.ndarray:
    return features[np.random.default_rng([count, draw]).choice(len(features), count, replace=False)]


def _features(spec: str) -> np.ndarray:
    samples = [sample for sample in open_dataset(spec).samples if sample.is_normal]
    some = tuple(samples[i] for i in spread(len(samples), MOST))
    size = CONFIG.model.size
    return mean_f3(np.asarray(load_resized(some, size, budget_bytes=3 * size * size * len(some))))


if __name__ == "__main__":
    main()
