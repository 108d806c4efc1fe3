"""Wording of the results on the Ablations page: every sentence with a number in it is made here. No Streamlit."""

import functools
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from nnet.scoring.metric_names import SHORT_NAMES, meanings
from nnet.studies import STUDIES, VARIANTS, Claim, Measured, Study, SummaryCell, SummaryRow
from nnet.studies.claims import FAILS, HOLDS, NOT_MEASURED, NOT_RUN, ONE_SEED, PIXEL_METRICS, WITHIN, printed_difference
from nnet.studies.published import PublishedTable
from workbench.ablations.results.rows import NOT_CLAIMED, Base, Checked, Origin, SpeedPoint, Values, trainings
from workbench.shared import theme, units

ABOUT = (
    "The paper builds N-Net from a plain network part by part, and says of each part that it helps. Here a study "
    "trained every one of these networks anew on the same data; none of them is the model in the sidebar."
)

# ----------------------------------------------------------------------------------------------------------- choosers

FIGURE4, CLAIMS, PUBLISHED = "figure4", "claims", "published"
_ORDER = ("table4", "table5", "table6", "table7", FIGURE4, "figure6", "figure9", "figure10")
_VIEW_NAMES = {
    CLAIMS: "The paper's claims, checked here",
    FIGURE4: "Figure 4 · Accuracy and speed",
    PUBLISHED: "The paper's Tables 1 to 7, as printed",
}
VIEWS = (CLAIMS, *_ORDER, PUBLISHED)

FOLDER_LABEL, DATA_LABEL, VIEW_LABEL, METRIC_LABEL = "Results", "Data", "Show", "Measured by"
FOLDER_HELP = (
    "Studies that come with the program, the one that `python -m nnet ablate` makes, those started on this page, and "
    "those in the folders that the environment variable NNET_STUDIES names."
)
DATA_HELP = (
    "One data set under one set of settings. Only such rows may be compared. The mean over several data sets takes "
    "what was run on all of them, as the paper does with its 15 categories."
)
METRICS = {key: SHORT_NAMES[key] for key in ("i_auroc", "p_ap", "p_auroc", "p_pro")}
METRIC_HELP = meanings(METRICS)
TABLE_LABEL = "Table"
EXAMPLE = "As it came out on {data}."
CHOOSE = "Other tables and figures, data or metric"


def view_name(view: str, base: Base | None) -> str:
    """A view's name in its list; studies without a single run say so."""
    if view in _VIEW_NAMES:
        return _VIEW_NAMES[view]
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
    "Measured on networks that this study trained, not on the model in the sidebar. A claim **holds** if the mean "
    "difference over the seeds is larger than its spread, **does not hold** if it is as clearly negative, and is "
    "undecided **within the spread**."
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


_ONE_CLAIM = {
    HOLDS: "The one claim checked on {place} by {metric} holds.",
    FAILS: "The one claim checked on {place} by {metric} does not hold.",
    WITHIN: "The one claim checked on {place} by {metric} is undecided.",
}
_SEVERAL_CLAIMS = "Of {total} claims checked on {place} by {metric}, {holds}, {fails} and {within}."
_NO_MASKS, _NO_SEED = "no masks", "no seed in common"
_BESIDES = {
    ONE_SEED: ("1 claim has one seed only.", "{count} claims have one seed only."),
    NOT_RUN: ("1 claim is waiting for its networks.", "{count} claims are waiting for their networks."),
    _NO_MASKS: (
        "1 claim cannot be measured, since there are no masks.",
        "{count} claims cannot be measured, since there are no masks.",
    ),
    _NO_SEED: (
        "1 claim cannot be measured, since its networks have no seed in common.",
        "{count} claims cannot be measured, since their networks have no seed in common.",
    ),
    NOT_CLAIMED: (
        "1 claim is made for other metrics than {metric}.",
        "{count} claims are made for other metrics than {metric}.",
    ),
}


