"""The wording of the defect studio: every sentence with a number in it is made here. Knows no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence

from nnet.analysis.visibility import MIN_RISE
from nnet.scoring.calibration import Reference
from workbench.inspect.defect.effect import Curves, Effect, Found, Line
from workbench.inspect.defect.recipe import CONTRAST, CUT_PASTE, SIZE
from workbench.shared import text

TITLE = "Make your own defect"
KINDS = {
    "scratch": "Scratch",
    "stain": "Stain",
    "hole": "Hole",
    "missing": "Missing piece",
    "colour": "Colour shift",
    CUT_PASTE: "Cut-paste",
}
_NOUNS = {"missing": "missing piece", "colour": "colour shift", CUT_PASTE: "copied patch"}
_EXTENTS = {"scratch": "length", CUT_PASTE: "diagonal"}

WAYS = {"place": "Place a defect", "draw": "Draw it"}
SHOWN = {"heatmap": "Heatmap", "plain": "Picture", "before": "Before"}
SHOWN_TITLES = {"heatmap": "Altered, with its heatmap", "plain": "Altered", "before": "Heatmap before"}
AXES = {SIZE: "Size", CONTRAST: "Contrast"}

LEAD = (
    "Put a defect on this picture and see what the network makes of it. Only the picture in front of you changes; the "
    "file stays as it is."
)
LEARN_BY = "Place one with sliders, or draw it by hand."
KIND_HINTS = {
    "scratch": "A groove with a lit burr beside it.",
    "stain": "Dried oil, rust or dirty water, with a few drops around it.",
    "hole": "Punched or torn: dark inside, with a pressed rim. Light shines through a dark surface.",
    "missing": "A piece broken out along flat faces.",
    "colour": "A patch whose colour is off; a grey picture gets lighter or darker there.",
    CUT_PASTE: "A patch of this picture, copied to another place: each part of it is normal, its place is not.",
}
SIZE_HELP = (
    "Length of a scratch, diagonal of a copied patch, else the diameter; in percent of the picture's shorter side."
)
CONTRAST_HELP = "0 changes nothing, 100 is the defect at its strongest."
ANGLE_HELP = "Degrees, clockwise; 0 lays a scratch from left to right."
SEED_HELP = "Another number draws another outline, and another kind of stain or colour."
PLACE_LABEL = "The picture without the defect; click to place it, or use the arrow keys"
PLACE_HINT = "Click, or drag the circle, to place it. The sliders and the arrow keys do the same."
PLACE_HINT_PATCH = (
    "Click, or drag the circle, to place the copy; drag the dashed circle to choose what is copied. Arrow keys move "
    "the copy, with Shift its origin."
)
DRAW_LABEL = "The picture to draw on; arrow keys move the brush, the space bar puts a dot, Ctrl+Z undoes"
DRAW_HINT = (
    "Draw with mouse, pen or finger. Keyboard: arrow keys move the brush, the space bar puts a dot. The answer "
    "follows when you let go."
)
NOTHING_DRAWN = "Nothing is drawn yet. Draw a stroke on the picture: heatmap and score follow as soon as you let go."
NOTHING_CHANGED = "This changes no pixel of the picture. Raise the contrast, or move it to another place."
ALTERED_HINT = "Look for white outlines (flagged) on the turquoise one (the defect): where they meet, it is found."
OUTLINE_HELP = "Draws the border of your defect in turquoise."
EFFECTS_TITLE = "What each map and factor shows there"
EFFECTS_HINT = (
    "Look for orange dots right of the dotted line at 1: those see the defect. A short bar means that the map hardly "
    "reacts."
)
PAIRS_HINT = (
    "Each map without and with the defect, on the scale of the maps above. Look for maps that light up inside the "
    "turquoise outline only on the right."
)
VISIBLE_MEANS = (
    "Visible means: the map's highest value inside the defect exceeds the level that 99 % of normal pixels stay "
    f"below, and the picture's own value there without the defect by at least {text.percent(MIN_RISE)} of that level."
)
DOSE_LEAD = "The same defect, smaller and larger or fainter and stronger: from where on does each map see it?"
SCORES_HINT = "Look for the first orange dot: from there on the picture is called anomalous."
LINES_HINT = (
    "Look for where a line passes the normal level: filled dots see the defect, hollow ones do not. Solid: decoder "
    "(M1 to M3); dotted: student (M4 to M6)."
)
EVERYWHERE_HELP = (
    "Adds the changed picture to your images, so that Memory and Projection can look at it. It stays on the machine "
    "this runs on."
)
FOUND_HELP = "Share of the defect's area that lies in the flagged region, with the defect."
IOU_HELP = (
    "Intersection over union: the area that is both defect and flagged, divided by the area that is either. 1 would "
    "be a perfect outline; a thin scratch gets little, since heatmaps are wider than it."
)


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
            f"This picture is called anomalous as it is (score {text.number(value)}, threshold "
            f"{text.number(reference.threshold)}), so the answer mixes its own defects with yours. A normal one shows "
            "more."
        )
    if known_defective:
        return "This sample is known to be defective, although it is called normal here. A normal one shows more."
    return None


def place(x: float, y: float, size: float, shape: tuple[int, ...], kind: str) -> str:
    """Where a defect lies and how large it is, in pixels of the image."""
    pixels = size * min(shape[:2])
    return f"Centre at x {x * shape[1]:.0f}, y {y * shape[0]:.0f} px; {extent(kind)} {pixels:.0f} px."


def ran(milliseconds: float, now: bool) -> str:
    """Whether the network ran, and how long."""
    if now:
        return f":material/bolt: A new picture: the network ran once, in {text.milliseconds(milliseconds)}."
    return (
        f"This picture is known: nothing had to run (its pass through the network took "
        f"{text.milliseconds(milliseconds)})."
    )


def verdict(kind: str, before: float, after: float, reference: Reference, found: Found, maps: Sequence[Effect]) -> str:
    """What the defect did, in plain words: score, whether it is found, and what shows it most."""
    return " ".join((_scores(kind, before, after, reference), _where(reference, found), _mainly(maps)))


def _scores(kind: str, before: float, after: float, reference: Reference) -> str:
    old, new = text.number(before), text.number(after)
    if old == new:
        return f"The {noun(kind)} leaves the score at {old} ({text.decision(reference, after).lower()})."
    way = "raises" if after > before else "lowers"
    decisions = [text.decision(reference, value).lower() for value in (before, after)]
    changed = f"from {decisions[0]} to {decisions[1]}" if decisions[0] != decisions[1] else f"still {decisions[1]}"
    return f"The {noun(kind)} {way} the score from {old} to {new}, {changed}."


def _where(reference: Reference, found: Found) -> str:
    if found.before >= 0.5:
        return (
            f"{text.percent(found.share)} of it lies in the flagged region, but {text.percent(found.before)} of its "
            "place was flagged without it, so this tells little about it."
        )
    earlier = f" (before, {text.percent(found.before)} of its place was)" if found.before > 0 else ""
    if found.share >= 0.5:
        return f"It is found: {text.percent(found.share)} of it lies in the flagged region{earlier}."
    if found.share > 0:
        return f"It is found in part: {text.percent(found.share)} of it lies in the flagged region{earlier}."
    if found.flagged > 0:
        return f"It is missed: what is flagged lies elsewhere{earlier}."
    return f"It is missed: nothing in the picture scores above the threshold, {text.number(reference.threshold)}."


def _mainly(maps: Sequence[Effect]) -> str:
    seeing = [effect for effect in maps if effect.visible]
    if not seeing:
        return "No map shows it."
    most = max(seeing, key=lambda effect: effect.rise)
    return (
        f"{most.name} shows it most ({text.map_label(most.name)}): {times(most.before)} \N{RIGHTWARDS ARROW} "
        f"{times(most.after)} times its normal level. {_count(len(seeing), len(maps))}"
    )


def _count(seeing: int, total: int) -> str:
    if seeing == total:
        return "It is visible to all maps."
    return f"It is visible to {seeing} of {total} maps."


def times(value: float) -> str:
    """A multiple of a normal level: 0.42, 3.1, 12."""
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def effect_caption(effect: Effect) -> str:
    """A map's values at the defect, and whether it sees it."""
    arrow = f"{times(effect.before)} \N{RIGHTWARDS ARROW} {times(effect.after)}"
    return f"{arrow} times normal; {'visible' if effect.visible else 'not visible'}"


