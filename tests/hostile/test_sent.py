"""Messages that anyone can write in the place of the browser: of every kind, and with any value for any control. The
page goes on as if nothing had been sent, and nobody else notices."""

import json
from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from apptest import INSPECT, PNG, ROOT, encoded, fine, start, upload
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.state.session_state import WStates
from streamlit.testing.v1 import AppTest

from workbench.evaluate import image_map
from workbench.shared import sent
from workbench.shared.controls import row_chosen

PAGES = ["Workbench.py", *(f"pages/{path.name}" for path in sorted((ROOT / "pages").glob("*.py")))]
DEEP = "[" * 100_000 + "]" * 100_000
CHOSEN = {"rows": [10**9, -5, "a"], "columns": 5, "cells": [], "points": [5], "point_indices": "x"}
TEXTS = ("", "x" * 300, "\0\u2028<b>", "9" * 6000, DEEP, "{}", "null", "[NaN]", '{"selection": 5}')
TEXTS += (json.dumps({"selection": CHOSEN}), '[{"event": []}, {"event": "press"}]')
NONSENSE: list[tuple[str, object]] = [
    ("bool_value", True),
    *(("double_value", one) for one in (1e308, -1.5)),
    *(("int_value", one) for one in (2**62, -7, 3)),
    *((f"{kind}_value", one) for kind in ("string", "json", "json_trigger") for one in TEXTS),
    *(("double_array_value", one) for one in ([], [1e308, -1e308], [-1.5], [1.0] * 5000)),
    *(("int_array_value", one) for one in ([], [2**60, -5])),
    *(("string_array_value", one) for one in ([], ["nope"], ["a"] * 5000)),
    *(("file_uploader_state_value", one) for one in ("", "../../etc")),
    ("bytes_value", b"\xff" * 100),
    ("string_trigger_value", "nope"),
    ("chat_input_value", "nope"),
    ("", None),
]
"""Fields of a control's value, and what is written there; the last one is a value that is missing."""