def statement(found: Sequence[Checked], base: Base, metric: str) -> str:
    """What the measurements say about the claims, in a sentence."""
    counts = Counter(one.outcome for one in found)
    total = counts[HOLDS] + counts[FAILS] + counts[WITHIN]
    place, name = units.plain(f"the {base.data}" if base.is_mean else base.data), METRICS[metric]
    if total == 1:
        (outcome,) = (outcome for outcome in _ONE_CLAIM if counts[outcome])
        return _ONE_CLAIM[outcome].format(place=place, metric=name)
    if total:
        return _SEVERAL_CLAIMS.format(
            total=total,
            place=place,
            metric=name,
            holds=units.plural(counts[HOLDS], "holds", "hold"),
            fails=units.plural(counts[FAILS], "does not hold", "do not hold"),
            within=units.plural(counts[WITHIN], "is undecided", "are undecided"),
        )
    if counts[ONE_SEED]:
        return f"One seed decides nothing: train more seeds on {place} to check {_claims(counts[ONE_SEED])}."
    if counts[NOT_RUN]:
        return f"The networks that these claims compare have not been run on {place}."
    if counts[NOT_MEASURED] or (metric in PIXEL_METRICS and not base.has_masks):
        return f"Nothing can be said by {name} here."
    return f"The paper claims nothing here about {name}."


_TRAINED = {
    True: "Each of these networks was trained for {length}; the paper trains for 200 epochs.",
    False: "These networks were trained for {length}; the paper trains for 200 epochs.",
}
BASELINE = "The baseline, RD (reverse distillation), is the teacher and S₂ alone."


def trained(base: Base) -> str:
    """How long the networks that the claims are checked on have learned; "" where nothing says."""
    if base.steps is None:
        return ""
    steps = _length(base.steps, "step")
    length = steps if base.epochs is None else f"{_length(base.epochs, 'epoch')} ({steps})"
    return _TRAINED[base.steps[0] == base.steps[1]].format(length=length)


def _length(ends: tuple[int, int], unit: str) -> str:
    """ "4 epochs", or "100 to 102 steps"."""
    least, most = ends
    return units.plural(most, unit) if least == most else f"{least:,} to {units.plural(most, unit)}"


def besides(found: Sequence[Checked], base: Base, metric: str) -> str:
    """The claims that the statement does not count, a sentence for each reason, or ""."""
    why = _NO_SEED if base.has_masks else _NO_MASKS
    counts = Counter(why if one.outcome == NOT_MEASURED else one.outcome for one in found)
    return " ".join(
        sentences[counts[reason] > 1].format(count=counts[reason], metric=METRICS[metric])
        for reason, sentences in _BESIDES.items()
        if counts[reason]
    )


def claim(one: Checked, metric: str, whole: bool) -> str:
    """A claim as two lines of Markdown: badge and words, then the numbers.

    Args:
        one: what was found.
        metric: that was looked at.
        whole: every comparison and the place in the paper, not only the one that decides.
    """
    source = f" · {one.claim.source}" if whole else ""
    text, numbers = units.symbols(row_name(one.claim.text)), _numbers(one, metric, whole)
    return f"{badge(one.outcome)} **{text}**  \n:small[:gray[{numbers}{source}]]"


_WAITS, _CLAIMED_FOR = "waits for its networks", "claimed for {metrics}"
_HERE, _WITH_PAPER = "here {here}", "here {here} · paper {paper}"
_OVER_SEEDS, _AGAINST, _PAPER_AGAINST = "{points} over {seeds}", "against {other} {points}", "{paper} against {other}"
_DECIDES = {False: "weakest comparison, with {other}: {numbers}", True: "largest difference, with {other}: {numbers}"}
"""By whether the claim is that nothing changes."""


