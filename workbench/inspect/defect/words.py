"""The wording of "Make your own defect": every sentence of the section is here. Knows no Streamlit."""

from collections.abc import Sequence

from nnet.analysis.visibility import MIN_RISE
from nnet.scoring.calibration import Reference
from workbench.inspect.defect.effect import Curves, Effect, Found, Line
from workbench.inspect.defect.recipe import CONTRAST, CUT_PASTE, SIZE
from workbench.shared import units
from workbench.shared import words as shared_words

LEAD = (
    "Put a defect on this picture and see what the network makes of it. Place one with sliders, or draw it by hand. "
    "Only the picture on this page changes; the file stays as it is."
)

# -------------------------------------------------------------------------------------------- placing and drawing

WAY_LABEL = "How"
WAYS = {"place": "Place a defect", "draw": "Draw it"}
KIND_LABEL = "Kind"
KINDS = {
    "scratch": "Scratch",
    "stain": "Stain",
    "hole": "Hole",
    "missing": "Missing piece",
    "colour": "Colour shift",
    CUT_PASTE: "Cut-paste",
}
KIND_HINTS = {
    "scratch": "A groove with a bright burr along one side.",
    "stain": "Dried oil, rust or dirty water, with a few drops around it.",
    "hole": "Punched or torn: dark inside, with a pressed rim. On a dark surface, light shines through.",
    "missing": "A piece broken off along flat faces.",
    "colour": "A patch of the wrong colour; on a grey picture, it is lighter or darker.",
    CUT_PASTE: "A patch of this picture copied to another place: every part of it is normal, but its place is not.",
}
_NOUNS = {"missing": "missing piece", "colour": "colour shift", CUT_PASTE: "copied patch"}
_EXTENTS = {"scratch": "length", CUT_PASTE: "diagonal"}
_SIZE_HELP = (
    "The length of a scratch, the diagonal of a copied patch, or the diameter of any other defect, in percent of the "
    "picture's shorter side."
)
DIALS = {
    "x": ("Position x", "From the left."),
    "y": ("Position y", "From the top."),
    "size": ("Size", _SIZE_HELP),
    "contrast": ("Contrast", "At 0 nothing changes; at 100 the defect is at its strongest."),
    "angle": ("Angle", "In degrees, clockwise; at 0 a scratch runs from left to right."),
    "from_x": ("Copied from x", "From the left."),
    "from_y": ("Copied from y", "From the top."),
    "seed": ("Variant", "Each number gives a different outline and, for stains and colours, a different tone."),
}
"""Label and help of each slider."""
PLACE_TITLE = "Original"
PLACE_LABEL = "The picture without the defect; click to place it, or use the arrow keys"
PLACE_HINT = "Click, or drag the circle, to place the defect. The sliders and the arrow keys do the same."
PLACE_HINT_PATCH = (
    "Click, or drag the circle, to place the copy; drag the dashed circle to choose what is copied. The arrow keys "
    "move the copy, or with Shift the patch that is copied."
)
DRAW_TITLE = "Original: draw on it"
DRAW_LABEL = "The picture to draw on; arrow keys move the brush, the space bar paints a dot, Ctrl+Z undoes"
DRAW_HINT = (
    "Draw with a mouse, a pen or a finger. On the keyboard, the arrow keys move the brush and the space bar paints a "
    "dot. The answer follows when you let go."
)
NOTHING_DRAWN = "Nothing is drawn yet. Draw a stroke on the picture: heatmap and score follow as soon as you let go."
NOTHING_CHANGED = "This defect changes no pixel of the picture. Raise its contrast or move it to another place."
JUMP = "Use a normal sample: {title}"


def noun(kind: str) -> str:
    """A defect within a sentence: "missing piece"."""
    return _NOUNS.get(kind, kind)


def extent(kind: str) -> str:
    """What the size of a defect measures: "length"."""
    return _EXTENTS.get(kind, "diameter")


