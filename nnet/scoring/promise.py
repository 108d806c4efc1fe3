"""What a threshold from a few held-out normal pictures can promise: how many further good parts it will flag.

A good part's score is as likely to fall into any of the n + 1 gaps between n held-out scores. So of a threshold at the
k-th smallest of them the true false alarm rate is a draw from Beta(n + 1 - k, k): order statistics, with no assumption
on the scores but that held-out and further good parts come from the same production.
"""

import math
from dataclasses import dataclass

import numpy as np

from nnet.units import percent

CERTAINTY = 0.95
"""How often the true value lies inside a stated interval: here, in every metric and in every word about them."""


@dataclass(frozen=True)
class Promise:
    """The false alarm rate on further good parts, as shares 0..1.

    Attributes:
        n: held-out normal pictures.
        above: how many of them score above the threshold.
        low, high: the true rate lies between them with the probability `CERTAINTY`.
        expected: its mean.
        folds: how many light models of a cross-calibration scored the pictures; 0: the model itself did.
    """

    n: int
    above: int
    low: float
    expected: float
    high: float
    folds: int = 0

    def is_broken(self, flagged: int, good: int) -> bool:
        """Whether `flagged` of `good` >= 1 further good parts are more than it allows: the whole interval of their
        share lies above its own."""
        from nnet.scoring.metrics.bootstrap import share_interval  # slow to import

        return share_interval(flagged, good)[0] > self.high

    def sentence(self) -> str:
        """Such as "Of further good parts it flags between 0.32 % and 37 % (95 % certain from 8 held-out pictures), 11 %
        on average.
        """
        if self.folds:
            return (
                f"Of further good parts it flags about {percent(self.low)} to {percent(self.high)}, "
                f"{percent(self.expected)} on average: an estimate from {self.n:,} pictures, each scored by one of "
                f"{self.folds} light models that had not learnt from it."
            )
        return (
            f"Of further good parts it flags between {percent(self.low)} and {percent(self.high)} "
            f"({percent(CERTAINTY)} certain from {self.n:,} held-out pictures), {percent(self.expected)} on average."
        )


def conformal_rank(n: int, quantile: float) -> int:
    """Which of n ascending held-out scores is the threshold that flags at most 1 - quantile of good parts on average.

    That is the ceil((n + 1) quantile)-th (split conformal prediction, Vovk et al. 2005). Where it would lie beyond the
    highest, no threshold from n pictures promises as much, and the highest is the best there is.
    """
    return min(n, max(1, math.ceil((n + 1) * quantile - 1e-9)))


def conformal(scores: np.ndarray, quantile: float) -> np.ndarray:
    """The conformal threshold of held-out scores (..., n) in any order: (...)."""
    found: np.ndarray = np.sort(scores, axis=-1)[..., conformal_rank(scores.shape[-1], quantile) - 1]
    return found


def promise(n: int, above: int, *, drawn: bool = True, folds: int = 0) -> Promise:
    """What a threshold with `above` of n held-out scores above it promises.

    Args:
        drawn: it is itself one of the scores. Of a threshold that comes from elsewhere the interval is Clopper and
            Pearson's, whose lower end lies lower.
        folds: as in `Promise`. The interval is then an estimate: it takes the scores to be independent of each other.
    """
    from scipy.special import betaincinv  # slow to import, and who only needs a rank does without

    from nnet.scoring.metrics.bootstrap import share_interval

    low, high = share_interval(above, n)
    if drawn and above < n:
        low = float(betaincinv(above + 1, n - above, (1 - CERTAINTY) / 2))
    return Promise(n, above, low, (above + 1) / (n + 1), high, folds)


def chosen_on(n: int, above: int) -> str:
    """What a threshold does to the n >= 1 good pictures that it was chosen on, `above` of which it flags. Of others it
    promises nothing."""
    from nnet.scoring.metrics.bootstrap import share_interval  # slow to import

    low, high = map(percent, share_interval(above, n))
    those = "the one good picture" if n == 1 else f"the {n:,} good pictures"
    return (
        f"It flags {above:,} of {those} that it was chosen on ({percent(above / n)}). Of a threshold that was fixed "
        f"beforehand this would mean between {low} and {high} of further good parts ({percent(CERTAINTY)} certain, "
        "Clopper and Pearson's exact interval); chosen on these very pictures, it may do worse on others."
    )


def before_training(n: int, quantile: float, folds: int = 0) -> Promise:
    """What the threshold of a model with so many held-out pictures will promise."""
    return promise(n, n - conformal_rank(n, quantile), folds=folds)


def between(low: float, high: float) -> str:
    """Where a share lies: "91 % to 97 %", "up to 2.4 %", "at least 78 %"."""
    if low == 0 and high < 1:
        return f"up to {percent(high)}"
    return (
        f"at least {percent(int(100 * low) / 100)}"
        if low >= 0.01 and high == 1
        else f"{percent(low)} to {percent(high)}"
    )