def _numbers(one: Checked, metric: str, whole: bool) -> str:
    if one.verdict is None:
        return _CLAIMED_FOR.format(metrics=_joined([METRICS[m] for m in one.claim.metrics]))
    differences = one.verdict.differences
    if not differences:
        return _WAITS if one.outcome == NOT_RUN else _NO_MASKS if metric in PIXEL_METRICS else _NO_SEED
    names = {other: units.symbols(row_name(other)) for other in differences}
    paper = {other: f"{p:+.2f}" for other in names if (p := printed_difference(one.claim, other, metric)) is not None}
    if whole and len(one.claim.others) > 1:
        ours = [_AGAINST.format(other=names[o], points=points(value)) for o, value in differences.items()]
        theirs = [_PAPER_AGAINST.format(other=names[o], paper=value) for o, value in paper.items()]
        return (_WITH_PAPER if theirs else _HERE).format(here=", ".join(ours), paper=", ".join(theirs))
    assert one.deciding is not None  # there are differences
    value = differences[one.deciding]
    here = _OVER_SEEDS.format(points=points(value), seeds=units.plural(value.n, "seed"))
    numbers = (_WITH_PAPER if one.deciding in paper else _HERE).format(here=here, paper=paper.get(one.deciding))
    if len(one.claim.others) == 1:
        return numbers
    return _DECIDES[one.claim.same].format(other=names[one.deciding], numbers=numbers)


def points(value: Measured) -> str:
    """A difference: "+0.42 ± 0.10 points"."""
    return f"{_signed(value)} points"


def _signed(value: Measured) -> str:
    """With two decimals, or as many more as tell the difference from its spread, since that decides what holds."""
    if value.spread is None:
        return f"{value.mean:+.2f}"
    size, spread = abs(value.mean), value.spread
    digits = next((n for n in (2, 3, 4) if f"{size:.{n}f}" != f"{spread:.{n}f}"), 2)
    return f"{value.mean:+.{digits}f} ± {spread:.{digits}f}"


def _claims(count: int) -> str:
    return "one claim" if count == 1 else units.plural(count, "claim")


_ROWS = {
    "Baseline": "Baseline (RD)",
    "FPM": "Baseline + projection (FPM)",
    "MF (NFS and FFC)": "Baseline + memory + fusion (MF)",
    "FPM and BD": "Projection + two students (FPM, BD)",
    "FPM, MF and BD (N-Net)": "N-Net, all parts (FPM, MF, BD)",
    "Baseline+NFS": "Baseline + memory (NFS)",
    "Baseline+FFC": "Baseline + fusion (FFC)",
    "Baseline+NFS+FFC": "Baseline + memory + fusion (MF)",
    "L_RKD": "Rebuilding (L_RKD)",
    "L_RKD + L_KD": "Rebuilding + copying (L_RKD + L_KD)",
    "L_RKD + L_align": "Rebuilding + aligning (L_RKD + L_align)",
    "L_RKD + L_KD + L_align": "All three losses (L_RKD + L_KD + L_align)",
    "M1, M2, M3": "S₂'s maps (M1 to M3)",
    "M4, M5, M6": "S₁'s maps (M4 to M6)",
    "M1 to M6": "All six maps (M1 to M6)",
}
_LETTERS = {"delta": "δ", "alpha": "α", "beta": "β", "Beta": "β", "KD, M": "Copier alone (KD), M"}


def row_name(label: str) -> str:
    """A row of a study, or what is claimed of one, by plain names with the paper's symbols; files keep the paper's."""
    if label in _ROWS:
        return _ROWS[label]
    return functools.reduce(lambda name, one: name.replace(*one), _LETTERS.items(), label)


NOT_RUN_CLAIMS = "{badge} {claims}: {texts}."
OPEN_STUDY = "Open {study}"

# -------------------------------------------------------------------------------------------------- three experiments

