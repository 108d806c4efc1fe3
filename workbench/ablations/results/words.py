"""Wording of the results on the Ablations page: every sentence with a number in it is made here. No Streamlit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from nnet.studies import STUDIES, VARIANTS, Measured, Study, SummaryCell, SummaryRow
from nnet.studies.claims import FAILS, HOLDS, METRIC_TITLES, NOT_MEASURED, NOT_RUN, ONE_SEED, PIXEL_METRICS, WITHIN
from nnet.studies.published import PublishedTable
from workbench.ablations.results.rows import NOT_CLAIMED, Base, Checked, Origin, SpeedPoint, Values, printed, trainings
from workbench.shared import theme, units

ABOUT = (
    "The paper builds N-Net from a plain network part by part, and says of each part that it helps. Here every one of "
    "these networks was trained on the same data, and the claims are checked."
)

# ----------------------------------------------------------------------------------------------------------- choosers

FIGURE4, CLAIMS, PUBLISHED = "figure4", "claims", "published"
_ORDER = ("table4", "table5", "table6", "table7", FIGURE4, "figure6", "figure9", "figure10")
_FIGURE4 = "Accuracy and speed"
VIEWS = (CLAIMS, *_ORDER, PUBLISHED)

FOLDER_LABEL, DATA_LABEL, VIEW_LABEL, METRIC_LABEL = "Results", "Data", "Show", "Measured by"
FOLDER_HELP = (
    "Folders that `python -m nnet ablate` wrote: those that come with the program, then `out/ablations`, then those "
    "that the environment variable NNET_STUDIES names."
)
DATA_HELP = (
    "One data set under one set of settings. Only such rows may be compared. The mean over several data sets takes "
    "what was run on all of them, as the paper does with its 15 categories."
)
METRICS = {key: METRIC_TITLES[key] for key in ("i_auroc", "p_ap", "p_auroc", "p_pro")}
METRIC_HELP = (
    "I-AUROC: how well the image scores tell defective images from good ones; 50 % is chance, 100 % is perfect. "
    "P-AP and P-AUROC: the same question for each pixel, P-AP with more weight on the defects. P-PRO: how much of each "
    "defect is covered, small ones counting like large ones. The last three need masks of the defects."
)
TABLE_LABEL = "Table"


def view_name(view: str, base: Base | None) -> str:
    """A view's name in its list; studies without a single run say so."""
    if view == CLAIMS:
        return "The paper's claims, checked here"
    if view == PUBLISHED:
        return "The paper's Tables 1 to 7, as printed"
    if view == FIGURE4:
        return f"Figure 4 · {_FIGURE4}"
    study = STUDIES[view]
    missing = "" if base is None or base.measured(study) else " (not run)"
    return f"{study_name(study)} · {study.title}{missing}"


def study_name(study: Study) -> str:
    """ "Table 4", "Figure 10"."""
    return f"{study.name[: -len(_digits(study.name))].capitalize()} {_digits(study.name)}"


def _digits(name: str) -> str:
    return "".join(c for c in name if c.isdigit())


# ------------------------------------------------------------------------------------------------------------- claims

RULE = (
    "A claim **holds** if the mean difference over the seeds is larger than its spread, **does not hold** if it is as "
    "clearly negative, and is undecided **within the spread**."
)
RULE_HELP = (
    "Networks are compared seed by seed on the same images. The spread is the sample standard deviation of these "
    "differences over the seeds. A claim that something is best must win every comparison; the weakest one is shown. "
    "With one seed nothing is decided. The rule is coarse: with three seeds, a difference that is pure chance passes "
    "it upwards in about one of nine cases. A claim is checked only for metrics whose printed numbers say so."
)
_ICONS = {
    HOLDS: "check",
    FAILS: "close",
    WITHIN: "drag_handle",
    ONE_SEED: "counter_1",
    NOT_RUN: "schedule",
    NOT_MEASURED: "block",
    NOT_CLAIMED: "remove",
}


def badge(outcome: str) -> str:
    """What became of a claim, as a Markdown badge."""
    return f":{theme.OUTCOMES[outcome]}-badge[:material/{_ICONS[outcome]}: {outcome}]"


