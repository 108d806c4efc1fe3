"""What the results of a study say, in the shape in which the Ablations page shows it. Knows no Streamlit."""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nnet.errors import NNetError
from nnet.presets import PRESETS
from nnet.saved.formats import CARD_FORMAT
from nnet.studies import CLAIMS, STUDIES, Claim, Measured, Row, Study, averaged, groups, judge, read_results
from nnet.studies.claims import NOT_MEASURED, PIXEL_METRICS, Verdict, by_seed, difference, measured, printed_difference
from nnet.studies.identity import config_hash
from nnet.studies.published import PublishedTable
from nnet.studies.store import ALL_DEFECTS, CARD, CSV
from nnet.studies.variants import VARIANTS, base_config
from workbench.ablations.results.folders import data_argument

NOT_CLAIMED = "not claimed"
"""Beside the engine's outcomes: the paper does not say this about the chosen metric."""

LOGARITHMIC = ("delta",)
"""The settings of Figure 10 whose axis is logarithmic."""


@dataclass(frozen=True)
class Base:
    """Rows that may be compared: one data set under one base, or the mean over several.

    `key` is for the address, `title` for people; `data` is the name of the data set, or "mean of 3 data sets", and
    `names` those of all. `rows` hold all defects together, one per study, row and seed; of a mean, the means. `raw` are
    the rows of the table that they rest on.
    """

    key: str
    title: str
    data: str
    preset: str
    settings: str
    names: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    raw: tuple[Mapping[str, Any], ...]

    @property
    def has_masks(self) -> bool:
        """Whether anything was measured by pixel."""
        return any(row[metric] is not None for row in self.rows for metric in PIXEL_METRICS)

    @property
    def steps(self) -> tuple[int, int] | None:
        """The fewest and the most optimiser steps of its trainings; None where the table does not say."""
        return self._range("steps")

    @property
    def epochs(self) -> tuple[int, int] | None:
        """The fewest and the most epochs of its trainings; None where the table does not say."""
        return self._range("epochs")

    @property
    def size(self) -> int | None:
        """Side of its networks' input in pixels; None for a preset that this program does not know."""
        if self.preset not in PRESETS:
            return None
        changed = re.search(r"\bmodel\.size=(\d+)", self.settings)
        return int(changed[1]) if changed else base_config(self.preset).model.size

    def _range(self, column: str) -> tuple[int, int] | None:
        found = [row[column] for row in self.raw if row[column] is not None]
        return (min(found), max(found)) if found else None

    @property
    def is_mean(self) -> bool:
        return len(self.names) > 1

    def of(self, study: Study) -> list[Mapping[str, Any]]:
        """The rows of a study."""
        return [row for row in self.rows if row["study"] == study.name]

    def measured(self, study: Study) -> bool:
        """Whether any row of a study was run."""
        return bool(self.of(study))


@dataclass(frozen=True)
class Origin:
    """Where a base's numbers come from: how many trainings with which seeds, test images (how many of them defective)
    and training images of all data sets together, minutes of training of all runs, minutes from reading to metrics of
    each on average, devices, shortened commits, and whether runs shared the machine, which disturbs times."""

    runs: int
    seeds: tuple[int, ...]
    images: int
    defective: int
    training_images: int
    minutes: float
    minutes_each: float
    devices: tuple[str, ...]
    commits: tuple[str, ...]
    shared: bool


@dataclass(frozen=True)
class Values:
    """One row of a study under one metric, in percent or percentage points: its place `x` on a figure's axis, what was
    `measured` over the `seeds` (None: not run, or it could not be), the paper's own number, whether it `ran`, and the
    `setting` of Figure 10 that it varies."""

    label: str
    x: float | None
    measured: Measured | None
    seeds: dict[int, float]
    published: float | None
    ran: bool
    setting: str = ""

    @property
    def level(self) -> Measured:
        """What was measured. Only for a row of which something was."""
        assert self.measured is not None
        return self.measured


@dataclass(frozen=True)
class Checked:
    """A claim under one metric: its outcome (of `nnet.studies.claims.OUTCOMES`, or `NOT_CLAIMED`), the comparisons
    (None if the paper does not claim it for this metric), and the label of the one that decides, the weakest."""

    claim: Claim
    outcome: str
    verdict: Verdict | None
    deciding: str | None


@dataclass(frozen=True)
class SpeedPoint:
    """A network in the chart of accuracy and speed: its row in the first study that it stands in, the metric in percent
    and the images per second over the seeds, and the parameters of the whole network with its teacher."""

    label: str
    quality: Measured
    speed: Measured
    parameters: float


