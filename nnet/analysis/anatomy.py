"""A forward pass as the parts of Figure 2: what each part computed, and which parts it saw.

Only parts that the network has are there: without FPM the maps compare F_i with SF_i, and nothing stands between them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnet.detector import Gate, Trace
from nnet.scoring.maps import MAPS
from nnet.units import SMALLEST

Array = np.ndarray
PICTURE, TEACHER, COPIER, PROJECTED, MEMORY, RECALLED, CODE, REBUILDER, MAP, SCORE = (
    "picture",
    "teacher",
    "copier",
    "projected",
    "memory",
    "recalled",
    "code",
    "rebuilder",
    "map",
    "score",
)
"""Kinds of parts. The copier is S1, the rebuilder S2."""
_FLOW = (PICTURE, TEACHER, COPIER, PROJECTED, MEMORY, RECALLED, CODE, REBUILDER, MAP, SCORE)
SCALES = (0, 1, 2)
_FIT_VECTORS = 1500


@dataclass(frozen=True)
class Part:
    """A part of the network.

    Attributes:
        name: the paper's symbol in ASCII: "F_1", "SP_3", "F'_3", "F_C", "M5"; and "picture", "memory" and "score".
        kind: one of the kinds above.
        scale: 0, 1, 2 for fine to coarse, or None for what belongs to no scale.
        sees: names of the parts that it is computed from.
        values: features float32 (C, H, W), a map float32 (H, W), the mean weight of each memory item float32 (N,), or
            None for picture and score.
        gates: of the FPM that made these features, averaged over channels: along the height (H,) and the width (W,).
        per_patch: of the memory, how many items a patch mixes: the exponential of its weights' entropy, averaged.
    """

    name: str
    kind: str
    scale: int | None
    sees: tuple[str, ...]
    values: Array | None = None
    gates: tuple[Array, Array] | None = None
    per_patch: float | None = None

    @property
    def is_features(self) -> bool:
        """Whether `values` has channels."""
        return self.values is not None and self.values.ndim == 3


def anatomy(trace: Trace, used: Iterable[str]) -> dict[str, Part]:
    """The parts behind a trace, each after all that it sees.

    Args:
        trace: of one image.
        used: names of the maps that the score is made of.
    """
    parts = [Part("picture", PICTURE, None, ())]
    parts += _chain("F", TEACHER, trace.F, "picture")
    parts += _students_features(trace)
    parts += _projected_teacher(trace)
    parts += _reverse(trace)
    names = {part.name for part in parts}
    parts += [_map(name, values, names, _apart(trace)) for name, values in trace.native_maps.items()]
    used = frozenset(used)
    parts.append(Part("score", SCORE, None, tuple(name for name in trace.native_maps if name in used)))
    return {part.name: part for part in parts}


def _chain(symbol: str, kind: str, features: Sequence[Array], first: str) -> list[Part]:
    """Stages that each see the one before."""
    names = [f"{symbol}_{scale + 1}" for scale in SCALES]
    return [
        Part(name, kind, scale, (names[scale - 1] if scale else first,), features[scale])
        for scale, name in enumerate(names)
    ]


def _students_features(trace: Trace) -> list[Part]:
    if trace.SF is None or trace.SP is None:
        return []
    parts = _chain("SF", COPIER, trace.SF, "picture")
    if trace.gates_S1 is not None:
        gates = trace.gates_S1
        parts += [Part(f"SP_{i + 1}", PROJECTED, i, (f"SF_{i + 1}",), trace.SP[i], _means(gates[i])) for i in SCALES]
    return parts


def _projected_teacher(trace: Trace) -> list[Part]:
    """The memory's answer, and what the FPMs on the teacher's side make of the features."""
    parts = []
    if trace.F3_recalled is not None and trace.addressing is not None:
        weights = trace.addressing.weights
        parts.append(Part("memory", MEMORY, None, ("F_3",), weights.mean(axis=(0, 1)), per_patch=per_patch(weights)))
        parts.append(Part("F'_3", RECALLED, 2, ("memory",), trace.F3_recalled))
    if trace.gates_T is None:
        return parts
    gates = [_means(gate) for gate in trace.gates_T]
    parts += [Part(f"P_{i + 1}", PROJECTED, i, (f"F_{i + 1}",), trace.P[i], gates[i]) for i in SCALES[:2]]
    if trace.F3_recalled is None:
        return [*parts, Part("P_3", PROJECTED, 2, ("F_3",), trace.P[2], gates[2])]
    if _apart(trace):
        own = None if trace.gates_forward is None else _means(trace.gates_forward)
        parts.append(Part("P_3", PROJECTED, 2, ("F_3",), trace.P_forward[2], own))
    return [*parts, Part("P'_3" if _apart(trace) else "P_3", PROJECTED, 2, ("F'_3",), trace.P[2], gates[2])]


def per_patch(weights: Array) -> float:
    """How many items a patch mixes: the exponential of the entropy of its weights (..., N), averaged over patches."""
    return float(np.exp(-(weights * np.log(np.maximum(weights, SMALLEST))).sum(axis=-1)).mean())


def _apart(trace: Trace) -> bool:
    """Whether S1 is compared with another P_3 than S2's way goes on from (`model.forward_target` is original)."""
    return trace.P_forward is not trace.P