LONGER = "Trained twice as long, at 256 pixels: N-Net, RD and the maps"
EXPERIMENTS = "Three experiments, and why they disagree"
PAPERS, STUDYS, CHOSEN = "The paper's networks", "This study's networks", "The network in the sidebar"
_PAPER = (
    "Each trained anew, with one part more: 256 × 256 px, 200 epochs, 15 kinds of parts (MVTec AD). With S₁, the "
    "copier, {metric} goes from {without:.2f} to **{with_it:.2f}** ({change:+.2f} points)."
)
_STUDY = (
    "Each trained anew, too, but small: {size}, {images} good pictures of {data}, {seeds}. With S₁, the copier, "
    "{metric} changes by **{points}**: the paper's claim {outcome}."
)
_OUTCOMES = {HOLDS: "holds here", FAILS: "does not hold here", WITHIN: "is undecided, within the spread"}
_NOT_DECIDED = "cannot be checked here"
NO_STUDY = "None is at hand that trained networks with S₁, the copier, and without it."
_CHOSEN = "Nothing is trained. A part is taken out of one finished network: {setup}."
_ANY = "the chosen model"
IN_TAKE_OUT = "What its score does then stands under “Take a part out”."
READING = (
    "**What this can mean.** The first two ask whether a network that never had the part is worse. The third asks how "
    "much this network leans on it; another one may learn to do without it, so the third neither supports nor refutes "
    "the paper. The second asks the paper's question of smaller networks, trained briefly on other pictures: a claim "
    "that does not hold there does not hold **for this set-up**. Whether size, training or pictures are the reason, it "
    "cannot say, and with three seeds it decides only large differences."
)


def paper_says(claim: Claim, metric: str) -> str:
    """What the paper's networks say of a claim that compares two rows."""
    study = STUDIES[claim.study]
    before, after = (study.row(label).published[metric] for label in (claim.others[0], claim.better))
    return _PAPER.format(metric=METRICS[metric], without=before, with_it=after, change=after - before)


def study_says(base: Base, found: Checked, about: Origin, metric: str) -> str:
    """What a study of this program says of the same claim."""
    if found.verdict is None or found.deciding is None:
        return NO_STUDY
    return _STUDY.format(
        size=size(base) or f"preset {units.plain(base.preset)}",
        images=f"{about.training_images:,}",
        data=units.plain(base.data),
        seeds=units.plural(len(about.seeds), "seed"),
        metric=METRICS[metric],
        points=points(found.verdict.differences[found.deciding]),
        outcome=_OUTCOMES.get(found.outcome, _NOT_DECIDED),
    )


def chosen(setup: str) -> str:
    """What is done with the model in the sidebar. `setup`: it in words, or ""."""
    return _CHOSEN.format(setup=setup or _ANY)


# ------------------------------------------------------------------------------------------------------------ studies

_L = {name: f"$L_\\mathrm{{{name}}}$" for name in ("RKD", "KD", "align")}
GLOSSARY = {
    "table4": (
        "**Baseline** (RD): the teacher and S₂, the rebuilder. **Projection** (FPM): gates that damp what differs "
        "among good parts. **Memory** (NFS) and **fusion** (FFC), which squeezes the three scales into the code, both "
        "before the rebuilder: together multistage filtration (MF). **Two students** (BD, bidirectional distillation): "
        "S₁, the copier, beside the rebuilder."
    ),
    "table5": (
        "Both stand between teacher and rebuilder, so that no defect passes through. **Memory** (NFS, normal feature "
        "storage): coarse features are answered by those of good patches. **Fusion** (FFC, feature fusion and "
        "compression): the three scales are fused and squeezed into the code."
    ),
    "table6": (
        f"**Rebuilding**, {_L['RKD']}, trains S₂ to rebuild the teacher's features. **Copying**, {_L['KD']}, trains "
        f"S₁ to match the teacher's projected features. **Aligning**, {_L['align']}, pulls S₁ towards these in the "
        "first epochs."
    ),
    "table7": (
        "A map shows where a student disagrees with the teacher. **M1 to M3** are the rebuilder's, fine to coarse; "
        "**M4 to M6** the copier's, coarse to fine. The score multiplies them over the scales."
    ),
    "figure6": (
        "**KD**, plain distillation: a copier alone imitates the teacher. **N-Net's copier** is the same kind of "
        "student, with projection and beside the rebuilder. Each map shows where a student disagrees."
    ),
    "figure9": (
        "The **distance** says how far a student's features are from the teacher's, in training and in the maps. "
        "L1 and L2 compare lengths; cosine compares directions alone."
    ),
    "figure10": (
        "**L**: compressing blocks in the bottleneck. **δ**: weight of the loss that makes the memory answer with "
        "few patterns. **α**: weight of the copying loss. **β**: whether the loss that pulls the "
        "copier towards the teacher ends after the first tenth of the epochs."
    ),
}


