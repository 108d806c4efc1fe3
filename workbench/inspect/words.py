"""The Inspect page's wording: the picture, the circuit, threshold and regions, the two students. Knows no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnet.expression import Expression
from nnet.scoring import circuit
from nnet.scoring.calibration import Reference
from nnet.scoring.maps import MAPS
from nnet.scoring.students import Agreement
from workbench.shared import units, verdict_words
from workbench.shared import words as shared_words

if TYPE_CHECKING:
    from workbench.shared.parts import Decided

TITLE = "Inspect"
CLOSER, BACK = "Look closer", "Back to Evaluate"
SECTIONS = {
    "pixel": "Pixel verdict",
    "regions": "Threshold and regions",
    "students": "S₁ against S₂",
    "defect": "Make your own defect",
    "compare": "Two models",
    "replay": "Replay bundle",
    "time": "Time taken",
}
"""The closer looks, by their name in the URL."""

# ------------------------------------------------------------------------------------------------------- the heading

DRAWN_HOW = "Write the score yourself, colours and outline"
ABOVE = "Above the threshold: {over} of these {pictures}."
FEW_ABOVE = "It is set so that few of them are, not none."
_FEW = 0.2  # of the pictures, and one is few in any case
STRIP_TITLE = "This picture among held-out good ones"
STRIP_AXIS = "score in multiples of the threshold (logarithmic)"
STRIP_PICTURE, STRIP_NORMAL, STRIP_THRESHOLD = "this picture", "held-out good picture", "threshold"


def strip_told(name: str) -> str:
    """What a mark of the strip says under the pointer, as Plotly fills it in."""
    return f"{name}<br>%{{x:.3g}} {units.TIMES} threshold<br>score %{{customdata:.3g}}<extra></extra>"


def above(reference: Reference) -> str:
    """Of the held-out good pictures those that lie above the threshold themselves; "" where none does."""
    over = int((reference.scores > reference.threshold).sum())
    if not over:
        return ""
    said = ABOVE.format(over=over, pictures=units.plural(reference.n, "good picture"))
    is_found = reference.kept is None and over <= max(1, _FEW * reference.n)  # from them, and not moved far since
    return f"{said} {FEW_ABOVE}" if is_found else said


def strip_help(reference: Reference, value: float) -> str:
    """The numbers behind the strip."""
    return (
        f"{shared_words.raw(reference, value)}. "
        f"{shared_words.threshold(reference)} "
        f"Percentile {reference.percentile(value):.0f}: {shared_words.PERCENTILE_HELP} "
        f"p-value {units.number(reference.p_value(value))}: {shared_words.p_value(reference, value)}"
    )


KEPT_ON_INSPECT = "Set by hand on Inspect."
ON_TEST_PICTURES = "among the model's own test pictures"
ON_HELD_OUT = "among the held-out good pictures"


def kept_on_inspect(found: Decided | None) -> str:
    """Why a threshold is kept that was set by hand, with what it decides on the model's own test pictures."""
    if found is None:
        return f"{KEPT_ON_INSPECT} No test pictures were measured then, so nothing is known of defects."
    return f"{KEPT_ON_INSPECT} On its own test pictures: {found.headline}."


def moved_threshold(reference: Reference, calibrated: Reference) -> str:
    """That the decision follows a threshold that the visitor set."""
    return (
        f"Compared with your threshold, {units.times(calibrated.multiple(reference.threshold))} "
        f"{units.TIMES} the calibrated one."
    )


# ------------------------------------------------------------------------------------------------------- the circuit

