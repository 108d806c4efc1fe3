"""Watching a folder: what is complete, what is scored once, and what happens when things are in the way."""

import contextlib
import dataclasses
import errno
import json
import os
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from builders import random_images, tiny_config
from PIL import Image
from watched import PlainJudge, compared, put, rows, watch

from nnet.data.errors import ImageError
from nnet.data.framing import Framing
from nnet.export.errors import ExportError
from nnet.scoring.judge import judge
from nnet.scoring.kind import Kind
from nnet.scoring.unfamiliar import share_above, unfamiliar
from nnet.watch import folder as listing
from nnet.watch import judges
from nnet.watch import watcher as watching
from nnet.watch.journal import JOURNAL, OTHER_KIND, OTHER_SIZE, Journal, WatchError
from nnet.watch.judges import CheckpointJudge
from nnet.watch.settings import Settings
from nnet.watch.watcher import Watcher


class Watch:
    """A watcher with a clock of its own, and what it said."""

    def __init__(self, folder: Path, out: Path, **settings: object) -> None:
        self.now, self.said, self.judge = 0.0, [], PlainJudge()
        chosen = Settings(**settings)
        self.watcher = Watcher(folder, out, self.judge, chosen, self.said.append, lambda: self.now)

    def look(self, seconds: float = 1.0):
        self.now += seconds
        return self.watcher.look()


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def watched(folder, out):
    made = Watch(folder, out)
    with made.watcher:
        yield made


def test_a_picture_that_was_moved_in_is_scored_at_once_and_never_again(folder, out, watched):
    put(folder, "line 1/a.png", 150)
    assert watched.look().scored == 1
    (row,) = rows(out)
    assert (row["name"], row["score"], row["x_threshold"], row["decision"]) == (
        "line 1/a.png",
        "1.5",
        "1.5",
        "anomalous",
    )
    assert Image.open(out / row["overlay"]).size == (32, 24)
    os.utime(folder / "line 1/a.png")  # touched
    assert [watched.look().scored for _ in range(3)] == [0, 0, 0] and watched.judge.judged == 1


class OneSize(PlainJudge):
    def require_fit(self, height: int, width: int) -> None:
        if (width, height) != (40, 30):
            raise ImageError(f"Expected 40 x 30 pixels, found {width} x {height}. Take it again.")


def test_a_picture_of_another_size_is_not_called_unreadable_and_is_counted_apart(folder, out):
    said = []
    put(folder, "small.png")
    (folder / "torn.png").write_bytes(b"no picture")
    with Watcher(folder, out, OneSize(), say=said.append) as watcher:
        first = watcher.look()  # the picture is whole, so it is not waited for
        assert (first.scored, first.other_size, first.unreadable, first.waiting) == (0, 1, 0, 1)
        last = watcher.look(last=True)
        assert (last.other_size, last.unreadable, last.waiting) == (0, 1, 0)
    by_name = {row["name"]: row for row in rows(out)}
    told = by_name["small.png"]
    assert (told["decision"], told["score"]) == (OTHER_SIZE, "") and by_name["torn.png"]["decision"] == "unreadable"
    assert told["note"] == "Expected 40 x 30 pixels, found 32 x 24. Take it again."
    assert f"small.png: other size. {told['note']}" in said
    with contextlib.closing(Journal(out / JOURNAL, read_only=True)) as journal:
        assert journal.counts() == {"normal": 0, "anomalous": 0, "other kind": 0, "other size": 1, "unreadable": 1}


def test_another_kind_of_part_is_neither_normal_nor_anomalous(folder, out):
    class Knowing(PlainJudge):
        def judge(self, images):
            return [one._replace(is_other_kind=True) for one in super().judge(images)]

    put(folder, "cell.png", 220)
    with Watcher(folder, out, Knowing(), say=lambda _: None) as watcher:
        look = watcher.look()
    assert (look.scored, look.other_kind) == (1, 1)
    (told,) = rows(out)
    assert (
        told["decision"] == OTHER_KIND and told["score"] and "different from all that the model knows" in told["note"]
    )
    shown = np.asarray(Image.open(out / told["overlay"]))
    assert (shown == 220).all(), "the picture alone: no heat is shown of a score that says nothing"


