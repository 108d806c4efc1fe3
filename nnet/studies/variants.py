"""The variants of N-Net and the studies that compare them: the paper's tables and figures as named configurations.

A variant is a set of settings laid over a base (a preset). A study is a list of rows, each a variant under one score
expression. Two rows with the same settings are one training run, whatever they are called. No torch in here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nnet.config import Config
from nnet.errors import NNetError
from nnet.expression import PRESETS as SCORES
from nnet.presets import preset
from nnet.studies.published import printed_column, printed_row

REVERSE, FORWARD = ("M1", "M2", "M3"), ("M4", "M5", "M6")
ALL_MAPS = REVERSE + FORWARD
PAPER_BETA_SHARE = 20 / 200  # of the epochs, section 4.1(2)

PARTS = ("model.forward", "model.reverse", "model.fpm", "model.nfs", "model.ffc", "loss.kd", "loss.align")
"""The settings that make a variant. A study's base leaves them at their defaults."""


class StudyError(NNetError):
    """A study or variant that does not exist, or a base that would turn one variant into another."""


@dataclass(frozen=True)
class Variant:
    """A named configuration.

    Attributes:
        name: short, for files and tables.
        title: in words.
        changes: settings by path, laid over the base.
        maps: the anomaly maps that it must yield.
        extra: score expressions to measure beside its own and the paper's three.
        note: what the paper leaves open about it, or "".
    """

    name: str
    title: str
    changes: Mapping[str, Any]
    maps: tuple[str, ...]
    extra: tuple[str, ...] = ()
    note: str = ""

    def config(self, base: Config) -> Config:
        """All settings of the variant on this base."""
        return base.override(dict(self.changes))

    def expressions(self, base: Config) -> tuple[str, ...]:
        """What is measured: its own score first, then the paper's three as far as their maps exist, then `extra`."""
        config = self.config(base)
        usable = [score.text for name, score in SCORES.items() if set(_NEEDS[name]) <= set(self.maps)]
        return tuple(dict.fromkeys([config.scoring.expression, *usable, *self.extra]))

    @property
    def studies(self) -> tuple[str, ...]:
        """Names of the studies that it belongs to."""
        return tuple(study.name for study in STUDIES.values() if any(row.variant == self.name for row in study.rows))

    def labels(self) -> dict[str, tuple[str, ...]]:
        """Study -> the labels of its rows there."""
        rows = {name: [r.label for r in STUDIES[name].rows if r.variant == self.name] for name in self.studies}
        return {name: tuple(labels) for name, labels in rows.items()}


@dataclass(frozen=True)
class Row:
    """One row of a study.

    Attributes:
        label: the paper's name of the row.
        variant: whose run it is.
        expression: the score, or None for the variant's own.
        published: the paper's numbers in percent by metric; {} where it prints none.
        printed: where they stand, such as "Table 5, row 2".
        value: position on the axis of a figure; None in a table.
        setting: which of Figure 10 it varies, "L", "delta", "alpha" or "beta"; "" for none.
    """

    label: str
    variant: str
    expression: str | None = None
    published: Mapping[str, float] = field(default_factory=dict)
    printed: str = ""
    value: float | None = None
    setting: str = ""


@dataclass(frozen=True)
class Study:
    """Rows to be compared.

    Attributes:
        name: as on the command line.
        title: in words.
        source: the place in the paper.
        baseline: label of the row that the others are compared with.
        rows: in the paper's order.
        note: what a reader must know, or "".
    """

    name: str
    title: str
    source: str
    baseline: str
    rows: tuple[Row, ...]
    note: str = ""

    def row(self, label: str) -> Row:
        """The row with this label. Raises StudyError if there is none."""
        for row in self.rows:
            if row.label == label:
                return row
        raise StudyError(f"{self.name} has no row {label!r}. Its rows are: {', '.join(r.label for r in self.rows)}.")


def base_config(preset_name: str, settings: Mapping[str, Any] | None = None) -> Config:
    """The settings that all variants of a study share.

    The paper's beta is on for 20 of 200 epochs. Where a base counts beta in epochs and `settings` change their number
    and not loss.beta_epochs, that becomes a tenth of the new number, at least 1.

    Args:
        preset_name: see `nnet.presets`.
        settings: by path, as for `Config.override`.

    Raises:
        nnet.config.ConfigError: an unknown setting or a value out of range.
        StudyError: a setting that the variants themselves decide.
    """
    values = dict(settings or {})
    for path in PARTS:
        if path in values:
            raise StudyError(f"{path} is what the variants differ in; it cannot be set for all of them. Leave it out.")
    if "train.seed" in values:
        raise StudyError("train.seed differs from run to run; say how many seeds with --seeds instead.")
    if "train.epochs" in values and "loss.beta_epochs" not in values:
        config = preset(preset_name).override(values)
        if config.loss.beta_share is None:
            values["loss.beta_epochs"] = max(1, round(PAPER_BETA_SHARE * config.train.epochs))
    return preset(preset_name).override(values)


