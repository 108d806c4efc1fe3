"""Every kind of file people upload is decoded right, or answered with one sentence that names it."""

import contextlib
import hashlib
import io
import os
import struct
import subprocess
import sys
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import builders
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile
from waiting import until

from nnet.data import grey, images
from nnet.data.images import IMAGE_SUFFIXES, ImageError, content_hash, decode, resize
from nnet.errors import NNetError

GREY = np.arange(24 * 32, dtype=np.uint32).reshape(24, 32)  # each value once, 0..767
RGB = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode(array, form="PNG", mode=None, **options):
    """The bytes of an image file; `array` may be a Pillow image."""
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    return builders.encode(image.convert(mode) if mode else image, form, **options)


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def raw_png(width, height, depth, colour_type, pixels, *extra):
    """A PNG put together by hand, for what Pillow does not write. pixels: rows, each led by its filter byte."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0))
    return (
        PNG_SIGNATURE + header + b"".join(extra) + png_chunk(b"IDAT", zlib.compress(pixels)) + png_chunk(b"IEND", b"")
    )


def png_rows(array):
    """The rows of an array as PNG stores them: big-endian, each after a filter byte of 0."""
    return b"".join(b"\0" + row.astype(row.dtype.newbyteorder(">")).tobytes() for row in array)


def raw_tiff(tags, pixels):
    """A little-endian TIFF put together by hand. tags: {number: values}; "pixels" stands for the pixels' offset."""
    body_start = 8 + 2 + 12 * len(tags) + 4
    fields, body = b"", b""
    pixels_at = body_start + sum(4 * len(values) for values in tags.values() if len(values) > 1)
    for tag, values in sorted(tags.items()):
        packed = b"".join(struct.pack("<I", pixels_at if value == "pixels" else value) for value in values)
        inline = len(values) == 1
        fields += struct.pack("<HHI", tag, 4, len(values)) + (
            packed if inline else struct.pack("<I", body_start + len(body))
        )
        body += b"" if inline else packed
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + fields + bytes(4) + body + pixels


def tiff_tags(width, height, bits, photometric, pixels):
    """The tags of an uncompressed one-strip TIFF; bits: bits of each channel."""
    layout = {256: [width], 257: [height], 258: bits, 259: [1], 262: [photometric], 277: [len(bits)]}
    return {**layout, 273: ["pixels"], 278: [height], 279: [len(pixels)]}


def scaled(values, top):
    """Independent statement of the scaling: 255 * value / top, rounded to the nearest whole number."""
    return ((2 * 255 * values.astype(np.int64) + top) // (2 * top)).astype(np.uint8)


def refused(source, *words, name="cell.png"):
    """The message of the ImageError, checked for the words and for being one sentence that names the file."""
    with pytest.raises(ImageError) as caught:
        decode(source, name)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert message.startswith(name) and message.endswith(".") and message.count(". ") == 0
    return message


# ---------------------------------------------------------------------------------------------- plain 8-bit images


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_deflate"}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_lossless_colour_is_unchanged(form, options):
    decoded = decode(encode(RGB, form, **options), "a")
    assert np.array_equal(decoded.image, RGB)
    assert decoded.notes == () and decoded.name == "a"
    assert decoded.image.dtype == np.uint8 and decoded.image.flags.c_contiguous and decoded.image.flags.writeable


def test_jpeg_is_close():
    smooth = np.asarray(Image.fromarray(RGB[:4, :4]).resize((64, 64), Image.Resampling.BICUBIC))
    decoded = decode(encode(smooth, "JPEG", quality=95))
    assert np.abs(decoded.image.astype(int) - smooth).mean() < 3
    assert decoded.notes == ()


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "GIF"])
def test_grey_becomes_three_equal_channels(form):
    grey = (GREY % 256).astype(np.uint8)
    decoded = decode(encode(grey, form))
    assert np.array_equal(decoded.image, np.dstack([grey] * 3))
    assert decoded.notes == ()


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF"])
def test_one_bit(form):
    bits = GREY % 3 == 0
    decoded = decode(encode(Image.fromarray(bits), form))
    assert np.array_equal(decoded.image, np.dstack([bits * np.uint8(255)] * 3))
    assert decoded.notes == ()