def test_a_picture_that_is_anomalous_nearly_everywhere_is_noted_in_the_words_of_inspect(folder, out, detector):
    put(folder, "good.png", 20)
    put(folder, "strange.png", 200)
    watch(folder, out)
    notes = {row["name"]: (row["decision"], row["note"]) for row in rows(out)}
    assert notes == {"good.png": ("normal", ""), "strange.png": ("anomalous", unfamiliar(1.0))}
    assert unfamiliar(1.0) and not unfamiliar(0.5)
    (image,) = random_images(1, seed=3)
    (seen,) = CheckpointJudge.of(detector).judge([image])
    maps = {name: found[0].cpu().numpy() for name, found in detector.maps([image]).items()}
    on_inspect = judge(detector.calibration, maps, detector.config.scoring.parsed)
    assert share_above(seen.map, on_inspect.value / 2) == share_above(on_inspect.score, on_inspect.value / 2) > 0


def test_a_checkpoint_that_knows_its_kind_says_which_pictures_show_another(detector, monkeypatch):
    monkeypatch.setattr(Kind, "limit", 1e-4)
    images = list(random_images(5, seed=3))
    kind = Kind(np.stack([one.features for one in detector.score(images[:4])]))
    checkpoint = dataclasses.replace(detector.checkpoint, kind=kind)
    judge = CheckpointJudge.of(detector)
    assert not any(one.is_other_kind for one in judge.judge(images))
    judge._detector = SimpleNamespace(checkpoint=checkpoint, score=detector.score)
    grey = np.full((64, 64, 3), 128, np.uint8)
    own, other = judge.judge([images[0], grey])
    assert not own.is_other_kind and other.is_other_kind


def test_a_model_with_a_crop_box_says_which_pictures_it_needs():
    config = tiny_config(model__crop="0,0,140,90")
    judge = object.__new__(CheckpointJudge)
    judge._detector = SimpleNamespace(framing=Framing.of(config.model), config=config)
    judge.require_fit(90, 140)
    with pytest.raises(ImageError, match=r"at 140 x 90 pixels, .* fit this one of 60 x 50 pixels. Take it as"):
        judge.require_fit(50, 60)


def test_a_file_that_is_being_written_waits_until_two_looks_find_it_unchanged(folder, out, watched):
    whole = put(folder.parent / "made", "a.png").read_bytes()
    (folder / "a.png").write_bytes(whole)
    at = (folder / "a.png").stat()
    assert at.st_ctime_ns == at.st_mtime_ns  # written in place; a file that is renamed has a later ctime
    assert watched.look().scored == 0
    (folder / "a.png").write_bytes(whole + b"\0")
    assert watched.look().scored == 0
    assert watched.look().scored == 1


def test_half_a_picture_is_unreadable_only_after_a_while_and_scored_when_it_is_whole(folder, out, watched):
    path = put(folder, "a.png")
    whole = path.read_bytes()
    path.write_bytes(whole[:40])
    assert [watched.look().unreadable for _ in range(4)] == [0] * 4
    assert watched.look(11).unreadable == 1
    assert watched.look().unreadable == 0
    path.write_bytes(whole)
    watched.look()
    watched.look()
    assert [row["decision"] for row in rows(out)] == ["unreadable", "normal"]
    assert "a.png" in rows(out)[0]["note"]


def test_a_broken_file_that_has_lain_there_is_unreadable_soon_after_a_start_and_a_new_one_may_grow(
    folder, out, monkeypatch
):
    later = SimpleNamespace(time=lambda: time.time() + 60, monotonic=time.monotonic)
    (folder / "broken.jpg").write_bytes(b"no picture")
    monkeypatch.setattr(watching, "time", later)
    with (made := Watch(folder, out)).watcher:
        assert [made.look().unreadable for _ in range(2)] == [0, 1]
        new = put(folder.parent / "made", "new.png").read_bytes()
        for part in (30, 40):  # its times say that it is a minute old, by another clock
            (folder / "new.png").write_bytes(new[:part])
            assert [made.look(4).unreadable for _ in range(2)] == [0, 0]
        (folder / "new.png").write_bytes(new)
        assert [made.look().scored for _ in range(2)] == [0, 1]
    assert [row["decision"] for row in rows(out)] == ["unreadable", "normal"]


def test_another_content_under_the_same_name_is_another_picture(folder, out, watched):
    for grey in (20, 200, 20):
        put(folder, "latest.png", grey)
        watched.look()
    assert [row["decision"] for row in rows(out)] == ["normal", "anomalous", "normal"]


