"""Many pictures, and many visitors: progress, a way to stop, and nothing that is computed twice."""

from __future__ import annotations

import io
import threading
import tracemalloc
import zipfile
from collections.abc import Callable
from unittest.mock import patch

import pytest
from apptest import INSPECT, PNG, encoded, fine, heading, shown_score, start, upload
from apptest import words as said
from streamlit.runtime.scriptrunner import StopException
from waiting import until

from nnet.detector import Detector
from workbench.shared import chosen_picture, incoming, resources, words

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
    fine(at.button(key="stop_images").click().run())
    assert len(at.session_state["uploads"]) == 12 and words.stopped(MANY - 12) in said(at)
    assert heading(at) == "0000.png" and not [one for one in at.button if one.key == "stop_images"]


def test_scoring_can_be_stopped_and_what_was_scored_stays() -> None:
    at = start(INSPECT)
    with patch.object(Detector, "maps_and_f3", autospec=True, side_effect=interrupted(2, Detector.maps_and_f3)):
        upload(at, *files(MANY))
    assert len(at.session_state["uploads"]) == MANY
    fine(at.button(key="stop_images").click().run())
    kept = len(at.session_state["uploads"])
    assert 2 * resources.BATCH <= kept < MANY and words.stopped(MANY - kept) in said(at) and heading(at) == "0000.png"


def test_what_was_interrupted_otherwise_goes_on() -> None:
    at = start(INSPECT)
    with patch.object(chosen_picture, "add", interrupted(12, chosen_picture.add)):
        upload(at, *files(MANY))
    fine(at.run())
    assert len(at.session_state["uploads"]) == MANY and words.stopped(1) not in said(at)


def test_many_files_that_cannot_be_used_are_counted() -> None:
    at = upload(start(INSPECT), *((f"{number}.png", b"no picture", PNG) for number in range(100)))
    assert said(at).count("is not an image") <= incoming._MOST_NAMED
    assert words.more_problems(100 - incoming._MOST_NAMED) in said(at).replace("\\", "")


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
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number, (name, content, _) in enumerate(files(1000)):
            archive.writestr(f"test/{'good' if number % 2 else 'dent'}/{name}", content)
    at = start(EVALUATE, evaluate_data="zip")
    at.default_timeout = 240
    at.file_uploader[0].set_value([("set.zip", stream.getvalue(), "application/zip")])
    fine(at.run())
    assert "500 normal and 500 defective" in said(at)
    with patch.object(Detector, "maps_and_f3", autospec=True, side_effect=interrupted(10, Detector.maps_and_f3)):
        fine(at.button(key="evaluate_start").click().run())
    assert not at.button(key="evaluate_stop").disabled
    fine(at.button(key="evaluate_stop").click().run())
    assert at.button(key="evaluate_start").label.startswith(words.CONTINUE)


# ----------------------------------------------------------------------------------------------------- many visitors


def together(*acts: Callable[[], object]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_visitors_who_ask_for_the_same_have_it_computed_once() -> None:
    pages = [start(), start()]
    passes: list[int] = []
    real = Detector.trace_batch

    def traced(detector: Detector, images: list) -> list:
        passes.append(len(images))
        turns = resources.stores().traces._turns
        until(lambda: any(waiting == 2 for _, waiting in turns.values()), lambda: str(turns))  # both have asked
        return real(detector, images)

    resources.stores.clear()
    with patch.object(Detector, "trace_batch", traced):
        together(*(lambda at=at: fine(at.switch_page(INSPECT).run()) for at in pages))
    assert passes == [1] and shown_score(pages[0]) == shown_score(pages[1])


def test_visitors_who_come_together_share_a_pass_and_see_their_own() -> None:
    alone = [shown_score(upload(start(INSPECT), *files(1, first))) for first in range(3)]
    assert len(set(alone)) == 3
    resources.stores.clear()
    pages = [start(INSPECT) for _ in range(3)]
    passes: list[int] = []
    real = Detector.trace_batch

    def traced(detector: Detector, images: list) -> list:
        passes.append(len(images))
        if len(passes) == 1:
            until(lambda: len(resources.stores().passes._waiting) == 3)
        return real(detector, images)

    with patch.object(Detector, "trace_batch", traced):
        together(*(lambda at=at, n=n: upload(at, *files(1, n)) for n, at in enumerate(pages)))
    assert sorted(passes) == [1, 2] and [shown_score(at) for at in pages] == alone
    assert [heading(at) for at in pages] == ["0000.png", "0001.png", "0002.png"]
