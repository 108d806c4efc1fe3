"""What the chain of the memory says, on every page that has it. Knows no Streamlit."""

from nnet.analysis.answered import FARTHER, Link
from nnet.analysis.story import EQUAL, LESS, MORE, compared
from workbench.shared import units

TITLE = "What the memory is for"
HEAD = ("", "this patch", "a good one")
HOLDS = "1. It holds {items} items: descriptions of good patches."
MIXES = "2. It answers a patch by a mixture of those most like it. Items mixed:"
FAR = "3. So a defect should come back as good patches, far from it. Distance from the answer:"
MISSES = "4. S₂ gets the answer, not the patch, and should not rebuild the defect. The angle that it is off (M3):"
RULE = (
    "This patch: row {row}, column {column}. A good one: the median over the patches of {good}. Both as trained; "
    "distances and angles are 1 − cos, 0 where nothing differs."
)
SPREAD = (
    "A good patch mixes {good}. Nothing stored is as like this one, so its weight spreads over {mixed}; but these, "
    "too, are good."
)
KNOWN = "This patch is no farther from its answer than a good one: to the memory it is a good patch."
HARDLY = "This patch is only {times} times as far from its answer as a good one: the memory hardly tells the two apart."
"""Between "no farther" and `answered.FARTHER`."""
WITHOUT = {
    LESS: "Without the memory S₂ would be off by {without} there: the memory adds to the angle.",
    EQUAL: "Without the memory S₂ would be off by {without} there, as much: here the narrow code alone does it. Finer "
    "patches go past the memory, too.",
    MORE: "Without the memory S₂ would be off by even more, {without}: here the memory does not help.",
}
"""By what becomes of the angle with the memory."""
WHY_FEW = (
    "Why few, as the paper has it: a mixture of many items can imitate anything, so a defect could be rebuilt; few "
    "must look like stored good patches. {freely}"
)
FREELY = {
    LESS: "Of this patch that is so: mixed with the best weights, all {items} would come nearer to it, to {free} from "
    "{far}.",
    EQUAL: "Of this patch it is not so: even with the best weights all {items} would stay {free} from it, hardly "
    "nearer than {far}, so here many would be no danger.",
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
    elif patch.far < FARTHER * good.far:
        said.append(HARDLY.format(times=units.rough(patch.far / good.far)))
    elif compared(patch.mixed, good.mixed) == MORE:
        said.append(SPREAD.format(mixed=units.rough(patch.mixed), good=units.rough(good.mixed)))
    if patch.missed is not None and patch.without is not None and _opens(patch, good):
        said.append(WITHOUT[compared(patch.without, patch.missed)].format(without=units.rough(patch.without)))
    told = {"items": items, "free": units.rough(free), "far": units.rough(patch.far)}
    freely = "" if is_known else FREELY[LESS if compared(free, patch.far) == LESS else EQUAL].format(**told)
    said.append(WHY_FEW.format(freely=freely).strip())
    return tuple(said)


def _opens(patch: Link, good: Link) -> bool:
    """Whether S2 is off by more there than at a good patch, so that there is something to explain."""
    return patch.missed is not None and good.missed is not None and compared(patch.missed, good.missed) == MORE


def rule(row: int, column: int, good: str) -> str:
    """Which patches are compared; counted from 0. `good`: the good picture's title."""
    return RULE.format(row=row + 1, column=column + 1, good=good)
