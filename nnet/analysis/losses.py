"""What each term of the loss (Eq. 7) weighs in a training, from its record."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnet.analysis.story import Finding, StoryError
from nnet.config import LossConfig
from nnet.units import SMALLEST

TERMS = "L_RKD", "L_KD", "L_align", "L_query"


def heaviest_loss(history: Sequence[Mapping[str, Any]], loss: LossConfig) -> Finding:
    """Which term weighs most in the loss of the last epoch. Outcomes: one of `TERMS`.

    Numbers: each term's share of that epoch's loss, by its name; "epoch"; the weights "alpha", "beta" (of the first
    epochs), "beta_now" and "delta"; "entropy" and "entropy_first", L_query without its weight in the last
    epoch and in the first, 0 without a memory; and "aligned", the last epoch in which L_align counted, 0 if it never
    did. Images: "epochs" (E,), and "shares" (E, 4), those of all `TERMS` in each, 0 for one that the network lacks.

    Raises:
        StoryError: the model came without its history.
    """
    if not history:
        raise StoryError("This model came without a record of its training.")
    weighted = np.array(
        [[weight * entry.get(name, 0.0) for name, weight in _weights(entry, loss)] for entry in history]
    )
    shares = weighted / np.maximum(weighted.sum(axis=1, keepdims=True), SMALLEST)
    last = history[-1]
    now = {name: float(share) for name, share in zip(TERMS, shares[-1], strict=True) if name in last}
    aligned = max((entry["epoch"] for entry in history if entry.get("beta", 0.0) and "L_align" in entry), default=0)
    used = {"alpha": loss.alpha, "beta": loss.beta, "delta": loss.delta, "beta_now": last.get("beta", 0.0)}
    used |= {"entropy": last.get("L_query", 0.0), "entropy_first": history[0].get("L_query", 0.0)}
    images = {"epochs": np.array([entry["epoch"] for entry in history]), "shares": shares}
    return Finding(
        max(now, key=now.__getitem__), "", {**now, **used, "epoch": last["epoch"], "aligned": aligned}, images
    )


def _weights(entry: Mapping[str, Any], loss: LossConfig) -> list[tuple[str, float]]:
    return list(zip(TERMS, (1.0, loss.alpha, entry.get("beta", 0.0), loss.delta), strict=True))
