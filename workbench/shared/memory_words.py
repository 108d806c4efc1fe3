"""What the chain of the memory says, on every page that has it. Knows no Streamlit."""

from nnet.analysis.answered import Link
from nnet.analysis.story import EQUAL, LESS, MORE, compared
from workbench.shared import units

TITLE = "What the memory is for"
HEAD = ("", "this patch", "a good one")
HOLDS = "1. It holds {items} items: descriptions of good patches."
MIXES = "2. It answers a patch by a mixture of few of them, those most like it. Items mixed:"
FAR = "3. So a defect comes back as good patches, far from it. Distance from the answer:"
MISSES = "4. S₂ gets the answer, not the patch, and cannot rebuild the defect. The angle that it is off (M3):"
RULE = (
    "This patch: row {row}, column {column}. A good one: the median over the patches of {good}. Both as trained; "
    "distances and angles are 1 − cos, 0 where nothing differs."
)
SPREAD = (
    "Few holds for good patches, which have an item that fits. Nothing stored is like this patch, so its weight "
    "spreads over {mixed}; but these, too, are good."
)
KNOWN = "This patch comes back nearly as itself, as a good one does, so no angle opens."
WITHOUT = {
    LESS: "Without the memory S₂ would be off by {without} there: the memory adds to the angle.",
    EQUAL: "Without the memory S₂ would be off by {without} there, as much: here the narrow code alone keeps the "
    "defect out. That is the memory's limit, since finer patches go past it, too.",
    MORE: "Without the memory S₂ would be off by even more, {without}: here the memory does not help.",
}
"""By what becomes of the angle with the memory."""
WHY_FEW = (
    "Why few: of many items at once every answer becomes the same grey, which good patches fit badly, too; and "
    "mixed freely enough, good items might add up to a defect. {freely}"
)
FREELY = {
    LESS: "Here the best mixture of all {items} would come nearer to this patch, to {free} from {far}.",
    EQUAL: "Here even the best mixture of all {items} would stay {free} from this patch, hardly nearer than {far}: so "
    "few items cannot add up to it.",
}


def rows(patch: Link, good: Link, items: int) -> tuple[tuple[str, str, str], ...]:
    """The chain, link by link: the sentence, and its number for the patch and for a good one."""
    told = [(HOLDS.format(items=items), "", "")]
    named = ((MIXES, patch.mixed, good.mixed), (FAR, patch.far, good.far), (MISSES, patch.missed, good.missed))
    told += [(say, units.rough(a), units.rough(b)) for say, a, b in named if a is not None and b is not None]
    return tuple(told)


def concluded(patch: Link, good: Link, items: int, free: float) -> tuple[str, ...]:
    """What the chain comes to at this patch, and why the items are few. `free`: `answered.nearest_mixture`."""
    said = []
    is_known = compared(patch.far, good.far) != MORE
    if is_known:
        said.append(KNOWN)
    elif compared(patch.mixed, good.mixed) == MORE:
        said.append(SPREAD.format(mixed=units.rough(patch.mixed)))
    if not is_known and patch.missed is not None and patch.without is not None:
        said.append(WITHOUT[_adds(patch.missed, patch.without)].format(without=units.rough(patch.without)))
    told = {"items": items, "free": units.rough(free), "far": units.rough(patch.far)}
    freely = "" if is_known else FREELY[LESS if compared(free, patch.far) == LESS else EQUAL].format(**told)
    said.append(WHY_FEW.format(freely=freely).strip())
    return tuple(said)


def _adds(missed: float, without: float) -> str:
    """LESS where S2 would be off by less without the memory."""
    return compared(without, missed)


def rule(row: int, column: int, good: str) -> str:
    """Which patches are compared; counted from 0. `good`: the good picture's title."""
    return RULE.format(row=row + 1, column=column + 1, good=good)
