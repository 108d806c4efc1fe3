"""A shared demo, page by page: models and runs are only looked at, no folder of the server is named or opened, what
visitors may train is limited, and none of them sees another one's work."""

import dataclasses
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import MagicMock, patch

import msgspec
import numpy as np
import pytest
from apptest import INSPECT, PNG, ROOT, address, encoded, fine, heading, start, upload, words
from builders import encode, zipped
from streamlit.testing.v1 import AppTest
from waiting import until

from nnet import environment
from nnet.data.synthetic import open_synthetic
from nnet.presets import preset
from nnet.runs import Estimate, Runs, RunSpec
from nnet.runs.layout import Status
from workbench.host import words as host_words
from workbench.shared import (
    cache,
    hosting,
    hosting_words,
    pictures,
    resources,
    take_away_words,
    training_allowance,
    visits,
)
from workbench.shared import words as shared_words
from workbench.train import estimates
from workbench.train import words as train_words
from workbench.train.looking import Choice

PAGES = [None, *(f"pages/{path.name}" for path in sorted((ROOT / "pages").glob("*.py")))]
TRAIN, EVALUATE, ABLATIONS, HOST = "pages/5_Train.py", "pages/4_Evaluate.py", "pages/6_Ablations.py", "pages/10_Host.py"
PROJECTION, WATCH = "pages/3_Projection.py", "pages/9_Watch.py"
MEMORY, HOW_IT_WORKS = "pages/2_Memory.py", "pages/7_How_it_works.py"
KINDS = ("button", "caption", "code", "error", "header", "info", "markdown", "metric", "selectbox", "success", "title")
KINDS += (
    "subheader",
    "text_input",
    "toggle",
    "warning",
    "expander",
    "text_area",
    "number_input",
    "radio",
    "segmented_control",
)

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


coming: list[str] = []
"""The marks of the browsers that came; without one, a session is a browser."""


def visitor(page: str | None = None, **address: str) -> AppTest:
    """The app in another browser than before."""
    coming.append(f"browser {len(coming)}")
    return start(page, **address)


