"""Event files for TensorBoard, written without TensorBoard: `tensorboard --logdir FOLDER` shows them.

A file is a sequence of records: length (uint64), its checksum, an Event message (protocol buffers), its checksum. An
Event has wall_time (field 1, double), step (2, int64), and file_version (3, string) or summary (5), a Summary of values
(1), each with tag (1, string) and simple_value (2, float); or session_log (7), whose status (1, varint) 1 is a start.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnet.model.inputs import Images
from nnet.training.events import Listener

_DOUBLE, _VARINT, _BYTES, _FLOAT = 1, 0, 2, 5


class EventLog(Listener):
    """Writes the history into event files. Only the process that leads begins."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, images: Images, held_out: np.ndarray, first_epoch: int, epochs: int) -> None:
        self._writer = EventWriter(self._folder)
        if first_epoch:
            self._writer.restart(first_epoch + 1)

    def heard(self, entry: dict[str, Any]) -> None:
        self._writer.scalars(entry["epoch"], {k: v for k, v in entry.items() if k != "epoch"})


class EventWriter:
    """Appends scalars to a new event file in a folder; a resumed run adds a second file, which TensorBoard joins.

    Args:
        folder: made if it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}"
        self._append(_double(1, time.time()) + _bytes(3, b"brain.Event:2"))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write named numbers at a step (an epoch)."""
        entries = [_bytes(1, _bytes(1, name.encode()) + _float(2, float(value))) for name, value in values.items()]
        self._append(_double(1, time.time()) + _varint(2, step) + _bytes(5, b"".join(entries)))

    def restart(self, step: int) -> None:
        """Let TensorBoard forget what earlier files say of this step and those after it, since they come again."""
        self._append(_double(1, time.time()) + _varint(2, step) + _bytes(7, _varint(1, 1)))

    def _append(self, event: bytes) -> None:
        length = struct.pack("<Q", len(event))
        record = length + struct.pack("<I", masked_crc(length)) + event + struct.pack("<I", masked_crc(event))
        with self.path.open("ab") as stream:
            stream.write(record)


def _crc_table() -> tuple[int, ...]:
    """CRC-32C (Castagnoli), bit-reversed polynomial 0x82F63B78."""
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_TABLE = _crc_table()


def crc32c(data: bytes) -> int:
    """CRC-32C of some bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def masked_crc(data: bytes) -> int:
    """The checksum as event files have it: rotated and shifted, since a CRC over its own CRC is weak."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _key(field: int, kind: int) -> bytes:
    return _number(field << 3 | kind)


def _double(field: int, value: float) -> bytes:
    return _key(field, _DOUBLE) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    return _key(field, _FLOAT) + struct.pack("<f", value)


def _varint(field: int, value: int) -> bytes:
    return _key(field, _VARINT) + _number(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _key(field, _BYTES) + _number(len(value)) + value
