"""What becomes of the memory's answers, and of the score, when every patch may mix all items."""

import numpy as np

from nnet.analysis.anatomy import per_patch
from nnet.analysis.projection import unit_vectors
from nnet.analysis.story import LESS, Finding, StoryError, compared, distances, highest, missed_by_s2, turned
from nnet.detector import Array, Detector, MemoryUse, Trace, TrainedModel
from nnet.expression import Expression
from nnet.scoring import judge
from nnet.scoring.maps import score_map
from nnet.units import SMALLEST

DENSE_TEMPERATURE, DENSE_SHRINK = 1.0, 0.0
"""Addressing at which every item takes part."""
SINGLE_TEMPERATURE = 1e-4
"""And at which one does, that which is most like the patch."""


def dense(model: TrainedModel, trace: Trace, good: Trace, expression: Expression) -> Finding:
    """How alike the recalled patches become when each may mix all items, and how that tells a damage from a good part.

    Numbers, each "_before" and "_after", with the few items of the addressing and with all: "before" and "after", the
    mean cosine distance of the cells of F'_3 from their mean direction; "good", the median distance of the good part's
    cells of F_3 from their answers in F'_3; "damaged", that of the cell with the highest score; "score", the picture's
    score as a multiple of its threshold; "score_good", the good part's. Of a network with S2 also what it misses, the
    sum of its maps: "missed_good", the mean over the good part, and "missed_damaged", where the score is highest.
    "items" and "all" are how many items a patch mixes on average: effectively, the exponential of the entropy of its
    weights;
    "row" and "column" are the place of the cell with the highest score, from 0;
    "turned" is by how much the picture's code turns. Images: "after", F'_3 (C_3, H_3, W_3) of all items; "few" and
    "every", the weights of both (H_3, W_3, N).

    Raises:
        StoryError: there is no memory.
    """
    if trace.addressing is None or trace.F3_recalled is None or model.memory is None:
        raise StoryError("This model has no memory, so nothing is recalled.")
    use, recalled = _answered(model, trace, DENSE_TEMPERATURE)
    good_recalled = _answered(model, good, DENSE_TEMPERATURE)[1]
    assert good.F3_recalled is not None  # it is of the same network
    score = score_map(trace.maps, expression, trace.input_size, model.config.scoring.sigma)
    place = highest(score, trace.F[2])
    rebuilt, good_rebuilt = model.rebuild(trace, recalled), model.rebuild(good, good_recalled)
    numbers = {
        "before": _spread(trace.F3_recalled),
        "after": _spread(recalled),
        "items": per_patch(trace.addressing.weights),
        "all": per_patch(use.weights),
        "good_before": _typical(good, good.F3_recalled),
        "good_after": _typical(good, good_recalled),
        "damaged_before": float(distances(trace.F[2], trace.F3_recalled)[place]),
        "damaged_after": float(distances(trace.F[2], recalled)[place]),
        "turned": turned(trace.F_C, rebuilt.F_C),
        "row": place[0],
        "column": place[1],
    }
    for when, damaged, undamaged in (("before", trace, good), ("after", rebuilt, good_rebuilt)):
        numbers[f"score_{when}"] = _multiple(model, damaged, expression)
        numbers[f"score_good_{when}"] = _multiple(model, undamaged, expression)
        missed, of_good = missed_by_s2(damaged), missed_by_s2(undamaged)
        if missed is not None and of_good is not None:
            numbers[f"missed_good_{when}"] = float(of_good.mean())
            numbers[f"missed_damaged_{when}"] = float(missed[highest(score, missed[None])])
    images = {"after": recalled, "few": trace.addressing.weights, "every": use.weights}
    return Finding(compared(numbers["after"], numbers["before"]), LESS, numbers, images)


def fits(detector: Detector, good: Trace) -> dict[str, float]:
    """How far good patches are from their answers, the median cosine distance of F_3 from F'_3: of the "few" items of
    the addressing, of "all", and of "one", that which is most like the patch. {} without a memory."""
    if good.addressing is None or good.F3_recalled is None:
        return {}
    found = {"all": DENSE_TEMPERATURE, "one": SINGLE_TEMPERATURE}
    others = {name: _typical(good, _answered(detector, good, at)[1]) for name, at in found.items()}
    return {"few": _typical(good, good.F3_recalled)} | others


def _answered(detector: Detector, trace: Trace, temperature: float) -> tuple[MemoryUse, Array]:
    """The addressing at this temperature without shrinkage, and F'_3 (C_3, H_3, W_3) under it."""
    assert trace.addressing is not None and detector.memory is not None
    use = detector.address(trace.addressing.cosine, temperature, DENSE_SHRINK)
    return use, np.ascontiguousarray(np.moveaxis(use.weights @ detector.memory, -1, 0), np.float32)


def _typical(good: Trace, recalled: Array) -> float:
    return float(np.median(distances(good.F[2], recalled)))


def _multiple(model: TrainedModel, trace: Trace, expression: Expression) -> float:
    return judge.judge(model.calibration, trace.maps, expression).multiple


def _spread(f: Array) -> float:
    vectors = unit_vectors(f).reshape(len(f), -1)
    mean = vectors.mean(axis=1)
    return float(1 - (mean / max(float(np.linalg.norm(mean)), SMALLEST) @ vectors).mean())
