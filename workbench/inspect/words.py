"""The Inspect page's wording: the circuit, one pixel's verdict, regions, and the two students. Knows no Streamlit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nnet.expression import parse
from nnet.scoring import circuit
from nnet.scoring.attribution import Attribution, Part
from nnet.scoring.calibration import Reference
from nnet.scoring.maps import MAPS
from workbench.inspect.agreement import Agreement
from workbench.shared import text

TIMES = "\N{MULTIPLICATION SIGN}"

# ------------------------------------------------------------------------------------------------------- the circuit

CIRCUIT_TITLE = "The score circuit"
CIRCUIT_HINT = (
    "Press a map to take it in or out, and a sign to flip it; heatmap, score and decision follow. Look for maps that "
    "light up alone: all six share one colour scale, on which 1 is the level that 99 % of the normal images' pixels "
    "stay below."
)
PRESETS_LABEL = "Score from"
PRESETS_HELP = (
    "Paper: all six maps, Eq. (8). Reverse only: the decoder's maps. Forward only: the student's. Fine, middle and "
    "coarse: both maps of one scale. For a single map, press “only” beside its name."
)
EXPRESSION_LABEL = "Expression"
PLAIN_LABEL = "Maps in the score"
PLAIN_HELP = "The same as a press on the maps in the diagram."
ONLY = "only"
NO_MAP_LEFT = "A score needs at least one map."
_PRESET_NAMES = {"fine": "Fine", "middle": "Middle", "coarse": "Coarse"}
_SIGN_WORDS = {"+": "plus", "*": "times"}


def preset_name(name: str) -> str:
    """A preset's name on its button."""
    return _PRESET_NAMES.get(name) or text.expression_name(name)


def scale_title(index: int) -> str:
    """A scale of the circuit: "fine scale, stride 4"."""
    return f"{circuit.SCALES[index]} scale, stride {MAPS[circuit.PAIRS[index][0]].stride}"


def map_facts(name: str, peak: float, used: bool) -> str:
    """Below a map of the circuit: whose map it is and its highest value in normal levels."""
    return f"{text.MAP_TITLES[MAPS[name].branch]}{'' if used else ', left out'}\npeak {text.number(peak)}"


def map_label(name: str, used: bool) -> str:
    """What a press on a map does."""
    return f"{name} ({MAPS[name].pair}): press to {'leave it out' if used else 'take it in'}"


def only_label(name: str) -> str:
    """What a press on the button beside a map's name does."""
    return f"Score by {name} alone"


def sign_label(sign: str, effect: bool) -> str:
    """What a press on a sign does."""
    if not effect:
        return f"{_SIGN_WORDS[sign].capitalize()}: without effect while a map beside it is out"
    other = "*" if sign == "+" else "+"
    return f"{_SIGN_WORDS[sign].capitalize()}: press for {_SIGN_WORDS[other]}"


def written(expression: str) -> tuple[str, str, str]:
    """Around an expression that does not fit the diagram: before it and after it."""
    return ("The score is ", expression, ", which does not pair the maps by scale, so only the maps are shown here.")


def not_yet(problem: str, expression: str) -> str:
    """A wrong expression, and what is shown meanwhile."""
    return f"{problem} Until then the score is {expression}."


def shown(expression: str) -> str:
    """An expression as people write it: with times signs and a little air."""
    return expression.replace("*", f" {TIMES} ").replace("+", " + ")


# --------------------------------------------------------------------------------------------------- the three pictures

PICTURES_LABEL = (
    "The picture, its overlay and its anomaly map. Arrow keys move the chosen pixel, with the shift key by one pixel; "
    "plus, minus and 0 zoom."
)
ORIGINAL_HINT = "The picture as given. Press anywhere to choose a pixel; double-press to zoom in."


def moved_threshold(reference: Reference, calibrated: Reference) -> str:
    """That the decision follows a threshold that the visitor set."""
    return (
        f"Held against your threshold of {text.number(reference.threshold)}; the calibrated one is "
        f"{text.number(calibrated.threshold)}."
    )


# ----------------------------------------------------------------------------------------------------- pixel verdict

