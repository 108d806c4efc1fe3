"""Folders of images: a plain folder of normals, and categories laid out as MVTec AD lays them out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from nnet.data.errors import DataError
from nnet.data.listing import list_images, stem, subfolders, walk_images
from nnet.data.masks import marks_something
from nnet.data.pairing import Sorted, pair_masks, sort_pictures
from nnet.data.sample import GOOD, UNKNOWN, Dataset, Sample

NORMAL_NAMES = frozenset({"good", "normal", "normals", "ok", "pass", "defect-free", "defect_free", "free"})
_ABNORMAL = frozenset({"anomaly", "anomalies", "anomalous", "abnormal"})
DEFECT_NAMES = _ABNORMAL | {"bad", "defect", "defects", "defective", "ng", "nok", "fail", "faulty"}
MASK_NAMES = ("ground_truth", "masks", "mask", "gt")
HELD_OUT_NAMES = ("validation", "val")
SPLIT_NAMES = frozenset({"train", "test", *HELD_OUT_NAMES})
TILES = "mt_"
"""What the raw magnetic tiles' folders begin with: MT_Free, MT_Crack ..."""
DEFECTIVE = "defective"
SHOWN = 5  # questions in one message
TEST_NAMES = ("test", "test_public")
HELD_OUT = 0.3
UNKNOWN_LICENCE = "Not stated by the folder; the terms of whoever made the images apply."
MVTEC_LICENCE = "Whoever made the pictures decides; those of MVTec's own data sets are CC BY-NC-SA 4.0."

Item = TypeVar("Item")


def is_category(folder: Path) -> bool:
    """True for a folder laid out as a category of MVTec AD: normal images under train/."""
    train = folder / "train"
    return train.is_dir() and bool(list_images(train) or _normal_folders(train))


def is_test_part(folder: Path) -> bool:
    """True for the test/ of such a category without its train/: folders of images, or images with masks beside them."""
    test = _test_folder(folder)
    return not is_plain(folder) and bool(walk_images(test))


def is_plain(folder: Path) -> bool:
    """True for a folder that holds images, or a subfolder of normal ones (good/, normal/, ok/)."""
    return bool(list_images(folder) or _normal_folders(folder))


def is_masked(folder: Path) -> bool:
    """True for folders in which at least half of the images have a mask beside them."""
    found = sort_pictures(walk_images(folder))
    return bool(found.masks) and 2 * len(found.masks) >= len(found.pictures)


def split_held_out(items: Sequence[Item], seed: int) -> tuple[list[Item], list[Item]]:
    """Draw `HELD_OUT` of the items for testing by a seeded shuffle; both parts keep the order of `items`.

    At least one item stays for training. Python's own generator is used: its shuffle is the same in every version.
    """
    order = list(range(len(items)))
    random.Random(seed).shuffle(order)
    chosen = set(order[: min(round(HELD_OUT * len(items)), len(items) - 1)]) if items else set()
    kept = [item for index, item in enumerate(items) if index not in chosen]
    return kept, [items[index] for index in sorted(chosen)]


def drawn_by(seed: int, held_out: int, count: int, what: str = "normal images") -> str:
    """The note that so many were drawn (`Dataset.drawn`)."""
    return f"{held_out} of {count} {what} are held out for the test (seed {seed})."


