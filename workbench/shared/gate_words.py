"""What the table of the projections' gates says, on every page that has it. Knows no Streamlit."""

from workbench.shared import units

HEAD = ("On {parts}, behind the gates", "fine", "middle", "coarse")
SMALLER, EVEN = "T: variance along channels smaller", "T: more even from patch to patch"
CLOSER = {"teacher": "T: good parts closer together", "student": "S₁: good parts closer together"}
YES, NO, FURTHER = "yes", "no", "no, further apart"
MEASURE, ANGLE = "{before}, then {after}", "{before}°, then {after}°"
NO_GOOD = "This is measured on good parts, but no sample of this model is known to be good."
ABOUT = (
    "Two measures, which need not agree. The paper’s (Figure 7) compares the patches of one part; of it, smaller is "
    "nearly built in, since gates lie below 1. Ours compares the same patch of two good parts, by its angle, as the "
    "maps do, beside gates dealt by chance."
)


def of_parts(count: int) -> str:
    """What the table was measured on."""
    return HEAD[0].format(parts=units.plural(count, "good part"))


def measured(before: float, after: float, template: str = MEASURE) -> str:
    """What a cell tells beside the pointer."""
    return template.format(before=units.rough(before), after=units.rough(after))
