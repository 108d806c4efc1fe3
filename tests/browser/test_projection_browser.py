"""The Projection page in a real browser: an uploaded picture and a click on every control."""

import pytest
from browsing import Visitor, file, on_every_screen, photo, upload

from workbench.projection import words


def choose(page: object, name: str) -> None:
    """Click an entry of a row of choices."""
    page.get_by_role("radio", name=name).or_(page.get_by_role("button", name=name)).first.click()


@pytest.mark.slow
@on_every_screen
def test_an_uploaded_picture_is_followed_through_the_projection(
    browser: object, address: str, width: int, scheme: str
) -> None:
    with Visitor(browser, address, width, color_scheme=scheme) as visitor:
        page = visitor.open("Projection").page
        upload(page, file("part.png", photo(1)))
        visitor.settle()
        choose(page, "Figure 7")
        page.wait_for_url("**part=figure7**")
        visitor.settle()
        assert page.locator(".js-plotly-plot").count() == 8
        choose(page, "S₁, the copier")
        page.wait_for_url("**side=student**")
        choose(page, "Relative")
        page.wait_for_url("**way=relative**")
        visitor.settle().check()
        choose(page, "Channels")
        page.wait_for_url("**part=gates**")
        choose(page, "2 · middle")
        page.wait_for_url("**stage=2**")
        visitor.settle()
        page.locator(".st-key-channel").get_by_role("slider").press("ArrowRight")
        page.wait_for_url("**channel=**")
        visitor.settle().check()
        choose(page, "Colours")
        page.wait_for_url("**part=features**")
        choose(page, "As they are")
        page.wait_for_url("**vectors=raw**")
        page.locator(".st-key-blend").get_by_role("slider").press("ArrowRight")
        page.wait_for_url("**blend=55**")
        visitor.settle().check()
        page.reload()
        visitor.settle()
        assert page.get_by_text("0.45 SF₂ + 0.55 SP₂").count() == 1
        visitor.check()


@pytest.mark.slow
def test_a_umap_is_drawn_and_a_whole_test_set_is_measured(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Projection?part=features&stage=1").page
        page.locator(".st-key-umap").get_by_text(words.UMAP_SWITCH).click()
        page.get_by_text(words.UMAP_HINT).wait_for()
        visitor.settle().check()
        page = visitor.open("Projection?part=data&data=synthetic").page
        page.locator(".st-key-data_start button:visible").click()
        page.get_by_text("Table of means and standard deviations").wait_for()
        visitor.settle().check()
        assert page.locator(".js-plotly-plot").count() == len(words.QUESTIONS)
