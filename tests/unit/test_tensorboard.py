"""Event files, read back by a parser of their own that knows the format from its description alone."""

import dataclasses
import struct
from pathlib import Path

import pytest
from builders import random_images, tiny_config
from PIL import Image

from nnet.data import open_dataset
from nnet.training.events import Callbacks, Progress, Stopped, TrainingError
from nnet.training.job import TrainJob
from nnet.training.pipeline import train_on
from nnet.training.tensorboard import EventWriter, crc32c, masked_crc


def records(data: bytes) -> list[bytes]:
    """The messages of an event file; both checksums of each are verified."""
    found = []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12])[0] == masked_crc(data[:8])
        message = data[12 : 12 + length]
        assert struct.unpack("<I", data[12 + length : 16 + length])[0] == masked_crc(message)
        found.append(message)
        data = data[16 + length :]
    return found


def fields(message: bytes) -> list[tuple[int, object]]:
    """(number, value) of a protocol buffer: varints, doubles, floats and bytes."""
    found, at = [], 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = varint()
        match key & 7:
            case 0:
                value = varint()
            case 1:
                value, at = struct.unpack("<d", message[at : at + 8])[0], at + 8
            case 5:
                value, at = struct.unpack("<f", message[at : at + 4])[0], at + 4
            case 2:
                length = varint()
                value, at = message[at : at + length], at + length
        found.append((key >> 3, value))
    return found


def test_the_checksum_is_castagnolis():
    assert crc32c(b"123456789") == 0xE3069283  # the check value in the catalogue of CRCs
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4


def test_scalars_come_back(tmp_path):
    writer = EventWriter(tmp_path / "events")
    writer.scalars(300, {"loss": 0.25, "L_KD": 1.5})
    assert writer.path.name.startswith("events.out.tfevents.")
    version, event = (fields(message) for message in records(writer.path.read_bytes()))
    assert dict(version)[3] == b"brain.Event:2"
    assert dict(event)[2] == 300 and dict(event)[1] > 1e9
    values = [dict(fields(value)) for number, value in fields(dict(event)[5]) if number == 1]
    assert [(value[1], value[2]) for value in values] == [(b"loss", pytest.approx(0.25)), (b"L_KD", pytest.approx(1.5))]


@pytest.fixture
def photos(tmp_path) -> Path:
    """A folder of photos to train on."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, image in enumerate(random_images(14)):
        Image.fromarray(image).save(folder / f"{number:02}.png")
    return folder


def test_epochs_that_are_made_again_count_once(tmp_path, photos):
    """kill -9 between two saves lets epochs be repeated; a start event (session_log 7, status 1) takes them back."""
    out, logs = tmp_path / "m", tmp_path / "logs"
    job = TrainJob(tiny_config(train__epochs=3), out, device="cpu", tensorboard=logs)

    def break_off(progress: Progress) -> None:
        if progress.phase == "train" and progress.epoch == 2:
            raise Stopped

    with pytest.raises(Stopped):
        train_on(job, open_dataset(photos), Callbacks(break_off))
    train_on(dataclasses.replace(job, resume=True), open_dataset(photos))
    first, second = sorted(logs.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    steps = [[dict(fields(message)).get(2) for message in records(path.read_bytes())] for path in (first, second)]
    assert steps == [[None, 1, 2], [None, 3, 3]]
    assert dict(fields(dict(fields(records(second.read_bytes())[1]))[7])) == {1: 1}


def test_a_start_that_is_refused_leaves_no_file(tmp_path, photos, tiny_checkpoint):
    with pytest.raises(TrainingError, match="finished model"):
        train_on(
            TrainJob(tiny_config(), tiny_checkpoint, device="cpu", tensorboard=tmp_path / "logs"), open_dataset(photos)
        )
    assert not (tmp_path / "logs").exists()
