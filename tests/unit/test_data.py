"""Folders of every layout: recognised, paired with their masks, inspected, hashed and loaded."""

import errno
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnet.data import DataError, Dataset, ImageCache, Sample, inspect, load_readable, load_resized, open_dataset
from nnet.data.elpv import open_elpv, package_folder, read_labels
from nnet.data.folders import split_held_out
from nnet.data.images import resize
from nnet.data.loading import ahead


def picture(path: Path, level: int = 100, size: tuple[int, int] = (24, 20), mode: str = "L") -> Path:
    """Write an image of `size` (width, height); its first pixel is `level`, so that files differ."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new(mode, size, 100 if mode == "L" else (100, 90, 80))
    image.putpixel((0, 0), level if mode == "L" else (level, 0, 0))
    image.save(path)
    return path


def mask(path: Path, box: tuple[int, int, int, int] | None = (2, 3, 6, 5), value: int = 255, size=(24, 20)) -> Path:
    """Write a mask whose `box` (left, top, right, bottom) is marked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("L", size, 0)
    if box:
        image.paste(value, box)
    image.save(path)
    return path


def category(root: Path, name_end: str = "_mask") -> Path:
    """An MVTec-style category: 4 training images, 2 good and 3 defective ones of two types, with masks."""
    for index in range(4):
        picture(root / f"train/good/{index:03d}.png", index)
    for index in range(2):
        picture(root / f"test/good/{index:03d}.png", 50 + index)
        picture(root / f"test/crack/{index:03d}.png", 60 + index)
        mask(root / f"ground_truth/crack/{index:03d}{name_end}.png")
    picture(root / "test/hole/000.png", 70)
    mask(root / f"ground_truth/hole/000{name_end}.png")
    return root


def visa(root: Path) -> Path:
    """A VisA root with the categories candle and pcb1."""
    lines = ["object,split,label,image,mask"]
    for name in ("candle", "pcb1"):
        for index in range(3):
            file = f"{name}/Data/Images/Normal/{index:04d}.JPG"
            picture(root / file, index)
            lines.append(f"{name},{'train' if index < 2 else 'test'},normal,{file},")
        image, marked = f"{name}/Data/Images/Anomaly/000.JPG", f"{name}/Data/Masks/Anomaly/000.png"
        picture(root / image, 9)
        mask(root / marked, value=3)
        lines.append(f"{name},test,anomaly,{image},{marked}")
    (root / "split_csv").mkdir()
    (root / "split_csv/1cls.csv").write_text("\n".join(lines) + "\n")
    return root


def keys(samples: tuple[Sample, ...]) -> list[str]:
    return [sample.key for sample in samples]


def counts(dataset: Dataset) -> dict[str, int]:
    labels = [sample.label for sample in dataset.test]
    return {label: labels.count(label) for label in labels}


# ------------------------------------------------------------------------------------------------- plain folders


def test_a_plain_folder_of_images_is_all_training(tmp_path):
    for name in ("b.png", "a.JPG", ".hidden.png", "notes.txt", "__MACOSX/c.png", "._a.png"):
        picture(tmp_path / name, 1) if not name.endswith("txt") else (tmp_path / name).write_text("x")
    dataset = open_dataset(str(tmp_path))
    assert dataset.layout == "plain folder"
    assert keys(dataset.train) == ["a.JPG", "b.png"]
    assert dataset.test == ()
    assert all(sample.is_normal and sample.split == "train" for sample in dataset.train)
    assert dataset.train[0].load().image.shape == (20, 24, 3)


@pytest.mark.parametrize("normal, defects", [("good", ["bad"]), ("normal", ["dent", "scratch"]), ("OK", ["NG"])])
def test_sibling_folders_of_a_normal_folder_are_defect_types(tmp_path, normal, defects):
    for index in range(10):
        picture(tmp_path / normal / f"{index}.png", index)
    for defect in defects:
        picture(tmp_path / defect / "x.png", 99)
    dataset = open_dataset(tmp_path)
    assert dataset.defect_types() == tuple(sorted(defects))
    assert len(dataset.train) == 7
    assert counts(dataset) == {"good": 3} | dict.fromkeys(defects, 1)
    assert dataset.drawn.startswith("3 of 10 normal images are held out") and dataset.drawn in dataset.notes
    assert not set(keys(dataset.train)) & set(keys(dataset.test))


