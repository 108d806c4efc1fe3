"""The Inspect page in a real browser: circuit, pixel, wipe, threshold and regions, on an uploaded picture."""

import re

import pytest
from browsing import Visitor, click, file, on_every_screen, photo, score, upload

from workbench.inspect import words


def in_address(page: object, name: str) -> str:
    found = re.search(rf"[?&]{name}=([^&]*)", page.url)
    return found[1].replace("%2C", ",") if found else ""


def closer(page: object, title: str) -> None:
    page.locator(".st-key-view").get_by_text(title, exact=True).click()


@pytest.mark.long
@on_every_screen
def test_an_uploaded_picture_is_taken_apart(browser: object, address: str, width: int, scheme: str) -> None:
    with Visitor(browser, address, width, color_scheme=scheme) as visitor:
        page = visitor.open("Inspect?threshold=0.5").page
        upload(page, file("mine.png", photo(5)))
        visitor.settle()
        box = page.locator(".st-key-pictures .hero .frame").bounding_box()
        top = (
            box["y"] - page.locator(".stAlert").first.bounding_box()["height"]
        )  # only tiny models' teachers are random
        assert top >= 0 and top + min(box["height"], 420) <= page.viewport_size["height"], "seen at once"

        before = score(page)
        circuit = page.locator(".st-key-circuit")
        circuit.get_by_role("button", name="M6 (").click()
        page.wait_for_url("**score=own**")
        circuit.get_by_role("button", name="M6 (").and_(page.locator('[aria-pressed="false"]')).wait_for()
        circuit.get_by_role("button", name="Times: press for plus").nth(1).press("Enter")
        page.wait_for_function("() => document.querySelector('.st-key-expression input').value === 'M1*(M2+M5)+M3+M4'")
        visitor.settle()
        assert score(page) != before
        circuit.get_by_role("button", name="Score by M2 alone").click()
        page.wait_for_function("() => document.querySelector('.st-key-expression input').value === 'M2'")
        visitor.settle()

        click(page, "pictures", 0.25, 0.75)  # of 300 x 300 pixels
        page.wait_for_function("() => location.search.includes('pixel=')")
        x, y = map(int, in_address(page, "pixel").split(","))
        assert abs(x - 75) <= 2 and abs(y - 225) <= 2
        page.get_by_text(f"Pixel x {x}, y {y}", exact=True).wait_for()
        page.locator(".st-key-pictures .tiles").press("Shift+ArrowRight")
        page.get_by_text(f"Pixel x {x + 1}, y {y}", exact=True).wait_for()
        visitor.settle()
        page.locator("[class*='st-key-pixel_y_']").get_by_role("slider").press("ArrowRight")
        page.get_by_text(f"Pixel x {x + 1}, y {y + 1}", exact=True).wait_for()
        visitor.settle()

        page.locator(".st-key-pictures").get_by_role("button", name="Zoom in").click()
        view = page.locator(".st-key-pictures .view").nth(2)
        assert "scale(2)" in view.get_attribute("style")
        page.locator(".st-key-pictures").get_by_role("button", name="Show the whole image").click()
        assert "scale(1)" in view.get_attribute("style")
        visitor.settle().check()


@pytest.mark.long
def test_threshold_regions_and_wipe_answer(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Inspect?view=regions&threshold=0.05&pixel=1,1").page
        badges = page.locator(".st-key-pictures .frame").nth(1).locator(".badge")
        badges.first.wait_for()  # the component draws them once it has loaded
        told = page.get_by_text("held-out normal images would be flagged").inner_text()
        table = page.locator(".st-key-regions .dvn-scroller")
        table.click(position={"x": 12, "y": 52})  # the box before the first row
        page.wait_for_function("() => !location.search.includes('pixel=1%2C1')")
        visitor.settle()
        page.locator("[class*='st-key-threshold_slider_']").get_by_role("slider").press("End")
        page.wait_for_function("() => !location.search.includes('threshold=0.05')")
        visitor.settle()
        assert badges.count() == 0
        assert page.get_by_text("held-out normal images would be flagged").inner_text() != told
        page.get_by_text(words.regions_found(0, 0.0)).wait_for()

        closer(page, "S₁ against S₂")
        page.wait_for_url("**view=students**")
        visitor.settle()
        click(page, "students_wipe", 0.25, 0.5)
        page.wait_for_url("**wipe=25**")
        visitor.settle()
        page.locator(".st-key-students_wipe").get_by_role("slider").press("ArrowRight")
        page.wait_for_url("**wipe=26**")
        click(page, "students_difference", 0.5, 0.5)
        page.wait_for_function("() => location.search.includes('pixel=1')")
        closer(page, "Time taken")
        page.get_by_text("Milliseconds per stage").wait_for()
        visitor.settle().check()
