"""Pictures and masks that somebody else made: they run no program, and take no more memory than ours."""

import base64
import json
import os
import runpy
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from builders import encode, write_category

import nnet.export
from nnet.data import DataError, inspect, open_dataset
from nnet.data.depth import file_bits
from nnet.data.ignoring import decode_ignore
from nnet.data.images import IMAGE_SUFFIXES, ImageError, decode, orientation, stored_size
from nnet.data.masks import looks_like_mask, marks_something, read_mask

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\nshowpage\n%%EOF\n"


def header(width: int, height: int) -> bytes:
    """A PNG file that states a size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    size = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.fixture
def ghostscript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that is there once the program by which Pillow reads EPS files was run."""
    folder, ran = tmp_path / "bin", tmp_path / "it ran"
    folder.mkdir()
    (folder / "gs").write_text(f"#!/bin/sh\n: > '{ran}'\n")
    (folder / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)  # Pillow remembers whether there is one
    yield ran


def test_no_file_runs_a_program(ghostscript: Path, tmp_path: Path) -> None:
    """Whatever its name says: Pillow goes by its content."""
    root = write_category(tmp_path / "parts", train=3, good=2, dent=2)
    good, mask = root / "train" / "good" / "000.png", root / "ground_truth" / "dent" / "000_mask.png"
    for path in (good, mask, good.with_name("009_mask.png")):
        path.write_bytes(EPS)
    for look in (looks_like_mask, marks_something, file_bits, orientation, stored_size):
        look(mask)
    with pytest.raises(DataError, match="could not be read as a picture"):
        read_mask(mask, (64, 64))
    assert inspect(open_dataset(root, strict=False)).unreadable
    assert not ghostscript.exists()


def test_the_script_of_an_export_runs_none_either(
    ghostscript: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = SimpleNamespace(InferenceSession=lambda *_, **__: None)
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    main = runpy.run_path(str(Path(nnet.export.__file__).with_name("standalone.py")))["main"]
    main.__globals__["HERE"] = tmp_path
    about = {"threshold": 1.0, "calibration": {"scores": [0.5]}, "input": {"pictures": None}}
    (tmp_path / "manifest.json").write_text(json.dumps(about))
    (tmp_path / "part.png").write_bytes(EPS)
    ((said, why),) = main(tmp_path / "part.png", tmp_path / "out")
    assert said.endswith("part.png") and "cannot identify" in why
    with pytest.raises(SystemExit, match=r"Missing: .*missing"):
        list(main(tmp_path / "missing", tmp_path / "new"))
    assert not (tmp_path / "new").exists()
    assert not ghostscript.exists()
    ends = main.__globals__["ENDS"].keys()
    assert ends >= IMAGE_SUFFIXES and not ends & {".eps", ".psd", ".pdf", ".ico"}


def test_the_script_of_an_export_names_a_picture_that_it_cannot_read_and_scores_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Session:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def run(self, _: object, inputs: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
            return np.zeros((1, 8, 8), np.float32), inputs["images"].mean((1, 2, 3)), np.ones(1, bool)

    monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace(InferenceSession=Session))
    script, pictures = tmp_path / "score.py", tmp_path / "in"
    script.write_bytes(Path(nnet.export.__file__).with_name("standalone.py").read_bytes())
    about = {"threshold": 1.0, "calibration": {"scores": [0.5]}, "input": {"pictures": None}}
    (tmp_path / "manifest.json").write_text(json.dumps(about | {"preprocessing": {"size": 8}}))
    pictures.mkdir()
    for name, grey in (("a", 20), ("c", 40)):
        (pictures / f"{name}.png").write_bytes(encode(np.full((16, 16, 3), grey, np.uint8), "PNG"))
    (pictures / "b.png").write_bytes((pictures / "a.png").read_bytes()[:50])
    (pictures / "d.jpg").write_bytes(b"no picture at all")
    monkeypatch.setattr("sys.argv", ["score.py", str(pictures), str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:  # with words as its code, Python prints them and exits with 1
        runpy.run_path(str(script), run_name="__main__")
    assert [Path(line.split(": ")[1]).name for line in str(ended.value.code).split("\n")] == ["b.png", "d.jpg"]
    table = (tmp_path / "out" / "scores.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert [(Path(row.split(",")[0]).name, row.split(",")[1]) for row in table] == [("a.png", "20"), ("c.png", "40")]


def test_a_mask_that_states_a_huge_size_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "part_mask.png"
    path.write_bytes(header(12_000, 12_000))
    assert not looks_like_mask(path) and stored_size(path) is None and file_bits(path) is None
    with pytest.raises(DataError, match="part_mask"):
        read_mask(path, (12_000, 12_000))


def test_a_jpeg_of_thousands_of_scans_is_refused(tmp_path: Path) -> None:
    """Each takes as long as the picture: 4,000 of 4,000 x 4,000 pixels took most of a minute."""
    picture = encode(np.full((64, 64), 90, np.uint8), "JPEG", progressive=True)
    scans = picture[picture.index(b"\xff\xda") : -2]
    hidden = b"\xff\xfe\0\4\xff\xd9"  # a comment that looks like the end
    for count, between in ((200, b""), (200, hidden)):
        with pytest.raises(ImageError, match=r"part\.jpg has more than 100 scans"):
            decode(picture[:-2] + (between + scans) * count + b"\xff\xd9", "part.jpg")
    film = b"\xff\xda" * 1000  # of a motion photo, behind the end of the picture
    assert decode(picture + film, "part.jpg").image.shape == (64, 64, 3)
    thumbnail = b"\xff\xe1" + (2 + 2000).to_bytes(2, "big") + film
    (tmp_path / "part.jpg").write_bytes(picture[:2] + thumbnail + picture[2:])
    assert decode(tmp_path / "part.jpg").image.shape == (64, 64, 3)


@pytest.mark.parametrize("size", [12_000, 100_000])
def test_an_ignore_mask_that_states_a_huge_size_is_refused(size: int) -> None:
    with pytest.raises(ImageError, match="not a small PNG"):
        decode_ignore(base64.b64encode(header(size, size)).decode())