def test_palette():
    indexed = Image.fromarray((GREY % 4).astype(np.uint8)).convert("P")
    palette = np.array([[10, 20, 30], [200, 0, 0], [0, 200, 0], [255, 255, 255]], np.uint8)
    indexed.putpalette(palette.tobytes())
    decoded = decode(encode(indexed))
    assert np.array_equal(decoded.image, palette[GREY % 4])
    assert decoded.notes == ()


def test_images_larger_than_a_strip_are_whole(monkeypatch):
    monkeypatch.setattr(grey, "_STRIP_PIXELS", 3 * 32)  # 24 rows in 8 strips
    deep = np.where(GREY == 0, 65535, GREY * 80).astype(np.uint16)
    assert np.array_equal(decode(encode(RGB)).image, RGB)
    assert np.array_equal(decode(encode(deep)).image[..., 0], scaled(deep, 65535))
    monkeypatch.setattr(grey, "_STRIP_PIXELS", 1)  # never less than one row
    assert np.array_equal(decode(encode(RGB)).image, RGB)


@pytest.mark.parametrize("suffix", sorted(IMAGE_SUFFIXES))
def test_every_suffix_can_be_read(tmp_path, suffix):
    path = tmp_path / f"cell{suffix}"
    Image.fromarray(RGB).save(path)
    decoded = decode(path)
    assert decoded.image.shape == RGB.shape and decoded.name == path.name
    assert decode(path, "mine").name == "mine"


# --------------------------------------------------------------------------------------------- more than 8 bits


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_deep_grey_is_scaled_by_the_smallest_depth_that_holds_it(bits):
    top = 2**bits - 1
    values = np.linspace(0, top, 24 * 32).round().astype(np.uint16).reshape(24, 32)
    for data in (encode(values), encode(values, "TIFF"), encode(values, "TIFF", compression="tiff_deflate")):
        decoded = decode(data)
        assert np.array_equal(decoded.image, np.dstack([scaled(values, top)] * 3))
        assert decoded.notes == (
            f"Its grey values reach {top}, so they were read as {bits}-bit and scaled to 0 to 255.",
        )


@pytest.mark.parametrize(("high", "bits"), [(255, 8), (256, 10), (1023, 10), (1024, 12), (4096, 14), (16384, 16)])
def test_depth_changes_exactly_at_the_powers_of_two(high, bits):
    values = np.full((16, 16), high, np.uint16)
    decoded = decode(encode(values))
    assert f"{bits}-bit" in decoded.notes[0]
    assert (decoded.image == scaled(values, 2**bits - 1)[..., None]).all()


def test_every_16_bit_value_is_rounded_right():
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    assert np.array_equal(decode(encode(values)).image[..., 0], scaled(values, 65535))


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_32_bit_tiff_with_values_of_fewer_bits(dtype):
    decoded = decode(encode((GREY * 5).astype(dtype), "TIFF"))
    assert np.array_equal(decoded.image[..., 1], scaled(GREY * 5, 4095))
    assert "3835" in decoded.notes[0] and "12-bit" in decoded.notes[0]


def test_big_endian_16_bit_tiff():
    values = (GREY * 80).astype(np.uint16)
    data = encode(Image.frombytes("I;16B", (32, 24), values.astype(">u2").tobytes()), "TIFF")
    assert np.array_equal(decode(data).image[..., 2], scaled(values, 65535))


def test_float_tiff_from_0_to_1():
    values = (GREY / GREY.max()).astype(np.float32)
    decoded = decode(encode(values, "TIFF"))
    assert np.array_equal(decoded.image[..., 0], np.rint(values * np.float32(255)).astype(np.uint8))
    assert decoded.notes == ("Its grey values lie between 0 and 1 and were scaled to 0 to 255.",)


@pytest.mark.parametrize(
    ("value", "words"),
    [(-1, "from -1 to 100"), (70000, "from 0 to 70000"), (np.inf, "to inf"), (np.nan, "not numbers (NaN)")],
)
def test_values_without_an_8_bit_meaning_are_refused(value, words):
    values = np.linspace(0, 100, 24 * 32, dtype=np.float32).reshape(24, 32)
    values[3, 4] = value
    refused(encode(values, "TIFF"), words, "0 to 65535", "save it as")