def study_notes(study: Study) -> str:
    """What a reader of a study and its variants must know, as the engine has it; or ""."""
    notes = [study.note, *(VARIANTS[row.variant].note for row in study.rows)]
    return " ".join(dict.fromkeys(filter(None, notes)))


_TABLE_TITLES = {True: "{networks}, beside the paper's", False: "{networks}"}
_NETWORKS, _NETWORKS_OF = "This study's networks", "This study's networks ({size})"


def table_title(base: Base, printed: bool) -> str:
    """What the table shows, and how large its networks are. `printed`: whether the paper prints numbers."""
    networks = _NETWORKS_OF.format(size=size(base)) if size(base) else _NETWORKS
    return _TABLE_TITLES[printed].format(networks=networks)


_SPREAD = "± is the sample standard deviation over the seeds."
TABLE_HINTS = {
    True: f"Look at the differences: do ours point the way the paper's do? {_SPREAD}",
    False: "Look for differences larger than their ±, the sample standard deviation over the seeds.",
}
"""By whether the paper prints numbers."""
NO_RUN = "not run"
ROW, PARAMETERS, SPEED = "Row", "Parameters", "Images/s"
_IS, _SCORED_BY = "**{row}**: {title}.", "**{row}**: {title}, score {expression}."
HERE_COLUMN, DIFFERENCE_COLUMN, PAPER_COLUMN = "{metric} here, %", "to {baseline}", "Paper's {metric}, %"
DOWNLOAD_TABLE, DOWNLOAD_ROWS, DOWNLOAD_CLAIMS = "This table (CSV)", "Every run (CSV)", "All claims (CSV)"


def results_table(rows: Sequence[SummaryRow], study: Study, metric: str) -> pd.DataFrame:
    """A study under one metric as it is shown; empty columns are left out."""
    equal = len({row.seeds for row in rows if row.seeds}) < 2  # then the claims say it
    lines = []
    for row in rows:
        cell = row.cells[metric]
        speed, size = row.extras["images_per_second"], row.extras["parameters"]
        lines.append(
            {
                ROW: row_name(row.label),
                HERE_COLUMN.format(metric=METRICS[metric]): _value(row, cell),
                DIFFERENCE_COLUMN.format(baseline=row_name(study.baseline)): _delta(row, cell, study),
                PAPER_COLUMN.format(metric=METRICS[metric]): "" if cell.published is None else f"{cell.published:.2f}",
                "Paper's difference": "" if cell.published_delta is None else f"{cell.published_delta:+.2f}",
                "Seeds": "" if equal else len(row.seeds) or "",
                PARAMETERS: "" if size is None else f"{size.mean / 1e6:.1f} M",
                SPEED: "" if speed is None else f"{speed.mean:.1f}",
            }
        )
    table = pd.DataFrame(lines).astype(str)
    return table.loc[:, [column for column in table if column == ROW or (table[column] != "").any()]]


def rows_told(study: Study) -> str:
    """What each row of a study is, below its table, whose last column such words would not fit."""
    return " ".join(
        (_SCORED_BY if row.expression else _IS).format(
            row=units.symbols(row_name(row.label)),
            title=units.symbols(VARIANTS[row.variant].title),
            expression=f"`{row.expression}`",
        )
        for row in study.rows
    )


def _value(row: SummaryRow, cell: SummaryCell) -> str:
    if not row.seeds:
        return NO_RUN
    return _NO_MASKS if cell.value is None else _level(cell.value)


