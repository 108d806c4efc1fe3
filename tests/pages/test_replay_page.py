"""Replay bundles on the Inspect page: opened, compared with the network of today, refused in a sentence."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from apptest import INSPECT, charts, heading, shown_score, start, upload, words
from builders import encode
from bundles import changed, opened, pack, signed
from PIL import Image

from nnet import replay
from nnet.detector import Detector
from nnet.replay.formats import MODEL, SETTINGS
from workbench.inspect import page
from workbench.inspect.replay import section as replay_page
from workbench.shared import units
from workbench.shared import words as shared_words

ZIP = "application/zip"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def packed(tiny_checkpoint: Path) -> bytes:
    """A bundle of an uploaded PNG: M1*M2*M3, 1.5 times the threshold, as the view says."""
    pixels = np.random.default_rng(5).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    picture = encode(Image.fromarray(pixels).resize((96, 64), Image.Resampling.BICUBIC))
    members = opened(pack(Detector.load(tiny_checkpoint, "cpu"), ("part.png", picture)))
    view = {"score": "reverse", "threshold": "1.5", "opacity": "40", "scale": "own", "model": "tiny", "sample": "evil"}
    return signed(changed(members, SETTINGS, title="part.png", view=view | {"embed": "true", "uploads": "1"}))


def checks(at) -> dict[str, str]:
    table = next(frame.value for frame in at.dataframe if "What was found" in frame.value.columns)
    return dict(zip(table["Check"], table["Result"], strict=True))


def test_a_bundle_reopens_image_view_and_numbers(packed: bytes) -> None:
    bundle = replay.unpack(packed)
    at = upload(start(INSPECT, opacity="90", colours="viridis"), ("b.zip", packed, ZIP))
    assert heading(at) == "part.png" and "from a replay bundle" in words(at)
    assert shown_score(at) == units.number(bundle.value)
    assert at.slider(key="opacity").value == 40 and at.session_state["scale"] == "own"
    assert at.session_state["colours"] == "inferno", "a setting that the bundle leaves at its default"
    assert at.session_state["score"] == "reverse" and at.session_state["view"] == "replay"
    assert shared_words.decision(bundle.reference, bundle.value) in words(at)
    assert "sample" not in at.query_params and "embed" not in at.query_params


def test_a_bundle_with_a_written_expression_replaces_the_preset_that_is_shown(packed: bytes) -> None:
    view = {"score": "own", "expression": "M1+M2*M3"}
    written = signed(changed(opened(packed), SETTINGS, view=view))
    at = upload(start(INSPECT), ("b.zip", written, ZIP))
    assert at.session_state["score"] == "own" and at.text_input(key="expression").value == "M1+M2*M3"


def test_its_numbers_are_checked_again(packed: bytes) -> None:
    at = upload(start(INSPECT), ("b.zip", packed, ZIP))
    found = checks(at)
    assert set(found.values()) == {"✓ agrees"} and {"Files", "M1", "Score", "Teacher"} <= set(found)
    assert f"All {len(found)} checks agree" in words(at) and "equal in every digit" in words(at)
    assert len(charts(at)) == 4


def test_a_forged_number_is_shown_as_such(packed: bytes) -> None:
    forged = signed(changed(opened(packed), SETTINGS, score=0.5))
    at = upload(start(INSPECT), ("b.zip", forged, ZIP))
    found = checks(at)
    # The network's score is not 0.5 either.
    assert {name for name, result in found.items() if result != "✓ agrees"} == {"Numbers shown", "Score"}
    assert f"2 of {len(found)} checks differ" in words(at)


def test_another_bundle_of_the_same_image_and_minute_is_checked_by_its_own_numbers(packed: bytes) -> None:
    at = upload(start(INSPECT), ("b.zip", packed, ZIP))
    assert set(checks(at).values()) == {"✓ agrees"}
    forged = signed(changed(opened(packed), SETTINGS, score=0.5))
    found = checks(upload(at, ("forged.zip", forged, ZIP)))
    assert {name for name, result in found.items() if result != "✓ agrees"} == {"Numbers shown", "Score"}


def test_without_its_checkpoint_the_stored_maps_are_shown(packed: bytes) -> None:
    members = opened(packed)
    model = json.loads(members[MODEL])
    model["checkpoint"] |= {"weights_sha256": "ab" * 32, "name": "far-away"}
    at = upload(start(INSPECT), ("b.zip", signed(changed(members, MODEL, **model)), ZIP))
    assert set(checks(at)) == {"Files", "Pixels", "Uploaded file", "Score from maps", "Numbers shown"}
    assert any("was not run again" in info.value and "far" in info.value for info in at.info)
    assert len(charts(at)) == 2


@pytest.mark.parametrize(
    ("content", "reason"), [(b"PK\x03\x04nonsense", "damaged or cut off"), (b"PK\x05\x06" + bytes(18), "no manifest")]
)
def test_a_file_that_is_no_bundle_is_refused_and_nothing_is_lost(packed: bytes, content: bytes, reason: str) -> None:
    at = upload(start(INSPECT), ("b.zip", packed, ZIP))
    at = upload(at, ("evil.zip", content, ZIP))
    assert any("evil.zip" in w.value.replace("\\", "") and reason in w.value for w in at.warning)
    assert heading(at) == "part.png" and checks(at)


def test_a_zip_of_photos_is_told_where_photos_go() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("good/1.JPG", b"never read")
    at = upload(start(INSPECT), ("parts.zip", stream.getvalue(), ZIP))
    said = [w.value.replace("\\", "") for w in at.warning]
    assert any(one.startswith("parts.zip is a ZIP of pictures") and "Evaluate" in one for one in said)


def test_bundle_and_images_may_come_together(packed: bytes) -> None:
    black = encode(np.zeros((40, 40, 3), np.uint8))
    at = upload(start(INSPECT), ("b.zip", packed, ZIP), ("black.png", black, "image/png"))
    assert {"part.png", "black.png"} == set(next(f.value for f in at.dataframe if "Score" in f.value.columns)["Image"])


def test_without_a_bundle_the_section_says_how_to_make_one() -> None:
    at = start(INSPECT, view="replay")
    assert "python -m nnet replay" in words(at) and not at.dataframe
    assert any("Replay bundle" in button.proto.label for button in at.get("download_button"))


def test_what_the_page_saves_is_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's own function, called with the page's own scene."""
    contents: list[bytes] = []
    monkeypatch.setitem(page.SECTIONS, "replay", lambda scene: contents.append(replay_page.saved(scene)))
    at = start(INSPECT, view="replay", score="reverse", opacity="30")
    bundle = replay.unpack(contents[-1])
    assert units.number(bundle.value) == shown_score(at) and bundle.original is None
    assert bundle.view == {"view": "replay", "score": "reverse", "opacity": "30"}
