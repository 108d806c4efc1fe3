"""The tabs within the pages: pictures before words on a projector, and in sight on a phone while a control is moved."""

from __future__ import annotations

import pytest
from browsing import Visitor
from test_first_screen_browser import COUNT, HIDE, IN_A_ROW, NUMBERS, WORDS

TABS = {
    "Memory": ("Items", "Forget", "Atlas"),
    "Projection": ("Channels", "Colours", "Test set"),
    "Ablations": ("The paper’s claims", "Start a study"),
}
"""Page -> tabs behind the first, which test_first_screen_browser.py looks at."""
CHOICES = ".stMain [role=tablist], .stMain [data-testid=stButtonGroup]"
LEAST = 100
"""Pixels of the pictures that must be seen above the control."""
ON_A_PHONE = (
    ("Inspect", ".st-key-pictures", ".st-key-circuit button"),
    ("Memory", ".st-key-recall_pictures", ".st-key-shrink"),
    ("Ablations?part=whatif&whatif_forward=out", ".st-key-whatif_pictures", ".st-key-whatif_nfs label"),
)
"""Page, its pictures, and a control that changes them."""


@pytest.mark.parametrize("name", TABS)
def test_every_tab_begins_with_a_picture(browser: object, address: str, name: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.page
        page.set_viewport_size({"width": 1280, "height": 720})
        visitor.open(name)
        for title in TABS[name]:
            page.locator(CHOICES).get_by_text(title, exact=True).first.click()
            page.mouse.move(0, 0)
            visitor.settle().check()
            page.evaluate(HIDE)
            seen = page.evaluate(COUNT)
            assert seen["words"] <= WORDS and seen["numbers"] <= NUMBERS, (title, seen)
            assert seen["hero"] >= IN_A_ROW, (title, seen)


@pytest.mark.parametrize(("path", "pictures", "control"), ON_A_PHONE, ids=["Inspect", "Memory", "Ablations"])
def test_on_a_phone_pictures_stay_in_sight_of_the_control(
    browser: object, address: str, path: str, pictures: str, control: str
) -> None:
    with Visitor(browser, address, 400) as visitor:
        page = visitor.page
        page.set_viewport_size({"width": 400, "height": 850})
        visitor.open(path)
        page.locator(control).first.evaluate("one => one.scrollIntoView({block: 'center', behavior: 'instant'})")
        visitor.settle()
        seen, moved = (page.locator(one).first.bounding_box() for one in (pictures, control))
        assert moved["y"] >= 0 and moved["y"] + moved["height"] <= 850, moved
        assert min(seen["y"] + seen["height"], moved["y"]) - max(seen["y"], 0) >= LEAST, (seen, moved)
