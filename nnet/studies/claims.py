"""What the paper claims of its parts, as data, and whether measurements bear it out.

The rule. A comparison takes the runs of both rows with the same seed on the same data and looks at their differences:
their mean, and their spread (the sample standard deviation over the seeds). A claim of "more"

holds              if the mean is above 0 and larger than the spread,
does not hold      if the mean is below 0 and larger than the spread in size,
is within the spread  otherwise.

A claim of "same" holds if the mean is not larger in size than the spread, and else does not hold. With several
comparisons, all must hold; one that does not is enough against the claim. One seed has no spread and decides nothing.
The rule is coarse: with three seeds, a difference that is pure chance passes it upwards about once in nine times.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnet.studies.published import METRICS
from nnet.studies.store import ALL_DEFECTS
from nnet.studies.variants import ALPHAS, DELTAS, STUDIES

HOLDS, FAILS, WITHIN = "holds", "does not hold", "within the spread"
ONE_SEED, NOT_RUN, NOT_MEASURED = "one seed only", "not run", "cannot be measured"
OUTCOMES = (HOLDS, FAILS, WITHIN, ONE_SEED, NOT_RUN, NOT_MEASURED)

METRIC_TITLES = {key: title for title, key in METRICS.items()}
PIXEL_METRICS = ("p_ap", "p_auroc", "p_pro")


@dataclass(frozen=True)
class Measured:
    """A number over seeds.

    Attributes:
        mean: over the seeds.
        spread: sample standard deviation; None with one seed.
        n: number of seeds.
    """

    mean: float
    spread: float | None
    n: int


@dataclass(frozen=True)
class Claim:
    """Something that the paper says about rows of one study.

    Attributes:
        key: short name.
        text: the claim in words, without the metric.
        source: where the paper says it.
        study: whose rows are compared.
        better: label of the row that is said to be better (or the same).
        others: labels of the rows that it is compared with.
        metrics: those for which the paper's own numbers or words say so.
        same: the claim is that nothing changes.
    """

    key: str
    text: str
    source: str
    study: str
    better: str
    others: tuple[str, ...]
    metrics: tuple[str, ...]
    same: bool = False


@dataclass(frozen=True)
class Verdict:
    """What measurements say about a claim under one metric.

    Attributes:
        claim, metric: what was checked.
        outcome: one of `OUTCOMES`.
        differences: row label -> the difference to it in percentage points; rows without common seeds are left out.
        sentence: for people.
    """

    claim: Claim
    metric: str
    outcome: str
    differences: dict[str, Measured]
    sentence: str


def measured(values: Iterable[float]) -> Measured | None:
    """Mean and spread; None without values."""
    numbers = list(values)
    if not numbers:
        return None
    return Measured(statistics.fmean(numbers), statistics.stdev(numbers) if len(numbers) > 1 else None, len(numbers))


def by_seed(rows: Sequence[Mapping[str, Any]], study: str, label: str, metric: str) -> dict[int, float]:
    """Seed -> value in percent of one row of a study. The rows are of one data set under one base."""
    return {
        row["seed"]: 100 * row[metric]
        for row in rows
        if (row["study"], row["row"], row["defect"]) == (study, label, ALL_DEFECTS) and row[metric] is not None
    }


def difference(rows: Sequence[Mapping[str, Any]], study: str, label: str, other: str, metric: str) -> Measured | None:
    """How much larger a row's metric is than another's, in percentage points, over the seeds that both have."""
    ours, theirs = (by_seed(rows, study, name, metric) for name in (label, other))
    return measured(ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys()))


def judge(rows: Sequence[Mapping[str, Any]], claim: Claim, metric: str) -> Verdict:
    """Check one claim under one metric by the rule above.

    Args:
        rows: of the results table, of one data set under one base (`nnet.studies.summary.groups`).
        claim: what to check.
        metric: "p_ap", "p_auroc", "p_pro" or "i_auroc".
    """
    found = {other: difference(rows, claim.study, claim.better, other, metric) for other in claim.others}
    differences = {other: value for other, value in found.items() if value is not None}
    if len(differences) < len(claim.others):
        outcome = NOT_MEASURED if _ran(rows, claim) else NOT_RUN
    elif any(value.spread is None for value in differences.values()):
        outcome = ONE_SEED
    else:
        outcome = _combined([_outcome(value, claim.same) for value in differences.values()])
    has_none = not by_seed(rows, claim.study, claim.better, metric)  # else it is the seeds that are not the same
    return Verdict(claim, metric, outcome, differences, _sentence(claim, metric, outcome, differences, has_none))


def judge_all(rows: Sequence[Mapping[str, Any]], studies: Iterable[str] | None = None) -> list[Verdict]:
    """All claims on the given studies (default: all), each under each of its metrics."""
    wanted = set(STUDIES if studies is None else studies)
    return [judge(rows, claim, metric) for claim in CLAIMS if claim.study in wanted for metric in claim.metrics]


def printed_difference(claim: Claim, other: str, metric: str) -> float | None:
    """The paper's own difference in percentage points, or None where it prints no numbers."""
    study = STUDIES[claim.study]
    ours, theirs = (study.row(label).published.get(metric) for label in (claim.better, other))
    return None if ours is None or theirs is None else ours - theirs