PIXEL_HINT = (
    "Look for the mark that stands furthest right of its grey bar: that map finds this place the least like normal "
    "images."
)
SHARES_HINT = (
    "How much each part adds to the logarithm of the score, and how many times its normal level it is. Look for the "
    "longest bar: it is why the score is high here. A bar to the left pulls the score down."
)
SHARES_HELP = (
    "The score's logarithm is the sum of its factors' logarithms, so each factor's share is the logarithm of how many "
    "times its normal level it reaches, divided by that of the whole product. A sum is shared among its terms by what "
    "each exceeds its normal level. Normal levels are medians of the held-out normal images."
)
COMPARE_LABEL = "Compare with normal images"
COMPARE_HELP = (
    "At this place: only with the same position in the normal images, which suits parts that always lie alike. "
    "Anywhere: with all their pixels."
)
COMPARISONS = {"place": "At this place", "anywhere": "Anywhere"}
NO_PARTS = "Nothing here lies above what is normal, so there is nothing to share."
_MAINLY = 0.5


def pixel_title(x: int, y: int) -> str:
    """A pixel of the image: "Pixel x 120, y 88"."""
    return f"Pixel x {x:,}, y {y:,}"


def on_normal(by_place: bool) -> str:
    """What a map is compared with, after "than" or "of"."""
    return "on normal images at this place" if by_place else "on normal images"


def times(ratio: float) -> str:
    """A factor in words: "4.1 times", "120 times", "1,300 times"."""
    digits = f"{ratio:.1f}" if ratio < 10 else text.number(ratio)
    return f"{digits} times"


def part_name(expression: str) -> str:
    """A factor or map of a score in words: "the coarse scale (stride 16)", "M1", "M1 + M2"."""
    maps = parse(expression).maps
    scales = {MAPS[name].scale for name in maps}
    if len(scales) == 1 and len(maps) > 1:
        return f"the {circuit.SCALES[scales.pop()]} scale (stride {MAPS[maps[0]].stride})"
    if len(maps) == 1:
        info = MAPS[maps[0]]
        return f"the {circuit.SCALES[info.scale]} scale (stride {info.stride})"
    return shown(expression)


def map_story(part: Part, by_place: bool) -> str:
    """What one map says here: "the decoder rebuilt this patch 4.1 times worse than on normal images"."""
    name = part.text
    if part.ratio < 1:
        better = times(1 / part.ratio)
        if MAPS[name].branch == "reverse":
            return f"the decoder rebuilt this patch {better} better than {on_normal(by_place)}"
        return f"the student followed the teacher {better} more closely than {on_normal(by_place)}"
    if MAPS[name].branch == "reverse":
        return f"the decoder rebuilt this patch {times(part.ratio)} worse than {on_normal(by_place)}"
    return f"the student strayed {times(part.ratio)} further from the teacher than {on_normal(by_place)}"


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
    level = text.percent(score / max(threshold, 1e-12))
    return f"Not flagged: the score here is {level} of the threshold. What there is comes {cause}."


def _cause(found: Attribution, by_place: bool, by: str) -> str:
    """Which part of the score lifts it most, from "mainly by ..." on, with "from" for `by` if need be."""
    main = max(found.parts, key=lambda part: part.contribution)
    loudest = max((found.maps[name] for name in parse(main.text).maps), key=lambda part: part.contribution)
    story = map_story(loudest, by_place)
    if len(found.parts) == 1:
        return f"{by} {part_name(main.text)}: {story}"
    if main.share >= _MAINLY:
        return f"mainly {by} {part_name(main.text)}: {story}"
    return f"{by} several parts together, most of all {part_name(main.text)}: {story}"


def pixel_numbers(score: float, raw: float, threshold: float, whole: Part) -> str:
    """The score at the pixel, before and after smoothing, and against its normal level."""
    return (
        f"The score here is {text.number(score)} (threshold {text.number(threshold)}); before smoothing "
        f"{text.number(raw)}, which is {times(whole.ratio)} its normal level of {text.number(whole.normal)}."
    )


def share(value: float) -> str:
    """A share of the log score, which may be negative: "62 %", "−8 %"."""
    return "–" if math.isnan(value) else f"{100 * value:.0f} %".replace("-", "−")


# ----------------------------------------------------------------------------------------------- threshold and regions

