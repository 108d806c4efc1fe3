"""What each of the two students finds by itself: why the network has both."""

from collections.abc import Iterable

import numpy as np

from nnet.analysis.story import Finding, StoryError
from nnet.detector import Array, Trace, TrainedModel
from nnet.expression import for_maps
from nnet.scoring import judge
from nnet.scoring.maps import MAPS
from nnet.units import SMALLEST

BRANCHES = "forward", "reverse"
EACH, NEITHER = "each", "neither"


def found_alone(model: TrainedModel, damaged: Iterable[Trace]) -> Finding:
    """Which damages S1 and S2 find alone, each by its own three maps and their own threshold on held-out good pictures.

    Args:
        damaged: pictures with damage, one or more.

    Returns:
        Outcomes: who misses some that the other one finds: "forward" (S1), "reverse" (S2), "each" or "neither".
        Expected is "each". Numbers: "all", how many damages; "forward" and "reverse", how many of those S1 and S2 miss
        that the other finds; "forward_at" and "reverse_at", which of them shows it most, counted from 0, if there is
        one. Images: "scores" (damages, 2), both students' scores as multiples of their thresholds; and of those most
        telling damages both score maps, as such multiples: "forward_by_forward", "forward_by_reverse", and so on.

    Raises:
        StoryError: there is one student only.
    """
    used = [tuple(name for name in model.config.maps if MAPS[name].branch == branch) for branch in BRANCHES]
    if not all(used):
        raise StoryError("This model has only one of the two students, so they cannot be compared.")
    judged = [[judge.judge(model.calibration, trace.maps, for_maps(maps)) for maps in used] for trace in damaged]
    scores = np.array([[one.multiple for one in both] for both in judged], np.float32)
    numbers: dict[str, float] = {"all": len(scores)}
    images: dict[str, Array] = {"scores": scores}
    found = np.array([[one.is_anomalous for one in both] for both in judged])
    for own, branch in enumerate(BRANCHES):
        missed = ~found[:, own] & found[:, 1 - own]
        numbers[branch] = int(missed.sum())
        if missed.any():
            ratio = np.where(missed, scores[:, 1 - own] / np.maximum(scores[:, own], SMALLEST), 0)
            at = numbers[f"{branch}_at"] = int(ratio.argmax())
            for by, one in zip(BRANCHES, judged[at], strict=True):
                images[f"{branch}_by_{by}"] = one.reference.multiple(one.score)
    missing = [branch for branch in BRANCHES if numbers[branch]]
    return Finding(EACH if len(missing) == 2 else missing[0] if missing else NEITHER, EACH, numbers, images)
