"""A study's measurements to read: mean and spread over seeds, deltas, and the paper's numbers beside them."""

import hashlib
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnet.studies.claims import METRIC_TITLES, Measured, by_seed, difference, judge_all, measured
from nnet.studies.store import ALL_DEFECTS
from nnet.studies.variants import Study

EXTRAS = ("parameters", "images_per_second", "seconds_training")


@dataclass(frozen=True)
class Group:
    """Rows that may be compared: one data set under one base.

    Attributes:
        data: name of the data set.
        data_sha256: of its contents.
        preset, settings: the base.
    """

    data: str
    data_sha256: str
    preset: str
    settings: str

    @property
    def title(self) -> str:
        """In words."""
        changed = f", {self.settings}" if self.settings else ""
        return f"{self.data}, preset {self.preset}{changed}"


@dataclass(frozen=True)
class SummaryCell:
    """One metric of one row, in percent.

    Attributes:
        value: over the seeds; None where nothing was measured.
        delta: against the study's baseline over the seeds that both have; None for the baseline itself.
        published: the paper's number; None where it prints none.
        published_delta: the paper's own difference to the baseline.
    """

    value: Measured | None
    delta: Measured | None
    published: float | None
    published_delta: float | None


@dataclass(frozen=True)
class SummaryRow:
    """One row of a study.

    Attributes:
        label, variant: as in the study.
        value: position on a figure's axis, or None.
        seeds: that were run.
        cells: by metric.
        extras: parameters, images per second and seconds of training, over the seeds.
    """

    label: str
    variant: str
    value: float | None
    seeds: tuple[int, ...]
    cells: dict[str, SummaryCell]
    extras: dict[str, Measured | None]


def groups(rows: Sequence[Mapping[str, Any]]) -> list[Group]:
    """The groups of a results table, in its order."""
    found = (Group(r["data"], r["data_sha256"], r["preset"], r["settings"]) for r in rows)
    return list(dict.fromkeys(found))


def rows_of(rows: Sequence[Mapping[str, Any]], group: Group) -> list[Mapping[str, Any]]:
    """The rows of one group."""
    own = (group.data_sha256, group.preset, group.settings)
    return [row for row in rows if (row["data_sha256"], row["preset"], row["settings"]) == own]


def averaged(rows: Sequence[Mapping[str, Any]], data_sha256: Iterable[str]) -> list[dict[str, Any]]:
    """Rows of the mean over several data sets, as the paper has it over its categories; [] for fewer than two.

    A row and seed counts only if it was run on every one of them under the same base. A metric that one of them lacks
    is None. The rows can be handled like those of one data set.

    Args:
        rows: of the results table.
        data_sha256: of the data sets to average over.
    """
    wanted = sorted(set(data_sha256))
    together: dict[tuple[Any, ...], dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        if row["data_sha256"] in wanted and row["defect"] == ALL_DEFECTS:
            key = tuple(row[name] for name in ("study", "row", "seed", "preset", "settings"))
            together.setdefault(key, {})[row["data_sha256"]] = row
    digest = hashlib.sha256("".join(wanted).encode()).hexdigest()
    about = {"data": f"mean of {len(wanted)} data sets", "data_sha256": digest}
    complete = [list(found.values()) for found in together.values() if len(found) == len(wanted) > 1]
    numbers = (*METRIC_TITLES, *EXTRAS)
    return [{**found[0], **about, **{name: _mean(found, name) for name in numbers}} for found in complete]


def summarise(rows: Sequence[Mapping[str, Any]], study: Study) -> list[SummaryRow]:
    """A study's rows, also those that were not run.

    Args:
        rows: of the results table, of one group.
        study: which one.
    """
    baseline = study.row(study.baseline)
    return [
        SummaryRow(
            row.label,
            row.variant,
            row.value,
            _seeds(rows, study.name, row.label),
            {metric: _cell(rows, study, row, baseline, metric) for metric in METRIC_TITLES},
            {name: _extra(rows, study.name, row.label, name) for name in EXTRAS},
        )
        for row in study.rows
    ]


def text(rows: Sequence[Mapping[str, Any]], study: Study) -> str:
    """One group's results of a study as plain text: the table, then what it says about the paper's claims."""
    shown = summarise(rows, study)
    metrics = [name for name in METRIC_TITLES if any(row.cells[name].value for row in shown)]
    cells = [["", *(METRIC_TITLES[name] for name in metrics)]]
    cells += [[row.label, *(_shown(row.cells[name]) for name in metrics)] for row in shown]
    notes = [
        f"Percent, mean ± spread over seeds; in brackets the difference to {study.baseline}, and the paper's value.",
        *([study.note] if study.note else []),
    ]
    verdicts = [verdict.sentence for verdict in judge_all(rows, [study.name])]
    return "\n".join([f"{study.title} ({study.source})", *_aligned(cells), *notes, *verdicts])


def _mean(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    values = [row[name] for row in rows]
    return None if None in values else statistics.fmean(values)


def _aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells in columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join([first.ljust(widths[0]), *(text.rjust(w) for text, w in zip(rest, widths[1:], strict=True))])
        for first, *rest in cells
    ]


def _seeds(rows: Sequence[Mapping[str, Any]], study: str, label: str) -> tuple[int, ...]:
    own = {r["seed"] for r in rows if (r["study"], r["row"], r["defect"]) == (study, label, ALL_DEFECTS)}
    return tuple(sorted(own))


def _cell(rows: Sequence[Mapping[str, Any]], study: Study, row: Any, baseline: Any, metric: str) -> SummaryCell:
    own, theirs = row.published.get(metric), baseline.published.get(metric)
    is_other = row.label != baseline.label
    return SummaryCell(
        measured(by_seed(rows, study.name, row.label, metric).values()),
        difference(rows, study.name, row.label, baseline.label, metric) if is_other else None,
        own,
        own - theirs if is_other and own is not None and theirs is not None else None,
    )


def _extra(rows: Sequence[Mapping[str, Any]], study: str, label: str, name: str) -> Measured | None:
    own = [r for r in rows if (r["study"], r["row"], r["defect"]) == (study, label, ALL_DEFECTS)]
    return measured(r[name] for r in own if r[name] is not None)


def _shown(cell: SummaryCell) -> str:
    if cell.value is None:
        return "-"
    spread = "" if cell.value.spread is None else f"±{cell.value.spread:.2f}"
    delta = "" if cell.delta is None else f"{cell.delta.mean:+.2f}"
    published = "" if cell.published is None else f"{cell.published:g}"
    inside = "; ".join(filter(None, [delta, published]))
    return f"{cell.value.mean:.2f}{spread}" + (f" ({inside})" if inside else "")
