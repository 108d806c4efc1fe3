"""Whether another model that comes with the workbench shows what the one in use does not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from nnet.analysis.story import Finding
from nnet.errors import NNetError
from nnet.expression import Expression
from nnet.scoring import judge
from workbench.shared import chosen_picture, model_choice, model_data, model_list, resources, samples, units
from workbench.shared import model_words as words
from workbench.shared.model_list import ModelEntry
from workbench.shared.picture import Picture
from workbench.shared.resources import Model

Pictures = Mapping[str, Picture]
Ask = Callable[[Model, Expression, Pictures], Mapping[str, Finding]]
"""What each of a model's defective samples answers, by its key, under the model's own score."""


_CAME_FROM = "other_model_from"
"""The model that was switched to, the one before, and the picture that was in use."""


@dataclass(frozen=True)
class Other:
    """What another model's defective samples answer, by the keys of their `pictures`."""

    name: str
    pictures: Pictures
    answers: Mapping[str, Finding]

    @property
    def shows(self) -> dict[str, Finding]:
        """Those that show it."""
        return {key: one for key, one in self.answers.items() if one.agrees}


def shipped(besides: str) -> list[ModelEntry]:
    """The models that came with the workbench, but for the one of this name."""
    folder = resources.DEFAULT_CHECKPOINT.parent
    every = model_list.entries().values()
    return [one for one in every if one.path.parent == folder and one.name != besides and not one.problem]


def draw(model: Model, ask: Ask, key: str) -> None:
    """The way to the model and sample that show it best, or that none does.

    Args:
        model: the one in use.
        ask: see `Ask`.
        key: of the button.
    """
    others = [other for entry in shipped(model.name) if (other := _asked(model, entry, ask)) is not None]
    if not others:
        return
    best = max(others, key=lambda other: len(other.shows))
    if not best.shows:
        told = [words.none_of(one.name, one.answers) for one in others]
        st.markdown(words.NOR_ELSEWHERE.format(others="; ".join(told)))
        return
    picture, count = best.pictures[least_left(best.shows)], units.plural(len(best.answers), "defective sample")
    label = words.SEE_IT_ON.format(picture=units.plain(picture.title))
    icon = ":material/arrow_forward:"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        said = words.ELSEWHERE.format(model=units.plain(best.name), showing=len(best.shows), total=count)
        st.markdown(said, width="content")
        st.button(label, key, on_click=_go, args=(best.name, picture.key, model.name), type="tertiary", icon=icon)


def draw_back(model: Model, key: str) -> None:
    """That the model in use was switched to by `draw`, and the way back to the one before and its picture.

    Args:
        model: the one in use.
        key: of the button.
    """
    to, before, picture = st.session_state.get(_CAME_FROM, ("", "", ""))
    if not to or to != model.name:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(words.SWITCHED.format(model=units.plain(model.name)), width="content")
        back, icon = words.BACK_TO.format(model=units.plain(before)), ":material/arrow_back:"
        st.button(back, key, on_click=_return, args=(before, picture), type="tertiary", icon=icon)


def least_left(shows: Mapping[str, Finding]) -> str:
    """Which of the samples that show it loses most."""
    return min(shows, key=lambda key: units.multiple(shows[key].numbers["after"], shows[key].numbers["before"]))


def _asked(model: Model, entry: ModelEntry, ask: Ask) -> Other | None:
    """None where the model cannot be asked."""
    try:
        other = resources.load_model(entry.name, entry.path, str(model.detector.device))
        if not other.detector.framing.is_whole:
            return None
        collection = samples.collection(model_data.source(entry.path, entry.source), entry.seed)
        pictures = {one.id: one for one in chosen_picture.as_pictures(collection).values() if one.is_defective}
        expression = next(iter(judge.presets(other.detector.config).values()))
        return Other(entry.name, pictures, ask(other, expression, pictures))
    except NNetError:
        return None


def _go(model: str, picture: str, before: str) -> None:
    """Look at this page with that model and its sample, and remember the way back. A callback."""
    in_use = chosen_picture.decided()
    st.session_state[_CAME_FROM] = model, before, "" if in_use is None else in_use.key
    model_choice.choose(model)
    chosen_picture.choose(picture)


def _return(model: str, picture: str) -> None:
    """Back to the model and picture before. A callback."""
    st.session_state.pop(_CAME_FROM, None)
    model_choice.choose(model)
    if picture:
        chosen_picture.choose(picture)