def select(names: Iterable[str]) -> tuple[Study, ...]:
    """The studies of these names, each once, in the paper's order; "all" is every one.

    Raises:
        StudyError: there is no such study.
    """
    wanted = set(names)
    unknown = sorted(wanted - set(STUDIES) - {"all"})
    if unknown:
        raise StudyError(f"There is no study {unknown[0]!r}. Choose from: {', '.join(STUDIES)} or all.")
    return tuple(study for study in STUDIES.values() if "all" in wanted or study.name in wanted)


_NEEDS = {"paper": ALL_MAPS, "reverse": REVERSE, "forward": FORWARD}
_REVERSE_ONLY = {"model.forward": False, "model.reverse": True}
_BOTH = {"model.forward": True, "model.reverse": True}
_MF = {"model.nfs": True, "model.ffc": True}
_NO_MF = {"model.nfs": False, "model.ffc": False}
_FPM, _NO_FPM = {"model.fpm": True}, {"model.fpm": False}
_LOSSES = {"loss.kd": True, "loss.align": True}
_FULL = {**_BOTH, **_FPM, **_MF, **_LOSSES}

BLOCKS = (1, 2, 3, 4, 5, 6)
DELTAS = (0.00002, 0.0002, 0.002, 0.02, 0.2)
ALPHAS = (0.4, 0.8, 1.2, 1.6, 2.0)
DISTANCES = {"l1": "L1", "l2": "L2", "cosine": "cosine"}


def _swept(name: str, title: str, path: str, value: Any, more: Mapping[str, Any] | None = None) -> Variant:
    return Variant(name, f"N-Net with {title}", {**_FULL, path: value, **(more or {})}, ALL_MAPS)


_VARIANTS = (
    Variant(
        "rd", "RD, the baseline: T and S2 with a plain bottleneck", {**_REVERSE_ONLY, **_NO_FPM, **_NO_MF}, REVERSE
    ),
    Variant(
        "fpm",
        "Baseline with the projection (FPM), trained by L_RKD alone",
        {**_REVERSE_ONLY, **_FPM, **_NO_MF},
        REVERSE,
    ),
    Variant(
        "nfs",
        "Baseline with the memory (NFS)",
        {**_REVERSE_ONLY, **_NO_FPM, "model.nfs": True, "model.ffc": False},
        REVERSE,
    ),
    Variant(
        "ffc",
        "Baseline with the fusion (FFC)",
        {**_REVERSE_ONLY, **_NO_FPM, "model.nfs": False, "model.ffc": True},
        REVERSE,
    ),
    Variant("mf", "Baseline with memory (NFS) and fusion (FFC)", {**_REVERSE_ONLY, **_NO_FPM, **_MF}, REVERSE),
    Variant(
        "bd-kd",
        "Projection (FPM) and both students, L_KD without L_align",
        {**_BOTH, **_FPM, **_NO_MF, "loss.kd": True, "loss.align": False},
        ALL_MAPS,
    ),
    Variant(
        "bd-align",
        "Projection (FPM) and both students, L_align without L_KD",
        {**_BOTH, **_FPM, **_NO_MF, "loss.kd": False, "loss.align": True},
        ALL_MAPS,
        note="S1 has no projection; its maps compare SF_i with P_i. L_align ends with beta's epochs (Eq. 3), and with "
        "it the training of S1. The paper does not say whether beta stayed on for this row.",
    ),
    Variant(
        "bd", "Projection (FPM) and both students, L_KD and L_align", {**_BOTH, **_FPM, **_NO_MF, **_LOSSES}, ALL_MAPS
    ),
    Variant("nnet", "N-Net: all parts", _FULL, ALL_MAPS, extra=ALL_MAPS),
    Variant(
        "kd",
        "Plain distillation: T and S1",
        {"model.forward": True, "model.reverse": False, **_NO_FPM, **_NO_MF, "loss.kd": True, "loss.align": False},
        FORWARD,
        extra=FORWARD,
        note="Without the projection, L_KD compares SF_i with F_i; L_align would be the same term once more.",
    ),
    *(_swept(f"nnet-{key}", f"{title} distance", "loss.distance", key) for key, title in DISTANCES.items()),
    *(
        Variant(
            f"reverse-blocks-{blocks}",
            f"S2 with projection (FPM), memory (NFS) and fusion (FFC) of L = {blocks}",
            {**_REVERSE_ONLY, **_FPM, **_MF, "model.ffc_blocks": blocks},
            REVERSE,
        )
        for blocks in BLOCKS
    ),
    *(_swept(f"nnet-delta-{delta:g}", f"delta = {delta:g}", "loss.delta", delta) for delta in DELTAS),
    *(_swept(f"nnet-alpha-{alpha:g}", f"alpha = {alpha:g}", "loss.alpha", alpha) for alpha in ALPHAS),
    _swept("nnet-beta-constant", "beta on in all epochs", "loss.beta_epochs", None, {"loss.beta_share": None}),
)

