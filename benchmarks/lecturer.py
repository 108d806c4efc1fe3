"""A lecturer's way on Home: seconds from opening it to each thing that the class is to see.

    python -m benchmarks.lecturer [ROUNDS]

Starts a workbench of its own, opens Home once so that the model is loaded, and then as new visitors at 1280 x 720: draw
a scratch on the good part as soon as there is a canvas, and press the button that leads down to the network as soon as
it is there (the one click). The median of the rounds.
"""

import os
import shutil
import statistics
import sys
import time

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.first_screen import PATIENCE, SCREEN, served

EVENTS = ("canvas usable", "stroke released", "heatmap changed", "first stage of the network in sight")
STROKE = ((0.2, 0.3), (0.45, 0.5), (0.7, 0.6))
"""As fractions of the part."""


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as driver, served() as address:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        _walk(chromium, address)
        found = [_walk(chromium, address) for _ in range(rounds)]
        chromium.close()
    print("| from opening Home | seconds |\n|---|---|")
    for number, event in enumerate(EVENTS):
        print(f"| {event} | {statistics.median(times[number] for times in found):.1f} |")
    print(f"\n{os.cpu_count()} cores, {rounds} rounds, a load of {os.getloadavg()[0]:.1f}.")


def _walk(chromium: Browser, address: str) -> list[float]:
    """Seconds until each of the events."""
    context = chromium.new_context(viewport=SCREEN)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    started = time.perf_counter()
    times: list[float] = []

    def happened() -> None:
        times.append(time.perf_counter() - started)

    page.goto(address, wait_until="commit")
    page.locator(".demo .frame").wait_for()
    happened()
    heat = page.locator(".demo .heat").get_attribute("src")
    _draw(page)
    happened()
    page.locator(f".demo .heat:not([src='{heat}'])").wait_for()
    happened()
    page.locator(".demo .below").click()
    page.locator(".network svg.walking").wait_for()
    happened()
    context.close()
    return times


def _draw(page: Page) -> None:
    box = page.locator(".demo .frame").bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in STROKE]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()


if __name__ == "__main__":
    main()
