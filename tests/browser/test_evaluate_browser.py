"""The Evaluate page in a real browser: a ZIP is measured, the threshold moves, an image opens in Inspect."""

from collections.abc import Callable

import numpy as np
import pytest
from browsing import Visitor, on_every_screen
from builders import encode, random_images, zipped
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from test_first_screen_browser import HERO, little_to_read
from waiting import until

from workbench.evaluate import words


def archive(first: int = 1) -> dict[str, object]:
    """A ZIP of an MVTec-style category: 2 training images, 4 normal and 4 defective test images with masks."""
    mask = np.zeros((64, 64), np.uint8)
    mask[20:40, 8:24] = 255
    files = {f"part/ground_truth/dent/{i}_mask.png": encode(mask) for i in range(4)}
    for folder, count, seed in (("train/good", 2, first), ("test/good", 4, first + 1), ("test/dent", 4, first + 2)):
        files |= {f"part/{folder}/{i}.png": encode(m) for i, m in enumerate(random_images(count, seed=seed))}
    return {"name": "part.zip", "mimeType": "application/zip", "buffer": zipped(files)}


def drag(page: object, share: float) -> None:
    """Take hold of the histogram's line and let it go at a share 0..1 of the plot's width."""
    line = page.locator(".st-key-evaluate_histogram .slider")
    line.hover()  # waits until the page stands still, and takes the middle
    grip, plot = line.bounding_box(), page.locator(".st-key-evaluate_histogram svg").bounding_box()
    assert grip["width"] >= 44 and grip["height"] >= 44
    height = grip["y"] + grip["height"] / 2
    told = line.get_attribute("aria-valuetext")
    page.mouse.down()
    page.mouse.move(plot["x"] + share * plot["width"], height, steps=3)
    assert line.get_attribute("aria-valuetext") != told, "what it would do is told while it moves"
    page.mouse.up()


def confusion(page: object) -> list[str]:
    """The four counts of the table."""
    cells = page.locator("[data-testid=stHtml] td b").all_inner_texts()
    return [cell for cell in cells if cell.isdigit()]


class Answers:
    """What the server sends to a page, which can be held back, so that the page is pressed while it is answered."""

    def __init__(self, page: object) -> None:
        self.page, self.waiting, self.held, self.asked, self.done = page, [], False, 0, 0
        page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, socket: object) -> None:
        self.socket, server = socket, socket.connect_to_server()

        def ask(message: object) -> None:
            self.asked += 1
            server.send(message)

        def answer(message: bytes) -> None:
            self.done += ForwardMsg.FromString(message).WhichOneof("type") == "script_finished"
            if self.held:
                self.waiting.append(message)
            else:
                socket.send(message)

        socket.on_message(ask)
        server.on_message(answer)

    def until(self, true: Callable[[], object]) -> None:
        """Wait for it while the page and the server go on talking."""
        until(lambda: self.page.evaluate("() => new Promise(requestAnimationFrame)") and true())

    def let_go(self) -> None:
        """Hand over what was held back, and all that follows."""
        self.held = False
        for message in self.waiting:
            self.socket.send(message)
        self.waiting = []

    def press(self, slider: object, key: str) -> None:
        """Press a key on a slider, and wait until the server has answered, whether the page has heard of it or not."""
        asked, done = self.asked, self.done
        slider.press(key)
        self.until(lambda: self.asked > asked and self.done > done)


@pytest.mark.long
def test_a_wanted_rate_stays_while_the_page_is_still_being_answered(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.page
        answers = Answers(page)
        visitor.open("Evaluate?evaluate_data=zip&evaluate_part=threshold&aim=miss")
        page.set_input_files("input[type=file]", [archive(11)])
        page.locator(".st-key-evaluate_start button:visible").or_(page.locator(".st-key-rate")).first.wait_for()
        if page.locator(".st-key-evaluate_start button:visible").count():
            page.locator(".st-key-evaluate_start button:visible").click()
        page.locator(".st-key-rate").wait_for()
        visitor.settle()
        rate, chosen = page.locator(".st-key-rate").get_by_role("slider"), page.locator("[class*='st-key-aim_'] input")
        rate.press("End")  # half of the defects may be missed
        page.wait_for_url("**rate=50**")
        visitor.settle()
        answers.held = True
        answers.press(rate, "Home")  # none may be missed, which is another threshold
        answers.press(rate, "ArrowRight")  # pressed before the page has heard of that
        answers.let_go()
        page.wait_for_url("**rate=1**")
        visitor.settle().check()
        assert "aim=miss" in page.url and chosen.input_value() == words.AIMS["miss"] and rate.is_enabled()


@pytest.mark.long
@on_every_screen
def test_a_zip_is_measured_and_an_image_of_it_opens_in_inspect(
    browser: object, address: str, width: int, scheme: str
) -> None:
    with Visitor(browser, address, width, color_scheme=scheme) as visitor:
        page = visitor.open("Evaluate?evaluate_data=zip").page
        page.set_input_files("input[type=file]", [archive()])
        ready = page.get_by_text("4 normal and 4 defective test images"), page.get_by_text("Metrics over all images")
        ready[0].or_(ready[1]).first.wait_for()
        visitor.settle()
        if page.locator(".st-key-evaluate_start button:visible").count():  # the second visitor finds it measured
            page.locator(".st-key-evaluate_start button:visible").click()
        page.get_by_text("Metrics over all images").wait_for()
        visitor.settle().check()
        assert page.locator(".js-plotly-plot").count() == 2
        picture = page.locator("[data-testid=stMain] [data-testid=stImage]").first
        picture.hover()
        enlarging = page.locator("[data-testid=stMain] [data-testid=stElementToolbar]").first.bounding_box()
        assert enlarging["y"] >= picture.bounding_box()["y"], "it covers nothing above the picture"
        if width > 640:
            page.set_viewport_size({"width": 1280, "height": 720})
            little_to_read(visitor, "Metrics", HERO)
        page.locator(".st-key-evaluate_part").get_by_text("Threshold", exact=True).click()
        page.locator("[class*='st-key-aim_']").wait_for()
        visitor.settle()
        if width > 640:
            little_to_read(visitor, "Threshold", HERO)
            page.set_viewport_size({"width": width, "height": 900})
        # In the middle of the screen, since a list closes when the page scrolls.
        aim = page.locator("[class*='st-key-aim_']")
        aim.evaluate("box => box.scrollIntoView({block: 'center', behavior: 'instant'})")
        aim.locator("input").click()
        page.get_by_role("option", name=words.AIMS["alarm"]).click()
        page.get_by_text("False alarms: 0 of 4 normal images").wait_for()
        before = page.url
        page.locator("[class*='st-key-cut_']").get_by_role("slider").press("ArrowRight")
        page.wait_for_function("url => location.href !== url", arg=before)
        visitor.settle().check()
        drag(page, 1.0)
        page.get_by_text(words.decided(4, 0, 4, 0)).wait_for()
        assert confusion(visitor.settle().page) == ["4", "0", "4", "0"]
        drag(page, 0.0)
        page.get_by_text(words.decided(0, 4, 0, 4)).wait_for()
        assert confusion(visitor.settle().page) == ["0", "4", "0", "4"]
        assert "cut=" in page.url
        page.locator("[class*='st-key-open-'] button:visible").first.click()  # nothing is missed: the worst false alarm
        page.get_by_role("heading", name="Inspect").wait_for()
        page.wait_for_url("**image=test%2Fgood**")
        visitor.settle().check()
