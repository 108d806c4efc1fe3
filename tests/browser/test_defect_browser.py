"""Making a defect in a real browser: strokes with mouse and keyboard on the canvas, a click that places one."""

import io

import numpy as np
import pytest
from browsing import Visitor, file, on_every_screen, picture, place, upload
from PIL import Image


def score(page: object, label: str = "Score with it") -> str:
    """A score as it is shown."""
    return (
        page.locator('[data-testid="stMetric"]', has_text=label).locator('[data-testid="stMetricValue"]').inner_text()
    )


def drag(page: object, frame: object, *places: tuple[float, float]) -> None:
    """Press the mouse at the first place, shares of the frame's width and height, and let go at the last."""
    box = place(frame)
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()


@pytest.mark.long
@on_every_screen
def test_a_stroke_changes_the_score_and_can_be_undone(browser: object, address: str, width: int, scheme: str) -> None:
    with Visitor(browser, address, width, color_scheme=scheme) as visitor:
        page = visitor.open("Inspect?view=defect&studio=draw").page
        upload(page, file("mine.png", picture(5)))
        visitor.settle()
        page.get_by_text("Nothing is drawn yet").wait_for()
        frame = page.locator(".st-key-studio_painter .frame")
        page.locator(".st-key-studio_painter input[type=range]").first.press("End")  # the widest brush
        drag(page, frame, (0.2, 0.3), (0.7, 0.6))
        page.get_by_text("The drawing").first.wait_for()
        visitor.settle()
        once = score(page)
        assert once != score(page, "Score without it")
        page.locator(".st-key-studio_painter").get_by_role("button", name="Lighter").click()
        drag(page, frame, (0.8, 0.2), (0.3, 0.9), (0.9, 0.9))
        visitor.settle()
        page.locator(".st-key-studio_painter").get_by_role("button", name="Undo").click()
        page.get_by_text("This picture has been seen before").wait_for()
        visitor.settle()
        assert score(page) == once
        box = frame.bounding_box()  # the keys go on from where the pointer was last: away from what is drawn
        frame.hover(position={"x": 0.05 * box["width"], "y": 0.95 * box["height"]})
        frame.press("ArrowRight")
        frame.press("Space")
        page.get_by_text("A new picture").wait_for()
        page.locator(".st-key-studio_painter").get_by_role("button", name="Clear").click()
        page.get_by_text("Nothing is drawn yet").wait_for()
        visitor.settle().check()


# In the browser: what each map shows at the defect. The image score may stay the same, if another place scores higher.
_EFFECTS = "() => (document.body.innerText.match(/[^\\n]*times normal;[^\\n]*/g) || []).join('|')"
_CHANGED = f"(old) => {{ const now = ({_EFFECTS})(); return now && now !== old; }}"


@pytest.mark.slow
def test_a_click_places_the_defect_and_its_files_are_downloaded(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Inspect?view=defect&defect=hole").page
        page.get_by_text("times normal;").first.wait_for()
        once = page.evaluate(_EFFECTS)
        drag(page, page.locator(".st-key-studio_placer .frame"), (0.25, 0.75), (0.25, 0.75))
        page.wait_for_function("() => location.search.includes('defect_x=') && location.search.includes('defect_y=')")
        page.wait_for_function(_CHANGED, arg=once)
        visitor.settle()
        sliders = [page.locator(f".st-key-defect_{axis}").get_by_role("slider").input_value() for axis in "xy"]
        assert [float(value) for value in sliders] == pytest.approx([25, 75], abs=1)
        page.get_by_role("button", name="Measure").click()
        with page.expect_download() as arriving:
            page.get_by_role("button", name="Dose-response (CSV)").click()
        assert arriving.value.suggested_filename.endswith("-hole-size.csv")
        lines = arriving.value.path().read_text(encoding="utf-8-sig").splitlines()
        assert len(lines) == 12 and lines[0].startswith("size,pixels,score,threshold")
        with page.expect_download() as arriving:
            page.get_by_role("button", name="Mask (PNG)").click()
        mask = np.asarray(Image.open(io.BytesIO(arriving.value.path().read_bytes())))
        assert set(np.unique(mask)) == {0, 255}
        y, x = (indices.mean() / side for indices, side in zip(np.nonzero(mask), mask.shape, strict=True))
        assert (x, y) == pytest.approx((0.25, 0.75), abs=0.03)
        visitor.settle().check()
