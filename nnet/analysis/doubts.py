"""What speaks against trusting a model that was just trained: `nnet.scoring.doubts` asked of it and its pictures."""

from collections.abc import Sequence

import numpy as np

from nnet.detector import Detector
from nnet.model.inputs import Images, batches, take
from nnet.scoring import doubts
from nnet.scoring.calibration import Calibration

_BATCH = 8


def of_held_out(calibration: Calibration) -> list[str]:
    """Whether the held-out scores drift with the order of the pictures, in a sentence."""
    correlation = doubts.drift(calibration.scores_in_order())
    return [] if correlation is None else [doubts.of_drift(correlation)]


def of_training(
    detector: Detector, calibration: Calibration, images: Images, keys: Sequence[str], trained_on: np.ndarray
) -> list[str]:
    """Sentences, the gravest last; [] where nothing speaks against it.

    Args:
        calibration: of the held-out pictures, in the order in which they came.
        images: all normal pictures.
        keys: their names.
        trained_on: indices of those that were not held out; at most `doubts.MOST` of each kind are looked at.
    """
    compared = doubts.spread(len(images))
    pictures = np.stack([doubts.small(take(images, compared[i : i + 1])[0]) for i in range(len(compared))])
    found = [doubts.of_series(int(doubts.near_duplicates(pictures).sum()), len(compared)), *of_held_out(calibration)]
    seen = trained_on[doubts.spread(len(trained_on))]
    found_scores = (detector.score(list(take(images, seen[part]))) for part in batches(len(seen), _BATCH))
    scores = np.array([one.value for part in found_scores for one in part])
    threshold = calibration.for_expression().threshold
    worst = doubts.outstanding(scores, threshold)
    if len(worst):
        found.append(doubts.of_outstanding([keys[seen[i]] for i in worst], (scores[worst] / threshold).tolist()))
    return [sentence for sentence in found if sentence]
