"""The pages in a real browser: no console error, no exception box, nothing wider than a phone's screen."""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench.shared import samples

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A page that is opened by its own address first looks for the server below that address; that is Streamlit's way.
EXPECTED_404 = "/_stcore/"
PATIENCE = 120_000  # milliseconds; a machine may be busy with other things

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason=f"no browser is installed (looked for {', '.join(BROWSERS)})"),
    pytest.mark.timeout(480),
]


@pytest.fixture(scope="module")
def address(request: pytest.FixtureRequest, tiny_checkpoint: Path, trained_checkpoint: Path) -> Iterator[str]:
    """The address of a running workbench that knows the tiny checkpoint only; shared by the files that mean the same
    checkpoint by that."""
    if tiny_checkpoint == trained_checkpoint:
        yield request.getfixturevalue("shared_address")
    else:
        yield from served(tiny_checkpoint)


def served(tiny_checkpoint: Path) -> Iterator[str]:
    """A workbench of its own that knows the checkpoints beside this one only, running until the generator is closed."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"NNET_CHECKPOINTS": str(tiny_checkpoint.parent), "NNET_CHECKPOINTS_ONLY": "1"}
    command = [sys.executable, "-m", "streamlit", "run", "Workbench.py", "--server.headless", "true"]
    server = subprocess.Popen([*command, "--server.port", str(port)], cwd=ROOT, env=environment)
    try:
        _wait_for(f"http://localhost:{port}/_stcore/health", server)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_for(url: str, server: subprocess.Popen) -> None:
    for _ in range(300):
        assert server.poll() is None, "the server ended before it was ready"
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"{url} did not answer within a minute")


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
        yield chromium
        chromium.close()


class Visitor:
    """A page in the browser that remembers what went wrong, and whom it talked to."""

    def __init__(self, browser: object, address: str, width: int = 1440, **options: object) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        self.page = self.context.new_page()
        self.address = address
        self.page.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._request)

    def _console(self, message: object) -> None:
        if message.type == "error" and EXPECTED_404 not in message.location.get("url", ""):
            self.complaints.append(f"{message.text} ({message.location.get('url')})")

    def _request(self, request: object) -> None:
        if not request.url.startswith((self.address, self.address.replace("http", "ws"), "data:", "blob:")):
            self.strangers.append(request.url)

    def open(self, path: str = "") -> Visitor:
        self.page.goto(f"{self.address}/{path}")
        return self.settle()

    def settle(self) -> Visitor:
        """Wait until the page has been drawn and the server has nothing left to do."""
        self.page.wait_for_selector("h1")
        self.page.wait_for_timeout(400)
        self.page.wait_for_function(
            """() => !document.querySelector('[data-testid="stStatusWidget"], [data-testid="stSkeleton"]')
                  && !document.querySelector('[data-stale="true"]')"""
        )
        return self

    def check(self) -> None:
        assert self.page.locator('[data-testid="stException"]').count() == 0
        assert self.complaints == []
        assert self.strangers == [], "the workbench talks to nobody but its own server"
        overhang = self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        assert overhang <= 0, f"the page is {overhang} pixels wider than the window"

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


def picture(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).resize((320, 240), Image.Resampling.BICUBIC).save(stream, "PNG")
    return stream.getvalue()


def photo(number: int = 0) -> bytes:
    """One of the sample pictures, real solar cells, as a file that a visitor drops in."""
    images = samples.collection().images
    stream = io.BytesIO()
    Image.fromarray(images[number % len(images)].sample.load().image).save(stream, "PNG")
    return stream.getvalue()


def file(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "image/png", "buffer": content}


def score(page: object) -> str:
    return page.locator('[data-testid="stMetricValue"]').first.inner_text()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (400, "dark")])
def test_home_shows_pictures_and_leads_to_inspect(browser: object, address: str, width: int, scheme: str) -> None:
    with Visitor(browser, address, width, color_scheme=scheme) as visitor:
        page = visitor.open().page
        assert page.locator('[data-testid="stMain"] img').count() == 2
        assert page.get_by_text("held-out normal images").count() > 0
        visitor.check()
        page.locator('[data-testid="stMain"] [data-testid="stPageLink-NavLink"]').first.click()
        page.wait_for_url("**/Inspect**")
        visitor.settle().check()


@pytest.mark.parametrize("width", [1440, 400])
def test_uploaded_images_are_shown_with_heatmap_and_score(browser: object, address: str, width: int) -> None:
    with Visitor(browser, address, width) as visitor:
        page = visitor.open("Inspect").page
        files = [file("first.png", picture(1)), file("second.png", picture(2)), file("broken.png", picture(3)[:500])]
        page.set_input_files("input[type=file]", files)
        page.get_by_role("heading", name="first.png").wait_for()
        visitor.settle()
        assert page.get_by_text("broken.png is damaged").count() == 1
        assert page.locator(".st-key-pictures .frame").count() == 3
        assert page.locator(".st-key-circuit .thumb img").count() == 7
        assert page.locator(".st-key-shelf_row img").count() == 2
        page.locator(".st-key-shelf_row button:visible", has_text=".").nth(0).click()
        visitor.settle().check()


def test_the_controls_of_inspect_work(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Inspect").page
        before = score(page)
        page.get_by_role("radio", name="Reverse only").or_(page.get_by_role("button", name="Reverse only")).click()
        page.wait_for_url("**score=reverse**")
        visitor.settle()
        assert score(page) != before
        page.locator(".st-key-circuit").get_by_role("button", name="M1 (").click()
        page.wait_for_url("**score=own**")
        visitor.settle()
        assert page.locator(".st-key-expression input").input_value() == "M2*M3"
        page.locator(".st-key-expression input").fill("M2*(")
        page.locator(".st-key-expression input").press("Enter")
        page.get_by_text("Until then the score is").wait_for()
        page.locator(".st-key-opacity input[type=range]").press("ArrowLeft")
        page.wait_for_url("**opacity=65**")
        visitor.settle().check()


def test_values_under_the_pointer_are_in_pixels_of_the_image(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Inspect").page
        frame = page.locator(".st-key-pictures .frame").nth(2)
        box = frame.bounding_box()
        frame.hover(position={"x": 0.25 * box["width"], "y": 0.75 * box["height"]})
        told = page.locator(".st-key-pictures .probe")
        page.get_by_text("Under the pointer").wait_for()
        found = re.search(r"x (\d+) px, y (\d+) px · score [0-9.]+", told.inner_text())
        assert abs(int(found[1]) - 75) <= 2 and abs(int(found[2]) - 225) <= 2  # of 300 x 300
        visitor.check()


def test_raw_values_are_downloaded(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Inspect").page
        with page.expect_download() as arriving:
            page.get_by_role("button", name="Raw values (NPZ)").click()
        assert arriving.value.suggested_filename == "cell0496-values.npz"
        with np.load(arriving.value.path(), allow_pickle=False) as read:
            assert read["score"].shape == (64, 64)
            assert {f"M{i}" for i in range(1, 7)} <= set(read.files)
        visitor.check()