def open_category(root: Path, *, strict: bool = True) -> Dataset:
    """Open one MVTec-style category: train/good, test/*, ground_truth/DEFECT/NAME_mask.png (or NAME.png).

    A mask may also lie beside its image (NAME_mask.png beside NAME.png), or be a folder of several, NAME/*.png. Images
    directly in train/ or test/ with masks beside them are good where their mask is empty, as in KolektorSDD2; without
    any masks those in test/ have the label "unknown". Good images in validation/ are for calibration. train/ may be
    missing. A defect folder without masks, and an image without one, have no pixel ground truth (`load_mask()` is
    None) and are listed in `problems`.

    Raises:
        DataError: a mask without an image or a name that two images share (only with `strict`), no normal training
            image in train/, an ambiguous mask.
    """
    train_folder, test_folder, held = root / "train", _test_folder(root), _held_out_folder(root)
    reader = _Reader(root)
    train = reader.normals(_normal_folders(train_folder), "train")
    loose_good, loose_bad = reader.loose(train_folder, GOOD, "train")
    train += loose_good
    reader.leave([sample.path for sample in loose_bad if sample.path], "defective, and training takes good ones only")
    if not train and train_folder.is_dir():
        raise DataError(f"{train_folder} holds no images; put the defect-free ones in {train_folder / 'good'}.")
    validation = reader.normals(_normal_folders(held), "validation") + reader.loose(held, GOOD, "validation")[0]
    test = reader.labelled(subfolders(test_folder))
    good, bad = reader.loose(test_folder, UNKNOWN, "test")
    test += sorted([*good, *bad], key=lambda sample: sample.label) if bad else good
    reader.left_out(subfolders(train_folder), "training takes normal images only")
    others = [child for child in subfolders(root) if child not in (train_folder, test_folder, held)]
    others = [child for child in others if child.name.lower() not in MASK_NAMES]
    notes = no_masks(test)
    notes += reader.left_out_notes(others, f"only {train_folder.name} and {test_folder.name} are used")
    if validation:
        notes.append(f"{len(validation)} images of {held.name}/ are for calibration only.")
    if not train:
        notes.append("There is no train/, so it can be measured, but not trained on.")
    layout = "MVTec AD" if train else "folders of good and defective parts to test on"
    return reader.dataset(layout, (*train, *validation), test, notes, strict, MVTEC_LICENCE)


def open_plain(root: Path, *, seed: int = 0, strict: bool = True, masks: Path | None = None) -> Dataset:
    """Open a folder of normal images, optionally with folders of defects beside them.

    Either the images lie directly in `root`, or in good/ (normal/, ok/, MT_Free/ ...). With good/, every other folder
    is a defect type; with loose images, only folders whose name says so (bad/, defect/ ...) are. Loose images with
    masks beside them are good where their mask is empty. Without defects all normal images are for training; with
    defects 30 % of them, drawn by `seed`, are held out for the test. Masks may lie beside their images, in
    ground_truth/DEFECT or masks/DEFECT, or in folders of the same names under `masks`.

    Raises:
        DataError: as `open_category`.
    """
    reader = _Reader(root, masks)
    normal_folders = _normal_folders(root)
    others = [child for child in subfolders(root) if child not in normal_folders]
    others = [child for child in others if child.name.lower() not in MASK_NAMES]
    defects = others if normal_folders else [child for child in others if child.name.lower() in DEFECT_NAMES]
    good, bad = reader.loose(root, GOOD, "train")
    normals = reader.normals(normal_folders, "train") + good
    found = sorted([*reader.labelled(defects), *bad], key=lambda sample: sample.label)
    reader.left_out([child for child in others if child not in defects], "their meaning is not known")
    layout = "raw magnetic tiles" if any(_is_tile_folder(folder) for folder in normal_folders) else "plain folder"
    return _split_normals(reader, layout, normals, found, seed, strict)


def open_masked(root: Path, *, seed: int = 0, strict: bool = True) -> Dataset:
    """Open folders in which masks beside the images say which are good, such as those of KolektorSDD.

    Raises:
        DataError: as `open_category`.
    """
    reader = _Reader(root)
    good, bad = reader.by_masks(walk_images(root), GOOD, "train")
    return _split_normals(reader, "images with masks beside them", good, bad, seed, strict)


def open_labelled(root: Path) -> Dataset:
    """Open folders that are named after their labels (good/, defective/), all of them to measure on.

    Raises:
        DataError: as `open_category`.
    """
    reader = _Reader(root)
    test = reader.labelled(subfolders(root))
    return reader.dataset("folders of labels", (), test, no_masks(test), True, UNKNOWN_LICENCE)