VARIANTS: dict[str, Variant] = {variant.name: variant for variant in _VARIANTS}


def _table_row(table: int, number: int, label: str, variant: str) -> Row:
    return Row(label, variant, None, printed_row(f"table{table}", str(number)), f"Table {table}, row {number}")


def _maps_row(label: str, column: str, expression: str) -> Row:
    return Row(label, "nnet", expression, printed_column("table7", column), f"Table 7, column {column}")


_UNPRINTED = "The paper draws a curve and prints no numbers; the values on the axis, but for the chosen one, are ours."

_STUDIES = (
    Study(
        "table4",
        "What each part is for",
        "Table 4",
        "Baseline",
        (
            _table_row(4, 1, "Baseline", "rd"),
            _table_row(4, 2, "FPM", "fpm"),
            _table_row(4, 3, "MF (NFS and FFC)", "mf"),
            _table_row(4, 4, "FPM and BD", "bd"),
            _table_row(4, 5, "FPM, MF and BD (N-Net)", "nnet"),
        ),
    ),
    Study(
        "table5",
        "Memory and fusion, the two filters",
        "Table 5",
        "Baseline",
        (
            _table_row(5, 1, "Baseline", "rd"),
            _table_row(5, 2, "Baseline+NFS", "nfs"),
            _table_row(5, 3, "Baseline+FFC", "ffc"),
            _table_row(5, 4, "Baseline+NFS+FFC", "mf"),
        ),
    ),
    Study(
        "table6",
        "The losses of S1, the copier",
        "Table 6 and Figure 8",
        "L_RKD",
        (
            _table_row(6, 1, "L_RKD", "fpm"),
            _table_row(6, 2, "L_RKD + L_KD", "bd-kd"),
            _table_row(6, 3, "L_RKD + L_align", "bd-align"),
            _table_row(6, 4, "L_RKD + L_KD + L_align", "bd"),
        ),
        "With L_RKD alone nothing trains S1, so the row is scored by S2's maps: row 2 of Table 4, as the equal "
        "numbers in the paper show.",
    ),
    Study(
        "table7",
        "Which maps make the score",
        "Table 7",
        "M1, M2, M3",
        (
            _maps_row("M1, M2, M3", "M1, M2, M3", SCORES["reverse"].text),
            _maps_row("M4, M5, M6", "M4, M5, M6", SCORES["forward"].text),
            _maps_row("M1 to M6", "M1~M6", SCORES["paper"].text),
        ),
        "All rows score the same trained model.",
    ),
    Study(
        "figure6",
        "A copier alone and N-Net's copier",
        "Figure 6",
        "KD, M4 to M6",
        tuple(
            Row(f"{name}, {label}", variant, expression)
            for name, variant in (("KD", "kd"), ("N-Net", "nnet"))
            for label, expression in (
                ("M4 to M6", SCORES["forward"].text),
                ("M4 (16 x 16)", "M4"),
                ("M5 (32 x 32)", "M5"),
                ("M6 (64 x 64)", "M6"),
            )
        ),
        "The paper shows heatmaps and prints no numbers. The sizes of the maps are those at 256 pixels.",
    ),
    Study(
        "figure9",
        "The distance between features",
        "Figure 9",
        "cosine",
        tuple(Row(title, f"nnet-{key}") for key, title in DISTANCES.items()),
        "The paper draws bars and prints no numbers.",
    ),
    Study(
        "figure10",
        "The settings L, delta, alpha and beta",
        "Figure 10",
        "N-Net",
        (
            Row("N-Net", "nnet"),
            *(Row(f"L = {blocks}", f"reverse-blocks-{blocks}", value=blocks, setting="L") for blocks in BLOCKS),
            *(Row(f"delta = {delta:g}", f"nnet-delta-{delta:g}", value=delta, setting="delta") for delta in DELTAS),
            *(Row(f"alpha = {alpha:g}", f"nnet-alpha-{alpha:g}", value=alpha, setting="alpha") for alpha in ALPHAS),
            Row("beta on at first", "nnet", setting="beta"),
            Row("beta constant", "nnet-beta-constant", setting="beta"),
        ),
        f"{_UNPRINTED} L is varied in S2 alone, as section 4.4 says; the others in the whole network. "
        "Beta is on for 20 of 200 epochs in the paper, for a tenth of the steps in the presets small and medium.",
    ),
)

STUDIES: dict[str, Study] = {study.name: study for study in _STUDIES}