def _level(value: Measured) -> str:
    return f"{value.mean:.2f}" + ("" if value.spread is None else f" ± {value.spread:.2f}")


def _delta(row: SummaryRow, cell: SummaryCell, study: Study) -> str:
    if cell.delta is None:
        return "baseline" if row.label == study.baseline else ""
    return _signed(cell.delta)


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
    "Look at each map for which student is higher, and by more than the whiskers. Single maps are weaker than the "
    "three together. Small dots are single seeds."
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
    "L": "L, compressing blocks (rebuilder alone)",
    "delta": "δ, weight of the memory's loss (logarithmic)",
    "alpha": "α, weight of the copying loss",
    "beta": "β, weight of the aligning loss",
}
CHOSEN_VALUES = {"L": 4.0, "delta": 0.002, "alpha": 1.2}
"""The paper's choice, section 4.1."""


CLAIMS_AXIS = "points against (left) or for the claim"
CLAIMS_HINT = (
    "Right of the line speaks for the claim. Look for whiskers that stay clear of the line: only there the difference "
    "is larger than its spread. Blue holds, orange does not hold, grey is undecided; hollow diamonds are the paper's "
    "own differences. Of several comparisons the weakest is drawn."
)
DELTA_TITLE = "**Difference to “{baseline}” in {metric}**, percentage points"
DELTA_AXIS = "percentage points to {baseline}"
SPEED_TITLE = "**{metric} against images per second**, area of a circle = parameters"
SPEED_AXIS, METRIC_AXIS, PERCENT = "images per second", "{metric}, percent", "percent"
MEASURED, THE_PAPER, SINGLE_SEEDS, NOT_MEASURED_ROW = "measured here", "the paper", "single seeds", "not measured"
DISTANCE_TITLE = "**{metric} by distance**, percent"
MAPS_TITLE = "**{metric} map by map**, percent"
SWEEP_TITLE = "**{metric} under each setting**, percent"
BRANCHES = {"KD": "copier alone", "N-Net": "N-Net's copier"}
AXIS_NOTE = "The axis starts at {low:g} %, so compare heights, not lengths."
PAPER_TOLD = "the paper {value:+.2f} points"


def claims_told(found: Sequence[Values], metric: str) -> str:
    """The chart of claims in words, for those who cannot see it."""
    shown = "; ".join(f"{row_name(value.label)} {points(value.level)}" for value in found)
    return f"The paper's claims in {METRICS[metric]}: {shown}."


def delta_told(found: Sequence[Values], study: Study, metric: str) -> str:
    """The chart of differences in words, for those who cannot see it."""
    shown = "; ".join(f"{row_name(value.label)} {points(value.measured)}" for value in found if value.measured)
    return f"Difference to {row_name(study.baseline)} in {METRICS[metric]}: {shown or 'nothing measured'}."


def level_told(found: Sequence[Values], metric: str) -> str:
    """A chart of levels in words."""
    shown = "; ".join(f"{v.label} {v.measured.mean:.2f}" for v in found if v.measured)
    return f"{METRICS[metric]} in percent: {shown or 'nothing measured'}."


def measured_told(value: Measured, is_difference: bool) -> str:
    """What was measured of a row, under the pointer."""
    number = points(value) if is_difference else f"{_level(value)} %"
    return f"{number}, {units.plural(value.n, 'seed')}"


def speed_point(point: SpeedPoint) -> str:
    """A network's numbers, a line each."""
    speed, size = f"{point.speed.mean:.1f} images per second", f"{point.parameters / 1e6:.1f} M parameters"
    return f"{_level(point.quality)} %<br>{speed}<br>{size}"


def speed_told(found: Sequence[SpeedPoint], metric: str) -> str:
    """The chart of speed in words."""
    shown = "; ".join(f"{row_name(point.label)}: {speed_point(point).replace('<br>', ', ')}" for point in found)
    return f"{METRICS[metric]} and speed: {shown}."


