"""The tour in a browser: turned by arrow keys, answered by a number, terms that open, and a phone."""

import pytest
from browsing import Visitor

from workbench.how_it_works.words import BELOW, CARDS

FRAME = """() => {
    const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
    return [outlineStyle, boxShadow];
}"""


BOTH = """(keys) => keys.forEach((key) => ['keydown', 'keyup'].forEach((kind) => document.body.dispatchEvent(
  new KeyboardEvent(kind, { key, code: /[0-9]/.test(key) ? `Digit${key}` : key, bubbles: true, cancelable: true }))))"""
"""One key right after the other: no page is drawn in between, however slow the machine."""


@pytest.mark.long
def test_the_tour_is_turned_and_answered_by_keyboard(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("How_it_works").page
        page.locator(".network .part.lit").first.wait_for()
        page.keyboard.press("ArrowRight")
        page.get_by_role("heading", name=CARDS[1].title).wait_for()
        visitor.settle()
        assert "step=2" in page.url
        page.locator(".st-key-tour_2_1 button").wait_for()  # which brings its key along
        page.evaluate(BOTH, ["ArrowRight", "2"])  # while step 2 and its answers are still seen: it answers neither step
        page.get_by_role("heading", name=CARDS[2].title).wait_for()
        visitor.settle()
        assert "step=3" in page.url and "picked" not in page.url
        page.keyboard.press("ArrowLeft")
        page.get_by_role("heading", name=CARDS[1].title).wait_for()
        visitor.settle()
        page.locator(".st-key-tour_2_1 button").wait_for()
        page.keyboard.press("2")
        page.get_by_text("You expected: About half.").wait_for()
        visitor.settle()
        assert "picked=-b" in page.url
        step = page.get_by_role("radio", name="2 answered")  # heard; seen is a dot, as after a wrong answer
        assert step.locator("p > span").evaluate("(one) => getComputedStyle(one).fontSize") == "0px"
        page.keyboard.press("ArrowLeft")
        page.get_by_role("heading", name=CARDS[0].title).wait_for()
        term = page.locator(".nn-term", has_text="teacher").first
        assert not term.locator("> span").is_visible()
        term.locator("summary").focus()
        page.keyboard.press("Enter")
        bubble = term.locator("> span")
        assert "never changes" in bubble.inner_text()
        _below_its_word(term)
        page.keyboard.press("Escape")
        bubble.wait_for(state="hidden")
        other = page.locator(".nn-term", has_text="features")
        other.hover()
        other.locator("> span").wait_for()
        tip = other.locator("> span").bounding_box()
        page.mouse.move(tip["x"] + tip["width"] / 2, tip["y"] + tip["height"] - 4)
        other.locator("> span").wait_for(state="hidden")  # nothing that it lies on is kept from the pointer
        visitor.settle().check()


@pytest.mark.long
def test_a_clicker_turns_the_pages_and_escape_leaves_the_presenters_mode(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("How_it_works").page
        page.get_by_text("Presenter").click()  # whose switch has the focus then
        page.locator(".nn-presenting").wait_for(state="attached")
        visitor.settle()
        for key, step in (("PageDown", 2), (" ", 3), ("End", 9), ("PageUp", 8), ("Home", 1)):
            page.keyboard.press(key)
            page.get_by_role("heading", name=CARDS[step - 1].title).wait_for()
            visitor.settle()
        page.mouse.click(720, 880)
        page.keyboard.press("ArrowRight")
        page.get_by_role("heading", name=CARDS[1].title).wait_for()
        visitor.settle()
        assert page.evaluate(FRAME) == ["none", "none"], "no frame around the page"
        page.locator(".network .onward").click()
        page.keyboard.press("PageDown")  # the next stage, not the next page
        assert page.locator(".network .line").inner_text().startswith("2 of")
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowLeft")
        page.get_by_role("heading", name=CARDS[0].title).wait_for()
        visitor.settle()
        drawing = page.locator(".network .stage").bounding_box()
        assert drawing["y"] + drawing["height"] <= 900, "the drawing is whole beside its card"
        page = visitor.open("How_it_works?present=yes&step=6&picked=-----a").page
        page.set_viewport_size({"width": 1280, "height": 720})  # a projector
        page.add_style_tag(content=".stAlert { display: none; }")  # said of tiny models only
        visitor.settle()
        assert page.locator(".nn-held td").count() >= 6
        assert page.locator(".network .stage svg").bounding_box()["height"] >= 400, "beside the answer, not below it"
        for part in (".network .stage", ".network .line"):
            _is_in_sight(page, part)
        page.keyboard.press("Escape")
        page.locator(".nn-presenting").wait_for(state="detached")
        visitor.settle().check()


@pytest.mark.long
@pytest.mark.parametrize("presenting", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_an_answer_leaves_the_drawing_its_size_and_its_buttons_in_sight(
    browser: object, address: str, presenting: bool
) -> None:
    """On a projector, at the steps whose answers have most to show."""
    with Visitor(browser, address, 1280) as visitor:
        page = visitor.page
        page.set_viewport_size({"width": 1280, "height": 720})
        for step in (3, 5, 6, 8, 9):
            visitor.open(f"How_it_works?step={step}{'&present=yes' * presenting}")
            page.add_style_tag(content=".stAlert { display: none; }")  # said of tiny models only
            visitor.settle()
            drawing, buttons = page.locator(".network .stage svg"), page.locator(".network .walk")
            before = drawing.bounding_box()["height"]
            page.keyboard.press("1")
            page.get_by_text("You expected").wait_for()
            visitor.settle()
            after, row = drawing.bounding_box()["height"], buttons.bounding_box()
            assert after >= 0.85 * before, (step, before, after)
            assert row["y"] + row["height"] <= 720, (step, row)
            buttons.locator(".onward").click()
            visitor.settle()
            assert drawing.bounding_box()["height"] == after, "nor does it shrink while its stages are gone through"
        visitor.check()


IN_SIGHT = "(id) => document.getElementById(id).getBoundingClientRect().top < innerHeight - 100"


@pytest.mark.long
def test_a_press_leads_to_what_stands_below_an_answer(browser: object, address: str) -> None:
    with Visitor(browser, address, 1280) as visitor:
        page = visitor.open("How_it_works?step=3&picked=--a").page
        page.set_viewport_size({"width": 1280, "height": 720})
        visitor.settle()
        below = page.locator(f"#{BELOW}")
        assert below.bounding_box()["y"] > 720
        page.get_by_role("link", name="More below").click()
        page.wait_for_function(IN_SIGHT, arg=BELOW)
        visitor.settle().check()
        assert "step=3" in page.url, "of this step"


@pytest.mark.long
def test_on_a_phone_every_step_fits(browser: object, address: str) -> None:
    with Visitor(browser, address, 400, color_scheme="dark") as visitor:
        page = visitor.open("How_it_works?step=3&picked=--a").page
        page.locator(".network svg.without").wait_for()
        assert not page.locator(".network .result").is_visible(), "the answer has another measure"
        box = page.get_by_role("button", name="Next").bounding_box()
        assert box["x"] + box["width"] <= 400
        term = page.locator(".nn-term").first
        term.locator("summary").click()
        bubble = term.locator("> span").bounding_box()
        assert bubble["x"] >= 0 and bubble["x"] + bubble["width"] <= 400
        _below_its_word(term)
        arrows = [page.get_by_role("button", name=name).bounding_box()["y"] for name in ("Previous", "Next")]
        assert arrows[0] == arrows[1], "both stand beside the steps"
        ground = page.locator(".stAppHeader").evaluate("(one) => getComputedStyle(one).backgroundColor")
        assert ground != "rgba(0, 0, 0, 0)", "what is scrolled is not read through the buttons at the top"
        visitor.check()
        _on_a_projector(visitor)


def _on_a_projector(visitor: Visitor) -> None:
    """The same answered step: the drawing is seen whole, and what a press opens is in sight."""
    page = visitor.page
    page.set_viewport_size({"width": 1280, "height": 720})
    page.add_style_tag(content=".stAlert { display: none; }")  # that the teacher is random is said of tiny models only
    page.evaluate("() => document.querySelector('.stMain').scrollTo(0, 0)")  # nothing has to scroll to be pressed
    visitor.settle()
    _is_in_sight(page, ".network .stage")
    before = page.locator(".network .stage").bounding_box()["y"]
    page.locator('.network .part[data-name="M1"]').click()
    _is_in_sight(page, ".network .panel:not([hidden])")
    assert page.locator(".network .stage").bounding_box()["y"] == before, "which moves nothing"
    _is_in_sight(page, ".stSidebar [data-testid='stPopover'] button")  # the glossary's
    sizes = page.locator(".network svg [font-size]").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('font-size') * one.getScreenCTM().a)"
    )
    assert min(sizes) >= 11.9, "legible, though smaller"
    visitor.check()


def _is_in_sight(page: object, what: str) -> None:
    """Wait for it, since the page may still scroll."""
    is_above = "(one) => one.getBoundingClientRect().bottom <= innerHeight"
    page.wait_for_function(is_above, arg=page.locator(what).element_handle())


def _below_its_word(term: object) -> None:
    """What explains a term leaves the word, the heading and the bar of steps free, and lies within the window."""
    height = term.page.viewport_size["height"]
    word, tip = (term.locator(part).bounding_box() for part in ("summary", "> span"))
    assert word["y"] + word["height"] - 2 <= tip["y"] and tip["y"] + tip["height"] <= height