def test_loose_images_take_only_folders_that_are_named_as_defects(tmp_path):
    for index in range(5):
        picture(tmp_path / f"{index}.png", index)
    picture(tmp_path / "defective/x.png")
    picture(tmp_path / "monday/y.png")
    dataset = open_dataset(tmp_path)
    assert dataset.defect_types() == ("defective",)
    assert any("monday: 1 image left out" in problem for problem in dataset.problems)


def test_masks_beside_the_folders_of_a_plain_layout(tmp_path):
    for index in range(4):
        picture(tmp_path / f"good/{index}.png", index)
    picture(tmp_path / "bad/x.png")
    mask(tmp_path / "masks/x.png", (0, 0, 3, 2))
    mask(tmp_path / "masks/good/0.png", None)
    (defective,) = [sample for sample in open_dataset(tmp_path).test if sample.is_defective]
    assert defective.load_mask().sum() == 6


def test_the_held_out_part_follows_the_seed_and_nothing_else():
    items = list(range(100))
    kept, chosen = split_held_out(items, seed=1)
    assert len(chosen) == 30
    assert sorted(kept + chosen) == items
    assert kept == sorted(kept)
    assert split_held_out(items, seed=1) == (kept, chosen)
    assert split_held_out(items, seed=2) != (kept, chosen)
    assert split_held_out([7], seed=0) == ([7], [])
    assert split_held_out([], seed=0) == ([], [])


def test_the_order_does_not_come_from_the_file_system(tmp_path, monkeypatch):
    category(tmp_path / "set")
    for name in "abc":
        picture(tmp_path / "flat" / f"{name}.png")
        picture(tmp_path / "set/test" / f"{name}.png")
    expected = [keys(open_dataset(tmp_path / name).samples) for name in ("set", "flat")]
    plain = Path.iterdir
    for reverse in (False, True):
        monkeypatch.setattr(Path, "iterdir", lambda self, back=reverse: iter(sorted(plain(self), reverse=back)))
        assert [keys(open_dataset(tmp_path / name).samples) for name in ("set", "flat")] == expected


# ----------------------------------------------------------------------------------------------- MVTec categories


@pytest.mark.parametrize("name_end", ["_mask", "", "_gt"])
def test_an_mvtec_category_with_its_masks(tmp_path, name_end):
    dataset = open_dataset(category(tmp_path / "bottle", name_end))
    assert (dataset.name, dataset.layout) == ("bottle", "MVTec AD")
    assert keys(dataset.train) == [f"train/good/{index:03d}.png" for index in range(4)]
    assert keys(dataset.test) == [
        "test/crack/000.png",
        "test/crack/001.png",
        "test/good/000.png",
        "test/good/001.png",
        "test/hole/000.png",
    ]
    expected = np.zeros((20, 24), bool)
    expected[3:5, 2:6] = True
    assert np.array_equal(dataset.test[0].load_mask(), expected)
    assert dataset.test[0].load_mask().dtype == bool
    assert dataset.test[2].load_mask().shape == (20, 24)
    assert not dataset.test[2].load_mask().any()
    assert dataset.problems == ()


def test_a_category_without_masks_or_test_is_opened(tmp_path):
    shutil.rmtree(category(tmp_path) / "ground_truth")
    dataset = open_dataset(tmp_path)
    assert dataset.test[0].load_mask() is None
    assert any("no masks" in note for note in dataset.notes)
    shutil.rmtree(tmp_path / "test")
    assert open_dataset(tmp_path).test == ()


