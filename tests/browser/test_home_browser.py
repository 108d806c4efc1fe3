"""Home's demo by mouse and by keyboard, on a screen and on a phone: what is drawn is answered."""

import pytest
from browsing import Visitor, file, photo

HEAT = ".demo .heat"
COUNT_KEPT = """(strip) => {
    window.mostKept = 0;
    const kept = () => strip.querySelectorAll('[data-was]').length;
    const count = () => { window.mostKept = Math.max(window.mostKept, kept()); };
    new MutationObserver(count).observe(strip, { childList: true, subtree: true });
}"""
HIDDEN_BY_A_STROKE = """(frame, below) => {
    frame.dispatchEvent(new KeyboardEvent('keydown', { key: ' ', bubbles: true }));
    return below.hidden;
}"""


@pytest.mark.long
def test_a_stroke_and_a_key_change_the_heatmap_and_undo_brings_it_back(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        visitor.page.set_viewport_size({"width": 1280, "height": 720})  # a projector
        page = visitor.open().page
        page.add_style_tag(content=".stAlert { display: none; }")  # said of tiny models only
        visitor.settle()
        clean = page.locator(HEAT).get_attribute("src")
        assert page.locator(".demo .draw-here").is_visible()
        shown = page.locator(".invitation polyline").evaluate("(one) => getComputedStyle(one).stroke")
        assert shown == "rgb(0, 0, 0)", "in the colour of the pen"
        box = page.locator(".demo .frame").bounding_box()
        heat = page.locator(HEAT).bounding_box()
        assert box["y"] + box["height"] <= 720 and heat["y"] + heat["height"] <= 720, "both above the fold"
        page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
        page.mouse.down()
        strip = page.locator(".demo .strip")
        shown = strip.bounding_box()
        assert shown["y"] + shown["height"] <= 720, "the canvas and the network are on one screen"
        network = strip.inner_html()
        page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.6 * box["height"], steps=8)
        strip.evaluate(COUNT_KEPT)
        page.mouse.up()
        page.locator(f"{HEAT}:not([src='{clean}'])").wait_for()
        visitor.settle()
        strip.locator("[data-was]").first.wait_for(state="detached")  # once the wave has gone through
        assert page.evaluate("window.mostKept") > 20, "until then each shows what it showed"
        assert page.locator(".demo .draw-here").count() == 0
        assert strip.inner_html() != network and strip.locator("g").count() > 20, "and that follows the stroke"
        page.locator(".demo .below").click()  # the one click of a lecturer
        page.wait_for_selector(".network svg.wave")  # it plays from the first stage, once enough of it is in sight
        line = page.locator(".network .line")
        assert line.inner_text().startswith("1 of")
        page.keyboard.press(" ")  # whoever talks goes on
        assert line.inner_text().startswith("2 of")
        drawn = page.locator(HEAT).get_attribute("src")
        page.locator(".demo .frame").press("Space")
        page.locator(f"{HEAT}:not([src='{drawn}'])").wait_for()
        page.evaluate("() => document.querySelector('.stMain').scrollTo(0, 0)")
        below = page.locator(".demo .below")
        below.wait_for()
        drawn = page.locator(HEAT).get_attribute("src")
        assert page.locator(".demo .frame").evaluate(HIDDEN_BY_A_STROKE, below.element_handle()), "it led back"
        page.locator(f"{HEAT}:not([src='{drawn}'])").wait_for()
        below.wait_for()
        page.get_by_role("button", name="Start again").click()
        page.locator(f"{HEAT}[src='{clean}']").wait_for()
        visitor.settle().check()


@pytest.mark.long
def test_a_real_defect_and_a_photo_take_the_place_of_the_part(browser: object, address: str) -> None:
    with Visitor(browser, address, 400, color_scheme="dark") as visitor:
        page = visitor.open().page
        page.add_style_tag(content=".stAlert { display: none; }")  # said of tiny models only
        visitor.settle()
        heat, row = (page.locator(f".demo {part}").bounding_box() for part in (".heat", ".row"))
        assert heat["y"] + heat["height"] <= row["y"], "what stays at the bottom covers no picture"
        part = page.locator(".demo .frame img")
        first = part.get_attribute("src")
        page.get_by_role("button", name="A real defect").click()
        page.wait_for_url("**?sample=**")
        page.get_by_role("button", name="Another defect").wait_for()
        crack = part.get_attribute("src")
        assert crack != first
        page.locator(".demo input[type=file]").set_input_files(file("mine.png", photo(3)))
        page.locator(f".demo .frame img:not([src='{crack}'])").wait_for()
        visitor.settle()
        page.get_by_role("button", name="Start again").click()
        page.locator(f".demo .frame img[src='{first}']").wait_for()
        visitor.settle().check()


@pytest.mark.long
def test_what_is_drawn_is_the_picture_of_the_other_pages_until_it_is_taken_back(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open().page
        box = page.locator(".demo .frame").bounding_box()
        page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.6 * box["height"], steps=4)
        page.mouse.up()
        visitor.settle()
        bar = page.locator(".st-key-picture_bar summary").first
        for name in ("Memory", "Inspect"):
            _by_sidebar(visitor, name)
            bar.filter(has_text="with your drawing").wait_for()
        _by_sidebar(visitor, "Home")
        page.get_by_role("button", name="Start again").click()
        visitor.settle()
        _by_sidebar(visitor, "Memory")
        assert "with your drawing" not in bar.inner_text()
        visitor.check()


def _by_sidebar(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    visitor.page.get_by_test_id("stSidebarNav").locator("[aria-current=page]", has_text=name).wait_for()
    visitor.settle().check()


@pytest.mark.long
def test_in_a_hall_the_six_maps_stand_beside_the_heatmap(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.page
        for width, height in ((1280, 720), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            visitor.open("?present=yes")
            page.add_style_tag(
                content=".stElementContainer:has(.stAlert) { display: none; }"
            )  # said of tiny models only
            visitor.settle()
            heat = page.locator(HEAT).bounding_box()
            maps = [one.bounding_box() for one in page.locator(".demo .branch img").all()]
            assert len(maps) == 6 and heat["width"] >= 0.3 * width
            assert all(one["x"] > heat["x"] + heat["width"] and one["width"] >= 0.1 * width for one in maps)
            strip = page.locator(".demo .strip").bounding_box()
            lowest = max(one["y"] + one["height"] for one in [*maps, strip])
            assert lowest <= height, "all on one screen"
            assert {round(one["y"]) for one in maps[:3]} == {round(one["y"]) for one in maps[3:]}, "a scale in a row"
        visitor.check()
