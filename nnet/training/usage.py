"""What a step leaves as numbers: the loss terms and how the memory is used, each with its running means."""

import math
import time
from collections.abc import Iterator

import torch
from torch import Tensor

from nnet.model.nfs import effective_items
from nnet.training.distributed import Team


class Means:
    """Running means of named numbers."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, values: dict[str, float]) -> None:
        self._count += 1
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value

    @property
    def means(self) -> dict[str, float]:
        return {name: total / self._count for name, total in self._sums.items()}


class Readings:
    """The loss terms of each step as numbers; on a GPU one step late.

    To read a number of the present step, a GPU must first be waited for, and then has nothing to do until the next
    step has been queued. So it is copied beside the work, and read when the next step is on its way.

    Args:
        late: whether to read a step late.
    """

    def __init__(self, late: bool) -> None:
        self._late = late
        self._waiting: tuple[list[str], Tensor, torch.cuda.Event | None] | None = None

    def add(self, values: dict[str, Tensor]) -> Iterator[dict[str, float]]:
        """Take a step's terms, and give those that can be read without waiting."""
        if self._late:
            yield from self.rest()
        stacked = torch.stack(list(values.values()))
        if self._late and stacked.is_cuda:
            copy = torch.empty_like(stacked, device="cpu", pin_memory=True)
            copy.copy_(stacked, non_blocking=True)
            copied = torch.cuda.Event()
            copied.record()
            self._waiting = list(values), copy, copied
        else:
            self._waiting = list(values), stacked, None
        if not self._late:
            yield from self.rest()

    def rest(self) -> Iterator[dict[str, float]]:
        """What has not been read yet."""
        if self._waiting is not None:
            names, values, copied = self._waiting
            self._waiting = None
            if copied is not None:
                copied.synchronize()
            yield dict(zip(names, values.tolist(), strict=True))


class MemoryUsage:
    """How an epoch uses the memory.

    `items_per_query` are the effective items (exp of the entropy) of a query, `items_used` those of all queries
    together, and `items_dead` is the number of items that got under 1 % of a fair share.
    """

    def __init__(self) -> None:
        self._steps = 0
        self._sum: Tensor | None = None  # (1 + N,): effective items per query, then each item's share
        self._shown: tuple[float, dict[str, float]] = (-math.inf, {})

    def add(self, weights: Tensor, share: float) -> None:
        """weights (B, H, W, N) of this process, and the share of the global batch that they stand for."""
        found = torch.cat([effective_items(weights).mean().view(1), weights.mean(dim=(0, 1, 2))]) * share
        self._sum = found if self._sum is None else self._sum + found
        self._steps += 1

    def now(self) -> dict[str, float]:
        """The numbers so far, of this process's images; renewed at most once a second."""
        if self._sum is not None and time.perf_counter() - self._shown[0] > 1:
            self._shown = time.perf_counter(), self._numbers(self._sum)
        return self._shown[1]

    def summary(self, team: Team) -> dict[str, float]:
        """The numbers over all processes; {} without a memory."""
        return {} if self._sum is None else self._numbers(team.sum(self._sum))

    def _numbers(self, total: Tensor) -> dict[str, float]:
        mean = total / self._steps
        share = mean[1:] / mean[1:].sum()
        return {
            "items_per_query": float(mean[0]),
            "items_used": float(effective_items(share)),
            "items_dead": int((share < 0.01 / len(share)).sum()),
        }
