"""Eq. (2) of the paper: how far two feature maps are apart, in training and in the anomaly maps alike."""

import torch.nn.functional as functional
from torch import Tensor


def distance_map(a: Tensor, b: Tensor, distance: str = "cosine") -> Tensor:
    """Eq. (2): distance of two feature maps at every position, (B, H, W).

    Args:
        a, b: features of the same shape.
        distance: "cosine": 1 - cos along channels, 0..2. For Figure 9 also "l1": mean absolute, and
            "l2": mean squared difference over channels.
    """
    a, b = a.float(), b.float()
    if distance == "cosine":
        return 1 - functional.cosine_similarity(a, b, dim=1)
    difference = a - b
    return difference.abs().mean(dim=1) if distance == "l1" else difference.square().mean(dim=1)
