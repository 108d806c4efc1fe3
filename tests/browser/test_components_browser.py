"""A component that is left while it is about to report must not trouble the page that follows, here a light one."""

from __future__ import annotations

import pytest
from browsing import Visitor

ACTIONS = {
    "linked pictures": ("view=pixel", ".st-key-pictures .frame", "click"),
    "circuit": ("view=pixel", ".st-key-circuit .thumb", "click"),
    "histogram, keyboard": ("view=regions", ".st-key-normals .slider", "ArrowRight"),
    "histogram, pointer": ("view=regions", ".st-key-normals .plot", "click"),
    "wipe": ("view=students", ".st-key-students_wipe input", "change"),
    "placer": ("view=defect", ".st-key-studio_placer .frame", "ArrowRight"),
    "painter": ("view=defect&studio=draw", ".st-key-studio_painter .frame", "Enter"),
}
"""Settings of the Inspect page, an element, and the event or key that makes its component report."""

DO = """([element], [what, wait]) => {
  const event = what === 'click' || what === 'change'
    ? new Event(what, { bubbles: true }) : new KeyboardEvent('keydown', { key: what, bubbles: true });
  if (what === 'click') Object.assign(event, { clientX: 300, clientY: 300, button: 0 });
  if (what === 'change') element.value = 10;
  element.dispatchEvent(event);
  const link = [...document.querySelectorAll('a')].find((each) => new URL(each.href).pathname.endsWith('/Watch'));
  setTimeout(() => link.click(), wait);
}"""


# The report comes after the visitor has left, and at the same time.
@pytest.mark.parametrize("wait", [0, pytest.param(110, marks=pytest.mark.slow)])
@pytest.mark.parametrize("what", ACTIONS)
def test_it_is_left_while_it_is_about_to_report(browser: object, address: str, what: str, wait: int) -> None:
    settings, element, event = ACTIONS[what]
    with Visitor(browser, address) as visitor:
        page = visitor.open(f"Inspect?{settings}").page
        page.locator(element).first.scroll_into_view_if_needed()
        page.locator(element).evaluate_all(DO, [event, wait])
        page.wait_for_url("**/Watch**")
        visitor.settle().check()
