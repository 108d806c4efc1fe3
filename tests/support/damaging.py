"""Files as somebody might leave them who means no good, and folders around them. All are made here; none is stored."""

import json
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from builders import random_images, tiny_config

from nnet.model.network import NNet
from nnet.saved import checkpoint, kept_scores
from nnet.saved.storage import write_tensors
from nnet.scoring.calibration import Calibration

PARTS = {"name": "Parts", "sha256": "0" * 64, "test_normal": 1, "test_defective": 1}
SIZES = {"smallest": [64, 64], "largest": [64, 64], "distinct": 1}
Damage = Callable[[Path], object]
"""Puts something at a path where a file was, or was not."""


def untrained_checkpoint(path: Path) -> Path:
    """A complete checkpoint of the tiny configuration, made without training: its network is as it begins."""
    config = tiny_config()
    network = NNet(config)
    generator = np.random.default_rng(0)
    maps = {name: generator.random((8, 64, 64)).astype(np.float16) for name in config.maps}
    about = {
        "teacher_origin": network.T.origin,
        "training_images": 8,
        "calibration_images": 8,
        "data": PARTS,
        "created": "2026-01-01T00:00:00+00:00",
    }
    items = config.model.memory_items
    atlas = {
        "usage": torch.full((items,), 1 / items),
        "patches": torch.from_numpy(random_images(items * 6, 40).reshape(items, 6, 40, 40, 3)),
        "weights": torch.rand(items, 6),
        "sources": torch.zeros(items, 6, 3, dtype=torch.int64),
    }
    checkpoint.save(path, network, config, Calibration(maps, 64, config.scoring), atlas, about)
    best = {"threshold": 0.5, "f1": 0.9, "precision": 0.9, "recall": 0.9}
    measured = {"i_auroc": 0.9, "i_f1": best, "notes": ["a"], "by_type": {"dent": {"i_auroc": 0.9}}}
    results = {"data": PARTS, "scores": {config.score.expression: measured}, "image_sizes": SIZES}
    later = {**results, "weights_sha256": "1" * 64, "subsets": {"shapley": {"i_auroc": {"M1": 0.1}}}}
    checkpoint.write_results(path, {**results, "evaluations": {"0" * 64: later}}, "# Parts\n")
    _score(path, config.score.expression)
    (path / "history.jsonl").write_text('{"epoch": 1, "loss": 1.5, "items_per_query": 2.0}\n')
    return path


def _score(path: Path, expression: str) -> None:
    """Keep the scores of two pictures."""
    weights = checkpoint.load(path).weights_hash
    entry = {"data": PARTS, "weights_sha256": weights, "keys": ["1.png", "2.png"]}
    kept_scores.add(path, {**entry, "labels": ["good", "dent"], "scores": {expression: [0.25, 0.5]}})  # type: ignore[typeddict-item]


def _remove(path: Path) -> None:
    if path.is_symlink() or path.exists():
        path.unlink()


def bytes_of(content: bytes) -> Damage:
    """The file holds these bytes."""
    return lambda path: (_remove(path), path.write_bytes(content))


def _sparse(path: Path) -> None:
    """A terabyte that takes no room."""
    _remove(path)
    with path.open("wb") as stream:
        stream.truncate(2**40)


def _pipe(path: Path) -> None:
    _remove(path)
    os.mkfifo(path)


def _folder(path: Path) -> None:
    _remove(path)
    path.mkdir()


def _loop(path: Path) -> None:
    _remove(path)
    path.symlink_to(path.name)


def _endless(path: Path) -> None:
    _remove(path)
    path.symlink_to("/dev/zero")


def _socket(path: Path) -> None:
    _remove(path)
    with socket.socket(socket.AF_UNIX) as one:
        here = os.open(path.parent, os.O_RDONLY)
        try:  # the name of a socket may have 108 bytes
            one.bind(f"/proc/self/fd/{here}/{path.name}")
        finally:
            os.close(here)


KINDS: dict[str, Damage] = {
    "pipe": _pipe,
    "folder": _folder,
    "link to itself": _loop,
    "endless device": _endless,
    "socket": _socket,
    "terabyte": _sparse,
}
"""What is no file of a sensible size."""

