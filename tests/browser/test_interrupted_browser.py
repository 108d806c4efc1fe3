"""Back, Forward and reload while a set is measured or a file is sent, and two tabs side by side: no error, nothing lost
without a word, and nobody sees what another one brought."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import pytest
from browsing import Visitor, click, file, picture, score, upload
from builders import encode, random_images, zipped

from workbench.shared import words as shared_words

MANY = 60  # pictures: enough to be caught in the middle


def archive(good: int, dent: int, seed: int) -> dict[str, object]:
    """A ZIP of a category with so many test images."""
    mask = np.zeros((64, 64), np.uint8)
    mask[20:40, 8:24] = 255
    files = {f"part/ground_truth/dent/{i}_mask.png": encode(mask) for i in range(dent)}
    for folder, count, first in (("train/good", 2, seed), ("test/good", good, seed + 1), ("test/dent", dent, seed + 2)):
        files |= {f"part/{folder}/{i}.png": encode(m) for i, m in enumerate(random_images(count, seed=first))}
    return {"name": "part.zip", "mimeType": "application/zip", "buffer": zipped(files)}


@contextmanager
def held(page: Any) -> Iterator[list[Any]]:
    """Within it, files that are sent do not arrive; afterwards they do."""
    waiting: list[Any] = []
    page.route(
        "**/_stcore/upload_file/**", lambda route: waiting.append(route) if _is_sent(route) else route.continue_()
    )
    yield waiting
    page.unroute_all()
    for route in waiting:
        with suppress(Exception):  # its page was loaded again
            route.continue_()


def _is_sent(route: Any) -> bool:
    return str(route.request.method) == "PUT"


def begin(visitor: Visitor, good: int, dent: int, seed: int) -> None:
    """Hand over a ZIP and start to measure it, until the first pictures are done."""
    page = visitor.page
    page.set_input_files("input[type=file]", [archive(good, dent, seed)])
    page.locator(".st-key-evaluate_start button:visible").click()
    going, done = page.locator(".st-key-evaluate_stop button:visible"), page.get_by_text("Metrics over all images")
    going.or_(done).first.wait_for()  # a fast machine may be done at once


def finish(visitor: Visitor) -> str:
    """Wait until the set is measured, with another press if it was interrupted; what it rests on."""
    page = visitor.settle().page
    done, start = page.get_by_text("Metrics over all images"), page.locator(".st-key-evaluate_start button:visible")
    done.or_(start).first.wait_for()
    if start.count():
        start.click()
    done.wait_for()
    visitor.settle().check()
    return page.get_by_text(re.compile(r"normal and .* defective")).first.text_content()


def from_home(visitor: Visitor, title: str) -> None:
    visitor.open()
    visitor.page.locator('[data-testid="stSidebarNavLink"]').get_by_text(title, exact=True).click()
    visitor.page.wait_for_url(f"**/{title}**")
    visitor.settle()


def back(visitor: Visitor) -> None:
    """To Home, without an error there."""
    visitor.page.go_back()
    visitor.page.wait_for_function("() => location.pathname === '/'")
    visitor.settle().check()


def forward(visitor: Visitor, title: str) -> None:
    visitor.page.go_forward()
    visitor.page.wait_for_url(f"**/{title}**")
    visitor.settle().check()


@pytest.mark.long
def test_back_forward_and_reload_while_a_set_is_measured(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        from_home(visitor, "Evaluate")
        page = visitor.page
        page.locator(".st-key-own_zip button:visible").click()
        visitor.settle()
        begin(visitor, MANY, MANY, 10)
        back(visitor)
        forward(visitor, "Evaluate")
        assert f"{MANY} normal and {MANY} defective" in finish(visitor)
        page.locator("summary", has_text="part").first.click()
        begin(visitor, MANY, MANY + 1, 20)
        page.reload()
        visitor.settle().check()
        assert not page.locator(".nn-lost").count(), "what was sent is still there"
        assert f"{MANY} normal and {MANY + 1} defective" in finish(visitor)


@pytest.mark.long
def test_back_forward_and_reload_while_files_are_sent(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        from_home(visitor, "Inspect")
        page, files = visitor.page, [file("first.png", picture(1)), file("second.png", picture(2))]
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        told = page.locator(".nn-lost")
        with held(page) as waiting:
            bar = page.locator(".st-key-picture_bar")
            bar.locator("summary").first.click()
            visitor.settle()
            bar.locator("input[type=file]").set_input_files(files)
            page.wait_for_function("() => window.nnSending.size")
            back(visitor)
            assert told.inner_text() == shared_words.UPLOAD_LOST
            page.mouse.click(700, 4)
            assert not told.count()
            assert waiting
        forward(visitor, "Inspect")
        upload(page, *files)
        visitor.settle()
        page.go_back()  # to the picture before
        visitor.settle().check()
        assert not told.count() and not asked, "what has arrived is not lost"
        with held(page):
            if not bar.locator("details[open]").count():
                bar.locator("summary").first.click()
            visitor.settle()
            bar.locator("input[type=file]").set_input_files(files)
            page.wait_for_function("() => window.nnSending.size")
            page.reload()
        visitor.settle().check()
        assert asked == ["beforeunload"] and not told.count()
        assert "your 2 pictures" in bar.locator("summary").first.inner_text(), "what had arrived is there still"
        page.reload()
        visitor.settle().check()
        assert len(asked) == 1 and "your 2 pictures" in bar.locator("summary").first.inner_text()


@pytest.mark.slow
def test_two_tabs_show_what_was_brought_to_each(browser: object, address: str) -> None:
    with Visitor(browser, address) as one, Visitor(browser, address) as two:
        tabs = (one, two)
        for seed, visitor in enumerate(tabs):
            upload(visitor.open("Inspect").page, file("part.png", picture(seed)))
        found = [score(visitor.settle().page) for visitor in tabs]
        assert found[0] != found[1], "two pictures of the same name"
        for visitor in tabs:
            visitor.open("Evaluate?evaluate_data=zip")
        for more, visitor in enumerate(tabs, 2):
            begin(visitor, MANY + more, MANY, 10 * more)
        for more, visitor in enumerate(tabs, 2):
            assert f"{MANY + more} normal and {MANY} defective" in finish(visitor)


HISTORY = "() => navigation.entries().map((entry) => new URL(entry.url).pathname)"
PRESSES = """async (steps) => {
  for (const step of steps) await new Promise((pressed) => {
    addEventListener('popstate', pressed, { once: true });
    history.go(step);
  });
}"""
LINKS = """async (rounds) => {
  for (let round = 0; round < rounds; round += 1) for (let link = 0; ; link += 1) {
    const found = document.querySelectorAll('[data-testid="stSidebarNavLink"]')[link];
    if (!found) break;
    found.click();
    await new Promise(requestAnimationFrame);
  }
}"""


def at_rest(visitor: Visitor, titles: dict[str, str]) -> None:
    """The page has come to rest without an error, and is the one that the address names."""
    page = visitor.settle().page
    path = page.evaluate("location.pathname")
    assert page.locator("h1").first.inner_text() == titles[path]
    current = page.locator('[data-testid="stSidebarNavLink"][aria-current]')
    assert page.evaluate("(link) => link.pathname", current.element_handle()) == path
    # A picture of a page that was left before it was drawn is not there any more.
    visitor.complaints = [one for one in visitor.complaints if "/media/" not in one]
    visitor.check()


@pytest.mark.long
def test_pages_are_left_faster_than_they_are_drawn(browser: object, address: str) -> None:
    """By Back and Forward, and by the sidebar while a picture reports where it was pressed."""
    with Visitor(browser, address) as visitor:
        upload(visitor.open("Inspect").page, file("mine.png", picture(3)))
        page, titles = visitor.settle().page, {}
        links = page.locator('[data-testid="stSidebarNavLink"]')
        for number in range(links.count()):
            links.nth(number).click()
            page.wait_for_function(
                "(link) => location.pathname === link.pathname", arg=links.nth(number).element_handle()
            )
            titles[page.evaluate("location.pathname")] = visitor.settle().page.locator("h1").first.inner_text()
        before = page.evaluate(HISTORY)
        last = len(titles) - 1
        page.evaluate(PRESSES, [*[-1] * last, *[1, 1, -1] * 3, 1, -1])
        at_rest(visitor, titles)
        page.evaluate(PRESSES, [1, -1] * 10)
        at_rest(visitor, titles)
        assert page.evaluate(HISTORY) == before, "no page took the place of another one"
        links.get_by_text("Inspect", exact=True).click()
        at_rest(visitor, titles)
        assert "mine.png" in page.locator(".st-key-picture_bar summary").first.inner_text()
        click(page, "pictures", 0.5, 0.5)
        page.evaluate(LINKS, 2)
        at_rest(visitor, titles)