def _means(gate: Gate) -> tuple[Array, Array]:
    return gate.h.mean(axis=0), gate.w.mean(axis=0)


def _reverse(trace: Trace) -> list[Part]:
    """The narrow code and S2, which goes from the coarse scale to the fine one."""
    if trace.D is None or trace.F_C is None:
        return []
    third = "F_3" if trace.F3_recalled is None else "F'_3"
    if trace.gates_T is not None:
        third = "P'_3" if _apart(trace) and trace.F3_recalled is not None else "P_3"
    fused = ["P_1", "P_2", third] if trace.gates_T is not None else ["F_1", "F_2", third]
    parts = [Part("F_C", CODE, None, tuple(fused), trace.F_C)]
    for scale in reversed(SCALES):
        seen = "F_C" if scale == SCALES[-1] else f"D_{scale + 2}"
        parts.append(Part(f"D_{scale + 1}", REBUILDER, scale, (seen,), trace.D[scale]))
    return parts


def _map(name: str, values: Array, parts: set[str], apart: bool) -> Part:
    info = MAPS[name]
    number = info.scale + 1
    if info.branch == "reverse":
        return Part(name, MAP, info.scale, (f"F_{number}", f"D_{number}"), values)
    original = f"F_{number}" if apart or info.scale != SCALES[-1] or "F'_3" not in parts else "F'_3"
    target = next(part for part in (f"P_{number}", original) if part in parts)
    copied = next(part for part in (f"SP_{number}", f"SF_{number}") if part in parts)
    return Part(name, MAP, info.scale, (target, copied), values)


def stages(parts: Mapping[str, Part]) -> tuple[tuple[str, ...], ...]:
    """Names of the parts of each stage, as the data flow: no part stands before one that it sees.

    A stage has one kind of parts; what the gates make of the memory's answer comes after that answer.
    """
    found: dict[tuple[int, bool], tuple[str, ...]] = {}
    for name, part in parts.items():
        answer = projects_answer(part)
        at = _FLOW.index(RECALLED if answer else part.kind), answer
        found[at] = (*found.get(at, ()), name)
    return tuple(found[at] for at in sorted(found))


def projects_answer(part: Part) -> bool:
    """Whether a part is what the gates make of the memory's answer: P'_3, or P_3 where S1 is compared with that."""
    return part.kind == PROJECTED and "F'_3" in part.sees


def upstream(parts: Mapping[str, Part], name: str) -> frozenset[str]:
    """Everything that a part is computed from, directly or not."""
    seen = parts[name].sees
    return frozenset(seen).union(*(upstream(parts, other) for other in seen))


# ---------------------------------------------------------------------------------------------------------- colours


@dataclass(frozen=True)
class _Basis:
    """Centre (C,) and the three directions (C, 3) of unit vectors, and the range of each, (3,)."""

    centre: Array
    directions: Array
    low: Array
    high: Array

    def paint(self, features: Array) -> Array:
        """(C, H, W) -> uint8 (H, W, 3)."""
        projected = (_vectors(features) - self.centre) @ self.directions
        colours = np.clip((projected - self.low) / np.maximum(self.high - self.low, SMALLEST), 0, 1)
        painted: Array = np.rint(255 * colours).astype(np.uint8).reshape(*features.shape[1:], 3)
        return painted


