"""Event files of training, read back."""

import dataclasses
import struct
import sys
from pathlib import Path
from typing import Any

import pytest
from builders import tiny_config, write_images

from nnet.data import open_dataset
from nnet.training.events import Callbacks, Progress, Stopped, TrainingError
from nnet.training.job import TrainJob
from nnet.training.pipeline import train_on
from nnet.training.state import load_history

event_pb2 = pytest.importorskip("tensorboardX.proto.event_pb2")


def events(path: Path) -> list[Any]:
    """The messages of an event file: each stands between its length with a checksum and a checksum of its own."""
    data, found = path.read_bytes(), []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        found.append(event_pb2.Event.FromString(data[12 : 12 + length]))
        data = data[16 + length :]
    return found


@pytest.fixture
def photos(tmp_path) -> Path:
    """A folder of photos to train on."""
    return write_images(tmp_path, {"photos": 14}) / "photos"


def test_epochs_that_are_made_again_count_once(tmp_path, photos):
    """kill -9 between two saves lets epochs be repeated; a start event lets TensorBoard forget the earlier ones."""
    out, logs = tmp_path / "m", tmp_path / "logs"
    job = TrainJob(tiny_config(train__epochs=2), out, device="cpu", tensorboard=logs)

    def break_off(progress: Progress) -> None:
        if progress.phase == "train" and progress.epoch == 1:
            raise Stopped

    with pytest.raises(Stopped):
        train_on(job, open_dataset(photos), Callbacks(break_off))
    train_on(dataclasses.replace(job, resume=True), open_dataset(photos))
    first, second = map(events, sorted(logs.iterdir(), key=lambda path: path.stat().st_mtime_ns))
    history = load_history(out)
    for found, epochs in ((first, [1]), (second, [2])):
        scalars = [(e.step, v.tag, v.simple_value) for e in found for v in e.summary.value]
        lines = [(line["epoch"], name, line[name]) for line in history for name in line if name != "epoch"]
        assert scalars == [(epoch, name, pytest.approx(v)) for epoch, name, v in lines if epoch in epochs]
    starts = [
        [e.step for e in found if e.session_log.status == event_pb2.SessionLog.START] for found in (first, second)
    ]
    assert starts == [[], [2]]


def test_without_the_package_a_sentence_says_so_before_anything_is_done(tmp_path, photos, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    job = TrainJob(tiny_config(), tmp_path / "m", device="cpu", tensorboard=tmp_path / "logs")
    with pytest.raises(TrainingError, match="pip install tensorboardX"):
        train_on(job, open_dataset(photos))
    assert not (tmp_path / "m").exists()


def test_a_start_that_is_refused_leaves_no_file(tmp_path, photos, tiny_checkpoint):
    with pytest.raises(TrainingError, match="finished model"):
        train_on(
            TrainJob(tiny_config(), tiny_checkpoint, device="cpu", tensorboard=tmp_path / "logs"), open_dataset(photos)
        )
    assert not (tmp_path / "logs").exists()