def _outcome(value: Measured, same: bool) -> str:
    assert value.spread is not None  # with one seed nothing is decided
    small = abs(value.mean) <= value.spread
    if same:
        return HOLDS if small else FAILS
    if small:
        return WITHIN
    return HOLDS if value.mean > 0 else FAILS


def _combined(outcomes: Sequence[str]) -> str:
    if FAILS in outcomes:
        return FAILS
    return WITHIN if WITHIN in outcomes else HOLDS


def _ran(rows: Sequence[Mapping[str, Any]], claim: Claim) -> bool:
    seen = {row["row"] for row in rows if row["study"] == claim.study}
    return {claim.better, *claim.others} <= seen


def _sentence(claim: Claim, metric: str, outcome: str, differences: Mapping[str, Measured], has_none: bool) -> str:
    head = f"{claim.text} ({METRIC_TITLES[metric]}; {claim.source})"
    if outcome == NOT_RUN:
        return f"{head}: not run yet."
    if outcome == NOT_MEASURED:
        reason = "the data has no masks" if metric in PIXEL_METRICS and has_none else "the rows have no seed in common"
        return f"{head}: cannot be measured here, {reason}."
    shown = "; ".join(_shown(other, value, len(claim.others)) for other, value in differences.items())
    endings = {ONE_SEED: "one seed has no spread, so nothing is decided", WITHIN: "undecided, within the spread"}
    return f"{head}: {endings.get(outcome, outcome)}. Here {shown}."


def _shown(other: str, value: Measured, comparisons: int) -> str:
    spread = "" if value.spread is None else f" ± {value.spread:.2f}"
    seeds = f"{value.n} seeds" if value.n > 1 else "1 seed"
    against = f" against {other}" if comparisons > 1 else ""
    return f"{value.mean:+.2f}{spread} points{against} over {seeds}"


_ALL = ("p_ap", "p_auroc", "p_pro", "i_auroc")
_PIXELS = PIXEL_METRICS
_NNET4, _BD, _RKD = "FPM, MF and BD (N-Net)", "FPM and BD", "L_RKD"
_BOTH = "L_RKD + L_KD + L_align"


