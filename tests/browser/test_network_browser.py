"""The living N on Home: point, hold, open, by mouse and keyboard, and on a phone."""

import pytest
from browsing import Visitor

from workbench.components.network import words


def part(page: object, name: str) -> object:
    return page.locator(f'.network .part[data-name="{name}"]')


def through(page: object) -> None:
    """Wait until the wave has run through the drawing."""
    page.locator(".network .stage").scroll_into_view_if_needed()
    page.wait_for_selector(".network svg:not(.armed):not(.wave)")


def result(page: object) -> str:
    return page.locator(".network .result").text_content()


def lit(page: object) -> set[str]:
    return set(page.locator(".network .part.lit").evaluate_all("parts => parts.map((each) => each.dataset.name)"))


@pytest.mark.long
def test_the_network_answers_to_pointing_holding_and_keys(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open().page
        part(page, "score").wait_for()
        through(page)
        page.locator(".network .about").first.hover()
        assert words.SIGNS["+"] == page.locator(".network .line").inner_text()
        page.locator(".network .replay").click()
        through(page)
        part(page, "SP_2").hover()
        assert {"picture", "SF_1", "SF_2", "SP_2", "M5", "score"} == lit(page)
        whole = result(page)
        part(page, "SF_3").hover()
        page.mouse.down()
        page.wait_for_selector(".network svg.without")
        assert part(page, "SP_1").evaluate("element => element.classList.contains('gone')")
        page.mouse.up()
        page.wait_for_selector(".network svg:not(.without)")
        assert result(page) == whole
        part(page, "D_1").focus()
        page.keyboard.press("Enter")
        assert page.locator(".network .panel h4").inner_text() == "D\N{SUBSCRIPT ONE}"
        page.locator(".network .panel input").check()
        assert part(page, "F_C").evaluate("element => element.classList.contains('gone')")
        page.locator(".network .panel input").uncheck()
        part(page, "D_1").focus()
        page.keyboard.press("Escape")
        assert page.locator(".network .panel").is_hidden()
        colours = part(page, "F_2").locator("image").get_attribute("href")
        page.locator(".network .tiles select").focus()
        page.keyboard.press("ArrowDown")  # the next of the list
        page.locator(".network .scale", has_text=words.SCALE[words.MEAN]).wait_for()
        page.wait_for_url("**tiles=mean**")
        assert part(page, "F_2").locator("image").get_attribute("href") != colours
        page.locator(".network .tiles select").select_option(words.CHANNEL)
        page.locator(".network .tiles input").fill("3")
        page.locator(".network .tiles input").press("Enter")
        page.locator(".network .scale", has_text=words.tiles_of(3)).wait_for()
        with page.expect_download() as svg:
            page.locator(".network .save button").nth(1).click()
        assert svg.value.suggested_filename == "n-net.svg" and words.tiles_of(3) in svg.value.path().read_text("utf-8")
        with page.expect_download() as png:
            page.locator(".network .save button").last.click()
        assert png.value.path().read_bytes().startswith(b"\x89PNG")
        visitor.check()
        part(page, "memory").click()
        page.locator(".network .panel button", has_text="Memory").click()
        page.wait_for_url("**/Memory**")
        visitor.settle().check()


@pytest.mark.long
def test_on_a_phone_the_network_is_a_path_downwards(browser: object, address: str) -> None:
    with Visitor(browser, address, 400, color_scheme="dark") as visitor:
        page = visitor.open("?tiles=mean").page
        part(page, "score").wait_for()
        assert page.locator(".network .scale").count() == 1
        top = {name: part(page, name).bounding_box()["y"] for name in ("picture", "SF_1", "F_1", "F_C", "D_1", "score")}
        assert list(top) == sorted(top, key=lambda name: top[name])
        part(page, "F_1").click()
        assert page.locator(".network .panel h4").inner_text() == "F\N{SUBSCRIPT ONE}"
        visitor.check()
