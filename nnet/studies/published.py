"""The paper's Tables 1 to 7 as data, exactly as printed. Nothing here was measured by this program.

Li Bo, Li Ze-chao, Xing Peng, Tang Jin-hui, Acta Electronica Sinica 53(3), 2025, pp. 895-909,
DOI 10.12263/DZXB.20240733. The numbers do not all agree with one another; they stay as they are, and `DISAGREEMENTS`
names the cases.
"""

from dataclasses import dataclass

from nnet.errors import NNetError
from nnet.scoring.metric_names import SHORT_NAMES

SOURCE = "Li Bo et al., Acta Electronica Sinica 53(3), 2025, pp. 895-909, DOI 10.12263/DZXB.20240733"

METRICS = {SHORT_NAMES[key]: key for key in ("p_ap", "p_auroc", "p_pro", "i_auroc")}
"""The paper's metric names, and the keys under which `nnet.analysis.evaluation.measure` has them."""


class PublishedError(NNetError, KeyError):
    """A table, row or column that the paper does not have."""

    def __str__(self) -> str:  # KeyError would print the quotes
        return str(self.args[0])


@dataclass(frozen=True)
class Cell:
    """One number as printed, and as a float in percent."""

    text: str

    @property
    def value(self) -> float:
        return float(self.text)


@dataclass(frozen=True)
class PublishedTable:
    """One table of the paper.

    Attributes:
        key: "table1" to "table7".
        title: what it shows, in English.
        data: the data set that it was measured on.
        heads: names of the columns that say what a row is.
        columns: names of the columns with numbers.
        rows: the row's heads and its cells, in the printed order; all numbers in percent.
        marks: what a mark "x" in a head column means, or "".
    """

    key: str
    title: str
    data: str
    heads: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[Cell, ...]], ...]
    marks: str = ""

    @property
    def source(self) -> str:
        """Where it stands."""
        return f"Table {self.key.removeprefix('table')} of {SOURCE}"

    def row(self, *heads: str) -> dict[str, Cell]:
        """The cells of a row by column name; the row is named by its first head, or by several.

        Raises:
            PublishedError: there is no such row.
        """
        for own, cells in self.rows:
            if own[: len(heads)] == heads:
                return dict(zip(self.columns, cells, strict=True))
        known = "; ".join(", ".join(own[: len(heads)]) for own, _ in self.rows)
        raise PublishedError(f"{self.key} has no row {', '.join(heads)}. Its rows are: {known}.")

    def column(self, name: str) -> dict[str, Cell]:
        """The cells of a column by the rows' first head.

        Raises:
            PublishedError: there is no such column.
        """
        if name not in self.columns:
            raise PublishedError(f"{self.key} has no column {name}. Its columns are: {', '.join(self.columns)}.")
        return {own[0]: cells[self.columns.index(name)] for own, cells in self.rows}


def published(key: str) -> PublishedTable:
    """A table of the paper by its key, "table1" to "table7".

    Raises:
        PublishedError: there is no such table.
    """
    if key not in TABLES:
        raise PublishedError(f"There is no table {key!r}. Choose one of: {', '.join(TABLES)}.")
    return TABLES[key]


def printed_row(key: str, *heads: str) -> dict[str, float]:
    """The metrics of a row by `measure`'s keys, in percent, e.g. {"p_ap": 60.78, ...}."""
    cells = published(key).row(*heads)
    return {METRICS[name]: cell.value for name, cell in cells.items() if name in METRICS}


def printed_column(key: str, name: str) -> dict[str, float]:
    """As `printed_row`, for a table whose rows are the metrics."""
    return {METRICS[metric]: cell.value for metric, cell in published(key).column(name).items() if metric in METRICS}