def forged(id: str, field: str, value: object) -> WidgetState:
    state = WidgetState(id=id)
    if field.endswith("array_value"):
        getattr(state, field).SetInParent()
        getattr(state, field).data.extend(value)
    elif field == "file_uploader_state_value":
        state.file_uploader_state_value.SetInParent()
        if value:
            state.file_uploader_state_value.uploaded_file_info.add(name=value, file_id=value, size=1)
    elif field in ("string_trigger_value", "chat_input_value"):
        getattr(state, field).data = value
    elif field:
        setattr(state, field, value)
    return state


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are checked as in the running workbench."""
    monkeypatch.setattr(WStates, "__getitem__", WStates.__getitem__)  # to be put back
    sent.check_values()


def controls(at: AppTest) -> list[str]:
    """The ids of everything on the page that has a value."""

    def within(block: object) -> Iterator[str]:
        if (id := str(getattr(getattr(block, "proto", None), "id", ""))).startswith("$$"):
            yield id
        for child in getattr(block, "children", {}).values():
            yield from within(child)

    return list(within(at._tree))


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES)
def test_no_value_of_a_control_breaks_its_page(page: str, only_tiny: object, checked: None) -> None:
    """In every round each control is sent another kind of nonsense."""
    at = start(None if page == "Workbench.py" else page)
    if page == INSPECT:
        upload(at, ("a.png", encoded(1), PNG), ("b.png", encoded(2), PNG))
    for round in range(len(NONSENSE)):
        states = [forged(id, *NONSENSE[(round + nth) % len(NONSENSE)]) for nth, id in enumerate(controls(at))]
        fine(at._run(WidgetStates(widgets=states)))
    fine(at.run())


def test_after_a_refused_value_the_control_has_a_possible_one(only_tiny: object, checked: None) -> None:
    at = start(INSPECT)
    slider = at.slider(key="opacity")
    fine(slider.set_value(40).run())
    for field, value in (("string_value", "x"), ("double_array_value", []), ("json_value", "{")):
        fine(at._run(WidgetStates(widgets=[forged(slider.id, field, value)])))
        assert at.slider(key="opacity").value in range(101)


def test_two_buttons_that_are_pressed_at_once_open_one_dialog(only_tiny: object) -> None:
    at = start(INSPECT)
    buttons = [one.id for one in at.sidebar.button if one.key in ("take_away", "this_part", "by_picture")]
    assert len(buttons) > 1
    fine(at._run(WidgetStates(widgets=[forged(id, "trigger_value", True) for id in buttons])))


def message(fill: Callable[[BackMsg], object]) -> bytes:
    made = BackMsg()
    fill(made)
    return made.SerializeToString()


@pytest.mark.parametrize(
    "fill",
    [
        lambda one: setattr(one, "clear_cache", True),
        lambda one: setattr(one, "load_git_info", True),
        lambda one: setattr(one, "set_run_on_save", True),
        lambda one: setattr(one, "debug_shutdown_runtime", True),
        lambda one: one.backend_operation_request.install_skills.SetInParent(),
        lambda one: one.backend_operation_request.dismiss_skills_nudge.SetInParent(),
        lambda one: one.backend_operation_request.SetInParent(),
        lambda one: one.file_urls_request.file_names.extend(["a"] * (sent.MOST_FILES + 1)),
        lambda one: None,
    ],
)
def test_a_message_that_no_page_sends_is_passed_over(fill: Callable[[BackMsg], object]) -> None:
    assert sent.Messages().taken(message(fill)) is None


@pytest.mark.parametrize(
    "fill",
    [
        lambda one: one.rerun_script.SetInParent(),
        lambda one: setattr(one, "stop_script", True),
        lambda one: setattr(one, "app_heartbeat", True),
        lambda one: one.backend_operation_request.deferred_file.SetInParent(),
        lambda one: one.backend_operation_request.dataframe_chunk.SetInParent(),
        lambda one: one.file_urls_request.file_names.extend(["a"] * 5000),
    ],
)
def test_a_message_of_our_pages_is_passed_on(fill: Callable[[BackMsg], object]) -> None:
    assert sent.Messages().taken(message(fill)) is not None


@pytest.mark.parametrize("rows", [[5], [-1], ["a"], [[]], [None], [1e9], "ab", {}, None, 5])
def test_a_row_that_there_is_not_is_not_chosen(rows: object) -> None:
    st.session_state["table"] = {"selection": {"rows": rows}}
    assert row_chosen("table", "ab") is None
    st.session_state["table"] = {"selection": {"rows": [1]}}
    assert row_chosen("table", "ab") == "b"


@pytest.mark.parametrize("point", [5, {}, {"customdata": []}, {"customdata": ["x"]}, {"customdata": 1e300}, [], None])
def test_a_point_that_there_is_not_is_not_chosen(point: object) -> None:
    st.session_state[image_map.IMAGE] = "a"
    st.session_state["map"] = {"selection": {"points": [point]}}
    image_map._point_clicked("map", "ab")
    assert st.session_state[image_map.IMAGE] == "a"
    st.session_state["map"] = {"selection": {"points": [{"customdata": [1]}]}}
    image_map._point_clicked("map", "ab")
    assert st.session_state[image_map.IMAGE] == "b"


def test_what_a_browser_says_it_has_counts_on_the_page_that_it_is_on() -> None:
    """It may have forgotten it when a page is left faster than it is drawn, and would end the connection."""
    messages, had = sent.Messages(), []
    for page in ("a", "a", "b", "a", "a"):
        asked = BackMsg()
        asked.rerun_script.page_script_hash = page
        asked.rerun_script.cached_message_hashes.append("x")
        passed = BackMsg.FromString(messages.taken(asked.SerializeToString()))
        assert passed.rerun_script.page_script_hash == page
        had.append(bool(passed.rerun_script.cached_message_hashes))
    assert had == [False, True, False, False, True]
