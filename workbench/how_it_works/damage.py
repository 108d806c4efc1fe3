"""What the step about the restoration shortcut looks at: one part with a damage and without it, as no sample is."""

from nnet.data import Defect, paint_defect
from workbench.how_it_works import subject, words
from workbench.how_it_works.settings import DAMAGE
from workbench.how_it_works.subject import OWN, Subject
from workbench.shared import chosen_picture, controls, pictures
from workbench.shared.cache import BoundedCache
from workbench.shared.picture import Picture
from workbench.shared.resources import MEBIBYTE, Loaded

STEP = 4
KINDS = ("crack", "scratch", "hole", "stain")
PAINTED: BoundedCache[str, Loaded] = BoundedCache(32 * MEBIBYTE, lambda one: one.image.nbytes + one.shown.nbytes)
"""For all sessions together, by the good picture and the kind of damage."""


def choose() -> Subject | None:
    """The visitor's own drawing, or damage on the model's first good sample, with the list that it is chosen from; None
    where there is neither."""
    own, good = subject.own(), next(iter(chosen_picture.good_samples()), None)
    names = {OWN: words.DRAWN} if own is not None else {}
    if good is not None:
        names |= {kind: words.PAINTED.format(what=kind) for kind in KINDS}
    if not names:
        return None
    kind = controls.choose(DAMAGE, names, label=words.DAMAGE, kind="list", label_visibility="collapsed")
    if own is not None and kind == OWN:
        base, altered = own
        return Subject(words.DRAWN, altered, True, before=base.load())
    assert good is not None
    return Subject(names[kind], _painted(good, kind), True, before=good.load())


def _painted(good: Picture, kind: str) -> Loaded:
    loaded = good.load()
    key = f"{loaded.hash}+{kind}"

    def paint() -> Loaded:
        # High on the picture, where a round part has material and no bore.
        image, _ = paint_defect(loaded.image, Defect(kind, 0.5, 0.28, 0.18, 0.8, 30.0, 1))
        image.flags.writeable = False
        return Loaded(image, pictures.reduced(image), key, loaded.notes, 0.0, is_drawn_on=True)

    return PAINTED.of(key, paint)