def test_a_mask_without_an_image_is_an_error_that_names_it(tmp_path):
    stray = mask(category(tmp_path) / "ground_truth/crack/777_mask.png")
    with pytest.raises(DataError, match=r"777_mask\.png"):
        open_dataset(tmp_path)
    dataset = open_dataset(tmp_path, strict=False)
    assert dataset.unpaired_masks == (stray,)
    assert "777_mask.png" in inspect(dataset).text()
    assert not inspect(dataset).ok


def test_masks_of_a_defect_that_has_no_images_are_unpaired(tmp_path):
    mask(category(tmp_path) / "ground_truth/dent/000_mask.png")
    with pytest.raises(DataError, match="dent"):
        open_dataset(tmp_path)


def test_a_missing_mask_leaves_the_image_for_image_metrics(tmp_path):
    (category(tmp_path) / "ground_truth/crack/001_mask.png").unlink()
    dataset = open_dataset(tmp_path)
    assert dataset.test[1].load_mask() is None
    assert dataset.test[0].load_mask() is not None
    assert any("crack: 1 of 2 images have no mask" in problem for problem in dataset.problems)
    assert inspect(dataset).missing_masks == ("test/crack/001.png",)


def test_a_mask_of_the_wrong_size_names_both_files(tmp_path):
    path = mask(category(tmp_path) / "ground_truth/crack/000_mask.png", size=(30, 20))
    with pytest.raises(DataError, match=r"30 x 20 .* 24 x 20") as opened:
        open_dataset(tmp_path)
    dataset = open_dataset(tmp_path, strict=False)
    with pytest.raises(DataError) as caught:
        dataset.test[0].load_mask()
    assert str(caught.value) == str(opened.value)
    assert str(path) in str(caught.value)
    assert "test/crack/000.png" in str(caught.value)
    with pytest.raises(DataError):
        dataset.test[0].load_mask((20, 24))
    found = inspect(dataset)
    assert [key for key, _ in found.bad_masks] == ["test/crack/000.png"]
    assert not found.ok


def test_the_mask_of_a_picture_that_the_camera_turned_fits_what_is_seen(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = category(tmp_path) / "test/hole/000.jpg"
    Image.new("L", (20, 24), 100).save(path, exif=exif)
    path.with_suffix(".png").unlink()
    assert open_dataset(tmp_path).test[-1].load_mask().shape == (20, 24)
    Image.new("L", (20, 24), 100).save(path)
    with pytest.raises(DataError, match="24 x 20 pixels, but its image is 20 x 24"):
        open_dataset(tmp_path)


def test_one_part_of_a_mask_in_several_files_has_the_wrong_size(tmp_path):
    category(tmp_path)
    (tmp_path / "ground_truth/hole/000_mask.png").unlink()
    mask(tmp_path / "ground_truth/hole/000/000.png")
    mask(tmp_path / "ground_truth/hole/000/001.png", size=(24, 21))
    with pytest.raises(DataError, match=r"001\.png is 24 x 21"):
        open_dataset(tmp_path)


def test_an_unreadable_image_does_not_keep_the_data_set_from_opening(tmp_path):
    (category(tmp_path) / "test/hole/000.png").write_bytes(b"no image")
    assert len(open_dataset(tmp_path).test) == 5


def test_an_unreadable_mask_is_an_error_that_names_it(tmp_path):
    path = category(tmp_path) / "ground_truth/crack/000_mask.png"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError, match=r"000_mask\.png"):
        open_dataset(tmp_path).test[0].load_mask()


def test_two_masks_for_one_image_are_refused(tmp_path):
    mask(category(tmp_path) / "ground_truth/crack/000.png")
    with pytest.raises(DataError, match="Two masks match the image 000"):
        open_dataset(tmp_path)


def test_two_images_of_one_name_are_refused(tmp_path):
    picture(category(tmp_path) / "test/crack/000.bmp")
    with pytest.raises(DataError, match="Two images have the name 000"):
        open_dataset(tmp_path)