def _table(key: str, title: str, data: str, heads: int, text: str, marks: str = "") -> PublishedTable:
    """Read a table from lines of cells separated by "|"; the first line holds the names of the columns."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    names = lines[0]
    rows = tuple((tuple(line[:heads]), tuple(Cell(text) for text in line[heads:])) for line in lines[1:])
    return PublishedTable(key, title, data, tuple(names[:heads]), tuple(names[heads:]), rows, marks)


_ALL = (
    _table(
        "table1",
        "N-Net and other methods, averages over the categories",
        "MVTec AD and VisA",
        2,
        """
        data  | metric  | FastFlow | FAVAE | SPADE | PaDiM | PatchCore | STPM | RD   | MemKD | N-Net
        MVTec | P-AP    | 39.8 | 30.7 | 47.1 | 55.0 | 61.2 | 51.8 | 60.8 | 59.6 | 64.4
        MVTec | P-AUROC | 94.5 | 88.9 | 95.5 | 96.6 | 98.1 | 95.4 | 98.0 | 98.2 | 98.3
        MVTec | P-PRO   | 85.6 | 74.9 | 89.5 | 91.3 | 93.4 | 87.9 | 94.5 | 94.5 | 94.9
        MVTec | I-AUROC | 90.5 | 79.3 | 85.4 | 90.8 | 99.2 | 92.4 | 98.6 | 99.6 | 99.1
        VisA  | P-AP    | 15.6 | 21.3 | 21.5 | 30.9 | 40.1 | 16.9 | 44.3 | 44.1 | 45.8
        VisA  | P-AUROC | 88.2 | 88.0 | 85.6 | 89.5 | 98.8 | 83.4 | 98.6 | 98.4 | 99.1
        VisA  | P-PRO   | 59.6 | 67.9 | 65.9 | 85.9 | 91.2 | 62.0 | 94.5 | 94.9 | 94.7
        VisA  | I-AUROC | 82.2 | 80.3 | 82.1 | 89.1 | 95.1 | 83.3 | 96.1 | 97.6 | 96.5
        """,
    ),
    _table(
        "table2",
        "N-Net and recent methods of other kinds",
        "MVTec AD",
        2,
        """
        method           | kind         | I-AUROC | P-AUROC | P-PRO
        AnomalyCLIP      | zero-shot    | 91.5 | 91.1 | 81.4
        MuSc             | zero-shot    | 97.8 | 97.3 | 93.8
        AnomalyDiffusion | few-shot     | 99.2 | 99.1 | 94.0
        DiAD             | unsupervised | 97.2 | 96.8 | 90.7
        ADPS             | unsupervised | 97.4 | 98.1 | 94.4
        SimpleNet        | unsupervised | 99.6 | 97.7 | 91.2
        N-Net            | unsupervised | 99.1 | 98.3 | 94.9
        """,
    ),
    _table(
        "table3",
        "P-AP of each category",
        "MVTec AD",
        1,
        """
        category        | US   | RIAD | PaDiM | PatchCore | STPM | RD | RD++ | SimpleNet | N-Net
        Carpet          | 52.2 | 61.4 | 60.7 | 66.7 | 65.3 | 66.8 | 64.3 | 40.5 | 69.4
        Grid            | 10.1 | 36.4 | 35.7 | 41.0 | 45.4 | 49.8 | 50.1 | 32.4 | 50.0
        Leather         | 40.9 | 49.1 | 53.5 | 51.0 | 42.9 | 52.0 | 51.3 | 42.2 | 49.8
        Tile            | 65.3 | 52.6 | 52.4 | 59.3 | 61.7 | 53.8 | 54.4 | 60.9 | 71.3
        Wood            | 53.3 | 38.2 | 46.7 | 52.3 | 47.0 | 50.8 | 52.6 | 44.4 | 59.1
        texture average | 44.4 | 47.5 | 49.8 | 54.1 | 52.5 | 54.6 | 54.5 | 44.1 | 59.9
        Bottle          | 74.2 | 76.4 | 77.3 | 80.1 | 80.6 | 79.1 | 79.7 | 71.0 | 83.0
        Cable           | 48.2 | 24.4 | 45.4 | 70.0 | 58.0 | 59.6 | 61.7 | 66.9 | 70.6
        Capsule         | 25.9 | 38.2 | 46.7 | 48.1 | 35.9 | 45.1 | 47.1 | 41.3 | 42.5
        Hazelnut        | 57.8 | 33.8 | 61.1 | 61.5 | 60.3 | 67.9 | 65.7 | 45.1 | 68.2
        Metal Nut       | 83.5 | 64.3 | 77.4 | 88.8 | 79.3 | 82.3 | 83.5 | 89.4 | 83.3
        Pill            | 62.0 | 51.6 | 61.2 | 78.7 | 63.3 | 79.4 | 79.8 | 80.0 | 81.7
        Screw           | 7.8  | 43.9 | 21.7 | 41.4 | 26.9 | 54.5 | 55.6 | 35.3 | 51.1
        Toothbrush      | 37.7 | 50.6 | 54.7 | 51.6 | 48.8 | 54.1 | 56.2 | 38.5 | 70.9
        Transistor      | 27.1 | 39.2 | 72.0 | 63.2 | 44.4 | 55.6 | 59.1 | 67.5 | 58.8
        Zipper          | 36.1 | 63.4 | 58.2 | 64.0 | 54.9 | 60.9 | 61.1 | 62.2 | 56.5
        object average  | 46.0 | 48.6 | 57.6 | 64.7 | 55.2 | 63.9 | 65.0 | 59.7 | 66.7
        total average   | 45.5 | 48.2 | 55.0 | 61.2 | 54.3 | 60.8 | 61.5 | 54.5 | 64.4
        """,
    ),
    _table(
        "table4",
        "The parts of N-Net",
        "MVTec AD",
        5,
        """
        row | baseline | FPM | MF | BD | P-AP  | P-AUROC | P-PRO | I-AUROC
        1   | x        |     |    |    | 60.78 | 97.96 | 94.45 | 98.62
        2   | x        | x   |    |    | 61.18 | 97.95 | 94.47 | 98.75
        3   | x        |     | x  |    | 61.41 | 98.11 | 94.59 | 98.70
        4   | x        | x   |    | x  | 62.77 | 98.23 | 94.67 | 98.78
        5   | x        | x   | x  | x  | 63.03 | 98.32 | 94.90 | 98.74
        """,
        "FPM: feature projection; MF: multistage filtration (NFS and FFC); BD: bidirectional distillation",
    ),
    _table(
        "table5",
        "The two parts of the multistage filtration",
        "MVTec AD",
        2,
        """
        row | model            | P-AP  | P-AUROC | P-PRO | I-AUROC
        1   | Baseline         | 60.78 | 97.96 | 94.45 | 98.62
        2   | Baseline+NFS     | 61.31 | 98.03 | 94.54 | 98.68
        3   | Baseline+FFC     | 61.26 | 98.07 | 94.62 | 98.65
        4   | Baseline+NFS+FFC | 61.41 | 98.11 | 94.59 | 98.70
        """,
    ),
    _table(
        "table6",
        "The losses of the bidirectional distillation",
        "MVTec AD",
        4,
        """
        row | Base_L | L_KD | L_align | P-AP  | P-AUROC | P-PRO | I-AUROC
        1   | x      |      |         | 61.18 | 97.95 | 94.47 | 98.75
        2   | x      | x    |         | 62.43 | 98.24 | 94.58 | 98.84
        3   | x      |      | x       | 61.35 | 98.10 | 94.58 | 98.85
        4   | x      | x    | x       | 62.77 | 98.23 | 94.67 | 98.81
        """,
        "Base_L: the reverse distillation loss L_RKD",
    ),
    _table(
        "table7",
        "The maps that are combined into the score",
        "MVTec AD",
        1,
        """
        metric  | M1, M2, M3 | M4, M5, M6 | M1~M6
        P-AUROC | 98.1 | 96.9 | 98.3
        I-AUROC | 99.0 | 96.6 | 98.8
        P-AP    | 61.4 | 57.2 | 63.0
        """,
    ),
)

TABLES: dict[str, PublishedTable] = {table.key: table for table in _ALL}

DISAGREEMENTS: tuple[str, ...] = (
    "P-AP of N-Net on MVTec AD: 64.4 in Tables 1 and 3, 63.03 in Table 4, 63.0 in Table 7.",
    "I-AUROC of N-Net on MVTec AD: 99.1 in Tables 1 and 2, 98.74 in Table 4, 98.8 in Table 7.",
    "I-AUROC of FPM with bidirectional distillation: 98.78 in row 4 of Table 4, 98.81 in row 4 of Table 6 and in the "
    "text on Table 4.",
    "I-AUROC of the reverse maps: 99.0 in Table 7, above the 98.8 of all six maps that the text calls the best result.",
    "P-AP of STPM on MVTec AD: 51.8 in Table 1, 54.3 in Table 3.",
)
"""Where the paper's numbers differ from one another. Each is shown as printed, with its table."""
