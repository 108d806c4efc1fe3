"""How far apart good and defective samples lie without a part: the same words on How it works and Ablations. Knows no
Streamlit."""

from nnet.units import SMALLEST

LEANS = "this network leans most on {part}"
SWAPPED = (
    "Below 0 the two groups have swapped: good samples score higher than defective ones. All else was trained with "
    "the part in place and expects it, so this does not say that the part helped."
)


def kept(distance: float, whole: float) -> str:
    """The distance that is left without a part as a share of the `whole` network's: "82 %"; below 0 where good samples
    score higher."""
    return f"{100 * distance / max(abs(whole), SMALLEST):.0f}\N{NO-BREAK SPACE}%"
