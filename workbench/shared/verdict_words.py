"""The wording of one pixel's verdict: which part of the score is high there, and how high. Knows no Streamlit."""

import math

from nnet.expression import Expression
from nnet.scoring import circuit
from nnet.scoring.attribution import Attribution, Part
from nnet.scoring.maps import MAPS
from workbench.shared import units

PIXEL_HINT = (
    "Look for the mark that stands furthest right of its grey bar: that map finds this place the least like normal "
    "images."
)
SHARES_HINT = (
    "How much each part adds to the logarithm of the score, and how many times its normal level it is. Look for the "
    "longest bar: it raises the score here the most. A bar to the left pulls the score down."
)
SHARES_HELP = (
    "The score's logarithm is the sum of its factors' logarithms, so each factor's share is the logarithm of how many "
    "times its normal level it reaches, divided by that of the whole product. A sum is shared among its terms by what "
    "each exceeds its normal level. Normal levels are medians of the held-out normal images."
)
AXES = {"x": "x in px", "y": "y in px"}
HIGHEST = "Highest score"
COMPARE_LABEL = "Compare with normal images"
COMPARE_HELP = (
    "At this place: only with the same position in the normal images, which suits parts that always lie alike. "
    "Anywhere: with all their pixels."
)
COMPARISONS = {"place": "At this place", "anywhere": "Anywhere"}
NO_PARTS = "Nothing here lies above what is normal, so there is nothing to share."
_MAINLY = 0.5
PIXEL_TITLE = "Pixel x {x:,}, y {y:,}"


def on_normal(by_place: bool) -> str:
    """What a map is compared with, after "than" or "of"."""
    return "on normal images at this place" if by_place else "on normal images"


def times(ratio: float) -> str:
    """A factor in words: "4.1 times", "120 times", "1,300 times"."""
    return f"{units.times(ratio)} times"


def part_name(expression: Expression) -> str:
    """A factor or map of a score in words: "the coarse scale", "M1 + M2"."""
    maps = expression.maps
    scales = {MAPS[name].scale for name in maps}
    if len(scales) == 1 and len(maps) > 1:
        return f"the {circuit.SCALES[scales.pop()]} scale"
    if len(maps) == 1:
        return f"the {circuit.SCALES[MAPS[maps[0]].scale]} scale"
    return shown(expression)


def map_story(part: Part, by_place: bool) -> str:
    """What one map says here: "the rebuilder (S₂) restored this patch 4.1 times worse than on normal images"."""
    name = part.expression.name
    if part.ratio < 1:
        better = times(1 / part.ratio)
        if MAPS[name].branch == "reverse":
            return f"the rebuilder (S₂) restored this patch {better} better than {on_normal(by_place)}"
        return f"the copier (S₁) followed the teacher {better} more closely than {on_normal(by_place)}"
    if MAPS[name].branch == "reverse":
        return f"the rebuilder (S₂) restored this patch {times(part.ratio)} worse than {on_normal(by_place)}"
    return f"the copier (S₁) strayed {times(part.ratio)} further from the teacher than {on_normal(by_place)}"


def pixel_verdict(found: Attribution, score: float, threshold: float, by_place: bool) -> str:
    """Whether and why the pixel is flagged, in a sentence or two.

    Args:
        found: the score's parts at the pixel.
        score: there, smoothed as the heatmap is.
        threshold: flagged above it.
    """
    flagged = score > threshold
    if found.whole.contribution <= 0:
        ending = "not above what they show " + on_normal(by_place)
        if flagged:
            return f"Flagged only through its neighbourhood, since the score is smoothed: the maps are {ending}."
        return f"Not flagged: the maps of this score are {ending}."
    if flagged:
        return f"Flagged {_cause(found, by_place, 'by')}."
    cause = _cause(found, by_place, "from")
    level = units.times(units.multiple(score, threshold))
    return f"Not flagged: the score here is {level} {units.TIMES} threshold. What there is comes {cause}."


def _cause(found: Attribution, by_place: bool, by: str) -> str:
    """Which part of the score lifts it most, from "mainly by ..." on, with "from" for `by` if need be."""
    main = max(found.parts, key=lambda part: part.contribution)
    loudest = max((found.maps[name] for name in main.expression.maps), key=lambda part: part.contribution)
    story = map_story(loudest, by_place)
    if len(found.parts) == 1:
        return f"{by} {part_name(main.expression)}: {story}"
    if main.share >= _MAINLY:
        return f"mainly {by} {part_name(main.expression)}: {story}"
    return f"{by} several parts together, most of all {part_name(main.expression)}: {story}"


def pixel_numbers(score: float, raw: float, threshold: float, whole: Part) -> str:
    """The score at the pixel, before and after smoothing, and against its normal level."""
    return (
        f"The score here is {units.times(units.multiple(score, threshold))} {units.TIMES} threshold, before smoothing "
        f"{units.times(units.multiple(raw, threshold))} {units.TIMES}. That is {times(whole.ratio)} its normal level."
    )


def share(value: float) -> str:
    """A share of the log score, which may be negative: "62 %", "−8 %"."""
    return "–" if math.isnan(value) else f"{100 * value:.0f} %".replace("-", "−")


def shown(expression: Expression) -> str:
    """An expression as people write it: with times signs and a little air."""
    return expression.text.replace("*", f" {units.TIMES} ").replace("+", " + ")
