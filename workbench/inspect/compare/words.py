"""The wording of the comparison of two checkpoints."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.shared import text
from workbench.shared.sides import Setting, Side, value

EXAMPLE = "python -m nnet train --data elpv:mono --out runs/without-memory --set model.nfs=false"
ONLY_ONE = (
    "There is only one checkpoint, so there is nothing to compare it with. Train a second one, for instance the same "
    f"without its memory: `{EXAMPLE}`. It takes minutes, needs no network, and stands here afterwards."
)
AGAINST = "Compare with"
AGAINST_HELP = "All finished checkpoints in checkpoints/ and runs/. The first model is the one chosen in the sidebar."
SWAP = "Swap"
SWAP_HELP = "Make the second model the chosen one and compare it with this one."
LAYOUTS = {"wipe": "Wipe", "beside": "Side by side"}
WIPE_LABEL = "Position of the line between the two models' overlays, in percent of the width"
WIPE_HINT = "Drag the line, or use the arrow keys. Look for spots that light up on one side of it only."
BESIDE_HINT = "Look for spots that light up in one of the two only."
SCALE_NOTE = (
    "Each model's score is divided by its own threshold, since the scores of two models have no common unit. "
    "The middle of the scale is therefore where each of them starts to call the image anomalous."
)
DIFFERENCE_TITLE = "Where the two models differ"
DIFFERENCE_HINT = "Grey or clear: both agree. Look for colour on a defect: the model of that colour sees it more."
DIFFERENCE_LABEL = "Difference of the two models' scores. Arrow keys move the chosen pixel; plus, minus, 0 zoom."
DIFFERENCE_PROBE = "second minus first, in thresholds:"
SCORES_TITLE = "Both answers"
PEAKS_TITLE = "Peak of each map, in normal levels"
PEAKS_HINT = (
    "1 is the level that 99 % of normal pixels stay below, for each model by itself. Look for a map in which one model "
    "rises far above 1 and the other does not: that is where they see different things."
)
SETTINGS_TITLE = "What tells the models apart"
SAME_WEIGHTS = "Both have the same weights: they are one model under two names, so nothing can differ."
SAME_SETTINGS = "Their settings are the same. They differ in what training made of them."


def ticks(first: str, second: str) -> tuple[str, str, str]:
    """The ends and the middle of the difference's colours."""
    return f"{first} by 2 thresholds or more", "0", f"{second} by 2 thresholds or more"


def answer(first: Side, second: Side) -> str:
    """Both decisions and the difference of the scores in a sentence."""
    one, two = (text.plain(side.name) for side in (first, second))
    decisions = [text.decision(side.judged.reference, side.judged.value).lower() for side in (first, second)]
    said = (
        f"Both call it {decisions[0]}."
        if decisions[0] == decisions[1]
        else f"They disagree: {one} calls it {decisions[0]}, {two} {decisions[1]}."
    )
    change = second.relative - first.relative
    way = "higher" if change > 0 else "lower"
    size = f"{text.number(abs(change))} thresholds {way}" if change else "at the same height"
    return (
        f"**{said}** {two} puts it {size}: its score is {text.number(second.relative)} times its own threshold, "
        f"that of {one} {text.number(first.relative)} times."
    )


def place(x: int, y: int, change: float, first: str, second: str) -> str:
    """Where the score maps differ most."""
    if not change:
        return "The two score maps are equal everywhere."
    more, less = (second, first) if change > 0 else (first, second)
    return (
        f"They differ most at x {x:,}, y {y:,}: there {text.plain(more)} stands {text.number(abs(change))} thresholds "
        f"above {text.plain(less)}."
    )


def differences(found: Sequence[Setting]) -> str:
    """Which settings differ, in a sentence."""
    if not found:
        return SAME_SETTINGS
    named = [f"`{setting.name}` ({value(setting.first)} against {value(setting.second)})" for setting in found]
    listed = ", ".join(named[:-1]) + (" and " if len(named) > 1 else "") + named[-1]
    return f"They differ in {text.plural(len(found), 'setting')}: {listed}."


def missing(error: str, name: str) -> str:
    """That the second model cannot compute the expression."""
    return f"{text.plain(name)} cannot be scored this way. {text.plain(error)} Or choose another score above."


def unusable(error: str, name: str) -> str:
    """That the second model cannot be loaded."""
    return f"{text.plain(name)} cannot be used. {text.plain(error)}"
