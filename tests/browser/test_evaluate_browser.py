"""The Evaluate page in a real browser: a ZIP is measured, the threshold moves, an image opens in Inspect."""

import numpy as np
import pytest
from browsing import Visitor, on_every_screen
from builders import encode, random_images, zipped
from test_first_screen_browser import HERO, little_to_read

from workbench.evaluate import words


def archive() -> bytes:
    """A ZIP of an MVTec-style category: 2 training images, 4 normal and 4 defective test images with masks."""
    mask = np.zeros((64, 64), np.uint8)
    mask[20:40, 8:24] = 255
    files = {f"part/ground_truth/dent/{i}_mask.png": encode(mask) for i in range(4)}
    for folder, count, seed in (("train/good", 2, 1), ("test/good", 4, 2), ("test/dent", 4, 3)):
        files |= {f"part/{folder}/{i}.png": encode(m) for i, m in enumerate(random_images(count, seed=seed))}
    return zipped(files)


def drag(page: object, share: float) -> None:
    """Take hold of the histogram's line and let it go at a share 0..1 of the plot's width."""
    line = page.locator(".st-key-evaluate_histogram .slider")
    line.hover()  # waits until the page stands still, and takes the middle
    grip, plot = line.bounding_box(), page.locator(".st-key-evaluate_histogram svg").bounding_box()
    assert grip["width"] >= 44 and grip["height"] >= 44
    height = grip["y"] + grip["height"] / 2
    told = line.get_attribute("aria-valuetext")
    page.mouse.down()
    page.mouse.move(plot["x"] + share * plot["width"], height, steps=3)
    assert line.get_attribute("aria-valuetext") != told, "what it would do is told while it moves"
    page.mouse.up()


def confusion(page: object) -> list[str]:
    """The four counts of the table."""
    cells = page.locator("[data-testid=stHtml] td b").all_inner_texts()
    return [cell for cell in cells if cell.isdigit()]


@pytest.mark.long
@on_every_screen
def test_a_zip_is_measured_and_an_image_of_it_opens_in_inspect(
    browser: object, address: str, width: int, scheme: str
) -> None:
    with Visitor(browser, address, width, color_scheme=scheme) as visitor:
        page = visitor.open("Evaluate?evaluate_data=zip").page
        upload = {"name": "part.zip", "mimeType": "application/zip", "buffer": archive()}
        page.set_input_files("input[type=file]", [upload])
        ready = page.get_by_text("4 normal and 4 defective test images"), page.get_by_text("Metrics over all images")
        ready[0].or_(ready[1]).first.wait_for()
        visitor.settle()
        if page.locator(".st-key-evaluate_start button:visible").count():  # the second visitor finds it measured
            page.locator(".st-key-evaluate_start button:visible").click()
        page.get_by_text("Metrics over all images").wait_for()
        visitor.settle().check()
        assert page.locator(".js-plotly-plot").count() == 2
        picture = page.locator("[data-testid=stMain] [data-testid=stImage]").first
        picture.hover()
        enlarging = page.locator("[data-testid=stMain] [data-testid=stElementToolbar]").first.bounding_box()
        assert enlarging["y"] >= picture.bounding_box()["y"], "it covers nothing above the picture"
        if width > 640:
            page.set_viewport_size({"width": 1280, "height": 720})
            little_to_read(visitor, "Metrics", HERO)
        page.locator(".st-key-evaluate_part").get_by_text("Threshold", exact=True).click()
        page.locator(".st-key-aim").wait_for()
        visitor.settle()
        if width > 640:
            little_to_read(visitor, "Threshold", HERO)
            page.set_viewport_size({"width": width, "height": 900})
        # In the middle of the screen, since a list closes when the page scrolls.
        page.locator(".st-key-aim").evaluate("box => box.scrollIntoView({block: 'center', behavior: 'instant'})")
        page.locator(".st-key-aim input").click()
        page.get_by_role("option", name=words.AIMS["alarm"]).click()
        page.get_by_text("False alarms: 0 of 4 normal images").wait_for()
        before = page.url
        page.locator(".st-key-cut").get_by_role("slider").press("ArrowRight")
        page.wait_for_function("url => location.href !== url", arg=before)
        visitor.settle().check()
        drag(page, 1.0)
        page.get_by_text(words.decided(4, 0, 4, 0)).wait_for()
        assert confusion(visitor.settle().page) == ["4", "0", "4", "0"]
        drag(page, 0.0)
        page.get_by_text(words.decided(0, 4, 0, 4)).wait_for()
        assert confusion(visitor.settle().page) == ["0", "4", "0", "4"]
        assert "cut=" in page.url
        page.locator("[class*='st-key-open-'] button:visible").first.click()  # nothing is missed: the worst false alarm
        page.get_by_role("heading", name="Inspect").wait_for()
        page.wait_for_url("**image=test%2Fgood**")
        visitor.settle().check()