def test_an_empty_mask_of_a_defective_image_is_all_false_and_reported(tmp_path):
    mask(category(tmp_path) / "ground_truth/hole/000_mask.png", None)
    dataset = open_dataset(tmp_path)
    found = dataset.test[-1].load_mask()
    assert found.shape == (20, 24)
    assert not found.any()
    assert inspect(dataset).empty_masks == ("test/hole/000.png",)
    assert inspect(dataset).ok


def test_masks_beside_their_images_and_folders_of_masks(tmp_path):
    category(tmp_path)
    (tmp_path / "ground_truth/hole/000_mask.png").unlink()
    mask(tmp_path / "ground_truth/hole/000/000.png", (0, 0, 2, 2))
    mask(tmp_path / "ground_truth/hole/000/001.png", (1, 1, 3, 3))
    picture(tmp_path / "test/dent/a.png")
    mask(tmp_path / "test/dent/a_mask.png", (0, 0, 5, 1))
    by_key = {sample.key: sample for sample in open_dataset(tmp_path).test}
    assert by_key["test/hole/000.png"].load_mask().sum() == 4 + 4 - 1
    assert by_key["test/dent/a.png"].load_mask().sum() == 5
    assert "test/dent/a_mask.png" not in by_key


@pytest.mark.parametrize("mode", ["1", "L", "I;16", "P", "RGB", "RGBA"])
def test_masks_of_any_mode_and_value_mark_what_is_not_black(tmp_path, mode):
    path = category(tmp_path) / "ground_truth/crack/000_mask.png"
    if mode == "I;16":
        image = Image.fromarray(np.uint16([[0] * 24] * 18 + [[300] * 24] * 2))
    else:
        image = Image.new("L", (24, 20), 0)
        image.paste(255 if mode == "1" else 1, (0, 18, 24, 20))
        image = image.convert(mode)
    image.save(path)
    assert open_dataset(tmp_path).test[0].load_mask().nonzero()[0].tolist() == [18] * 24 + [19] * 24


def test_the_noise_of_a_jpeg_mask_is_not_a_defect(tmp_path):
    category(tmp_path)
    (tmp_path / "ground_truth/crack/000_mask.png").unlink()
    mask(tmp_path / "ground_truth/crack/000_mask.jpg", (4, 4, 15, 13))
    found = open_dataset(tmp_path).test[0].load_mask()
    assert found[5:12, 5:14].all()
    assert abs(int(found.sum()) - 11 * 9) < 10


def test_loose_test_images_have_no_label_and_defects_in_train_are_left_out(tmp_path):
    picture(category(tmp_path) / "test/new.png")
    picture(tmp_path / "train/crack/x.png")
    dataset = open_dataset(tmp_path)
    (unknown,) = [sample for sample in dataset.test if sample.label == "unknown"]
    assert not unknown.is_normal and not unknown.is_defective
    assert unknown.load_mask() is None
    assert len(dataset.train) == 4
    assert any("crack: 1 image left out" in problem for problem in dataset.problems)


def test_a_root_of_categories_lists_them(tmp_path):
    for name in ("zipper", "bottle"):
        category(tmp_path / name)
    with pytest.raises(DataError, match=r"2 categories: bottle, zipper\. Name one, such as .*bottle"):
        open_dataset(tmp_path)
    assert open_dataset(f"{tmp_path}/zipper").name == "zipper"


def test_a_single_folder_on_top_is_entered(tmp_path):
    category(tmp_path / "download/bottle")
    assert open_dataset(tmp_path).name == "bottle"


@pytest.mark.parametrize("make", ["nothing", "file", "empty", "unnamed"])
def test_what_is_no_data_set_is_explained(tmp_path, make):
    path = tmp_path / "set"
    if make == "file":
        path.write_text("not a ZIP")
    elif make != "nothing":
        path.mkdir()
    if make == "unnamed":
        picture(path / "monday/1.png")
        picture(path / "tuesday/1.png")
    with pytest.raises(DataError) as caught:
        open_dataset(path)
    assert str(path) in str(caught.value)
    assert ("good/" in str(caught.value)) == (make in ("empty", "unnamed"))