class FeatureColours:
    """Feature vectors as colours that mean the same for every picture and in every lane: one PCA per scale.

    Fitted on F_i and P_i of normal pictures alike; of each vector its direction counts and its length does not, as for
    the cosine of Eq. (2). So where two tiles of a row show one colour, their features point the same way.
    """

    def __init__(self, traces: Sequence[Trace]) -> None:
        """Fit.

        Args:
            traces: of normal images by one network; a few are enough.
        """
        self._bases = {space: _fitted(rows) for space, rows in _rows(traces, _defined, _vectors).items()}

    def paint(self, part: Part) -> Array:
        """A part's features as colours, uint8 (H, W, 3).

        Raises:
            ValueError: the part has no features.
        """
        if part.values is None or not part.is_features:
            raise ValueError(f"{part.name} has no channels to be shown as colours.")
        return self._bases[_space(part)].paint(part.values)


class FeatureRanges:
    """One channel of a part's features, or the mean of all, with a range that is the same for every picture.

    It reaches from 1 % to 99 % of what the same part computes from normal pictures.
    """

    def __init__(self, traces: Sequence[Trace]) -> None:
        """Find the ranges; `traces` as for the colours."""
        self._ranges = {name: _ranges(rows) for name, rows in _rows(traces, lambda part: part.name, _channels).items()}

    def of(self, part: Part, channel: int | None) -> tuple[Array, tuple[float, float]] | None:
        """Values float32 (H, W) and their range.

        Args:
            part: with features.
            channel: from 0; None for the mean of all channels.

        Returns:
            None for a part that has no such channel.
        """
        if part.values is None or not part.is_features or (channel or 0) >= len(part.values):
            return None
        values = part.values.mean(axis=0) if channel is None else part.values[channel]
        low, high = self._ranges[part.name if part.name in self._ranges else f"F_{(part.scale or 0) + 1}"]
        at = -1 if channel is None else channel
        return values, (float(low[at]), float(high[at]))


def _rows(traces: Sequence[Trace], group: Callable[[Part], str], vectors: Callable[[Array], Array]) -> dict[str, Array]:
    """Vectors (n, C) of the features of each group, at most some 1,500, taken evenly; the group "" is left out."""
    found: dict[str, list[Array]] = {}
    for trace in traces:
        for part in anatomy(trace, ()).values():
            if part.values is not None and part.is_features:
                found.setdefault(group(part), []).append(part.values)
    found.pop("", None)
    every = ((name, np.concatenate([vectors(values) for values in found[name]])) for name in sorted(found))
    return {name: rows[:: max(1, len(rows) // _FIT_VECTORS)].copy() for name, rows in every}


def _ranges(rows: Array) -> tuple[Array, Array]:
    """1 % and 99 % of each channel and, as the last, of the mean of all: (C + 1,) each."""
    low, high = np.quantile(np.column_stack([rows, rows.mean(axis=1)]), (0.01, 0.99), axis=0).astype(np.float32)
    return low, high


def _defines(part: Part) -> bool:
    """Whether the colours of its scale are fitted on this part: what students are compared with, not what they make."""
    return part.kind in (TEACHER, CODE) or (part.kind == PROJECTED and part.name.startswith("P"))


def _defined(part: Part) -> str:
    return _space(part) if _defines(part) else ""


def _space(part: Part) -> str:
    return CODE if part.kind == CODE else f"scale {part.scale}"


def _channels(features: Array) -> Array:
    """(C, H, W) -> (H W, C)."""
    return features.reshape(len(features), -1).T


def _vectors(features: Array) -> Array:
    """(C, H, W) -> unit vectors (H W, C)."""
    rows = _channels(features).astype(np.float64)
    unit: Array = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), SMALLEST)
    return unit


def _fitted(rows: Array) -> _Basis:
    """PCA of vectors (n, C); signs do not depend on the solver."""
    centre = rows.mean(axis=0)
    _, _, axes = np.linalg.svd(rows - centre, full_matrices=False)
    directions = np.zeros((rows.shape[1], 3))
    found = axes[:3].T
    largest = np.take_along_axis(found, np.abs(found).argmax(axis=0)[None], axis=0)
    directions[:, : found.shape[1]] = found * np.where(largest < 0, -1.0, 1.0)
    low, high = np.quantile((rows - centre) @ directions, (0.01, 0.99), axis=0)
    return _Basis(centre, directions, low, high)
