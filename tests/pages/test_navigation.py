"""The navigation: a page that is the first one visited shows all of it. That its widgets stay when the entry script
runs it from then on shows in test_projection_page.py, where measuring runs the page again."""

import pytest
from apptest import fine, start

from workbench.shared import words

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


def test_a_deep_link_shows_the_sections_and_leads_home() -> None:
    at = start("pages/3_Projection.py", part="data")
    registered = {info["page_name"] for info in at._registered_pages.values()}
    assert {words.HOME.title, "Projection", "Inspect"} <= registered
    fine(at.switch_page("Workbench.py").run())
    assert at.title[0].value.startswith(words.HOME.summary.rstrip("."))
