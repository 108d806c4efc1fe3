"""The whole way in one browser: photos of a part, a crop, a model, its worst picture, a ZIP to measure, a threshold."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browsing import Visitor, file, served
from builders import encode, zipped
from test_train_browser import SLOW, choose, enter

from nnet.runs import Runs
from nnet.saved import kept_thresholds
from workbench.evaluate import words as evaluate_words
from workbench.shared import model_words
from workbench.shared import words as shared_words
from workbench.train import words

GOOD, DEFECTIVE = range(24), range(100, 104)


@pytest.fixture(scope="module")
def address(runs: Runs, tiny_checkpoint: Path) -> Iterator[str]:
    """A workbench with an empty folder of runs."""
    yield from served(tiny_checkpoint)


def tile(seed: int) -> np.ndarray:
    """A grey tile, uint8 (96, 120), brushed from left to right; from 100 on with a dark pit that its mask marks."""
    random = np.random.default_rng(seed)
    pixels = 130 + random.normal(0, 14, (96, 1)) + random.normal(0, 6, (96, 120))
    if seed >= 100:
        pixels[pit(seed)] -= 90
    return pixels.clip(0, 255).astype(np.uint8)


def pit(seed: int) -> np.ndarray:
    row, column = np.random.default_rng(seed + 1000).integers(30, 66, 2)
    rows, columns = np.mgrid[:96, :120]
    return (rows - row) ** 2 + (columns - column) ** 2 < 100


def test_part() -> bytes:
    """A ZIP of test/ and ground_truth/ without train/."""
    files = {f"tiles/test/good/{seed}.png": encode(tile(seed)) for seed in range(50, 56)}
    for seed in range(150, 156):
        files[f"tiles/test/pit/{seed}.png"] = encode(tile(seed))
        files[f"tiles/ground_truth/pit/{seed}_mask.png"] = encode(pit(seed).astype(np.uint8) * 255)
    return zipped(files)


test_part.__test__ = False


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_from_a_box_of_parts_to_a_threshold(browser: object, address: str, runs: Runs) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Train").page
        for place, seeds, said in ((0, GOOD, "24 photos"), (1, DEFECTIVE, "of defective ones")):
            photos = [file(f"tile{seed}.png", encode(tile(seed))) for seed in seeds]
            page.locator("input[type=file]").nth(place).set_input_files(photos)
            page.get_by_text(said).first.wait_for()
            visitor.settle()
        page.get_by_text(words.REGION, exact=True).click()
        width = page.get_by_label(words.CROP_SIDES["width"], exact=True)
        width.fill("90")
        width.press("Enter")
        visitor.settle()
        page.get_by_text(words.ADVANCED, exact=True).click()
        for key, option in (("teacher_weights", "random"), ("teacher", "resnet18"), ("size", "64")):
            # In the middle of the screen, since a list closes when the page scrolls.
            box = page.locator(f".st-key-set-model-{key}")
            box.evaluate("box => box.scrollIntoView({block: 'center', behavior: 'instant'})")
            choose(page, f"set-model-{key}", option)
            visitor.settle()
        for key, value in (("run_name", "Tiles"), ("set-train-epochs", 3), ("set-model-memory_items", 6)):
            enter(page, key, value)
            visitor.settle()
        page.get_by_role("button", name="Start training").click()
        page.get_by_role("heading", name="Tiles").wait_for()

        page.get_by_role("button", name="Inspect with it").wait_for(timeout=SLOW)
        visitor.settle().check()
        (run,) = runs.list()
        assert run.state == "done" and run.spec.config.model.crop == "0,0,0.9,1"
        page.get_by_role("button", name="Inspect with it").click()
        page.wait_for_url("**/Inspect**sample=tiles*")
        visitor.settle().check()
        sidebar = page.locator('[data-testid="stSidebar"]')
        assert sidebar.get_by_text("Data: Tiles").count() and sidebar.locator("img[alt=Tiles]").count()

        page = visitor.open("Evaluate?evaluate_data=zip&model=tiles").page
        upload = {"name": "tiles.zip", "mimeType": "application/zip", "buffer": test_part()}
        page.set_input_files("input[type=file]", [upload])
        page.locator(".st-key-evaluate_start button").click()
        page.get_by_text("Metrics over all images").wait_for(timeout=SLOW)
        visitor.settle().check()
        page.locator(".st-key-evaluate_part").get_by_text("Threshold", exact=True).click()
        page.locator("[class*='st-key-aim_']").wait_for()
        visitor.settle()
        aim = page.locator("[class*='st-key-aim_']")
        aim.evaluate("box => box.scrollIntoView({block: 'center', behavior: 'instant'})")
        aim.locator("input").click()
        page.get_by_role("option", name=evaluate_words.AIMS["alarm"]).click()
        visitor.settle()
        page.get_by_role("button", name=shared_words.KEEP).click()
        page.get_by_text(shared_words.KEPT).first.wait_for()
        visitor.settle().check()
        ((_, chosen),) = kept_thresholds.read(run.path).items()
        assert "tiles" in chosen.reason

        page.locator(".st-key-this_part button").click()
        page.get_by_label(model_words.PART_NAME).fill("Brushed tiles")
        page.get_by_label(model_words.PART_NAME).press("Enter")
        sidebar.get_by_text("Brushed tiles").first.wait_for()
        visitor.settle()
        page.locator(".st-key-this_part button").click()
        page.locator(".st-key-evaluate_part_pictures button").click()
        page.wait_for_url("**/Evaluate**evaluate_data=own**")
        visitor.settle().check()
