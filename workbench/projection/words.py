"""The Projection page's wording: every sentence is made here. Knows no Streamlit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nnet.analysis.projection import DEALS, SCALES, AmongParts, Pair, Statistics, change, falling, figure7
from workbench.shared import units
from workbench.shared.words import DATA_NAMES

TITLE = "Projection"
LOOKING = "Computing the picture's features…"
LEAD = "Behind the gates, what differs among good parts is to count less."
ALIKE = ": the gates are nearly alike"
WHO = {"teacher": "the teacher", "student": "S₁"}
ABOUT = (
    "Before the networks are compared, a projection module (FPM) multiplies each feature by one gate per channel and "
    "row and one per channel and column. The paper's Figure 7 shows the purpose: on normal regions, the variance along "
    "channels should become smaller and more even. This page shows what the modules do in this model: on the teacher's "
    "side, from F to P, which S₂, the rebuilder, works on, and on that of S₁, the copier, from SF to SP, which is "
    "compared with P; at a fine, a middle and a coarse scale, which divide the picture into ever fewer patches."
)
BLEND_AXIS, UMAP_AXIS = "share of P in the blend, %", "UMAP {number} (no unit)"
POINTS = {"normal": "normal", "flagged": "flagged"}
SIDE = "Side"
SIDE_NAMES = {"teacher": "Teacher", "student": "S₁, the copier"}
WHOSE = {"teacher": "teacher's", "student": "student's"}
SIDE_SHORT = {"teacher": "Teacher", "student": "S₁"}
SCALE = "Scale"
SCALE_NAMES = {"1": "1 · fine", "2": "2 · middle", "3": "3 · coarse"}
WAY = "Variance scale"
WAY_NAMES = {"log": "Logarithmic", "linear": "Linear", "relative": "Relative"}
WAY_HELP = (
    "Logarithmic and linear: one scale for before and after. Relative: each map divided by its own mean, which takes "
    "out the shrinking and leaves only the evenness."
)
PART = "Part"
PART_NAMES = {
    "good": ":material/compare_arrows: Good parts",
    "figure7": ":material/menu_book: Figure 7",
    "gates": ":material/tune: Channels",
    "features": ":material/palette: Colours",
    "data": ":material/folder_open: Test set",
}
PART_HELP = "The parts of this page. The URL remembers which one is open."

NO_STUDENT = (
    "This model has no S₁, no copier, so only the teacher's side is shown. To compare "
    "the two, train a model with `model.forward` on."
)
RECALLED = {
    True: "At scale 3 the module is given the memory's answer F′₃, and P′₃ goes on to S₂. S₁ is compared with P₃, "
    "which the same module makes from F₃ itself.",
    False: "At scale 3 the module is given the memory's answer F′₃ instead of F₃: P₃ is made from it, for both.",
}
"""Whether P′₃ and P₃ are two."""
TOUR = "What it is for: How it works, step 6"
SAME_REGIONS = "The regions are the same in every map: what counts as flagged is outlined in white."


FRAMED = (
    "A whole set is measured only with a model that sees a picture as a whole; this one looks at tiles or at a part of "
    "each picture. The other parts of this page show the part under the largest score."
)


def no_projection(side: str) -> str:
    """What is missing on a side without FPM, and what remains."""
    how = "`model.fpm`" if side == "teacher" else "`model.fpm` and `loss.kd`"
    return (
        f"This model has no projection on the side of {'the teacher' if side == 'teacher' else 'S₁'}, so there "
        f"is no before and after, and no gates ({how} off in training). The variance, colours and UMAP of its features "
        "as they are follow."
    )


# ------------------------------------------------------------------------------------------------------- regions


def region(kind: str, share: float) -> str:
    """What normal and flagged mean for this image."""
    if share == 0:
        return "Nothing here scores above the threshold, so the whole image counts as **normal** and none as flagged."
    if kind == "mask":
        return f"**Flagged** is what the data set's mask marks as defective: {units.percent(share)} of the image."
    return f"**Flagged** is what scores above the threshold, {units.percent(share)} of the image; the rest is normal."


SCORE = "{score}."

# --------------------------------------------------------------------------------------------------- among good parts

APART_BEFORE, APART_BEHIND = "{name}, before: {angle} apart", "{name}, behind: {angle} apart"
IN_FRONT, BEHIND = "before the gates", "behind the gates"
ANGLE_SCALE, ANGLE_TOLD = "angle between good parts in degrees", "%{z:.0f}° apart<extra></extra>"
ANGLE_AXIS, DEGREES = "angle between good parts, degrees", "°"
BY_CHANCE = "gates dealt by chance"
DEALT_TITLE = "**Beside gates dealt by chance**"
DEALT_HINT = (
    "Look for a filled mark left of its grey bar: there good parts differ less than behind gates dealt by chance."
)
NO_GOOD_PARTS = "At least two samples that are known to be good are needed here; this model has fewer."
_CLOSER = {-1: "closer together", 1: "further apart"}


def lead(found: Mapping[str, Sequence[int]], alike: bool = False) -> str:
    """The first line: what the gates are for, and at which scales they do it here.

    Args:
        found: side -> the scales, from 1, at which what differs among good parts counts less; {} where that is unknown.
        alike: whether the gates differ little by channel, which is the likely reason where they do not.
    """
    if not found:
        return LEAD
    if not any(found.values()):
        return f"{LEAD} Here it does not{ALIKE * alike}."
    where = [f"in {WHO[side]} {units.at_scales(scales)}" for side, scales in found.items() if scales]
    only = "only " if len(where) < len(found) else ""
    least = min(map(len, found.values()))
    return f"{LEAD} Here it does {only}{' and '.join(where)}{ALIKE * (alike and least < SCALES)}."


def angle(degrees: float) -> str:
    """An angle: "34°", "8.8°", "0°"."""
    return f"{degrees:.0f}{DEGREES}" if degrees >= 10 or degrees == 0 else f"{degrees:.1f}{DEGREES}"


def among(found: AmongParts, names: tuple[str, str]) -> str:
    """What the gates do to the differences among good parts at one scale, beside what chance does."""
    before, after = found.means
    way = change(before, after)
    if not way:
        return f"**Good parts lie about as far apart in {names[1]} as in {names[0]}.**"
    if not found.change:
        return f"**Good parts lie {_CLOSER[way]} in {names[1]}**, but no more so than behind gates dealt by chance."
    return f"**Good parts lie {_CLOSER[way]} in {names[1]}**, and that is not by chance."


def how_apart(count: int) -> str:
    """What is measured, on how many parts."""
    return (
        f"Measured on the model's {count} good samples, whatever the picture above: the angle between the features of "
        "the same patch in two of them, the mean over every two. An angle knows no length, so gates below 1 alone do "
        f"not shrink it. By chance: each channel is given the gates of another one, {DEALS} times; the grey bar is the "
        "range of what comes out."
    )


# ------------------------------------------------------------------------------------------------------ Figure 7

BUILT_IN = "**Smaller is nearly built in**: gates below 1 shrink all features. Look for more even."

FIGURE_7_TITLE = "Does Figure 7 of the paper hold here?"
MEASURED = (
    "Measured is the variance along channels: how much the numbers that describe one patch differ among themselves. "
    "Smaller is its mean over the patches; more even is how little it varies from patch to patch, beside that mean."
)
IN_NORMAL_REGION, ON_THIS_IMAGE = "In the normal region of this image", "On this image"
TABLE = "All numbers as a table"
TABLE_HINT = "Mean ± one standard deviation over positions. Units as in the charts above."


@dataclass(frozen=True)
class Question:
    """A statistic as a question: its `title`, `unit` and `help`, and a `hint` on what to look for in its chart."""

    title: str
    unit: str
    help: str
    hint: str


QUESTIONS: dict[str, Question] = {
    "mean": Question(
        "Smaller?",
        "mean variance, squared feature units (log)",
        "Mean over positions of the variance along channels. Gates below 1 shrink it almost "
        "regardless of what they have learnt.",
        "Look for marks that move left: the variance shrinks.",
    ),
    "variation": Question(
        "More even?",
        "coefficient of variation, no unit",
        "Standard deviation of the variance over positions, divided by its mean: 0 is perfectly even. A common factor "
        "on all features does not change it.",
        "Look for marks that move left: the variance becomes more even from place to place, whatever its size.",
    ),
    "unit": Question(
        "Smaller at equal length?",
        "C × variance of unit vectors, 0 to 1",
        "Variance along channels once every vector is brought to length 1, times the number of channels C. "
        "It is 1 where the channels have no common offset, and cannot pass 1.",
        "Look for marks that move at all: with the shrinking taken out, little is left of the difference.",
    ),
    "directions": Question(
        "Directions closer?",
        "spread of directions, 0 to 1",
        "1 minus the squared length of the mean unit vector: 0 if all positions' vectors point the same way. "
        "This is the compactness that a cosine distance can see.",
        "Look for marks that move left: the vectors point in more similar directions, which is compactness without "
        "scale.",
    ),
}


def answer(values: Sequence[tuple[float, float]]) -> tuple[str, str]:
    """A one-word answer over the scales, with its badge colour, from (before, after) per scale."""
    less = falling(values)
    if len(less) == len(values):
        return "Yes", "blue"
    if less:
        return f"Only {units.at_scales(less)}", "gray"
    same = all(change(*pair) == 0 for pair in values)
    return ("Unchanged", "gray") if same else ("No", "orange")


def steps(values: Sequence[tuple[float, float]]) -> str:
    """The numbers per scale, one line each: "Scale 1: 59.3 → 1.87"."""
    return "  \n".join(f"Scale {i}: {units.number(a)} → {units.number(b)}" for i, (a, b) in enumerate(values, 1))


_VERDICTS = {
    True: (
        "**Figure 7 holds here.** {where}, the projection makes the {whose} variance along channels smaller and more "
        "even at all three scales."
    ),
    None: (
        "**Figure 7 holds in part here.** {where}, the projection makes the {whose} variance along channels smaller "
        "{smaller} and more even {even}. The paper reports both at all three scales."
    ),
    False: (
        "**Figure 7 does not hold here.** {where}, the projection makes the {whose} variance along channels more even "
        "at no scale; smaller {smaller}, which is nearly built in."
    ),
}
_SCALE_FREE = "**Without the shrinking:** the vectors' directions come closer together {closer}."


def verdict(values: Mapping[str, Sequence[tuple[float, float]]], whose: str, where: str) -> str:
    """The paper's claim, "smaller and more even", compared with numbers.

    Args:
        values: statistic -> (before, after) per scale, for every key of `QUESTIONS`.
        whose: such as "teacher's".
        where: such as "In the normal region of this image".
    """
    claim = figure7(values["mean"], values["variation"])
    smaller, even = units.at_scales(claim.smaller), units.at_scales(claim.even)
    return _VERDICTS[claim.holds].format(where=where, whose=whose, smaller=smaller, even=even)


def scale_free(values: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """What remains once the shrinking is taken out."""
    return _SCALE_FREE.format(closer=units.at_scales(falling(values["directions"])))


WHY_SCALE_FREE = (
    "Why length 1: every gate lies between 0 and 1, so the product of two can only shorten a feature vector, and its "
    "variance along channels shrinks with it (unless all channels share a large offset). Smaller is nearly built in, "
    "and random gates would produce it too. The anomaly maps compare directions "
    "(1 − cosine), which a common factor does not change. What can help a detector is therefore in the scale-free "
    "numbers: how even the variance is relative to its mean, and how close together the directions are."
)


def row_name(side: str, scale: int) -> str:
    """A row of a chart: "Teacher · 1", "S₁ · 3"."""
    return f"{SIDE_SHORT[side]} · {scale + 1}"


# ------------------------------------------------------------------------------------------------- variance maps


def pair_heading(pair: Pair) -> str:
    """ "Scale 1 · F₁ → P₁ · 24 channels, 32 × 32 patches"."""
    channels, height, width = pair.before.shape
    names = " → ".join(pair.names) if pair.after is not None else pair.names[0]
    return f"**Scale {pair.scale + 1}: {names}** · {channels:,} channels, {width} × {height} patches"


def region_line(name: str, values: Sequence[Statistics | None]) -> str:
    """ "normal: 59.3 ± 30.7 → 1.87 ± 1.85": mean and spread over a region, before and after."""
    if values[0] is None:
        return f"{name}: no positions"
    parts = [f"{units.number(v.mean)} ± {units.number(v.spread)}" for v in values if v is not None]
    return f"{name}: {' → '.join(parts)}"


MAPS_HINT = (
    "Look for an after map that is darker (smaller) and more uniform in colour (more even) than the before map beside "
    "it, especially outside the outlined region."
)
HISTOGRAM_TITLE, HISTOGRAM_ALT = "How often each variance occurs", "Histogram of the variance"


VARIANCE_OF, VARIANCE_OF_WHEN = "Variance along channels of {name}", "Variance along channels of {name} ({when})"
BEFORE, AFTER = "before", "after"
CHANGE_TOLD = "{row}, {group}<br>{when}: {value:.3g}"


def histogram(normal: Sequence[Statistics | None], flagged: Sequence[Statistics | None]) -> str:
    """Mean and spread in both regions, and what to look for."""
    lines = f"Mean ± spread. {region_line('Normal', normal)}; {region_line('Flagged', flagged)}."
    if max(len(normal), len(flagged)) < 2:
        return lines
    return f"{lines} Look for a filled curve that lies left of the dotted one (smaller) and is narrower (more even)."


# ---------------------------------------------------------------------------------------------- gates and channels

GATES_HINT = (
    "Look for dips: rows (on the right) and columns (below) that are damped. A flat line means that the module treats "
    "every place alike. Gates have no unit; 1 lets everything pass."
)
DAMPING_HINT = (
    "Look at how steep the curve is: a flat one damps all channels alike, which no cosine notices; a steep one is "
    "selective."
)
TILES_HINT = (
    "Left before, right after, on one colour scale per channel. Look for pictures that vanish on the right: "
    "what they showed no longer reaches the comparison."
)
DAMPING_TITLE = "**Which channels are damped**"
CHANNEL = "Channel"
CHANNEL_HELP = "One channel of the features, drawn in orange in the profiles and marked on the sorted curve."


GATES_TITLE = "**Gates of {after} along height and width**"
MOST_DAMPED = "**Most damped channels, {before} before and {after} after**"
LEAST_DAMPED = "**Least damped channels, {before} before and {after} after**"
CHANNEL_ALT = "Channel {channel} before and after"
TILE = "Channel {channel} · mean gate {gate}"
CHOSEN_TILE = "Channel {channel} · mean gate {gate}; left before, right after."


def damping(means: np.ndarray) -> str:
    """How much and how selectively channels are damped."""
    order = np.argsort(means, kind="stable")
    low, high = means[order[0]], means[order[-1]]
    below = float(np.mean(means < 0.05))
    ratio = units.multiple(high, float(low))
    return (
        f"On average a gate lets {units.percent(float(means.mean()))} through. Channel {order[-1]} is damped least "
        f"(mean gate {units.number(float(high))}), channel {order[0]} most ({units.number(float(low))}): a factor of "
        f"{units.number(float(ratio))} between them. {units.percent(below)} of the {len(means)} channels let less than "
        "5 % through."
    )


# --------------------------------------------------------------------------------------------- colours, blend, UMAP

IMAGE = "Image"
VECTORS = "Vectors"
VECTOR_NAMES = {"unit": "Length 1", "raw": "As they are"}
VECTORS_HELP = (
    "Length 1: every vector is first divided by its length, since the anomaly maps compare directions alone. "
    "As they are: shrunken features crowd around the middle and get the same colour."
)


def pca_hint(share: float) -> str:
    """What the colours mean."""
    return (
        f"Three components of one PCA over both pictures become red, green and blue; they hold {units.percent(share)} "
        "of the variance. One colour means one feature vector. Look for structure that vanishes or stands out after."
    )


IN_BASIS = "{name} in the common PCA basis"
BLEND_TITLE = "**From {before} to {after} step by step**"
BLEND, BLEND_MAP = "Share of P", "Variance of the blend"
BLEND_TITLES = {
    "mean": ("Mean variance", "Mean variance against the blend"),
    "variation": ("Coefficient of variation", "Coefficient of variation against the blend"),
}
BLEND_HINTS = {
    "mean": "Look at how fast the curve falls. That it falls is nearly built in, since gates only shrink.",
    "variation": "Look at whether it falls at all. A minimum in between means that softer gates do better.",
}
BLEND_UNITS = {"mean": "squared feature units", "variation": "no unit"}
BLEND_MAP_HINT = "Look for the point at which the picture becomes even, or patchy, as you move the slider."
BLEND_HELP = "0 % is the feature as it enters the module, 100 % as it leaves it. Computed from what is already known."


def blend(percent: int, names: tuple[str, str], now: tuple[float, float], start: tuple[float, float]) -> str:
    """The effect of a blend on mean variance and evenness, each (mean, coefficient of variation)."""
    before, after = names
    mixed = f"{1 - percent / 100:.2g} {before} + {percent / 100:.2g} {after}"
    return (
        f"**{mixed}**: mean variance {units.number(now[0])} ({units.number(units.multiple(now[0], start[0]))} times "
        f"that of {before}), coefficient of variation {units.number(now[1])} ({before}: {units.number(start[1])})."
    )


UMAP_TITLE, UMAP_WAIT = "**Feature vectors as a UMAP**", "Computing the UMAP…"
UMAP_SWITCH = "Draw the UMAP"
UMAP_HELP = "Takes a few seconds, or up to half a minute the first time after the workbench starts. The result is kept."
UMAP_HINT = (
    "Each dot is the feature vector of one position. Look for orange dots that stand apart from the blue ones. The "
    "axes and the distances between remote groups mean nothing."
)
TOO_FEW = 10
"""With fewer flagged positions than this, a UMAP says little about them."""


def few_flagged(count: int, total: int) -> str:
    """A warning about the number of flagged positions, or ""."""
    if count == 0:
        return "Nothing is flagged at this scale, so all dots are normal."
    if count < TOO_FEW:
        return (
            f"Only {units.plural(count, 'position')} of {total} at this scale {'is' if count == 1 else 'are'} flagged: "
            "too few to say whether they stand apart. A finer scale has more."
        )
    return ""


def separation(names: Sequence[str], values: Sequence[float | None]) -> str:
    """The silhouettes before and after in a sentence, or "" where there are none."""
    known = [(name, value) for name, value in zip(names, values, strict=True) if value is not None]
    if not known:
        return ""
    numbers = " → ".join(f"{name} {value:.2f}" for name, value in known)
    return (
        f"How far flagged and normal vectors stand apart, measured on the vectors themselves: mean silhouette "
        f"{numbers} (cosine distance; −1 to 1, near 0 is mixed)."
    )


# ------------------------------------------------------------------------------------------------- whole data set

SAMPLES = "The sample pictures"
NORMAL, DEFECTIVE, FLAGGED = "normal", "defective", "flagged"
DATA_CHOICES = {"synthetic" if key == "synthetic:metal" else key: name for key, name in DATA_NAMES.items()}
"""By the names that links use: the first synthetic set was once the only one."""
DATA_ABOUT = (
    "One image proves little. Here the same numbers are measured on every labelled test image of a data set, with one "
    "forward pass each, and normal images are compared with defective ones."
)
DATA_HELP = "Its test images are measured: normal ones, and defective ones if there are any."
DATA_HINT = {
    "mean": "Marks are means over images; bars are one standard deviation. Look for filled marks left of open ones.",
    "variation": "Look for filled marks left of open ones: more even inside an image, whatever the size.",
    "unit": "Look for blue and orange marks that separate after the projection but not before.",
    "directions": "Look for filled marks further left: directions closer together in an image.",
}

NO_LABELLED = "This data set has no labelled test images, so there is nothing to measure."
DATA_TABLE, DATA_CSV = "Table of means and standard deviations", "Table (CSV)"


def left_out(problems: Sequence[str], shown: int) -> str:
    """The images that could not be read, the first ones with their reason."""
    head = f"{units.plural(len(problems), 'image was', 'images were')} left out:"
    return "\n".join([head, *(f"- {units.plain(problem)}" for problem in problems[:shown])])


def data_counts(normal: int, defective: int, total: int, name: str) -> str:
    """What the numbers rest on."""
    done = normal + defective
    part = "" if done == total else f" ({done:,} of {total:,} test images so far, in random order)"
    return f"**{units.plain(name)}**: {units.plural(normal, 'normal image')}, {defective} defective{part}."


def where(normal: int, defective: int, name: str) -> str:
    """The place for `verdict`: the normal images of a set, or the defective ones where it has no others."""
    count, kind = (normal, NORMAL) if normal else (defective, DEFECTIVE)
    if name == SAMPLES:
        return f"Over {units.plural(count, f'{kind} sample picture')}"
    return f"Over {units.plural(count, f'{kind} test image')} of {units.plain(name)}"


def data_row(side: str, scale: int, label: str, statistic: str) -> dict[str, object]:
    """What a row of the whole set's table is about; its numbers follow in `DATA_COLUMNS`."""
    return {"Side": SIDE_NAMES[side], "Scale": scale + 1, "Images": label, "Statistic": QUESTIONS[statistic].unit}


DATA_COLUMNS = ("Before", "± before", "After", "± after")
DATA_FILE = "projection.csv"


def table_row(name: str, region: str, found: Statistics) -> dict[str, object]:
    """One row of the table of all numbers."""
    return {
        "Features": name,
        "Region": region,
        "Positions": found.positions,
        "Variance": f"{units.number(found.mean)} ± {units.number(found.spread)}",
        "Coefficient of variation": found.variation,
        "At length 1": found.unit,
        "Spread of directions": found.directions,
    }


UMAP_OF = "{name}, {vectors}, seed 0"
UMAP_ALT = "UMAP of {name}"
PLACE = "x {x:.0f} px, y {y:.0f} px"
BLEND_TOLD = "{name}, %{{x:.0f}} % P: %{{y:.3g}}<extra></extra>"
POINT_TOLD = "{name}, %{{customdata}}<extra></extra>"