def already(reference: Reference, value: float, known_defective: bool) -> str | None:
    """Why this picture is a poor start, or None for a normal one."""
    if reference.is_anomalous(value):
        return (
            f"This picture is already called anomalous ({shared_words.relative(reference, value)}), "
            f"so the answer mixes its own defects with yours. You will see more "
            "on a normal picture."
        )
    if known_defective:
        return (
            "This sample is known to be defective, although the model calls it normal. You will see more on a normal "
            "picture."
        )
    return None


def place(x: float, y: float, size: float, shape: tuple[int, ...], kind: str) -> str:
    """Where a defect lies and how large it is, in pixels of the image."""
    pixels = size * min(shape[:2])
    return f"Centre at x {x * shape[1]:.0f}, y {y * shape[0]:.0f} px; {extent(kind)} {pixels:.0f} px."


def drawing_kept(width: int, height: int) -> str:
    """The resolution of a drawing on a larger image."""
    return f"Your drawing has {units.pixels(width, height)} and is enlarged to the size of the picture."


# ---------------------------------------------------------------------------------------------------- the answer

SHOWN_LABEL = "Show"
SHOWN = {"heatmap": "Heatmap", "plain": "Picture", "before": "Before"}
SHOWN_TITLES = {"heatmap": "Altered, with its heatmap", "plain": "Altered", "before": "Heatmap before"}
ALTERED_HINT = (
    "Look for white outlines (flagged regions) on the turquoise one (the defect): where they meet, it is found."
)
OUTLINE_LABEL = "Outline the defect"
OUTLINE_HELP = "Draws the border of your defect in turquoise."
VERDICT_TITLE = "What the network says"
SCORE_BEFORE, SCORE_AFTER = "Score without it", "Score with it"
FOUND_LABEL = "Found"
FOUND_HELP = "The share of the defect's area that lies in the flagged region."
IOU_LABEL = "Overlap (IoU)"
IOU_HELP = (
    "Intersection over union: the area that is both defect and flagged, divided by the area that is either. A perfect "
    "outline has 1; a thin scratch scores low, because heatmaps are wider than it is."
)
EFFECTS_TITLE = "What each map and factor shows there"
EFFECTS_HINT = (
    "Look for orange dots to the right of the dotted line at 1: those maps see the defect. A short bar means that the "
    "map hardly reacts."
)
PAIRS_HINT = (
    "Each map without and with the defect, on the same scale as the maps above. Look for maps that light up inside "
    "the turquoise outline only on the right."
)
VISIBLE_MEANS = (
    "A defect is visible to a map if the map's highest value inside the defect is above the level that 99 % of normal "
    f"pixels stay below, and at least {units.percent(MIN_RISE)} of that level higher than it was there without the "
    "defect."
)
PAIR_ALT = "{name} without and with the defect"


def ran(milliseconds: float, now: bool) -> str:
    """Whether the network ran, and how long."""
    if now:
        return f":material/bolt: A new picture: the network ran once, in {units.milliseconds(milliseconds)}."
    return (
        "This picture has been seen before, so nothing had to run (its pass through the network took "
        f"{units.milliseconds(milliseconds)})."
    )


def verdict(kind: str, before: float, after: float, reference: Reference, found: Found, maps: Sequence[Effect]) -> str:
    """What the defect did, in plain words: score, whether it is found, and what shows it most."""
    return " ".join((_scores(kind, before, after, reference), _where(found), _mainly(maps)))


def _scores(kind: str, before: float, after: float, reference: Reference) -> str:
    old, new = (shared_words.relative(reference, value) for value in (before, after))
    was, now = (shared_words.decision(reference, value).lower() for value in (before, after))
    if old == new:
        return f"The {noun(kind)} leaves the score at {old} ({now})."
    if after > before:
        if was != now:
            return f"The {noun(kind)} raises the score from {old} to {new}, from {was} to {now}."
        return f"The {noun(kind)} raises the score from {old} to {new}, which is still {now}."
    if was != now:
        return f"The {noun(kind)} lowers the score from {old} to {new}, from {was} to {now}."
    return f"The {noun(kind)} lowers the score from {old} to {new}, which is still {now}."


