"""A folder of images with a table (CSV) of their names and labels."""

import csv
from dataclasses import replace
from pathlib import Path, PurePosixPath

from nnet.data.errors import DataError
from nnet.data.folders import (
    DEFECT_NAMES,
    DEFECTIVE,
    UNKNOWN_LICENCE,
    drawn_by,
    is_normal_name,
    no_masks,
    split_held_out,
)
from nnet.data.images import IMAGE_SUFFIXES
from nnet.data.listing import walk_images
from nnet.data.sample import GOOD, UNKNOWN, Dataset, Sample
from nnet.formats import MIB, FileFormat

NAMES = ("image", "file", "filename", "file_name", "name", "path", "image_name", "image_path", "img")
LABELS = ("label", "class", "category", "defect", "target", "anomaly", "is_defective", "is_anomaly", "quality")
SPLITS, MASKS = ("split", "set", "subset"), ("mask", "mask_path", "mask_name")
_GOOD, _BAD = {"0", "0.0", "false", "no", "none"}, {"1", "1.0", "true", "yes"}
Rows = list[dict[str, str]]

TABLE_FORMAT = FileFormat(
    name="*.csv",
    about="A table of images: names and labels, or the split of VisA (split_csv/1cls.csv) or of ELPV (labels.csv).",
    error=DataError,
    remedy="Fetch it again, or take it out of the folder.",
    most=64 * MIB,
)


def find_table(root: Path) -> Path | None:
    """The one table in a folder that has a column of image names and one of labels, or None."""
    if not root.is_dir():
        return None
    found = [path for path in sorted(root.iterdir()) if path.suffix.lower() == ".csv" and _columns(_read(path))]
    return found[0] if len(found) == 1 else None


def open_table(root: Path, table: Path, *, seed: int = 0) -> Dataset:
    """Open a folder whose table says which images are good: one line an image, with name and label.

    Good is what is called so (good, ok, normal, 0, false ...); 1, true and yes are "defective", and any other label is
    a defect type; without one it is unknown. Columns called split (train, test, validation) and mask are used where
    they are. Without a split, 30 % of the good images are held out for the test if there are defective ones.

    Raises:
        DataError: a listed file is missing or listed twice, two files answer to a name, or nothing is good.
    """
    rows = _read(table)
    columns = _columns(rows)
    if columns is None:
        raise DataError(f"{table} has no columns of names and labels; expected such as image, label.")
    name, label, split, mask = columns
    files = _by_name(root)
    samples: dict[str, Sample] = {}
    for number, row in enumerate(rows, 2):
        path = _file(root, table, number, row[name] or "", files)
        key = path.relative_to(root).as_posix()
        if key in samples:
            raise DataError(f"{table}, line {number}: {key} is listed twice; keep one line.")
        marks = _file(root, table, number, row[mask] or "", files) if mask and row[mask] else None
        part = {"val": "validation"}.get(found := (row[split] or "").lower() if split else "", found)
        samples[key] = Sample(key, path, _label(row[label] or ""), part, marks)
    return _dataset(root, table, list(samples.values()), bool(split), seed)


def _dataset(root: Path, table: Path, samples: list[Sample], has_split: bool, seed: int) -> Dataset:
    good = [sample for sample in samples if sample.is_normal]
    others = [sample for sample in samples if not sample.is_normal]
    left = {table: ""} | {sample.mask: "" for sample in good if sample.mask}
    drawn = ""
    if has_split:
        train = [s for s in good if s.split == "train"] + [s for s in good if s.split == "validation"]
        test = [s for s in good if s.split not in ("train", "validation")] + [s for s in others if s.split != "train"]
        left |= {
            s.path: "defective, and training takes good ones only" for s in others if s.split == "train" and s.path
        }
    else:
        train, held_out = split_held_out(good, seed) if others else (good, [])
        test = held_out + others
        if held_out:
            drawn = drawn_by(seed, len(held_out), len(good))
    if not train and not test:
        raise DataError(f"{table} names no images; expected one line an image, such as 001.png,good.")
    train = [replace(sample, split=sample.split if sample.split == "validation" else "train") for sample in train]
    test = sorted((replace(sample, split="test") for sample in test), key=lambda sample: sample.label)
    notes = [*filter(None, [drawn]), f"The labels are those of {table.name}.", *no_masks(test)]
    layout, licence = "table of names and labels", UNKNOWN_LICENCE
    return Dataset(
        root.name, layout, tuple(train), tuple(test), licence, str(root), (), tuple(notes), left=left, drawn=drawn
    )


def _columns(rows: Rows) -> tuple[str, str, str | None, str | None] | None:
    """The names of the columns for name, label, split and mask."""
    known = {str(column).strip().lower(): column for column in (rows[0] if rows else ())}
    name, label, split, mask = (next((known[n] for n in options if n in known), None) for options in _ALL)
    return (name, label, split, mask) if name and label else None


_ALL = (NAMES, LABELS, SPLITS, MASKS)


def _read(path: Path) -> Rows:
    """The lines of a table with commas, semicolons or tabs; [] for what is no table."""
    try:
        text = TABLE_FORMAT.content(path).decode("utf-8-sig")
        first = text.partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        rows = list(csv.DictReader(text.splitlines(), delimiter=delimiter))
    except (DataError, OSError, UnicodeDecodeError, csv.Error):
        return []
    return [row for row in rows if None not in row]


def _by_name(root: Path) -> dict[str, list[Path]]:
    """Every image by each way in which a table may name it: its path, its name, its name without ending."""
    found: dict[str, list[Path]] = {}
    for path in walk_images(root):
        inside = path.relative_to(root)
        for name in {inside.as_posix(), path.name, inside.with_suffix("").as_posix(), path.stem}:
            found.setdefault(name, []).append(path)
    return found


def _file(root: Path, table: Path, number: int, written: str, files: dict[str, list[Path]]) -> Path:
    name = PurePosixPath(written.strip().replace("\\", "/")).as_posix()
    found = files.get(name) or files.get(PurePosixPath(name).name) or []
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(f"{table}, line {number}: several images answer to {name}, such as {found[0]} and {found[1]}.")
    kinds = ", ".join(sorted(IMAGE_SUFFIXES))
    raise DataError(
        f"{table}, line {number}: there is no image {name} in {root} ({kinds}). Add it, or remove the line."
    )


def _label(written: str) -> str:
    value = written.strip()
    lower = value.lower()
    if is_normal_name(value) or lower in _GOOD:
        return GOOD
    if lower in _BAD or lower in DEFECT_NAMES:
        return DEFECTIVE if lower in _BAD else value
    return value or UNKNOWN
