"""The web export of the tiny model, from export to verdict in a browser; test_web_page.py has the embedded one."""

from pathlib import Path

import numpy as np
import pytest
from browsing import PATIENCE
from builders import random_images
from PIL import Image
from serving import static

from nnet import Detector
from nnet.export import ExportError, export
from nnet.export.web import Page, folder_pictures

pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")
SEEN = """async () => {
    while (!Number(document.body.dataset.pictures)) await new Promise(requestAnimationFrame);
    const { state } = await import('/main.js'), { maps } = state.model;
    return { maps: maps.map((name) => Array.from(state.arrays[name])), score: state.score.value,
        threshold: state.score.threshold, verdict: document.getElementById('verdict').textContent };
}"""


@pytest.mark.long
def test_a_browser_gets_the_maps_the_score_and_the_decision_from_a_folder_alone(
    browser: object, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    model, picture = Detector.load(tiny_checkpoint, "cpu"), random_images(1, 96, seed=5)[0]
    (tmp_path / "pictures").mkdir()
    Image.fromarray(picture).save(tmp_path / "pictures" / "part.png")
    try:
        export(model, "web", tmp_path / "page", page=Page(folder_pictures(tmp_path / "pictures")))
    except ExportError as error:
        if "could not be downloaded" in str(error):
            pytest.skip(str(error))
        raise
    problems, asked = [], []
    with static(tmp_path / "page") as address:
        page = browser.new_context().new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        found = page.evaluate(SEEN)
        page.context.close()
    assert problems == [] and all(url.startswith((address, "blob:", "data:")) for url in asked)
    reference, expected = model.calibration.for_expression(), model.maps([picture])
    allowed = 1e-3 * reference.threshold
    for values, (name, wanted) in zip(found["maps"], expected.items(), strict=True):
        assert np.abs(np.reshape(values, wanted.shape) - wanted.numpy()).max() < allowed, name
    score = model.score([picture])[0].value
    assert found["score"] == pytest.approx(score, abs=allowed)
    assert found["threshold"] == pytest.approx(reference.threshold, rel=1e-5)
    assert found["verdict"] == ("Anomalous" if reference.is_anomalous(score) else "Normal")