# ------------------------------------------------------------------------------------------------------------- bases


def bases(folder: Path) -> dict[str, Base]:
    """What can be chosen in a study's folder, by key: each data set under each base, then the means over data sets.

    Raises:
        nnet.studies.StudyError: the table is missing or damaged, in words.
    """
    return bases_of(read_results(folder / CSV))


def bases_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Base]:
    """The same from the rows of a results table."""
    overall = [row for row in rows if row["defect"] == ALL_DEFECTS and row["study"] in STUDIES]
    split: dict[tuple[str, str], dict[str, list[Mapping[str, Any]]]] = {}
    for row in overall:
        split.setdefault((row["preset"], row["settings"]), {}).setdefault(row["data_sha256"], []).append(row)
    single = [_base(found) for sets in split.values() for found in sets.values()]
    means = [_mean(sets) for sets in split.values() if len(sets) > 1]
    return _by_key([*single, *(base for base in means if base is not None)])


def _base(rows: list[Mapping[str, Any]]) -> Base:
    group = groups(rows)[0]
    return Base(
        slug(group.data), group.title, group.data, group.preset, group.settings, (group.data,), tuple(rows), tuple(rows)
    )


def _mean(sets: Mapping[str, list[Mapping[str, Any]]]) -> Base | None:
    raw = [row for rows in sets.values() for row in rows]
    rows = averaged(raw, sets)
    if not rows:
        return None
    group, names = groups(rows)[0], tuple(rows[0]["data"] for rows in sets.values())
    return Base("mean", group.title, group.data, group.preset, group.settings, names, tuple(rows), tuple(raw))


def _by_key(found: Iterable[Base]) -> dict[str, Base]:
    """By key; what would stand there twice gets a number."""
    named: dict[str, Base] = {}
    for base in found:
        same = sum(key == base.key or key.startswith(f"{base.key}~") for key in named)
        named[base.key if not same else f"{base.key}~{same + 1}"] = base
    return named


def slug(name: str) -> str:
    return re.sub(r"[^0-9A-Za-z]+", "-", name).strip("-").lower() or "data"


def origin(base: Base) -> Origin:
    """Where the numbers come from, over all runs that they rest on."""
    runs = list({(row["key"], row["data_sha256"]): row for row in base.raw}.values())
    sets = list({row["data_sha256"]: row for row in runs}.values())
    return Origin(
        len(runs),
        tuple(sorted({row["seed"] for row in runs})),
        sum(row["images"] or 0 for row in sets),
        sum(row["defective_images"] or 0 for row in sets),
        sum(row["training_images"] or 0 for row in sets),
        sum(row["seconds_training"] or 0 for row in runs) / 60,
        sum(row["seconds_run"] or 0 for row in runs) / 60 / max(len(runs), 1),
        tuple(dict.fromkeys(_device(row) for row in runs if row["device"])),
        tuple(dict.fromkeys(row["commit"][:10] for row in runs if row["commit"])),
        any((row["jobs"] or 1) > 1 for row in runs),
    )


def _device(row: Mapping[str, Any]) -> str:
    threads = row["threads"]
    return (
        row["device"]
        if threads is None or "thread" in row["device"]
        else f"{row['device']}, {threads} thread{'' if threads == 1 else 's'}"
    )


def card(folder: Path) -> str | None:
    """The study's own card in Markdown, or None if it has none that can be read."""
    try:
        return CARD_FORMAT.read(folder / CARD).strip() or None
    except NNetError:
        return None


# ------------------------------------------------------------------------------------------------------------ claims


def checked(base: Base, metric: str, studies: Iterable[str]) -> list[Checked]:
    """Every claim on some studies under one metric, in the paper's order."""
    wanted = set(studies)
    return [_checked(base, claim, metric) for claim in CLAIMS if claim.study in wanted]


def _checked(base: Base, claim: Claim, metric: str) -> Checked:
    if metric not in claim.metrics:
        needs_masks = not base.has_masks and set(claim.metrics) <= set(PIXEL_METRICS)
        return Checked(claim, NOT_MEASURED if needs_masks else NOT_CLAIMED, None, None)
    verdict = judge(base.rows, claim, metric)
    return Checked(claim, verdict.outcome, verdict, _deciding(claim, verdict.differences))


def _deciding(claim: Claim, differences: Mapping[str, Measured]) -> str | None:
    """The weakest comparison: what clearly speaks against the claim first, then the one with the least to spare."""

    def spare(other: str) -> tuple[bool, float]:
        value = differences[other]
        spread = value.spread or 0.0
        if claim.same:
            return False, spread - abs(value.mean)
        return value.mean + spread >= 0, value.mean - spread

    return min(differences, key=spare, default=None)