# ----------------------------------------------------------------------------------------------------------- VisA


def test_visa_lists_its_categories_and_opens_one_by_path(tmp_path):
    visa(tmp_path)
    with pytest.raises(DataError, match="2 categories: candle, pcb1"):
        open_dataset(tmp_path)
    dataset = open_dataset(tmp_path / "pcb1")
    assert (dataset.name, dataset.layout) == ("pcb1", "VisA")
    assert keys(dataset.train) == ["pcb1/Data/Images/Normal/0000.JPG", "pcb1/Data/Images/Normal/0001.JPG"]
    assert counts(dataset) == {"anomaly": 1, "good": 1}
    assert dataset.test[0].load_mask().sum() == 8
    assert not dataset.test[1].load_mask().any()


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("candle/Data/Masks/Anomaly/000.png", "../secret.png", "outside the data set"),
        ("candle/Data/Masks/Anomaly/000.png", "candle/none.png", r"candle/none\.png does not exist"),
        ("candle,test,anomaly", "candle,train,anomaly", "normal images only"),
        ("candle,test,anomaly", "candle,maybe,anomaly", "expected train or test"),
        ("object,split", "object,part", "expected the columns"),
    ],
)
def test_a_wrong_line_in_visas_table_is_an_error(tmp_path, old, new, message):
    table = visa(tmp_path) / "split_csv/1cls.csv"
    table.write_text(table.read_text().replace(old, new))
    with pytest.raises(DataError, match=message):
        open_dataset(tmp_path / "candle")


def test_a_mask_that_visas_table_does_not_name_is_unpaired(tmp_path):
    mask(visa(tmp_path) / "candle/Data/Masks/Anomaly/055.png")
    with pytest.raises(DataError, match=r"055\.png"):
        open_dataset(tmp_path / "candle")


# ----------------------------------------------------------------------------------------------------------- ELPV


def test_elpv_splits_the_functional_cells_and_leaves_doubtful_ones_out():
    dataset = open_dataset("elpv")
    labels = {name: probability for name, probability, kind in read_labels(package_folder() / "labels.csv")}
    normal = [sample for sample in dataset.samples if sample.is_normal]
    assert len(normal) == 588 and len(dataset.train) == 412
    assert counts(dataset) == {"defective": 313, "good": 176}
    assert all(labels[sample.key] == (0 if sample.is_normal else 1) for sample in dataset.samples)
    assert any("173 cells" in note for note in dataset.notes) and dataset.drawn in dataset.notes
    assert dataset.test[0].load().image.shape == (300, 300, 3)
    assert dataset.test[0].load_mask() is None
    assert keys(open_dataset("elpv:mono").samples) == keys(dataset.samples)
    assert keys(open_dataset("elpv", seed=1).train) != keys(dataset.train)
    assert counts(open_dataset("elpv:poly"))["defective"] == 402


def test_elpv_errors_say_what_is_there(tmp_path):
    with pytest.raises(DataError, match="mono and poly"):
        open_dataset("elpv:thin")
    (tmp_path / "labels.csv").write_text("images/a.png 0.0 mono\nimages/b.png zero mono\n")
    with pytest.raises(DataError, match="line 2"):
        open_elpv("mono", folder=tmp_path)


# --------------------------------------------------------------------------------------------- hash and inspection


def test_the_hash_is_of_the_content_not_of_the_place(tmp_path):
    first = open_dataset(category(tmp_path / "a" / "bottle"))
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    digest = first.content_hash()
    assert open_dataset(tmp_path / "b/bottle").content_hash() == digest
    turned = Dataset(first.name, first.layout, first.train[::-1], first.test[::-1], "", "")
    assert turned.content_hash() == digest
    mask(tmp_path / "a/bottle/ground_truth/hole/000_mask.png", None)
    changed_mask = open_dataset(tmp_path / "a/bottle").content_hash()
    picture(tmp_path / "b/bottle/train/good/000.png", 200)
    assert len({digest, changed_mask, open_dataset(tmp_path / "b/bottle").content_hash()}) == 3
    (tmp_path / "b/bottle/test/good/000.png").rename(tmp_path / "b/bottle/test/good/renamed.png")
    assert open_dataset(tmp_path / "b/bottle").content_hash() != digest


