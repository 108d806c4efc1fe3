"""What the gates of a picture do: one channel before and behind them, and how much of S1's work they take over."""

from dataclasses import dataclass

import numpy as np

from nnet.analysis.story import turned
from nnet.analysis.visibility import coverage
from nnet.detector import Array, Trace
from nnet.units import SMALLEST

SEEN = 0.5
"""From which share of its highest value on a score is taken for the damage."""


@dataclass(frozen=True)
class Gated:
    """The channel of F_1 in which the damage gains most on the rest behind the teacher's gates.

    Attributes:
        before, after: (H_1, W_1), this channel of F_1 and of P_1.
        gates: (H_1, W_1), what lies between them, 0..1.
        stands: how large the features are on the damage, in multiples of the rest's: before the gates and behind them.
        gaining: in how many channels that grows.
        channels: of how many.
    """

    before: Array
    after: Array
    gates: Array
    stands: tuple[float, float]
    gaining: int
    channels: int


def example(trace: Trace, score: Array) -> Gated | None:
    """The channel that shows best what is damped beside the damage.

    Args:
        trace: of a picture with a damage.
        score: its score map (h, w); the damage is where it reaches half of its highest value.

    Returns:
        None where there are no gates, or the damage is everywhere.
    """
    if trace.gates_T is None:
        return None
    gate, f, p = trace.gates_T[0], np.abs(trace.F[0]), np.abs(trace.P[0])
    cover = coverage(score >= SEEN * score.max(), f.shape[1:])
    inside = cover >= min(0.5, float(cover.max()))
    if inside.all():
        return None
    before, after = (one[:, inside].mean(axis=1) / np.maximum(one[:, ~inside].mean(axis=1), SMALLEST) for one in (f, p))
    visible = after > 1  # behind the gates the damage is to be seen in it, wherever that is possible
    channel = int(np.where(visible if visible.any() else True, after - before, -np.inf).argmax())
    return Gated(
        trace.F[0][channel],
        trace.P[0][channel],
        gate.h[channel, :, None] * gate.w[channel, None, :],
        (float(before[channel]), float(after[channel])),
        int((after > before).sum()),
        len(f),
    )


def copied(trace: Trace) -> tuple[float, float] | None:
    """How far S1's features point from the teacher's P, before S1's own gates and behind them: the mean cosine distance
    of SF_i and of SP_i, over cells and scales. None where S1 has no gates of its own."""
    if trace.gates_S1 is None or trace.SF is None or trace.SP is None:
        return None
    before, behind = (
        float(np.mean([turned(p, own) for p, own in zip(trace.P_forward, side, strict=True)]))
        for side in (trace.SF, trace.SP)
    )
    return before, behind
