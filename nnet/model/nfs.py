"""Normal feature storage (NFS): the memory M in R^{N x C} on F_3, with cosine addressing and shrinkage."""

from typing import NamedTuple

import torch
import torch.nn.functional as functional
from torch import Tensor, nn


class Addressing(NamedTuple):
    """How the queries of one batch address the memory; all (B, H, W, N).

    Attributes:
        cosine: similarity of query and item, -1..1.
        raw: softmax of cosine / temperature, sums to 1 over the items.
        weights: w^ of the paper: `raw` after shrinkage and renormalisation, sums to 1; many entries are exactly 0.
    """

    cosine: Tensor
    raw: Tensor
    weights: Tensor


class NFS(nn.Module):
    """F'_3 = recall(F_3): every channel vector is replaced by a sparse convex combination of memory items.

    Args:
        items: N.
        channels: C of F_3.
        temperature: of the softmax over cosines.
        shrink: threshold of the hard shrinkage in units of 1/N.
    """

    def __init__(self, items: int, channels: int, temperature: float, shrink: float) -> None:
        super().__init__()
        self.temperature = temperature
        self.shrink = shrink
        self.memory = nn.Parameter(functional.normalize(torch.randn(items, channels), dim=1))

    def forward(self, f3: Tensor) -> tuple[Tensor, Addressing]:
        """The teacher's F_3 (B, C, H, W) -> F'_3 of the same shape, and the addressing."""
        # Always in float32: divided by the temperature, half precision's error would move weights by per cents.
        with torch.autocast(f3.device.type, enabled=False):
            query = f3.float().permute(0, 2, 3, 1)  # (B, H, W, C)
            cosine = functional.normalize(query, dim=-1) @ functional.normalize(self.memory, dim=1).T  # (B, H, W, N)
            addressing = address(cosine, self.temperature, self.shrink)
            recalled = (addressing.weights @ self.memory).permute(0, 3, 1, 2)  # (B, C, H, W)
        return recalled.to(f3.dtype), addressing

    @torch.no_grad()
    def initialise(self, centres: Tensor) -> None:
        """Start the memory from feature vectors of the training set, (N, C), so that no item begins dead."""
        self.memory.copy_(centres)


def address(cosine: Tensor, temperature: float, shrinkage: float, keep: Tensor | None = None) -> Addressing:
    """Addressing weights from cosines (..., N).

    Args:
        cosine: similarity of each query to each item.
        temperature: of the softmax.
        shrinkage: threshold of the hard shrinkage in units of 1/N.
        keep: optional (N,) booleans; items at False are forgotten.
    """
    logits = cosine / temperature
    if keep is not None:
        logits = logits.masked_fill(~keep, -torch.inf)
    raw = logits.softmax(dim=-1)
    return Addressing(cosine, raw, shrink(raw, shrinkage / cosine.shape[-1]))


def shrink(raw: Tensor, threshold: float) -> Tensor:
    """Hard shrinkage and L1 renormalisation over the last dimension (MemAE, Gong et al., ICCV 2019).

    Weights below `threshold` become 0. The largest weight always stays: with every item shrunk away, the recalled
    vector would be 0 and its direction undefined.
    """
    limit = raw.amax(dim=-1, keepdim=True).clamp(max=threshold)
    kept = raw * (raw >= limit)
    return kept / kept.sum(dim=-1, keepdim=True)


def entropy(weights: Tensor) -> Tensor:
    """Entropy in nats over the last dimension, with 0 log 0 = 0."""
    # xlogy has the same values, but an infinite gradient at 0, where most weights are after shrinkage.
    return -(weights * weights.clamp_min(torch.finfo(weights.dtype).tiny).log()).sum(dim=-1)


def effective_items(weights: Tensor) -> Tensor:
    """exp(entropy): the number of equally used items that would have this entropy, 1..N."""
    return entropy(weights).exp()