def _split_normals(
    reader: _Reader, layout: str, normals: list[Sample], defective: list[Sample], seed: int, strict: bool
) -> Dataset:
    """Good images for training, and where there are defective ones some of them for the test."""
    if not normals and not reader.questions:
        raise DataError(f"{reader.root} holds no normal images; put the defect-free ones in {reader.root / GOOD}.")
    train, notes, drawn = normals, no_masks(defective), ""
    held_out: list[Sample] = []
    if defective:
        train, held_out = split_held_out(normals, seed)
        drawn = drawn_by(seed, len(held_out), len(normals))
        notes += [drawn]
    test = [replace(sample, split="test") for sample in held_out] + defective
    return replace(reader.dataset(layout, tuple(train), test, notes, strict, UNKNOWN_LICENCE), drawn=drawn)


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


def is_normal_name(name: str) -> bool:
    """Whether a folder or a label of this name is of defect-free parts."""
    return name.lower().removeprefix(TILES) in NORMAL_NAMES


def _normal_folders(folder: Path) -> list[Path]:
    return [child for child in subfolders(folder) if is_normal_name(child.name)]


def _is_tile_folder(folder: Path) -> bool:
    return folder.name.lower().startswith(TILES)


def _test_folder(root: Path) -> Path:
    return next((root / name for name in TEST_NAMES if (root / name).is_dir()), root / "test")


def _held_out_folder(root: Path) -> Path:
    return next((root / name for name in HELD_OUT_NAMES if (root / name).is_dir()), root / "validation")


def _label(folder: Path) -> str:
    if is_normal_name(folder.name):
        return GOOD
    return folder.name.lower().removeprefix(TILES) if _is_tile_folder(folder) else folder.name


