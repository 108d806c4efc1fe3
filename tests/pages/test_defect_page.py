"""Making a defect on the Inspect page, without a browser: values agree with `nnet`, every control does its work."""

import io
import json
from collections import OrderedDict
from dataclasses import replace
from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
import streamlit as st
from apptest import charts, component, encoded, fine, metrics, pressed, shown_score, start, upload, words
from builders import encode
from PIL import Image
from streamlit.testing.v1 import AppTest

from nnet.analysis.visibility import coverage
from nnet.data import CutPaste, Defect, paint_defect, paste_patch
from nnet.data.images import decode
from nnet.detector import Detector
from workbench.inspect.defect import cache as studio_cache
from workbench.inspect.defect import drawing, placing, recipe
from workbench.inspect.defect import words as studio_text
from workbench.inspect.defect.recipe import Drawn
from workbench.shared import resources, samples, units
from workbench.shared import words as shared_words
from workbench.shared.layer import lay_over
from workbench.shared.layer import uri as layer_uri
from workbench.shared.resources import Loaded

INSPECT = "pages/1_Inspect.py"
DEFAULT = Defect("scratch", 0.5, 0.5, 0.3, 0.8, 30.0)

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(240)]


def normal() -> samples.SampleImage:
    """The first sample without a defect."""
    return next(image for image in samples.collection().images if image.sample.is_normal)


def loaded() -> Loaded:
    image = normal()
    return resources.load_image(f"sample:{image.id}", image.title, image.sample)


def opened(**address: str) -> AppTest:
    return start(INSPECT, view="defect", sample=normal().id, **address)


def chart(at: AppTest, key: str) -> dict:
    """The Plotly figure of that key."""
    found = next(element for element in at.get("plotly_chart") if element.proto.id.endswith(f"-{key}"))
    return json.loads(found.proto.spec)


def score_with(at: AppTest) -> str:
    return metrics(at)["Score with it"]


def expected(detector: Detector, defect: Defect | CutPaste, expression: str | None = None) -> str:
    paint = paste_patch if isinstance(defect, CutPaste) else paint_defect
    value = detector.score([paint(loaded().image, defect)[0]], expression)[0].value
    return against_threshold(detector, value, expression)


def against_threshold(detector: Detector, value: float, expression: str | None = None) -> str:
    return shared_words.relative(detector.calibration.for_expression(expression), value)