def test_inspection_counts_sizes_modes_duplicates_and_unreadable_files(tmp_path):
    category(tmp_path)
    picture(tmp_path / "train/good/big.png", 7, (40, 30), "RGB")
    shutil.copy(tmp_path / "train/good/002.png", tmp_path / "test/good/copy.png")
    (tmp_path / "test/hole/000.png").write_bytes(b"no image")
    seen = []
    found = inspect(open_dataset(tmp_path), progress=lambda done, total: seen.append((done, total)))
    assert [(group.split, group.label, group.images, group.masks) for group in found.groups] == [
        ("train", "good", 5, 0),
        ("test", "good", 3, 0),
        ("test", "crack", 2, 2),
        ("test", "hole", 1, 1),
    ]
    assert found.groups[0].sizes == (((24, 20), 4), ((40, 30), 1))
    assert found.groups[0].modes == (("L", 4), ("RGB", 1))
    assert found.duplicates == (("train/good/002.png", "test/good/copy.png"),)
    assert [key for key, _ in found.unreadable] == ["test/hole/000.png"]
    assert not found.ok
    assert seen == [(done, 11) for done in range(1, 12)]
    text = found.text()
    assert "24 x 20 to 40 x 30 (2 sizes)" in text
    assert "train/good/002.png = test/good/copy.png" in text
    assert "1 unreadable image:" in text
    assert found.to_dict()["ok"] is False


def test_a_normal_image_whose_mask_marks_something_is_reported(tmp_path):
    mask(category(tmp_path) / "ground_truth/good/000_mask.png")
    mask(tmp_path / "ground_truth/good/001_mask.png", None)
    found = inspect(open_dataset(tmp_path))
    assert found.marked_normals == ("test/good/000.png",)
    assert not found.ok


def test_a_sound_data_set_has_nothing_to_mend(tmp_path):
    found = inspect(open_dataset(category(tmp_path)))
    assert found.ok
    assert found.findings() == []
    assert found.text().endswith("Nothing to fix.")
    assert len(found.rows()) == len(found.groups) == 4


# ----------------------------------------------------------------------------------------------------------- loading


class Counting:
    """Samples that count how often each is decoded."""

    def __init__(self, folder: Path, number: int) -> None:
        paths = [picture(folder / f"{index:02d}.png", index * 20, (32, 24)) for index in range(number)]
        self.plain = [Sample(path.name, path, "good", "train") for path in paths]
        self.decoded = [0] * number
        self.samples = [
            Sample(sample.key, sample.path, "good", "train", loader=self._loader(index, sample))
            for index, sample in enumerate(self.plain)
        ]
        self.expected = np.stack([resize(sample.load().image, 16) for sample in self.plain])

    def _loader(self, index: int, sample: Sample):
        def load():
            self.decoded[index] += 1
            return sample.load()

        return load


IMAGE_BYTES = 3 * 16 * 16


def test_within_the_budget_all_images_come_as_one_array(tmp_path):
    source = Counting(tmp_path, 7)
    seen = []
    images = load_resized(
        source.samples, 16, budget_bytes=7 * IMAGE_BYTES, progress=lambda done, total: seen.append((done, total))
    )
    assert isinstance(images, np.ndarray)
    assert images.dtype == np.uint8
    assert np.array_equal(images, source.expected)
    assert source.decoded == [1] * 7
    assert seen == [(done, 7) for done in range(1, 8)]


