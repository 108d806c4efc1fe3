"""Two models, replay bundles and images of data sets in a real browser."""

from pathlib import Path

import pytest
from browsing import Visitor, file, on_every_screen, photo, upload


@pytest.mark.slow
@on_every_screen
def test_a_bundle_is_saved_and_opened_again(browser: object, address: str, width: int, scheme: str) -> None:
    with Visitor(browser, address, width, color_scheme=scheme) as visitor:
        page = visitor.open("Inspect?view=replay").page
        upload(page, file("mine.png", photo(6)))
        visitor.settle()
        with page.expect_download() as arriving:
            page.get_by_role("button", name="Replay bundle (ZIP)").click()
        bundle = Path(arriving.value.path()).read_bytes()
        page.locator(".st-key-picture_bar summary").click()
        page.get_by_role("button", name="Remove all").click()
        visitor.settle()
        content = {"name": "b.zip", "mimeType": "application/zip", "buffer": bundle}
        page.set_input_files("input[type=file]", [content])
        page.get_by_text("checks agree").wait_for()
        visitor.settle().check()
        page.locator(".st-key-picture_bar details:not([open]) summary", has_text="mine.png").wait_for()


@pytest.mark.long
def test_two_models_are_compared(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Inspect?view=compare&set=synthetic:metal&image=test/hole/001.png").page
        page.get_by_text("Both answers").wait_for()
        assert page.locator(".st-key-picture_bar summary", has_text="test/hole/001.png").count() == 1
        page.locator(".st-key-compare_pictures").get_by_role("slider").press("ArrowRight")
        page.wait_for_url("**compare_wipe=51**")
        page.get_by_role("radio", name="Side by side").or_(page.get_by_role("button", name="Side by side")).click()
        page.wait_for_url("**beside=beside**")
        visitor.settle()
        page.get_by_role("button", name="Swap").click()
        page.wait_for_url("**model=twin**")
        visitor.settle().check()
