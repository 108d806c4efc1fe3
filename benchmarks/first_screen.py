"""What a visitor sees at first: how long until the first words and the first live heatmap, and how full each page is.

    python -m benchmarks.first_screen > docs/first-screen.md

Starts a workbench of its own and opens it in headless Chromium. First from cold: seconds until the title, the stored
picture and the demo's heatmap are there. Then every page once, at three sizes: what is on the first screen of a
projector (1280 x 720), the whole page at 1440 x 900, and its height on a phone (400 x 850). first_screen.js counts.
"""

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
DESK: ViewportSize = {"width": 1440, "height": 900}
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
picture began, and the height on a phone."""


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
    first = [
        "| page | words | numbers | controls | first large picture at y | of it above the fold |",
        "|---|---|---|---|---|---|",
    ]
    whole = [
        "| page | height | words | numbers | controls | first large picture at y | on a phone |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in ("Home", *(words.PAGES[page].title for pages in words.SECTIONS.values() for page in pages)):
        page.set_viewport_size(SCREEN)
        page.goto(f"{address}/{'' if name == 'Home' else name.replace(' ', '_')}")
        seen, desk, phone = (_counted(page, size) for size in (SCREEN, DESK, PHONE))
        above = f"{seen['hero']} px" if seen["hero"] else "none"
        first.append(_row(name, seen["words"], seen["numbers"], seen["controls"], seen["picture"], above))
        now = (
            desk["height"],
            desk["allWords"],
            desk["allNumbers"],
            desk["allControls"],
            desk["picture"],
            phone["height"],
        )
        before = BEFORE.get(name, ("–",) * len(now))
        whole.append(_row(name, *(f"{old} → {new}" for old, new in zip(before, now, strict=True))))
    print("## At 1280 x 720, without scrolling\n", *first, sep="\n")
    print("\n## The whole page at 1440 x 900, and its height at 400: before → now\n", *whole, sep="\n")
    print("\nBefore: by hand, before the pages were turned round; Train with a run, Ablations' results.")


def _counted(page: Page, size: ViewportSize) -> dict[str, Any]:
    """What first_screen.js finds at this size."""
    page.set_viewport_size(size)
    page.wait_for_function("() => window.settled()")
    found: dict[str, Any] = page.evaluate(COUNT)
    return found | {"picture": "none" if found["picture"] is None else found["picture"]}


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
