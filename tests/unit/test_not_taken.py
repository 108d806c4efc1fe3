"""Every file of a data set is a picture, a mask of one, or counted with the reason why it is not taken."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from builders import files_of, zipped
from PIL import Image

from nnet.data import DataError, Dataset, inspect, load_resized, open_dataset, open_zip
from nnet.data.depth import read_as
from nnet.data.images import decode
from nnet.data.not_taken import counted
from nnet.data.pairing import picture_name

SIZE = (24, 20)


def photo(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(40, 200, (SIZE[1], SIZE[0]), dtype=np.uint8)
    Image.fromarray(pixels).save(path, quality=95) if path.suffix == ".jpg" else Image.fromarray(pixels).save(path)
    return path


def mask(path: Path, *, filled: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("L", SIZE)
    if filled:
        picture.paste(255, (2, 3, 10, 9))
    picture.save(path)
    return path


def labels(dataset: Dataset) -> dict[str, int]:
    found = [sample.label for sample in dataset.test]
    return {label: found.count(label) for label in sorted(set(found))}


def everything(root: Path) -> int:
    return sum(path.is_file() for path in root.rglob("*"))


def accounted(dataset: Dataset) -> int:
    masks = {sample.mask for sample in dataset.samples if sample.mask}
    masks |= {path for path, reason in dataset.left.items() if not reason}
    return len(dataset.samples) + len(masks) + len(dataset.not_taken)


# ------------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize("name", ["01_GT", "01_gt", "01_Mask", "01-mask", "01_seg", "mask_01", "01_label", "MASK-01"])
def test_the_masks_of_a_picture_are_known_by_their_names(tmp_path, name):
    assert picture_name(f"sub/{name}") == "sub/01"
    photo(tmp_path / "good/00.png"), photo(tmp_path / "NG/01.png"), mask(tmp_path / f"NG/{name}.png")
    dataset = open_dataset(tmp_path)
    (found,) = [sample for sample in dataset.test if sample.is_defective]
    assert found.mask.stem == name and found.load_mask().sum() == 48
    assert accounted(dataset) == everything(tmp_path) == 3


@pytest.mark.parametrize("name", ["labelled", "gt", "masking_01", "unmask_ed"])
def test_other_names_are_no_masks(name):
    assert picture_name(name) is None


def test_two_pictures_of_one_name_are_a_question_and_never_two_pictures(tmp_path):
    photo(tmp_path / "1.jpg"), photo(tmp_path / "1.png", 1), photo(tmp_path / "2.png", 2)
    with pytest.raises(DataError, match=r"Two images have the name 1: .*1\.jpg.*name it 1_mask"):
        open_dataset(tmp_path)
    found = inspect(open_dataset(tmp_path, strict=False))
    assert len(found.questions) == 1 and not found.ok and "Two images" in found.text()


# ----------------------------------------------------------------------------------------------------------- layouts


def test_kolektor_sdd2_tells_good_and_bad_by_empty_and_filled_masks(tmp_path):
    for part, good, bad in (("train", 6, 2), ("test", 3, 4)):
        for i in range(good + bad):
            photo(tmp_path / part / f"{i:05}.png", i), mask(tmp_path / part / f"{i:05}_GT.png", filled=i >= good)
    dataset = open_dataset(tmp_path)
    assert len(dataset.train) == 6 and labels(dataset) == {"defective": 4, "good": 3}
    assert [name for name, _ in dataset.not_taken] == ["train/00006.png", "train/00007.png"]
    assert "2 files were not taken (defective" in inspect(dataset).text()
    assert "Masks of good images that mark nothing: 9." in dataset.notes
    assert accounted(dataset) == everything(tmp_path)


def test_kolektor_sdd_is_read_from_its_folders(tmp_path):
    for item in ("kos01", "kos02"):
        for i in range(4):
            photo(tmp_path / item / f"Part{i}.jpg", i), mask(tmp_path / item / f"Part{i}_label.bmp", filled=i == 3)
    dataset = open_dataset(tmp_path)
    assert len(dataset.train) + labels(dataset)["good"] == 6 and labels(dataset)["defective"] == 2
    assert accounted(dataset) == everything(tmp_path)


def test_raw_magnetic_tiles_have_their_masks_under_the_same_names(tmp_path):
    for folder, count in (("MT_Free", 10), ("MT_Crack", 2), ("MT_Blowhole", 3)):
        for i in range(count):
            photo(tmp_path / folder / "Imgs" / f"{i}.jpg", i)
            mask(tmp_path / folder / "Imgs" / f"{i}.png", filled=folder != "MT_Free")
    dataset = open_dataset(tmp_path)
    assert (dataset.layout, len(dataset.train)) == ("raw magnetic tiles", 7)
    assert labels(dataset) == {"blowhole": 3, "crack": 2, "good": 3}
    assert all(sample.path.suffix == ".jpg" for sample in dataset.samples)
    assert accounted(dataset) == everything(tmp_path)


def test_masks_among_loose_photos_never_become_photos(tmp_path):
    for i in range(5):
        photo(tmp_path / f"{i}.jpg", i), mask(tmp_path / f"{i}_mask.png", filled=i == 4)
    photo(tmp_path / "odd.jpg")
    dataset = open_dataset(tmp_path)
    assert len(dataset.train) + labels(dataset).get("good", 0) == 4 and labels(dataset)["defective"] == 1
    assert dataset.not_taken == (("odd.jpg", "no mask says whether it is good, and others have one"),)


def test_a_stray_mask_is_named_and_no_photo(tmp_path):
    photo(tmp_path / "1.png"), mask(tmp_path / "9_mask.png")
    with pytest.raises(DataError, match=r"9_mask\.png"):
        open_dataset(tmp_path)
    assert len(open_dataset(tmp_path, strict=False).train) == 1


def test_a_test_part_without_train_can_be_measured_and_says_so(tmp_path):
    photo(tmp_path / "test/good/0.png"), photo(tmp_path / "test/hole/1.png"), mask(tmp_path / "ground_truth/hole/1.png")
    dataset = open_dataset(tmp_path)
    assert dataset.train == () and labels(dataset) == {"good": 1, "hole": 1} and dataset.test[1].mask is not None
    assert any("not trained on" in note for note in dataset.notes)


def test_validation_images_are_for_calibration(tmp_path):
    for part, count in (("train/good", 5), ("validation/good", 3), ("test/good", 2), ("test/hole", 1)):
        for i in range(count):
            photo(tmp_path / part / f"{i}.png", i)
    dataset = open_dataset(tmp_path)
    assert [sample.split for sample in dataset.train] == ["train"] * 5 + ["validation"] * 3
    assert ("validation", "good", 3) in [(g.split, g.label, g.images) for g in inspect(dataset).groups]


@pytest.mark.parametrize(
    "text", ["image,label\na.png,good\nb,good\nc.png,scratch\n", "File;Class\na;0\nb;0\nc;scratch\n"]
)
def test_a_table_of_names_and_labels(tmp_path, text):
    for i, name in enumerate("abcd"):
        photo(tmp_path / "pictures" / f"{name}.png", i)
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8-sig")
    dataset = open_dataset(tmp_path)
    assert len(dataset.train) + labels(dataset).get("good", 0) == 2 and labels(dataset)["scratch"] == 1
    assert [name for name, _ in dataset.not_taken] == ["pictures/d.png"]


def test_a_table_with_a_split_and_one_that_names_what_is_not_there(tmp_path):
    for i in range(4):
        photo(tmp_path / f"{i}.png", i)
    table = tmp_path / "list.csv"
    table.write_text("name,label,split\n0,ok,train\n1,ok,val\n2,ok,test\n3,1,test\n")
    dataset = open_dataset(tmp_path)
    assert [sample.split for sample in dataset.train] == ["train", "validation"]
    assert labels(dataset) == {"defective": 1, "good": 1}
    table.write_text("name,label\n0,ok\n7,ok\n")
    with pytest.raises(DataError, match=r"list\.csv, line 3: there is no image 7"):
        open_dataset(tmp_path)


def test_labelmes_polygons_are_masks(tmp_path):
    for i in range(4):
        photo(tmp_path / f"{i}.png", i)
    shapes = [
        {"label": "pit", "points": [[2, 3], [9, 3], [9, 8], [2, 8]], "shape_type": "polygon"},
        {"label": "pit", "points": [[12, 3], [15, 5]], "shape_type": "rectangle"},
    ]
    (tmp_path / "3.json").write_text(json.dumps({"version": "5.2", "shapes": shapes, "imagePath": "3.png"}))
    dataset = open_dataset(tmp_path)
    (found,) = [sample for sample in dataset.test if sample.is_defective]
    assert found.key == "3.png" and found.load_mask().sum() == 8 * 6 + 4 * 3
    assert len(dataset.train) + labels(dataset).get("good", 0) == 3 and accounted(dataset) == 5


def test_visa_without_its_split_file(tmp_path):
    for i in range(6):
        photo(tmp_path / "candle/Data/Images/Normal" / f"{i}.png", i)
    photo(tmp_path / "candle/Data/Images/Anomaly/0.png"), mask(tmp_path / "candle/Data/Masks/Anomaly/0.png")
    dataset = open_dataset(tmp_path)
    assert (dataset.name, dataset.layout, len(dataset.train)) == ("candle", "VisA", 4)
    assert any("not VisA's own" in note for note in dataset.notes)
    assert [sample.load_mask().sum() for sample in dataset.test if sample.is_defective] == [48]
    photo(tmp_path / "pcb1/Data/Images/Normal/0.png")
    with pytest.raises(DataError, match="2 categories: candle, pcb1"):
        open_dataset(tmp_path)


# ------------------------------------------------------------------------------------------------ what is not taken


def test_what_is_no_picture_is_counted_by_reason_in_folders_and_zips(tmp_path):
    root = tmp_path / "set"
    photo(root / "1.png"), photo(root / "2.png", 1), photo(root / "misc/3.png")
    for name in ("clip.mp4", "clip2.mp4", "notes.txt", "no_ending", ".DS_Store", "Thumbs.db"):
        (root / name).write_bytes(b"x")
    said = counted(open_dataset(root).not_taken)
    assert sorted(said) == [
        "1 file was not taken (their meaning is not known): misc/3.png.",
        "4 files were not taken (not a kind of picture that is read): .mp4 2, without an ending 1, .txt 1.",
    ]
    assert sorted(open_zip(io.BytesIO(zipped(files_of(root, root)))).not_taken) == sorted(open_dataset(root).not_taken)


def test_blank_pictures_among_photos_are_named(tmp_path):
    for i in range(3):
        photo(tmp_path / f"{i}.png", i)
    mask(tmp_path / "black.png", filled=False), mask(tmp_path / "two.png")
    found = inspect(open_dataset(tmp_path))
    assert found.plain == ("black.png", "two.png") and not found.ok
    for i in range(3):
        (tmp_path / f"{i}.png").unlink()
    assert inspect(open_dataset(tmp_path)).plain == ()


def test_all_damaged_files_are_named_at_once(tmp_path):
    for i in range(5):
        photo(tmp_path / f"{i}.png", i)
    for i in (1, 3):
        (tmp_path / f"{i}.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"(?s)2 images cannot be read.*1\.png.*3\.png"):
        load_resized(open_dataset(tmp_path).train, 16, budget_bytes=10**6)


@pytest.mark.parametrize("suffix", [".jfif", ".jpe", ".pgm", ".ppm", ".avif"])
def test_more_formats_are_read(tmp_path, suffix):
    picture = Image.new("RGB" if suffix != ".pgm" else "L", SIZE, "#5a5a5a")
    picture.save(tmp_path / f"a{suffix}", {".jfif": "JPEG", ".jpe": "JPEG", ".avif": "AVIF"}.get(suffix, "PPM"))
    (sample,) = open_dataset(tmp_path).train
    assert abs(int(sample.load().image.mean()) - 90) <= 2


# --------------------------------------------------------------------------------------------------------- bit depth


def deep(path: Path, high: int) -> Path:
    pixels = np.random.default_rng(high).integers(0, high, (20, 24), dtype=np.uint16)
    pixels[0, 0] = high
    Image.fromarray(pixels).save(path)
    return path


def test_the_bit_depth_is_decided_once_for_the_data_set(tmp_path):
    for i, high in enumerate((900, 1000, 1040, 1100, 950)):
        deep(tmp_path / f"{i}.png", high)
    dataset = open_dataset(tmp_path)
    assert dataset.bits == 12 and any("12-bit" in note for note in dataset.notes)
    again = read_as(dataset, 16).notes
    assert len(again) == len(dataset.notes) and any("16-bit" in note for note in again)
    brightest = [int(sample.load().image.max()) for sample in dataset.train]
    assert brightest == [round(high * 255 / 4095) for high in (900, 1000, 1040, 1100, 950)]


def test_pictures_of_another_depth_are_named_and_do_not_decide(tmp_path):
    for i, high in enumerate((3000, 4000, 4090, 3500)):
        deep(tmp_path / f"{i}.png", high)
    deep(tmp_path / "hot.png", 60000), photo(tmp_path / "plain.png")
    dataset = open_dataset(tmp_path)
    assert dataset.bits == 12
    found = inspect(dataset)
    assert [sentence.split()[0] for sentence in found.depths] == ["hot.png", "plain.png"]


def test_a_given_depth_is_used_whatever_the_brightest_pixel_is(tmp_path):
    path = deep(tmp_path / "a.png", 1000)
    assert decode(path).image.max() == round(1000 * 255 / 1023)
    assert decode(path, bits=12).image.max() == round(1000 * 255 / 4095)
    over = decode(deep(tmp_path / "b.png", 5000), bits=12)
    assert over.image.max() == 255 and "beyond the 12 bits" in over.notes[0]
