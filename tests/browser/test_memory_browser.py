"""The Memory page in a real browser: an uploaded picture, clicks on patches, and every control once."""

import pytest
from browsing import Visitor, click, file, on_every_screen, photo, upload


def chosen(page: object) -> tuple[str, str]:
    """Row and column of the chosen patch, as the sliders say."""
    keys = ("patch_row", "patch_column")
    sliders = (page.locator(f".st-key-{key}").get_by_role("slider", include_hidden=True) for key in keys)
    return tuple(slider.input_value() for slider in sliders)


def tab(page: object, name: str) -> None:
    """Open one of the page's tabs."""
    page.get_by_role("tab", name=name, exact=True).click()


@pytest.mark.long
@on_every_screen
def test_an_uploaded_picture_is_explored_patch_by_patch(browser: object, address: str, width: int, scheme: str) -> None:
    with Visitor(browser, address, width, color_scheme=scheme) as visitor:
        page = visitor.open("Memory").page
        upload(page, file("mine.png", photo(5)))
        visitor.settle()
        click(page, "recall_pictures", 0.05, 0.95, 1)
        page.wait_for_function("() => location.search.includes('patch_row=4')")
        visitor.settle()
        assert chosen(page) == ("4", "1")
        assert page.get_by_text("Row 4, column 1:").count() == 1
        page.locator(".st-key-recall_pictures .tiles").press("ArrowRight")
        page.get_by_text("Row 4, column 2:").wait_for()
        visitor.settle().check()


@pytest.mark.slow
def test_the_controls_of_memory_work(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Memory?atlas_layout=PCA").page
        tab(page, "Recall")
        at = page.locator(".st-key-temperature").bounding_box()
        page.locator(".st-key-temperature").get_by_role("slider").press("ArrowRight")
        page.wait_for_url("**temperature=0.07**")
        visitor.settle()
        assert page.locator(".st-key-temperature").bounding_box() == at, "a slider stays under the hand that moves it"
        page.locator(".st-key-shrink").get_by_role("slider").press("ArrowRight")
        page.wait_for_url("**shrink=**")
        visitor.settle()
        tab(page, "Forget")
        page.get_by_text("only what follows the memory ran").wait_for()
        page.get_by_role("button", name="(most used)").click()
        page.wait_for_url("**forget=**")
        visitor.settle()
        assert page.locator(".st-key-map_pictures .frame").count() == 12
        tab(page, "Recall")
        page.get_by_role("button", name="Reset").click()
        page.wait_for_function("() => !location.search.includes('forget')")
        visitor.settle()
        tab(page, "Atlas")
        page.locator(".st-key-atlas").get_by_text("Similarity", exact=True).click()
        page.get_by_text("Similarity of the items").wait_for()
        page.locator(".st-key-atlas").get_by_text("Items and patches", exact=True).click()
        page.get_by_text("PCA of the items and the image's patches").wait_for()
        visitor.settle().check()


@pytest.mark.slow
def test_the_memory_is_laid_out_by_umap(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Memory?atlas=map&atlas_layout=PCA").page
        page.get_by_text("PCA of the items and the image's patches").wait_for()
        page.locator(".st-key-atlas_layout").get_by_text("UMAP", exact=True).click()
        page.get_by_text("UMAP of the items and the image's patches").wait_for()
        visitor.settle().check()