def speed_table(found: Sequence[SpeedPoint], metric: str) -> pd.DataFrame:
    """The networks of the chart by the numbers that their circles bear."""
    return pd.DataFrame(
        {
            "No.": str(number),
            "Network": row_name(point.label),
            f"{METRICS[metric]}, %": _level(point.quality),
            SPEED: f"{point.speed.mean:.1f}",
            PARAMETERS: f"{point.parameters / 1e6:.1f} M",
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


def size(base: Base) -> str:
    """How large its networks' input is, and how long they learnt; "" where nothing says."""
    side = units.pixels(base.size, base.size) if base.size else ""
    return ", ".join(filter(None, (side, _length(base.steps, "step") if base.steps else "")))


def about_results(base: Base, about: Origin) -> str:
    """One line on where the numbers come from."""
    seeds = _joined([str(seed) for seed in about.seeds])
    trainings = units.plural(about.runs, "training")
    preset = f"preset {base.preset}, {base.settings}" if base.settings else f"preset {base.preset}"
    facts = [
        f"{trainings} with seed {seeds}" if len(about.seeds) == 1 else f"{trainings} with seeds {seeds}",
        f"{about.training_images:,} good images to learn from",
        f"{about.images:,} to test, {about.defective:,} of them defective",
        units.plain(preset) if base.preset else "",
        size(base),
        _time(about) if about.minutes else "",
        units.plain("; ".join(about.devices)),
        f"commit {units.plain(', '.join(about.commits))}" if about.commits else "",
    ]
    return f"{units.plain(base.data)}: {' · '.join(filter(None, facts))}."


_TIME = "{all} for all runs, of which {training} training and the rest reading pictures and measuring"


def _time(about: Origin) -> str:
    """What a card calls the time of all runs together, and how much of it was training."""
    training = units.duration(60 * about.minutes)
    whole = 60 * about.minutes_each * about.runs
    return _TIME.format(all=units.duration(whole), training=training) if whole else f"{training} of training"


_SIZE = (
    "{trainings} for each seed and data set, {with_seeds} with the command's three seeds. What is done already is not "
    "run again; add --dry-run for an estimate on your computer."
)
_PACE = "A training of these results took {each} on average; that is {whole} in all, one after the other."


def to_run(study: Study, about: Origin | None) -> str:
    """How large a study is, above its command."""
    each = trainings(study)
    said = _SIZE.format(trainings=units.plural(each, "training"), with_seeds=3 * each)
    if about is None or not about.minutes_each:
        return said
    seconds = 60 * about.minutes_each
    pace = _PACE.format(each=units.duration(seconds), whole=units.duration(3 * each * seconds))
    return f"{said} {pace}"


def not_run(study: Study, base: Base | None) -> str:
    """Why there is no chart."""
    if base is None:
        return f"{study_name(study)} has not been run. This command does it, and so does the part “Start a study”:"
    return (
        f"{study_name(study)} has not been run on {units.plain(base.data)}. This command does it, and so does the part "
        "“Start a study”:"
    )


SPEED_NOT_RUN = "No network was measured here by this metric. The command of Table 4 trains five to compare:"
PATH_NOTE = "PATH is the folder or ZIP of the data."

# --------------------------------------------------------------------------------------------------------- as printed

PUBLISHED_ABOUT = (
    "Seven tables, each number as the paper prints it, in percent. Nothing here was measured by this program."
)
DISAGREE = "Where the paper's numbers differ from one another"


PUBLISHED_FILE = "n-net-paper-{table}.csv"
PUBLISHED_TITLE = "Table {number} · {title}"


def published_title(table: PublishedTable) -> str:
    """A table's name in its list."""
    return PUBLISHED_TITLE.format(number=_digits(table.key), title=table.title)


def published_source(table: PublishedTable) -> str:
    """Below a table of the paper."""
    marks = f"x: the part is there. {table.marks}. " if table.marks else ""
    return f"{marks}Measured on {table.data}. {table.source}."


def _joined(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
