"""One picture in use: what is chosen or drawn on one page is shown on the others, and an address wins over it."""

from collections import OrderedDict

import numpy as np
import pytest
from apptest import INSPECT, PNG, address, component, encoded, fine, go, heading, start, upload, words
from builders import encode
from streamlit.testing.v1 import AppTest

from workbench.home import demo
from workbench.shared import chosen_picture, samples
from workbench.shared.picture import Picture

HOME, MEMORY, PROJECTION, TOUR = "Workbench.py", "pages/2_Memory.py", "pages/3_Projection.py", "pages/7_How_it_works.py"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


def pictured(one: samples.SampleImage) -> Picture:
    return Picture(f"sample:{one.id}", one.title, one.sample, one.known)


def defects() -> list[samples.SampleImage]:
    return [one for one in samples.collection().images if one.sample.is_defective]


def on_home(at: AppTest) -> str:
    return component(at, "home_demo")["image"]


def shelved(at: AppTest, key: str) -> AppTest:
    return fine(at.button(key=f"choose-{key}").click().run())


def drawn(at: AppTest) -> AppTest:
    """A bar across the picture on Home, as its canvas hands it over."""
    loaded = demo.good_part().load()
    sheet = np.zeros((*loaded.shown.shape[:2], 4), np.uint8)
    sheet[40:60, 20:-20, 3] = 255
    at.session_state["drawings"] = OrderedDict({loaded.hash: encode(sheet)})
    return fine(at.run())


def test_a_sample_that_is_chosen_on_one_page_is_shown_on_the_others() -> None:
    one, two = defects()[4:6]
    at = start(INSPECT)
    shelved(at, f"sample:{one.id}")
    assert on_home(go(at, HOME)) == pictured(one).load().hash and address(at, "sample") == one.id
    assert heading(go(at, MEMORY)) == heading(go(at, PROJECTION)) == one.title
    assert go(at, TOUR).selectbox(key="on").value == one.id
    at.selectbox(key="on").set_value(two.id)
    fine(at.run())
    assert on_home(go(at, HOME)) == pictured(two).load().hash
    assert heading(go(at, INSPECT)) == two.title


def test_until_something_is_chosen_each_page_shows_one_by_itself() -> None:
    at = start(INSPECT)
    first = samples.collection().images[0]
    assert heading(at) == first.title and address(at, "sample") == first.id
    fine(at.run())  # what the address says now was written by the page
    assert on_home(go(at, HOME)) == demo.good_part().load().hash and address(at, "sample") is None
    assert heading(go(at, INSPECT)) == first.title
    shelved(at, f"sample:{first.id}")
    assert on_home(go(at, HOME)) == pictured(first).load().hash


def test_a_drawing_on_home_is_the_picture_of_every_page_until_it_is_taken_back() -> None:
    good = next(one for one in samples.collection().images if one.sample.is_normal)
    at = drawn(start())
    assert all(one.proto.query_string == "" for one in at.get("page_link"))
    for page in (INSPECT, MEMORY, PROJECTION):
        go(at, page)
        assert heading(at) == f"{pictured(good).stem} with your drawing"
        assert page == PROJECTION or "With your drawing" in words(at)
        assert address(at, "sample") is None
    assert go(at, TOUR).selectbox(key="on").value == "own"
    shelved(go(at, INSPECT), "drawn:sample:" + good.id)  # it stands among the visitor's own
    at.session_state["drawings"] = OrderedDict()
    assert on_home(go(at, HOME)) == pictured(good).load().hash and component(at, "home_demo")["layer"] is None
    assert heading(go(at, INSPECT)) == good.title


def test_home_shows_a_drawn_picture_as_a_picture_with_a_drawing() -> None:
    at = drawn(start())
    go(at, INSPECT)
    assert component(go(at, HOME), "home_demo")["layer"] and on_home(at) == demo.good_part().load().hash
    one = defects()[4]
    go(at, INSPECT)
    at.query_params["sample"] = one.id
    assert heading(fine(at.run())) == one.title
    assert on_home(go(at, HOME)) == pictured(one).load().hash and component(at, "home_demo")["layer"] is None


def test_an_upload_is_shown_on_home_and_in_the_tour() -> None:
    at = upload(start(INSPECT), ("mine.png", encoded(), PNG))
    (own,) = at.session_state["uploads"].values()
    assert on_home(go(at, HOME)) == own.load().hash
    assert go(at, TOUR).selectbox(key="on").value == "chosen" and "mine.png" in at.selectbox(key="on").options
    at.selectbox(key="on").set_value(defects()[0].id)
    fine(at.run())
    assert "mine.png" in at.selectbox(key="on").options, "there is a way back"
    assert heading(go(at, INSPECT)) == defects()[0].title


@pytest.mark.parametrize("page", [HOME, INSPECT, MEMORY, PROJECTION])
def test_an_address_wins_over_the_picture_in_use(page: str) -> None:
    one, two = defects()[4:6]
    at = start(INSPECT, sample=one.id)
    at.query_params.clear()
    at.query_params["sample"] = two.id
    at.switch_page(page)
    fine(at.run())
    assert on_home(at) == pictured(two).load().hash if page == HOME else heading(at) == two.title
    assert heading(go(at, INSPECT)) == two.title


def test_an_address_of_the_tour_wins_and_is_the_picture_of_the_others_then() -> None:
    one, two = defects()[4:6]
    at = start(INSPECT, sample=one.id)
    at.query_params.clear()
    at.query_params["on"] = two.id
    at.switch_page(TOUR)
    assert fine(at.run()).selectbox(key="on").value == two.id
    assert heading(go(at, INSPECT)) == two.title


def test_a_page_that_cannot_use_it_shows_what_it_showed_before_and_complains_about_nothing() -> None:
    good = next(one for one in samples.collection().images if one.sample.is_normal)
    at = start(TOUR)
    before = at.selectbox(key="on").value
    shelved(go(at, INSPECT), f"sample:{good.id}")
    assert go(at, TOUR).selectbox(key="on").value == before
    assert "Another picture" not in words(at)
    assert heading(go(at, MEMORY)) == good.title


def test_a_link_to_nothing_leaves_the_picture_in_use() -> None:
    at = start(INSPECT, sample=defects()[4].id)
    at.query_params.clear()
    at.query_params["sample"] = "nonsense"
    at.switch_page(HOME)
    assert "nonsense" in words(fine(at.run())) and on_home(at) == pictured(defects()[4]).load().hash
    assert "nonsense" not in words(fine(at.run()))


def test_a_drawing_on_an_image_of_a_data_set_is_taken_back_to_that_image() -> None:
    names = "test/hole/000.png", "test/hole/001.png"
    at = start(set="synthetic:metal", image=names[0])
    loaded = chosen_picture.picture_of("synthetic:metal", names[0]).load()
    sheet = np.full((*loaded.shown.shape[:2], 4), 255, np.uint8)
    at.session_state["drawings"] = OrderedDict({loaded.hash: encode(sheet)})
    fine(at.run())
    at.query_params.clear()
    at.query_params["set"], at.query_params["image"] = "synthetic:metal", names[1]
    at.switch_page(INSPECT)
    assert heading(fine(at.run())) == names[1]
    drawn = at.session_state["drawn_picture"].key
    at.session_state["chosen_picture"] = drawn
    assert "with your drawing" in heading(go(at, INSPECT))
    at.session_state["drawings"] = OrderedDict()
    assert on_home(go(at, HOME)) == loaded.hash
    assert heading(go(at, INSPECT)) == names[0]
