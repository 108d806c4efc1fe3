"""The folder of a study: one file per finished run, and the table made from them. No torch in here.

done/KEY.json      a finished run: settings, metrics, times, parameters, origin; written in one step, at the very end
models/KEY/        the run that trains it (`nnet.runs`); afterwards its checkpoint stays there if it is to be kept
results.csv        one row per study, row, data set, seed and kind of defect; results.parquet too where pyarrow is there
card.md            data, seeds, minutes, commit, and the tables to read
study.lock         held while the table and the card are written

An interrupted run continues from the trainer's own state in models/KEY/. Files in done/ are never changed.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, cast

from msgspec import Meta

from nnet import environment
from nnet.config import Config
from nnet.errors import brief
from nnet.formats import Count, Document, Name, Sentence, Words
from nnet.formats.types import LARGEST
from nnet.runs import Runs, layout
from nnet.saved.formats import CONFIG, HISTORY, Settings
from nnet.saved.storage import write_atomically, write_json, write_text
from nnet.studies.formats import CSV, CSV_FORMAT, DONE, DONE_FORMAT, Key
from nnet.studies.identity import numbers_of
from nnet.studies.variants import STUDIES, StudyError, Variant

MODELS, LOCK, PARQUET, CARD = "models", "study.lock", "results.parquet", "card.md"
ALL_DEFECTS = "all"
_OF_THE_RUN = (layout.SPEC, layout.LOCK, layout.STATUS, layout.LOG, layout.EXIT, layout.STOP, HISTORY)

_METRICS = ("p_ap", "p_auroc", "p_pro", "i_auroc", "i_ap")
_BEST_F1 = ("f1", "threshold", "precision", "recall")
_COUNTS = ("images", "defective_images", "pixel_images", "regions")

COLUMNS: dict[str, str] = {
    "study": "table4 to table7, figure6, figure9 or figure10",
    "row": "the row's name in the paper",
    "variant": "name of the variant (python -m nnet ablate --list)",
    "data": "name of the data set",
    "seed": "of training; the data set's own split has split_seed",
    "expression": "the score that was measured",
    "defect": f"{ALL_DEFECTS}, or one kind of defect against the normal images",
    "p_ap": "pixel average precision, 0..1; empty without masks",
    "p_auroc": "pixel AUROC, 0..1",
    "p_pro": "per-region overlap up to a false positive rate of 0.3, 0..1",
    "i_auroc": "image AUROC, 0..1",
    "i_ap": "image average precision, 0..1",
    **{f"p_f1_{name}": f"best pixel F1: {name}" for name in _BEST_F1},
    **{f"i_f1_{name}": f"best image F1: {name}" for name in _BEST_F1},
    "images": "test images",
    "defective_images": "of them defective",
    "pixel_images": "test images that count for pixel metrics",
    "regions": "connected defect regions",
    "maps": "maps that the variant yields",
    "epochs": "trained",
    "steps": "optimiser steps",
    "training_images": "normal images that were trained on",
    "seconds_training": "of the epochs alone, also over interruptions",
    "seconds_run": "of the last attempt, from reading the images to the metrics",
    "training_images_per_second": "during training, with the teacher's features at hand",
    "images_per_second": "image to maps, in batches of 8, on this device with these threads",
    "parameters": "of the whole network with its teacher",
    "parameters_trained": "of what is trained",
    "device": "in words",
    "threads": "CPU threads of the run",
    "engine": "local or ray",
    "jobs": "runs that shared the machine or cluster; more than one disturbs the times",
    "preset": "that the settings started from",
    "settings": "what was set differently from the preset for the whole study",
    "data_sha256": "of the data set's contents",
    "split_seed": "that drew the data set's split",
    "config_sha256": "of all settings, with the seed",
    "numbers": "version of what decides the numbers",
    "commit": "of the checkout",
    "created": "UTC",
    "nnet": "version",
    "torch": "version",
    "key": "of the run; its file in done/",
}
"""The columns of the results table and what they hold."""


@dataclass(frozen=True)
class Job:
    """One training run, ready to be handed to a process or a cluster; everything in it is plain JSON.

    Attributes:
        key: `identity`, shortened, and `numbers`; names the files.
        identity: see `nnet.studies.identity.config_hash`.
        numbers: see `nnet.studies.identity.NUMBERS`.
        variants: names of the variants that are this run.
        config: all settings.
        preset: that they started from.
        settings: in what the study's base differs from the preset, in words.
        data: as for `open_dataset`, absolute where it is a path.
        data_sha256: of its contents; a run on anything else is refused.
        split_seed: of the data set.
        expressions: scores to measure.
        device: see `nnet.device.choose_device`.
        weights_file: explicit teacher weights, or None.
        threads: CPU threads.
        keep: whether the checkpoint stays.
        engine: for the table.
        jobs: how many runs are made at once.
        command: that asked for it, for the card.
    """

    key: Key
    identity: Name
    numbers: Count
    variants: Annotated[tuple[Name, ...], Meta(min_length=1)]
    config: Settings
    preset: Name
    settings: Sentence
    data: Sentence
    data_sha256: Name
    split_seed: Count
    expressions: tuple[Sentence, ...]
    device: Name = "auto"
    weights_file: Sentence | None = None
    threads: Annotated[int, Meta(ge=1, le=65536)] = 1
    keep: bool = True
    engine: Name = "local"
    jobs: Count = 1
    command: Words = ""

    @property
    def seed(self) -> int:
        return cast(int, self.config["train"]["seed"])

    @property
    def name(self) -> str:
        """For people: variant and seed."""
        return f"{self.variants[0]}, seed {self.seed}"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Job:
        """The job that `to_dict` wrote. Raises StudyError if it is none."""
        return JOB_FORMAT.checked(dict(data), "The job of this run")


JOB_FORMAT = Document[Job](
    name=f"{layout.SPEC}, study",
    about="The job of a study that a run is, inside its run.json.",
    error=StudyError,
    remedy="Restore run.json, or delete the run and give the study's command again.",
    schema=Job,
)


def default_folder() -> Path:
    """Where a study goes unless a folder is named: below NNET_RUNS, else below the user's folder for data."""
    data = Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "nnet-workbench"
    return Path(os.environ.get(environment.RUNS) or data).expanduser() / "studies" / "ablations"