CIRCUIT_TITLE = "The score circuit"
CIRCUIT_HINT = (
    "Press a map to add it to the score or leave it out, and a sign to switch between + and \N{MULTIPLICATION SIGN}; "
    "heatmap, score and decision follow. Look for maps that light up alone: all six share one colour scale, on which "
    "1 is the level that 99 % of the normal images' pixels stay below."
)
PRESETS_LABEL = "Score from"
PRESETS_HELP = (
    "Paper: all six maps, Eq. (8). S₁ alone: the maps of the copier. S₂ alone: those of the rebuilder. "
    "Fine, middle and coarse: both maps of one scale. For a single map, press “alone” beside its name."
)
EXPRESSION_LABEL = "Expression"
PLAIN_BUTTON = "List"
PLAIN_LABEL = "Maps in the score"
PLAIN_HELP = "The same as pressing the maps in the diagram."
ONLY = "alone"
RESULT_ALT = "The anomaly map that the circuit gives"
NO_MAP_LEFT = "A score needs at least one map."
_PRESET_NAMES = {"fine": "Fine", "middle": "Middle", "coarse": "Coarse"}
_SIGN_WORDS = {"+": "plus", "*": "times"}
ONLY_LABEL = "Score by {name} alone"


def preset_name(name: str) -> str:
    """A preset's name on its button."""
    return _PRESET_NAMES.get(name) or shared_words.expression_name(name)


def scale_title(index: int, size: int) -> str:
    """A scale of the circuit, for a network input of `size` pixels: "fine scale, 32 × 32 patches"."""
    return f"{circuit.SCALES[index]} scale, {shared_words.cells(circuit.PAIRS[index][0], size)}"


def map_facts(name: str, used: bool) -> str:
    """Beside a map of the circuit: whose map it is."""
    return f"{shared_words.MAP_TITLES[MAPS[name].branch]}{'' if used else ', left out'}"


def map_label(name: str, peak: float, used: bool) -> str:
    """What a map is, with its highest value in normal levels, and what a press on it does."""
    does = "leave it out" if used else "add it"
    return f"{name} ({MAPS[name].pair}), peak {units.number(peak)}: press to {does}"


def sign_label(sign: str, effect: bool) -> str:
    """What a press on a sign does."""
    if not effect:
        return f"{_SIGN_WORDS[sign].capitalize()}: has no effect while a map beside it is left out"
    other = "*" if sign == "+" else "+"
    return f"{_SIGN_WORDS[sign].capitalize()}: press for {_SIGN_WORDS[other]}"


def result_alt(value: float) -> str:
    """What a screen reader says of what the circuit gives, with the score itself."""
    return f"{RESULT_ALT}, score {units.number(value)}"


def written(expression: Expression) -> tuple[str, str, str]:
    """An expression that does not fit the diagram, in a sentence of three parts so that it can be set as code."""
    return (
        "The score is ",
        expression.text,
        ", which does not pair the maps by scale, so only the maps are shown here.",
    )


def not_yet(problem: str, expression: Expression) -> str:
    """A wrong expression, and what is shown meanwhile."""
    return f"{units.plain(problem)} Until then the score is {units.plain(str(expression))}."


# --------------------------------------------------------------------------------------------------- the three pictures

SCALE_LABEL = "Colour scale"
SCALES = {"fixed": "Same for all", "own": "This image"}
OUTLINE_LABEL = "Outline"
PICTURES_LABEL = (
    "The picture, its overlay and its anomaly map. Arrow keys move the chosen pixel, with Shift by one pixel; plus, "
    "minus and 0 zoom."
)
ORIGINAL, OVERLAY, ANOMALY_MAP = "Original", "Overlay", "Anomaly map"
ORIGINAL_HINT = "The picture as you gave it. Press anywhere to choose a pixel; double-press to zoom in."
OVERLAY_OFF = "Its colours are off: the opacity is 0 %."
PROBE = "score"
DOWNLOADS = {
    "overlay.png": "Overlay (PNG)",
    "map.png": "Map (PNG)",
    "maps.png": "Six maps (PNG)",
    "values.npz": "Raw values (NPZ)",
}
"""By the end of the file's name."""


