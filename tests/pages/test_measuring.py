"""Measuring that takes a while, in a running page: it is started, stopped half-way and continued."""

from streamlit.testing.v1 import AppTest


def _page() -> None:
    from collections.abc import Iterator

    import streamlit as st

    from workbench.shared.measuring import Run, Says, measure

    run: Run = st.session_state.setdefault("run", Run(4))
    seen: list[int] = st.session_state.setdefault("seen", [])

    def steps() -> Iterator[int]:
        while run.done < run.total:
            if run.done == st.session_state.get("stop_at"):
                del st.session_state["stop_at"]
                run.stop()  # what a click on Stop does: its callback, and the script is run anew
                st.rerun()
            seen.append(run.done)
            yield run.done + 1

    def seconds_each() -> float:
        st.text("asked")
        return 20.0

    if run.done < run.total:
        measure("part", run, steps, Says("Measure 4 images", "image", "measured"), seconds_each)
    else:
        st.text("all measured")


def texts(at: AppTest) -> list[str]:
    assert not at.exception
    return [text.value for text in at.text]


def test_it_waits_for_start_and_says_how_long_it_will_take() -> None:
    at = AppTest.from_function(_page).run()
    assert at.button(key="part_start").label == "Measure 4 images (about 80 s)" and texts(at) == ["asked"]
    assert not at.button(key="part_start").disabled and at.button(key="part_stop").disabled
    assert at.session_state["seen"] == [] and not at.session_state["run"].active


def test_once_started_it_measures_each_item_once_and_the_buttons_go() -> None:
    at = AppTest.from_function(_page).run()
    at.button(key="part_start").click().run()
    assert texts(at) == ["all measured"] and not at.button
    run = at.session_state["run"]
    assert at.session_state["seen"] == [0, 1, 2, 3] and run.done == 4 and not run.active and run.seconds > 0


def test_what_was_measured_before_stop_is_kept_and_it_continues_there() -> None:
    at = AppTest.from_function(_page)
    at.session_state["stop_at"] = 2
    at.run()
    at.button(key="part_start").click().run()
    run = at.session_state["run"]
    assert at.session_state["seen"] == [0, 1] and run.done == 2 and not run.active
    assert at.button(key="part_stop").disabled and not at.button(key="part_start").disabled
    assert at.button(key="part_start").label == "Continue (a few seconds)" and texts(at) == []  # it knows its own pace
    at.button(key="part_start").click().run()
    assert at.session_state["seen"] == [0, 1, 2, 3] and texts(at) == ["all measured"]


def test_nothing_is_measured_after_stop() -> None:
    at = AppTest.from_function(_page).run()
    at.session_state["run"].active = True
    at.session_state["run"].stop()
    at.run()
    assert at.session_state["seen"] == [] and at.button(key="part_stop").disabled
