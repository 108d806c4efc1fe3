"""All controls of a page, whatever it is, and how to choose their options by the text that is shown."""

import re

import numpy as np
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import ButtonGroup, Selectbox, SelectSlider, Widget

KINDS = (
    *("selectbox", "slider", "select_slider", "toggle", "checkbox", "text_input", "text_area", "number_input"),
    *("button_group", "radio", "multiselect"),
)


class _ChosenButtons(ButtonGroup):
    """A row of choices as the browser reports it when options are chosen by the text that is shown."""

    chosen: list[str]

    @property
    def _widget_state(self) -> WidgetState:
        state = WidgetState(id=self.id)
        state.string_array_value.data[:] = self.chosen
        return state


class _ChosenEntry(Selectbox):
    """The same for a list."""

    chosen: list[str]

    @property
    def _widget_state(self) -> WidgetState:
        return WidgetState(id=self.id, string_value=self.chosen[0])


class _ChosenStop(SelectSlider):
    """The same for a slider with named stops."""

    chosen: list[str]
    _widget_state = _ChosenButtons._widget_state


_CLASSES = {"button_group": _ChosenButtons, "selectbox": _ChosenEntry, "select_slider": _ChosenStop}


def choose(widget: Widget, *options: str) -> None:
    """Choose options by the text that is shown."""
    widget.__class__ = _CLASSES[widget.type]
    widget.chosen = list(options)


def name(widget: Widget) -> str:
    """The key without the number of the round that some have at their end."""
    return re.sub(r"_\d+$", "", widget.key or "")


def controls(at: AppTest) -> dict[str, Widget]:
    """All controls of the page that a visitor can move, by key, in the order of the page."""
    found = [one for part in (at.main, at.sidebar) for one in part if one.type in KINDS and not one.disabled]
    assert all(widget.key for widget in found), "a control has no key"
    return {name(widget): widget for widget in found}


class FirstTwo:
    """Stands in for UMAP, which takes long and is not what a tour is about: the first two numbers of each vector."""

    def __init__(self, **_: object) -> None:
        pass

    def fit_transform(self, vectors: np.ndarray) -> np.ndarray:
        return np.asarray(vectors)[:, :2]
