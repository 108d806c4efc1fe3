"""Made-up results of a test set: maps with their masks, and a handful of scores."""

import numpy as np

from nnet.analysis.evaluation import Evidence
from nnet.scoring.metrics import label_pixels

SCORES = np.array([0.1, 0.2, 0.4, 0.3, 0.5, 0.8])
DEFECTIVE = np.array([False, False, False, True, True, True])


def evidence(names: tuple[str, ...] = ("M1", "M3", "M6"), n: int = 16, masks: bool = True, seed: int = 0) -> Evidence:
    """Random maps that are larger where the defects are; the first 4 images are normal."""
    random = np.random.default_rng(seed)
    truth = np.zeros((n, 32, 32), bool)
    for i in range(4, n):
        row, column = random.integers(0, 24, 2)
        truth[i, row : row + 8, column : column + 8] = True
    cells = truth.reshape(n, 16, 2, 16, 2).mean(axis=(2, 4))
    maps = {name: (random.random((n, 16, 16)) + 0.15 * cells).astype(np.float32) for name in names}
    return Evidence(
        keys=tuple(f"{i}.png" for i in range(n)),
        labels=("good",) * 4 + ("hole",) * (n - 4),
        maps=maps,
        masks=label_pixels(truth) if masks else (None,) * n,
        embeddings={},
        shapes=np.full((n, 2), 32),
        size=32,
        sigma=4.0,
    )