JSON: dict[str, Damage] = {
    "empty": bytes_of(b""),
    "list": bytes_of(b"[1]\n"),
    "text": bytes_of(b'"x"\n'),
    "half": bytes_of(b'{"format": 1, "conf\n'),
    "deep": bytes_of(b"[" * 100_000 + b"]" * 100_000 + b"\n"),
    "deep below a field": bytes_of(b'{"about": ' + b"[" * 900 + b"]" * 900 + b"}\n"),
    "not finite": bytes_of(b'{"wall": NaN, "loss": Infinity, "code": 1e999}\n'),
    "latin-1": bytes_of('{"name": "Gehäuse"}\n'.encode("latin-1")),
    "binary": bytes_of(bytes(range(256))),
    "many digits": bytes_of(b'{"epoch": ' + b"9" * 5000 + b"}\n"),
}
"""JSON of another shape, and what is no JSON."""


def tensors(**arrays: np.ndarray) -> Damage:
    """A safetensors file with these arrays; a double underscore in a name stands for a space."""
    plain = {name.replace("__", " "): torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()}
    return lambda path: (_remove(path), write_tensors(path, plain))


def header(arrays: object, size: int = 0) -> Damage:
    """A safetensors file that states `arrays`, with `size` bytes behind, of which it takes no room."""

    def write(path: Path) -> None:
        _remove(path)
        content = json.dumps(arrays).encode()
        with path.open("wb") as stream:
            stream.write(struct.pack("<Q", len(content)) + content)
            stream.truncate(8 + len(content) + size)

    return write


def maps(count: int, side: int = 64, kind: str = "F16") -> Damage:
    """So many held-out images' maps, which are there only as zeros that take no room on the disk."""
    one = count * side * side * 2
    names = [f"M{number}" for number in range(1, 7)]
    stated = {
        name: {"dtype": kind, "shape": [count, side, side], "data_offsets": [i * one, (i + 1) * one]}
        for i, name in enumerate(names)
    }
    return header(stated, 6 * one)


_HALF = {"dtype": "F16", "shape": [2, 8, 8], "data_offsets": [0, 256]}
ARRAYS: dict[str, Damage] = {
    "empty": bytes_of(b""),
    "short": bytes_of(b"\x05\x00"),
    "header of an exabyte": bytes_of(b"\xff" * 7 + b"\x0f{}"),
    "header is a list": header([1, 2]),
    "header of another shape": header({"M1": 5}),
    "header that lies": header({"M1": {**_HALF, "data_offsets": [0, 2**40]}}, 256),
    "more than there is": header({"M1": {**_HALF, "shape": [2**20, 2**10, 2**10]}}, 256),
    "negative": header({"M1": {**_HALF, "shape": [-2, -8, 8]}}, 256),
    "unknown type": header({"M1": {**_HALF, "dtype": "F4"}}, 256),
    "foreign array": tensors(other=np.zeros(3, np.float32)),
    "none": header({}),
    "deep": bytes_of(struct.pack("<Q", 100_000) + b"[" * 100_000),
}
"""Safetensors files that are none, or lie."""

MAPS: dict[str, Damage] = {
    "one dimension": tensors(**{f"M{i}": np.zeros(64, np.float16) for i in range(1, 7)}),
    "uneven": tensors(**{f"M{i}": np.zeros((i, 64, 64), np.float16) for i in range(1, 7)}),
    "8 x 8": tensors(**{f"M{i}": np.zeros((8, 8, 8), np.float16) for i in range(1, 7)}),
    "no images": tensors(**{f"M{i}": np.zeros((0, 64, 64), np.float16) for i in range(1, 7)}),
    "NaN": tensors(**{f"M{i}": np.full((8, 64, 64), np.nan, np.float16) for i in range(1, 7)}),
    "infinite": tensors(**{f"M{i}": np.full((8, 64, 64), np.inf, np.float16) for i in range(1, 7)}),
    "50,000 images": maps(50_000),
    "doubles": tensors(**{f"M{i}": np.zeros((8, 64, 64)) for i in range(1, 7)}),
    "one map": tensors(M1=np.zeros((8, 64, 64), np.float16)),
}
"""normal_maps.safetensors of another shape or with other values."""