def levels(base: Base) -> str:
    """Why the paper's numbers are not to be reached."""
    network = "" if base.preset == "paper" else ", with a larger network"
    return (
        f"Points are percentage points. The paper's numbers are means over the 15 categories of MVTec AD{network}, so "
        "compare differences, not levels."
    )


def statement(found: Sequence[Checked], base: Base, metric: str) -> str:
    """What the measurements say about the claims, in a sentence."""
    counts = Counter(one.outcome for one in found)
    decided = [
        (counts[HOLDS], "holds", "hold"),
        (counts[FAILS], "does not hold", "do not hold"),
        (counts[WITHIN], "is undecided", "are undecided"),
    ]
    total = sum(count for count, _, _ in decided)
    place, name = units.plain(f"the {base.data}" if base.is_mean else base.data), METRIC_TITLES[metric]
    if total:
        parts = [f"{count} {one if count == 1 else many}" for count, one, many in decided if count]
        if total == 1:
            return f"The one claim checked on {place} by {name} {parts[0].removeprefix('1 ')}."
        return f"Of {units.plural(total, 'claim')} checked on {place} by {name}, {_joined(parts)}."
    if counts[ONE_SEED]:
        return f"One seed decides nothing: train more seeds on {place} to check {_claims(counts[ONE_SEED])}."
    if counts[NOT_RUN]:
        return f"The networks that these claims compare have not been run on {place}."
    if counts[NOT_MEASURED] or (metric in PIXEL_METRICS and not base.has_masks):
        return f"Nothing can be said by {name} here."
    return f"The paper claims nothing here about {name}."


def besides(found: Sequence[Checked], base: Base, metric: str) -> str:
    """The claims that the statement does not count, or ""."""
    counts = Counter(one.outcome for one in found)
    why = "no masks" if not base.has_masks else "no seed in common"
    parts = [
        (counts[ONE_SEED], "has one seed only", "have one seed only"),
        (counts[NOT_RUN], "is not run", "are not run"),
        (counts[NOT_MEASURED], f"cannot be measured ({why})", f"cannot be measured ({why})"),
        (
            counts[NOT_CLAIMED],
            f"is made for other metrics than {METRIC_TITLES[metric]}",
            f"are made for other metrics than {METRIC_TITLES[metric]}",
        ),
    ]
    shown = [f"{count} {one if count == 1 else many}" for count, one, many in parts if count]
    lead = "Of the others, " if counts[HOLDS] + counts[FAILS] + counts[WITHIN] else ""
    return f"{lead}{_joined(shown)}." if shown else ""


def claim(one: Checked, metric: str, whole: bool) -> str:
    """A claim as two lines of Markdown: badge and words, then the numbers.

    Args:
        one: what was found.
        metric: that was looked at.
        whole: every comparison and the place in the paper, not only the one that decides.
    """
    source = f" · {one.claim.source}" if whole else ""
    return f"{badge(one.outcome)} **{one.claim.text}**  \n:small[:gray[{_numbers(one, metric, whole)}{source}]]"


def _numbers(one: Checked, metric: str, whole: bool) -> str:
    if one.verdict is None:
        return f"claimed for {_joined([METRIC_TITLES[m] for m in one.claim.metrics])}"
    differences = one.verdict.differences
    if not differences:
        missing = "no masks here" if metric in PIXEL_METRICS else "no seed in common"
        return "waits for its networks" if one.outcome == NOT_RUN else missing
    if len(one.claim.others) == 1 or not whole:
        return _comparison(one, metric)
    parts = [f"against {units.plain(other)} {points(value)}" for other, value in differences.items()]
    papers = [(other, printed(one, other, metric)) for other in differences]
    beside = [f"{paper:+.2f} against {units.plain(other)}" for other, paper in papers if paper is not None]
    return "here " + ", ".join(parts) + (f" · paper {', '.join(beside)}" if beside else "")


def _comparison(one: Checked, metric: str) -> str:
    """The comparison that decides: "here +0.42 ± 0.10 points over 3 seeds · paper +0.13"."""
    assert one.verdict is not None and one.deciding is not None  # there are differences
    value, paper = one.verdict.differences[one.deciding], printed(one, one.deciding, metric)
    which = ""
    if len(one.claim.others) > 1:
        kind = "largest difference" if one.claim.same else "weakest comparison"
        which = f"{kind}, with {units.plain(one.deciding)}: "
    beside = "" if paper is None else f" · paper {paper:+.2f}"
    return f"{which}here {points(value)} over {units.plural(value.n, 'seed')}{beside}"


