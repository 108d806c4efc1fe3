"""The camera on Train and Inspect: photos are kept, counted, named where blurred, and taken back."""

from pathlib import Path

import numpy as np
import pytest
from apptest import INSPECT, fine, said, start
from builders import encode
from PIL import Image
from scipy.ndimage import gaussian_filter
from streamlit.testing.v1 import AppTest

from workbench.shared import camera, words
from workbench.train import words as train_words

TRAIN = "pages/5_Train.py"
pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


def photo(seed: int, blur: float = 0.0) -> bytes:
    part = np.random.default_rng(seed).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    large = np.asarray(Image.fromarray(part).resize((480, 360), Image.Resampling.NEAREST))
    return encode(gaussian_filter(large, (blur, blur, 0)), "JPEG", quality=95)


def take(at: AppTest, content: bytes) -> AppTest:
    at.camera_input[0].set_value(("photo.jpg", content, "image/jpeg"))
    return fine(fine(at.run()).run())


@pytest.fixture
def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    return fine(start(TRAIN).toggle(key="train_camera_on").set_value(True).run())


def test_photos_are_taken_one_by_one_counted_and_the_last_is_taken_back(train: AppTest) -> None:
    assert train_words.CAMERA_NONE in said(train)
    for seed in range(4):
        train = take(train, photo(seed))
    train = take(train, photo(9, blur=6))
    assert "**5 photos** from the camera; the last is camera-005.jpg" in said(train)
    assert train_words.blurred(["camera-005.jpg"]) in said(train) and "5 photos** of good parts" in said(train)
    train = fine(fine(train.button(key="delete_last_photo").click().run()).run())
    assert "the last is camera-004.jpg" in said(train) and "much less sharp" not in said(train)
    fine(train.segmented_control(key="camera_kind").set_value("defective").run())
    train = take(train, photo(7))
    assert "4 photos** of good parts and **1** of defective ones" in said(train)


def test_during_a_burst_nothing_stands_beside_the_camera_that_is_out_of_date(train: AppTest) -> None:
    train = take(take(train, photo(1)), photo(2))
    assert "2 photos** of good parts" in said(train)
    train = fine(train.toggle(key="train_camera_burst").set_value(True).run())
    assert train_words.DURING_BURST in said(train) and "**2 photos** from the camera" in said(train)
    assert "of good parts" not in said(train) and not train.error
    train = fine(train.toggle(key="train_camera_burst").set_value(False).run())
    assert "2 photos** of good parts" in said(train) and train_words.DURING_BURST not in said(train)


def test_the_same_photo_again_is_not_taken_and_the_page_says_why(train: AppTest) -> None:
    train = take(take(train, photo(1)), photo(1))
    assert "**1 photo** from the camera" in said(train)
    assert "camera-002.jpg" in said(train) and len(train.warning) == 1


def test_where_no_camera_opens_the_page_says_what_is_needed(monkeypatch: pytest.MonkeyPatch, train: AppTest) -> None:
    monkeypatch.setattr(camera, "is_allowed", lambda url: False)
    train = fine(train.run())
    assert not train.camera_input and words.CAMERA_NEEDS_HTTPS.format(port=80) in said(train)


def test_photo_after_photo_on_inspect_is_answered_beside_the_camera(train: AppTest) -> None:
    at = fine(start(INSPECT).toggle(key="inspect_camera_on").set_value(True).run())
    assert not at.file_uploader, "the camera takes its place"
    for number in (1, 2, 3):
        at = take(at, photo(number))
        assert at.subheader[0].value.replace("\\", "") == f"camera-00{number}.jpg"
        assert at.camera_input and at.toggle(key="inspect_camera_on").value, "the next photo takes one press"
        assert "picture_bar_closings" not in at.session_state
    fine(at.toggle(key="inspect_camera_on").set_value(False).run())
    assert at.session_state["picture_bar_closings"] == 1, "the last one is shown large"
    assert not at.camera_input and at.file_uploader
