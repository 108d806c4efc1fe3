"""Whether a picture shows the model's kind of part (see `nnet.scoring.kind`), and the ways on where it does not."""

from collections.abc import Sequence

import streamlit as st

from workbench.shared import chosen_picture, model_choice, resources, words
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded, Model

_HANDED = "handed_to_training"


def beyond(model: Model, loaded: Loaded) -> float | None:
    """How many times as far as the limit a picture of another kind lies; None for one of the model's kind.

    A model that remembers no pictures gives no verdict.
    """
    kind = model.detector.checkpoint.kind
    detector = model.detector
    if kind is None or detector.config != detector.checkpoint.config:  # a part of a picture is no kind of picture
        return None
    ratio = kind.distance(resources.features_of(model, loaded)) / kind.limit
    return ratio if ratio > 1 else None


def ways_on(model: Model, ratio: float, picture: Picture) -> None:
    """Say that a picture shows another kind of part, and what can be done."""
    kind = model.detector.checkpoint.kind
    assert kind is not None, "without one no picture is called another kind"
    st.markdown(words.NO_VERDICT, help=words.other_kind(ratio, kind.n))
    with st.container(horizontal=True, gap="small"):
        trains = st.button(words.TRAIN_ON_MINE, "train_on_mine", icon=":material/model_training:", type="primary")
        if st.button(words.CHOOSE_ANOTHER, "choose_another", icon=":material/apps:"):
            model_choice.dialog()
    if trains:
        own = chosen_picture.uploads()
        if picture.base.key in own:  # painted ones stay here
            others = [one for one in own.values() if not one.known and beyond(model, one.load()) is not None]
            hand_to_training(others)
        else:
            hand_to_training([picture.base])
        st.switch_page("pages/5_Train.py")


def hand_to_training(pictures: Sequence[Picture]) -> None:
    """Let Train have uploads, or the data set of the first picture where it is of one; see `handed`."""
    first = next((one.data[0] for one in pictures[:1] if one.data is not None), None)
    sent = [(one.title, one.source) for one in pictures if isinstance(one.source, bytes)]
    st.session_state[_HANDED] = first or sent


def handed() -> str | list[tuple[str, bytes]] | None:
    """What was handed to Train: the specification of a data set, or (name, content) of images. Only once."""
    return st.session_state.pop(_HANDED, None) or None
