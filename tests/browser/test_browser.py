"""Home and Inspect in a real browser: what is pressed and uploaded is answered, without an error."""

import re
from urllib.parse import urlsplit

import numpy as np
import pytest
from browsing import Visitor, file, on_every_screen, picture, score, upload

from workbench.inspect import words
from workbench.shared import words as shared_words


@pytest.mark.slow
@on_every_screen
def test_home_shows_pictures_and_leads_to_inspect(browser: object, address: str, width: int, scheme: str) -> None:
    with Visitor(browser, address, width, color_scheme=scheme) as visitor:
        page = visitor.open().page
        assert page.locator(".demo .frame img").count() == page.locator(".demo .heat").count() == 1
        assert page.get_by_text("good parts it was tried on").count() > 0
        visitor.check()
        page.locator('[data-testid="stMain"] [data-testid="stPageLink-NavLink"]').first.click()
        page.wait_for_url("**/Inspect**")
        visitor.settle().check()


@pytest.mark.long
@pytest.mark.parametrize("width", [1440, pytest.param(400, marks=pytest.mark.slow)])
def test_uploaded_images_are_shown_with_heatmap_and_score(browser: object, address: str, width: int) -> None:
    with Visitor(browser, address, width) as visitor:
        page = visitor.open("Inspect").page
        files = [file("first.png", picture(1)), file("second.png", picture(2)), file("broken.png", picture(3)[:500])]
        upload(page, *files)
        visitor.settle()
        assert page.get_by_text("broken.png is damaged").count() == 1
        assert page.locator(".st-key-pictures .frame").count() == 3
        assert page.locator(".st-key-circuit .thumb img").count() == 7
        assert page.locator(".st-key-shelf_row img").count() == 2
        page.locator(".st-key-shelf_row button:visible", has_text=".").nth(0).click()
        visitor.settle().check()


@pytest.mark.long
def test_values_are_read_under_the_pointer_and_the_controls_of_inspect_work(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Inspect").page
        _values_are_in_pixels_of_the_image_and_all_are_downloaded(page)
        before = score(page)
        page.get_by_role("radio", name="S₂ alone").or_(page.get_by_role("button", name="S₂ alone")).click()
        page.wait_for_url("**score=reverse**")
        visitor.settle()
        assert score(page) != before
        page.locator(".st-key-circuit").get_by_role("button", name="M1 (").click()
        page.wait_for_url("**score=own**")
        visitor.settle()
        assert page.locator(".st-key-expression input").input_value() == "M2*M3"
        page.get_by_text(words.DRAWN_HOW, exact=True).click()
        page.locator(".st-key-expression input").fill("M2*(")
        page.locator(".st-key-expression input").press("Enter")
        page.get_by_text("Until then the score is").wait_for()
        page.locator(".st-key-opacity input[type=range]").press("ArrowLeft")
        page.wait_for_url("**opacity=65**")
        visitor.settle().check()


def _from_the_sidebar(visitor: Visitor, title: str) -> None:
    visitor.page.locator('[data-testid="stSidebarNavLink"]').get_by_text(title, exact=True).click()
    visitor.page.wait_for_function("() => location.pathname !== '/'")
    visitor.settle()


def _path(visitor: Visitor) -> str:
    return urlsplit(visitor.settle().page.url).path


@pytest.mark.long
def test_one_press_of_back_leaves_inspect_and_a_picture_that_was_chosen_is_an_entry(
    browser: object, address: str
) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Inspect").page
        assert "sample=" in page.url
        assert page.evaluate("() => navigation.entries().length") == 1, "also where it is opened by its own address"
        visitor.open()
        _from_the_sidebar(visitor, "Inspect")
        assert "sample=" in page.url, "what the page wrote into its address is kept"
        page.go_back()
        assert _path(visitor) == "/"
        _from_the_sidebar(visitor, "Inspect")
        first = page.url
        page.get_by_role("radio", name="S₂ alone").or_(page.get_by_role("button", name="S₂ alone")).click()
        page.wait_for_url("**score=reverse**")
        page.locator(".st-key-picture_bar summary").first.click()
        page.locator(".st-key-shelf_row button:visible").nth(3).click()
        page.wait_for_function("(first) => !location.search.includes(first)", arg=urlsplit(first).query)
        visitor.settle()
        page.go_back()
        page.wait_for_function("(first) => location.search.includes(first)", arg=urlsplit(first).query)
        assert _path(visitor) == "/Inspect", "the picture before"
        page.go_back()
        assert _path(visitor) == "/", "a setting is no entry"
        count = page.evaluate("() => navigation.entries().length")
        page.evaluate("() => ['/Inspect?sample=late', '/'].forEach((to) => history.pushState({}, '', to))")
        assert page.evaluate("() => navigation.entries().length") == count, "an answer for a page that was left"
        visitor.check()


@pytest.mark.long
def test_one_press_of_back_leaves_every_page(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("?model=twin").page
        for name in (name for names in shared_words.SECTIONS.values() for name in names):
            _from_the_sidebar(visitor, shared_words.PAGES[name].title)
            page.go_back()
            assert _path(visitor) == "/", name


def _values_are_in_pixels_of_the_image_and_all_are_downloaded(page: object) -> None:
    frame = page.locator(".st-key-pictures .frame").nth(2)
    box = frame.bounding_box()
    frame.hover(position={"x": 0.25 * box["width"], "y": 0.75 * box["height"]})
    told = page.locator(".st-key-pictures .probe")
    page.get_by_text("Under the pointer").wait_for()
    found = re.search(r"x (\d+) px, y (\d+) px · score [0-9.]+", told.inner_text())
    assert abs(int(found[1]) - 75) <= 2 and abs(int(found[2]) - 225) <= 2  # of 300 x 300
    with page.expect_download() as arriving:
        page.get_by_role("button", name="Raw values (NPZ)").click()
    assert arriving.value.suggested_filename == "cell0496-values.npz"
    with np.load(arriving.value.path(), allow_pickle=False) as read:
        assert read["score"].shape == (64, 64)
        assert {f"M{i}" for i in range(1, 7)} <= set(read.files)
