"""ZIP files: any folder layout opens, and nothing hostile gets out of the box."""

import gc
import io
import stat
import struct
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from builders import encode
from PIL import Image

from nnet.data import DataError, ZipLimits, extract_zip, open_dataset, open_zip
from nnet.data.listing import LEFT_PACKED


def png(level: int = 0) -> bytes:
    return encode(Image.new("L", (20, 20), level))


def pack(entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo("placeholder")
            info.filename = info.orig_filename = name  # ZipInfo would tidy the name
            info.compress_type = compression
            archive.writestr(info, content)
    stream.seek(0)
    return stream


def category(prefix: str = "") -> dict[str, bytes]:
    return {
        f"{prefix}train/good/0.png": png(0),
        f"{prefix}train/good/1.png": png(1),
        f"{prefix}test/good/0.png": png(2),
        f"{prefix}test/dent/0.png": png(3),
        f"{prefix}ground_truth/dent/0_mask.png": png(255),
    }


def refused(stream: io.BytesIO, target: Path, message: str, **limits: float) -> None:
    """The ZIP is refused with `message`, and not a single file is left in or beside the target."""
    with pytest.raises(DataError, match=message):
        extract_zip(stream, target, ZipLimits(**limits), "up.zip")
    assert not target.exists()
    assert list(target.parent.rglob("*")) == []


def test_a_zip_of_a_category_opens_like_its_folder(tmp_path):
    (tmp_path / "parts.zip").write_bytes(pack(category("parts/")).getvalue())
    with zipfile.ZipFile(tmp_path / "parts.zip") as archive:
        archive.extractall(tmp_path / "folder")
    packed, plain = open_dataset(tmp_path / "parts.zip"), open_dataset(tmp_path / "folder")
    assert (packed.name, packed.layout) == ("parts", "MVTec AD")
    assert packed.content_hash() == plain.content_hash()
    assert packed.source == f"{tmp_path / 'parts.zip'}/parts"
    assert packed.test[0].load_mask().all()


def test_a_zip_without_a_top_folder_takes_the_name_of_the_file():
    dataset = open_zip(pack({"a.png": png(), "b.png": png(1)}), name="tiles.zip")
    assert (dataset.name, dataset.layout, len(dataset.train)) == ("tiles", "plain folder", 2)


def test_a_category_inside_a_zip_is_named_after_it(tmp_path):
    path = tmp_path / "all.zip"
    path.write_bytes(pack(category("all/bottle/") | category("all/cable/")).getvalue())
    with pytest.raises(DataError, match=r"bottle, cable\. Name one, such as .*all\.zip/all/bottle"):
        open_dataset(path)
    assert open_dataset(f"{path}/all/cable").name == "cable"
    with pytest.raises(DataError, match="would leave"):
        open_zip(path, inside="../..")


def test_what_operating_systems_add_is_left_in_the_zip(tmp_path):
    extra = {"__MACOSX/a/._0.png": png(), "a/.hidden.png": png(), "a/readme.txt": b"x", "a/evil.py": b"x"}
    written = extract_zip(pack({"a/0.png": png()} | extra), tmp_path / "out")
    assert written == 1
    assert sorted(path.name for path in (tmp_path / "out").rglob("*") if path.is_file()) == [LEFT_PACKED, "0.png"]
    assert (tmp_path / "out" / LEFT_PACKED).read_text() == "a/readme.txt\na/evil.py\n"


def test_backslashes_are_folders(tmp_path):
    extract_zip(pack({"good\\0.png": png()}), tmp_path / "out")
    assert (tmp_path / "out/good/0.png").is_file()


def test_the_files_live_as_long_as_a_sample():
    sample = open_zip(pack({"a.png": png()}), name="a.zip").train[0]
    gc.collect()
    assert sample.load().image.shape == (20, 20, 3)
    path = sample.path
    del sample
    gc.collect()
    assert not path.exists()


def test_a_given_folder_must_be_empty(tmp_path):
    target = tmp_path / "out"
    extract_zip(pack({"a.png": png()}), target)
    with pytest.raises(DataError, match="not an empty folder"):
        extract_zip(pack({"b.png": png()}), target)
    assert sorted(path.name for path in target.iterdir()) == ["a.png"]


@pytest.mark.parametrize(
    "name",
    ["../x.png", "a/../../x.png", "/tmp/x.png", "..\\x.png", "C:\\x.png", "C:x.png", "\\\\host\\x.png", "a\0.png"],
)
def test_an_entry_that_would_leave_the_folder_is_refused(tmp_path, name):
    refused(pack({"ok.png": png(), name: png()}), tmp_path / "out", "would leave the folder")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path, kind):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("ok.png", png())
        info = zipfile.ZipInfo("link.png")
        info.create_system, info.external_attr = 3, (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    refused(stream, tmp_path / "out", "link or a device")


def test_an_encrypted_zip_is_refused(tmp_path):
    content = bytearray(pack({"a.png": png()}).getvalue())
    central = content.rfind(b"PK\1\2")
    struct.pack_into("<H", content, 6, 1)
    struct.pack_into("<H", content, central + 8, 1)
    refused(io.BytesIO(content), tmp_path / "out", "without a password")


def test_bombs_are_refused_by_count_size_and_ratio(tmp_path):
    many = pack({f"{index}.png": b"" for index in range(20)})
    refused(many, tmp_path / "out", "20 entries", files=19)
    flat = pack({"a.bmp": bytes(2_000_000), "b.bmp": bytes(2_000_000)}, zipfile.ZIP_DEFLATED)
    refused(flat, tmp_path / "out", "one file may have", file_bytes=1_999_999)
    refused(flat, tmp_path / "out", "unpacks to 4 MiB", total_bytes=3_999_999)
    refused(flat, tmp_path / "out", "times its size", ratio_from=1_000_000)
    assert extract_zip(flat, tmp_path / "out") == 2


def test_an_entry_larger_than_it_says_is_refused(tmp_path):
    content = bytearray(pack({"a.bmp": bytes(100_000)}, zipfile.ZIP_DEFLATED).getvalue())
    central = content.rfind(b"PK\1\2")
    struct.pack_into("<L", content, central + 24, 10)
    refused(io.BytesIO(content), tmp_path / "out", "could not be unpacked")


def test_a_full_disk_is_foreseen(tmp_path, monkeypatch):
    monkeypatch.setattr("nnet.data.archive.shutil.disk_usage", lambda path: SimpleNamespace(free=1))
    refused(pack({"a.png": png()}), tmp_path / "out", "on disk")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("a.png", "a.png"), ("a.png", "A.png")])