@dataclass(frozen=True)
class StudyFolder:
    """The files of a study, under `root`."""

    root: Path

    def make(self) -> None:
        """Make the folders."""
        for name in (DONE, MODELS):
            (self.root / name).mkdir(parents=True, exist_ok=True)

    @property
    def lock(self) -> Path:
        return self.root / LOCK

    def model(self, key: str) -> Path:
        """The checkpoint's directory of a run."""
        return self.root / MODELS / key

    @property
    def runs(self) -> Runs:
        """The trainings of the study, each named by the key of its job."""
        return Runs(self.root / MODELS)

    def done(self, key: str) -> Path:
        return self.root / DONE / f"{key}.json"

    def result(self, key: str) -> dict[str, Any] | None:
        """The result of a finished run, or None without one that can be read: then the run is made again."""
        try:
            return cast(dict[str, Any] | None, DONE_FORMAT.find(self.done(key)))
        except StudyError:  # `problems` names it
            return None

    def results(self) -> list[dict[str, Any]]:
        """All finished runs, of any version, sorted by key; `problems` has those whose files are damaged."""
        return self._finished()[0]

    def problems(self) -> list[str]:
        """What is wrong with the damaged files of finished runs, a sentence each."""
        return self._finished()[1]

    def _finished(self) -> tuple[list[dict[str, Any]], list[str]]:
        results, problems = [], []
        for path in sorted((self.root / DONE).glob("*.json")):
            try:
                results.append(cast(dict[str, Any], DONE_FORMAT.read(path)))
            except (StudyError, FileNotFoundError) as error:
                problems.append(str(error))
        return results, problems

    def kept(self) -> dict[str, Path]:
        """The finished runs whose checkpoints stayed: key -> directory."""
        return {r["key"]: self.model(r["key"]) for r in self.results() if (self.model(r["key"]) / CONFIG).is_file()}

    def finish(self, job: Job, result: Mapping[str, Any]) -> None:
        """Write a finished run down, and remove its checkpoint unless it is to be kept; how the run went stays."""
        write_json(self.done(job.key), dict(result))
        for path in () if job.keep else self.model(job.key).iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in _OF_THE_RUN and not path.name.startswith("."):  # the status being written just now
                path.unlink(missing_ok=True)

    def write_tables(self, rows: Sequence[Mapping[str, Any]]) -> list[Path]:
        """Write results.csv, and results.parquet where pyarrow is installed; returns what was written."""
        write_text(self.root / CSV, to_csv(rows))
        written = [self.root / CSV]
        if _write_parquet(self.root / PARQUET, rows):
            written.append(self.root / PARQUET)
        return written