def _where(found: Found) -> str:
    share, before = units.percent(found.share), units.percent(found.before)
    if found.before >= 0.5:
        return (
            f"{share} of it lies in the flagged region, but {before} of its place was flagged without it, so this says "
            "little about the defect."
        )
    earlier = f" Before, {before} of its place was flagged." if found.before > 0 else ""
    if found.share >= 0.5:
        return f"It is found: {share} of it lies in the flagged region.{earlier}"
    if found.share > 0:
        return f"It is found in part: {share} of it lies in the flagged region.{earlier}"
    if found.flagged > 0:
        return f"It is missed: the flagged region lies elsewhere.{earlier}"
    return "It is missed: nothing in the picture scores above the threshold."


def _mainly(maps: Sequence[Effect]) -> str:
    seeing = [effect for effect in maps if effect.visible]
    if not seeing:
        return "No map shows it."
    most = max(seeing, key=lambda effect: effect.rise)
    shown = (
        f"{most.name} shows it most ({shared_words.map_label(most.name)}): {units.times(most.before)} "
        f"\N{RIGHTWARDS ARROW} {units.times(most.after)} times its normal level."
    )
    if len(seeing) == len(maps):
        return f"{shown} It is visible to all maps."
    return f"{shown} It is visible to {len(seeing)} of {len(maps)} maps."


def effect_caption(effect: Effect) -> str:
    """A map's values at the defect, and whether it sees it."""
    arrow = f"{units.times(effect.before)} \N{RIGHTWARDS ARROW} {units.times(effect.after)}"
    return f"{arrow} times normal; {'visible' if effect.visible else 'not visible'}"


# ------------------------------------------------------------------------------------------------- dose-response

DOSE_TITLE = "When does it become visible?"
DOSE_LEAD = "The same defect, smaller and larger or fainter and stronger: at which point does each map see it?"
AXIS_LABEL = "Change its"
AXES = {SIZE: "Size", CONTRAST: "Contrast"}
MEASURE = "Measure"
SCORE_CHART, MAPS_CHART, FACTORS_CHART = "Score", "Maps", "Factors of the score"
DOSE_DOWNLOAD = "Dose-response (CSV)"
SCORES_HINT = "Look for the first orange dot: from there on, the picture is called anomalous."
LINES_HINT = (
    "Look for where a line crosses the normal level: filled dots see the defect, hollow ones do not. Solid lines: "
    "S₂, the rebuilder (M1 to M3); dotted lines: S₁, the copier (M4 to M6)."
)

EFFECTS_AXIS = "peak inside it, × normal 99 % level (logarithmic)"
WITHOUT_IT, WITH_IT = "without the defect", {True: "with it, visible", False: "with it, not visible"}
WITHOUT_IT_TOLD = "%{y} without it: %{x:.3g}<extra></extra>"
WITH_IT_TOLD = "%{y} with it: %{x:.3g}<extra></extra>"
SCORES_AXIS, LINES_AXIS = (
    "image score, \N{MULTIPLICATION SIGN} threshold (logarithmic)",
    "peak, × normal 99 % level (logarithmic)",
)
NORMAL_LEVEL = "normal 99 % level"


def score_told(curves: Curves) -> str:
    """What the chart of scores says under the pointer, as Plotly fills it in."""
    return f"{_dose_told(curves)}: %{{y:.3g}} {shared_words.UNIT}<br>score %{{customdata:.3g}}<extra></extra>"


def line_told(name: str, curves: Curves) -> str:
    """The same of a map or factor."""
    return f"{name}, {_dose_told(curves)}: %{{y:.3g}} times normal<extra></extra>"


