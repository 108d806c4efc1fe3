"""The Watch page shows what nnet watch has decided, follows it, and opens no folder that a link names."""

import dataclasses
from pathlib import Path

import pytest
from apptest import charts, fine, start, words
from streamlit.testing.v1 import AppTest
from watched import PlainJudge, put, watch

from nnet import environment
from nnet.data.errors import ImageError
from nnet.watch.journal import JOURNAL, Journal, WatchError
from nnet.watch.judges import Judged
from nnet.watch.results import overlay_path, read_results
from nnet.watch.watcher import Watcher
from workbench.shared import words as shared_words
from workbench.watch import words as text

PAGE = "pages/9_Watch.py"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page needs none."""
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path))
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")
    monkeypatch.delenv(environment.WATCH, raising=False)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Results for a dark, a bright and an unreadable picture."""
    put(tmp_path / "in", "dark.png", 20)
    put(tmp_path / "in", "sub/bright.png", 200)
    (tmp_path / "in" / "bad.png").write_bytes(b"no picture")
    watch(tmp_path / "in", tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def listed(out: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(environment.WATCH, str(out))
    return out


def counts(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def test_counts_scores_and_the_last_pictures_are_shown(listed: Path) -> None:
    at = start(PAGE)
    assert counts(at) == {
        "Normal": "1",
        "Anomalous": "1",
        "Other kind": "0",
        "Other size": "0",
        "Unreadable": "1",
        "Waiting": "0",
    }
    assert len(at.image) == 2
    said = words(at)
    assert "Anomalous, 2.0 × threshold" in said and "Normal, 0.20 × threshold" in said and "sub/bright.png" in said
    assert [len(trace["x"]) for trace in charts(at)[0]["data"][:2]] == [1, 1]
    assert text.STOPPED in said


def test_pictures_of_another_size_are_counted_apart_and_say_what_to_do(tmp_path: Path, monkeypatch: object) -> None:
    class OneSize(PlainJudge):
        def require_fit(self, height: int, width: int) -> None:
            raise ImageError(f"Expected 40 x 30 pixels, found {width} x {height}.")

    put(tmp_path / "in", "small.png")
    with Watcher(tmp_path / "in", tmp_path / "out", OneSize(), say=lambda _: None) as watcher:
        watcher.look()
    monkeypatch.setenv(environment.WATCH, str(tmp_path / "out"))
    at = start(PAGE, decision="other size")
    assert counts(at) == {
        "Normal": "0",
        "Anomalous": "0",
        "Other kind": "0",
        "Other size": "1",
        "Unreadable": "0",
        "Waiting": "0",
    }
    assert text.other_sizes(1) in words(at) and "Expected 40 x 30 pixels, found 32 x 24." in words(at)


def test_pictures_of_another_kind_are_counted_apart_and_called_so(tmp_path: Path, monkeypatch: object) -> None:
    class Knowing(PlainJudge):
        def judge(self, images: object) -> list[Judged]:
            return [one._replace(is_other_kind=True) for one in super().judge(images)]

    put(tmp_path / "in", "cell.png", 220)
    with Watcher(tmp_path / "in", tmp_path / "out", Knowing(), say=lambda _: None) as watcher:
        watcher.look()
    monkeypatch.setenv(environment.WATCH, str(tmp_path / "out"))
    at = start(PAGE, decision="other kind")
    assert counts(at)["Other kind"] == "1" and counts(at)["Anomalous"] == "0"
    assert "says nothing of it: it is called" in text.other_kinds(1) and "of them: they are" in text.other_kinds(2)
    assert text.other_kinds(1) in words(at) and f":gray-badge[{shared_words.OTHER_KIND}]" in words(at)


def test_the_command_names_the_model_in_use(tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = start(PAGE)
    assert text.NO_MODEL in words(at) and "--checkpoint MODEL" in at.code[0].value
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tiny_checkpoint.parent))
    at = start(PAGE)
    assert at.code[0].value == text.command(str(tiny_checkpoint.resolve())) and "**tiny**" in words(at)
    assert "'/my parts/x'" in text.command("/my parts/x"), "a shell takes it as one word"


def test_one_decision_alone(listed: Path) -> None:
    at = start(PAGE, decision="unreadable")
    assert not at.image and "bad.png" in words(at) and "bright.png" not in words(at)


def test_the_page_follows_a_watcher_that_runs(listed: Path) -> None:
    folder = listed.parent / "in"
    with Watcher(folder, listed, PlainJudge(), say=lambda _: None) as watcher:
        watcher.look()
        at = start(PAGE)
        assert text.RUNNING in words(at) and "with the model plain" in words(at)
        put(folder, "next.png", 240)
        watcher.look()
        assert counts(fine(at.run()))["Anomalous"] == "2" and "next.png" in words(at)


def test_a_visitor_names_a_folder_and_a_link_cannot(out: Path) -> None:
    at = start(PAGE, watch_path=str(out), line=str(out))
    assert not at.metric and "nnet watch" in words(at)
    at = fine(start(PAGE).text_input(key="watch_path").set_value(str(out)).run())
    assert counts(at)["Normal"] == "1"
    assert str(out) not in str(dict(at.query_params))
    at = fine(at.text_input(key="watch_path").set_value(str(out.parent)).run())
    assert "holds no results of nnet watch" in at.error[0].value


@pytest.mark.parametrize(
    "written", ["~nobody at all/x", "x" * 5000, "/".join(["x" * 200] * 30), "/dev/zero", "/proc/self"]
)
def test_what_is_no_folder_of_results_gets_a_sentence(written: str) -> None:
    at = start(PAGE)
    fine(at.text_input(key="watch_path").set_value(written).run())
    assert len(at.error) == 1 and at.error[0].value.endswith(".")
    assert at.text_input(key="watch_path").value == written  # to be mended


def test_where_folders_are_listed_no_other_can_be_opened(listed: Path, tmp_path: Path) -> None:
    watch(tmp_path / "in", tmp_path / "other")
    at = start(PAGE, line=str(tmp_path / "other"))
    assert at.selectbox(key="line").value == listed.name and not at.text_input


def test_looking_changes_nothing_and_makes_nothing(out: Path) -> None:
    before = (out / JOURNAL).read_bytes()
    assert len(read_results(out, 5).last) == 3
    assert (out / JOURNAL).read_bytes() == before
    with pytest.raises(WatchError, match="holds no results"):
        read_results(out / "nothing", 5)
    assert not (out / "nothing").exists()
    with pytest.raises(OSError, match="readonly"):
        Journal(out / JOURNAL, read_only=True).claim("model", "another")


def test_an_overlay_outside_the_folder_is_not_shown(out: Path) -> None:
    entry = next(entry for entry in read_results(out, 5).last if entry.overlay)
    assert overlay_path(out, entry) == (out / entry.overlay).resolve()
    (out.parent / "secret.png").write_bytes((out / entry.overlay).read_bytes())
    for outside in ("../secret.png", "overlays/../../secret.png", str(out.parent / "secret.png")):
        assert overlay_path(out, dataclasses.replace(entry, overlay=outside)) is None
