"""Every page at first sight, one load each: pictures before words on a projector, and writing that can be read, light
on a projector and dark on a phone, without an error, anything wider than the screen or a word with another host. While
it is open also whether its pictures stay in sight on a phone while a control is moved. Its tabs take longer than all of
that, and are looked at by `make test-long`."""

from pathlib import Path

import pytest
from browsing import ROOT, Visitor

from workbench.how_it_works.words import CARDS
from workbench.shared import words

COUNT = (ROOT / "benchmarks" / "first_screen.js").read_text(encoding="utf-8")
LEGIBLE = (Path(__file__).parents[1] / "support" / "legible.js").read_text(encoding="utf-8")
CUT_OFF = (Path(__file__).parents[1] / "support" / "cut_off.js").read_text(encoding="utf-8")
LISTED = [name for names in words.SECTIONS.values() for name in names]
PAGES = ["", *(words.PAGES[name].title.replace(" ", "_") for name in LISTED)]
MANY_TABS = ("Ablations", "Memory", "Projection")
HIDE = """() => document.querySelectorAll('.stMain .stElementContainer:has(.stAlert)').forEach(
    (one) => { if (one.textContent.includes('random')) one.style.display = 'none'; })"""
WORDS, NUMBERS, HERO = 80, 5, 420
"""Most words and numbers on the first screen, and the least height in pixels of a page's large picture."""
IN_A_ROW = 280
"""The same for pictures that are compared in a row."""
HEROES = {"Evaluate": 0}
"""What is asked of others: the tiny model keeps no result for Evaluate to open on."""
PROJECTOR = {"width": 1280, "height": 720}
PHONE = {"width": 400, "height": 850}
TABS = {
    "Memory": ("Items", "Forget", "Atlas"),
    "Projection": ("Figure 7", "Channels", "Colours", "Test set"),
    "Ablations": ("Side by side", "Take a part out", "Start a study"),
    "Inspect": ("Threshold and regions", "S₁ against S₂", "Two models"),
    "When_it_fails": ("Over-imitation", "Wrong kind of picture", "Nearest neighbours", "Smallest scratch"),
}
"""Page -> tabs behind the first."""
CHOICES = ".stMain [role=tablist], .stMain [data-testid=stButtonGroup]"
ON_A_PHONE = {
    "Inspect": (".st-key-pictures", ".st-key-circuit button"),
    "Memory": (".st-key-recall_pictures", ".st-key-shrink"),
    "Ablations?part=whatif&whatif_forward=out": (".st-key-whatif_pictures", ".st-key-whatif_nfs label"),
}
"""Page -> its pictures, and a control that changes them."""
LEAST = 100
"""Pixels of the pictures that must be seen above the control."""


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.long) if path in MANY_TABS else path for path in PAGES],
    ids=lambda path: path or "Home",
)
def test_a_page_at_first_sight(browser: object, address: str, path: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.page
        page.set_viewport_size(PROJECTOR)
        visitor.open(path).check()
        little_to_read(visitor, path, HEROES.get(path, HERO))
        _legible(page, "light on a projector")
        _turn_to_a_phone(visitor)
        cut = page.evaluate(CUT_OFF)
        if path in ON_A_PHONE:
            _in_sight(page, path)
        if path in MANY_TABS:  # a long test anyway, and the page is open
            page.set_viewport_size(PROJECTOR)
            _tabs(visitor, path)
        assert not cut, "words are cut on a phone"


@pytest.mark.long
@pytest.mark.parametrize("path", [*(path for path in TABS if path not in MANY_TABS), "How_it_works"])
def test_the_tabs_and_steps_of_a_page(browser: object, address: str, path: str) -> None:
    with Visitor(browser, address, color_scheme="dark") as visitor:
        visitor.page.set_viewport_size(PROJECTOR)
        visitor.open(path).check()
        _tabs(visitor, path)
        _steps(visitor, path)


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path or "Home")
def test_a_page_in_the_other_light(browser: object, address: str, path: str) -> None:
    with Visitor(browser, address, 1280, color_scheme="dark") as visitor:
        page = visitor.open(path).page
        page.evaluate(HIDE)
        for width, scheme in ((1280, "dark"), (400, "light")):
            page.set_viewport_size({"width": width, "height": 850})
            page.emulate_media(color_scheme=scheme)
            visitor.settle().check()
            _legible(page, f"{scheme} at {width}")


@pytest.mark.long
def test_what_ifs_fit_a_phone_in_the_dark(browser: object, address: str) -> None:
    path = next(path for path in ON_A_PHONE if path not in PAGES)
    with Visitor(browser, address, 400, color_scheme="dark") as visitor:
        visitor.page.set_viewport_size(PHONE)
        visitor.open(path).check()
        _in_sight(visitor.page, path)


def little_to_read(visitor: Visitor, what: object, hero: int = 0) -> None:
    """A page's first screen; no words are cut, and no tool bar lies on a picture. `hero`: least height of a picture."""
    page = visitor.page
    page.evaluate(HIDE)  # that the teacher is random is said of tiny models only
    page.evaluate("() => document.querySelector('.stMain').scrollTo(0, 0)")
    visitor.settle()
    seen = page.evaluate(COUNT)
    assert seen["words"] <= WORDS and seen["numbers"] <= NUMBERS, (what, seen)
    assert seen["hero"] >= hero, (what, seen)
    assert not (cut := page.evaluate(CUT_OFF)), (what, cut)
    assert not page.locator(".modebar:visible").count(), what


def _turn_to_a_phone(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(PHONE)
    visitor.page.emulate_media(color_scheme="dark")
    visitor.settle().check()
    _legible(visitor.page, "dark on a phone")


def _in_sight(page: object, path: str) -> None:
    """The pictures are seen above the control, wherever that is on the page."""
    pictures, control = (page.locator(one).first for one in ON_A_PHONE[path])
    control.evaluate("one => one.scrollIntoView({block: 'center', behavior: 'instant'})")
    page.wait_for_function("() => window.settled()")
    seen, moved = pictures.bounding_box(), control.bounding_box()
    assert moved["y"] >= 0 and moved["y"] + moved["height"] <= PHONE["height"], moved
    assert min(seen["y"] + seen["height"], moved["y"]) - max(seen["y"], 0) >= LEAST, (seen, moved)


def _tabs(visitor: Visitor, path: str) -> None:
    """Every tab begins with a picture, too."""
    for title in TABS.get(path, ()):
        visitor.page.locator(CHOICES).get_by_text(title, exact=True).first.click()
        visitor.page.mouse.move(0, 0)
        visitor.settle().check()
        little_to_read(visitor, title, IN_A_ROW)


def _steps(visitor: Visitor, path: str) -> None:
    """No step of the tour begins with much to read."""
    for number, card in enumerate(CARDS if path == "How_it_works" else (), 1):
        visitor.page.get_by_role("heading", name=card.title).wait_for()
        visitor.settle()
        little_to_read(visitor, number)
        visitor.page.keyboard.press("ArrowRight")
    visitor.settle().check()


def _legible(page: object, when: str) -> None:
    """Charts take over the colours of the other scheme a little later."""
    try:
        page.wait_for_function(f"() => !({LEGIBLE})().length", timeout=30_000, polling=200)
    except Exception as error:
        if type(error).__name__ != "TimeoutError":  # Playwright's; it need not be installed
            raise
        pytest.fail("\n".join([when, *page.evaluate(LEGIBLE)]))