def test_16_bit_tiff_in_which_0_is_white():
    values = (GREY * 80).astype("<u2")
    tags = tiff_tags(32, 24, [16], 0, values.tobytes())
    decoded = decode(raw_tiff(tags, values.tobytes()))
    assert np.array_equal(decoded.image[..., 0], 255 - scaled(values, 65535))


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_16_bit_colour_keeps_its_upper_bits(form):
    values = np.random.default_rng(1).integers(0, 65536, (24, 32, 3), dtype=np.uint16)
    if form == "PNG":
        data = raw_png(32, 24, 16, 2, png_rows(values))
    else:
        data = raw_tiff(tiff_tags(32, 24, [16] * 3, 2, values.tobytes()), values.astype("<u2").tobytes())
    decoded = decode(data)
    assert np.array_equal(decoded.image, values >> 8)
    assert decoded.notes == ("Its 16-bit colours were reduced to 8 bits.",)


def test_16_bit_colour_that_is_dark_is_pointed_out():
    decoded = decode(raw_png(32, 24, 16, 2, png_rows(np.full((24, 32, 3), 4095, np.uint16))))
    assert "very dark" in decoded.notes[1] and "8-bit PNG" in decoded.notes[1]


# ---------------------------------------------------------------------------------- transparency and other colours


def on_white(colours, alpha):
    """Independent statement of laying colours (H, W, 3) on white by alpha (H, W)."""
    share = alpha[..., None] / 255
    return colours * share + 255 * (1 - share)


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
def test_alpha_is_laid_on_white(form):
    alpha = (GREY % 256).astype(np.uint8)
    options = {"lossless": True, "exact": True} if form == "WEBP" else {}
    decoded = decode(encode(np.dstack([RGB, alpha]), form, **options))
    assert np.abs(decoded.image - on_white(RGB, alpha)).max() <= 1
    assert decoded.notes == ("Its transparent parts were filled with white.",)


def test_opaque_alpha_changes_nothing_and_is_not_mentioned():
    decoded = decode(encode(np.dstack([RGB, np.full((24, 32), 255, np.uint8)])))
    assert np.array_equal(decoded.image, RGB) and decoded.notes == ()


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_grey_with_alpha(form):
    grey, alpha = RGB[..., 0], RGB[..., 1]
    decoded = decode(encode(Image.fromarray(np.dstack([grey, alpha]), "LA"), form))
    assert np.abs(decoded.image - on_white(np.dstack([grey] * 3), alpha)).max() <= 1
    assert "filled with white" in decoded.notes[0]


def test_16_bit_grey_with_alpha():
    values = np.full((24, 32, 2), (0x4000, 0x8000), np.uint16)
    decoded = decode(raw_png(32, 24, 16, 4, png_rows(values)))
    assert np.abs(decoded.image - on_white(np.full((24, 32, 3), 0x40), np.full((24, 32), 0x80))).max() <= 1
    assert len(decoded.notes) == 2


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_palette_with_one_transparent_colour(form):
    indexed = Image.fromarray((GREY % 4).astype(np.uint8)).convert("P")
    palette = np.array([[10, 20, 30], [200, 0, 0], [0, 200, 0], [0, 0, 200]], np.uint8)
    indexed.putpalette(palette.tobytes())
    decoded = decode(encode(indexed, form, transparency=2))
    palette[2] = 255
    assert np.array_equal(decoded.image, palette[GREY % 4])
    assert "filled with white" in decoded.notes[0]


def test_palette_with_partly_transparent_colours():
    indexed = Image.fromarray((GREY % 2).astype(np.uint8)).convert("P")
    indexed.putpalette([0, 0, 0, 100, 100, 100])
    decoded = decode(encode(indexed, transparency=bytes([128, 255])))
    assert set(decoded.image[::1, ::2].ravel()) == {127} and set(decoded.image[:, 1::2].ravel()) == {100}


@pytest.mark.parametrize(("grey", "marked"), [((GREY % 256).astype(np.uint8), 80), ((GREY * 80).astype(np.uint16), 80)])
def test_grey_value_marked_as_transparent(grey, marked):
    decoded = decode(encode(grey, transparency=marked))
    opaque = decode(encode(grey)).image
    assert np.array_equal(decoded.image, np.where((grey == marked)[..., None], 255, opaque))
    assert decoded.notes[-1] == "Its transparent parts were filled with white."


