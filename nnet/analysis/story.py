"""What the paper tells of N-Net's parts, asked of a trained network and a picture.

Each function measures one ratio and says what it comes to, beside what the story leads one to expect. A change of less
than a tenth counts as none (`SAME`). Nothing here is trained, so what happens without a part says how much this network
leans on it, not what another network would do that was trained without it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nnet.analysis.projection import SCALES, Claim, channel_variance, figure7, map_statistics, pairs, unit_vectors
from nnet.analysis.visibility import coverage
from nnet.analysis.whatif import Code, WhatIf, intervene
from nnet.detector import Array, Detector, Trace
from nnet.errors import NNetError
from nnet.expression import Expression, for_maps, parse
from nnet.scoring.maps import MAPS, image_score, score_map
from nnet.units import SMALLEST, multiple

SAME = 0.1
"""A change by less than this share counts as no change."""
COVERED = 0.5
"""From which share on a cell counts as covered by a damage; for a thin one, that of the cell it covers most."""
FEW, HALF = 0.2, 0.7
"""A share below the first is "few", one below the second "half", any other "all"."""
LESS, EQUAL, MORE = "less", "same", "more"
ALL, SOME, NONE = "all", "some", "none"


class StoryError(NNetError):
    """A question that this network cannot be asked, since it lacks the part; the message says which."""


@dataclass(frozen=True)
class Finding:
    """An answer.

    Attributes:
        outcome: one of the outcomes that the question has.
        expected: what the paper's story leads one to expect; "" where it says nothing.
        numbers: what was measured, by names that the function documents.
        images: arrays to be shown, likewise.
    """

    outcome: str
    expected: str
    numbers: Mapping[str, float]
    images: Mapping[str, Array]

    @property
    def agrees(self) -> bool:
        """Whether the measurement is what the story says."""
        return bool(self.expected) and self.outcome == self.expected

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.images.values())


def compared(after: float, before: float) -> str:
    """Whether `after` is less, the same or more."""
    if abs(after - before) < SAME * max(abs(before), SMALLEST):
        return EQUAL
    return LESS if after < before else MORE


# ------------------------------------------------------------------------------------------------------- the teacher


def unlike(trace: Trace, good: Sequence[Trace], expression: Expression, sigma: float) -> Finding:
    """How unlike the patches of good pictures the teacher describes the one with the highest score.

    The picture's own patches are not compared with one another, since two scratches may be alike.

    Numbers: "peak", the smallest cosine distance of that cell of F_3 to any of the good pictures; "typical", the median
    over the cells of the good pictures of their distance to the other good ones. Images: "unlike" (H_3, W_3), the
    distances of the picture's cells to the good pictures.

    Raises:
        StoryError: fewer than two good pictures.
    """
    if len(good) < 2:
        raise StoryError("There are too few pictures that are known to be good to compare with.")
    known = [_cells(one) for one in good]
    among = [_nearest(one, [other for other in known if other is not one]) for one in known]
    rows, columns = trace.F[2].shape[1:]
    unlike_good = _nearest(_cells(trace), known).reshape(rows, columns)
    score = score_map(trace.maps, expression, trace.input_size, sigma)
    peak = float(unlike_good[highest(score, trace.F[2])])
    typical = float(np.median(np.concatenate(among)))
    shown = unlike_good.astype(np.float32)
    return Finding(compared(peak, typical), MORE, {"peak": peak, "typical": typical}, {"unlike": shown})


def distances(a: Array, b: Array) -> Array:
    """1 - cos along channels, (C, H, W) twice -> (H, W)."""
    return 1 - (unit_vectors(a) * unit_vectors(b)).sum(axis=0)


def highest(score: Array, f: Array) -> tuple[int, int]:
    """The cell of features (C, H, W) in which a score map is highest."""
    top, left = np.unravel_index(score.argmax(), score.shape)
    return int(top) * f.shape[1] // score.shape[0], int(left) * f.shape[2] // score.shape[1]


def _cells(trace: Trace) -> Array:
    """F_3 as unit vectors (C_3, cells)."""
    return unit_vectors(trace.F[2]).reshape(len(trace.F[2]), -1)


def _nearest(cells: Array, others: Sequence[Array]) -> Array:
    """The smallest cosine distance of each cell to any of the others', (cells,)."""
    return np.min([1 - (cells.T @ other).max(axis=1) for other in others], axis=0).clip(0)


def narrow(trace: Trace) -> Finding:
    """How narrow S2's way is. Outcomes: "few", "half", "all" of the numbers are left.

    Numbers: "before", how many numbers T describes the picture with; "after", how many F_C has.

    Raises:
        StoryError: there is no reverse branch.
    """
    if trace.F_C is None:
        raise StoryError("This model has no S2, so there is no narrow code.")
    before, after = sum(f.size for f in trace.F), trace.F_C.size
    return Finding(_part(after / before), "few", {"before": before, "after": after}, {})


