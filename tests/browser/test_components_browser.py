"""A component that is left while it is about to report must not trouble the page that follows, here a light one."""

import pytest
from browsing import Visitor

from workbench.inspect import words
from workbench.inspect.defect.words import WAYS

ACTIONS = {
    "linked pictures": ("pixel", ".st-key-pictures .frame", "click"),
    "circuit": ("pixel", ".st-key-circuit .thumb", "click"),
    "histogram, keyboard": ("regions", ".st-key-normals .slider", "ArrowRight"),
    "histogram, pointer": ("regions", ".st-key-normals .plot", "click"),
    "wipe": ("students", ".st-key-students_wipe input", "change"),
    "placer": ("defect", ".st-key-studio_placer .frame", "ArrowRight"),
    "painter": ("defect", ".st-key-studio_painter .frame", "Enter"),
}
"""A closer look of the Inspect page, an element, and the event or key that makes its component report."""

DO = """([element], [what, wait]) => {
  const event = what === 'click' || what === 'change'
    ? new Event(what, { bubbles: true }) : new KeyboardEvent('keydown', { key: what, bubbles: true });
  if (what === 'click') Object.assign(event, { clientX: 300, clientY: 300, button: 0 });
  if (what === 'change') element.value = 10;
  element.dispatchEvent(event);
  setTimeout(() => window.follow('Watch'), wait);
}"""
FOLLOW = """window.follow = (name) =>
  [...document.querySelectorAll('a')].find((each) => new URL(each.href).pathname.endsWith(`/${name}`)).click();"""


# The report comes after the visitor has left, and at the same time.
@pytest.mark.long
@pytest.mark.parametrize("wait", [0, pytest.param(110, marks=pytest.mark.slow)])
def test_each_is_left_while_it_is_about_to_report(browser: object, address: str, wait: int) -> None:
    with Visitor(browser, address) as visitor:
        visitor.page.add_init_script(FOLLOW)
        page = visitor.open("Inspect").page
        open_now = "pixel"
        for what, (look, element, event) in ACTIONS.items():
            if look != open_now:
                page.locator(".st-key-view").get_by_text(words.SECTIONS[look], exact=True).click()
                visitor.settle()
                open_now = look
            if what == "painter":
                page.locator(".st-key-studio").get_by_text(WAYS["draw"], exact=True).click()
                visitor.settle()
            page.locator(element).first.scroll_into_view_if_needed()
            page.locator(element).evaluate_all(DO, [event, wait])
            page.wait_for_url("**/Watch**")
            visitor.settle()
            assert page.locator('[data-testid="stException"]').count() == 0, what
            visitor.check()
            page.evaluate("() => window.follow('Inspect')")
            page.wait_for_url("**/Inspect**")
            visitor.settle()