def overlay_hint(opacity: float, outlined: bool) -> str:
    """Below the overlay: what to look for, or that it has no colours."""
    if opacity:
        return shared_words.OVERLAY_HINT
    return f"{OVERLAY_OFF} {shared_words.OVERLAY_HINT}" if outlined else OVERLAY_OFF


# ----------------------------------------------------------------------------------------------------- pixel verdict

HIGHEST_HELP = "Choose the pixel where the score is highest."
AROUND = {"Picture": "The picture around the chosen pixel", "Overlay": "The overlay around the chosen pixel"}
"""Captions of the two details, and what a screen reader says about them."""
SHARES_TITLE = "What makes up the score"
SHARES_AXIS = "share of the log score in percent"
AGAINST_NORMAL_TITLE = "Each map here, compared with normal images"
AGAINST_NORMAL_AXIS = "times the normal median (log)"
AGAINST_NORMAL_TOLD = "%{y}: %{x:.3g} times the normal median of %{customdata:.3g}<extra></extra>"


def share_told(branch: str) -> str:
    """What the chart of shares says under the pointer, as Plotly fills it in."""
    return f"%{{y}}: %{{x:.0f}} % by {shared_words.BRANCHES[branch]}<extra></extra>"


def map_row(name: str) -> str:
    """A map's row in the chart of maps: "M1 rebuilder S₂"."""
    return f"{name} {shared_words.MAP_TITLES[MAPS[name].branch]}"


# ----------------------------------------------------------------------------------------------- threshold and regions

NORMALS_HINT = (
    "How many held-out normal images reach each score. Look for the diamond, which is this image: the further it is to "
    "the right of all of them, the more certain the decision. Drag the line, or use the arrow keys, to move the "
    "threshold; the normal images that it would flag are shown in a stronger colour."
)
HELD_OUT = "held-out normal images"
THRESHOLD_LABEL = "Threshold of the image score"


def threshold_help(calibrated: Reference) -> str:
    """What a threshold does, and where the model's comes from."""
    kept = calibrated.kept
    comes = _FROM_HELD_OUT if kept is None else shared_words.kept_threshold(kept, calibrated.promise)
    return f"Scores above it count as anomalous, everywhere on this page. {comes}"


_FROM_HELD_OUT = "The calibrated threshold comes from the held-out normal images."
BACK_TO_CALIBRATED = "Back to the calibrated threshold"
REGIONS_TITLE = "Regions above the threshold"
REGION_COLUMNS = ("Region", "Times threshold", "Area in px", "Area in %", "Box x", "Box y", "Peak at", "Peak score")
REGIONS_HINT = "Choose a row to see why: its highest point becomes the pixel of the verdict."


def normals_title(count: int) -> str:
    """Above the histogram."""
    return f"This image among {units.plural(count, 'held-out normal image')}"


def would_flag(scores: Sequence[float], threshold: float) -> str:
    """Which share of the held-out normal images a threshold would flag."""
    count = sum(score > threshold for score in scores)
    return (
        f"At this threshold, {count} of {len(scores)} held-out normal images would be flagged "
        f"({units.percent(count / len(scores))})."
    )


def threshold_step(factor: float) -> str:
    """A stop of the threshold's slider, a multiple of the calibrated one."""
    return "the calibrated threshold" if factor == 1 else f"{factor:.3g} {units.TIMES} threshold"


def sides(kept: int, total: int) -> tuple[str, str]:
    """How many held-out normal images are to the left and to the right of a threshold."""
    return f"{kept:,} of {total:,} normal images", f"{total - kept:,} of {total:,} normal images"


CALIBRATED = "calibrated threshold"
"""The name of the dotted line."""


def this_image(ratio: float) -> str:
    """The name of the diamond."""
    return f"this image, {shared_words.against_threshold(ratio)}"