@pytest.mark.parametrize("workers", [1, 3])
def test_over_the_budget_a_cache_keeps_what_fits_and_decodes_the_rest_again(tmp_path, workers):
    source = Counting(tmp_path, 7)
    images = load_resized(source.samples, 16, budget_bytes=3 * IMAGE_BYTES + 5, workers=workers)
    assert isinstance(images, ImageCache)
    assert (len(images), images.capacity, images.kept, sum(source.decoded)) == (7, 3, 0, 0)
    for _ in range(2):
        assert np.array_equal(np.stack(list(images)), source.expected)
    assert images.kept == 3
    assert sorted(source.decoded) == [1, 1, 1, 2, 2, 2, 2]
    order = [6, 0, 6, 2]
    assert np.array_equal(images.batch(order), source.expected[order])
    assert np.array_equal(images[-1], source.expected[6])
    with pytest.raises(IndexError):
        images[7]


def test_an_unreadable_image_is_named_or_skipped(tmp_path):
    source = Counting(tmp_path, 6)
    (tmp_path / "02.png").write_bytes(b"\x89PNG broken")
    rest = [0, 1, 3, 4, 5]
    for budget in (6 * IMAGE_BYTES, 2 * IMAGE_BYTES):
        with pytest.raises(DataError, match=r"02\.png"):
            list(load_resized(source.samples, 16, budget_bytes=budget))
        images, skipped = load_readable(source.samples, 16, budget_bytes=budget)
        assert [sample.key for sample, _ in skipped] == ["02.png"]
        assert "02.png" in skipped[0][1]
        assert np.array_equal(np.stack(list(images)), source.expected[rest])


def test_the_cache_without_unreadable_images_keeps_what_it_has_decoded(tmp_path):
    source = Counting(tmp_path, 5)
    (tmp_path / "00.png").write_bytes(b"")
    images, _ = load_readable(source.samples, 16, budget_bytes=3 * IMAGE_BYTES, workers=1)
    assert (len(images), images.kept) == (4, 3)
    before = sum(source.decoded)
    list(images)
    assert sum(source.decoded) == before + 1


def test_threads_are_at_work_together(tmp_path):
    meeting = threading.Barrier(2, timeout=5)
    (plain,) = Counting(tmp_path, 1).plain

    def load():
        meeting.wait()  # breaks, and fails the test, unless two loads run at the same time
        return plain.load()

    samples = [Sample(str(index), plain.path, "good", "train", loader=load) for index in range(4)]
    assert load_resized(samples, 16, budget_bytes=10**6, workers=2).shape == (4, 16, 16, 3)


def test_reading_ahead_can_be_left_by_someone_whom_its_workers_wait_for():
    released = threading.Event()

    def work(item):
        if item:
            released.wait(30)
        return item

    stream = ahead(work, range(20), workers=2)
    assert next(stream) == 0
    leaving = threading.Thread(target=stream.close, daemon=True)
    leaving.start()
    leaving.join(5)
    left = not leaving.is_alive()
    released.set()
    assert left


def test_an_image_that_two_threads_load_at_once_is_kept_once(tmp_path):
    source = Counting(tmp_path, 2)
    meeting = threading.Barrier(2, timeout=5)

    def load():
        meeting.wait()
        return source.plain[0].load()

    samples = [Sample("both", None, "good", "train", loader=load), source.samples[1]]
    images = ImageCache(samples, 16, budget_bytes=2 * IMAGE_BYTES)
    assert np.array_equal(images.batch([0, 0]), source.expected[[0, 0]])
    assert images.kept == 1
    for _ in range(2):
        assert np.array_equal(images.batch([1, 0]), source.expected[[1, 0]])
    assert source.decoded[1] == 1


def test_bad_arguments_are_named():
    with pytest.raises(DataError, match="budget"):
        ImageCache([], 16, budget_bytes=-1)


def test_a_folder_that_may_not_be_entered_is_named_with_what_to_do(tmp_path, monkeypatch):
    """As Python 3.11 answers for a path below a folder without the right to enter it; root may enter every one."""

    def refuse(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(DataError, match=r"photos cannot be read \(Permission denied\). Give this program permission"):
        open_dataset(str(tmp_path / "photos"))
