"""What becomes of the memory's answers, and of the score, when every patch may mix all items."""

import numpy as np

from nnet.analysis.anatomy import per_patch
from nnet.analysis.projection import unit_vectors
from nnet.analysis.story import LESS, Finding, StoryError, compared, distances, highest
from nnet.detector import Array, Detector, MemoryUse, Trace, TrainedModel
from nnet.expression import Expression
from nnet.scoring import judge
from nnet.scoring.maps import score_map
from nnet.units import SMALLEST

DENSE_TEMPERATURE, DENSE_SHRINK = 1.0, 0.0
"""Addressing at which every item takes part."""


def dense(model: TrainedModel, trace: Trace, good: Trace, expression: Expression) -> Finding:
    """How alike the recalled patches become when each may mix all items, and how that tells a damage from a good part.

    Numbers, each "_before" and "_after", with the few items of the addressing and with all: "before" and "after", the
    mean cosine distance of the cells of F'_3 from their mean direction; "good", the median distance of the good part's
    cells of F_3 from their answers in F'_3; "damaged", that of the cell with the highest score; "score", the picture's
    score as a multiple of its threshold. "items" and "all" are how many items a patch mixes on average: effectively,
    the exponential of the entropy of its weights. Images: "after", F'_3 (C_3, H_3, W_3) of all items; "few" and
    "every", the weights of both (H_3, W_3, N).

    Raises:
        StoryError: there is no memory.
    """
    if trace.addressing is None or trace.F3_recalled is None or model.memory is None:
        raise StoryError("This model has no memory, so nothing is recalled.")
    use, recalled = _of_all_items(model, trace)
    assert good.F3_recalled is not None  # it is of the same network
    place = highest(score_map(trace.maps, expression, trace.input_size, model.config.scoring.sigma), trace.F[2])
    rebuilt = model.rebuild(trace, recalled).maps
    numbers = {
        "before": _spread(trace.F3_recalled),
        "after": _spread(recalled),
        "items": per_patch(trace.addressing.weights),
        "all": per_patch(use.weights),
        "good_before": float(np.median(distances(good.F[2], good.F3_recalled))),
        "good_after": float(np.median(distances(good.F[2], _of_all_items(model, good)[1]))),
        "damaged_before": float(distances(trace.F[2], trace.F3_recalled)[place]),
        "damaged_after": float(distances(trace.F[2], recalled)[place]),
    }
    for when, maps in (("before", trace.maps), ("after", rebuilt)):
        judged = judge.judge(model.calibration, maps, expression)
        numbers[f"score_{when}"] = float(judged.reference.multiple(float(judged.score.max())))
    images = {"after": recalled, "few": trace.addressing.weights, "every": use.weights}
    return Finding(compared(numbers["after"], numbers["before"]), LESS, numbers, images)


def _of_all_items(detector: Detector, trace: Trace) -> tuple[MemoryUse, Array]:
    """The addressing in which every item takes part, and F'_3 (C_3, H_3, W_3) under it."""
    assert trace.addressing is not None and detector.memory is not None
    use = detector.address(trace.addressing.cosine, DENSE_TEMPERATURE, DENSE_SHRINK)
    return use, np.ascontiguousarray(np.moveaxis(use.weights @ detector.memory, -1, 0), np.float32)


def _spread(f: Array) -> float:
    vectors = unit_vectors(f).reshape(len(f), -1)
    mean = vectors.mean(axis=1)
    return float(1 - (mean / max(float(np.linalg.norm(mean)), SMALLEST) @ vectors).mean())
