"""What the steps about both students and the gates look at: one part with a damage and without it, as no sample is."""

from nnet.data import Defect, paint_defect
from workbench.how_it_works import subject, words
from workbench.how_it_works.settings import DAMAGE
from workbench.how_it_works.subject import OWN, Subject
from workbench.shared import chosen_picture, controls, pictures
from workbench.shared.cache import BoundedCache
from workbench.shared.picture import Picture
from workbench.shared.resources import MEBIBYTE, Loaded

KINDS = ("stain", "hole", "crack", "scratch")
CLEAR = {3: (0.06, 0.5), 4: (0.18, 0.8), 6: (0.3, 0.8)}
"""Step -> size and contrast (`nnet.data.Defect`) of the damage that it shows."""
PLACE = 0.5, 0.28
"""High on the picture, where a round part has material and no bore: x and y, 0..1."""
AROUND = (0.14, 0.42), (0.14, 0.86)
"""What of a picture is shown around that place: top and bottom, left and right."""
SMALL = ((0.06, 0.3), (0.06, 0.5), (0.1, 0.3), (0.1, 0.5))
"""Those of each kind that step 3 asks of: `words.STRENGTHS`."""
PAINTED: BoundedCache[str, Loaded] = BoundedCache(32 * MEBIBYTE, lambda one: one.image.nbytes + one.shown.nbytes)
"""For all sessions together, by the good picture and the damage."""


def choose(step: int) -> Subject | None:
    """The visitor's own drawing, or damage on the model's first good sample, with the list that it is chosen from; None
    where there is neither."""
    own, good = subject.own(), next(iter(chosen_picture.good_samples()), None)
    names = {OWN: words.OWN[own[0].is_defective]} if own is not None else {}
    if good is not None:
        names |= {kind: words.PAINTED[step].format(what=kind) for kind in (reversed(KINDS) if step == 6 else KINDS)}
    if not names:
        return None
    kind = controls.choose(DAMAGE, names, label=words.DAMAGE, kind="list", label_visibility="collapsed")
    if own is not None and kind == OWN:
        base, altered = own
        return Subject(names[OWN], altered, True, before=base.load())
    assert good is not None
    return Subject(names[kind], painted(good, kind, *CLEAR[step]), True, before=good.load())


def painted(good: Picture, kind: str, size: float, contrast: float) -> Loaded:
    """A part with this damage on it."""
    loaded = good.load()
    key = f"{loaded.hash}+{kind}-{size:g}-{contrast:g}"

    def paint() -> Loaded:
        image, _ = paint_defect(loaded.image, Defect(kind, *PLACE, size, contrast, 30.0, 1))
        image.flags.writeable = False
        return Loaded(image, pictures.reduced(image), key, loaded.notes, 0.0, is_drawn_on=True)

    return PAINTED.of(key, paint)


def small(good: Picture) -> list[tuple[str, Loaded]]:
    """The damages that step 3 asks of: the kind, and the part with it; all strengths of one kind after another."""
    return [(kind, painted(good, kind, *strength)) for kind in KINDS for strength in SMALL]