def test_odd_things_are_named_and_do_not_stop_the_others(folder, out, watched):
    os.mkfifo(folder / "pipe.png")
    (folder / "folder.png").mkdir()
    (folder / "gone.png").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder)
    put(folder, "folder.png/a.png")
    put(folder, ".hidden.png")
    put(folder, "line\nbreak.png")
    put(folder, os.fsdecode(b"\xff.png"))
    put(folder, "x" * 240 + ".png")
    watched.look()
    watched.look(20)
    assert {row["name"]: row["decision"] for row in rows(out)} == {
        "pipe.png": "unreadable",
        "folder.png/a.png": "normal",
        "line\\x0abreak.png": "normal",
        "\\xff.png": "normal",
        "x" * 240 + ".png": "normal",
    }


def test_what_could_not_be_read_is_named_once_and_tried_again(folder, out, watched, monkeypatch):
    put(folder, "a.png")

    def refused(found):
        raise PermissionError(errno.EACCES, "Permission denied", str(found.path))

    with monkeypatch.context() as patched:
        patched.setattr(watching, "read", refused)
        for _ in range(4):
            watched.look(20)
    assert [row["decision"] for row in rows(out)] == ["unreadable"]
    assert watched.look().scored == 1


def test_a_picture_that_vanishes_before_it_was_complete_is_named(folder, out, watched):
    put(folder, "a.png").write_bytes(b"half")
    watched.look()
    (folder / "a.png").unlink()
    assert watched.look().waiting == 0
    assert watched.said == ["a.png vanished before it could be scored."]


def test_a_vanished_folder_and_a_full_disk_lose_nothing(folder, out, watched, monkeypatch):
    put(folder, "a.png")
    folder.rename(folder.with_name("away"))
    assert watched.look().problem and watched.look().problem
    folder.with_name("away").rename(folder)

    def full(path, write):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(watching, "write_atomically", full)
        assert "No space left" in watched.look().problem
        assert not rows(out)
    assert watched.look().scored == 1
    assert sum("tried again" in said for said in watched.said) == 2 and "The watcher works again." in watched.said


def test_a_whole_disk_is_refused_and_a_look_at_one_large_folder_ends_when_asked(folder, out, watched, monkeypatch):
    monkeypatch.setattr(listing, "MOST_ENTRIES", 5)
    for name in "abc":
        put(folder, f"{name}/{name}.png")
    look = watched.look()
    assert look.scored == 0
    assert look.problem.startswith(f"{folder} holds more than 5 files and folders") and watched.said == [
        f"{look.problem}. Nothing is lost; it is tried again."
    ]
    monkeypatch.setattr(listing, "MOST_ENTRIES", 6)
    assert watched.look().scored == 3 and watched.said[-1] == "The watcher works again."
    monkeypatch.setattr(listing, "MOST_ENTRIES", 10)
    monkeypatch.setattr(listing, "_ASKED_EVERY", 2)
    for name in "defg":
        put(folder, f"{name}.png")
    asked = []
    assert watched.watcher.look(lambda _: bool(asked.append(1) or True)).waiting <= 2
    assert len(asked) == 1 and watched.look().scored == 4


def test_two_watchers_another_model_and_watching_the_results_are_refused(folder, out, watched):
    with pytest.raises(WatchError, match="Another nnet watch"):
        Watch(folder, out)
    watched.watcher.__exit__()
    other = PlainJudge()
    other.identity = "another"
    with pytest.raises(WatchError, match="another model"):
        Watcher(folder, out, other)
    with pytest.raises(WatchError, match="itself"):
        Watcher(out, out, other)
    with pytest.raises(WatchError, match="no folder"):
        Watcher(folder / "nowhere", out, other)


def test_results_inside_the_watched_folder_are_not_watched(folder):
    put(folder, "a.png")
    for _ in range(3):
        watch(folder, folder / "results")
    assert len(rows(folder / "results")) == 1


def test_a_table_that_is_torn_anywhere_in_its_last_row_or_gone_is_put_right(folder, out):
    put(folder, "a.png", 20)
    put(folder, "b.png", 200)
    watch(folder, out)
    whole = (out / "results.csv").read_bytes()
    for length in (*range(len(whole.splitlines(True)[0]) + 1), *range(whole.rstrip().rindex(b"\n"), len(whole))):
        (out / "results.csv").write_bytes(whole[:length])
        watch(folder, out)
        assert (out / "results.csv").read_bytes() == whole
    (out / "results.csv").unlink()
    watch(folder, out)
    assert (out / "results.csv").read_bytes() == whole
    (out / JOURNAL).unlink()
    with pytest.raises(WatchError, match="more rows"):
        watch(folder, out)