def another_tab(mark: str) -> AppTest:
    """The Train page in the browser of this mark."""
    coming.append(mark)
    return start(TRAIN, train_part="runs")


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Makes it a shared demo with these limits; returns the folder of all visitors."""
    folder = tmp_path / "visitors"
    folder.mkdir()

    def begin(**limits: object) -> Path:
        made = hosting.Hosting(is_shared=True, key="key", host_key="host", folder=str(folder), link="http://x/?key=key")
        made = dataclasses.replace(made, memory_bytes=64 * hosting.GIB, **limits)
        monkeypatch.setenv(environment.SHARED, msgspec.json.encode(made).decode())
        for kept in (hosting.current, hosting._roots):
            kept.cache_clear()
        return folder

    visits._visits.clear()
    coming.clear()
    monkeypatch.setattr(visits, "_cookie", lambda name: coming[-1] if coming and name == visits.COOKIE else "")
    yield begin
    monkeypatch.undo()
    for kept in (hosting.current, hosting._roots):
        kept.cache_clear()
    visits._visits.clear()


@pytest.fixture
def shared(share: Callable[..., Path]) -> Path:
    """A shared demo as it comes."""
    return share()


def texts(at: AppTest) -> str:
    """Everything on a page that can be read, with labels, helps and options."""
    found = []
    for kind in KINDS:
        for element in at.get(kind):
            found.append(str(element.proto))
    return "\n".join(found)


# ------------------------------------------------------------------------------------------------------ every page


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_folder_of_the_server(page: str | None, shared: Path, only_tiny: Path) -> None:
    said = texts(start(page))
    for folder in (str(ROOT), str(shared), str(only_tiny.parent), "/tmp", "/home", "/root"):
        assert folder not in said, folder
    assert hosting_words.ABOUT in said


@pytest.mark.parametrize("page", PAGES)
def test_no_page_changes_a_model_or_a_run(page: str | None, shared: Path) -> None:
    at = start(page)
    labels = {button.label for button in at.button}
    assert not labels & {shared_words.KEEP, shared_words.UNDO_KEPT, take_away_words.TITLE, "Delete", "Rename", "Resume"}


@pytest.mark.parametrize(
    ("page", "address"),
    [
        (EVALUATE, {"evaluate_data": "folder"}),
        (PROJECTION, {"part": "data", "data": "folder"}),
        (TRAIN, {"train_part": "new", "source": "path"}),
        (ABLATIONS, {"ablations_part": "start", "start_data": "folder"}),
        (WATCH, {}),
    ],
)
def test_no_page_asks_for_a_folder(
    page: str, address: dict[str, str], share: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    share(trains=True)
    monkeypatch.delenv("NNET_WATCH", raising=False)
    at = start(page, **address)
    asked = [field.label for field in at.text_input]
    assert not [label for label in asked if re.search("folder|path|file", label, re.IGNORECASE)], asked


def test_a_moved_threshold_is_not_kept(shared: Path) -> None:
    at = start(INSPECT, threshold="0.9")
    assert shared_words.KEEP not in {button.label for button in at.button}


# -------------------------------------------------------------------------------------------------------- messages


def test_a_damaged_model_is_named_without_its_folder(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "secret place" / "model"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("[]")
    monkeypatch.setenv("NNET_CHECKPOINTS", str(folder))
    said = texts(start(INSPECT))
    assert "config" in said and "secret place" not in said


# --------------------------------------------------------------------------------------------------------- uploads


def test_uploads_have_a_limit_of_ones_own(share: Callable[..., Path]) -> None:
    share(upload_bytes=len(encoded()) + len(encoded(1)) - 1)
    at = upload(start(INSPECT), ("one.png", encoded(), PNG))
    assert heading(at) == "one.png"
    at = upload(at, ("two.png", encoded(1), PNG))
    assert "two.png was left out" in words(at).replace("\\", "") and heading(at) == "one.png"


def test_uploads_have_a_limit_for_all(share: Callable[..., Path]) -> None:
    share(all_upload_bytes=len(encoded()) + len(encoded(1)) - 1)
    first = upload(visitor(INSPECT), ("one.png", encoded(), PNG))
    second = upload(visitor(INSPECT), ("two.png", encoded(1), PNG))
    assert heading(first) == "one.png"
    assert "visitors’ uploads together" in words(second) and heading(second) != "two.png"


def test_removing_uploads_makes_room(share: Callable[..., Path]) -> None:
    share(upload_bytes=len(encoded()) + len(encoded(1)) - 1)
    at = upload(start(INSPECT), ("one.png", encoded(), PNG))
    fine(next(button for button in at.button if button.label == shared_words.REMOVE_ALL).click().run())
    assert heading(upload(at, ("two.png", encoded(1), PNG))) == "two.png"


def test_a_zip_may_not_become_larger_than_its_visitor_may_have(share: Callable[..., Path]) -> None:
    share(upload_bytes=100_000)
    pictures = {f"test/good/{i}.bmp": encode(np.full((200, 200, 3), i, np.uint8), "BMP") for i in range(3)}
    at = start(EVALUATE, evaluate_data="zip")
    at.file_uploader[0].set_value([("set.zip", zipped(pictures, zipfile.ZIP_DEFLATED), "application/zip")])
    assert "set.zip" in words(fine(at.run()))
    assert not visits.everybody()[0].held


# -------------------------------------------------------------------------------------------------------- visitors


def test_the_demo_can_be_full(share: Callable[..., Path]) -> None:
    share(visitors=1)
    first, second = visitor(INSPECT), visitor(INSPECT)
    assert not first.error and hosting_words.full(1) in words(second)
    assert not second.file_uploader


def test_memory_has_a_limit(share: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    share()
    monkeypatch.setattr(visits, "memory", lambda: 65 * hosting.GIB)
    assert hosting_words.NO_MEMORY in words(start(INSPECT))


def test_everybody_has_a_folder_of_his_own_that_goes_with_him(share: Callable[..., Path]) -> None:
    share(trains=True)
    visitor(TRAIN), visitor(TRAIN)
    one, other = (visit.folder for visit in visits.everybody())
    assert one != other
    Runs(one).create(RunSpec("Mine", "synthetic:metal", preset("small")))
    assert "Mine" in texts(another_tab("browser 0")) and "Mine" not in texts(another_tab("browser 1"))
    first, second = visits.everybody()[0].sessions
    visits.close(first)
    assert one.exists()  # the other tab is still there
    visits.close(second)
    until(lambda: not one.exists())


# -------------------------------------------------------------------------------------------------------- training


def estimate(**values: object) -> Estimate:
    known = {"training_images": 20, "held_out": 5, "epochs": 2, "steps": 4, "seconds_per_step": 0.1, "seconds": 60.0}
    known |= {"memory_bytes": 1, "memory_free": 9, "disk_bytes": 1, "disk_free": 9, "device": "CPU"}
    return Estimate(**(known | values))


def asked(at: AppTest) -> AppTest:
    """The page after a press on the button that starts a training."""
    return fine(next(button for button in at.button if "start_training" in (button.key or "")).click().run())


@pytest.fixture
def trainable(share: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """The page with data to train on, where every training is expected to take what is said."""

    def opened(expected: Estimate, **limits: object) -> AppTest:
        share(trains=True, **limits)
        few = open_synthetic("metal", train=16, test_good=2, per_defect=1)
        monkeypatch.setattr(Choice, "open", lambda choice, seed: few)
        monkeypatch.setattr(estimates, "_estimate", MagicMock(return_value=expected, clear=lambda *_: None))
        monkeypatch.setattr("nnet.runs.queue.ensure_supervisor", lambda root: None)
        return start(TRAIN, train_part="new", source="synthetic")

    return opened


def test_nobody_trains_unless_the_host_lets_him(shared: Path) -> None:
    at = start(TRAIN, train_part="new", source="synthetic")
    assert hosting_words.NO_TRAINING in words(at) + texts(at)
    assert not [button for button in at.button if "start" in (button.key or "")] and not at.file_uploader


def test_a_small_training_can_be_started_and_one_at_a_time(trainable: Callable[..., AppTest]) -> None:
    at = trainable(estimate())
    assert not at.number_input and at.segmented_control(key="preset").options == [train_words.PRESET_NAMES["small"]]
    at = asked(at)
    (visit,) = visits.everybody()
    (run,) = Runs(visit.folder).list()
    assert run.state == "queued" and run.spec is not None and run.spec.threads
    labels = {button.label for button in at.button}
    assert "Cancel" in labels and not labels & {"Delete", "Rename", "Duplicate", "Resume"}
    part = next(control for control in at.segmented_control if "train_part" in control.key)
    fine(part.set_value("new").run())
    assert hosting_words.ONE_TRAINING in words(asked(at))
    assert len(Runs(visit.folder).list()) == 1


def test_name_and_photos_of_a_training_outlive_a_reload_and_nobody_else_sees_them(
    trainable: Callable[..., AppTest],
) -> None:
    def opened(mark: str, source: str = "synthetic", **given: str) -> AppTest:
        coming.append(mark)
        return start(TRAIN, train_part="new", source=source, **given)

    trainable(estimate())
    at = opened("one browser")
    for name in ("Bracket 7", "Bracket 8"):
        fine(at.text_input(key="run_name").set_value(name).run())
        assert at.text_input(key="run_name").value == name
    link = address(at, "form")
    assert link and opened("one browser", form=link).text_input(key="run_name").value == "Bracket 8"
    other = opened("another browser", form=link)
    assert not other.text_input(key="run_name").value and train_words.form_gone(shared=True) in words(other)
    fine(at.text_input(key="run_name").set_value("").run())
    assert address(at, "form") is None, "nothing differs from the preset"
    at = opened("one browser", "upload")
    at.file_uploader[0].set_value([(f"{i}.png", encoded(i), PNG) for i in range(3)])
    link = address(fine(at.run()), "upload")
    assert link and "3 photos" in words(opened("one browser", "upload", upload=link))
    other = opened("another browser", "upload", upload=link)
    assert "3 photos" not in words(other) and train_words.upload_gone(shared=True) in words(other)


class Counted:
    """A lock that counts who has come to it."""

    def __init__(self) -> None:
        self.came, self.lock = 0, threading.Lock()

    def __enter__(self) -> None:
        self.came += 1
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_two_tabs_that_start_at_once_get_one_training(
    share: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both were told that they may; the second one comes to the lock before the first one's run is in the queue."""
    mine = Runs(share(trains=True) / "mine")
    lock = Counted()
    monkeypatch.setattr(training_allowance, "_starting", lock)
    monkeypatch.setattr(visits, "runs_folder", lambda: mine.root)
    monkeypatch.setattr("nnet.runs.queue.ensure_supervisor", lambda root: None)
    assert not training_allowance.refusal(estimate())

    def begin() -> str:
        try:
            with training_allowance.granted(estimate()):
                until(lambda: lock.came == 2)
                mine.start(mine.create(RunSpec("Mine", "synthetic:metal", preset("small"))).id)
        except visits.Refused as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as pool:
        tabs = [pool.submit(begin) for _ in range(2)]
        assert sorted(tab.result() for tab in tabs) == ["", hosting_words.ONE_TRAINING]
    assert len(mine.list()) == 1


