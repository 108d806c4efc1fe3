"""The wording of the comparison of two models."""

from collections.abc import Sequence

from workbench.shared import setting_words, units
from workbench.shared import words as shared_words
from workbench.shared.setting_words import value
from workbench.shared.sides import Difference, Side

EXAMPLE = "python -m nnet train --data elpv:mono --out runs/without-memory --set model.nfs=false"
ONLY_ONE = (
    "There is only one trained model, so there is nothing to compare it with. Train a second one, for instance the "
    f"same without its memory: `{EXAMPLE}`. This takes a few minutes and needs no internet connection; the new model "
    "then appears here."
)
AGAINST = "Compare with"
AGAINST_HELP = (
    "All finished checkpoints in checkpoints/ and runs/. The first model is the one that is chosen in the sidebar."
)
SWAP = "Swap"
SWAP_HELP = "Choose the second model in the sidebar, and compare it with this one."
LAYOUT_LABEL = "Layout"
LAYOUTS = {"wipe": "Wipe", "beside": "Side by side"}
LOOKING = "Looking at the picture with the second model…"
WIPE_LABEL = "Position of the line between the two models' overlays, in percent of the width"
WIPE_HINT = "Drag the line, or use the arrow keys. Look for spots that light up only on one side of it."
BESIDE_LABEL = "Overlays of the two models. Arrow keys move the chosen pixel."
BESIDE_HINT = "Look for spots that light up in only one of the two."
SCALE_NOTE = (
    "Each model's score is divided by its own threshold, because the scores of two models have no common unit. The "
    "middle of the scale is therefore where each of them begins to call the image anomalous."
)
DIFFERENCE_TITLE = "Where the two models differ"
DIFFERENCE_HINT = (
    "Where it is grey or clear, both agree. Look for colour on a defect: the model of that colour reacts more strongly."
)
DIFFERENCE_LABEL = "Difference of the two models' scores. Arrow keys move the chosen pixel; plus, minus, 0 zoom."
DIFFERENCE_PROBE = "second minus first:"
SCORES_TITLE = "**Both answers**"
SCORE_COLUMNS = (
    "Model",
    "Decision",
    "Times threshold",
    "Percentile",
    "p-value",
    "Above threshold",
    "Score",
    "Threshold",
)
ABOVE = SCORE_COLUMNS[5]
ABOVE_HELP = "Share of the image's area."
PEAKS_TITLE = "Peak of each map, in normal levels"
PEAKS_HINT = (
    "1 is the level that 99 % of normal pixels stay below, for each model separately. Look for a map in which one "
    "model rises far above 1 and the other does not: there the two see different things."
)
SETTINGS_TITLE = "How the models differ"
SAME_WEIGHTS = "Both have the same weights and settings; only a threshold that was kept for one of them can differ."
SAME_SETTINGS = "Their settings are the same; what differs is the outcome of their training."


def wipe_title(first: str, second: str) -> str:
    """Above the two overlays."""
    return f"**Wipe from {units.plain(first)} to {units.plain(second)}**"


def ticks(first: str, second: str) -> tuple[str, str, str]:
    """The ends and the middle of the difference's colours."""
    return f"{first} by 2 {shared_words.UNIT} or more", "0", f"{second} by 2 {shared_words.UNIT} or more"


def answer(first: Side, second: Side) -> str:
    """Both decisions and the scores, in sentences."""
    one, two = (units.plain(side.name) for side in (first, second))
    was, now = (shared_words.decision(side.judged.reference, side.judged.value).lower() for side in (first, second))
    said = f"Both call it {was}." if was == now else f"They disagree: {one} calls it {was}, {two} calls it {now}."
    scores = (
        f"{one} scores it at {shared_words.against_threshold(first.relative)}, {two} at "
        f"{shared_words.against_threshold(second.relative)}, each by its own."
    )
    change = second.relative - first.relative
    if not change:
        return f"**{said}** {scores}"
    higher = two if change > 0 else one
    return f"**{said}** {scores} The score of {higher} is {shared_words.against_threshold(abs(change))} higher."


def place(x: int, y: int, change: float, first: str, second: str) -> str:
    """Where the score maps differ most."""
    if not change:
        return "The two score maps are equal everywhere."
    more, less = (second, first) if change > 0 else (first, second)
    return (
        f"They differ most at x {x:,}, y {y:,}, where {units.plain(more)} is "
        f"{shared_words.against_threshold(abs(change))} above {units.plain(less)}."
    )


def differences(found: Sequence[Difference]) -> str:
    """Which settings differ, in a sentence."""
    if not found:
        return SAME_SETTINGS
    named = [
        f"{setting_words.title(one.name)} ({value(one.first, one.name)} and {value(one.second, one.name)})"
        for one in found
    ]
    listed = ", ".join(named[:-1]) + (" and " if len(named) > 1 else "") + named[-1]
    return f"They differ in {units.plural(len(found), 'setting')}: {listed}."


def missing(error: str, name: str) -> str:
    """That the second model cannot compute the expression."""
    return (
        f"{units.plain(name)} cannot be scored this way. {units.plain(error)} You can also choose another score above."
    )


def unusable(error: str, name: str) -> str:
    """That the second model cannot be loaded."""
    return f"{units.plain(name)} cannot be used. {units.plain(error)}"
