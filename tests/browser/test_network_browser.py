"""The living N on Home: point, hold, open, by mouse and keyboard, and on a phone."""

import re

import pytest
from browsing import Visitor

from nnet.analysis import anatomy
from workbench.components.network import words


def part(page: object, name: str) -> object:
    return page.locator(f'.network .part[data-name="{name}"]')


def through(page: object) -> None:
    """Wait until the wave has begun, and show all."""
    page.locator(".network .stage").scroll_into_view_if_needed()
    page.wait_for_selector(".network svg.wave")
    page.locator(".network .end").click()
    page.wait_for_selector(".network svg:not(.walking)")


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
        page.locator(".network .play").click()
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
        page.evaluate("() => document.querySelector('.stMain').focus()")
        page.keyboard.press("Escape")
        assert page.locator(".network .panel").is_hidden()
        assert not page.evaluate("() => document.activeElement.matches('.stMain')"), "no frame around the page"
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
            page.locator(".network .save .svg").click()
        assert svg.value.suggested_filename == "n-net.svg" and words.tiles_of(3) in svg.value.path().read_text("utf-8")
        with page.expect_download() as png:
            page.locator(".network .save button").last.click()
        assert png.value.path().read_bytes().startswith(b"\x89PNG")
        visitor.check()
        part(page, "memory").click()
        page.locator(".network .panel button", has_text="More on the page Memory").click()
        page.wait_for_url("**/Memory**")
        visitor.settle().check()


@pytest.mark.long
def test_the_stages_are_stepped_through_by_button_and_by_a_clickers_keys(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open().page
        part(page, "score").wait_for()
        through(page)
        line, onward = page.locator(".network .line"), page.locator(".network .onward")
        onward.click()
        total = len(words.STAGES) + 1  # what the gates make of the memory's answer
        assert line.inner_text() == f"1 of {total}. {words.STAGES[anatomy.PICTURE][1]}"
        assert reached(page) == {"picture"}
        page.keyboard.press(" ")  # of the button, which has the focus: one stage, not two
        assert line.inner_text().startswith("2 of") and reached(page) == {"picture", "F_1", "F_2", "F_3"}
        page.keyboard.press("PageDown")
        page.keyboard.press("ArrowLeft")
        assert line.inner_text().startswith("2 of")
        for name in ("memory", "F'_3", "P'_3"):
            assert name not in reached(page)
        part(page, "SP_2").hover()
        assert line.inner_text().startswith("2 of"), "pointing does not end it"
        for _ in range(total - 2):
            page.keyboard.press("PageDown")
        assert line.inner_text().startswith(f"{total} of") and "score" in reached(page)
        page.locator(".network .end").click()
        assert page.locator(".network svg.walking").count() == 0 and not reached(page)
        assert onward.inner_text() == words.BROWSER["walk"]
        for name in page.locator(".network .part").evaluate_all("all => all.map((one) => one.dataset.name)"):
            part(page, name).locator(".frame").hover()
            assert len(line.inner_text()) > len(words.HINT), f"{name} says nothing"
        part(page, "P_2").click()
        page.mouse.move(0, 0)
        assert line.inner_text() == "", "the panel says it"
        page.locator(".network .panel input").check()
        assert line.inner_text().startswith(f"Without {words.LEFT_OUT['fpm']}: ")
        visitor.check()


def reached(page: object) -> set[str]:
    """The parts that are lit so far, while the stages are gone through."""
    return set(page.locator(".network .part.reached").evaluate_all("parts => parts.map((each) => each.dataset.name)"))


UPPER_EDGE = """() => {
    const [stage, main] = ['.network .stage', '.stMain'].map((one) => {
        const host = [...document.querySelectorAll('*')].find((each) => each.shadowRoot?.querySelector(one));
        return (host?.shadowRoot ?? document).querySelector(one);
    });
    main.scrollBy(0, stage.getBoundingClientRect().top + 0.3 * stage.clientHeight - innerHeight);
}"""


@pytest.mark.long
def test_the_wave_waits_until_it_is_seen_and_is_played_with_its_sentences(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.page
        page.set_viewport_size({"width": 1280, "height": 720})
        visitor.open()
        line, play = page.locator(".network .line"), page.locator(".network .play")
        page.wait_for_selector(".network svg.armed")
        assert page.locator(".network svg.walking").count() == 0, "nothing moves below the fold"
        page.evaluate(UPPER_EDGE)
        page.wait_for_selector(".network svg:not(.armed):not(.walking)")  # a piece of it shows its tiles, but no wave
        page.locator(".network .stage").scroll_into_view_if_needed()
        page.wait_for_selector(".network svg.wave")
        play.click()
        assert page.locator(".network svg.walking:not(.wave)").count() == 1
        assert play.inner_text() == words.BROWSER["goOn"]
        page.evaluate("() => document.activeElement.blur()")
        page.keyboard.press(" ")
        page.wait_for_selector(".network svg.wave")
        said = line.inner_text().partition(". ")[2]
        assert said in {sentence for _, sentence in (*words.STAGES.values(), words.ANSWER_STAGE)}, "there is time"
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(".network svg.walking:not(.wave)")  # whoever turns by hand goes on by hand
        page.locator(".network .end").click()
        page.wait_for_selector(".network svg:not(.walking)")
        assert line.inner_text() == words.HINT
        by_sidebar = page.get_by_test_id("stSidebarNav")
        by_sidebar.get_by_role("link", name="How it works").click()
        part(page, "score").wait_for()
        visitor.settle()
        assert page.locator(".network svg:not(.armed):not(.walking)").count() == 1, "only when asked"
        play.click()
        page.wait_for_selector(".network svg.wave")
        assert words.STAGES[anatomy.PICTURE][1] in line.inner_text(), "played when asked, each stage has its sentence"
        while not re.match(r"(\d+) of \1\.", line.inner_text()):
            page.locator(".network .onward").click()
        play.click()
        assert line.inner_text().startswith("1 of"), "played from the last stage it begins again"
        by_sidebar.get_by_role("link", name="Home").click()
        page.locator(".demo .frame").wait_for()
        part(page, "score").wait_for()
        visitor.settle()
        assert page.locator(".network svg.armed").count() == 0, "once for each picture"
        visitor.check()


@pytest.mark.long
def test_nothing_moves_by_itself_where_motion_is_to_be_reduced(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.page
        page.emulate_media(reduced_motion="reduce")
        visitor.open()
        page.locator(".network .stage").scroll_into_view_if_needed()
        page.wait_for_selector(".network svg:not(.armed)")
        assert page.locator(".network svg.walking").count() == 0 and part(page, "score").is_visible()
        page.locator(".network .play").click()
        page.locator(".network .line", has_text=" of ").wait_for()
        visitor.check()


@pytest.mark.long
def test_on_a_phone_the_network_is_a_path_downwards(browser: object, address: str) -> None:
    with Visitor(browser, address, 400, color_scheme="dark") as visitor:
        page = visitor.open("?tiles=mean").page
        part(page, "score").wait_for()
        assert page.locator(".network .scale").count() == 1
        top = {name: part(page, name).bounding_box()["y"] for name in ("picture", "SF_1", "F_1", "F_C", "D_1", "score")}
        assert list(top) == sorted(top, key=lambda name: top[name])
        said = part(page, "M4").locator("text").text_content()
        assert said.startswith("M4 ") and "\N{MULTIPLICATION SIGN}" in said, "how finely, where no row says it"
        part(page, "F_1").click()
        assert page.locator(".network .panel h4").inner_text() == "F\N{SUBSCRIPT ONE}"
        visitor.check()
