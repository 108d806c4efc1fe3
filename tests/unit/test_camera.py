"""Photos from a camera: when a browser opens one, what they are called, and which of them are blurred."""

import base64

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from nnet.data.sharpness import LEAST, blurred, sharpness
from workbench.components.burst_camera import decoded
from workbench.shared.camera import is_allowed, next_name, number

RNG = np.random.default_rng(0)
SURFACE = gaussian_filter(RNG.normal(128, 60, (900, 1400)), 2).clip(0, 255)


def view(left: int, blur: float = 0.0, light: float = 1.0, noise: float = 2.0) -> np.ndarray:
    """A photo of one surface: from a place, out of focus, in another light."""
    part = gaussian_filter(SURFACE[:720, left : left + 1280], blur) * light
    grey = (part + np.random.default_rng(left).normal(0, noise, part.shape)).clip(0, 255).astype(np.uint8)
    return np.dstack([grey] * 3)


def test_a_photo_out_of_focus_is_named_and_another_place_or_light_is_not() -> None:
    series = {f"{i}": sharpness(view(9 * i, light=1 - i / 16)) for i in range(8)}
    assert blurred(series) == []
    assert blurred({**series, "soft": sharpness(view(40, blur=5))}) == ["soft"]
    assert blurred({"soft": 0.1, **dict(list(series.items())[: LEAST - 2])}) == []
    assert sharpness(np.full((40, 50, 3), 7, np.uint8)) == 0


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://parts.example.org/Train", True),
        ("http://localhost:8501", True),
        ("http://127.0.0.1:8501/Train", True),
        ("http://[::1]:8501", True),
        (None, True),
        ("http://192.168.1.20:8501", False),
        ("http://workshop:8501/Train", False),
        ("http://localhost.example.org", False),
    ],
)
def test_a_camera_needs_https_or_this_computer(url: str | None, allowed: bool) -> None:
    assert is_allowed(url) is allowed


def test_photos_are_numbered_on() -> None:
    assert next_name([], b"\xff\xd8\xff") == "camera-001.jpg"
    assert next_name(["camera-011.jpg", "part.png", "camera-9.png"], b"\x89PNG") == "camera-012.png"
    assert number("camera-012.jpg") == 12 and number("my camera-012.jpg") == 0


def test_only_a_jpeg_from_the_browser_is_taken() -> None:
    content = base64.b64encode(b"\xff\xd8\xff").decode()
    assert decoded(f"data:image/jpeg;base64,{content}") == b"\xff\xd8\xff"
    for other in (None, 7, {}, "", content, f"data:image/png;base64,{content}", "data:image/jpeg;base64,*"):
        assert decoded(other) is None
