"""The demo on Home: a good part, what is drawn on it, and the answer, which equals what `nnet` says."""

import base64
from unittest.mock import patch

import numpy as np
import pytest
import streamlit as st
from apptest import component, encoded, fine, start
from builders import encode
from streamlit.testing.v1 import AppTest

from nnet.config import ModelConfig
from nnet.detector import Detector
from nnet.scoring import judge
from nnet.scoring.unfamiliar import SHARE
from workbench.home import demo, words
from workbench.shared import chosen_picture, drawings, layer, living_network, samples
from workbench.shared import words as shared_words

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


def stroke(shape: tuple[int, ...]) -> bytes:
    """A dark bar across an image, as a PNG file."""
    sheet = np.zeros((*shape[:2], 4), np.uint8)
    sheet[shape[0] // 2 - 9 : shape[0] // 2 + 9, shape[1] // 5 : -shape[1] // 5, 3] = 255
    return encode(sheet)


def said(detector: Detector, image: np.ndarray) -> tuple[str, str]:
    """Decision and score as the demo writes them."""
    expression = next(iter(judge.presets(detector.config).values()))
    found = judge.judge(detector.calibration, detector.trace(image).maps, expression)
    unfamiliar = found.share_above > SHARE
    decision = words.UNFAMILIAR if unfamiliar else shared_words.decision(found.reference, found.value)
    return decision, shared_words.against_threshold(found.value / found.reference.threshold)


def shown(at: AppTest) -> tuple[str, str]:
    answer = component(at, "home_demo")["answer"]
    return answer["decision"], answer["score"]


def test_home_begins_with_a_good_part_its_score_and_its_maps(detector: Detector) -> None:
    at = start()
    good = demo.good_part()
    assert samples.collection().images[0].sample.is_defective and good.source.is_normal
    sent = component(at, "home_demo")
    assert sent["good"] and sent["layer"] is None and sent["image"] == good.load().hash
    assert f"larger than {sent['largest'] / 1e6:g} MB" in sent["words"]["large"]
    assert shown(at) == said(detector, good.load().image)
    names = [one["name"].partition(":")[0] for branch in sent["answer"]["branches"] for one in branch["maps"]]
    assert sorted(names) == sorted(detector.config.maps)
    pairs = {one["name"] for branch in sent["answer"]["branches"] for one in branch["maps"]}
    assert {"M6: P₁ with SP₁", "M1: F₁ with D₁"} <= pairs
    assert words.about_maps(detector.config.model) in [one.value for one in at.main.caption]


def test_it_says_what_is_compared_behind_gates_only_where_there_are_gates_and_two_students() -> None:
    whole = words.about_maps(ModelConfig(size=256))
    assert whole.startswith(words.GATED) and "16 \N{MULTIPLICATION SIGN} 16 patches" in whole
    for without in ({"fpm": False}, {"forward": False}):
        assert words.GATED not in words.about_maps(ModelConfig(**without))


def test_a_drawing_is_answered_by_one_run_of_the_network(detector: Detector) -> None:
    at = start()
    clean = component(at, "home_demo")["answer"]["heat"]
    assert not component(at, "home_network")["changed"]
    loaded = demo.good_part().load()
    drawn = stroke(loaded.shown.shape)
    at.session_state["drawings"] = {loaded.hash: drawn}
    with patch.object(Detector, "maps", side_effect=AssertionError("a second run")):
        fine(at.run())
    altered = layer.lay_over(loaded.image, layer.decoded(drawn))[0]
    assert shown(at) == said(detector, altered)
    assert component(at, "home_demo")["answer"]["heat"] != clean
    assert component(at, "home_demo")["layer"] == layer.uri(drawn)
    with patch.object(Detector, "trace_batch", side_effect=AssertionError("a second run")):
        fine(at.run())
    network = component(at, "home_network")
    assert network["picture"].startswith(drawings.altered(loaded, drawn).hash) and network["changed"]


def test_a_stroke_that_goes_on_is_answered_and_not_kept() -> None:
    at = start()
    clean = component(at, "home_demo")["answer"]["heat"]
    loaded = demo.good_part().load()
    at.session_state["home_live"] = stroke(loaded.shown.shape)
    fine(at.run())
    assert component(at, "home_demo")["answer"]["heat"] != clean
    assert component(at, "home_demo")["layer"] is None
    fine(at.run())
    assert component(at, "home_demo")["answer"]["heat"] == clean


def test_a_sample_by_a_link_and_a_photo_are_judged(detector: Detector) -> None:
    at = start(sample=samples.collection().images[1].id)
    assert not component(at, "home_demo")["good"]
    assert shown(at) == said(detector, samples.collection().images[1].sample.load().image)
    content = encoded()
    key = chosen_picture.add("mine.png", content)
    at = start()
    at.session_state["uploads"], at.session_state["chosen_picture"] = chosen_picture.uploads(), key
    at.session_state["shown_by_itself"] = False
    fine(at.run())
    assert component(at, "home_demo")["image"] == chosen_picture.uploads()[key].load().hash


@pytest.mark.parametrize("content", ["nonsense", "data:image/png;base64,????", "data:image/png;base64,aGVsbG8="])
def test_what_is_no_photo_gets_a_sentence_and_changes_nothing(content: str) -> None:
    st.session_state.pop("chosen_picture", None)
    demo._photo("part.png", content)
    assert st.session_state.pop("home_problem").endswith(".")
    assert "chosen_picture" not in st.session_state


def test_a_photo_is_taken() -> None:
    demo._photo("mine.png", "data:image/png;base64," + base64.b64encode(encoded()).decode())
    assert chosen_picture.uploads()[st.session_state["chosen_picture"]].title == "mine.png"


def test_a_drawing_that_cannot_be_read_gets_a_sentence() -> None:
    demo._drawn(demo.good_part(), demo.good_part().load(), "data:image/png;base64,????", True)
    assert "damaged" in st.session_state.pop("home_problem")


def test_other_tiles_of_the_network_need_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    at = start(tiles="mean")
    sent = component(at, "home_network")
    assert sent["tiles"] == "mean" and "Mean of the channels" in sent["wide"]

    def run(*_: object) -> None:
        raise AssertionError("the network is run again")

    monkeypatch.setattr(living_network, "intervene", run)
    at.session_state["tiles"] = "99999"
    sent = component(fine(at.run()), "home_network")
    last = sent["channels"] - 1
    assert sent["tiles"] == str(last) and f"Channel {last} of each tile" in sent["narrow"]
    assert ("Colours", f"no channel {last}") in [tuple(fact) for fact in sent["cards"]["F_1"]["facts"]]
    assert "Channel" not in component(start(tiles="all"), "home_network")["wide"]