def of_claims(found: Iterable[Checked], metric: str) -> tuple[list[str], list[Values]]:
    """The claims that were measured: their outcomes, and the comparison that decides each, in percentage points."""
    outcomes, values = [], []
    for one in found:
        if one.verdict is None or one.deciding is None:
            continue
        ours, paper = one.verdict.differences[one.deciding], printed_difference(one.claim, one.deciding, metric)
        outcomes.append(one.outcome)
        values.append(Values(one.claim.text, None, ours, {}, paper, True))
    return outcomes, values


# ------------------------------------------------------------------------------------------------------------ values


def values(base: Base, study: Study, metric: str) -> list[Values]:
    """A study's rows under a metric, in percent."""
    found = []
    for row in study.rows:
        seeds = by_seed(base.rows, study.name, row.label, metric)
        paper, ran = row.published.get(metric), _ran(base, study, row)
        found.append(Values(row.label, row.value, measured(seeds.values()), seeds, paper, ran, row.setting))
    return found


def deltas(base: Base, study: Study, metric: str) -> list[Values]:
    """The differences of a study's rows to its baseline in percentage points, seed by seed; without the baseline."""
    reference = study.row(study.baseline)
    theirs = by_seed(base.rows, study.name, reference.label, metric)
    found = []
    for row in study.rows:
        if row.label == reference.label:
            continue
        ours = by_seed(base.rows, study.name, row.label, metric)
        own, other = row.published.get(metric), reference.published.get(metric)
        found.append(
            Values(
                row.label,
                row.value,
                difference(base.rows, study.name, row.label, reference.label, metric),
                {seed: ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys())},
                None if own is None or other is None else own - other,
                _ran(base, study, row),
                row.setting,
            )
        )
    return found


def _ran(base: Base, study: Study, row: Row) -> bool:
    return any((r["study"], r["row"]) == (study.name, row.label) for r in base.rows)


def sweep(found: Sequence[Values], name: str) -> list[Values]:
    """The points of one setting of Figure 10 (`nnet.studies.Row.setting`), in the order of its axis."""
    return [value for value in found if value.setting == name]


def speed_points(base: Base, metric: str) -> list[SpeedPoint]:
    """Each network that was run, at its own score. Variants that differ in a weight of the loss alone are left out:
    they are the same network at the same speed."""
    points = []
    for variant in VARIANTS:
        if variant.startswith("nnet-"):
            continue
        study, row = _own_row(variant)
        own = [r for r in base.rows if (r["study"], r["row"]) == (study.name, row.label)]
        quality = measured(by_seed(base.rows, study.name, row.label, metric).values())
        speed = measured(r["images_per_second"] for r in own if r["images_per_second"] is not None)
        parameters = measured(r["parameters"] for r in own if r["parameters"] is not None)
        if quality and speed and parameters:
            points.append(SpeedPoint(row.label, quality, speed, parameters.mean))
    return points


def _own_row(variant: str) -> tuple[Study, Row]:
    """The first row that scores a variant in its own way."""
    rows = [(study, row) for study in STUDIES.values() for row in study.rows if row.variant == variant]
    return next(((study, row) for study, row in rows if row.expression is None), rows[0])


# ----------------------------------------------------------------------------------------------------------- commands


def trainings(study: Study) -> int:
    """Trainings that a study takes for each seed and data set; rows with equal settings are one."""
    base = base_config("small")
    return len({config_hash(VARIANTS[row.variant].config(base)) for row in study.rows})


def command(studies: Sequence[str], base: Base | None) -> str:
    """The command that runs studies on a base's data under its settings.

    Data that the user gave by path is called PATH: the table knows its name alone.
    """
    names = ("ELPV monocrystalline",) if base is None else base.names
    words = ["python -m nnet ablate --study", *studies, "--data", *map(data_argument, names)]
    if base is not None and base.preset not in ("", "small"):
        words += ["--preset", base.preset]
    for setting in re.split(r" (?=[a-z]+\.[a-z_0-9]+=)", base.settings) if base is not None and base.settings else []:
        words += ["--set", shlex.quote(setting.replace('"', ""))]
    return " ".join(words)


# ---------------------------------------------------------------------------------------------------------- as printed


def published_frame(table: PublishedTable) -> pd.DataFrame:
    """A table of the paper, each cell as printed."""
    columns = [*table.heads, *table.columns]
    return pd.DataFrame([[*heads, *(cell.text for cell in cells)] for heads, cells in table.rows], columns=columns)