def test_cmyk_jpeg():
    inks = Image.new("CMYK", (32, 24), (0, 255, 255, 0))
    decoded = decode(encode(inks, "JPEG", quality=100))
    assert np.abs(decoded.image.astype(int) - (255, 0, 0)).max() <= 3
    assert decoded.notes == ("Its printing colours (CMYK) were converted to RGB.",)


def test_a_colour_system_without_a_conversion_is_refused():
    refused(encode(Image.new("LAB", (32, 24)), "TIFF"), "LAB", "RGB PNG")


def test_a_colour_profile_does_not_disturb():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(decode(encode(RGB, icc_profile=profile)).image, RGB)


# ------------------------------------------------------------------------------------------ orientation and frames

# What turns the stored rows and columns into the upright image, by the EXIF standard's numbers.
UPRIGHT = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.swapaxes(0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored[::-1, ::-1].swapaxes(0, 1),
    8: lambda stored: np.rot90(stored),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize(
    ("form", "options"),
    [("PNG", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {"lossless": True})],
)
def test_orientation_is_applied(form, options, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(encode(RGB, form, exif=exif, **options))
    assert np.array_equal(decoded.image, UPRIGHT[orientation](RGB))
    assert [note.split()[2] for note in decoded.notes] == ([] if orientation == 1 else ["turned"])
    assert decoded.image.flags.c_contiguous


def test_orientation_of_a_phone_jpeg_and_of_a_deep_png():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode(encode(RGB, "JPEG", exif=exif)).image.shape == (32, 24, 3)
    deep = (GREY * 80).astype(np.uint16)
    assert np.array_equal(decode(encode(deep, exif=exif)).image[..., 0], np.rot90(scaled(deep, 65535), -1))


def test_damaged_camera_information_is_mentioned():
    text = png_chunk(b"tEXt", b"Raw profile type exif\0\nexif\n  8\nthis is no hexadecimal")
    decoded = decode(raw_png(32, 24, 8, 2, png_rows(RGB), text))
    assert np.array_equal(decoded.image, RGB)
    assert "(EXIF) is damaged" in decoded.notes[0]


@pytest.mark.parametrize(
    ("form", "unit"), [("GIF", "frames"), ("PNG", "frames"), ("WEBP", "frames"), ("TIFF", "pages")]
)
def test_first_of_several_frames(form, unit):
    frames = [Image.new("RGB", (32, 24), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if form == "WEBP" else {}
    decoded = decode(encode(frames[0], form, save_all=True, append_images=frames[1:], **options))
    assert (decoded.image == (255, 0, 0)).all()
    assert decoded.notes == (f"Only the first of 3 {unit} is used.",)


@pytest.mark.parametrize("form", ["GIF", "TIFF"])
def test_frames_of_a_long_file_are_not_counted(monkeypatch, form):
    monkeypatch.setattr(images, "_COUNTING_BYTES", 100)
    frames = [Image.new("L", (32, 24), grey) for grey in (200, 100)]
    decoded = decode(encode(frames[0], form, save_all=True, append_images=frames[1:]))
    assert (decoded.image == 200).all()
    assert decoded.notes[0].startswith("Only the first of several")


# ------------------------------------------------------------------------------------------------- refused uploads


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty (0 bytes)"),
        (b"This is a letter, not a picture.", "not an image"),
        (bytes(5000), "not an image"),
        (b"%PDF-1.7\n...", "a PDF file"),
        (b"\n\n%PDF-1.4\n...", "a PDF file"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG file"),
        (b"\xef\xbb\xbf<SVG></SVG>", "an SVG file"),
        (b"<!DOCTYPE html><html><body><svg/></body></html>", "a web page (HTML) file"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC file"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", "a HEIC file"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "a video file"),
        (b"8BPS\0\1", "a Photoshop (PSD) file"),
        (b"\0" * 128 + b"DICM", "a DICOM file"),
        (b"PK\3\4", "a ZIP or Office file"),
    ],
)
def test_what_is_no_image(content, words):
    message = refused(content, words)
    assert "PNG" in message or "upload it again" in message


@pytest.mark.parametrize("form", ["PCX", "TGA", "SGI", "DDS"])
def test_only_the_formats_named_are_read(form):
    refused(encode(RGB, form), "not an image that can be read here", "PNG, JPEG")


def test_a_camera_raw_file_is_not_taken_for_its_thumbnail():
    data = encode(RGB, "TIFF")
    refused(data, "a camera raw file", "convert it", name="IMG_1.NEF")
    assert decode(data, "IMG_1.tif").image.shape == RGB.shape


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP"])
@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_truncated(form, kept):
    data = encode(RGB, form)
    refused(data[: int(len(data) * kept)], "cut off", "again")


def test_truncated_within_the_header():
    refused(encode(RGB)[:20], "cut off")
    refused(encode(RGB, "WEBP")[:14], "cut off")


def test_truncated_file_on_disk(tmp_path):
    path = tmp_path / "cell.jpg"
    path.write_bytes(encode(RGB, "JPEG")[:-300])
    with pytest.raises(ImageError, match=r"cell\.jpg is damaged, cut off"):
        decode(path)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (15, 400), (400, 15)])
def test_too_small(width, height):
    refused(encode(Image.new("L", (width, height))), f"{width} x {height} pixels", "at least 16 x 16")


def test_smallest_image():
    assert decode(encode(RGB[:16, :16])).image.shape == (16, 16, 3)


def test_too_large_by_the_header_alone(monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("pixels were decoded"))
    refused(raw_png(8000, 8001, 8, 2, b""), "8,000 x 8,001 pixels (64.0 million)", "64 million")
    refused(raw_png(40_000, 40_000, 8, 2, b""), "million pixels", "make it smaller")


def test_limit_itself_is_accepted(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", RGB.shape[0] * RGB.shape[1])
    assert decode(encode(RGB)).image.shape == RGB.shape


def tile_bomb(side):
    """A 16 x 16 TIFF whose only tile has side x side zeros."""
    packer = zlib.compressobj(9)
    payload = b"".join(packer.compress(bytes(side)) for _ in range(side)) + packer.flush()
    tags = {256: [16], 257: [16], 258: [8], 259: [8], 262: [1], 277: [1]}
    return raw_tiff({**tags, 322: [side], 323: [side], 324: ["pixels"], 325: [len(payload)]}, payload)


def test_huge_tiles_in_a_small_tiff():
    assert decode(tile_bomb(32)).image.shape == (16, 16, 3)
    refused(tile_bomb(8192), "tiles of 8,192 x 8,192 pixels")


def test_text_that_unpacks_to_gigabytes():
    bomb = png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(20_000_000), 9))
    refused(raw_png(32, 24, 8, 2, png_rows(RGB), bomb), "saved in an unusual way")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (".", "is a folder"),
        ("missing.png", "was not found"),
        ("a\0b.png", "could not be opened"),
        ("x" * 5000 + ".png", "could not be opened"),
    ],
)
def test_paths_that_lead_to_no_file(tmp_path, path, words):
    refused(tmp_path / path, words)


