"""ELPV: electroluminescence images of solar cells, from the installed package `elpv_dataset`."""

from importlib.util import find_spec
from pathlib import Path

from nnet.data.errors import DataError
from nnet.data.folders import drawn_by, split_held_out
from nnet.data.sample import GOOD, Dataset, Sample
from nnet.data.table import TABLE_FORMAT

KINDS = {"mono": "monocrystalline", "poly": "polycrystalline"}
DEFECTIVE = "defective"
# Chosen by eye from the test part of the monocrystalline cells: six plainly different defects, four functional cells.
SHOWN = {
    "cell0496": "long crack, broken corner",
    "cell1223": "blotches",
    "cell0384": "branching crack",
    "cell0514": "cracks and dead areas",
    "cell0012": "shattered corner",
    "cell1589": "faint chip",
    "cell1154": "functional",
    "cell0483": "functional, dark",
    "cell1446": "functional, mottled",
    "cell0932": "functional, other layout",
}
"""Cells to show to visitors, by the file's name without its ending."""
LICENCE = "CC BY-NC-SA 4.0: no commercial use; cite Buerhop-Lutz et al. 2018 and Deitsch et al. 2019."


def open_elpv(kind: str = "mono", *, seed: int = 0, folder: Path | None = None) -> Dataset:
    """Open the monocrystalline ("mono") or polycrystalline ("poly") cells; there are no masks.

    Every cell carries the experts' probability of a defect: 0, 1/3, 2/3 or 1. Cells with 0 are normal: 70 % are for
    training and 30 % for the test, drawn by `seed`. Cells with 1 have the label "defective" and are tested. Those
    in between are left out and counted in `notes`. The package's own loader reads all 2,624 images into memory;
    here only labels.csv is read and the images stay on disk.

    Args:
        folder: the folder of labels.csv, where it is not the installed package's.

    Raises:
        DataError: an unknown kind, the package is not installed, or labels.csv is not as expected.
    """
    if kind not in KINDS:
        raise DataError(f"ELPV has the kinds {' and '.join(KINDS)}, not {kind!r}; open elpv:mono or elpv:poly.")
    folder = folder or package_folder()
    cells = [(name, probability) for name, probability, found in read_labels(folder / "labels.csv") if found == kind]
    normal = sorted(name for name, probability in cells if probability == 0)
    defective = sorted(name for name, probability in cells if probability == 1)
    train, held_out = split_held_out(normal, seed)
    drawn = drawn_by(seed, len(held_out), len(normal), "functional cells")
    notes = (
        drawn,
        f"{len(cells) - len(normal) - len(defective)} cells with a defect probability between 0 and 1 are left out.",
    )
    return Dataset(
        f"ELPV {KINDS[kind]}",
        "ELPV",
        tuple(Sample(name, folder / name, GOOD, "train") for name in train),
        tuple(Sample(name, folder / name, DEFECTIVE, "test") for name in defective)
        + tuple(Sample(name, folder / name, GOOD, "test") for name in held_out),
        LICENCE,
        "the package elpv-dataset",
        notes=notes,
        drawn=drawn,
    )


def package_folder() -> Path:
    """The data folder of the installed package. Raises DataError when it is not installed."""
    package = find_spec("elpv_dataset")
    if package is None or not package.submodule_search_locations:
        raise DataError("The ELPV images come with a package that is not installed; run: pip install elpv-dataset")
    return Path(package.submodule_search_locations[0]) / "data"


def read_labels(path: Path) -> list[tuple[str, float, str]]:
    """(image file, defect probability 0..1, kind) per line of labels.csv. Raises DataError naming a bad line."""
    try:
        lines = TABLE_FORMAT.content(path).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise DataError(f"{path} could not be read ({reason}); reinstall elpv-dataset.") from error
    rows = []
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if not fields:
            continue
        try:
            name, probability, kind = fields[0], float(fields[1]), fields[2]
        except (IndexError, ValueError) as error:
            raise DataError(f"{path}, line {number}: expected file, probability and kind, found {line!r}.") from error
        rows.append((name, probability, kind))
    return rows
