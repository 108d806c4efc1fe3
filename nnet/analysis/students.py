"""What each of the two students finds by itself: why the network has both."""

from collections.abc import Iterable

import numpy as np

from nnet.analysis.story import COVERED, Finding, StoryError, distances
from nnet.analysis.visibility import coverage
from nnet.detector import Array, Trace, TrainedModel
from nnet.expression import for_maps
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
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
    judged = [_alone(model, trace) for trace in damaged]
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


def seen_alone(model: TrainedModel, trace: Trace) -> dict[str, Array]:
    """What each student sees of a picture alone: its score map in multiples of its own threshold, by `BRANCHES`.

    Raises:
        StoryError: there is one student only.
    """
    both = _alone(model, trace)
    return {branch: one.reference.multiple(one.score) for branch, one in zip(BRANCHES, both, strict=True)}


def imitated(before: Trace, after: Trace) -> float:
    """How much of what a damage changes in the teacher's P the copier copies: over-imitation itself.

    On the cells that the damage covers S1 would disagree most with its answer to the undamaged part. It disagrees less
    with its answer to the damaged one: that share it copied, of the sum over scales of 1 - cos(P_i, SP_i). So it is for
    the code in `story.let_through`.

    Args:
        before, after: the same picture without the damage and with it.

    Returns:
        Up to 1; 0 where it copies nothing, below where it disagrees even more.

    Raises:
        StoryError: there is no S1.
    """
    if before.SP is None or after.SP is None:
        raise StoryError("This model has no S1, so nothing is copied.")
    changed = (before.image != after.image).any(axis=-1)
    own = possible = unharmed = 0.0
    for p, sp, p_good, sp_good in zip(after.P_forward, after.SP, before.P_forward, before.SP, strict=True):
        cover = coverage(changed, p.shape[1:])
        inside = cover >= min(COVERED, float(cover.max()))
        own += float(distances(p, sp)[inside].mean())
        possible += float(distances(p, sp_good)[inside].mean())
        unharmed += float(distances(p_good, sp_good)[inside].mean())
    return (possible - own) / max(possible - unharmed, SMALLEST)


def _alone(model: TrainedModel, trace: Trace) -> list[Judgement]:
    """The picture as each student judges it alone, in the order of `BRANCHES`."""
    used = [tuple(name for name in model.config.maps if MAPS[name].branch == branch) for branch in BRANCHES]
    if not all(used):
        raise StoryError("This model has only one of the two students, so they cannot be compared.")
    return [judge.judge(model.calibration, trace.maps, for_maps(maps)) for maps in used]