def _dose_told(curves: Curves) -> str:
    return "contrast %{x:.0f} %" if curves.pixels is None else "%{x:.0f} px"


THRESHOLD_NOTE = "threshold"
FACTORS_HINT = "The score multiplies these: {expression}. Look for the one that rises first."


def undamaged_note(curves: Curves) -> str:
    """On the line of the score without the defect."""
    return f"without the defect {units.times(units.multiple(curves.undamaged, curves.threshold))} {units.TIMES}"


def dose_title(what: str, axis: str, kind: str) -> str:
    """What a chart of a dose-response shows: "**Score**: a scratch of growing length"."""
    return f"**{what}**: a {noun(kind)} of growing {extent(kind) if axis == SIZE else 'contrast'}"


def dose_axis(axis: str, kind: str) -> str:
    """The title of the axis of doses, with its unit."""
    return f"{extent(kind)} in pixels (logarithmic)" if axis == SIZE else "contrast in percent"


def estimate(count: int, milliseconds: float, device: str) -> str:
    """What a measurement will take."""
    took = units.milliseconds(count * milliseconds)
    return f"{units.plural(count, 'picture')} through the network: about {took} on {device}."


def took(count: int, milliseconds: float) -> str:
    """What a measurement took."""
    return (
        f"“Visible” is defined as above. Measured on {units.plural(count, 'picture')} in "
        f"{units.milliseconds(milliseconds)}; another score or threshold needs no new measurement."
    )


def score_onset(curves: Curves, kind: str) -> str:
    """From which dose on the picture is called anomalous."""
    if curves.undamaged > curves.threshold:
        return "The score is above the threshold even without the defect."
    return f"**Score**: {_onset(curves, curves.found.since, curves.found.seen, kind, 'above the threshold')}"


def line_onset(curves: Curves, line: Line, kind: str) -> str:
    """From which dose on a map or factor sees the defect."""
    return f"**{units.plain(line.name)}**: {_onset(curves, line.onset.since, line.onset.seen, kind, 'visible')}"


def _onset(curves: Curves, since: float | None, seen: int, kind: str, state: str) -> str:
    total, one = len(curves.doses), "size" if curves.axis == SIZE else "contrast"
    if not seen:
        return f"never {state} up to {_dose(curves, float(curves.doses[-1]), kind)}."
    if since is None:
        return f"{state} at {seen} of {units.plural(total, one)}, but not at the largest."
    start = _dose(curves, since, kind)
    earlier = seen - int((curves.doses >= since).sum())
    if since == curves.doses[0]:
        return f"{state} at every {one} tested, starting at {start}."
    if earlier:
        return f"{state} from {start} upwards, and also at {units.plural(earlier, f'smaller {one}')}."
    return f"{state} from {start} upwards."


def _dose(curves: Curves, dose: float, kind: str) -> str:
    """A dose with its unit: "a length of 48 px", "a contrast of 30 %"."""
    if curves.pixels is None:
        return f"a contrast of {units.percent(dose)}"
    pixels = float(curves.pixels[list(curves.doses).index(dose)])
    return f"a {extent(kind)} of {pixels:.0f} px"


# ------------------------------------------------------------------------------------------- keeping the picture

IMAGE_FILE, MASK_FILE = "Image (PNG)", "Mask (PNG)"
IN_MEMORY, IN_PROJECTION, HERE = "Memory", "Projection", "Inspect"
EVERYWHERE = "Use this image everywhere"
EVERYWHERE_HELP = (
    "Adds the altered picture to your images, so that you can also look at it on the other pages. It stays on this "
    "computer."
)


def file_stem(picture: str, kind: str) -> str:
    """The beginning of the name of a file with this defect."""
    return f"{picture}-{noun(kind).replace(' ', '-')}"


def added(title: str) -> str:
    """That an altered picture is now among the visitor's images."""
    return f"{units.plain(title)} is now among your images. Look at it in:"