@pytest.mark.skipif(os.name == "nt", reason="needs a device file")
def test_a_device_is_not_read():
    refused(Path("/dev/zero"), "not an ordinary file")


@contextlib.contextmanager
def ordinary_user():
    """As root, act as a user without rights for a while, since root may read everything."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_no_permission(tmp_path):
    path = tmp_path / "cell.png"
    path.write_bytes(encode(RGB))
    path.chmod(0)
    with ordinary_user():
        refused(path, "cannot be read", "permissions")


def test_names_in_messages_are_short_and_printable():
    with pytest.raises(ImageError) as caught:
        decode(b"", "\x1b[31m\n" + "a" * 500 + "\udcff.png")
    message = str(caught.value)
    assert message.isprintable() and len(message) < 160 and "?.png is empty" in message


def test_error_class():
    assert issubclass(ImageError, NNetError) and issubclass(ImageError, ValueError)


# --------------------------------------------------------------------------------- memory, warnings, threads, chaos

MEASURE = """
import sys, pathlib
sys.path.insert(0, {root!r})
from nnet.data.images import ImageError, decode
def peak(): return int(pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024
decode(pathlib.Path({warm!r}))
before = peak()
for path in {paths!r}:
    try:
        decode(pathlib.Path(path))
    except ImageError:
        pass
print(peak() - before)
"""


def peak_growth(tmp_path, **files):
    """Bytes by which a fresh process grows at most while it decodes the files."""
    (tmp_path / "warm").write_bytes(encode(RGB))
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in files]
    root = str(Path(images.__file__).parents[2])
    script = MEASURE.format(root=root, warm=str(tmp_path / "warm"), paths=paths)
    return int(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout)


needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of memory from /proc")


@needs_proc
def test_bombs_allocate_nothing(tmp_path):
    webp = bytearray(encode(RGB, "WEBP", lossless=True))
    size_at = webp.index(b"VP8L") + 9
    webp[size_at : size_at + 4] = struct.pack("<I", (13_000 - 1) | (13_000 - 1) << 14)
    growth = peak_growth(
        tmp_path,
        header=raw_png(40_000, 40_000, 8, 2, b""),
        warned=raw_png(9_500, 9_500, 8, 6, bytes(1_000_000)),
        surplus=raw_png(32, 24, 8, 2, bytes(50_000_000)),
        text=raw_png(32, 24, 8, 2, png_rows(RGB), png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000)))),
        tiles=tile_bomb(8192),
        webp=bytes(webp),
        gif=b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\2\2\x4c\1\0;",
    )
    assert growth < 20_000_000


@needs_proc
def test_memory_is_bounded_per_pixel(tmp_path):
    side = 2000
    exif = Image.Exif()
    exif[0x0112] = 6
    colour = Image.new("RGB", (side, side), "teal")
    growth = peak_growth(
        tmp_path,
        float=encode(Image.new("F", (side, side), 3.0), "TIFF"),
        turned=encode(colour, "JPEG", exif=exif),
        alpha=encode(colour, mode="RGBA", compress_level=1),
        deep=encode(np.full((side, side), 999, np.uint16), compress_level=1),
    )
    assert growth < 13 * side**2 + 20_000_000  # bytes a pixel, and what strips and buffers take at any size


def test_warnings_neither_leak_nor_stay_silenced():
    palette = encode(Image.new("P", (32, 24)), transparency=bytes(range(256)))
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        filters = list(warnings.filters)
        for data in (raw_png(9_500, 9_500, 8, 2, b""), palette):
            with contextlib.suppress(ImageError):
                decode(data)
        assert warnings.filters == filters
    assert leaked == []


def test_warnings_test_can_fail():
    with pytest.warns(Image.DecompressionBombWarning):
        Image.open(io.BytesIO(raw_png(9_500, 9_500, 8, 2, b"")))


def test_many_threads_decode_at_once():
    filters = list(warnings.filters)
    sources = [encode(np.roll(RGB, shift, axis=0)) for shift in range(24)]
    with ThreadPoolExecutor(8) as pool:
        decoded = list(pool.map(decode, sources))
    assert all(np.array_equal(each.image, np.roll(RGB, shift, axis=0)) for shift, each in enumerate(decoded))
    assert warnings.filters == filters


def pixels_in_work(monkeypatch, limit, sources):
    """The most pixels that were decoded at the same time under a budget, with four threads."""

    def upright_slowly(image):
        with lock:
            now.append(image.width * image.height)
            most.append(sum(now))
        until(lambda: len(now) + len(budget._waiting) >= min(4, len(sources) - len(done)))  # all have come that can
        with lock:
            now.remove(image.width * image.height)
            done.append(image)
        return plain(image)

    lock, now, most, done, plain = threading.Lock(), [], [0], [], images._upright
    budget = images.PixelBudget(limit)
    monkeypatch.setattr(images, "_BUDGET", budget)
    monkeypatch.setattr(images, "_TURNS_TO_DECODE", threading.BoundedSemaphore(4))
    monkeypatch.setattr(images, "_upright", upright_slowly)
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(decode, sources))) == len(sources)
    return max(most)


def test_small_images_are_decoded_at_the_same_time(monkeypatch):
    assert 2 * RGB[..., 0].size <= pixels_in_work(monkeypatch, 2 * RGB[..., 0].size, [encode(RGB)] * 12)


def test_images_that_fill_the_budget_take_turns(monkeypatch):
    large = encode(np.tile(RGB, (3, 3, 1)))
    limit = 9 * RGB[..., 0].size
    assert pixels_in_work(monkeypatch, limit, [large, encode(RGB), encode(RGB)] * 5) <= limit


def test_an_image_larger_than_the_budget_is_decoded_alone(monkeypatch):
    assert pixels_in_work(monkeypatch, 10, [encode(RGB)] * 4) == RGB[..., 0].size


def test_a_refused_image_gives_its_share_back(monkeypatch):
    monkeypatch.setattr(images, "_BUDGET", images.PixelBudget(RGB[..., 0].size))
    for _ in range(3):
        refused(encode(RGB)[:-200])
    assert np.array_equal(decode(encode(RGB)).image, RGB)


def test_other_warnings_are_heard_while_images_are_decoded(monkeypatch):
    def upright(image):
        warnings.warn("not Pillow's", UserWarning, stacklevel=1)
        return plain(image)

    plain = images._upright
    monkeypatch.setattr(images, "_upright", upright)
    with pytest.warns(UserWarning, match="not Pillow's"):
        decode(encode(RGB))


VALID = [encode(RGB, form) for form in ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")]
VALID.append(encode(RGB, "TIFF", compression="tiff_lzw"))


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(st.sampled_from(VALID), st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_bytes_are_decoded_or_refused(data, changes):
    damaged = bytearray(data)
    for position, value in changes:
        damaged[position % len(damaged)] = value
    with contextlib.suppress(ImageError):
        decoded = decode(bytes(damaged))
        assert decoded.image.dtype == np.uint8 and decoded.image.ndim == 3 and min(decoded.image.shape[:2]) >= 16


@settings(max_examples=100, deadline=None, database=None, derandomize=True)
@given(st.sampled_from([b"", *(data[:12] for data in VALID)]), st.binary(max_size=200))
def test_random_bytes_are_refused(start, rest):
    with pytest.raises(ImageError):
        decode(start + rest)


# -------------------------------------------------------------------------------------------- resizing and hashing


def test_resize_gives_a_square_whatever_the_aspect_ratio():
    for size in (16, 24, 100):
        resized = resize(RGB, size)
        assert resized.shape == (size, size, 3) and resized.dtype == np.uint8
        assert resized.flags.c_contiguous and resized.flags.writeable
    assert np.array_equal(resize(RGB[:, :24], 24), RGB[:, :24])


def test_halving_is_the_antialiased_triangle_filter():
    source = np.random.default_rng(2).integers(0, 256, (64, 64, 3)).astype(float)
    weights = np.array([1, 3, 3, 1]) / 8  # a triangle 4 pixels wide, at the centres of source pixels
    rows = sum(weight * source[1 + k : 61 + k : 2] for k, weight in enumerate(weights))
    expected = sum(weight * rows[:, 1 + k : 61 + k : 2] for k, weight in enumerate(weights))
    resized = resize(source.astype(np.uint8), 32)
    assert np.abs(resized[1:-1, 1:-1] - expected).max() <= 1


def test_fine_stripes_average_out():
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    resized = resize(stripes, 64).astype(int)
    assert np.abs(resized[:, 1:-1] - 127.5).max() <= 2


def test_resize_leaves_the_source_alone_and_takes_views():
    before = RGB.copy()
    assert np.array_equal(resize(RGB[:, ::-1], 40), resize(np.ascontiguousarray(RGB[:, ::-1]), 40))
    assert np.array_equal(RGB, before)


@pytest.mark.parametrize(
    "array",
    [RGB[..., 0], RGB.astype(np.float32), RGB.transpose(2, 0, 1), np.zeros((0, 4, 3), np.uint8), np.dstack([RGB, RGB])],
)
def test_resize_says_what_it_expected(array):
    with pytest.raises(ImageError, match="uint8"):
        resize(array, 32)


def test_resize_to_nothing():
    with pytest.raises(ImageError, match="at least 1 pixel"):
        resize(RGB, 0)


def test_content_hash():
    expected = hashlib.sha256(b"(24, 32, 3)" + RGB.tobytes()).hexdigest()
    assert content_hash(RGB) == expected
    assert content_hash(decode(encode(RGB, "BMP")).image) == content_hash(decode(encode(RGB)).image) == expected
    assert content_hash(RGB[:, ::-1]) == content_hash(RGB[:, ::-1].copy()) != expected
    assert content_hash(RGB.reshape(32, 24, 3)) != expected
    changed = RGB.copy()
    changed[5, 6, 1] ^= 1
    assert content_hash(changed) != expected