def points(value: Measured) -> str:
    """A difference: "+0.42 ± 0.10 points"."""
    spread = "" if value.spread is None else f" ± {value.spread:.2f}"
    return f"{value.mean:+.2f}{spread} points"


def not_run_claims(found: Sequence[Checked]) -> str:
    """One line in place of claims of which none was run."""
    return f"{badge(NOT_RUN)} {_claims(len(found)).capitalize()}: {'; '.join(one.claim.text for one in found)}."


def _claims(count: int) -> str:
    return "one claim" if count == 1 else units.plural(count, "claim")


def open_study(study: Study) -> str:
    """On the button that leads to a study."""
    return f"Open {study_name(study)}"


# ------------------------------------------------------------------------------------------------------------ studies

GLOSSARY = {
    "table4": (
        "**Baseline**: the teacher and a decoder that rebuilds its features, known as RD. **FPM**, feature projection: "
        "gates that damp what differs among good parts. **MF**, multistage filtration: a memory of normal patterns "
        "(NFS) and a bottleneck that fuses and compresses (FFC), both before the decoder. **BD**, bidirectional "
        "distillation: a forward student beside the decoder, so that two networks look for what is new."
    ),
    "table5": (
        "Both stand between teacher and decoder, so that the decoder cannot pass a defect through. **NFS**, normal "
        "feature storage: features are rebuilt from a memory of normal patterns. **FFC**, feature fusion and "
        "compression: the three scales are fused and squeezed."
    ),
    "table6": (
        "**L_RKD** trains the decoder to rebuild the teacher's features. **L_KD** trains the forward student to match "
        "the teacher's projected features. **L_align** pulls the forward student towards these in the first epochs."
    ),
    "table7": (
        "A map shows where a student disagrees with the teacher. **M1 to M3** are the decoder's, fine to coarse; "
        "**M4 to M6** the forward student's, coarse to fine. The score multiplies them over the scales."
    ),
    "figure6": (
        "**KD**, plain forward distillation: one student imitates the teacher. **N-Net's forward branch** is the same "
        "kind of student, with projection and beside the decoder. Each map shows where a student disagrees."
    ),
    "figure9": (
        "The **distance** says how far a student's features are from the teacher's, in training and in the maps. "
        "L1 and L2 compare lengths; cosine compares directions alone."
    ),
    "figure10": (
        "**L**: compressing blocks in the bottleneck. **delta**: weight of the loss that makes the memory answer with "
        "few patterns. **alpha**: weight of the forward student's loss. **beta**: whether the loss that pulls the "
        "forward student towards the teacher ends after the first tenth of the epochs."
    ),
}
NOTES = {study.name: [study.note, *(VARIANTS[row.variant].note for row in study.rows)] for study in STUDIES.values()}
"""What a reader of a study must know, as the engine has it."""


def study_notes(study: Study) -> str:
    """The notes of a study and its variants as one text, or ""."""
    return " ".join(dict.fromkeys(filter(None, NOTES[study.name])))


TABLE_TITLES = {True: "Measured here, beside the paper", False: "Measured here"}
"""By whether the paper prints numbers."""
_SPREAD = "± is the sample standard deviation over the seeds."
TABLE_HINTS = {
    True: f"Look at the differences: do ours point the way the paper's do? {_SPREAD}",
    False: "Look for differences larger than their ±, the sample standard deviation over the seeds.",
}
"""By whether the paper prints numbers."""
NO_RUN = "not run"
DOWNLOAD_TABLE, DOWNLOAD_ROWS, DOWNLOAD_CLAIMS = "This table (CSV)", "Every run (CSV)", "All claims (CSV)"


def results_table(rows: Sequence[SummaryRow], study: Study, metric: str) -> pd.DataFrame:
    """A study under one metric as it is shown; empty columns are left out."""
    name = METRIC_TITLES[metric]
    titles = _titles(study)
    equal = len({row.seeds for row in rows if row.seeds}) < 2  # then the claims say it
    table = pd.DataFrame(
        [
            {
                "Row": row.label,
                f"{name} here, %": _value(row, row.cells[metric]),
                f"to {study.baseline}": _delta(row, row.cells[metric], study),
                f"Paper's {name}, %": _number(row.cells[metric].published, ".2f"),
                "Paper's difference": _number(row.cells[metric].published_delta, "+.2f"),
                "Seeds": "" if equal else len(row.seeds) or "",
                "Parameters": _extra(row, "parameters", 1e6, "{:.1f} M"),
                "Images/s": _extra(row, "images_per_second", 1, "{:.1f}"),
                "What it is": titles[row.label],
            }
            for row in rows
        ]
    )
    return table.astype(str).loc[:, [c for c in table if c == "Row" or (table[c] != "").any()]]


