"""What the projection modules (FPM) do to features: the paper's Figure 7 in numbers, per position and per region.

The figure shows the variance along channels of the teacher's features before and after FPM; it should become smaller
and more even on normal regions. Since FPM multiplies by gates in (0, 1), it can only shorten a feature vector, and the
anomaly maps compare directions alone (Eq. 2), so a smaller variance alone proves little. Each statistic that
depends on the features' scale therefore stands beside ones that do not.

What the gates are for is another question: whether what differs among good parts counts less behind them. The variance
along the channels of one patch does not answer it; `among_parts` does, from the same patch of several good parts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image

from nnet.data import Sample
from nnet.detector import Detector, Gate, Trace
from nnet.errors import NNetError
from nnet.units import SMALLEST

Array = np.ndarray

SIDES = ("teacher", "student")
SCALES = 3
STATISTICS = ("mean", "variation", "unit", "directions")
"""The statistics of an image that `measure_trace` returns, in order; see `Statistics`."""
BATCH = 4
_PRIME = "\N{PRIME}"
_SYMBOLS = {"teacher": ("F", "P"), "student": ("SF", "SP")}


@dataclass(frozen=True)
class Pair:
    """Features of one scale before and after FPM.

    Attributes:
        side: one of `SIDES`.
        scale: 0, 1, 2 for the strides 4, 8, 16.
        before: (C, H, W), what goes into FPM: F_i, SF_i, or F'_3 where there is a memory.
        after: (C, H, W), P_i or SP_i; None where this side has no FPM.
        gate: the gates between them, or None.
        recalled: whether `before` is F'_3 from the memory instead of F_3.
        apart: whether `after` is then P'_3, while S1 is compared with another P_3, which is made from F_3.
    """

    side: str
    scale: int
    before: Array
    after: Array | None
    gate: Gate | None
    recalled: bool = False
    apart: bool = False

    @property
    def names(self) -> tuple[str, str]:
        """Symbols of the features before and after, such as ("F₁", "P₁")."""
        before, after = _SYMBOLS[self.side]
        digit = "₁₂₃"[self.scale]
        return f"{before}{_PRIME * self.recalled}{digit}", f"{after}{_PRIME * self.apart}{digit}"


class Statistics(NamedTuple):
    """The variance along channels over a set of positions.

    Attributes:
        mean: mean over positions, in squared feature units.
        spread: standard deviation over positions, in squared feature units.
        variation: spread / mean, the coefficient of variation: 0 is perfectly even. No unit; a common factor on all
            features does not change it.
        unit: mean over positions of C times the variance of the vectors brought to length 1, 0..1. No unit. It is
            1 - C mean(u)^2, so it falls only if the channels take up a common offset.
        directions: 1 - |mean of the unit vectors|^2, 0..1: the total variance of the unit vectors over positions.
            0: all vectors point the same way. No unit.
        positions: how many.
    """

    mean: float
    spread: float
    variation: float
    unit: float
    directions: float
    positions: int


def pairs(trace: Trace, side: str) -> tuple[Pair, ...]:
    """The three scales of one side; empty where the model has no such side (no S1)."""
    before: tuple[np.ndarray, ...] | None
    after: tuple[np.ndarray, ...] | None
    if side == "teacher":
        recalled = trace.F3_recalled
        before = trace.F if recalled is None else (*trace.F[:2], recalled)
        after, gates = trace.P, trace.gates_T
    else:
        recalled, before, after, gates = None, trace.SF, trace.SP, trace.gates_S1
    if before is None:
        return ()
    return tuple(
        Pair(
            side,
            i,
            before[i],
            None if gates is None or after is None else after[i],
            None if gates is None else gates[i],
            recalled is not None and i == 2,
            recalled is not None and i == 2 and trace.P_forward is not trace.P,
        )
        for i in range(SCALES)
    )


# ------------------------------------------------------------------------------------------- the claim of Figure 7

TOLERANCE = 0.02
"""Relative change below which a statistic counts as unchanged."""


def change(before: float, after: float) -> int:
    """-1 for less, 0 for about the same, 1 for more."""
    if after < before * (1 - TOLERANCE):
        return -1
    return 1 if after > before * (1 + TOLERANCE) else 0


@dataclass(frozen=True)
class Claim:
    """What Figure 7 claims of every scale, beside what was measured: the scales, from 1, at which the variance along
    channels is `smaller`, and more `even` over the positions (a smaller coefficient of variation), behind the gates."""

    smaller: tuple[int, ...]
    even: tuple[int, ...]

    @property
    def holds(self) -> bool | None:
        """Whether it holds; None for in part. Where nothing is more even it does not: smaller is nearly built in."""
        if len(self.smaller) == len(self.even) == SCALES:
            return True
        return None if self.even else False


def falling(values: Sequence[tuple[float, float]]) -> tuple[int, ...]:
    """The scales, from 1, at which a statistic falls, from (before, after) per scale."""
    return tuple(scale for scale, pair in enumerate(values, 1) if change(*pair) < 0)


def figure7(means: Sequence[tuple[float, float]], variations: Sequence[tuple[float, float]]) -> Claim:
    """The claim, from the `mean` and the `variation` of `Statistics`, (before, after) per scale."""
    return Claim(falling(means), falling(variations))


# ------------------------------------------------------------------------------------------------------- variance


def channel_variance(f: Array) -> Array:
    """Variance along channels at each position, (C, H, W) -> (H, W) float32, in squared feature units. Figure 7."""
    return f.var(axis=0)


def channel_covariance(a: Array, b: Array) -> Array:
    """Covariance along channels of two feature maps of one shape, (C, H, W) -> (H, W)."""
    return np.mean((a - a.mean(axis=0)) * (b - b.mean(axis=0)), axis=0)


def blended_variance(before: Array, covariance: Array, after: Array, t: float) -> Array:
    """Variance along channels of (1 - t) F + t P, from the variances of F and P and their covariance, each (H, W).

    Var((1 - t) F + t P) = (1 - t)^2 Var F + 2 t (1 - t) Cov(F, P) + t^2 Var P, so no feature is touched again.
    """
    return np.maximum((1 - t) ** 2 * before + 2 * t * (1 - t) * covariance + t**2 * after, 0)


def unit_vectors(f: Array) -> Array:
    """The channel vectors brought to length 1, (C, H, W); a zero vector stays zero."""
    return f / np.maximum(np.linalg.norm(f, axis=0), SMALLEST)


def statistics(f: Array, inside: Array | None = None) -> Statistics | None:
    """Statistics of features (C, H, W) over the positions at True in `inside` (H, W), or over all; None without any."""
    vectors = f.reshape(len(f), -1) if inside is None else f[:, inside]  # (C, n)
    if not vectors.shape[1]:
        return None
    variance = vectors.var(axis=0, dtype=np.float64)
    unit = unit_vectors(vectors)
    mean, spread = float(variance.mean()), float(variance.std())
    return Statistics(
        mean=mean,
        spread=spread,
        variation=spread / mean if mean > 0 else 0.0,
        unit=float(len(f) * unit.var(axis=0, dtype=np.float64).mean()),
        directions=float(max(0.0, 1 - np.sum(unit.mean(axis=1, dtype=np.float64) ** 2))),
        positions=vectors.shape[1],
    )


def map_statistics(variance: Array, inside: Array | None = None) -> tuple[float, float] | None:
    """Mean and coefficient of variation of a variance map (H, W) over the positions at True, or None without any."""
    values = variance if inside is None else variance[inside]
    if not values.size:
        return None
    mean = float(values.mean(dtype=np.float64))
    return mean, float(values.std(dtype=np.float64)) / mean if mean > 0 else 0.0


def cells(region: Array, shape: tuple[int, int]) -> Array:
    """A region of pixels as feature positions, bool (h, w) -> bool (H, W).

    A position belongs to it if at least half of its area does. A region too small for that at this scale is given
    the positions that hold the largest share of it, so that it never gets lost.
    """
    source = Image.fromarray(np.ascontiguousarray(region, np.float32))
    share = np.asarray(source.resize(shape[::-1], Image.Resampling.BOX))
    return (share >= min(0.5, max(float(share.max()) - 1e-6, SMALLEST))) & (share > 0)


# ----------------------------------------------------------------------------------------------- gates and colours


def most_selective(gate: Gate) -> int:
    """The channel whose gates differ most over its positions."""
    return int(np.ptp(gate.h[:, :, None] * gate.w[:, None, :], axis=(1, 2)).argmax())


def mean_gates(gate: Gate) -> Array:
    """Mean over all positions of a channel's gate h(y) w(x), (C,), each in 0..1; small means damped."""
    return gate.h.mean(axis=1) * gate.w.mean(axis=1)