def _part(share: float) -> str:
    return "few" if share < FEW else "half" if share < HALF else "all"


# ------------------------------------------------------------------------------------------------------ the students


def let_through(detector: Detector, before: Trace, after: Trace) -> Finding:
    """How much of a damage the code lets through to S2, with the memory and without it: the restoration shortcut.

    S2 rebuilds the damaged part from the code of the undamaged one (an exchange known as activation patching). What its
    maps show then, beyond what they show of the undamaged part, is all of the damage that they can show. They show less
    with the damaged part's own code: that share got through, and S2 rebuilt it.

    Args:
        before, after: the same picture without the damage and with it.

    Returns:
        Outcomes: "few", "half", "all". Numbers: "before" and "after", the share with the memory and without it, of the
        means of M1 + M2 + M3 over the cells that the damage covers; up to 1, and below 0 where S2 misses more with the
        damage in its code. Images, (64, 64): "missed", M1 + M2 + M3, and "through", by how much they rise with the code
        of the undamaged part, at least 0.

    Raises:
        StoryError: there is no S2, both pictures are the same, or they are looked at in different places.
    """
    if after.F_C is None:
        raise StoryError("This model has no S2, so there is no code that anything could get through.")
    changed = drawn(before, after)
    missed, fully, share = _through(detector, before, after, WhatIf(), changed)
    numbers = {"before": share}
    if after.F3_recalled is not None:
        off = WhatIf(without_nfs=True)
        bare, damaged = (intervene(detector, one, off).trace for one in (before, after))
        numbers["after"] = _through(detector, bare, damaged, off, changed)[2]
    return Finding(_part(share), "few", numbers, {"missed": missed, "through": np.maximum(fully - missed, 0)})


def _through(
    detector: Detector, before: Trace, after: Trace, what: WhatIf, changed: Array
) -> tuple[Array, Array, float]:
    """S2's maps with its own code and with that of `before`, added up, and the share that got through.

    Args:
        before, after: as this intervention leaves them.
        changed: bool (H, W), where the damage is.
    """
    assert before.F_C is not None
    exchanged = intervene(detector, after, replace(what, code=Code("the undamaged part", before.F_C))).trace
    unharmed, own, fully = (
        np.sum([one.maps[name] for name in _of_branch(tuple(one.maps), "reverse")], axis=0)
        for one in (before, after, exchanged)
    )
    cover = coverage(changed, own.shape)
    inside = cover >= min(COVERED, float(cover.max()))
    possible = float((fully - unharmed)[inside].mean())
    return own, fully, float((fully - own)[inside].mean()) / max(possible, SMALLEST)


def drawn(before: Trace, after: Trace) -> NDArray[np.bool_]:
    """Where two pictures differ, (H, W). Raises StoryError if they do nowhere, or are looked at in different places."""
    if before.image.shape != after.image.shape or before.window != after.window:
        raise StoryError("This model looks at one tile of each picture, and not at the same one in both.")
    changed: NDArray[np.bool_] = (before.image != after.image).any(axis=-1)
    if not changed.any():
        raise StoryError("Nothing is drawn on this picture, so nothing of it could get through.")
    return changed


def turned(before: Array | None, after: Array | None) -> float:
    """By how much features (C, H, W) turn: the mean cosine distance over their cells, 0..2; 0 where one is missing."""
    if before is None or after is None:
        return 0.0
    return float(distances(before, after).mean())


def missed_by_s2(trace: Trace) -> Array | None:
    """What S2 misses of a picture, the sum of its maps (64, 64); None where there is no S2."""
    names = _of_branch(tuple(trace.maps), "reverse")
    return np.sum([trace.maps[name] for name in names], axis=0) if names else None


def _of_branch(names: Sequence[str], branch: str) -> tuple[str, ...]:
    return tuple(name for name in names if MAPS[name].branch == branch)


# ------------------------------------------------------------------------------------------------ projection


def evened(good: Sequence[Trace]) -> Finding:
    """Whether the projections make the teacher's features more even over good parts, as Figure 7 says: at "all" scales,
    at "some" or at "none". The same rule as on the Projection page (`projection.figure7`).

    Args:
        good: one or more pictures by one network; of each number the mean over them counts.

    Numbers, for each scale i from 1: "even_before_i" and "even_after_i", the coefficient of variation over positions of
    the variance along channels; "mean_before_i" and "mean_after_i", its mean.

    Raises:
        StoryError: there is no FPM.
    """
    if good[0].gates_T is None:
        raise StoryError("This model has no projection modules.")
    every = [_evenness(trace) for trace in good]
    numbers = {name: float(np.mean([one[name] for one in every])) for name in every[0]}
    even = claimed(numbers).even
    return Finding(ALL if len(even) == SCALES else SOME if even else NONE, ALL, numbers, {})


