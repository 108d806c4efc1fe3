"""Train in a real browser: photos in, a crop box drawn on one of them, a run that waits its turn; and a finished run,
its film scrubbed and its model inspected. The training in between is watched by test_whole_way_browser.py."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browsing import Visitor, file, picture, served
from browsing import place as place_of
from PIL import Image
from run_builders import finish, make_run, write_film

from nnet.runs import Runs
from nnet.runs.slots import take_slot
from workbench.train import words

CUT_OFF = (Path(__file__).parents[1] / "support" / "cut_off.js").read_text(encoding="utf-8")
"""Finds words that do not fit their place."""

SLOW = 200_000  # milliseconds for what trains, which takes seconds on a machine with nothing else to do


@pytest.fixture(scope="module")
def address(runs: Runs, tiny_checkpoint: Path) -> Iterator[str]:
    """A workbench with an empty folder of runs, on a machine whose only place is taken: a run is queued."""
    busy = take_slot("cpu", None)
    try:
        yield from served(tiny_checkpoint)
    finally:
        busy.release()


def tall(seed: int) -> bytes:
    """300 x 1600 pixels."""
    stream = io.BytesIO()
    grey = np.random.default_rng(seed).integers(80, 120, (1600, 300), np.uint8)
    Image.fromarray(grey).save(stream, "JPEG", quality=60)
    return stream.getvalue()


def choose(page: object, key: str, option: str) -> None:
    """Choose from a list, which closes when the page scrolls under it."""
    field = page.locator(f".st-key-{key} input")
    place_of(field)
    field.click()
    page.get_by_role("option", name=option, exact=True).click()


def enter(page: object, key: str, value: object) -> None:
    """Type into a field."""
    field = page.locator(f".st-key-{key} input")
    field.fill(str(value))
    field.press("Enter")


_FIELDS = """(labels) => {
  const fields = labels.map((label) => document.querySelector(`input[aria-label="${label}"]`));
  return fields.every(Boolean) ? fields.map((field) => Number(field.value)) : null;
}"""
_SAID = f"([labels, wanted]) => {{ const found = ({_FIELDS})(labels); return found && wanted.every((w, i) => \
Math.abs(found[i] - w) < 0.6); }}"


def says(page: object, *wanted: float) -> None:
    """Wait until the number fields name this box: left, top, width and height in per cent."""
    page.wait_for_function(_SAID, arg=[list(words.CROP_SIDES.values()), list(wanted)])


def at(page: object, x: float, y: float) -> tuple[float, float]:
    """A place on the picture that the box is drawn on, 0..1, as a place in the window, where it can be pressed."""
    box = place_of(page.locator(".st-key-crop_box .frame"))
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def drag(page: object, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *end), steps=4)
    page.mouse.up()


def swipe(page: object, start: tuple[float, float], end: tuple[float, float]) -> None:
    """The same with a finger."""
    session = page.context.new_cdp_session(page)
    for kind, place in (("touchStart", start), ("touchMove", end), ("touchEnd", None)):
        x, y = at(page, *(place or end))
        points = [{"x": x, "y": y}] if place else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def draw_a_crop_box(visitor: Visitor) -> None:
    """On a picture of the part: draw it, move it, resize it, name it in numbers, and take it away again."""
    page = visitor.page
    page.get_by_text(words.REGION, exact=True).click()
    frame = page.locator(".st-key-crop_box .frame")
    frame.wait_for()
    visitor.settle()
    says(page, 0, 0, 100, 100)
    drag(page, (0.7, 0.8), (0.3, 0.4))  # a new one, from below
    says(page, 30, 40, 40, 40)
    visitor.settle()
    drag(page, (0.5, 0.6), (0.4, 0.3))  # its inside
    says(page, 20, 10, 40, 40)
    visitor.settle()
    drag(page, (0.6, 0.5), (0.9, 0.95))  # its lower right corner
    says(page, 20, 10, 70, 85)
    visitor.settle()
    swipe(page, (0.2, 0.5), (0.5, 0.5))  # its left border, with a finger
    says(page, 50, 10, 40, 85)
    visitor.settle()
    frame.press("ArrowLeft")
    says(page, 49, 10, 40, 85)
    frame.press("Shift+ArrowUp")
    says(page, 49, 10, 40, 84)
    visitor.settle()
    field = page.get_by_label(words.CROP_SIDES["width"], exact=True)
    field.fill("25")
    field.press("Enter")
    says(page, 49, 10, 25, 84)
    visitor.settle()
    left, right = (page.locator(".st-key-crop_box .box").bounding_box()[key] for key in ("x", "width"))
    assert (left, right) == pytest.approx((at(page, 0.49, 0)[0], at(page, 0.25, 0)[0] - at(page, 0, 0)[0]), abs=2)
    frame.press("Escape")
    says(page, 0, 0, 100, 100)
    visitor.settle().check()


@pytest.mark.long
def test_a_tall_picture_fits_on_a_projector_together_with_its_tools(browser: object, address: str) -> None:
    """300 x 1600 at 1280 x 720: the picture for the crop box and the one for the brush, which has tools above it."""
    photos = [file(f"tall{seed}.png", tall(seed)) for seed in range(12)]
    with Visitor(browser, address, 1280) as visitor:
        page = visitor.page
        page.set_viewport_size({"width": 1280, "height": 720})
        visitor.open("Train?train_part=new")
        page.locator("input[type=file]").first.set_input_files(photos)
        page.get_by_text("12 photos").wait_for()
        visitor.settle()
        page.get_by_text(words.REGION, exact=True).click()
        for key in ("crop_box", "ignore_painter"):
            whole, frame = page.locator(f".st-key-{key} .root"), page.locator(f".st-key-{key} .frame")
            frame.wait_for()
            visitor.settle()
            seen = frame.bounding_box()
            assert seen["height"] / seen["width"] == pytest.approx(1600 / 300, rel=0.02)
            assert 400 < seen["height"] <= whole.bounding_box()["height"] < 720
        for width, in_rows in ((1280, [4]), (400, [2, 2])):
            page.set_viewport_size({"width": width, "height": 720})
            visitor.settle()
            fields = [page.get_by_label(words.CROP_SIDES[side], exact=True) for side in words.CROP_SIDES]
            heights = Counter(round(field.bounding_box()["y"]) for field in fields)
            assert list(heights.values()) == in_rows


@pytest.mark.long
def test_photos_outlive_another_page_and_a_reload_and_nobody_says_that_they_are_lost(
    browser: object, address: str
) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Train?train_part=new").page
        page.locator("input[type=file]").first.set_input_files([file(f"p{i}.png", picture(i)) for i in range(12)])
        page.get_by_text("12 photos").wait_for()
        visitor.settle()
        for title in ("Watch", "Train"):
            page.locator('[data-testid="stSidebarNavLink"]').get_by_text(title, exact=True).click()
            page.wait_for_url(f"**/{title}**")
            visitor.settle()
            if title == "Watch":
                page.reload()
                visitor.settle()
                assert not page.locator(".nn-lost").count()
        page.get_by_role("radio", name="New model").or_(page.get_by_text("New model", exact=True)).first.click()
        visitor.settle()
        page.get_by_text("12 photos").wait_for()
        visitor.check()


@pytest.mark.long
def test_photos_get_a_box_and_start_a_run(browser: object, address: str, runs: Runs) -> None:
    photos = [file(f"good{seed}.png", picture(seed)) for seed in range(14)]
    with Visitor(browser, address) as visitor:
        page = visitor.open("Train?train_part=new").page  # with a run to look at, the page opens on it
        page.locator("input[type=file]").first.set_input_files(photos)
        page.get_by_text("14 photos").wait_for()
        visitor.settle()
        draw_a_crop_box(visitor)
        page.get_by_text(words.ADVANCED, exact=True).click()
        page.set_viewport_size({"width": 1280, "height": 900})
        visitor.settle()
        assert not (cut := page.evaluate(CUT_OFF)), cut
        choose(page, "set-model-teacher_weights", "random")
        visitor.settle()
        choose(page, "set-model-teacher", "resnet18")
        visitor.settle()
        for key, value in (("run_name", "Blobs"), ("set-train-epochs", 3)):
            enter(page, key, value)
            visitor.settle()
        page.get_by_role("button", name="Start training").click()
        page.get_by_role("heading", name="Blobs").wait_for()
        assert "run=blobs" in page.url
        spec = runs.get("blobs").spec
        assert (spec.config.model.teacher, spec.config.train.epochs) == ("resnet18", 3)
        visitor.check()  # a run that goes on changes its page all the time


@pytest.mark.long
def test_a_film_is_scrubbed_and_its_model_inspected(
    browser: object, address: str, runs: Runs, tiny_checkpoint: Path
) -> None:
    run = make_run(runs, "Dots")
    write_film(run)
    finish(run, tiny_checkpoint)
    with Visitor(browser, address, 400, color_scheme="dark") as visitor:
        page = visitor.open(f"Train?run={run.id}&model=tiny").page
        slider = page.locator(".film input[type=range]")
        slider.scroll_into_view_if_needed()
        page.get_by_text("epoch 2 ·").wait_for()
        slider.press("Home")
        page.get_by_text("before the first step ·").wait_for()
        page.wait_for_url("**epoch=0**")
        page.get_by_role("button", name="Play the film").click()
        page.get_by_text("epoch 2 ·").wait_for()
        assert page.locator(".film .strip").count() == 7
        visitor.settle().check()
        # Pressed while the film is about to report an epoch; once that report went first, and took the press with it.
        slider.evaluate(
            """(slider, button) => {
              slider.value = 1;
              for (const moved of ['input', 'change']) slider.dispatchEvent(new Event(moved, { bubbles: true }));
              button.click();
            }""",
            page.get_by_role("button", name="Inspect with it").element_handle(),
        )
        page.wait_for_url(re.compile(rf"/Inspect\?.*\bmodel={run.id}\b"))
        visitor.settle().check()


@pytest.mark.long
def test_enter_renames_a_run(browser: object, address: str, runs: Runs) -> None:
    run = make_run(runs, "Rings")
    with Visitor(browser, address) as visitor:
        page = visitor.open(f"Train?run={run.id}").page
        page.locator(".st-key-rename_run button").click()
        field = page.get_by_role("dialog").get_by_label(words.NAME, exact=True)
        field.fill("Washers")
        field.press("Enter")
        page.get_by_role("heading", name="Washers").wait_for()
        assert not page.get_by_role("dialog").count() and runs.get(run.id).name == "Washers"
        visitor.settle().check()


@pytest.mark.long
def test_another_run_of_the_list_is_a_press_away(browser: object, address: str, runs: Runs) -> None:
    """The list is drawn apart from the page, and so told it nothing."""
    first, second = make_run(runs, "Bolts"), make_run(runs, "Nuts")
    with Visitor(browser, address) as visitor:
        page = visitor.open(f"Train?run={first.id}").page
        page.get_by_role("heading", name="Bolts").wait_for()
        page.locator(".st-key-run_list").get_by_role("button", name="Nuts").click()
        page.get_by_role("heading", name="Nuts").wait_for()
        assert f"run={second.id}" in page.url
        visitor.settle().check()


@pytest.mark.long
def test_the_press_that_takes_a_picture_out_is_in_sight(browser: object, address: str) -> None:
    """In a popover it lay below the end of a window of 720 pixels."""
    with Visitor(browser, address) as visitor:
        visitor.page.set_viewport_size({"width": 1280, "height": 720})
        page = visitor.open("Train?train_part=new").page
        page.locator("input[type=file]").first.set_input_files([file(f"{n}.png", picture(n)) for n in range(13)])
        page.locator(".st-key-take_out_one button").click()
        field = page.get_by_role("dialog").locator("input")
        field.click()
        page.get_by_role("option", name="3.png", exact=True).click()
        button = page.get_by_role("dialog").get_by_role("button", name=words.TAKE_IT_OUT, exact=True)
        page.get_by_role("dialog").locator("img").wait_for()
        box = button.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 720
        button.click()
        page.get_by_text("12 photos").wait_for()
        assert not page.get_by_role("dialog").count()


@pytest.mark.long
def test_below_the_list_of_runs_the_film_takes_the_whole_page(
    browser: object, address: str, runs: Runs, tiny_checkpoint: Path
) -> None:
    run = make_run(runs, "Wide")
    write_film(run)
    finish(run, tiny_checkpoint)
    with Visitor(browser, address, 1280) as visitor:
        page = visitor.open(f"Train?run={run.id}&model=tiny").page
        film, listed = page.locator(".film"), page.locator(".st-key-run_list")
        assert abs(place_of(film)["x"] - place_of(listed)["x"]) < 4
        visitor.settle().check()