def pca_rgb(before: Array, after: Array | None, unit: bool = True) -> tuple[Array, Array | None, float]:
    """Features as colours by one common PCA: the first three components become red, green and blue.

    Both feature maps share the basis, its centre and the range of each colour, so one colour means one feature vector
    on both sides.

    Args:
        before, after: (C, H, W).
        unit: bring the vectors to length 1 first. Otherwise the shrunken features all lie near the origin.

    Returns:
        uint8 (H, W, 3) before and after, and the share of the variance that the three components hold, 0..1.
    """
    maps = [m if not unit else unit_vectors(m) for m in (before, after) if m is not None]
    vectors = np.concatenate([m.reshape(len(m), -1).T for m in maps]).astype(np.float64)  # (n, C)
    vectors -= vectors.mean(axis=0)
    values, basis = np.linalg.eigh(vectors.T @ vectors)  # ascending
    projected = vectors @ _signed(basis[:, ::-1][:, :3])  # (n, up to 3)
    projected = np.pad(projected, ((0, 0), (0, 3 - projected.shape[1])))
    low, high = np.quantile(projected, (0.01, 0.99), axis=0)
    colours = np.clip((projected - low) / np.maximum(high - low, SMALLEST), 0, 1)
    pictures = np.rint(255 * colours).astype(np.uint8).reshape(len(maps), *before.shape[1:], 3)
    share = float(values[::-1][:3].sum() / max(values.sum(), SMALLEST))
    return pictures[0], pictures[1] if after is not None else None, share


