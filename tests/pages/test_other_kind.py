"""A picture of another kind of part: no verdict, counted apart, and its two ways on."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from apptest import INSPECT, PNG, component, encoded, fine, said, start, upload
from streamlit.testing.v1 import AppTest

from nnet.data.images import decode
from nnet.detector import Detector
from nnet.saved.checkpoint import add_kind
from nnet.scoring.kind import Kind
from workbench.shared import words

pytestmark = pytest.mark.timeout(120)
OWN, OTHERS = encoded(1), [encoded(9, (64, 200), "JPEG"), encoded(3, (300, 40))]


@pytest.fixture
def models(tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model that knows pictures like OWN and nothing else, and one that says nothing of kinds."""
    folder = tmp_path / "models"
    for name in ("narrow", "wide"):
        shutil.copytree(tiny_checkpoint, folder / name)
    score = Detector.load(folder / "narrow", "cpu").score([decode(OWN).image])[0]
    add_kind(folder / "narrow", Kind(np.repeat(np.asarray(score.features)[None], 8, axis=0).astype(np.float32)))
    monkeypatch.setattr("nnet.scoring.kind.FLOOR", 1e-7)
    monkeypatch.setenv("NNET_CHECKPOINTS", str(folder))
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    return folder


def three() -> AppTest:
    files = [("a.jpg", OTHERS[0], PNG), ("own.png", OWN, PNG), ("b.png", OTHERS[1], PNG)]
    return upload(start(INSPECT, model="narrow"), *files)


def test_it_is_counted_apart_and_gets_neither_verdict_nor_prose(models: Path) -> None:
    at = three()
    badge = f":gray-badge[{words.OTHER_KIND}]"
    assert not [one for one in at.get("bidi_component") if one.proto.id.endswith("-circuit")]
    assert len(component(at, "pictures")["tiles"]) == 1, "no heatmap and no multiple of a threshold"
    assert not [one for one in at.get("download_button") if "overlay" in one.proto.id]
    assert words.NO_VERDICT in said(at) and [e.label for e in at.expander if badge in e.label]
    assert not [metric for metric in at.metric if metric.label == "Score"]
    table = next(frame.value for frame in at.dataframe if "Percentile" in frame.value.columns)
    decisions = dict(zip(table["Image"], table["Decision"], strict=True))
    assert decisions["a.jpg"] == decisions["b.png"] == words.OTHER_KIND != decisions["own.png"]
    assert [e.label for e in at.expander if "2 of another kind: table of all results" in e.label]
    fine(at.toggle(key="flagged_only").set_value(True).run())
    assert words.OTHER_KIND_SHORT not in [button.label for button in at.button]


@pytest.mark.parametrize(("part", "drawn"), [("whatif", "whatif_pictures"), ("grid", "variants_grid")])
def test_ablations_call_it_neither_anomalous_nor_normal(models: Path, part: str, drawn: str) -> None:
    for sent, is_judged in ((("a.jpg", OTHERS[0], PNG), False), (("own.png", OWN, PNG), True)):
        at = upload(start(INSPECT, model="narrow"), sent)
        at.query_params["ablations_part"] = part
        fine(at.switch_page("pages/6_Ablations.py").run())
        tags = " ".join(tile.get("tag", "") for tile in component(at, drawn)["tiles"])
        assert ("anomalous" in tags or "normal" in tags) is is_judged, tags
        assert ("The picture stays" in said(at) or "call the picture" in said(at)) is is_judged


def test_no_threshold_is_kept_by_it(models: Path) -> None:
    moved = start(INSPECT, model="narrow", threshold="0.5")
    for sent, offered in ((("own.png", OWN, PNG), True), (("a.jpg", OTHERS[0], PNG), False)):
        at = upload(moved, sent)
        assert ("keep-inspect" in [button.key for button in at.button]) is offered, sent[0]


def test_its_pictures_are_handed_to_train_and_not_those_that_the_model_knows(models: Path) -> None:
    at = three()
    fine(at.button(key="train_on_mine").click().run())
    assert at.title[0].value == "Train" and "2 photos** of good parts" in said(at)
    assert "2 pictures were taken over" in said(at)
    at.switch_page("pages/5_Train.py")
    fine(fine(at.run()).button(key="remove_upload").click().run())
    assert "taken over" not in said(at) and "2 photos" not in said(at)


def test_another_model_is_chosen_by_its_picture(models: Path) -> None:
    at = three()
    fine(at.button(key="choose_another").click().run())
    fine(at.button(key="use-wide").click().run())
    assert at.selectbox(key="model").value == "wide" and words.NO_VERDICT not in said(at)
    assert "own.png" in str([button.help for button in at.button])
