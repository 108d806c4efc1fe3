"""What an uploader or a camera holds is handed over once."""

import pytest

from workbench.shared import handing_over


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    session: dict[str, object] = {}
    monkeypatch.setattr(handing_over.st, "session_state", session)
    return session


def test_what_a_widget_holds_is_taken_once_though_the_browser_names_it_again(session: dict[str, object]) -> None:
    first = handing_over.key("camera")
    session[first] = "a photo"
    assert handing_over.take("camera", first) == "a photo"
    assert handing_over.take("camera", first) is None
    second = handing_over.key("camera")
    session[second] = "another"
    assert second != first and handing_over.take("camera", first) is None
    assert handing_over.take("camera", second) == "another"


def test_two_widgets_that_change_in_one_run_both_hand_over(session: dict[str, object]) -> None:
    keys = {name: handing_over.key(name) for name in ("good", "defective")}
    session |= {key: [name] for name, key in keys.items()}
    assert [handing_over.take(name, key) for name, key in keys.items()] == [["good"], ["defective"]]


def test_an_empty_widget_hands_nothing_over_and_stays(session: dict[str, object]) -> None:
    key = handing_over.key("good")
    session[key] = []
    assert handing_over.take("good", key) is None and handing_over.key("good") == key