# ------------------------------------------------------------------------------------------------- dose-response


def factors_hint(expression: str) -> str:
    """What to look for in the chart of factors."""
    return f"The score multiplies these: {expression}. Look for the one that rises first."


def dose_title(axis: str, kind: str) -> str:
    """What a dose-response shows: "Scratch of growing length"."""
    what = noun(kind)
    return f"A {what} of growing {extent(kind) if axis == SIZE else 'contrast'}"


def dose_axis(axis: str, kind: str) -> str:
    """The title of the axis of doses, with its unit."""
    return f"{extent(kind)} in pixels (logarithmic)" if axis == SIZE else "contrast in percent"


def estimate(count: int, milliseconds: float, device: str) -> str:
    """What a measurement will take."""
    return f"{plural_pictures(count)} through the network: about {text.milliseconds(count * milliseconds)} on {device}."


def plural_pictures(count: int) -> str:
    """A number of pictures."""
    return text.plural(count, "picture")


def progress(done: int, total: int) -> str:
    """How far a measurement is."""
    return f"{done} of {plural_pictures(total)} measured"


def took(count: int, milliseconds: float) -> str:
    """What a measurement took."""
    return (
        f"Visible is meant as above. Measured on {plural_pictures(count)} in {text.milliseconds(milliseconds)}; "
        "another score or threshold is followed without running the network again."
    )


