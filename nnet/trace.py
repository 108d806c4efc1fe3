"""Everything one forward pass computed for one image, as arrays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple, TypeVar

import numpy as np
from torch import Tensor

from nnet.model.fpm import Gates
from nnet.model.network import Outputs

Array = np.ndarray
Found = TypeVar("Found")
Taken = TypeVar("Taken")


class Gate(NamedTuple):
    """Gates of one FPM on one image, 0..1: `h` (C, H) along the height and `w` (C, W) along the width."""

    h: Array
    w: Array


class MemoryUse(NamedTuple):
    """How one image's F_3 addresses the memory, each (H, W, N).

    `cosine` -1..1; `raw` the softmax before shrinkage; `weights` w^ after shrinkage and renormalisation.
    """

    cosine: Array
    raw: Array
    weights: Array


@dataclass(frozen=True)
class Trace:
    """Everything one forward pass computed for one image. Feature arrays are float32 (C, H, W).

    Attributes:
        image: the image as given, uint8 (H0, W0, 3).
        input_size: side of the square network input in pixels.
        F: teacher features F_1, F_2, F_3 at stride 4, 8, 16.
        F3_recalled: F'_3, or None without a memory.
        P: adapted teacher features.
        P_forward: P as S1 is compared with it; differs in P_3 where that comes from F_3 and not from F'_3.
        SF, SP: features of S1 and after its FPM; None without the forward branch.
        F_E, F_C: fused and compressed features; None without the reverse branch.
        D: S2's reconstruction of F; None without the reverse branch.
        gates_T, gates_S1: gates of the FPMs per scale, or None.
        addressing: of the memory, or None.
        native_maps: name -> (H_i, W_i), the anomaly maps at the features' own resolutions.
        maps: name -> (64, 64), after bilinear interpolation.
        window: of a model with a framing (`nnet.data.framing`), which part of the picture `image` is, as left, top,
            right and bottom: the one under the largest score. None where `image` is the picture.
        timings: milliseconds per stage, in order; for a batch, the batch's time divided by its images.
        gates_forward: the gates of P_forward's P_3 where that differs, else None.
    """

    image: Array
    input_size: int
    F: tuple[Array, ...]
    F3_recalled: Array | None
    P: tuple[Array, ...]
    P_forward: tuple[Array, ...]
    SF: tuple[Array, ...] | None
    SP: tuple[Array, ...] | None
    F_E: Array | None
    F_C: Array | None
    D: tuple[Array, ...] | None
    gates_T: tuple[Gate, ...] | None
    gates_S1: tuple[Gate, ...] | None
    addressing: MemoryUse | None
    native_maps: dict[str, Array]
    maps: dict[str, Array]
    timings: dict[str, float]
    window: tuple[int, int, int, int] | None = None
    gates_forward: Gate | None = None

    @property
    def nbytes(self) -> int:
        own = 0 if self.P_forward[2] is self.P[2] else self.P_forward[2].nbytes  # P_1 and P_2 are those of P
        return own + sum(_nbytes(getattr(self, f.name)) for f in fields(self) if f.name != "P_forward")


def trace_of(
    image: Array,
    size: int,
    out: Outputs,
    native: dict[str, Tensor],
    maps: dict[str, Tensor],
    timings: dict[str, float],
    i: int,
) -> Trace:
    """Image `i` of a batch's outputs, which was computed on `size` x `size` pixels."""
    p = _many(out.P, i)
    return Trace(
        image=image,
        input_size=size,
        F=_many(out.F, i),
        F3_recalled=_if_any(_one, out.F3_recalled, i),
        P=p,
        P_forward=p if out.P_forward is out.P else (*p[:2], _one(out.P_forward[2], i)),
        SF=_if_any(_many, out.SF, i),
        SP=_if_any(_many, out.SP, i),
        F_E=_if_any(_one, out.F_E, i),
        F_C=_if_any(_one, out.F_C, i),
        D=_if_any(_many, out.D, i),
        gates_T=_if_any(_gates, out.gates_T, i),
        gates_S1=_if_any(_gates, out.gates_S1, i),
        addressing=None if out.addressing is None else MemoryUse(*(_one(a, i) for a in out.addressing)),
        native_maps={name: _one(m, i) for name, m in native.items()},
        maps={name: _one(m, i) for name, m in maps.items()},
        timings=dict(timings),
        gates_forward=None if out.gates_forward is None else _gates([out.gates_forward], i)[0],
    )


def _if_any(take: Callable[[Found, int], Taken], found: Found | None, i: int) -> Taken | None:
    return None if found is None else take(found, i)


def _one(tensor: Tensor, i: int) -> Array:
    # Of a batch a copy, so that whoever keeps one image's trace does not keep all of them in memory.
    return array(tensor[i] if len(tensor) == 1 else tensor[i].clone())


def array(tensor: Tensor) -> Array:
    """float32, C-contiguous, in main memory."""
    found: Array = tensor.float().cpu().contiguous().numpy()
    return found


def _many(tensors: Sequence[Tensor], i: int) -> tuple[Array, ...]:
    return tuple(_one(tensor, i) for tensor in tensors)


def _gates(gates: Sequence[Gates], i: int) -> tuple[Gate, ...]:
    return tuple(Gate(_one(g.h[..., 0], i), _one(g.w[..., 0, :], i)) for g in gates)


def _nbytes(value: object) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, dict):
        return sum(map(_nbytes, value.values()))
    return sum(map(_nbytes, value)) if isinstance(value, tuple) else 0