def result_rows(result: Mapping[str, Any], variants: Iterable[Variant]) -> list[dict[str, Any]]:
    """The rows of the table that a finished run gives: one per row of a study that it is, and per kind of defect.

    Args:
        result: a file of done/.
        variants: those that this run is.
    """
    names = {variant.name for variant in variants}
    own = Config.from_dict(result["config"]).scoring.expression
    rows = []
    for study in STUDIES.values():
        for row in study.rows:
            expression = row.expression or own
            if row.variant in names and expression in result["scores"]:
                about = {"study": study.name, "row": row.label, "variant": row.variant, "expression": expression}
                rows += _rows_of(result, about)
    return rows


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table as text; what is undefined is empty."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def read_results(path: Path) -> list[dict[str, Any]]:
    """The rows of a results.csv, with numbers as numbers and None where a value is undefined.

    Raises:
        StudyError: the file is missing, is no table of this kind, or is damaged; with the line.
    """
    try:
        text = CSV_FORMAT.content(path).decode("utf-8")
    except FileNotFoundError as error:
        raise StudyError(f"{path} cannot be read ({error.strerror}). Expected the results.csv of a study.") from error
    except UnicodeDecodeError as error:
        raise StudyError(f"{path} is not a text file. Expected the results.csv of a study.") from error
    reader = csv.DictReader(io.StringIO(text))
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ()) and name not in _LATER]
        if missing:
            raise StudyError(f"{path} is not a table of a study: it lacks the column {missing[0]}. Give a results.csv.")
        return [_read_row(row) for row in reader]
    except (csv.Error, ValueError) as error:
        raise StudyError(
            f"{path} is damaged in line {max(reader.line_num, 1)}: {brief(error)}. Run the study's command again; it "
            "writes the table again from the finished runs."
        ) from error


def _read_row(row: Mapping[str | None, Any]) -> dict[str, Any]:
    """One line of the table. Raises ValueError if a cell is missing, left over, or not what its column holds."""
    if None in row or None in row.values():
        raise ValueError("it has another number of cells than the first line")
    read = {}
    for name in COLUMNS:
        try:
            read[name] = _number(name, row.get(name, _LATER.get(name)))
        except ValueError as error:
            raise ValueError(f"{name} is {row[name]!r}, expected a number") from error
    if read["seed"] is None:
        raise ValueError("seed is empty")
    return read


def _rows_of(result: Mapping[str, Any], about: Mapping[str, Any]) -> list[dict[str, Any]]:
    overall = result["scores"][about["expression"]]
    parts = {ALL_DEFECTS: overall, **overall.get("by_type", {})}
    run = {name: result[name] for name in COLUMNS if name in result} | {"numbers": numbers_of(result)}
    return [
        {name: None for name in COLUMNS} | run | dict(about) | {"defect": defect} | _flat(metrics)
        for defect, metrics in parts.items()
    ]


def _flat(metrics: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: metrics.get(name) for name in (*_METRICS, *_COUNTS)}
    for kind in ("p_f1", "i_f1"):
        best = metrics.get(kind) or {}
        plain |= {f"{kind}_{name}": best.get(name) for name in _BEST_F1}
    return plain


_TEXTS = frozenset(
    {"study", "row", "variant", "data", "expression", "defect", "maps", "device", "engine", "preset", "settings"}
    | {"data_sha256", "config_sha256", "commit", "created", "nnet", "torch", "key"}
)
_LATER = {"numbers": "1"}  # columns that older tables lack, and what they stand for there
_INTEGERS = frozenset(
    {"seed", *_COUNTS, "epochs", "steps", "training_images", "parameters", "parameters_trained", "threads", "jobs"}
    | {"split_seed", "numbers"}
)


def _number(name: str, value: str) -> Any:
    if name in _TEXTS:
        return value
    if value == "":
        return None
    number = int(value) if name in _INTEGERS else float(value)
    if not abs(number) <= LARGEST:  # NaN is not, either
        raise ValueError(f"{value[:40]} is no number to reckon with")
    return number


def _write_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> bool:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return False
    number = {True: pyarrow.int64(), False: pyarrow.float64()}
    fields = [(name, pyarrow.string() if name in _TEXTS else number[name in _INTEGERS]) for name in COLUMNS]
    table = pyarrow.Table.from_pylist([dict(row) for row in rows], schema=pyarrow.schema(fields))
    write_atomically(path, lambda target: parquet.write_table(table, target))
    return True