def score_onset(curves: Curves, kind: str) -> str:
    """From which dose on the picture is called anomalous."""
    if curves.undamaged > curves.threshold:
        return "The score lies above the threshold without the defect already."
    return f"**Score**: {_onset(curves, curves.found.since, curves.found.seen, kind, 'above the threshold')}"


def line_onset(curves: Curves, line: Line, kind: str) -> str:
    """From which dose on a map or factor sees the defect."""
    return f"**{text.plain(line.name)}**: {_onset(curves, line.onset.since, line.onset.seen, kind, 'visible')}"


def _onset(curves: Curves, since: float | None, seen: int, kind: str, state: str) -> str:
    total = len(curves.doses)
    what = {SIZE: "size", CONTRAST: "contrast"}[curves.axis]
    if not seen:
        return f"never {state} up to {_dose(curves, float(curves.doses[-1]), kind)}."
    if since is None:
        return f"{state} at {seen} of {text.plural(total, what)}, but not at the largest."
    from_here = int((curves.doses >= since).sum())
    if from_here == total:
        return f"{state} at every {what} tested, from {_dose(curves, since, kind)} on."
    earlier = seen - from_here
    aside = f", and at {text.plural(earlier, f'smaller {what}')} before" if earlier else ""
    return f"{state} from {_dose(curves, since, kind)} on{aside}."


def _dose(curves: Curves, dose: float, kind: str) -> str:
    """A dose with its unit: "a length of 48 px", "a contrast of 30 %"."""
    if curves.axis == CONTRAST:
        return f"a contrast of {text.percent(dose)}"
    pixels = float(curves.pixels[list(curves.doses).index(dose)])
    return f"a {extent(kind)} of {pixels:.0f} px"


def added(title: str) -> str:
    """That a changed picture is now among the visitor's images."""
    return f"{text.plain(title)} is now among your images. Look at it:"


def jump(title: str) -> str:
    """The button that leads to a normal sample."""
    return f"Take a normal sample: {title}"


def drawing_kept(width: int, height: int) -> str:
    """The resolution of a drawing on a larger image."""
    return f"The drawing has {text.pixels(width, height)} and is enlarged to the picture's size."
