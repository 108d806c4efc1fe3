"""Train and Inspect with a camera, the browser's own moving test picture: photos, a burst, and what they become."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import BROWSER, FLAGS, Visitor, served

from workbench.shared.resources import RUNS_FOLDER

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="module")
def address(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(RUNS_FOLDER, str(tmp_path_factory.mktemp("camera") / "runs"))
        yield from served(tiny_checkpoint)


@pytest.fixture(scope="module")
def with_camera(driver: object) -> Iterator[object]:
    chromium = driver.chromium.launch(executable_path=BROWSER, args=[*FLAGS, *CAMERA])
    yield chromium
    chromium.close()


def press_shutter(page: object) -> None:
    page.wait_for_function("() => document.querySelector('[data-testid=stCameraInput] video')?.currentTime > 0")
    page.get_by_test_id("stCameraInputButton").and_(page.get_by_text("Take Photo")).click()


def test_photos_and_a_burst_become_the_photos_to_train_on(with_camera: object, address: str) -> None:
    with Visitor(with_camera, address) as visitor:
        page = visitor.open("Train").page
        page.get_by_text("Use the camera").click()
        for count in ("1 photo", "2 photos"):
            press_shutter(page)
            page.get_by_text(f"{count} from the camera").wait_for()
        page.get_by_text("Burst: a photo about each second").click()
        page.get_by_text("12 photos from the camera").or_(
            page.get_by_text("13 photos from the camera")
        ).first.wait_for()
        page.get_by_text("Burst: a photo about each second").click()
        page.get_by_test_id("stCameraInputButton").wait_for()
        page.get_by_text("to learn from").wait_for()
        visitor.settle()
        before = page.get_by_text("from the camera; the last is").inner_text()
        page.get_by_role("button", name="Delete the last photo").click()
        page.get_by_text(before).wait_for(state="detached")
        visitor.settle().check()


def test_a_photo_is_judged_on_a_phone(with_camera: object, address: str) -> None:
    with Visitor(with_camera, address, 400, "dark") as visitor:
        page = visitor.open("Inspect").page
        page.locator(".st-key-picture_bar summary").click()
        page.get_by_text("Use the camera").click()
        press_shutter(page)
        page.get_by_role("heading", name="camera-001.jpg").wait_for()
        visitor.settle().check()
