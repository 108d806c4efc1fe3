"""What a checkpoint of somebody else may name: no file outside of its own place, no hub, no host."""

import json
import os
import socket
from pathlib import Path

import pytest
from damaging import untrained_checkpoint

from nnet import environment
from nnet.config import ConfigError
from nnet.data import DataError, open_dataset
from nnet.errors import NNetError
from nnet.model.teacher_weights import WeightsError, load_weights
from nnet.saved import checkpoint


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A complete checkpoint, two folders down."""
    return untrained_checkpoint(tmp_path / "models" / "theirs")


def rewritten(path: Path, section: str, **values: object) -> Path:
    """The checkpoint with other values in its config.json."""
    config = json.loads((path / "config.json").read_text())
    (config["config"]["model"] if section == "model" else config["about"]).update(values)
    (path / "config.json").write_text(json.dumps(config))
    return path


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were looked at or opened."""
    found: list[str] = []
    real_stat, real_open = os.stat, os.open

    def stat(path: object, *rest: object, **more: object) -> os.stat_result:
        found.append(str(path))
        return real_stat(path, *rest, **more)  # type: ignore[arg-type]

    def opening(path: object, *rest: object, **more: object) -> int:
        found.append(str(path))
        return real_open(path, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr(os, "open", opening)
    return found


@pytest.mark.parametrize("where", ["elsewhere/teacher.pth", "models/theirs/../../elsewhere/teacher.pth"])
def test_a_model_names_no_file_elsewhere(where: str, foreign: Path, tmp_path: Path, looked_at: list[str]) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "teacher.pth").write_bytes(b"not for you")
    rewritten(foreign, "about", teacher_file=str(tmp_path / where))
    checkpoint.build_network(checkpoint.load(foreign))  # with the teacher that it would have without
    assert not [path for path in looked_at if "elsewhere" in path]


@pytest.mark.parametrize("place", ["own", "beside", "listed"])
def test_a_model_may_name_a_file_of_its_own_place(
    place: str, foreign: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "weights"
    listed.mkdir()
    file = {"own": foreign, "beside": foreign.parent, "listed": listed}[place] / "teacher.pth"
    file.write_bytes(b"no weights")
    monkeypatch.setenv(environment.WEIGHTS, str(listed))
    rewritten(foreign, "about", teacher_file=str(file))
    rewritten(foreign, "model", teacher_weights="pretrained")
    with pytest.raises(WeightsError, match=r"teacher\.pth cannot be read as weights"):
        checkpoint.build_network(checkpoint.load(foreign))


@pytest.mark.parametrize(
    "teacher", ["hf-hub:evil/model", "hf_hub:evil/model", "local-dir:/etc", "http://x/y", "../m", ""]
)
def test_a_model_names_no_hub_and_no_host(teacher: str, foreign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("it went to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    rewritten(foreign, "model", teacher=teacher, teacher_weights="pretrained")
    with pytest.raises(ConfigError, match="an architecture of timm"):
        checkpoint.load(foreign)


def test_weights_are_no_pipe_and_of_a_sensible_size(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pth")
    with (tmp_path / "huge.pth").open("wb") as stream:
        stream.truncate(2**40)
    for name in ("pipe.pth", "huge.pth"):
        with pytest.raises(WeightsError, match=f"{name} is damaged"):
            load_weights("resnet18", {}, tmp_path / name)


@pytest.mark.parametrize("name", ["labels.csv", "split_csv/1cls.csv"])
def test_a_table_is_no_pipe_and_of_a_sensible_size(name: str, tmp_path: Path) -> None:
    table = tmp_path / name
    table.parent.mkdir(exist_ok=True)
    os.mkfifo(table)
    with pytest.raises(NNetError):  # and nothing waits for somebody to write
        open_dataset(tmp_path)
    table.unlink()
    with table.open("wb") as stream:
        stream.truncate(2**40)
    with pytest.raises(DataError):
        open_dataset(tmp_path)