def test_what_a_training_will_take_of_the_disk_is_kept_for_it(
    share: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = share(trains=True, train_disk_bytes=10 * hosting.MIB)
    monkeypatch.setattr(visits, "runs_folder", lambda: folder / "mine")
    monkeypatch.setattr("nnet.runs.queue.ensure_supervisor", lambda root: None)
    other = Runs(folder / "another")
    run = other.create(RunSpec("Other", "synthetic:metal", preset("small"), disk_bytes=4 * hosting.MIB))
    assert not training_allowance.refusal(estimate(disk_bytes=7 * hosting.MIB))
    other.start(run.id)
    assert "of disk" in training_allowance.refusal(estimate(disk_bytes=7 * hosting.MIB))
    assert not training_allowance.refusal(estimate(disk_bytes=5 * hosting.MIB))


@pytest.mark.parametrize(
    ("expected", "limits", "said"),
    [
        (estimate(seconds=3601.0), {}, "may take 60 min"),
        (estimate(training_images=2000), {}, "at most 600 images"),
        (estimate(disk_bytes=2**40), {}, "of disk"),
        (estimate(seconds=61.0), {"train_minutes": 1}, "may take 60 s"),
    ],
)
def test_no_training_starts_beyond_the_limits(
    expected: Estimate, limits: dict[str, int], said: str, trainable: Callable[..., AppTest]
) -> None:
    at = asked(trainable(expected, **limits))
    assert said in words(at)
    assert not [run for visit in visits.everybody() for run in Runs(visit.folder).list()]


def test_what_has_been_trained_counts(trainable: Callable[..., AppTest]) -> None:
    at = trainable(estimate())
    (visit,) = visits.everybody()
    run = Runs(visit.folder).create(RunSpec("Before", "synthetic:metal", preset("small")))
    (run.path / "status.json").write_bytes(msgspec.json.encode(Status(seconds=3600.0)))
    assert hosting_words.OUT_OF_MINUTES in words(asked(at))
    assert training_allowance.spent() >= 3600


def test_a_training_ends_when_the_time_for_all_is_used_up(share: Callable[..., Path]) -> None:
    share(trains=True, train_minutes=1)
    start(TRAIN)
    (visit,) = visits.everybody()
    run = Runs(visit.folder).create(RunSpec("Long", "synthetic:metal", preset("small")))
    (run.path / "status.json").write_bytes(msgspec.json.encode(Status(seconds=61.0)))
    (run.path / "queued.json").write_text('{"ticket": 1}')
    with patch("nnet.runs.queue.ensure_supervisor"):
        training_allowance.enforce()
        assert Runs(visit.folder).get(run.id).state == "cancelled"


# ------------------------------------------------------------------------------------------------------- the host


def test_only_the_host_sees_the_hosts_page(shared: Path) -> None:
    at = start(HOST)
    assert host_words.NOT_HOST in words(at) and "key=key" not in texts(at)


def test_alone_there_is_no_host() -> None:
    hosting.current.cache_clear()
    assert host_words.NOT_SHARED in texts(start(HOST))


def test_the_host_sees_who_is_there_and_sends_away(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guest = upload(visitor(INSPECT), ("one.png", encoded(), PNG))
    monkeypatch.setattr(visits, "is_host", lambda: True)
    at = visitor(HOST)
    said = texts(at)
    assert "http://x/?key=key" in said and "Visitor" in said and "Inspect" in said
    (visit, _) = visits.everybody()
    (session,) = visit.sessions
    fine(at.button(key=f"send-away-{visit.number}").click().run())
    assert session in list(visits.left()) and heading(guest) == "one.png"


def test_sessions_whose_browser_is_gone_are_closed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    at = start(INSPECT)
    session = at.session_state[visits._SESSION]
    monkeypatch.setattr(visits, "is_here", lambda one: one is not session)
    assert session not in list(visits.left())
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + visits.GRACE + 1)
    assert session in list(visits.left())


def test_a_reload_keeps_the_pictures_of_its_tab_and_shows_them_to_nobody_else(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookies: dict[str, str] = {}
    left: list[visits.Session] = []
    monkeypatch.setattr(visits, "_cookie", lambda name: cookies.get(name, ""))
    monkeypatch.setattr(visits, "is_here", lambda one: one not in left)

    def opened(browser: str, tab: str) -> AppTest:
        cookies.update({visits.COOKIE: browser * 32, visits.TAB_COOKIE: tab})
        return start(INSPECT)

    def titles(at: AppTest) -> list[str]:
        return [picture.title for picture in at.session_state["uploads"].values()]

    first = upload(opened("a", "1" * 32), ("mine.png", encoded(7), PNG))
    session = first.session_state[visits._SESSION]
    held = session.held["pictures"]
    assert titles(first) == ["mine.png"] and held
    assert not titles(opened("a", "1" * 32)), "the tab is still there"
    left.append(session)
    for browser, tab in (("a", "2" * 32), ("b", "1" * 32), ("a", ""), ("a", "1" * 31)):
        assert not titles(opened(browser, tab))
    session.is_sent_away = True
    assert not titles(opened("a", "1" * 32)), "the host wanted it gone"
    session.is_sent_away = False
    again = opened("a", "1" * 32)
    own = again.session_state[visits._SESSION]
    assert titles(again) == ["mine.png"] and "mine" in texts(again)
    assert own.held["pictures"] == held and not session.held.get("pictures") and own.visit is session.visit
    assert not titles(opened("a", "1" * 32)), "only one has them"
    (key,) = again.session_state["uploads"]
    visits.close(session)
    assert any(key in cache.names(made) for store in list(cache._every) for made in store._values)
    visits.close(own)
    assert not any(key in cache.names(made) for store in list(cache._every) for made in store._values)


def test_nothing_is_kept_of_the_pictures_of_who_has_gone() -> None:
    at = upload(start(INSPECT), ("mine.png", encoded(7), PNG))
    for page in (MEMORY, PROJECTION, HOW_IT_WORKS):
        fine(at.switch_page(page).run())
    session = at.session_state[visits._SESSION]
    (key,) = at.session_state["uploads"]
    (hash,) = {loaded.hash for name, loaded in resources.stores().images._values.items() if name.startswith(key)}
    resources.stores().images.drop(lambda _: True)  # there was no more room for it

    def names_it(made: object) -> bool:
        return not {key, hash}.isdisjoint(cache.names(made))

    def kept() -> list[object]:
        return [one for store in list(cache._every) for one in store._values if names_it(one)]

    assert len(kept()) > 5 and len(pictures._ENCODED)
    visits.close(session)
    assert not kept() and not len(pictures._ENCODED)
