"""card.md of a study: its data, seeds, minutes and commit, and what came out."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nnet.studies.claims import METRIC_TITLES, NOT_MEASURED, NOT_RUN, PIXEL_METRICS, judge_all
from nnet.studies.store import ALL_DEFECTS
from nnet.studies.summary import Group, SummaryCell, SummaryRow, groups, rows_of, summarise
from nnet.studies.variants import STUDIES, Study
from nnet.units import as_markdown

Rows = Sequence[Mapping[str, Any]]


def write_card(name: str, rows: Rows, command: str = "") -> str:
    """The card as Markdown.

    Args:
        name: the name of the study's folder.
        rows: the rows of its results table; only finished runs of each group.
        command: the command that made it, or "".
    """
    parts = [f"# {name}\n\nVariants of N-Net, trained and tested on the same images (docs/ablations.md).\n"]
    if command:
        parts.append(f"```bash\n{command}\n```\n")
    for group in groups(rows):
        own = rows_of(rows, group)
        parts.append(f"## {group.title}\n\n{_about(group, own)}\n")
        parts += [study_section(own, study) for study in STUDIES.values() if was_run(own, study)]
    parts.append(_origin(rows))
    return "\n".join(parts)


def study_section(rows: Rows, study: Study) -> str:
    """One study of one group as Markdown: a heading, the table, and what it says about the paper's claims.

    Args:
        rows: the rows of one group in the results table.
    """
    table = markdown_table(summarise(rows, study), study)
    verdicts = judge_all(rows, [study.name])
    without = {v.metric for v in verdicts if v.outcome == NOT_MEASURED and v.metric in PIXEL_METRICS}
    told = [verdict for verdict in verdicts if verdict.metric not in without]
    said = [f"- {verdict.sentence}" for verdict in told if verdict.outcome != NOT_RUN]
    if waiting := list(dict.fromkeys(verdict.claim.text for verdict in told if verdict.outcome == NOT_RUN)):
        said.append(f"- Some rows were not run, so nothing is said about: {'; '.join(waiting)}.")
    if without:
        names = ", ".join(METRIC_TITLES[name] for name in PIXEL_METRICS if name in without)
        said.append(f"- The claims about {names} cannot be checked because the data has no masks.")
    note = [f"{study.note}\n"] if study.note else []
    return "\n".join([f"### {study.title} ({study.source})\n", table, "", *note, *said, ""])


def was_run(rows: Rows, study: Study) -> bool:
    """Whether these rows have something of a study to compare: its baseline, and another run or score than that."""
    own = [row for row in rows if row["study"] == study.name]
    first = {(row["key"], row["expression"]) for row in own if row["seed"] == own[0]["seed"]}
    return len(first) > 1 and study.baseline in {row["row"] for row in own}


def markdown_table(shown: Sequence[SummaryRow], study: Study) -> str:
    """A study's rows in percent: mean ± spread over the seeds, the difference from the baseline, the paper's value."""
    metrics = [name for name in METRIC_TITLES if any(row.cells[name].value for row in shown)]
    heads = [head for name in metrics for head in (METRIC_TITLES[name], f"to {study.baseline}", "paper")]
    rows = (
        [row.label, str(len(row.seeds)), *(text for name in metrics for text in _cells(row.cells[name]))]
        for row in shown
    )
    return as_markdown(["row", "seeds", *heads], rows).rstrip("\n")


def _cells(cell: SummaryCell) -> tuple[str, str, str]:
    spread = "" if cell.value is None or cell.value.spread is None else f" ± {cell.value.spread:.2f}"
    value = "not run" if cell.value is None else f"{cell.value.mean:.2f}{spread}"
    around = "" if cell.delta is None or cell.delta.spread is None else f" ± {cell.delta.spread:.2f}"
    delta = "" if cell.delta is None else f"{cell.delta.mean:+.2f}{around}"
    return value, delta, "" if cell.published is None else f"{cell.published:g}"


def _about(group: Group, rows: Rows) -> str:
    runs = list({row["key"]: row for row in rows}.values())
    first = next(row for row in rows if row["defect"] == ALL_DEFECTS)
    minutes = [row["seconds_run"] / 60 for row in runs]
    normal = first["images"] - first["defective_images"]
    pixels = (
        f", with {first['regions']} marked regions in {first['pixel_images']} images with masks"
        if first["regions"]
        else ""
    )
    lines = [
        f"Data: {group.data}. Trained on {_span(runs, 'training_images')} normal images; tested on {normal} normal and "
        f"{first['defective_images']} defective images{pixels}. SHA-256 of the contents: `{group.data_sha256}`.",
        f"Base: preset `{group.preset}`" + (f" with `{group.settings}`" if group.settings else "") + ".",
        f"Runs: {len(runs)} (seeds: {_list(runs, 'seed')}). Epochs per run: {_span(runs, 'epochs')}. "
        f"Steps per run: {_span(runs, 'steps')}.",
        f"Time: {sum(minutes):.0f} minutes for all runs together (median: {statistics.median(minutes):.1f}). "
        f"Runs at a time: {_span(runs, 'jobs')}. Device: {_list(runs, 'device')}.",
        "All metrics are in percent: mean ± spread (the sample standard deviation over the seeds).",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _origin(rows: Rows) -> str:
    versions = "; ".join(f"{name} {_list(rows, name)}" for name in ("nnet", "torch"))
    days = sorted(row["created"] for row in rows)
    commits = ", ".join(f"`{commit}`" for commit in _values(rows, "commit"))
    return (
        f"## Origin\n\nRun between {days[0][:16]} and {days[-1][:16]} UTC. Commit: {commits}. Versions: {versions}.\n"
        if rows
        else "## Origin\n\nNo run has finished yet.\n"
    )


def _values(rows: Iterable[Mapping[str, Any]], name: str) -> list[Any]:
    return list(dict.fromkeys(row[name] for row in rows))


def _list(rows: Iterable[Mapping[str, Any]], name: str) -> str:
    return ", ".join(map(str, sorted(_values(rows, name))))


def _span(rows: Sequence[Mapping[str, Any]], name: str) -> str:
    values = [row[name] for row in rows]
    return f"{min(values):,}" if min(values) == max(values) else f"{min(values):,} to {max(values):,}"