class _Reader:
    """Turns files into samples, and remembers what was met on the way.

    Args:
        root: of the data set; keys are paths inside it.
        masks: where masks lie in folders of their classes' names, if that is known.
    """

    def __init__(self, root: Path, masks: Path | None = None) -> None:
        self.root, self.masks = root, masks
        self.problems: list[str] = []
        self.questions: list[str] = []
        self.unpaired: list[Path] = []
        self.left: dict[Path, str] = {}
        self.empty = 0

    def dataset(
        self,
        layout: str,
        train: tuple[Sample, ...],
        test: Sequence[Sample],
        notes: list[str],
        strict: bool,
        licence: str,
    ) -> Dataset:
        """The data set, if nothing contradicts it."""
        if self.questions and strict:
            raise DataError(" ".join(self.questions[:SHOWN]) + _more(len(self.questions) - SHOWN))
        unpaired_error(self.unpaired, strict)
        if self.empty:
            notes = [*notes, f"Masks of good images that mark nothing: {self.empty}."]
        return Dataset(
            self.root.name,
            layout,
            train,
            tuple(test),
            licence,
            str(self.root),
            tuple(self.problems),
            tuple(notes),
            tuple(self.unpaired),
            tuple(self.questions),
            left=self.left,
        )

    def sample(self, path: Path, label: str, split: str, mask: Path | None = None) -> Sample:
        return Sample(path.relative_to(self.root).as_posix(), path, label, split, mask)

    def leave(self, paths: Sequence[Path], reason: str) -> None:
        """These are not taken."""
        self.left |= dict.fromkeys(paths, reason)

    def normals(self, folders: Sequence[Path], split: str) -> list[Sample]:
        """Good images; an empty mask beside one says nothing new, and one that marks something is kept as evidence."""
        found = self._sorted([path for folder in folders for path in walk_images(folder)])
        filled = self._filled(found)
        return [self.sample(path, GOOD, split, filled.get(path)) for path in found.pictures]

    def loose(self, folder: Path, label: str, split: str) -> tuple[list[Sample], list[Sample]]:
        """Images directly in a folder: see `by_masks`."""
        return self.by_masks(list_images(folder), label, split)

    def by_masks(self, paths: Sequence[Path], label: str, split: str) -> tuple[list[Sample], list[Sample]]:
        """Good and defective images, told by their masks; without any masks all of them, with `label`, and none.

        Where only defective images have masks, the others are good. Where good ones have empty masks, an image without
        one may be anything, and is left out.
        """
        found = self._sorted(paths)
        if not found.masks:
            return [self.sample(path, label, split) for path in found.pictures], []
        filled = self._filled(found)
        all_have_one = len(filled) < len(found.masks)
        without = [path for path in found.pictures if path not in found.masks] if all_have_one else []
        self.leave(without, "no mask says whether it is good, and others have one")
        rest = [path for path in found.pictures if path not in without]
        good = [self.sample(path, GOOD, split) for path in rest if path not in filled]
        return good, [self.sample(path, DEFECTIVE, "test", mask) for path, mask in filled.items()]

    def _filled(self, found: Sorted) -> dict[Path, Path]:
        """The masks that mark something; the others are counted."""
        filled = {picture: mask for picture, mask in found.masks.items() if marks_something(mask)}
        self.empty += len(found.masks) - len(filled)
        return filled

    def labelled(self, classes: Sequence[Path]) -> list[Sample]:
        """Test samples of folders named after their class, with their masks."""
        mask_root = self.masks or self._mask_root(classes)
        classes = [folder for folder in classes if folder.name.lower() not in MASK_NAMES]
        defects = [folder for folder in classes if _label(folder) != GOOD]
        samples: list[Sample] = []
        for folder in classes:
            found = self._sorted(walk_images(folder))
            images = [(stem(path, folder), path) for path in found.pictures]
            elsewhere, orphans = pair_masks(images, _mask_files(mask_root, folder, [folder] == defects, images))
            twice = next((path for name, path in images if path in found.masks and name in elsewhere), None)
            if twice is not None:
                raise DataError(f"Two masks match the image {twice.stem}: {found.masks[twice]} and another.")
            self.unpaired += orphans
            masks = found.masks | {path: elsewhere[name] for name, path in images if name in elsewhere}
            samples += [self.sample(path, _label(folder), "test", masks.get(path)) for _, path in images]
            if folder in defects and (mask_root is not None or masks):
                self.problems += missing_masks(_label(folder), len(images) - len(masks), len(images))
        self.unpaired += _stray_masks(mask_root, classes, alone=len(defects) == 1)
        return sorted(samples, key=lambda sample: sample.label)

    def left_out(self, folders: Sequence[Path], reason: str) -> None:
        """Folders that are not read become problems."""
        self.problems += self.left_out_notes(folders, reason)

    def left_out_notes(self, folders: Sequence[Path], reason: str) -> list[str]:
        """A sentence for each folder that is not read."""
        sentences = []
        for child in folders:
            found = [] if is_normal_name(child.name) else walk_images(child)
            self.leave(found, reason)
            if found:
                count = f"{len(found)} image{'s' if len(found) > 1 else ''}"
                sentences.append(f"{child.relative_to(self.root)}: {count} left out; {reason}.")
        return sentences

    def _sorted(self, paths: Sequence[Path]) -> Sorted:
        found = sort_pictures(paths)
        self.questions += found.questions
        self.unpaired += found.strays
        self.left |= dict.fromkeys(found.masks.values(), "")
        return found

    def _mask_root(self, classes: Sequence[Path]) -> Path | None:
        places = {self.root, *(folder.parent for folder in classes)}
        named = (child for place in sorted(places) for child in subfolders(place))
        return min(
            (child for child in named if child.name.lower() in MASK_NAMES),
            key=lambda child: MASK_NAMES.index(child.name.lower()),
            default=None,
        )


def _more(count: int) -> str:
    return f" And {count} more of this kind." if count > 0 else ""


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
