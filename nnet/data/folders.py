"""Folders of images: a plain folder of normals, and categories laid out as MVTec AD lays them out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from nnet.data.errors import DataError
from nnet.data.listing import list_images, stem, subfolders, walk_images
from nnet.data.masks import masks_beside, pair_masks
from nnet.data.sample import GOOD, UNKNOWN, Dataset, Sample

NORMAL_NAMES = frozenset({"good", "normal", "normals", "ok", "pass", "defect-free", "defect_free", "free"})
DEFECT_NAMES = frozenset({"bad", "defect", "defects", "defective", "anomaly", "anomalies", "anomalous", "abnormal"}) | {
    "ng",
    "nok",
    "fail",
    "faulty",
}
MASK_NAMES = ("ground_truth", "masks", "mask", "gt")
SPLIT_NAMES = frozenset({"train", "test", "validation", "val"})
TEST_NAMES = ("test", "test_public")
HELD_OUT = 0.3
UNKNOWN_LICENCE = "Not stated by the folder; the terms of whoever made the images apply."
MVTEC_LICENCE = "MVTec's own data sets are CC BY-NC-SA 4.0; for others in their layout, their maker's terms apply."

Item = TypeVar("Item")


def is_category(folder: Path) -> bool:
    """True for a folder laid out as a category of MVTec AD: normal images under train/."""
    train = folder / "train"
    return train.is_dir() and bool(list_images(train) or _normal_folders(train))


def is_plain(folder: Path) -> bool:
    """True for a folder that holds images, or a subfolder of normal ones (good/, normal/, ok/)."""
    return bool(list_images(folder) or _normal_folders(folder))


def split_held_out(items: Sequence[Item], seed: int, share: float = HELD_OUT) -> tuple[list[Item], list[Item]]:
    """Draw `share` of the items for testing by a seeded shuffle; both parts keep the order of `items`.

    At least one item stays for training. Python's own generator is used: its shuffle is the same in every version.
    """
    order = list(range(len(items)))
    random.Random(seed).shuffle(order)
    chosen = set(order[: min(round(share * len(items)), len(items) - 1)]) if items else set()
    kept = [item for index, item in enumerate(items) if index not in chosen]
    return kept, [items[index] for index in sorted(chosen)]


def open_category(root: Path, *, strict: bool = True) -> Dataset:
    """Open one MVTec-style category: train/good, test/*, ground_truth/DEFECT/NAME_mask.png (or NAME.png).

    A mask may also lie beside its image (NAME_mask.png beside NAME.png), or be a folder of several, NAME/*.png.
    Images directly in test/ have the label "unknown". A defect folder without masks, and an image without one, have
    no pixel ground truth (`load_mask()` is None) and are listed in `problems`.

    Raises:
        DataError: a mask without an image (only with `strict`), no normal training image, an ambiguous name.
    """
    train_folder = root / "train"
    test_folder = next((root / name for name in TEST_NAMES if (root / name).is_dir()), root / "test")
    normals = [path for folder in _normal_folders(train_folder) for path in walk_images(folder)]
    train = _samples(root, normals + list_images(train_folder), GOOD, "train")
    if not train:
        raise DataError(f"{train_folder} holds no images; put the defect-free ones in {train_folder / 'good'}.")
    test, problems, unpaired = _labelled(root, subfolders(test_folder), strict)
    test += _samples(root, list_images(test_folder), UNKNOWN, "test")
    problems += _left_out(train_folder, subfolders(train_folder), "training takes normal images only")
    others = [child for child in subfolders(root) if child not in (train_folder, test_folder)]
    others = [child for child in others if child.name not in MASK_NAMES]
    notes = no_masks(test) + _left_out(root, others, f"only {train_folder.name} and {test_folder.name} are used")
    return Dataset(
        root.name, "MVTec AD", train, test, MVTEC_LICENCE, str(root), tuple(problems), tuple(notes), tuple(unpaired)
    )


def open_plain(root: Path, *, seed: int = 0, strict: bool = True) -> Dataset:
    """Open a folder of normal images, optionally with folders of defects beside them.

    Either the images lie directly in `root`, or in good/ (normal/, ok/ ...). With good/, every other folder is a
    defect type; with loose images, only folders whose name says so (bad/, defect/ ...) are. Without defects all
    normal images are for training; with defects 30 % of them, drawn by `seed`, are held out for the test.
    Masks may lie in ground_truth/DEFECT or masks/DEFECT.

    Raises:
        DataError: as `open_category`.
    """
    normal_folders = _normal_folders(root)
    others = [child for child in subfolders(root) if child not in normal_folders and child.name not in MASK_NAMES]
    defects = others if normal_folders else [child for child in others if child.name.lower() in DEFECT_NAMES]
    normals = [path for folder in normal_folders for path in walk_images(folder)] + list_images(root)
    if not normals:
        raise DataError(f"{root} holds no normal images; put the defect-free ones in {root / GOOD}.")
    found, problems, unpaired = _labelled(root, defects, strict)
    problems += _left_out(root, [child for child in others if child not in defects], "their meaning is not known")
    train, notes = normals, no_masks(found)
    held_out: list[Path] = []
    if found:
        train, held_out = split_held_out(normals, seed)
        notes += [f"{len(held_out)} of {len(normals)} normal images are held out for the test (seed {seed})."]
    return Dataset(
        root.name,
        "plain folder",
        _samples(root, train, GOOD, "train"),
        _samples(root, held_out, GOOD, "test") + found,
        UNKNOWN_LICENCE,
        str(root),
        tuple(problems),
        tuple(notes),
        tuple(unpaired),
    )


def unpaired_error(masks: Sequence[Path], strict: bool) -> None:
    """Raise DataError naming masks that belong to no image, if there are any and `strict` says so."""
    if not masks or not strict:
        return
    named = ", ".join(str(path) for path in masks[:5]) + (f" and {len(masks) - 5} more" if len(masks) > 5 else "")
    raise DataError(
        f"{len(masks)} mask{'s have' if len(masks) > 1 else ' has'} no image of the same name: {named}. "
        "Add the image, or remove or rename the mask (NAME_mask.png for NAME.png)."
    )


def no_masks(samples: Sequence[Sample]) -> list[str]:
    """The sentence on a test without any mask, as a list of none or one."""
    defective = [sample for sample in samples if sample.is_defective]
    if not defective or any(sample.has_mask for sample in defective):
        return []
    return ["There are no masks, so the test can measure image metrics only."]


def missing_masks(label: str, without: int, total: int) -> list[str]:
    """The sentence on defective images without a mask, as a list of none or one."""
    if not without:
        return []
    return [f"{label}: {without} of {total} images have no mask; they count for image metrics only."]


def _normal_folders(folder: Path) -> list[Path]:
    return [child for child in subfolders(folder) if child.name.lower() in NORMAL_NAMES]


def _label(folder: Path) -> str:
    return GOOD if folder.name.lower() in NORMAL_NAMES else folder.name


def _samples(root: Path, paths: Sequence[Path], label: str, split: str) -> tuple[Sample, ...]:
    return tuple(Sample(path.relative_to(root).as_posix(), path, label, split) for path in paths)


def _left_out(root: Path, folders: Sequence[Path], reason: str) -> list[str]:
    counts = [(child, len(walk_images(child))) for child in folders if child.name.lower() not in NORMAL_NAMES]
    return [
        f"{child.relative_to(root)}: {count} image{'s' if count > 1 else ''} left out; {reason}."
        for child, count in counts
        if count
    ]


def _labelled(root: Path, classes: Sequence[Path], strict: bool) -> tuple[tuple[Sample, ...], list[str], list[Path]]:
    """Test samples of the class folders with their masks, the missing masks, and the masks that belong to no image."""
    places = {root, *(folder.parent for folder in classes)}
    mask_root = next((p / name for p in sorted(places) for name in MASK_NAMES if (p / name).is_dir()), None)
    classes = [folder for folder in classes if folder.name not in MASK_NAMES]
    defects = [folder for folder in classes if _label(folder) != GOOD]
    samples, problems, unpaired = [], [], []
    for folder in classes:
        files = [(stem(path, folder), path) for path in walk_images(folder)]
        beside = masks_beside(files)
        images = [file for file in files if file not in beside]
        masks, orphans = pair_masks(images, beside + _mask_files(mask_root, folder, [folder] == defects, images))
        unpaired += orphans
        samples += [
            Sample(path.relative_to(root).as_posix(), path, _label(folder), "test", masks.get(name))
            for name, path in images
        ]
        if folder in defects and (mask_root is not None or masks):
            problems += missing_masks(_label(folder), len(images) - len(masks), len(images))
    unpaired += _stray_masks(mask_root, classes, alone=len(defects) == 1)
    unpaired_error(unpaired, strict)
    return tuple(sorted(samples, key=lambda sample: sample.label)), problems, unpaired


def _mask_files(
    mask_root: Path | None, folder: Path, alone: bool, images: Sequence[tuple[str, Path]]
) -> list[tuple[str, Path]]:
    """(name, file) of the masks of a class; a folder named like an image is one mask in several files.

    Masks directly in the mask folder belong to the class that is `alone` in being defective.
    """
    if mask_root is None:
        return []
    own = mask_root / folder.name
    names = {name for name, _ in images}
    parts = [child for child in subfolders(own) if child.name in names]
    files = [path for path in walk_images(own) if path.parent not in parts]
    loose = [(path.stem, path) for path in list_images(mask_root)] if alone else []
    return [(child.name, child) for child in parts] + [(stem(path, own), path) for path in files] + loose


def _stray_masks(mask_root: Path | None, classes: Sequence[Path], *, alone: bool) -> list[Path]:
    """Masks of classes that have no folder of images, and masks in no class's folder where several could own them."""
    if mask_root is None:
        return []
    known = {folder.name for folder in classes}
    # Some people keep empty masks of normal images, too; those say nothing new.
    others = [child for child in subfolders(mask_root) if child.name not in known and _label(child) != GOOD]
    strays = [path for child in others for path in walk_images(child)]
    return strays if alone else list_images(mask_root) + strays