def _best_of(kind: str, chosen: float, values: Sequence[float]) -> tuple[str, tuple[str, ...]]:
    return f"{kind} = {chosen:g}", tuple(f"{kind} = {value:g}" for value in values if value != chosen)


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "fpm",
        "The projection (FPM) helps the baseline (RD)",
        "Table 4, rows 1 and 2",
        "table4",
        "FPM",
        ("Baseline",),
        ("p_ap", "p_pro", "i_auroc"),
    ),
    Claim(
        "mf",
        "Memory and fusion (MF) help the baseline",
        "Table 4, rows 1 and 3",
        "table4",
        "MF (NFS and FFC)",
        ("Baseline",),
        _ALL,
    ),
    Claim("bd", "The copier (S1) helps beside the projection", "Table 4, rows 2 and 4", "table4", _BD, ("FPM",), _ALL),
    Claim(
        "all-parts",
        "All parts together beat projection and both students",
        "Table 4, rows 4 and 5",
        "table4",
        _NNET4,
        (_BD,),
        _PIXELS,
    ),
    Claim("nnet", "N-Net beats the baseline (RD)", "Table 4, rows 1 and 5", "table4", _NNET4, ("Baseline",), _ALL),
    Claim(
        "nfs",
        "The memory (NFS) helps the baseline",
        "Table 5, rows 1 and 2",
        "table5",
        "Baseline+NFS",
        ("Baseline",),
        _ALL,
    ),
    Claim(
        "ffc",
        "The fusion (FFC) helps the baseline",
        "Table 5, rows 1 and 3",
        "table5",
        "Baseline+FFC",
        ("Baseline",),
        _ALL,
    ),
    Claim(
        "nfs-ffc",
        "Memory and fusion together beat either alone",
        "Table 5, rows 2 to 4",
        "table5",
        "Baseline+NFS+FFC",
        ("Baseline+NFS", "Baseline+FFC"),
        ("p_ap", "p_auroc", "i_auroc"),
    ),
    Claim("kd", "The copying loss (L_KD) helps", "Table 6, rows 1 and 2", "table6", "L_RKD + L_KD", (_RKD,), _ALL),
    Claim(
        "align",
        "The aligning loss (L_align) alone helps",
        "Table 6, rows 1 and 3",
        "table6",
        "L_RKD + L_align",
        (_RKD,),
        _ALL,
    ),
    Claim(
        "kd-align",
        "Both losses together beat either alone",
        "Table 6, rows 2 to 4",
        "table6",
        _BOTH,
        ("L_RKD + L_KD", "L_RKD + L_align"),
        ("p_ap", "p_pro"),
    ),
    Claim("both-losses", "Both losses help", "Table 6, rows 1 and 4", "table6", _BOTH, (_RKD,), _ALL),
    Claim(
        "maps-reverse",
        "All six maps beat the rebuilder's, M1 to M3",
        "Table 7",
        "table7",
        "M1 to M6",
        ("M1, M2, M3",),
        ("p_ap", "p_auroc"),
    ),
    Claim(
        "maps-forward",
        "All six maps beat the copier's, M4 to M6",
        "Table 7",
        "table7",
        "M1 to M6",
        ("M4, M5, M6",),
        ("p_ap", "p_auroc", "i_auroc"),
    ),
    # Figure 6 makes no claim here: it shows heatmaps, and the largest value of a single fine map lies within 4 pixels
    # of the border on 98 % of the normal cells of ELPV (zero padding), so that its I-AUROC measures borders.
    Claim("cosine", "Cosine is the best distance", "Figure 9", "figure9", "cosine", ("L1", "L2"), ("p_auroc",)),
    Claim(
        "blocks",
        "From L = 4 on, more blocks change little",
        "Figure 10a, metric not named",
        "figure10",
        "L = 4",
        ("L = 5", "L = 6"),
        _ALL,
        same=True,
    ),
    Claim(
        "delta",
        "delta = 0.002 is best",
        "Figure 10b, metric not named",
        "figure10",
        *_best_of("delta", 0.002, DELTAS),
        _ALL,
    ),
    Claim(
        "alpha",
        "alpha = 1.2 is best",
        "Figure 10c, metric not named",
        "figure10",
        *_best_of("alpha", 1.2, ALPHAS),
        _ALL,
    ),
    Claim(
        "beta",
        "Beta on at first only is better than beta constant",
        "Figure 10d, metric not named",
        "figure10",
        "beta on at first",
        ("beta constant",),
        _ALL,
    ),
)
