"""Which of the six maps carries the result on a data set: every subset of them scored, and Shapley values.

A subset is scored as Eq. (8) would with these maps alone: summed within a scale, multiplied across scales. With six
maps there are 63. A map's Shapley value (Shapley, "A value for n-person games", 1953) is what it adds to a metric,
averaged over all orders in which the maps can join: an exact sum over all subsets, no sampling. The values of all maps
add up to the metric of all maps together minus that of none. Without any map every score is the same, so the metric of
none is that of a constant map (see `nnet.scoring.metrics`): 0.5 for AUROC, the share of defective samples for AP, 0.15
for PRO.

All this works on the maps that one forward pass left (`nnet.analysis.evaluation.Evidence`) and runs no network.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from nnet.analysis.evaluation import WORKERS, Evidence, pixel_scores
from nnet.analysis.framed import looked_at, masks_looked_at
from nnet.data.loading import ahead
from nnet.errors import NNetError
from nnet.expression import Expression, for_maps
from nnet.scoring.maps import image_score
from nnet.scoring.metric_names import SHORT_NAMES
from nnet.scoring.metrics import FPR_LIMIT, rank_pixels, rank_scores
from nnet.units import as_markdown


@dataclass(frozen=True)
class Subset:
    """Some of the maps: their names, sorted, the `expression` that combines them, and metric -> value 0..1."""

    maps: tuple[str, ...]
    expression: Expression
    values: dict[str, float]


@dataclass(frozen=True)
class Attribution:
    """All subsets of a model's maps on one data set.

    Attributes:
        maps: names, sorted.
        subsets: in the order of `subsets_of`; fewer while the work is in progress.
        empty: metric -> its value without any map.
    """

    maps: tuple[str, ...]
    subsets: tuple[Subset, ...]
    empty: dict[str, float]

    @property
    def complete(self) -> bool:
        """Whether every subset is there."""
        return len(self.subsets) == 2 ** len(self.maps) - 1

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that exist on this data."""
        return tuple(self.empty)

    def ranked(self, metric: str) -> tuple[Subset, ...]:
        """The subsets, best first; of equal ones the smallest."""
        return tuple(sorted(self.subsets, key=lambda s: (-s.values[metric], len(s.maps), s.maps)))

    def shapley(self, metric: str) -> dict[str, float]:
        """What each map contributes to a metric; needs all subsets."""
        values = {frozenset(subset.maps): subset.values[metric] for subset in self.subsets}
        return shapley(self.maps, values | {frozenset(): self.empty[metric]})

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "empty": self.empty,
            "ranked_by": (by := self.metrics[0]),
            "subsets": [{"expression": s.expression.text, "maps": list(s.maps), **s.values} for s in self.ranked(by)],
            "shapley": {metric: self.shapley(metric) for metric in self.metrics},
        }

    def text(self, shown: int = 10) -> str:
        """The best subsets and the Shapley values as Markdown tables."""
        keys, by = self.metrics, self.metrics[0]
        names, ranked = [SHORT_NAMES[key] for key in keys], self.ranked(by)
        best = enumerate(ranked[:shown], 1)
        rows = ([f"{rank} `{s.expression}`", *(f"{s.values[key]:.4f}" for key in keys)] for rank, s in best)
        contributions = {key: self.shapley(key) for key in keys}
        shares = ([name, *(f"{contributions[key][name]:+.4f}" for key in keys)] for name in self.maps)
        first = as_markdown([f"rank by {SHORT_NAMES[by]}", *names], rows)
        second = as_markdown(["Shapley value", *names], shares).rstrip("\n")
        title = f"{shown} best of {len(ranked)} subsets\n\n" if len(ranked) > shown else ""
        return f"{title}{first}\n{second}"