def test_two_entries_of_one_name_are_refused(tmp_path, names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, png())
    refused(stream, tmp_path / "out", "twice")


def test_a_damaged_zip_leaves_nothing_behind(tmp_path):
    content = pack({"a.png": png(), "b.png": png(1)}, zipfile.ZIP_DEFLATED).getvalue()
    second = content.rfind(b"PK\3\4") + 40
    broken = content[:second] + b"\xff\xff\xff" + content[second + 3 :]
    refused(io.BytesIO(broken), tmp_path / "out", "could not be unpacked")
    refused(io.BytesIO(content[:60]), tmp_path / "out", "could not be unpacked")
    refused(io.BytesIO(b"no zip at all"), tmp_path / "out", "could not be unpacked")


def test_a_failure_in_a_given_empty_folder_leaves_it_empty(tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    content = pack({"a/a.png": png(), "b.png": png(1)}, zipfile.ZIP_DEFLATED).getvalue()
    second = content.rfind(b"PK\3\4") + 40
    with pytest.raises(DataError):
        extract_zip(io.BytesIO(content[:second] + b"\xff\xff\xff" + content[second + 3 :]), target)
    assert target.is_dir()
    assert list(target.iterdir()) == []


def test_a_zip_without_images_says_so(tmp_path):
    refused(pack({"readme.txt": b"x"}), tmp_path / "out", "holds no images")
