"""The web export of the embedded model in a browser: the app's maps, and what a student does on the page."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browsing import BROWSER, FLAGS, PATIENCE, ROOT
from builders import random_images, tiny_config
from PIL import Image
from serving import static

from nnet import Detector
from nnet.data import Dataset, Sample, elpv
from nnet.data.ignoring import encode_ignore
from nnet.data.images import Decoded
from nnet.detector import TrainedModel
from nnet.export import ExportError, export
from nnet.export.web import Page, Picture, cells
from nnet.training.job import TrainJob
from nnet.training.pipeline import train_on

pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")
pytest.importorskip("elpv_dataset", reason="the sample cells are not installed")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # the export takes a minute and more
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
LIMIT = 40e6  # bytes of the whole folder


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return Detector.load(ROOT / "checkpoints" / "elpv-mono", "cpu")


@pytest.fixture(scope="module")
def folder(model: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("web") / "page"
    try:
        export(model, "web", out, page=Page(cells(model)))
    except ExportError as error:
        if "could not be downloaded" in str(error):
            pytest.skip(str(error))
        raise
    return out


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with static(folder) as found:
        yield found


@pytest.fixture(scope="module")
def camera_browser(browser: object) -> Iterator[object]:
    """Chromium with a made-up camera, started by the one Playwright that a process can have."""
    chromium = browser.browser_type.launch(executable_path=BROWSER, args=[*FLAGS, *CAMERA])
    yield chromium
    chromium.close()


def until(page: object, condition: str) -> None:
    """Wait for a condition in JavaScript. Playwright's own way needs eval(), which the page's policy forbids."""
    page.evaluate(
        f"new Promise((done) => {{ const look = () => ({condition}) ? done() : setTimeout(look, 20); look(); }})"
    )


class Student:
    """A visitor of the page who notes what went wrong and whom the page talked to."""

    def __init__(self, browser: object, address: str, width: int = 1280, scheme: str = "light") -> None:
        context = browser.new_context(viewport={"width": width, "height": 720}, color_scheme=scheme)
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.address, self.problems, self.asked = address, [], []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda m: self.problems.append(m.text) if m.type == "error" else None)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(address)
        self.computed(1)

    def computed(self, count: int) -> None:
        """Wait until so many pictures have been computed since the page was opened."""
        until(self.page, f"Number(document.body.dataset.pictures) >= {count}")

    @property
    def done(self) -> int:
        return int(self.page.evaluate("document.body.dataset.pictures"))

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def leave(self) -> None:
        assert self.problems == []
        assert [url for url in self.asked if not url.startswith((self.address, "blob:", "data:"))] == []
        self.page.context.close()


@pytest.fixture
def student(camera_browser: object, address: str) -> Iterator[Student]:
    found = Student(camera_browser, address)
    yield found
    found.leave()


def test_the_folder_is_complete_and_small(folder):
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < LIMIT
    assert "MIT License" in (folder / "runtime" / "LICENSE.txt").read_text()
    described = json.loads((folder / "page.json").read_text())
    assert "CC BY-NC-SA 4.0" in described["licence"]
    assert described["students"] == {"limit": 2, "forward": "M4*M5*M6", "reverse": "M1*M2*M3"}


def test_ten_samples_get_the_apps_maps_scores_and_decisions(student, model):
    samples = {Path(sample.key).stem: sample for sample in elpv.open_elpv().test}
    code = """async () => {
        const { state } = await import('/main.js'), { maps } = state.model;
        return { maps: Object.fromEntries(maps.map((name) => [name, Array.from(state.arrays[name])])),
            score: Array.from(state.score.map), value: state.score.value, threshold: state.score.threshold,
            addressing: Array.from(state.arrays.addressing) };
    }"""
    reference = model.calibration.for_expression()
    for number, key in enumerate(elpv.SHOWN, 1):
        before = student.done
        student.page.click(f"#samples button:nth-child({number})")
        student.computed(before + 1)
        found = student.page.evaluate(code)
        image = samples[key].load().image
        trace, score = model.trace(image), model.score([image])[0]
        allowed = 1e-3 * reference.threshold
        for name, expected in trace.maps.items():
            assert np.abs(np.reshape(found["maps"][name], expected.shape) - expected).max() < allowed, (key, name)
        assert np.abs(np.reshape(found["score"], score.map.shape) - score.map).max() < allowed, key
        assert found["threshold"] == pytest.approx(reference.threshold, rel=1e-5)
        assert np.abs(np.ravel(trace.addressing.weights) - found["addressing"]).max() < 1e-3
        decision = "Anomalous" if reference.is_anomalous(score.value) else "Normal"
        assert student.text("#verdict") == decision


def test_drawing_on_a_good_part_lights_up_and_undo_takes_it_back(student):
    student.page.click("#good")
    student.computed(2)
    assert student.text("#verdict") == "Normal"
    before = student.done
    box = student.page.locator("#picture").bounding_box()
    student.page.mouse.move(box["x"] + 60, box["y"] + 60)
    student.page.mouse.down()
    student.page.mouse.move(box["x"] + 330, box["y"] + 300, steps=4)
    student.page.mouse.up()
    until(student.page, "document.getElementById('verdict').textContent === 'Anomalous'")
    assert student.done > before
    student.page.click("#undo")
    until(student.page, "document.getElementById('verdict').textContent === 'Normal'")


def test_the_keyboard_draws_and_chooses_patches(student):
    student.page.click("#good")
    student.computed(2)
    student.page.focus("#picture")
    student.page.keyboard.press("Space")
    for _ in range(12):
        student.page.keyboard.press("ArrowRight")
    student.page.keyboard.press("Space")
    assert student.page.is_enabled("#undo")
    student.page.keyboard.press("Control+z")
    assert student.page.is_disabled("#undo")
    student.page.focus("#patches")
    before = student.text("#recall h3")
    student.page.keyboard.press("ArrowUp" if "row 8" in before else "ArrowDown")
    assert student.text("#recall h3") != before
    assert student.page.locator("#recall .item .likes canvas").count() >= 6


def test_the_circuit_and_an_expression_of_ones_own_change_the_score(student, model):
    full = student.text("#ratio")
    student.page.click("#presets button:has-text('S₂ alone')")
    assert student.page.input_value("#expression") == "M1*M2*M3"
    assert student.text("#ratio") != full
    student.page.click(".sign[aria-label='Times: press for plus'] >> nth=0")
    assert student.page.input_value("#expression") == "M1+M2*M3"
    student.page.fill("#expression", "M1*(M2")
    assert "never closed" in student.text("#problem") and "M1+M2*M3" in student.text("#problem")
    student.page.fill("#expression", "M1*M1")
    assert student.text("#problem") == "" and "does not pair" in student.text("#not-paired")


def test_the_memorys_picture_follows_the_heatmap(student):
    drawn = "document.getElementById('patches').toDataURL()"
    student.page.click("#outline")
    without = student.page.evaluate(drawn)
    student.page.click("#outline")
    assert student.page.evaluate(drawn) != without
    student.page.click("#presets button:has-text('S₂ alone')")
    of_one = student.page.evaluate(drawn)
    student.page.click("#presets button:has-text('S₁ alone')")
    assert student.page.evaluate(drawn) != of_one


def test_a_file_and_the_camera_are_scored_and_a_text_is_refused(student, tmp_path):
    picture = tmp_path / "wide.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 200, 3), np.uint8)).save(picture)
    student.page.set_input_files("#file", picture)
    student.computed(2)
    assert student.page.evaluate("document.getElementById('heatmap').height") == round(448 * 90 / 200)
    (tmp_path / "no.png").write_text("<b>no</b>")
    student.page.set_input_files("#file", tmp_path / "no.png")
    until(student.page, "document.getElementById('status').textContent.includes('could not be read')")
    student.page.click("#camera")
    until(student.page, "document.getElementById('video').videoWidth > 0")
    before = student.done
    student.page.click("#shoot")
    student.computed(before + 1)


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (1280, "dark"), (1440, "light")])
def test_it_fits_every_width_and_follows_light_and_dark(camera_browser, address, width, scheme):
    student = Student(camera_browser, address, width, scheme)
    assert student.page.evaluate("document.documentElement.scrollWidth") == width
    assert student.page.get_attribute("html", "data-theme") == scheme
    box = student.page.locator("#heatmap").bounding_box()
    assert box["y"] + box["height"] <= 720 and box["width"] >= (360 if width == 400 else 420)
    student.page.click("#theme")
    assert student.page.get_attribute("html", "data-theme") == {"light": "dark", "dark": "light"}[scheme]
    student.leave()


def test_texts_of_the_card_stay_texts(camera_browser, address, folder):
    described = json.loads((folder / "page.json").read_text())
    evil = "<img src=x onerror='document.title=1'>"
    described |= {"name": evil, "licence": evil, "data": {"name": evil, "source": evil, "images": 3}}
    context = camera_browser.new_context()
    page = context.new_page()
    page.route("**/page.json", lambda route: route.fulfill(json=described))
    page.goto(address)
    until(page, "document.getElementById('licence').textContent.includes('<img')")
    assert page.locator("#about img, header img").count() == 0 and page.title() == "N-Net in your browser"
    context.close()


@pytest.fixture(scope="module")
def cropped(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainedModel, np.ndarray, Path]:
    """A model that looks at tiles of a box and ignores a part of it, one of its pictures, and its page."""
    mask = np.zeros((90, 130), bool)
    mask[:30, 20:60] = True
    ways = {"model__crop": "11,7,100,80", "model__ignore": encode_ignore(mask)}
    ways |= {"model__tile": 48, "model__overlap": 12}
    pictures = [np.ascontiguousarray(blobs[:90, :130]) for blobs in random_images(12, 192)]
    samples = tuple(
        Sample(f"{i}.png", None, "good", "train", loader=lambda image=image: Decoded(image, "x"))
        for i, image in enumerate(pictures)
    )
    config = tiny_config(train__epochs=1, model__map_size=16, **ways)
    job = TrainJob(config, tmp_path_factory.mktemp("cropped") / "model", device="cpu")
    model = train_on(job, Dataset("parts", "synthetic", samples, (), "free", "here"))
    assert model is not None
    image, out = np.ascontiguousarray(random_images(1, 192, 9)[0][:90, :130]), job.out.parent / "page"
    try:
        export(model, "web", out, page=Page([Picture(image, "a part")]))
    except ExportError as error:
        if "could not be downloaded" in str(error):
            pytest.skip(str(error))
        raise
    return model, image, out


def test_a_model_with_tiles_a_crop_box_and_an_ignore_mask_decides_as_in_the_app(camera_browser, cropped, tmp_path):
    model, image, folder = cropped
    reference, score = model.calibration.for_expression(), model.score([image])[0]
    code = """async () => {
        const { state } = await import('/main.js');
        return { map: Array.from(state.score.map), value: state.score.value, threshold: state.score.threshold };
    }"""
    with static(folder) as address:
        visitor = Student(camera_browser, address)
        found = visitor.page.evaluate(code)
        assert np.abs(np.reshape(found["map"], score.map.shape) - score.map).max() < 1e-3 * reference.threshold
        assert found["threshold"] == pytest.approx(reference.threshold, rel=1e-4)
        assert visitor.text("#verdict") == ("Anomalous" if reference.is_anomalous(score.value) else "Normal")
        visitor.page.click("#heatmap", position={"x": 5, "y": 5})  # outside of the box: the nearest patch is chosen
        assert visitor.page.evaluate("import('/main.js').then(({ state }) => state.window)") == 0
        before = visitor.page.evaluate("document.getElementById('patches').toDataURL()")
        width, height = (visitor.page.locator("#heatmap").bounding_box()[side] for side in ("width", "height"))
        visitor.page.click("#heatmap", position={"x": width - 5, "y": height - 5})
        assert visitor.page.evaluate("import('/main.js').then(({ state }) => state.window)") > 0, "another tile"
        assert visitor.page.evaluate("document.getElementById('patches').toDataURL()") != before
        Image.fromarray(image[:80]).save(tmp_path / "small.png")
        visitor.page.set_input_files("#file", tmp_path / "small.png")
        until(visitor.page, "document.getElementById('status').textContent.includes('this one has 130 × 80')")
        visitor.leave()