def _signed(basis: Array) -> Array:
    """Eigenvectors with a sign that does not depend on the solver: the largest entry is positive."""
    largest = np.take_along_axis(basis, np.abs(basis).argmax(axis=0)[None], axis=0)
    return basis * np.where(largest < 0, -1.0, 1.0)


# ------------------------------------------------------------------------------------------------ among good parts

DEALS = 20
"""How often gates are dealt to other channels by chance."""


@dataclass(frozen=True)
class AmongParts:
    """How far good parts differ at one scale and side, as angles in degrees, 0..180. An angle knows no length, so gates
    below 1 do not make it smaller by themselves.

    Attributes:
        before, after: (H, W), the angle between the features of two parts at one position, before FPM and after it; the
            mean over all pairs of parts.
        dealt: (DEALS,), the mean over positions that chance leads to: every channel is given the gates of another one,
            the same one in all parts.
    """

    before: Array
    after: Array
    dealt: Array

    @property
    def means(self) -> tuple[float, float]:
        """The mean over positions, before and after."""
        return float(self.before.mean()), float(self.after.mean())

    @property
    def change(self) -> int:
        """-1 where the gates make the angle smaller, and smaller than any deal does; 1 where larger and larger than any
        deal does; else 0."""
        before, after = self.means
        found = change(before, after)
        beyond = after < self.dealt.min() if found < 0 else after > self.dealt.max()
        return found if beyond else 0


