"""The wording of replay bundles."""

from __future__ import annotations

from collections.abc import Sequence

from nnet.replay.bundle import Bundle
from nnet.replay.checks import Check, Rerun
from workbench.shared import text

ABOUT = (
    "A replay bundle keeps this result as one file: the image, the maps, the settings, the versions, and hashes of all "
    "weights. Whoever opens it sees the same view, and every number in it is checked again."
)
HOW_TO_SAVE = (
    "Save one with the button **Replay bundle (ZIP)** under the pictures. To open one, drop it into the field for "
    "images at the top of the page. On the command line: `python -m nnet replay FILE`."
)
KNOWN = "from a replay bundle"
STORED_HINT = "As stored. Look for the same spots as on the map of now."
NOW_HINT = "Computed again from the bundle's image. Look for the same spots as in the bundle."
DIFFERENCE_HINT = "Bundle and now. Look for any structure: rounding has none, another network has."
MAPS_HINT = "The stored maps, each in multiples of its own normal 99 % level. Look for spots brighter than 1."


def summary(checks: Sequence[Check]) -> str:
    """How many checks agree, as the beginning of a sentence in bold."""
    wrong = [check.name for check in checks if not check.agrees]
    if not wrong:
        return f"All {len(checks)} checks agree"
    return f"{len(wrong)} of {text.plural(len(checks), 'check')} {'differs' if len(wrong) == 1 else 'differ'}"


def origin(bundle: Bundle) -> str:
    """When, where and with which checkpoint it was made."""
    return f"Made {bundle.made}, with the checkpoint {bundle.model['checkpoint']['name']}."


def result(bundle: Bundle) -> str:
    """The stored numbers in a sentence."""
    reference, value = bundle.reference, bundle.value
    return (
        f"Stored: score {text.number(value)} under {text.plain(reference.expression)}, threshold "
        f"{text.number(reference.threshold)}: {text.decision(reference, value).lower()}; it "
        f"{text.rank(reference, value)}."
    )


def difference(bundle: Bundle, again: Rerun) -> str:
    """How far the score maps differ, in units of the threshold."""
    largest = float(abs(again.score.astype(float) - bundle.score).max())
    if not largest:
        return "The score maps are equal in every digit."
    share = largest / max(bundle.reference.threshold, 1e-12)
    return f"The score maps differ by at most {largest:.1e}, which is {share:.1e} thresholds."
