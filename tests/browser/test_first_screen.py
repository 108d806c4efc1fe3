"""Every page begins with a picture, few words, few numbers and few controls: counted on a projector's screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import ROOT, Visitor

COUNT = (Path(ROOT) / "benchmarks" / "first_screen.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["", "Memory", "Projection", "Inspect"])
def test_the_first_screen_is_a_picture_with_few_words(browser: object, address: str, page: str) -> None:
    with Visitor(browser, address, 1280) as visitor:
        visitor.page.set_viewport_size({"width": 1280, "height": 720})
        visitor.open(page)
        found = visitor.page.evaluate(COUNT)
        assert found["words"] <= 80, found
        assert found["numbers"] <= 12, found
        assert found["picture"] is not None and found["picture"] <= 360, found
        visitor.check()
