"""Variants side by side and what-ifs in a real browser: clicks on pictures and names, zoom, and every part once."""

import re

import pytest
from browsing import Visitor, file, on_every_screen, photo, place, upload

from nnet.analysis.whatif import LABEL
from workbench.ablations.whatif import words


@pytest.mark.long
@on_every_screen
def test_variants_are_explored_by_press(browser: object, address: str, width: int, scheme: str) -> None:
    with Visitor(browser, address, width, color_scheme=scheme) as visitor:
        page = visitor.open("Ablations?part=grid").page
        upload(page, file("mine.png", photo(5)))
        page.get_by_role("button", name="Figure 5", exact=True).click()
        page.wait_for_url(re.compile("figure=Figure"))
        grid = visitor.settle().page.locator(".st-key-variants_grid")
        assert grid.locator("figcaption").all_inner_texts() == ["Baseline (RD)", "All parts (N-Net)", "Original"]
        grid.get_by_role("button", name="Zoom in").click()
        views = grid.locator(".view").evaluate_all("all => all.map((one) => one.style.transform)")
        assert len(views) == 3 and len(set(views)) == 1 and "scale(2)" in views[0]
        grid.get_by_role("button", name="Show the whole image").click()
        frame = grid.locator(".frame").nth(1)
        box = place(frame)
        frame.click(position={"x": 0.25 * box["width"], "y": 0.75 * box["height"]})
        page.wait_for_url("**pixel=**")
        visitor.settle()
        x = page.locator("[class*='st-key-grid_x_']").get_by_role("slider").input_value()
        assert abs(int(x) - 75) <= 2  # of 300
        grid.get_by_role("button", name="Baseline (RD): show").click()
        page.get_by_text("This is the reference.").wait_for()
        visitor.settle().check()


@pytest.mark.slow
def test_what_ifs_are_switched(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Ablations?part=whatif").page
        assert page.get_by_text(LABEL).count() >= 1
        pictures = page.locator(".st-key-whatif_pictures")
        assert pictures.locator(".second figcaption").inner_text() == words.AFTER
        pictures.locator(".offered .frame").click()  # a small picture that is pressed becomes large
        pictures.locator(".second", has_text=words.DIFFERENCE_TITLE).wait_for()
        assert pictures.locator(".offered figcaption").inner_text() == words.AFTER
        page.locator(".st-key-whatif_truncate label").first.click()
        page.wait_for_url("**whatif_truncate=yes**")
        page.get_by_text("Score at every rank").wait_for()
        visitor.settle()
        page.locator(".st-key-whatif_rank").get_by_role("slider").press("ArrowRight")
        page.wait_for_url("**whatif_rank=2**")
        page.get_by_text("Rank 2 of 4 keeps").wait_for()
        visitor.settle()
        name = "Another model's"
        page.get_by_role("button", name=name).or_(page.get_by_role("radio", name=name)).click()
        page.wait_for_url("**whatif_forward=other**")
        visitor.settle().check()
