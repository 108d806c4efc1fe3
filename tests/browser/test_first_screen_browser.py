"""Every page at first sight: pictures before words on a projector, and writing that can be read, light and dark, on a
desk and on a phone, without an error, anything wider than the screen or a word with another host. One load per page."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import ROOT, Visitor

from workbench.how_it_works.words import CARDS
from workbench.shared import words

COUNT = (ROOT / "benchmarks" / "first_screen.js").read_text(encoding="utf-8")
LEGIBLE = (Path(__file__).parents[1] / "support" / "legible.js").read_text(encoding="utf-8")
LISTED = [name for names in words.SECTIONS.values() for name in names]
PAGES = ["", *(words.PAGES[name].title.replace(" ", "_") for name in LISTED)]
HIDE = """() => document.querySelectorAll('.stMain .stElementContainer:has(.stAlert)').forEach(
    (one) => { if (one.textContent.includes('random')) one.style.display = 'none'; })"""
WORDS, NUMBERS, HERO = 80, 5, 420
"""Most words and numbers on the first screen, and the least height in pixels of a page's large picture."""
IN_A_ROW = 280
"""The same for pictures that are compared in a row."""
HEROES = {"Evaluate": 0, "Ablations": IN_A_ROW}
"""What is asked of others: the tiny model keeps no result for Evaluate to open on."""
SCREENS = ((1280, "light"), (1280, "dark"), (400, "dark"), (400, "light"))
"""Each differs from the one before in one thing, so that as little as possible is drawn again."""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path or "Home")
def test_a_page_at_first_sight(browser: object, address: str, path: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.page
        page.set_viewport_size({"width": 1280, "height": 720})  # a projector
        visitor.open(path).check()
        # That the teacher is random is said of tiny models only.
        page.evaluate(HIDE)
        visitor.settle()
        seen = page.evaluate(COUNT)
        assert seen["words"] <= WORDS and seen["numbers"] <= NUMBERS, seen
        assert seen["hero"] >= HEROES.get(path, HERO), seen
        for width, scheme in SCREENS:
            page.set_viewport_size({"width": width, "height": 850})
            page.emulate_media(color_scheme=scheme)
            visitor.settle().check()
            _legible(page, f"{scheme} at {width}")
        assert not page.locator(".modebar-container:visible").count(), "no tool bar lies on a phone's pictures"


def test_no_step_of_the_tour_begins_with_much_to_read(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.page
        page.set_viewport_size({"width": 1280, "height": 720})
        visitor.open("How_it_works")
        for number, card in enumerate(CARDS, 1):
            page.get_by_role("heading", name=card.title).wait_for()
            visitor.settle()
            page.evaluate(HIDE)
            seen = page.evaluate(COUNT)
            assert seen["words"] <= WORDS and seen["numbers"] <= NUMBERS, (number, seen)
            page.keyboard.press("ArrowRight")
        visitor.check()


def test_what_ifs_fit_a_phone_in_the_dark(browser: object, address: str) -> None:
    with Visitor(browser, address, 400, color_scheme="dark") as visitor:
        visitor.open("Ablations?part=whatif").check()


def _legible(page: object, when: str) -> None:
    """Charts take over the colours of the other scheme a little later."""
    try:
        page.wait_for_function(f"() => !({LEGIBLE})().length", timeout=30_000, polling=200)
    except Exception as error:
        if type(error).__name__ != "TimeoutError":  # Playwright's; it need not be installed
            raise
        pytest.fail("\n".join([when, *page.evaluate(LEGIBLE)]))
