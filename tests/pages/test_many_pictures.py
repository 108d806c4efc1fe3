"""Many pictures, and many visitors: progress, a way to stop, and nothing that is computed twice."""

import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from apptest import INSPECT, PNG, encoded, fine, heading, start, upload
from apptest import words as said
from builders import zipped
from streamlit.runtime.scriptrunner import StopException
from waiting import until

from nnet.detector import Detector, Trace
from workbench.shared import chosen_picture, picture_upload, resources, words
from workbench.shared.resources import Loaded, Model

EVALUATE = "pages/4_Evaluate.py"
MANY = 40

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(280)]


@pytest.fixture(autouse=True)
def nothing_is_known() -> None:
    resources.stores.clear()


def files(count: int, first: int = 0) -> list[tuple[str, bytes, str]]:
    """Pictures that differ in a few pixels."""
    return [(f"{number:04}.png", encoded(number, (70 + number % 50, 40 + number // 50)), PNG) for number in
            range(first, first + count)]  # fmt: skip


def interrupted(calls: int, act: Callable[..., object]) -> Callable[..., object]:
    """Stands in for `act`, and ends the page's run after some calls, as a press on a button does."""
    done: list[object] = []

    def counted(*args: object) -> object:
        if len(done) == calls:
            raise StopException
        done.append(None)
        return act(*args)

    return counted


# ----------------------------------------------------------------------------------------------------- many pictures


def test_reading_can_be_stopped_and_what_was_read_stays() -> None:
    at = start(INSPECT)
    with patch.object(chosen_picture, "add", interrupted(12, chosen_picture.add)):
        upload(at, *files(MANY))
    fine(at.button(key="reading_stop").click().run())
    assert len(at.session_state["uploads"]) == 12 and words.stopped(MANY - 12) in said(at)
    assert heading(at) == "0000.png" and not [one for one in at.button if one.key == "reading_stop"]


def test_scoring_can_be_stopped_and_what_was_scored_stays() -> None:
    at = start(INSPECT)
    with patch.object(Detector, "maps_and_f3", autospec=True, side_effect=interrupted(2, Detector.maps_and_f3)):
        upload(at, *files(MANY))
    assert len(at.session_state["uploads"]) == MANY
    fine(at.button(key="scoring_stop").click().run())
    kept = len(at.session_state["uploads"])
    assert 2 * resources.BATCH <= kept < MANY and words.stopped(MANY - kept) in said(at)
    assert heading(at) in [one.title for one in at.session_state["uploads"].values()]


def test_what_was_interrupted_otherwise_goes_on() -> None:
    at = start(INSPECT)
    with patch.object(chosen_picture, "add", interrupted(12, chosen_picture.add)):
        upload(at, *files(MANY))
    fine(at.run())
    assert len(at.session_state["uploads"]) == MANY and words.stopped(1) not in said(at)


def test_many_files_that_cannot_be_used_are_counted() -> None:
    at = upload(start(INSPECT), *((f"{number}.png", b"no picture", PNG) for number in range(100)))
    assert said(at).count("is not an image") <= picture_upload._MOST_NAMED
    assert words.more_problems(100 - picture_upload._MOST_NAMED) in said(at).replace("\\", "")


@pytest.mark.slow
def test_a_thousand_pictures_in_one_upload_are_scored_in_bounded_memory() -> None:
    at = start(INSPECT)
    shown: list[str] = []
    at.default_timeout = 240
    sent = files(1000)
    tracemalloc.start()
    try:
        with patch.object(words, "looked_at", side_effect=lambda done, total: shown.append(f"{done}/{total}") or ""):
            upload(at, *sent)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(at.session_state["uploads"]) == 1000 and shown[-1] == "1000/1000" and len(shown) >= 125
    kept = resources.stores()
    assert kept.images.total <= resources.IMAGE_BYTES and kept.maps.total <= resources.MAP_BYTES
    assert most < resources.IMAGE_BYTES + resources.MAP_BYTES + 200 * resources.MEBIBYTE


@pytest.mark.slow
def test_a_thousand_pictures_in_one_zip_are_opened_and_measured_until_stopped() -> None:
    packed = {f"test/{'good' if i % 2 else 'dent'}/{name}": content for i, (name, content, _) in enumerate(files(1000))}
    at = start(EVALUATE, evaluate_data="zip")
    at.default_timeout = 240
    at.file_uploader[0].set_value([("set.zip", zipped(packed), "application/zip")])
    fine(at.run())
    assert "500 normal and 500 defective" in said(at)
    with patch.object(Detector, "maps_and_f3", autospec=True, side_effect=interrupted(10, Detector.maps_and_f3)):
        fine(at.button(key="evaluate_start").click().run())
    assert not at.button(key="evaluate_stop").disabled
    fine(at.button(key="evaluate_stop").click().run())
    assert at.button(key="evaluate_start").label.startswith(words.CONTINUE)


# ----------------------------------------------------------------------------------------------------- many visitors
# AppTest runs one page at a time, so visitors at once are threads that ask for what a page asks for.


def traced(model: Model, images: list[Loaded], ready: Callable[[], bool]) -> tuple[list[Trace], list[int]]:
    """What each of several threads gets for its image, and how many images each forward pass had. The first pass begins
    once it is `ready`."""
    passes: list[int] = []
    real = Detector.trace_batch

    def counted(detector: Detector, batch: list) -> list[Trace]:
        passes.append(len(batch))
        if len(passes) == 1:
            until(ready)
        return real(detector, batch)

    with patch.object(Detector, "trace_batch", counted), ThreadPoolExecutor(len(images)) as pool:
        found = list(pool.map(lambda loaded: resources.trace(model, loaded), images))
    return found, passes


@pytest.fixture
def model(only_tiny: Path) -> Model:
    return resources.load_model("tiny", only_tiny, "cpu")


def test_two_visitors_who_ask_for_the_same_have_it_computed_once(model: Model) -> None:
    loaded = resources.load_image("a", "a.png", encoded())
    waiting = resources.stores().traces._turns
    (one, other), passes = traced(model, [loaded, loaded], lambda: [n for _, n in waiting.values()] == [2])
    assert passes == [1] and one is other


def test_visitors_who_come_together_share_a_pass_and_get_their_own(model: Model) -> None:
    images = [resources.load_image(name, name, encoded(seed)) for seed, name in enumerate("abc")]
    alone = [model.detector.trace(loaded.image) for loaded in images]
    found, passes = traced(model, images, lambda: len(resources.stores().passes._waiting) == 3)
    assert passes == [1, 2]
    for loaded, expected, one in zip(images, alone, found, strict=True):
        assert one.image is loaded.image
        for name, values in expected.maps.items():
            np.testing.assert_allclose(one.maps[name], values, atol=1e-5)
            assert one.maps[name].base is None or one.maps[name].base.nbytes <= values.nbytes, "the whole batch is kept"
