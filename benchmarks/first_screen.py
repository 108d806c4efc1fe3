"""What a visitor sees at first: how long until the first words and the first live heatmap, and how full each page is.

    python -m benchmarks.first_screen > docs/first-screen.md

Starts a workbench of its own and opens it in headless Chromium. First from cold: seconds until the title, the stored
picture and the demo's heatmap are there. Then every page at 1280 x 720 (a projector): words, numbers and controls on
the first screen, where the first large picture begins (at least 280 pixels high and wide), the page's height and words,
and its height at 400 pixels. first_screen.js counts; a group of choices is one control.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize, sync_playwright

from workbench.shared import words

ROOT = Path(__file__).resolve().parent.parent
COUNT = Path(__file__).with_name("first_screen.js").read_text(encoding="utf-8")
SETTLED = ROOT / "tests" / "support" / "settled.js"
SCREEN: ViewportSize = {"width": 1280, "height": 720}
PHONE: ViewportSize = {"width": 400, "height": 850}
PATIENCE = 300_000  # milliseconds
BEFORE = {
    "Home": (1241, 276, 22, 0, "230", 2778),
    "Inspect": (2499, 446, 123, 63, "1101", 6181),
    "Memory": (5006, 919, 237, 48, "929", 11168),
    "Projection": (4170, 684, 228, 53, "1358", 7454),
    "Evaluate": (900, 106, 4, 5, "none", 1034),
    "Train": (2257, 255, 57, 16, "1022", 1911),
    "Ablations": (2174, 616, 100, 22, "none", 3856),
}
"""At 1440 pixels, by hand, before the pages were turned round: height, words, numbers, controls, where the first large
picture began, and the height on a phone. Train with a run; Ablations' results."""


@contextmanager
def served() -> Iterator[str]:
    """A workbench that has answered nobody yet."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "workbench", "--server.headless", "true"]
    server = subprocess.Popen([*command, "--port", str(port)], cwd=ROOT, env=os.environ, stdout=sys.stderr)
    try:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            with socket.socket() as tried:
                if tried.connect_ex(("localhost", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as driver, served() as address:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(viewport=SCREEN)
        page.set_default_timeout(PATIENCE)
        page.add_init_script(path=SETTLED)
        print("# The first screen\n\nMade by `python -m benchmarks.first_screen`, which says what is counted.\n")
        _cold(page, address)
        _table(page, address)
        chromium.close()


def _cold(page: Page, address: str) -> None:
    """From a server that has just started."""
    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    print("| from a cold start | seconds |\n|---|---|")
    for what, selector in (("title", ".stMain h1"), ("stored picture", ".nn-hero"), ("live heatmap", ".demo .heat")):
        page.locator(selector).first.wait_for(state="attached")
        print(f"| {what} | {time.perf_counter() - started:.1f} |", flush=True)
    print(f"\nWith {os.cpu_count()} cores and a load of {os.getloadavg()[0]:.0f} from other programs.\n")


def _table(page: Page, address: str) -> None:
    print("| page | words at first | numbers | controls | picture at y | height | words | phone |")
    print("|---|---|---|---|---|---|---|---|")
    calls = 0
    for name in ("Home", *(text.title for text in words.PAGES.values())):
        counted: list[dict[str, Any]] = []
        for size in (SCREEN, PHONE):
            page.set_viewport_size(size)
            page.goto(f"{address}/{'' if name == 'Home' else name.replace(' ', '_')}")
            calls += 1
            page.wait_for_function("(call) => window.settled(call)", arg=calls)
            counted.append(page.evaluate(COUNT))
        now, phone = counted
        cells = (now["words"], now["numbers"], now["controls"], now["picture"], now["height"], now["allWords"])
        print(f"| {name} | {' | '.join(map(str, cells))} | {phone['height']} |", flush=True)
    print("\nBefore, at 1440 pixels:\n\n| page | height | words | numbers | controls | picture at y | phone |")
    print("|---|---|---|---|---|---|---|")
    for name, cells in BEFORE.items():
        print(f"| {name} | {' | '.join(map(str, cells))} |")


if __name__ == "__main__":
    main()