def regions_found(count: int, share_above: float) -> str:
    """How many regions are above the threshold, and how much of the image they cover."""
    if not count:
        return "No pixel of this image is above the threshold."
    if count == 1:
        return f"1 region is above the threshold; it covers {units.percent(share_above)} of the image."
    return f"{count:,} regions are above the threshold; together they cover {units.percent(share_above)} of the image."


def regions_hint(shown: int, total: int) -> str:
    """Below the table of regions: what a row does, and that the table ends early if it does."""
    if shown < total:
        return f"{REGIONS_HINT} The {shown} with the highest peaks of {total:,} are listed."
    return REGIONS_HINT


# ------------------------------------------------------------------------------------------------------- two students

STUDENTS_HINT = (
    "Look for colour: orange where S₁, the copier, reacts more strongly, blue where S₂, the rebuilder, does. Where "
    "the picture stays grey, they agree."
)
DIFFERENCE_TICKS = (
    "S₂ by 2 \N{MULTIPLICATION SIGN} threshold or more",
    "0",
    "S₁ by 2 \N{MULTIPLICATION SIGN} threshold or more",
)
DIFFERENCE_PROBE = "S₁ minus S₂:"
DIFFERENCE_LABEL = "The difference of the two students' scores. Arrow keys move the chosen pixel; plus, minus, 0 zoom."
DIFFERENCE_TITLE = "Where the two students disagree"
WIPE_LABEL = "Position of the line between the copier's score and the rebuilder's, in percent of the width"
WIPE_TITLE = "Wipe from one to the other"
WIPE_HINT = "Drag the line, or use the arrow keys. Look for spots that light up only on one side of it."
FORWARD_NAME, REVERSE_NAME = "S₁, the copier: M4 × M5 × M6", "S₂, the rebuilder: M1 × M2 × M3"


def one_branch(maps: Sequence[str]) -> str:
    """That a model has no second student to compare with."""
    forward = any(MAPS[name].branch == "forward" for name in maps)
    has, lacks = ("copier, S₁", "rebuilder, S₂") if forward else ("rebuilder, S₂", "copier, S₁")
    return (
        f"This model has only the {has}, and no {lacks}, so there is no disagreement to show. Choose a model with both "
        "branches in the sidebar."
    )


def agreement(found: Agreement) -> str:
    """How far the two students agree on this image."""
    if not found.any:
        return "Neither student's score is above its threshold anywhere in this image: neither finds anything unusual."
    return (
        f"Of what either student finds unusual ({units.percent(found.any)} of the image), both see "
        f"{units.percent(found.both / found.any)}, only S₁, the copier, sees "
        f"{units.percent(found.forward / found.any)}, and only S₂, the rebuilder, sees "
        f"{units.percent(found.reverse / found.any)}."
    )


def disagreement(x: int, y: int, forward: float, reverse: float) -> str:
    """Where the students differ most, and how."""
    return (
        f"They differ most at x {x:,}, y {y:,}, where the copier's score is {verdict_words.times(forward)} "
        f"its threshold and the rebuilder's is {verdict_words.times(reverse)} its own."
    )


# --------------------------------------------------------------------------------------------------------- time taken


STAGES_ALT, DECODING = "Milliseconds per stage", "decode file"


def stages_title(total: float) -> str:
    """Above the chart of the stages' durations, in milliseconds."""
    return f"**{STAGES_ALT}** · {units.milliseconds(total)} in all"


def framed(window: tuple[int, int, int, int]) -> str:
    """What of the page is not of the whole picture."""
    left, top, right, bottom = window
    return (
        "The maps and the score are those of the whole picture. The times are those of what the network sees at once, "
        f"here the part from x {left:,} to {right:,} and y {top:,} to {bottom:,} under the largest score. Memory, "
        "Projection and How it works look into that part, too."
    )


LABELLED_DEFECT = "The turquoise line is around the labelled defect."
MISPLACED = (
    "Found in the wrong place: the picture is rightly flagged, but what is marked on it lies elsewhere than the mask "
    "of its defect."
)
