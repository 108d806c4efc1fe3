"""What the Memory page computes from a trace without running the network. Knows no Streamlit.

Conventions: N memory items, numbered from 0 here and from 1 on the page; weights are (H, W, N) over the positions of
F_3 and sum to 1 over the items; entropies are in nats.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nnet.detector import Detector, MemoryUse, Trace, TrainedModel
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from nnet.units import SMALLEST

KNOWN = 0.95
"""Of a picture's good patches as trained: as far as this share of them is moved, the memory knows a patch."""
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True)
class Addressing:
    """How the memory is addressed: `temperature`, `shrink` in units of 1/N, and the items that are switched `off`."""

    temperature: float
    shrink: float
    off: tuple[int, ...] = ()


@dataclass(frozen=True)
class Recall:
    """What the memory answers under some addressing: the addressing `use`, F'_3 as `recalled` (C, H, W), and
    `distance` (H, W), 1 - cos(F_3, F'_3), from 0 to 2."""

    use: MemoryUse
    recalled: np.ndarray
    distance: np.ndarray


@dataclass(frozen=True)
class Effect:
    """What followed from another F'_3: the maps M1..M6, their judgement, and milliseconds per stage."""

    maps: dict[str, np.ndarray]
    judged: Judgement
    timings: dict[str, float]

    @property
    def nbytes(self) -> int:
        return self.judged.score.nbytes + sum(m.nbytes for m in self.maps.values())


# ---------------------------------------------------------------------------------------------------- addressing


def trained(detector: Detector) -> Addressing:
    """The addressing that the model was trained with."""
    return Addressing(float(detector.config.model.temperature), float(detector.config.model.shrink))


def recall(detector: Detector, trace: Trace, addressing: Addressing) -> Recall:
    """Address the memory again, from the trace's cosines. Runs no network.

    Raises:
        nnet.detector.InputError: every item is switched off.
    """
    memory, use = detector.memory, trace.addressing
    assert memory is not None and use is not None  # the page ends before this without a memory
    keep = None
    if addressing.off:
        keep = np.ones(len(memory), np.bool_)
        keep[list(addressing.off)] = False
    use = detector.address(use.cosine, addressing.temperature, addressing.shrink, keep)
    recalled = np.ascontiguousarray(np.moveaxis(use.weights @ memory, -1, 0))
    return Recall(use, recalled, cosine_distance(trace.F[2], recalled))


def as_trained(trace: Trace) -> Recall:
    """What the network itself recalled; `trace` is of a model with a memory."""
    use, recalled = trace.addressing, trace.F3_recalled
    assert use is not None and recalled is not None
    return Recall(use, recalled, cosine_distance(trace.F[2], recalled))


def effect(detector: TrainedModel, trace: Trace, recalled: np.ndarray) -> Effect:
    """Run what comes after the memory (projection, fusion, decoder) with another F'_3, (C, H, W)."""
    rebuilt = detector.rebuild(trace, recalled)
    judged = judge.judge(detector.calibration, rebuilt.maps, detector.config.scoring.parsed)
    return Effect(rebuilt.maps, judged, rebuilt.timings)


def entropy(weights: np.ndarray) -> np.ndarray:
    """Entropy in nats over the last axis, with 0 log 0 = 0; from 0 to ln N."""
    weights = np.asarray(weights, np.float32)
    return np.maximum(0, -(weights * np.log(np.maximum(weights, np.finfo(np.float32).tiny))).sum(axis=-1))


def effective_items(weights: np.ndarray) -> np.ndarray:
    """exp(entropy): the number of equally used items with this entropy; from 1 to N."""
    return np.exp(entropy(weights))


def usage(weights: np.ndarray) -> np.ndarray:
    """Each item's share of all addressing weights (H, W, N), (N,); sums to 1."""
    return weights.reshape(-1, weights.shape[-1]).mean(axis=0)


def cosine_distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """1 - cos along channels, (C, H, W) twice -> (H, W); Eq. (2) of the paper."""
    norms = np.maximum(np.linalg.norm(a, axis=0), SMALLEST) * np.maximum(np.linalg.norm(b, axis=0), SMALLEST)
    return 1 - (a * b).sum(axis=0) / norms


def per_position(score: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The largest score within the cell of each position of F_3: (size, size) -> (H, W)."""
    rows = np.linspace(0, score.shape[0], shape[0] + 1).astype(int)[:-1]
    columns = np.linspace(0, score.shape[1], shape[1] + 1).astype(int)[:-1]
    return np.maximum.reduceat(np.maximum.reduceat(score, rows, axis=0), columns, axis=1)


def forgotten(trained: np.ndarray, now: np.ndarray) -> tuple[float, float] | None:
    """Whether the memory no longer knows good patches: most are moved further than nearly all were as trained.

    Args:
        trained, now: (n,) `distance` of good patches as trained, and of the same ones under another addressing.

    Returns:
        The distance within which the share `KNOWN` of them lie as trained, and their median now, if that is larger;
        None if the memory knows them, or there are none.
    """
    if not trained.size:
        return None
    usual, typical = float(np.quantile(trained, KNOWN)), float(np.median(now))
    return (usual, typical) if typical > usual else None


def flagged(judged: Judgement, shape: tuple[int, int]) -> np.ndarray:
    """Positions of F_3 whose cell reaches above the threshold, bool (H, W)."""
    return per_position(judged.score, shape) > judged.reference.threshold


def ranked(shares: np.ndarray) -> np.ndarray:
    """Item numbers by falling share; ties by number."""
    return np.argsort(-shares, kind="stable")


# ----------------------------------------------------------------------------------------- numbers in the address


def items_to_text(items: Iterable[int]) -> str:
    """Item numbers as on the page, from 1, with ranges: (0, 1, 2, 8) -> "1-3,9"."""
    parts: list[list[int]] = []
    for item in sorted(set(items)):
        if parts and item == parts[-1][1] + 1:
            parts[-1][1] = item
        else:
            parts.append([item, item])
    return ",".join(str(a + 1) if a == b else f"{a + 1}-{b + 1}" for a, b in parts)


def items_from_text(written: str, count: int) -> tuple[int, ...]:
    """Inverse of `items_to_text`.

    Raises:
        ValueError: not of that form, or a number outside 1..count.
    """
    items: set[int] = set()
    for part in filter(None, (p.strip() for p in written.split(","))):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise ValueError(f"expected item numbers such as 3,7-9; found {part!r}")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= count:
            raise ValueError(f"expected item numbers from 1 to {count}; found {part!r}")
        items.update(range(first - 1, last))
    return tuple(sorted(items))