def test_many_pictures_are_taken_in_turns_the_oldest_first_and_the_progress_is_told(folder, out, watched, monkeypatch):
    monkeypatch.setattr(watching, "BACKLOG", 10)
    for number in range(25):
        os.utime(put(folder, f"{number:02}.png"), (1e9 - number, 1e9 - number))
    looks = [watched.look(30) for _ in range(3)]
    assert [look.scored for look in looks] == [10, 10, 5] and [look.due for look in looks] == [15, 5, 0]
    assert [row["name"] for row in rows(out)] == [f"{number:02}.png" for number in range(24, -1, -1)]
    assert watched.said[0] == "25 pictures wait."
    assert any(said.startswith("11 of 25 pictures are done, about ") for said in watched.said)


def test_once_ends_when_only_unfinished_pictures_are_left(folder, out, watched):
    put(folder, "a.png")
    (folder / "bad.png").write_bytes(b"no picture")
    waits = []

    def stopped(seconds: float) -> bool:
        if seconds:
            waits.append(seconds)
            (folder / "growing.png").write_bytes(b"half" * len(waits))
        return False

    look = watched.watcher.run(stopped, 1.0, once=True)
    assert (look.scored, look.unreadable, look.waiting) == (1, 1, 1) and waits == [1.0]


def test_overlays_of_anomalous_pictures_alone(folder, out):
    put(folder, "good.png", 20)
    put(folder, "bad.png", 200)
    with (made := Watch(folder, out, overlays="anomalous")).watcher:
        made.look()
    assert {row["name"]: bool(row["overlay"]) for row in rows(out)} == {"good.png": False, "bad.png": True}
    compared(out)


def an_export(folder: Path, width: int, height: int, **changes: object) -> None:
    """An export for one size of pictures, but for its graph."""
    folder.mkdir(parents=True)
    config = {"model": {"teacher_weights": "pretrained"}}
    says = {
        "format": "onnx",
        "outputs": ["score_map", "score", "anomalous"],
        "checkpoint": {"config": config},
        "expression": "M1",
        "threshold": 0.5,
        "preprocessing": {"size": 64},
        "region": {"picture": {"width": width, "height": height}},
        **changes,
    }
    (folder / "manifest.json").write_text(json.dumps(says))
    (folder / "model.onnx").touch()


def test_exports_for_several_sizes_score_the_pictures_of_theirs(tmp_path, monkeypatch):
    for width, height in ((130, 90), (90, 130)):
        an_export(tmp_path / "models" / f"{width}x{height}", width, height)

    def opened(folder):
        def run(images):
            assert images.shape[1:3] == tuple(map(int, reversed(folder.name.split("x"))))  # this size alone
            scores = images.mean(axis=(1, 2, 3)) / 255
            maps = np.broadcast_to(scores[:, None, None], images.shape[:3]).astype(np.float32)
            return {"score_map": maps, "score": scores, "anomalous": scores > 0.5}

        return run

    monkeypatch.setattr(judges, "open_export", opened)
    judge = judges.exported(tmp_path / "models")
    dark, bright = np.full((90, 130, 3), 51, np.uint8), np.full((130, 90, 3), 204, np.uint8)
    for image in (dark, bright):
        judge.require_fit(*image.shape[:2])
    found = judge.judge([dark, bright, dark])
    assert [(one.map.shape, round(one.value, 1), bool(one.is_anomalous)) for one in found] == [
        ((90, 130), 0.2, False),
        ((130, 90), 0.8, True),
        ((90, 130), 0.2, False),
    ]
    with pytest.raises(ImageError, match="for pictures of 130 x 90 or 90 x 130 pixels, but this one has 50 x 60"):
        judge.require_fit(60, 50)
    assert judges.exported(tmp_path / "models" / "130x90").only == (90, 130)


@pytest.mark.parametrize("changes", [{"threshold": 0.7}, {"region": None}])
def test_exports_of_different_models_are_not_taken_for_one(changes, tmp_path, monkeypatch):
    monkeypatch.setattr(judges, "open_export", lambda folder: None)
    an_export(tmp_path / "a", 130, 90)
    an_export(tmp_path / "b", 90, 130, **changes)
    with pytest.raises(ExportError, match=r"not of one model for several sizes of pictures\. Name one .*: a, b"):
        judges.exported(tmp_path)
    with pytest.raises(ExportError, match=r"is not an exported model: manifest\.json is missing"):
        judges.exported(tmp_path / "nothing")
