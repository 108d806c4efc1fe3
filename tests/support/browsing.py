"""A real browser: where it is, a running workbench for it, and what a visitor sees and must not see."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from builders import encode
from PIL import Image

from workbench.inspect.words import STRIP_TITLE
from workbench.shared import samples

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
    "--js-flags=--no-opt",  # each page is looked at for seconds: compiling it well costs more than it brings
    "--process-per-site",  # all visits in one process, which keeps what it has compiled
)
# A page that is opened by its own address first looks for the server below that address; that is Streamlit's way.
EXPECTED_404 = "/_stcore/"
SETTLED = Path(__file__).with_name("settled.js")
PATIENCE = 120_000  # milliseconds; a machine may be busy with other things

on_every_screen = pytest.mark.parametrize(
    ("width", "scheme"), [(1440, "light"), pytest.param(400, "dark", marks=pytest.mark.slow)]
)
"""A long walk on a desk and, in the slow suite, on a phone; that a phone can show every page is found out by
test_first_screen_browser.py."""


def served(tiny_checkpoint: Path) -> Iterator[str]:
    """A workbench of its own that knows the checkpoints beside this one only, running until the generator is closed."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"NNET_CHECKPOINTS": str(tiny_checkpoint.parent), "NNET_CHECKPOINTS_ONLY": "1"}
    command = [sys.executable, "-m", "workbench", "--server.headless", "true"]
    command += ["--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        # Streamlit names its address once it listens there; what it says later is read so that it can go on.
        assert any(f":{port}" in line for line in server.stdout), "the server ended before it was ready"
        threading.Thread(target=server.stdout.read, daemon=True).start()
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


class Visitor:
    """A page in the browser that remembers what went wrong, and whom it talked to."""

    def __init__(self, browser: object, address: str, width: int = 1440, color_scheme: str = "light") -> None:
        # One context for all, so that Streamlit's scripts are loaded and compiled once.
        context = browser.contexts[0] if browser.contexts else browser.new_context()
        if not context.pages:  # one that stays, and with it the process that has compiled the scripts
            context.new_page().goto(f"{address}/_stcore/health")
        self.page = context.new_page()
        self.page.add_init_script(path=SETTLED)
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=color_scheme)
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
        """Wait until the page has been drawn and neither it nor the server has anything left to do (settled.js)."""
        try:
            self.page.wait_for_function("() => window.settled()")
        except Exception as error:
            if type(error).__name__ != "TimeoutError":  # Playwright's; it need not be installed
                raise
            pytest.fail(f"the page does not come to rest: {self.page.evaluate('window.stillBusy()')}")
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
        self.page.close()


def picture(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return encode(Image.fromarray(pixels).resize((320, 240), Image.Resampling.BICUBIC))


def photo(number: int = 0) -> bytes:
    """One of the sample pictures, real solar cells, as a file that a visitor drops in."""
    images = samples.collection().images
    return encode(images[number % len(images)].sample.load().image)


def file(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "image/png", "buffer": content}


def upload(page: object, *files: dict[str, object]) -> None:
    """Open the picture bar, hand over files there, and wait until the first of them is the chosen picture.

    The bar closes by that. After several files it is opened again, to choose among them.
    """
    bar = page.locator(".st-key-picture_bar")
    if not bar.locator("details[open]").count():
        bar.locator("summary").first.click()
    bar.locator("input[type=file]").set_input_files(list(files))
    bar.locator("details:not([open]) summary", has_text=str(files[0]["name"])).first.wait_for()
    if len(files) > 1:
        bar.locator("summary").first.click()


def score(page: object) -> str:
    """The score of Inspect's picture, which the tooltip of the strip tells."""
    page.get_by_test_id("stMarkdown").filter(has_text=STRIP_TITLE).get_by_test_id("stTooltipIcon").hover()
    told = page.get_by_test_id("stTooltipContent").text_content()
    page.mouse.move(0, 0)
    page.get_by_test_id("stTooltipContent").wait_for(state="detached")
    return re.match(r"Score (\S+), threshold", told)[1]


_AT_REST = """(element) => new Promise((resolve) => {
  let before = '', frames = 0;
  const look = () => {
    const { x, y, width, height } = element.getBoundingClientRect();
    const seen = height > innerHeight || (y >= -1 && y + height <= innerHeight + 1);
    if (!seen || !before) element.scrollIntoView({ block: 'center', behavior: 'instant' });
    const now = [x, y, width, height].join();
    frames = seen && now === before ? frames + 1 : 0;
    before = now;
    if (frames >= 3) resolve(); else requestAnimationFrame(look);
  };
  look();
})"""


def place(element: object) -> dict[str, float]:
    """Where an element stands in the window, after it was scrolled there and moves no more: a page that is being drawn
    may scroll back, and a mouse that then presses beside the window presses nothing."""
    element.evaluate(_AT_REST)
    return element.bounding_box()


def click(page: object, key: str, x: float, y: float, number: int = 0) -> None:
    """Click into a picture of a component at a share of its width and height."""
    frame = page.locator(f".st-key-{key} .frame").nth(number)
    box = place(frame)
    frame.click(position={"x": x * box["width"], "y": y * box["height"]})