def attribute(evidence: Evidence, progress: Callable[[int, int], None] | None = None) -> Attribution:
    """Score every subset of the maps; `progress` is called with (done, all).

    Raises:
        NNetError: there are not both normal and defective images.
    """
    maps, empty = tuple(sorted(evidence.maps)), empty_values(evidence)
    found: list[Subset] = []
    for subset in measure_subsets(evidence):
        found.append(subset)
        if progress:
            progress(len(found), 2 ** len(maps) - 1)
    return Attribution(maps, tuple(found), empty)


def subsets_of(maps: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """All non-empty subsets, single maps first: 2^n - 1 of them."""
    return tuple(some for size in range(1, len(maps) + 1) for some in combinations(sorted(maps), size))


def measure_subsets(evidence: Evidence, start: int = 0) -> Iterator[Subset]:
    """The subsets in the order of `subsets_of`, from number `start` on, each as soon as it is measured.

    Exact, also for pixels. Two are in work at a time, each with a score map of every image in memory.

    Raises:
        NNetError: as `attribute`.
    """
    _check(evidence)
    wanted = subsets_of(tuple(evidence.maps))[start:]
    yield from ahead(lambda maps: _measure(evidence, maps), wanted, WORKERS)


def _measure(evidence: Evidence, maps: tuple[str, ...]) -> Subset:
    expression = for_maps(maps)
    pixels = pixel_scores(evidence, expression)
    images = rank_scores(image_score(pixels), evidence.defective)
    values = {"i_auroc": images.auroc(), "i_ap": images.average_precision()}
    if chosen := _with_pixels(evidence):
        found = rank_pixels(looked_at(evidence, pixels, chosen), masks_looked_at(evidence, chosen))
        values |= {"p_ap": found.average_precision(), "p_auroc": found.auroc(), "p_pro": found.pro()}
    return Subset(maps, expression, values)


def _with_pixels(evidence: Evidence) -> list[int]:
    """The images that count for pixel metrics, as in `nnet.scoring.metrics.evaluate`; none without a marked pixel."""
    if not any(mask is not None and mask.regions for mask in evidence.masks):
        return []
    pairs = enumerate(zip(evidence.masks, evidence.defective, strict=True))
    return [i for i, (mask, defective) in pairs if mask is not None and (mask.regions or not defective)]


def empty_values(evidence: Evidence) -> dict[str, float]:
    """Each metric's value without any map, which is that of a constant one.

    Raises:
        NNetError: as `attribute`.
    """
    _check(evidence)
    values = {"i_auroc": 0.5, "i_ap": float(evidence.defective.mean())}
    if chosen := _with_pixels(evidence):
        masks = [mask for mask in masks_looked_at(evidence, chosen) if mask is not None]
        marked = sum(len(mask.index) for mask in masks)
        values |= {"p_ap": marked / sum(np.prod(mask.shape) for mask in masks), "p_auroc": 0.5, "p_pro": FPR_LIMIT / 2}
    return values


def _check(evidence: Evidence) -> None:
    if not evidence.can_be_measured:
        raise NNetError("Which map carries the result needs normal and defective images; add what is missing.")


def shapley(players: Sequence[str], values: Mapping[frozenset[str], float]) -> dict[str, float]:
    """Exact Shapley values.

    A player's value is the sum over all subsets S without it of |S|! (n - |S| - 1)! / n! (v(S + player) - v(S)).

    Args:
        players: n names.
        values: the value v of each of the 2^n subsets, the empty one included.

    Raises:
        NNetError: a subset's value is missing.
    """
    n = len(players)
    if len(values) != 2**n:
        raise NNetError(f"The values of all {2**n} subsets of {n} maps are needed; {len(values)} are there.")
    found = {}
    for player in players:
        others = [other for other in players if other != player]
        terms = [
            (values[frozenset({*some, player})] - values[frozenset(some)]) / (n * comb(n - 1, size))
            for size in range(n)
            for some in combinations(others, size)
        ]
        found[player] = float(np.sum(terms))
    return found
