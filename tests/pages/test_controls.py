"""Settings and the controls that hold them, in a running page: the URL, page switches and impossible values."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from workbench.shared.settings import Setting, one_of, whole_number, yes_or_no

FRUIT = Setting("test", "fruit", "apple", one_of(("apple", "pear")), formerly="berry")
SHARE = Setting("test", "share", 70, whole_number(0, 100))
LIT = Setting("test", "lit", True, yes_or_no)


def _page() -> None:
    import streamlit as st
    from test_controls import FRUIT as fruit
    from test_controls import LIT as lit
    from test_controls import SHARE as share

    from workbench.shared.controls import choose, slider, toggle

    if st.toggle("away", key="away"):  # as on another page: none of the widgets is drawn
        st.text(f"away {fruit.value} {share.value} {lit.value}")
        st.stop()
    names = st.session_state.get("names", {"apple": "An apple", "pear": "A pear"})
    found = choose(fruit, names, label="Fruit"), slider(share, "Share", 0, 100), toggle(lit, "Lit")
    st.button("forget", on_click=share.forget)
    st.text(str(found))


def page(**address: str) -> AppTest:
    at = AppTest.from_function(_page)
    for name, value in address.items():
        at.query_params[name] = value
    return at.run()


def read(at: AppTest) -> tuple[str, dict[str, str]]:
    assert not at.exception
    return at.text[0].value, {
        name: value if isinstance(value, str) else value[0] for name, value in at.query_params.items()
    }


def test_a_default_is_not_in_the_address() -> None:
    assert read(page()) == ("('apple', 70, True)", {})


def test_the_address_is_read_and_what_is_impossible_in_it_becomes_the_default() -> None:
    assert read(page(fruit="pear", share="40", lit="no")) == (
        "('pear', 40, False)",
        {"fruit": "pear", "share": "40", "lit": "no"},
    )
    assert read(page(fruit="stone", share="400", lit="perhaps")) == ("('apple', 70, True)", {})


def test_a_former_name_is_read_and_replaced() -> None:
    assert read(page(berry="pear")) == ("('pear', 70, True)", {"fruit": "pear"})
    assert read(page(berry="stone")) == ("('apple', 70, True)", {})
    assert read(page(berry="apple", fruit="pear")) == ("('pear', 70, True)", {"fruit": "pear"})


def test_a_choice_is_kept_while_its_control_is_away() -> None:
    at = page()
    at.slider(key="share").set_value(30).run()
    at.toggle(key="lit").set_value(False).run()
    at.segmented_control(key="fruit").set_value("pear").run()
    at.toggle(key="away").set_value(True).run()
    assert read(at)[0] == "away pear 30 False"
    at.query_params.clear()  # as a page switch does
    at.toggle(key="away").set_value(False).run()
    assert read(at) == ("('pear', 30, False)", {"fruit": "pear", "share": "30", "lit": "no"})
    at.button[0].click().run()
    assert read(at) == ("('pear', 70, False)", {"fruit": "pear", "lit": "no"})


def test_a_choice_that_is_no_longer_offered_becomes_the_default() -> None:
    at = page(fruit="pear")
    at.session_state["names"] = {"apple": "An apple", "plum": "A plum"}
    assert read(at.run()) == ("('apple', 70, True)", {})
    at.session_state["names"] = ["plum", "cherry"]
    assert read(at.run())[0] == "('plum', 70, True)"