NORMALS_HINT = (
    "How many held-out normal images reach which score. Look for the diamond, this image: the further it stands to the "
    "right of all bars, the surer the decision. Drag the line, or use the arrow keys, to move the threshold; normal "
    "images that it would flag are filled strongly."
)
HELD_OUT = "held-out normal images"
THRESHOLD_LABEL = "Threshold of the image score"
THRESHOLD_HELP = (
    "Scores above it count as anomalous, on the whole page. The calibrated threshold comes from the held-out normal "
    "images."
)
REGIONS_HINT = "Choose a row to see why: its highest point becomes the pixel of the verdict."
BACK_TO_CALIBRATED = "Back to the calibrated threshold"


def would_flag(scores: Sequence[float], threshold: float) -> str:
    """Which share of the held-out normal images a threshold would flag."""
    count = sum(score > threshold for score in scores)
    return (
        f"At {text.number(threshold)}, {count} of {len(scores)} held-out normal images would be flagged "
        f"({text.percent(count / len(scores))})."
    )


def threshold_step(value: float, calibrated: float) -> str:
    """A stop of the threshold's slider."""
    return f"{text.number(value)} (calibrated)" if value == calibrated else text.number(value)


def sides(kept: int, total: int) -> tuple[str, str]:
    """How many held-out normal images stand to the left and to the right of a threshold."""
    return f"{kept:,} of {total:,} normal images", f"{total - kept:,} of {total:,} normal images"


def calibrated(value: float) -> str:
    """The name of the dotted line."""
    return f"calibrated threshold {text.number(value)}"


def this_image(value: float) -> str:
    """The name of the diamond."""
    return f"this image {text.number(value)}"


def regions_found(count: int, share_above: float) -> str:
    """How many regions lie above the threshold, and how much of the image they cover."""
    if not count:
        return "No pixel of this image lies above the threshold."
    return f"{text.plural(count, 'region')} above the threshold, together {text.percent(share_above)} of the image."


def more_regions(shown: int, total: int) -> str:
    """That the table ends early."""
    return f"The {shown} with the highest peaks of {total:,} are listed."


# ------------------------------------------------------------------------------------------------------- two students

STUDENTS_HINT = (
    "Look for colour: orange where the forward student S1 is the more alarmed one, blue where the decoder S2 is. Where "
    "the picture stays grey, both agree."
)
DIFFERENCE_TICKS = ("S2 by 2 thresholds or more", "0", "S1 by 2 thresholds or more")
DIFFERENCE_PROBE = "forward minus reverse, in thresholds:"
DIFFERENCE_LABEL = "The difference of the two students' scores. Arrow keys move the chosen pixel; plus, minus, 0 zoom."
WIPE_LABEL = "Position of the line between the forward student's score and the decoder's, in percent of the width"
DIFFERENCE_TITLE = "Where the two students disagree"
WIPE_TITLE = "Wipe from one to the other"
WIPE_HINT = "Drag the line, or use the arrow keys. Look for spots that light up on one side of it only."
FORWARD_NAME, REVERSE_NAME = "Forward, S1: M4 × M5 × M6", "Reverse, S2: M1 × M2 × M3"


def one_branch(maps: Sequence[str]) -> str:
    """That a model has no second student to compare with."""
    forward = any(MAPS[name].branch == "forward" for name in maps)
    has, lacks = ("forward student S1", "decoder S2") if forward else ("decoder S2", "forward student S1")
    return (
        f"This model has only the {has} and no {lacks}, so there is no disagreement to show. Choose a model with both "
        "branches in the sidebar."
    )


def agreement(found: Agreement) -> str:
    """How far the two students agree on this image."""
    if not found.any:
        return "Neither student's score passes its threshold anywhere in this image: both find nothing unusual."
    return (
        f"Of what either student finds unusual ({text.percent(found.any)} of the image), both see "
        f"{text.percent(found.both / found.any)}, only the forward student {text.percent(found.forward / found.any)}, "
        f"and only the decoder {text.percent(found.reverse / found.any)}."
    )


def disagreement(x: int, y: int, forward: float, reverse: float) -> str:
    """Where the students differ most, and how."""
    return (
        f"They differ most at x {x:,}, y {y:,}: the forward student's score is {times(forward)} its threshold, the "
        f"decoder's {times(reverse)}."
    )