def _titles(study: Study) -> dict[str, str]:
    return {
        row.label: VARIANTS[row.variant].title + (f", score {row.expression}" if row.expression else "")
        for row in study.rows
    }


def _value(row: SummaryRow, cell: SummaryCell) -> str:
    if not row.seeds:
        return NO_RUN
    if cell.value is None:
        return "no masks"
    return _level(cell.value)


def _level(value: Measured) -> str:
    return f"{value.mean:.2f}" + ("" if value.spread is None else f" ± {value.spread:.2f}")


def _delta(row: SummaryRow, cell: SummaryCell, study: Study) -> str:
    if cell.delta is None:
        return "baseline" if row.label == study.baseline else ""
    return points(cell.delta).removesuffix(" points")


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def _extra(row: SummaryRow, name: str, unit: float, form: str) -> str:
    value = row.extras[name]
    return "" if value is None else form.format(value.mean / unit)


def no_masks(base: Base) -> str:
    """Why there are no pixel metrics."""
    if base.is_mean:
        return "Not all of these data sets have masks of the defects, so only I-AUROC can be averaged."
    return f"{units.plain(base.data)} has no masks of the defects, so only I-AUROC can be measured."


# ------------------------------------------------------------------------------------------------------------- charts

DELTA_HINT = (
    "Right of the line is better than the baseline. Look for whiskers that stay clear of the line: only there the "
    "difference is larger than its spread. Hollow diamonds are the paper's own differences, small dots single seeds."
)
DISTANCE_HINT = "Look for a gap between the bars that is larger than their whiskers. Dots are single seeds."
MAPS_HINT = (
    "Look at each map for which branch is higher, and by more than the whiskers. Single maps are weaker than the three "
    "together. Small dots are single seeds."
)
SWEEP_HINT = (
    "Look for a flat line: then the setting hardly matters. A peak at the dotted line would bear the paper out. "
    "Whiskers are the spread over seeds, dots single seeds."
)
SPEED_HINT = "Look to the upper right: better and faster. The larger a circle, the more parameters. Orange is N-Net."
SPEED_ABOUT = (
    "The paper's Figure 4 sets N-Net among other methods. Its numbers are drawn, not printed, so none of them is shown "
    "here; these are the networks that were trained on this data."
)
SWEEP_TITLES = {
    "L": "L, compressing blocks (reverse branch alone)",
    "delta": "delta, weight of the memory's loss (logarithmic)",
    "alpha": "alpha, weight of the forward loss",
    "beta": "beta, loss of alignment",
}
CHOSEN_VALUES = {"L": 4.0, "delta": 0.002, "alpha": 1.2}
"""The paper's choice, section 4.1."""


def delta_title(study: Study, metric: str) -> str:
    """Above the chart of differences."""
    return f"**Difference to “{study.baseline}” in {METRIC_TITLES[metric]}**, percentage points"


def delta_told(found: Sequence[Values], study: Study, metric: str) -> str:
    """The chart of differences in words, for those who cannot see it."""
    shown = "; ".join(f"{value.label} {points(value.measured)}" for value in found if value.measured)
    return f"Difference to {study.baseline} in {METRIC_TITLES[metric]}: {shown or 'nothing measured'}."


def level_title(what: str, metric: str) -> str:
    """Above a chart of levels."""
    return f"**{METRIC_TITLES[metric]} {what}**, percent"


def level_told(found: Sequence[Values], metric: str) -> str:
    """A chart of levels in words."""
    shown = "; ".join(f"{v.label} {v.measured.mean:.2f}" for v in found if v.measured)
    return f"{METRIC_TITLES[metric]} in percent: {shown or 'nothing measured'}."


def axis_note(low: float) -> str:
    """That bars do not start at zero."""
    return f"The axis starts at {low:g} %, so compare heights, not lengths."