def stroke(image: np.ndarray) -> bytes:
    """A drawing for an image: a dark bar across its middle, as a PNG file."""
    height, width = image.shape[:2]
    layer = np.zeros((height, width, 4), np.uint8)
    layer[height // 2 - 9 : height // 2 + 9, width // 5 : -width // 5, 3] = 255
    return encode(layer)


# ------------------------------------------------------------------------------------------------------- placing one


def test_a_scratch_is_placed_and_its_scores_are_those_of_nnet(detector: Detector) -> None:
    at = opened()
    before = detector.score([loaded().image])[0].value
    assert metrics(at)["Score without it"] == against_threshold(detector, before)
    assert shown_score(at) == units.number(before)
    assert score_with(at) == expected(detector, DEFAULT)
    assert "The scratch" in words(at)
    altered, mask = paint_defect(loaded().image, DEFAULT)
    assert studio_cache.alteration(loaded(), recipe.Placed(DEFAULT)).image.tobytes() == altered.tobytes()
    maps = {name: m[0].numpy() for name, m in detector.maps([altered]).items()}
    inside = coverage(mask, maps["M1"].shape) > 0
    level = detector.calibration.map_quantiles["M2"]["q99"]
    assert f"→ {units.times(maps['M2'][inside].max() / level)} times normal" in words(at)


def test_every_kind_is_what_nnet_paints(detector: Detector) -> None:
    at = opened()
    for kind in ("stain", "hole", "missing", "colour"):
        fine(at.segmented_control(key="defect").set_value(kind).run())
        angle = 30.0 if kind in recipe.TURNING else 0.0
        assert score_with(at) == expected(detector, replace(DEFAULT, kind=kind, angle=angle)), kind
        assert at.query_params["defect"] in (kind, [kind])
        assert any(slider.key == "defect_angle" for slider in at.slider) == (kind in recipe.TURNING), kind


SLIDERS: dict[str, tuple[float, dict[str, float]]] = {
    "defect_x": (30.0, {"x": 0.3}),
    "defect_y": (70.5, {"y": 0.705}),
    "defect_size": (60, {"size": 0.6}),
    "defect_contrast": (40, {"contrast": 0.4}),
    "defect_angle": (90, {"angle": 90.0}),
    "defect_seed": (7, {"seed": 7}),
}
"""Key -> a value, and what of the defect it is."""


def test_a_slider_of_the_defect_changes_the_answer(detector: Detector) -> None:
    at, defect = opened(), DEFAULT
    for key, (value, change) in SLIDERS.items():
        fine(at.slider(key=key).set_value(value).run())
        defect = replace(defect, **change)
        assert score_with(at) == expected(detector, defect), key
        assert key in at.query_params
        assert "the network ran once" in words(at), key


def test_a_patch_is_copied_from_where_the_sliders_say(detector: Detector) -> None:
    at = opened(defect="cutpaste", defect_size="40")
    cut = CutPaste(0.5, 0.5, 0.25, 0.25, 0.4, 0.8, 30.0)
    assert score_with(at) == expected(detector, cut)
    fine(at.slider(key="defect_from_x").set_value(80.0).run())
    fine(at.slider(key="defect_from_y").set_value(10.0).run())
    assert score_with(at) == expected(detector, replace(cut, from_x=0.8, from_y=0.1))
    assert {"defect_from_x", "defect_from_y"} <= set(at.query_params)


def test_the_address_opens_a_defect_and_nonsense_in_it_does_no_harm(detector: Detector) -> None:
    at = opened(defect="hole", defect_x="20.0", defect_size="50", defect_seed="3")
    assert score_with(at) == expected(detector, Defect("hole", 0.2, 0.5, 0.5, 0.8, seed=3))
    at = opened(defect="crater", defect_x="nan", defect_size="-5", defect_seed="1e9", studio="x", dose="y")
    assert score_with(at) == expected(detector, DEFAULT)


def test_the_browser_moves_the_defect_and_a_place_outside_is_ignored() -> None:
    st.session_state["defect_x"] = st.session_state["defect_y"] = 50.0
    placing._moved({"which": "to", "x": 0.123, "y": 1})
    assert (st.session_state["defect_x"], st.session_state["defect_y"]) == (12.5, 100.0)
    for x, y in ((7, 0.5), (0.5, -1), (1e300, 0.5)):
        placing._moved({"which": "to", "x": x, "y": y})
    assert (st.session_state["defect_x"], st.session_state["defect_y"]) == (12.5, 100.0)


def test_a_defect_that_changes_nothing_is_no_defect() -> None:
    at = opened(defect_contrast="0")
    assert studio_text.NOTHING_CHANGED in [info.value for info in at.info]
    assert "Score with it" not in metrics(at)


# ------------------------------------------------------------------------------------------------------- drawing


def test_a_drawing_is_laid_on_and_scored(detector: Detector) -> None:
    at = opened(studio="draw")
    assert studio_text.NOTHING_DRAWN in [info.value for info in at.info]
    layer = stroke(loaded().shown)
    at.session_state["drawings"] = OrderedDict({loaded().hash: layer})
    fine(at.run())
    altered, _ = lay_over(loaded().image, np.asarray(Image.open(io.BytesIO(layer))))
    assert score_with(at) == against_threshold(detector, detector.score([altered])[0].value)
    assert "The drawing" in words(at)
    fine(at.segmented_control(key="studio").set_value("place").run())
    assert score_with(at) == expected(detector, DEFAULT)
    fine(at.segmented_control(key="studio").set_value("draw").run())
    assert score_with(at) == against_threshold(detector, detector.score([altered])[0].value)


def test_a_bad_drawing_is_explained_and_the_last_good_one_stays() -> None:
    shown = loaded()
    good = stroke(shown.shown)
    drawing.keep(shown, layer_uri(good))
    assert st.session_state["drawings"][shown.hash] == good
    drawing.keep(shown, "data:image/png;base64,????")
    assert "damaged" in st.session_state["studio_problem"]
    assert st.session_state["drawings"][shown.hash] == good
    at = opened(studio="draw")
    at.session_state["studio_problem"] = st.session_state["studio_problem"]
    fine(at.run())
    assert any("damaged" in error.value for error in at.error)
    for number in range(12):  # only the last few are kept
        drawing.keep(replace(shown, hash=str(number)), layer_uri(good))
    assert list(st.session_state["drawings"]) == [str(number) for number in range(4, 12)]
    drawing.keep(replace(shown, hash="11"), layer_uri(_nothing(shown)))
    assert "11" not in st.session_state["drawings"]


def _nothing(shown: Loaded) -> bytes:
    return encode(Image.new("RGBA", shown.shown.shape[1::-1]))


# ---------------------------------------------------------------------------------------------------------- the view


def test_controls_of_the_view_never_run_the_network() -> None:
    at = opened()
    pictures = [chart(at, "studio_altered")]
    with patch.object(Detector, "maps") as maps, patch.object(Detector, "trace_batch") as trace:
        fine(at.slider(key="opacity").set_value(20).run())
        pictures.append(chart(at, "studio_altered"))
        for show in ("plain", "before"):
            fine(at.segmented_control(key="studio_show").set_value(show).run())
            pictures.append(chart(at, "studio_altered"))
        fine(at.toggle(key="studio_edge").set_value(False).run())
        pictures.append(chart(at, "studio_altered"))
        fine(at.segmented_control(key="score").set_value("reverse").run())
        assert not maps.called and not trace.called
    assert all(one != other for one, other in pairwise(pictures))
    assert "nothing had to run" in words(at)
    assert {"studio_show", "studio_edge"} <= set(at.query_params)


def test_the_answer_follows_the_score_that_is_chosen(detector: Detector) -> None:
    at = opened()
    fine(at.segmented_control(key="score").set_value("reverse").run())
    assert score_with(at) == expected(detector, DEFAULT, "M1*M2*M3")


def test_defects_push_nothing_out_of_the_other_pages_caches() -> None:
    at = opened()
    traces, images = len(resources.stores().traces), len(resources.stores().images)
    for size in (10, 20, 40):
        fine(at.slider(key="defect_size").set_value(size).run())
    assert (len(resources.stores().traces), len(resources.stores().images)) == (traces, images)
    assert studio_cache.ALTERATIONS.total <= studio_cache.ALTERATIONS.limit


# ---------------------------------------------------------------------------------------------------- dose-response


def test_a_dose_response_is_measured_on_a_button_kept_and_agrees_with_nnet(detector: Detector) -> None:
    at = opened()
    before = len(charts(at))
    pressed(at, "Measure")
    assert len(charts(at)) == before + 3
    dots = chart(at, "studio_dose_Score")["data"][0]
    sizes = recipe.SIZES
    images = [paint_defect(loaded().image, replace(DEFAULT, size=size))[0] for size in sizes]
    scores = [result.value for image in images for result in detector.score([image])]
    threshold = detector.calibration.for_expression().threshold
    assert dots["y"] == pytest.approx([score / threshold for score in scores], rel=1e-3)
    assert dots["x"] == pytest.approx([size * min(loaded().image.shape[:2]) for size in sizes])
    assert words(at).count("- **M") == 6 + 3  # a sentence for each map and factor
    with patch.object(Detector, "maps") as maps:
        fine(at.slider(key="opacity").set_value(30).run())
        fine(at.slider(key="defect_seed").set_value(0).run())
        assert len(charts(at)) == before + 3 and not maps.called
        fine(at.segmented_control(key="score").set_value("forward").run())  # single maps: no factors of their own
        assert len(charts(at)) == before + 2 and not maps.called
    fine(at.segmented_control(key="dose").set_value("contrast").run())
    assert len(charts(at)) == before
    pressed(at, "Measure")
    assert chart(at, "studio_dose_Score")["data"][0]["x"] == pytest.approx([100 * c for c in recipe.CONTRASTS])


def test_a_drawing_is_measured_along_its_strength_only(detector: Detector) -> None:
    at = opened(studio="draw", dose="size")
    layer = stroke(loaded().shown)
    at.session_state["drawings"] = OrderedDict({loaded().hash: layer})
    fine(at.run())
    assert at.segmented_control(key="dose").options == ["Contrast"]
    pressed(at, "Measure")
    half = recipe.damage(loaded().image, Drawn(layer, 0.5))[0]
    scores = chart(at, "studio_dose_Score")["data"][0]["y"]
    known = detector.score([half])[0].value / detector.calibration.for_expression().threshold
    assert scores[recipe.CONTRASTS.index(0.5)] == pytest.approx(known, rel=1e-3)


# ------------------------------------------------------------------------------------------------------ taking away


def test_the_altered_image_is_used_on_the_other_pages(detector: Detector) -> None:
    at = opened()
    pressed(at, "Use this image everywhere")
    uploads = at.session_state["uploads"]
    name = f"{normal().id}-scratch.png"
    assert [picture.title for picture in uploads.values()] == [name]
    altered = decode(next(iter(uploads.values())).source).image
    assert np.array_equal(altered, paint_defect(loaded().image, DEFAULT)[0])
    assert name in at.success[0].value.replace("\\", "")
    fine(at.slider(key="defect_seed").set_value(5).run())
    assert not at.success  # another defect is another image
    pressed(at, "Use this image everywhere")
    assert [p.title for p in at.session_state["uploads"].values()] == [name, f"{normal().id}-scratch-2.png"]
    fine(at.button(key="studio_pages/2_Memory.py").click().run())
    assert at.title[0].value == "Memory"
    assert at.subheader[0].value.replace("\\", "") == f"{normal().id}-scratch-2.png"


def test_the_altered_image_is_looked_at_here(detector: Detector) -> None:
    at = opened()
    pressed(at, "Use this image everywhere")
    fine(at.button(key="studio_here").click().run())
    assert at.subheader[0].value.replace("\\", "") == f"{normal().id}-scratch.png"
    assert component(at, "circuit")["result"]["score"] == expected(detector, DEFAULT)


def test_a_defective_sample_is_named_and_a_normal_one_is_one_click_away() -> None:
    defective = next(image for image in samples.collection().images if image.sample.is_defective)
    at = start(INSPECT, view="defect", sample=defective.id)
    assert any("on a normal picture" in info.value for info in at.info)
    fine(at.button(key="studio_normal").click().run())
    assert at.subheader[0].value.replace("\\", "") == normal().title


def test_an_uploaded_image_gets_a_defect(detector: Detector) -> None:
    content = encoded(2)
    at = upload(opened(), ("part.png", content, "image/png"))
    altered, _ = paint_defect(decode(content).image, DEFAULT)
    assert score_with(at) == against_threshold(detector, detector.score([altered])[0].value)
