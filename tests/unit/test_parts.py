"""Which runs and models are of one part follows from what they record about their data."""

import errno
import os
from pathlib import Path

import pytest
from apptest import encoded
from run_builders import make_run

from nnet.data import open_dataset
from nnet.data.intake import take
from nnet.runs import RunError, Runs, parts
from nnet.runs.layout import DATA, read_spec


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


def uploaded(runs: Runs, *seeds: int) -> Path:
    folder, _ = runs.stage_changed(None, lambda into: take(into, [("good", f"{i}.png", encoded(i)) for i in seeds]))
    assert folder is not None
    return folder


def key(run: object) -> str:
    return parts.of_run(run.spec, run.path)


def test_runs_on_the_same_pictures_are_of_one_part_whatever_they_are_called(runs: Runs) -> None:
    first = make_run(runs, "Brackets", "upload", upload=uploaded(runs, 1, 2))
    again = make_run(runs, "Brackets, longer", "upload", upload=first.path / DATA)
    other = make_run(runs, "Brackets", "upload", upload=uploaded(runs, 1, 3))
    assert key(first) == key(again) != key(other)
    texture = make_run(runs, "Metal", "synthetic:metal")
    assert key(texture) == "synthetic:metal" == parts.of_account({"source": "synthetic:metal, seed 7"})


def test_a_run_and_a_checkpoint_on_one_folder_are_of_one_part(runs: Runs, tmp_path: Path) -> None:
    folder = tmp_path / "bolts"
    folder.mkdir()
    (folder / "a.png").write_bytes(encoded())
    os.symlink(folder, tmp_path / "link")
    run = make_run(runs, "Bolts", str(tmp_path / "link"))
    assert key(run) == parts.of_account({"name": "bolts", "source": open_dataset(folder).source})
    assert str(folder) not in key(run)
    assert parts.of_account({"name": "ELPV monocrystalline"}) == "elpv:mono" == parts.of_place("elpv")
    assert parts.of_account({}) == ""
    one, other = ({"name": "a", "source": "uploaded images", "sha256": digest * 64} for digest in "ab")
    assert parts.of_account(one) != parts.of_account(other)


def test_a_run_with_more_pictures_stays_of_its_part_where_it_says_so(runs: Runs) -> None:
    first = make_run(runs, "Brackets", "upload", upload=uploaded(runs, 1, 2))
    grown = make_run(runs, "More", "upload", upload=uploaded(runs, 1, 2, 3), part=key(first))
    assert key(grown) == key(first) and read_spec(grown.path).part == key(first)


def test_a_name_is_kept_and_taken_back(runs: Runs) -> None:
    assert parts.names(runs.root) == {}
    parts.rename(runs.root, "synthetic:metal", "  Brushed   steel ")
    assert parts.names(runs.root) == {"synthetic:metal": "Brushed steel"}
    parts.rename(runs.root, "synthetic:metal", "")
    assert parts.names(runs.root) == {}
    with pytest.raises(RunError, match="at most 80"):
        parts.rename(runs.root, "x", "a" * 81)
    (runs.root / parts.PARTS).write_text("[]")
    with pytest.raises(RunError, match=r"parts\.json is damaged"):
        parts.rename(runs.root, "x", "a")


def test_pictures_that_may_not_be_looked_at_are_of_no_known_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Python 3.11 answers without the right to enter their folder; root may enter every one."""
    (tmp_path / "a.png").write_bytes(b"a")
    assert parts.of_uploaded(tmp_path).startswith("upload-")

    def refuse(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    assert parts.of_uploaded(tmp_path) == ""
