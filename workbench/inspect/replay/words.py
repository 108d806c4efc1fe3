"""The wording of replay bundles."""

from collections.abc import Sequence

from nnet.replay import Bundle
from nnet.replay.checks import Check, Rerun
from workbench.shared import units
from workbench.shared import words as shared_words

BUTTON = "Replay bundle (ZIP)"
ABOUT = (
    "A replay bundle keeps this result in one file: the image, the maps, the settings, the versions, and hashes of all "
    "weights. Whoever opens it sees the same view, and every number in it is checked again."
)
HOW_TO_SAVE = (
    f"To save one, press **{BUTTON}** below the pictures. To open one, drop it into the field for images at the top of "
    "the page. On the command line: `python -m nnet replay FILE`."
)
CHECKING = "Checking the numbers again…"
CHECK_COLUMNS = ("Check", "Result", "What was found")
MARKS = {True: "✓ agrees", False: "✗ differs"}
STORED_TITLE, NOW_TITLE, DIFFERENCE_TITLE = "Score in the bundle", "Score now", "Difference of the scores"
STORED_HINT = "As stored. Look for the same spots as in the score now."
NOW_HINT = "Computed again from the bundle's image. Look for the same spots as in the bundle."
DIFFERENCE_HINT = "Between the bundle and now. Look for any structure: rounding shows none, another network does."
DIFFERENCE_SCALE = "difference of the score, \N{MULTIPLICATION SIGN} threshold"
MAPS_TITLE = "**Maps in the bundle** · times the normal 99 % level"
MAPS_HINT = "The stored maps, each in multiples of its own normal 99 % level. Look for spots brighter than 1."
MAP_ALT = "{name} in the bundle"


def summary(checks: Sequence[Check]) -> str:
    """How many checks agree, for a badge."""
    wrong = sum(not check.agrees for check in checks)
    if not wrong:
        return f"All {len(checks)} checks agree"
    if wrong == 1:
        return f"1 of {units.plural(len(checks), 'check')} differs"
    return f"{wrong} of {len(checks)} checks differ"


def checks_title(count: int) -> str:
    """Above the table of checks."""
    return f"**{units.plural(count, 'check')}** · what was compared with what"


def origin(bundle: Bundle) -> str:
    """When, where and with which checkpoint it was made."""
    return f"Made {bundle.made}, with the checkpoint {bundle.model['checkpoint']['name']}."


def result(bundle: Bundle) -> str:
    """The stored numbers in a sentence."""
    reference, value = bundle.reference, bundle.value
    return (
        f"Stored: {shared_words.relative(reference, value)} with {units.plain(reference.expression.text)}, "
        f"{shared_words.decision(reference, value).lower()}; it {shared_words.rank(reference, value)}."
    )


def difference(bundle: Bundle, again: Rerun) -> str:
    """How far the score maps differ, in units of the threshold."""
    largest = float(abs(again.score.astype(float) - bundle.score).max())
    if not largest:
        return "The score maps are equal in every digit."
    return f"The score maps differ by at most {bundle.reference.multiple(largest):.1e} {shared_words.UNIT}."


def peak(name: str, value: float) -> str:
    """Below a stored map: its highest value in normal levels."""
    return f"**{name}** peak {units.number(value)}"
