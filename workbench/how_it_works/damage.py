"""What the steps about both students and the gates look at: one part with a damage and without it, as no sample is."""

from workbench.how_it_works import subject, words
from workbench.how_it_works.settings import DAMAGE
from workbench.how_it_works.subject import OWN, Subject
from workbench.shared import chosen_picture, controls
from workbench.shared.small_damages import KINDS, painted

CLEAR = {3: (0.06, 0.5), 4: (0.18, 0.8), 6: (0.3, 0.8)}
"""Step -> size and contrast (`nnet.data.Defect`) of the damage that it shows."""

FIRST = {3: "hole", 4: "stain", 6: "scratch"}
"""The kind that a step begins with."""


def choose(step: int) -> Subject | None:
    """The visitor's own drawing, or damage on the model's first good sample, with the list that it is chosen from; None
    where there is neither."""
    own, good = subject.own(), next(iter(chosen_picture.good_samples()), None)
    names = {OWN: words.OWN[own[0].is_defective]} if own is not None else {}
    if good is not None:
        names |= {kind: words.PAINTED[step].format(what=kind) for kind in sorted(KINDS, key=FIRST[step].__ne__)}
    if not names:
        return None
    kind = controls.choose(DAMAGE, names, label=words.DAMAGE, kind="list", label_visibility="collapsed")
    if own is not None and kind == OWN:
        base, altered = own
        return Subject(names[OWN], altered, True, before=base.load())
    assert good is not None
    return Subject(names[kind], painted(good, kind, *CLEAR[step]), True, before=good.load())
