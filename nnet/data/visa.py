"""VisA: twelve categories whose split is written in split_csv/1cls.csv at the root."""

import csv
import io
from dataclasses import replace
from pathlib import Path, PurePosixPath

from nnet.data.errors import DataError
from nnet.data.folders import is_plain, no_masks, open_plain, unpaired_error
from nnet.data.listing import walk_images
from nnet.data.names import local_path, safe_name
from nnet.data.sample import GOOD, Dataset, Sample
from nnet.data.table import TABLE_FORMAT
from nnet.errors import brief

CSV = Path("split_csv") / "1cls.csv"
COLUMNS = ("object", "split", "label", "image", "mask")
MOST_CHARACTERS = 1000
"""Of one field."""
LICENCE = "CC BY 4.0; cite Zou et al., SPot-the-Difference, ECCV 2022."


def visa_categories(root: Path) -> list[str]:
    """The sorted categories that split_csv/1cls.csv names under `root`; [] where that file is not."""
    return sorted({row["object"] for row in _rows(root)}) if (root / CSV).is_file() else []


def find_visa_root(folder: Path) -> Path | None:
    """The VisA root whose category `folder` is, or None."""
    return folder.parent if folder.name in visa_categories(folder.parent) else None


def open_visa(root: Path, category: str, *, strict: bool = True) -> Dataset:
    """Open one category with the one-class split of split_csv/1cls.csv: "normal" is good, the rest keep their label.

    Raises:
        DataError: the category is not in the file, a listed file is missing or lies outside `root`, a line is not
            as expected, a training image is not normal, or (with `strict`) a mask belongs to no image.
    """
    rows = [row for row in _rows(root) if row["object"] == category]
    if not rows:
        raise DataError(f"{root / CSV} has no category {category}; it has {', '.join(visa_categories(root))}.")
    samples = sorted((_sample(root, row) for row in rows), key=lambda sample: (sample.label, sample.key))
    train = tuple(sample for sample in samples if sample.split == "train")
    test = tuple(sample for sample in samples if sample.split == "test")
    wrong = next((sample for sample in train if not sample.is_normal), None)
    if wrong or not train:
        raise DataError(
            f"{root / CSV}: training takes normal images only, but {wrong.key} is labelled {wrong.label}."
            if wrong
            else f"{root / CSV} lists no training images for {category}."
        )
    used = {sample.mask for sample in samples}
    unpaired = [path for path in walk_images(root / category / "Data" / "Masks") if path not in used]
    unpaired_error(unpaired, strict)
    without = [sample for sample in test if not sample.has_mask]
    problems = [f"{len(without)} of {len(test)} test images have no mask; they count for image metrics only."]
    notes = no_masks(test)
    return Dataset(
        category,
        "VisA",
        train,
        test,
        LICENCE,
        str(root / category),
        tuple(problems if without and not notes else ()),
        tuple(notes),
        tuple(unpaired),
    )


def is_unsplit(folder: Path) -> bool:
    """True for a category without the split file: Data/Images/Normal and the like."""
    return is_plain(folder / "Data" / "Images") if (folder / "Data" / "Images").is_dir() else False


def open_unsplit(root: Path, *, seed: int = 0, strict: bool = True) -> Dataset:
    """Open a category whose split file is missing: 30 % of the normal images, drawn by `seed`, are for the test.

    Raises:
        DataError: as `nnet.data.folders.open_plain`.
    """
    found = open_plain(root / "Data" / "Images", seed=seed, strict=strict, masks=root / "Data" / "Masks")
    note = f"{CSV.as_posix()} is missing, so the split is not VisA's own."
    return replace(found, name=root.name, layout="VisA", licence=LICENCE, source=str(root), notes=(*found.notes, note))


def _rows(root: Path) -> list[dict[str, str]]:
    path = root / CSV
    try:
        rows = list(csv.DictReader(io.StringIO(TABLE_FORMAT.content(path).decode("utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} could not be read as a table: {brief(error)}.") from error
    for number, row in enumerate(rows, 2):
        if any(row.get(column) is None for column in COLUMNS):
            raise DataError(f"{path}, line {number}: expected the columns {', '.join(COLUMNS)}.")
        if any(len(row[column]) > MOST_CHARACTERS or "\0" in row[column] for column in COLUMNS):
            raise DataError(
                f"{path}, line {number}: a field is longer than {MOST_CHARACTERS} characters or holds a NUL."
            )
    return rows


def _sample(root: Path, row: dict[str, str]) -> Sample:
    if row["split"] not in ("train", "test"):
        raise DataError(f"{root / CSV}: the split of {row['image']} is {row['split']!r}; expected train or test.")
    label = GOOD if row["label"] == "normal" else row["label"]
    mask = _file(root, row["mask"]) if row["mask"] else None
    return Sample(PurePosixPath(row["image"]).as_posix(), _file(root, row["image"]), label, row["split"], mask)


def _file(root: Path, name: str) -> Path:
    """The file that a line names; it must exist and lie inside `root`."""
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts:
        raise DataError(f"{root / CSV} names {name}, which is outside the data set.")
    path = root.joinpath(*map(safe_name, parts.parts))  # as a ZIP is unpacked; most names stay as they are
    if not path.is_file():
        path = local_path(root / parts)
    if not path.is_file():
        raise DataError(f"{root / CSV} names {name}, but {path} does not exist; complete the download.")
    return path
