"""The Ray engine on a local Ray instance: the same study, the same rows. Without Ray: a clear message."""

import builtins
from importlib.util import find_spec
from pathlib import Path

import pytest
from test_ablation_study import TIMES, arguments, category, done, interrupted, machine, study  # noqa: F401 (fixtures)

from nnet.cli import main
from nnet.studies import StudyError, read_results
from nnet.studies.cluster import _files, _is_shared, _mark, joined
from nnet.studies.store import CSV, StudyFolder

ELSEWHERE = TIMES | {"engine", "jobs", "threads", "device"}


def test_without_ray_the_message_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without_ray(name: str, *more: object, **named: object) -> object:
        if name == "ray":
            raise ImportError(name)
        return real(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", without_ray)
    with pytest.raises(StudyError, match="pip install"):
        joined()


def test_a_machine_knows_whether_it_shares_the_folder(tmp_path):
    mark = _mark(tmp_path)
    assert _is_shared(tmp_path, mark)
    assert not _is_shared(tmp_path, "another") and not _is_shared(tmp_path / "elsewhere", mark)


def test_a_checkpoint_travels_whole(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.bin").write_bytes(b"\x00\x01")
    (tmp_path / "y.txt").write_text("y")
    assert _files(tmp_path) == {"a/x.bin": b"\x00\x01", "y.txt": b"y"}


# A mark, since a skip inside the test would first have the study made that it compares with.
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed (pyproject.toml)")
@pytest.mark.parametrize("shared", [True, False], ids=["shared folder", "own folders"])
def test_a_local_ray_instance_gives_the_same_rows(study, category, tmp_path, monkeypatch, capsys, shared):  # noqa: F811
    if not shared:  # what a machine of the cluster sees that does not have the study's folder
        monkeypatch.setattr("nnet.studies.cluster._mark", lambda root: "of another machine")
    assert main(arguments(category, tmp_path, "--study", "table7", "--seeds", 2, "--engine", "ray")) == 0
    assert "0 done, 2 to run" in capsys.readouterr().out
    assert done(tmp_path).keys() == done(study).keys()

    def comparable(out: Path) -> list[dict[str, object]]:
        return [{k: v for k, v in row.items() if k not in ELSEWHERE} for row in read_results(out / CSV)]

    assert comparable(tmp_path) == comparable(study)
    assert {row["engine"] for row in read_results(tmp_path / CSV)} == {"ray"}
    kept = list(StudyFolder(tmp_path).kept())
    assert kept == list(StudyFolder(study).kept())
    weights = [StudyFolder(out).model(kept[0]) / "weights.safetensors" for out in (tmp_path, study)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert main(arguments(category, tmp_path, "--study", "table7", "--seeds", 2)) == 0  # local: nothing is left to do
    assert "all done" in capsys.readouterr().out