def among_parts(parts: Sequence[Pair]) -> AmongParts:
    """Whether what differs among good parts counts less behind the gates, at one scale and side.

    Args:
        parts: that scale's features of two or more good parts, each with its gates.

    Raises:
        NNetError: fewer than two parts, or there are no gates.
    """
    gated = [(part.before, part.after, part.gate) for part in parts if part.after is not None and part.gate is not None]
    if len(gated) < 2:
        raise NNetError("To see what differs among good parts, two of them and a model with projections are needed.")
    before, gates = np.stack([f for f, _, _ in gated]), [gate for _, _, gate in gated]  # (n, C, H, W)
    generator = np.random.default_rng(0)
    orders = [generator.permutation(before.shape[1]) for _ in range(DEALS)]
    chance = [
        [f * g.h[order, :, None] * g.w[order, None, :] for f, g in zip(before, gates, strict=True)] for order in orders
    ]
    dealt = [float(_angles(np.stack(features)).mean()) for features in chance]
    return AmongParts(_angles(before), _angles(np.stack([f for _, f, _ in gated])), np.array(dealt))


def _angles(features: Array) -> Array:
    """The mean angle between the vectors of every two of n feature maps at each position, (n, C, H, W) -> (H, W)."""
    first, second = np.triu_indices(len(features), 1)
    unit = np.stack([unit_vectors(f) for f in features])
    cosines = np.stack([(unit[i] * unit[j]).sum(axis=0) for i, j in zip(first, second, strict=True)])
    return np.rad2deg(np.arccos(np.clip(cosines, -1, 1))).mean(axis=0)


# ------------------------------------------------------------------------------------------------- whole data sets


def measure_trace(trace: Trace) -> Array:
    """Statistics of a whole image, (2 sides, 3 scales, before/after, 4) float64 in the order of SIDES and STATISTICS.

    What the model does not have is NaN.
    """
    values = np.full((len(SIDES), SCALES, 2, len(STATISTICS)), np.nan)
    for s, side in enumerate(SIDES):
        for pair in pairs(trace, side):
            for k, features in enumerate((pair.before, pair.after)):
                if features is not None:
                    found = statistics(features)
                    values[s, pair.scale, k] = [getattr(found, name) for name in STATISTICS]
    return values


def in_mixed_order(samples: Sequence[Sample]) -> list[Sample]:
    """The labelled ones among the samples, shuffled, so that any first part of them stands for the whole."""
    labelled = [sample for sample in samples if sample.is_normal or sample.is_defective]
    return [labelled[i] for i in np.random.default_rng(0).permutation(len(labelled))]


def measure_samples(detector: Detector, samples: Sequence[Sample]) -> Iterator[tuple[Array, list[str]]]:
    """`measure_trace` of every sample, one forward pass each, some images at a time.

    Yields:
        (up to BATCH, 2, 3, 2, 4) in the samples' order, NaN throughout for an image that cannot be read, and a
        sentence for each of these.
    """
    for start in range(0, len(samples), BATCH):
        part = samples[start : start + BATCH]
        values = np.full((len(part), len(SIDES), SCALES, 2, len(STATISTICS)), np.nan)
        images, problems = _read(part)
        if images:
            for i, trace in zip(images, detector.trace_batch(list(images.values())), strict=True):
                values[i] = measure_trace(trace)
        yield values, problems


def _read(samples: Sequence[Sample]) -> tuple[dict[int, Array], list[str]]:
    images, problems = {}, []
    for i, sample in enumerate(samples):
        try:
            images[i] = sample.load().image
        except NNetError as error:
            problems.append(str(error))
    return images, problems


def over_images(values: Array, chosen: Array) -> tuple[Array, Array]:
    """Mean and standard deviation over some images' statistics, NaN left out.

    Args:
        values: (n, ...), as stacked from `measure_samples`.
        chosen: bool (n,).

    Returns:
        Two arrays of the shape of one image's statistics; NaN where nothing was measured.
    """
    some = values[chosen]
    known = ~np.isnan(some)
    count = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, some, 0).sum(axis=0) / count
        spread = np.sqrt(np.where(known, (some - mean) ** 2, 0).sum(axis=0) / count)
    return mean, spread