def _evenness(trace: Trace) -> dict[str, float]:
    numbers = {}
    for pair in pairs(trace, "teacher"):
        for when, f in (("before", pair.before), ("after", pair.after)):
            assert f is not None  # there are gates
            found = map_statistics(channel_variance(f))
            assert found is not None  # a map has positions
            numbers[f"mean_{when}_{pair.scale + 1}"], numbers[f"even_{when}_{pair.scale + 1}"] = found
    return numbers


def claimed(numbers: Mapping[str, float]) -> Claim:
    """What the numbers of `evened` say of Figure 7."""
    means, variations = (by_scale(numbers, name) for name in ("mean", "even"))
    return figure7(means, variations)


def by_scale(numbers: Mapping[str, float], name: str) -> list[tuple[float, float]]:
    """(before, after) per scale of "mean" or "even", from the numbers of `evened`."""
    return [(numbers[f"{name}_before_{i}"], numbers[f"{name}_after_{i}"]) for i in range(1, SCALES + 1)]


# --------------------------------------------------------------------------------------------------- score


def added(trace: Trace, sigma: float) -> Finding:
    """What adding the scales instead of multiplying them does to the ground of the heatmap.

    Numbers: "before" and "after", the median of the score map as a share of its largest value, multiplied and added.
    Images: both maps, divided by their largest value.

    Raises:
        StoryError: only one scale has maps.
    """
    product = for_maps(tuple(trace.maps)).text
    if "*" not in product:
        raise StoryError("This model's score has a single scale, so there is nothing to multiply.")
    scores = {"before": product, "after": product.replace("*", "+")}
    maps = {when: score_map(trace.maps, parse(text), trace.input_size, sigma) for when, text in scores.items()}
    images = {when: multiple(m, float(m.max())) for when, m in maps.items()}
    numbers = {when: float(np.median(m)) for when, m in images.items()}
    return Finding(compared(numbers["after"], numbers["before"]), MORE, numbers, images)


# ------------------------------------------------------------------------------------------------------- all parts

PARTS = "forward", "reverse", "fpm", "nfs"
"""The parts that can be taken out; S2 ("reverse") by leaving its maps out of the score."""
_WITHOUT = {"forward": WhatIf(without_forward=True), "fpm": WhatIf(without_fpm=True), "nfs": WhatIf(without_nfs=True)}


def apart(good: Sequence[float], defective: Sequence[float]) -> float:
    """How far the mean logarithm of the scores of defective pictures lies above that of good ones, in standard
    deviations within the groups. Whatever all scores are divided by, such as a threshold, changes nothing, so scores of
    different expressions can be compared by it. At least two scores, 0 or more, of each kind."""
    groups = [np.log(np.maximum(scores, SMALLEST)) for scores in (good, defective)]
    within = np.sqrt(np.mean([group.var(ddof=1) for group in groups]))
    return float((groups[1].mean() - groups[0].mean()) / max(float(within), SMALLEST))


def leans_on(detector: Detector, good: Sequence[Trace], defective: Sequence[Trace], expression: Expression) -> Finding:
    """Which part this network leans on most to tell defective pictures from good ones (`leant_on`). Nothing is
    expected: the paper trains anew for that.

    Numbers: "whole" and, for each part that the network has, how far `apart` the two groups are when it is left out.

    Raises:
        StoryError: fewer than two pictures of a kind.
    """
    if min(len(good), len(defective)) < 2:
        raise StoryError("There are too few pictures that are known to be good or defective.")
    sigma = detector.config.scoring.sigma

    def distance(score_of: Callable[[Trace], float]) -> float:
        return apart(*([score_of(trace) for trace in traces] for traces in (good, defective)))

    def of_maps(trace: Trace, used: Expression) -> float:
        return float(image_score(score_map(trace.maps, used, trace.input_size, sigma)))

    def without(what: WhatIf) -> float:
        return distance(lambda trace: intervene(detector, trace, what, expression).score)

    numbers = {"whole": distance(lambda trace: of_maps(trace, expression))}
    for part, what in _WITHOUT.items():
        try:
            numbers[part] = without(what)
        except NNetError:  # this network has no such part, or nothing is left without it
            continue
    of_s1 = _of_branch(expression.maps, "forward")
    if of_s1 and len(of_s1) < len(expression.maps):
        numbers["reverse"] = distance(lambda trace: of_maps(trace, for_maps(of_s1)))
    return Finding(leant_on(numbers, numbers["whole"]), "", numbers, {})


def leant_on(distances: Mapping[str, float], whole: float) -> str:
    """The part, one of `PARTS`, without which good and defective pictures lie least far `apart`; "none" where at least
    nine tenths of the distance of the `whole` network are kept without any. One rule for all pages."""
    left = {name: distance for name, distance in distances.items() if name in PARTS}
    least = min(left, key=left.__getitem__, default=NONE)
    return least if least != NONE and whole - left[least] >= SAME * abs(whole) else NONE
