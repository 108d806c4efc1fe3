"""What goes with a run that is deleted, and what stays since something else needs it."""

from pathlib import Path

import pytest
from builders import encode, random_images
from run_builders import make_run

from nnet.runs import RunError, Runs
from nnet.runs.uploads import UPLOADS


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


def sent(runs: Runs, seed: int = 0) -> Path:
    return runs.stage([(f"{i}.png", encode(image)) for i, image in enumerate(random_images(12, seed=seed))])


def replace(path: Path, content: bytes | None = None) -> None:
    """Put another file in its place; without a content one of the same size."""
    content = bytes(path.stat().st_size) if content is None else content
    path.unlink()
    path.write_bytes(content)


def staged(runs: Runs) -> list[Path]:
    return sorted((runs.root / UPLOADS).iterdir())


def test_pictures_that_only_this_run_used_go_with_it(runs: Runs) -> None:
    mine, other = sent(runs), sent(runs, seed=1)
    run = make_run(runs, "Mine", "upload", mine)
    make_run(runs, "Other", "upload", other)
    assert not runs.shares_pictures(run.id)
    runs.delete(run.id)
    assert staged(runs) == [other] and not run.path.exists() and len(runs.get("other").dataset().train) > 0


def test_copies_without_links_are_known_by_their_bytes(runs: Runs) -> None:
    mine = sent(runs)
    run = make_run(runs, "Mine", "upload", mine)
    for path in mine.rglob("*.png"):  # as on a file system without hard links
        replace(path, path.read_bytes())
    changed = runs.stage_changed(mine, lambda folder: replace(next(folder.rglob("*.png"))))[0]
    runs.delete(run.id)
    assert staged(runs) == [changed]


def test_pictures_of_another_run_stay_until_that_is_deleted_too(runs: Runs) -> None:
    mine = sent(runs)
    run = make_run(runs, "Mine", "upload", mine)
    again = make_run(runs, "Again", "upload", run.path / "data")
    assert runs.shares_pictures(run.id)
    runs.delete(run.id)
    assert staged(runs) == [mine] and len(again.dataset().train) > 0
    runs.delete(again.id)
    assert staged(runs) == []


def test_pictures_that_somebody_works_on_stay(runs: Runs) -> None:
    mine = sent(runs)
    run = make_run(runs, "Mine", "upload", mine)
    runs.delete(run.id, lambda folder: folder == mine)
    assert staged(runs) == [mine] and not run.path.exists()
    run = make_run(runs, "Mine", "upload", mine)
    with pytest.raises(RunError, match="another window"):
        runs.delete(run.id, lambda folder: folder == run.path / "data")
    assert len(run.dataset().train) > 0


def test_a_run_of_other_data_takes_nothing_with_it(runs: Runs) -> None:
    mine = sent(runs)
    runs.delete(make_run(runs, "Metal").id)
    assert staged(runs) == [mine]
