"""Train and Inspect with a camera that sees noise: photos, a burst, and what they become."""

import pytest
from browsing import Visitor

# No two frames are the same. Chromium's own test picture begins anew with each camera that is opened, and a photo that
# is there already is not taken twice.
CAMERA = """
const seen = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
const look = () => {
  const pixels = new Uint8ClampedArray(4 * 320 * 240);
  for (let start = 0; start < pixels.length; start += 65536) {
    crypto.getRandomValues(pixels.subarray(start, start + 65536));
  }
  seen.getContext('2d').putImageData(new ImageData(pixels, 320), 0, 0);
};
setInterval(look, 100);
navigator.mediaDevices.getUserMedia = async () => { look(); return seen.captureStream(); };
"""

# How wide the picture is where it is the only one, as of another kind of part.
ALONE = """(staged) => {
  staged.querySelectorAll('figure:not(.hero)').forEach((one) => one.remove());
  staged.style.setProperty('--others', 0);
  return staged.querySelector('.hero .frame').clientWidth;
}"""


def press_shutter(page: object) -> None:
    page.wait_for_function("() => document.querySelector('[data-testid=stCameraInput] video')?.currentTime > 0")
    page.get_by_test_id("stCameraInputButton").and_(page.get_by_text("Take Photo")).click()


@pytest.mark.long
def test_photos_and_a_burst_become_the_photos_to_train_on(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        visitor.page.add_init_script(CAMERA)
        page = visitor.open("Train").page
        page.get_by_text("Use the camera").click()
        for count in ("1 photo", "2 photos"):
            press_shutter(page)
            page.get_by_text(f"{count} from the camera").wait_for()
        page.get_by_text("Burst: a photo about each second").click()
        page.get_by_text("5 photos from the camera").or_(page.get_by_text("6 photos from the camera")).first.wait_for()
        page.get_by_text("Burst: a photo about each second").click()
        page.get_by_test_id("stCameraInputButton").wait_for()
        visitor.settle()
        before = page.get_by_text("from the camera; the last is").inner_text()
        page.get_by_role("button", name="Delete the last photo").click()
        page.get_by_text(before).wait_for(state="detached")
        visitor.settle().check()


@pytest.mark.slow
def test_photos_are_judged_on_a_phone_and_seen_at_once(browser: object, address: str) -> None:
    with Visitor(browser, address, 400, "dark") as visitor:
        visitor.page.add_init_script(CAMERA)
        page = visitor.open("Inspect").page
        bar = page.locator(".st-key-picture_bar")

        bar.locator("summary").click()
        page.get_by_text("Use the camera").click()
        for number in (1, 2, 3):
            press_shutter(page)
            bar.locator("details[open] summary", has_text=f"camera-00{number}.jpg").wait_for()
            answer = page.locator(".st-key-camera_answer")
            answer.get_by_text(f"camera-00{number}.jpg: ").wait_for()
            visitor.settle()
        top = answer.locator("img").bounding_box()["y"]
        assert 0 <= top < page.viewport_size["height"] - 200, "seen without scrolling"
        page.get_by_text("Use the camera").click()
        bar.locator("details:not([open]) summary", has_text="camera-003.jpg").wait_for()
        visitor.settle()
        box = page.locator(".st-key-pictures .hero .frame").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]
        assert page.locator("video").count() == 0, "the camera is let go"
        assert page.locator(".st-key-pictures .staged").evaluate(ALONE) >= box["width"]
        visitor.check()