def speed_title(metric: str) -> str:
    return f"**{METRIC_TITLES[metric]} against images per second**, area of a circle = parameters"


def speed_told(found: Sequence[SpeedPoint], metric: str) -> str:
    """The chart of speed in words."""
    shown = "; ".join(
        f"{p.label}: {p.quality.mean:.2f} %, {p.speed.mean:.1f} images per second, "
        f"{p.parameters / 1e6:.1f} M parameters"
        for p in found
    )
    return f"{METRIC_TITLES[metric]} and speed: {shown}."


def speed_table(found: Sequence[SpeedPoint], metric: str) -> pd.DataFrame:
    """The networks of the chart by the numbers that their circles bear."""
    return pd.DataFrame(
        {
            "No.": str(number),
            "Network": point.label,
            f"{METRIC_TITLES[metric]}, %": _level(point.quality),
            "Images/s": f"{point.speed.mean:.1f}",
            "Parameters": f"{point.parameters / 1e6:.1f} M",
        }
        for number, point in enumerate(found, 1)
    )


def speed_made(about: Origin) -> str:
    """On what the speeds were measured."""
    shared = " Several trainings shared the computer, so treat the speeds as rough." if about.shared else ""
    devices = units.plain("; ".join(about.devices)) or "a device that the table does not name"
    return f"From a decoded image to its maps, in batches of 8, on {devices}.{shared}"


# ------------------------------------------------------------------------------------------------------------- origin

CARD_TITLE = "The card of these results"
NO_RESULTS = (
    "There are no results of a study yet. The paper's tables can be browsed. Start a study of your own in the next "
    "part, or with the command below; the results appear here as it runs."
)
NO_ROWS = "No training of this study is finished yet. The table fills while the study runs; reload the page."


def about_results(base: Base, about: Origin) -> str:
    """One line on where the numbers come from."""
    facts = [
        f"{units.plural(about.runs, 'training')} with {_seeds(about.seeds)}",
        f"{about.training_images:,} good images to learn from",
        f"{about.images:,} to test, {about.defective:,} of them defective",
        units.plain(f"preset {base.preset}{f', {base.settings}' if base.settings else ''}" if base.preset else ""),
        _time(about.minutes, "of training"),
        units.plain("; ".join(about.devices)),
        f"commit {units.plain(', '.join(about.commits))}" if about.commits else "",
    ]
    return f"{units.plain(base.data)}: {' · '.join(filter(None, facts))}."


def _seeds(seeds: Sequence[int]) -> str:
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {_joined([str(seed) for seed in seeds])}"


def _time(minutes: float, what: str) -> str:
    return f"{units.duration(60 * minutes)} {what}" if minutes else ""


def to_run(study: Study, about: Origin | None) -> str:
    """How large a study is, above its command."""
    each = trainings(study)
    size = f"{units.plural(each, 'training')} for each seed and data set, {3 * each} with the command's three seeds"
    pace = ""
    if about is not None and about.minutes_each:
        whole = _time(3 * each * about.minutes_each, "in all, one after the other")
        pace = f" A training of these results took {_time(about.minutes_each, 'on average')}; that is {whole}."
    return f"{size}. What is done already is not run again; add --dry-run for an estimate on your computer.{pace}"


def not_run(study: Study, base: Base | None) -> str:
    """Why there is no chart."""
    place = "" if base is None else f" on {units.plain(base.data)}"
    return f"{study_name(study)} has not been run{place}. This command does it, and so does the part “Start a study”:"


SPEED_NOT_RUN = "No network was measured here by this metric. The command of Table 4 trains five to compare:"
PATH_NOTE = "PATH is the folder or ZIP of the data."

# --------------------------------------------------------------------------------------------------------- as printed

PUBLISHED_ABOUT = (
    "Seven tables, each number as the paper prints it, in percent. Nothing here was measured by this program."
)
DISAGREE = "Where the paper's numbers differ from one another"


def published_title(table: PublishedTable) -> str:
    """A table's name in its list."""
    return f"Table {_digits(table.key)} · {table.title}"


def published_source(table: PublishedTable) -> str:
    """Below a table of the paper."""
    marks = f"x: the part is there. {table.marks}. " if table.marks else ""
    return f"{marks}Measured on {table.data}. {table.source}."


def _joined(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
