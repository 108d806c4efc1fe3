"""What the gates of a picture do: one channel before and behind them, and how much of S1's work they take over."""

from dataclasses import dataclass

import numpy as np

from nnet.analysis.projection import SCALES
from nnet.analysis.story import COVERED, LESS, Finding, StoryError, compared, drawn, turned
from nnet.analysis.visibility import coverage
from nnet.detector import Array, Trace
from nnet.units import SMALLEST

ALIKE = 0.25
"""Channels' gates whose `spread` is a smaller share of their mean are nearly one factor."""
SEEN = 0.5
"""From which share of its highest value on a score is taken for the damage."""


@dataclass(frozen=True)
class Gated:
    """A typical channel of F_1 that shows the damage, before the teacher's gates and behind them.

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
    """Of the channels in which the damage exceeds the rest, of all where there is none, the one in the middle by how
    much the gates change that.

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
    inside = cover >= min(COVERED, float(cover.max()))
    if inside.all():
        return None
    before, after = (one[:, inside].mean(axis=1) / np.maximum(one[:, ~inside].mean(axis=1), SMALLEST) for one in (f, p))
    visible = np.flatnonzero(before > 1)
    shown = visible if len(visible) else np.arange(len(f))
    gain = after[shown] / np.maximum(before[shown], SMALLEST)
    channel = int(shown[np.argsort(gain, kind="stable")[len(shown) // 2]])
    return Gated(
        trace.F[0][channel],
        trace.P[0][channel],
        gate.h[channel, :, None] * gate.w[channel, None, :],
        (float(before[channel]), float(after[channel])),
        int((after > before).sum()),
        len(f),
    )


def passes(before: Trace, after: Trace) -> Finding:
    """Whether the teacher's gates pass what a damage adds to its features less than they pass a good part. Outcomes:
    "less", as the paper's idea has it, "same" or "more".

    Args:
        before, after: the same picture without the damage and with it.

    Numbers: "passed_good" and "passed_damage", on the cells that the damage covers how large F of the good part, and
    what the damage adds to it, is behind the gates, as a share of what it is before them; the mean over scales. And
    those of `spread`.

    Raises:
        StoryError: there are no gates, both pictures are the same, or they are looked at in different places.
    """
    if before.gates_T is None or after.gates_T is None:
        raise StoryError("This model has no projection modules.")
    changed = drawn(before, after)
    good, damage = [], []
    for i in range(SCALES):
        cover = coverage(changed, before.F[i].shape[1:])
        inside = cover >= min(COVERED, float(cover.max()))
        gates = [one.h[:, :, None] * one.w[:, None, :] for one in (before.gates_T[i], after.gates_T[i])]
        good.append(_passed(before.F[i], gates[0], inside))
        damage.append(_passed(after.F[i] - before.F[i], gates[1], inside))
    numbers = {"passed_good": float(np.mean(good)), "passed_damage": float(np.mean(damage)), **spread(before)}
    return Finding(compared(numbers["passed_damage"], numbers["passed_good"]), LESS, numbers, {})


def spread(trace: Trace) -> dict[str, float]:
    """How much the teacher's gates differ by channel, each the mean over positions: "least" and "most", the smallest
    and the largest of all scales; "spread", their standard deviation as a share of their mean, over scales. {} without
    gates."""
    if trace.gates_T is None:
        return {}
    every = [(one.h.mean(axis=1) * one.w.mean(axis=1)) for one in trace.gates_T]
    least, most = (float(end([end(one) for one in every])) for end in (np.min, np.max))
    shares = [float(one.std()) / max(float(one.mean()), SMALLEST) for one in every]
    return {"least": least, "most": most, "spread": float(np.mean(shares))}


def _passed(f: Array, gate: Array, inside: Array) -> float:
    size = float(np.linalg.norm(f[:, inside]))
    return float(np.linalg.norm((gate * f)[:, inside])) / max(size, SMALLEST)


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
