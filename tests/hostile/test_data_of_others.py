"""Folders of pictures and of results that somebody else made: nothing in them is waited for, or read without end."""

from pathlib import Path
from unittest.mock import Mock

import damaging
import pytest
from builders import write_small_category
from watched import PlainJudge, put, watch

from nnet.data import DataError, open_dataset
from nnet.data.ignoring import read_ignore
from nnet.data.images import stored_size
from nnet.data.listing import LEFT_PACKED
from nnet.errors import NNetError
from nnet.watch.journal import WatchError
from nnet.watch.table import TABLE, TABLE_FORMAT
from nnet.watch.watcher import Watcher
from workbench.shared.resources import Model
from workbench.watch import watchers

pytestmark = pytest.mark.timeout(30)


@pytest.mark.parametrize("kind", damaging.KINDS)
def test_a_list_of_what_stayed_in_a_zip_is_read_as_a_file_of_ours(kind: str, tmp_path: Path) -> None:
    """A pipe kept the page waiting, and an endless device took all memory."""
    data = write_small_category(tmp_path / "part")
    damaging.KINDS[kind](data / LEFT_PACKED)
    with pytest.raises(DataError, match=rf"{LEFT_PACKED} is damaged"):
        open_dataset(data)


@pytest.mark.parametrize("kind", damaging.KINDS)
def test_a_picture_whose_size_is_asked_for_is_an_ordinary_file(kind: str, tmp_path: Path) -> None:
    """`train --ignore` waited for a pipe for ever."""
    damaging.KINDS[kind](tmp_path / "x.png")
    assert stored_size(tmp_path / "x.png") is None
    with pytest.raises(NNetError, match=r"x\.png cannot be read as a picture"):
        read_ignore(tmp_path / "x.png")


@pytest.mark.parametrize("place", ["train/good/x.png", "test/dent/x.png", "ground_truth/dent/000_mask.png"])
def test_no_terabyte_is_hashed(place: str, tmp_path: Path) -> None:
    data = write_small_category(tmp_path / "part")
    (data / place).parent.mkdir(parents=True, exist_ok=True)
    damaging.KINDS["terabyte"](data / place)
    with pytest.raises(DataError, match=rf"{place} has 1.02e\+03 GB, but the largest picture has"):
        open_dataset(data, strict=False).content_hash()


@pytest.mark.parametrize("kind", ["pipe", "socket", "terabyte", "endless device"])
def test_a_table_of_results_is_read_as_a_file_of_ours(kind: str, tmp_path: Path) -> None:
    put(tmp_path / "in", "a.png")
    out = tmp_path / "out"
    watch(tmp_path / "in", out)
    damaging.KINDS[kind](out / TABLE)
    put(tmp_path / "in", "b.png")
    with pytest.raises(WatchError, match=r"results\.csv is not a table of nnet watch"):
        watch(tmp_path / "in", out)
    with pytest.raises(WatchError, match=r"results\.csv is damaged"):
        TABLE_FORMAT.content(out / TABLE)


@pytest.mark.parametrize("end", [b"9" * 5000 + b",", b"x" * 2**21])
def test_a_row_that_is_none_is_taken_for_nothing_worse(end: bytes, tmp_path: Path) -> None:
    put(tmp_path / "in", "a.png")
    out = tmp_path / "out"
    watch(tmp_path / "in", out)
    with (out / TABLE).open("ab") as stream:
        stream.write(end + b"\n")
    put(tmp_path / "in", "b.png")
    said = r"results\.csv (is not a table of nnet watch|has more rows)"
    with pytest.raises(WatchError, match=said):
        watch(tmp_path / "in", out)


def test_a_look_at_a_disk_full_of_folders_is_stopped_between_two_of_them(tmp_path: Path) -> None:
    """Stop on the page waited until the whole disk had been seen."""
    for number in range(40):
        put(tmp_path / "in", f"{number:02}/a.png")
    said: list[str] = []
    with Watcher(tmp_path / "in", tmp_path / "out", PlainJudge(), say=said.append) as watcher:
        asked: list[float] = []

        def stopped(seconds: float) -> bool:
            asked.append(seconds)
            return len(asked) > 3

        assert watcher.look(stopped).scored == 0 and asked == [0.0] * 4
        assert watcher.look().scored == 40
    assert not any("vanished" in line for line in said)


def test_whatever_ends_a_watcher_of_the_page_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no more memory on the device")

    monkeypatch.setattr(Watcher, "run", fail)
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    one = watchers.Watching(tmp_path / "in", tmp_path / "out", Mock(spec=Model))
    one.begin(PlainJudge())
    one.stop()
    assert one.problem == "RuntimeError: no more memory on the device"
