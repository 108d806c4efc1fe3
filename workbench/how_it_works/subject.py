"""What the tour looks at: the visitor's own scratch, or a picture that is known to be defective; never a good part.

What the paper says of the parts is about defects, so on a good part a step has nothing to show.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import streamlit as st

from nnet.analysis import story
from nnet.analysis.story import Finding, StoryError
from nnet.detector import Trace
from nnet.expression import Expression
from workbench.how_it_works import cache, words
from workbench.how_it_works.settings import ON
from workbench.shared import chosen_picture, controls, drawings, resources, units
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded, Model

OWN, CHOSEN = "own", "chosen"
_SEEN = "tour_picture"
_OTHER = "tour_other_picture"


@dataclass(frozen=True)
class Subject:
    """A picture to ask about.

    Attributes:
        title: for people.
        loaded: its pixels.
        is_defective: whether it is known to show a defect; without that nothing is said about the paper.
        before: the same picture without the damage, where that is known.
    """

    title: str
    loaded: Loaded
    is_defective: bool
    before: Loaded | None = None


def choose(model: Model, expression: Expression) -> Subject:
    """The chosen one, with the list that it is chosen from."""
    found = _offered(model, expression)
    by_address = ON.key not in st.session_state and ON.name in st.query_params
    if not by_address:
        _follow(found)
    names = {key: title for key, (title, _) in found.items()}
    key = controls.choose(
        ON,
        names,
        label=words.ON,
        default=_first(found, model, expression),
        kind="list",
        label_visibility="collapsed",
        on_change=_use,
    )
    if by_address:
        _use()
    return found[key][1]()


def _follow(found: Collection[str]) -> None:
    """Look at the picture in use, once there is another one or another drawing than when this page was seen last."""
    now, before = _in_use(), st.session_state.get(_SEEN)
    st.session_state[_SEEN] = now
    if now != before and (wanted := _wanted()) in found:
        ON.set(wanted)


def _in_use() -> tuple[str, bytes | None]:
    picture = chosen_picture.decided()
    return "" if picture is None else picture.content_key, drawings.newest_layer()


def _wanted() -> str:
    """Of what is offered the picture in use, or a scratch on it; "" where nothing was chosen."""
    picture, newest = chosen_picture.decided(), drawings.newest()
    if picture is None:
        return "" if newest is None else OWN
    if picture.is_drawn or picture.load().hash == newest:
        return OWN
    return picture.id if picture.is_sample else CHOSEN


def _use() -> None:
    """Let the picture that is looked at be the one in use on the other pages, too. A callback."""
    key = ON.value
    if key == OWN and (drawn := own()) is not None:
        chosen_picture.use_drawing(drawn[0], drawn[0].load())
    elif key == CHOSEN and (other := _other()) is not None:
        chosen_picture.show(other)
    elif key in defective():
        chosen_picture.show(defective()[key])
    st.session_state[_SEEN] = _in_use()


def defective() -> Mapping[str, Picture]:
    """The samples of the model in use that are known to be defective, by a short name."""
    return {one.id: one for one in chosen_picture.sample_pictures().values() if one.is_defective}


def beside(step: int) -> list[str]:
    """What stands for the good samples where a step compares with them."""
    good = [one.content_key for one in chosen_picture.good_samples()]
    return good if step == 1 else good[:1] if step == 5 else []


def unlike(model: Model, expression: Expression) -> Callable[[Trace], Finding]:
    """The question of step 1: against the good samples."""
    sigma = model.detector.config.scoring.sigma
    good = chosen_picture.good_samples()
    return lambda trace: story.unlike(trace, [resources.trace(model, one.load()) for one in good], expression, sigma)


def of_samples(
    model: Model, expression: Expression, ask: Callable[[Trace], Finding], step: int, samples: Mapping[str, Picture]
) -> dict[str, Finding]:
    """What each of a model's defective samples answers, by its key; asked once, with a bar that says how far it is."""
    hashes = {key: "+".join((picture.load().hash, *beside(step))) for key, picture in samples.items()}
    keys = {key: (model.key, hashes[key], expression, step) for key in samples}

    def answer(key: str) -> Finding:
        return ask(resources.trace(model, samples[key].load()))

    new = [key for key in samples if cache.FINDINGS.get(keys[key]) is None]
    place = st.empty()
    for done, key in enumerate(new):
        place.progress(done / len(new), words.LOOKING.format(done=done, all=len(new)))
        cache.FINDINGS.of(keys[key], lambda key=key: answer(key))  # type: ignore[misc]
    place.empty()
    return {key: cache.FINDINGS.of(keys[key], lambda key=key: answer(key)) for key in samples}  # type: ignore[misc]


def _offered(model: Model, expression: Expression) -> dict[str, tuple[str, Callable[[], Subject]]]:
    found: dict[str, tuple[str, Callable[[], Subject]]] = {}
    if (drawn := own()) is not None:
        picture, altered = drawn
        seen = resources.judgement(model, altered, expression).is_anomalous
        title = words.OWN[picture.is_defective]
        found[OWN] = title, lambda: Subject(title, altered, seen)
    if (other := _other()) is not None:
        found[CHOSEN] = (_tagged(other.title) if other.is_defective else other.title), lambda: _of(other)
    kinds = {key: picture.title.rpartition(": ")[2] for key, picture in defective().items()}
    for key, picture in defective().items():
        short = list(kinds.values()).count(kinds[key]) == 1
        found[key] = _tagged(kinds[key] if short else picture.title), lambda picture=picture: _of(picture)  # type: ignore[misc]
    if not found:
        chosen = chosen_picture.chosen()
        found[CHOSEN] = chosen.title, lambda: _of(chosen)
    return found


def _tagged(what: str) -> str:
    return words.DEFECTIVE.format(what=what)


def _other() -> Picture | None:
    """The upload or image of a data set that was in use last, unless it is known to be good."""
    picture = chosen_picture.decided()
    if picture is not None and not picture.is_sample and not picture.is_drawn:
        st.session_state[_OTHER] = picture.key
    picture = chosen_picture.find(st.session_state.get(_OTHER, ""))
    return None if picture is None or picture.is_defective is False else picture


def _of(picture: Picture) -> Subject:
    return Subject(picture.title, picture.load(), picture.is_defective is True)


def own() -> tuple[Picture, Loaded] | None:
    """The picture in use if something is drawn on it, else the one that was drawn on last: as it was, and as it is."""
    chosen, newest = chosen_picture.decided(), drawings.newest()
    if chosen is not None and chosen.is_drawn:
        return chosen.base, chosen.load()
    if newest is None:
        return None
    known = [*chosen_picture.sample_pictures().values(), *chosen_picture.own().values()]
    if chosen is not None:
        known.append(chosen)
    picture = next((one for one in known if one.load().hash == newest), None)
    return None if picture is None else (picture, drawings.altered(picture.load(), drawings.on(picture.load())))


def _first(found: Mapping[str, object], model: Model, expression: Expression) -> str:
    """The picture in use, else the visitor's own one, else the most telling one."""
    for key in (_wanted(), OWN, CHOSEN):
        if key in found:
            return key
    try:
        answers = of_samples(model, expression, unlike(model, expression), 1, defective())
    except StoryError:  # there are too few good samples to compare with
        return next(iter(found))
    return max(answers, key=lambda key: units.multiple(answers[key].numbers["peak"], answers[key].numbers["typical"]))
