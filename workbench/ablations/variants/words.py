"""The wording of the Ablations page's variants side by side. Knows no Streamlit."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from nnet.scoring import circuit
from nnet.scoring.maps import MAPS
from nnet.studies.variants import VARIANTS
from workbench.ablations.variants.candidates import MODEL, OWN, STUDY, WHATIF, Candidate, Variant
from workbench.shared import setting_words, units
from workbench.shared import words as shared_words
from workbench.shared.sides import Difference

INTRO = (
    "One picture under several variants of the network, all on one scale. Look for a defect that one variant marks and "
    "another misses, and for good places that light up in only one of them."
)
CHOICE_LABEL = "Variants"
CHOICE_HELP = (
    "The model of the sidebar, what-ifs on it, the variants whose checkpoints a study kept, and all other models. What-"
    "ifs take a part out of the trained model without training it again."
)
FIGURES_LABEL = "Choose the variants of"
REFERENCE_LABEL = "Reference"
REFERENCE_HELP = "The other variants are compared with this one, in the pictures and in their settings."
SHOW_LABEL = "Show"
SHOWS = {
    "score": "Score",
    "forward": "S₁’s maps",
    "reverse": "S₂’s maps",
    "maps": "All maps",
    "difference": "Difference",
}
SCORE_LABEL = "Score from"
SCORE_HELP = (
    "Each variant's own: all maps that it has. S₁ alone: M4, M5 and M6. S₂ alone: M1, M2 and M3; variants "
    "without those maps then have no score."
)
SCORES = {OWN: "Each its own", "forward": "S₁ alone", "reverse": "S₂ alone"}
SCALE_NOTE = (
    "Each score is divided by the variant's own threshold, since the scores of two networks have no common unit: 1, "
    "the middle of the scale, is where a variant starts to call a picture anomalous. A higher score on one picture "
    "does not make a better detector."
)
MAP_NOTE = (
    "Each map is divided by the level that 99 % of the variant's held-out normal images' pixels stay below. Look for "
    "the scale on which the defect stands out, and for variants that are noisy on a fine scale."
)
WHATIF_NOTE = (
    "A what-if has no normal images of its own, so it is compared with those of the untouched model: its numbers say "
    "how far the picture moved, and its badge says what the untouched model's threshold would make of it."
)
DIFFERENCE_NOTE = (
    "Orange: the variant reacts more strongly than the reference. Blue: less strongly. Clear: they agree. Each is in "
    "units of its own threshold."
)
GRID_LABEL = (
    "The picture under several variants. Arrow keys move the chosen pixel, with the shift key by one pixel; plus, "
    "minus and 0 zoom all of them. A press on a name shows what tells that variant apart."
)
ORIGINAL = "Original"
ORIGINAL_HINT = "Press anywhere to choose a pixel; double-press to zoom in, all together."
REFERENCE_TAG = "reference"
NO_MAP = "has no such map"
NO_SCORE = "lacks maps for this score"
NOTHING_CHOSEN = "Choose at least one variant."
NONE_SCORED = "None of the chosen variants has the maps for this score. Choose another score, or other variants."
PIXEL_TITLE = "Why here"
PIXEL_HINT = (
    "What each map adds to the logarithm of the score at the chosen pixel. Look for a map that carries one variant's "
    "alarm and is missing in another. A bar to the left pulls the score down."
)
NOT_ABOVE = "not above normal"
SHARES_AXIS = "ln(score / normal level), by map"
CLOSER_TITLE = "What tells it apart"
CLOSER_LABEL = "Variant"
PLACES_TITLE = "In the paper"
PLACES_NOTE = (
    "Published: percent, on MVTec AD with the paper's network, as printed. Measured: percent, on this study's data and "
    "network. The two are not the same experiment; compare how rows change within each."
)
IS_REFERENCE = "This is the reference. Choose another variant to see how it differs from it."
NOT_IN_PAPER = "Its settings are none of the paper's variants."
SAME_WEIGHTS = "It has the reference's weights."
_KINDS = {
    MODEL: "a model of the list, trained outside of any study",
    STUDY: "a study's variant",
    WHATIF: "a what-if on the chosen model",
}
WHATIF_WORDS = {"nfs": "without the memory", "fpm": "without projections", "forward": "without S₁"}

_SHORT = {
    "rd": "Baseline (RD)",
    "fpm": "Baseline + projection",
    "nfs": "Baseline + memory",
    "ffc": "Baseline + fusion",
    "mf": "Baseline + memory + fusion",
    "bd-kd": "Two students by copying",
    "bd-align": "Two students by aligning",
    "bd": "Two students",
    "nnet": "All parts (N-Net)",
    "kd": "Copier alone (KD)",
}
_MODEL_PARTS = {
    "forward": "copier (S₁)",
    "reverse": "rebuilder (S₂)",
    "fpm": "projection (FPM)",
    "nfs": "memory (NFS)",
    "ffc": "fusion (FFC)",
}
_LOSSES = {"loss.kd": "copying behind the gates", "loss.align": "aligning"}
_PARTS = {f"model.{name}": part for name, part in _MODEL_PARTS.items()} | _LOSSES
_TARGETS = {
    "original": "S₁ follows the teacher's own coarse features",
    "recalled": "S₁ follows the memory's answer at the coarse scale",
}
_FEW = 3


@dataclass(frozen=True)
class Figure:
    """A figure of the paper that can be seen live: its variants, the study that trains them, how they are shown and
    scored (keys of SHOWS and SCORES), the variant that is the reference, and what the figure compares."""

    variants: tuple[str, ...]
    study: str
    show: str
    score: str
    reference: str
    about: str


FIGURES = {
    "Figure 5": Figure(
        ("rd", "nnet"),
        "table4",
        "score",
        OWN,
        "rd",
        "The baseline (RD: teacher and rebuilder) and N-Net. The paper finds that N-Net marks the whole defect and RD "
        "only parts of it.",
    ),
    "Figure 6": Figure(
        ("kd", "nnet"),
        "figure6",
        "forward",
        "forward",
        "kd",
        "A copier alone (KD, plain distillation) and N-Net's copier, scale by scale. The paper finds N-Net's finest "
        "map, M6, of 64 \N{MULTIPLICATION SIGN} 64 patches, much cleaner, with fewer false alarms.",
    ),
    "Figure 8": Figure(
        ("fpm", "bd-kd", "bd-align", "bd"),
        "table6",
        "score",
        OWN,
        "fpm",
        "The losses of S₁, the copier: L_RKD alone, with L_KD, with L_align, and with both. The paper finds that "
        "either alone leaves defects half covered or good places marked, and that both together avoid this.",
    ),
}


def short(variant: str) -> str:
    """A variant's name on a tile."""
    return _SHORT.get(variant) or VARIANTS[variant].title


def titles(found: Iterable[Candidate]) -> dict[str, str]:
    """Each candidate's name by key; where several are called alike, with data, seed and study as far as they differ."""
    found = list(found)
    names = {one.key: _name(one) for one in found}
    for detail in (lambda c: c.data, lambda c: "" if c.seed is None else f"seed {c.seed}", lambda c: c.title):
        counts = Counter(names.values())
        for name in [name for name, count in counts.items() if count > 1]:
            alike = [one for one in found if names[one.key] == name]
            if len({detail(one) for one in alike}) > 1:
                names |= {one.key: f"{name} · {detail(one)}" for one in alike if detail(one)}
    return names


def _name(one: Candidate) -> str:
    if one.kind == WHATIF:
        return f"What-if: {one.title} {WHATIF_WORDS[one.name]}"
    return short(one.name) if one.kind == STUDY else one.title


def about(variant: Variant) -> str:
    """A variant's name and what it is."""
    one, config = variant.candidate, variant.config.model
    facts = [
        _KINDS[one.kind],
        f"study {one.title}" if one.kind == STUDY else "",
        f"trained on {one.data}" if one.data and one.kind != WHATIF else "",
        "" if one.seed is None else f"seed {one.seed}",
    ]
    lacking = ", ".join(f"no {part}" for name, part in _MODEL_PARTS.items() if not getattr(config, name))
    what = units.plain(", ".join(filter(None, facts)))
    return f"**{units.plain(variant.title)}**: {what}. It has {lacking or 'all parts'}."


def score_tag(variant: Variant, *, is_judged: bool = True) -> str:
    """The badge below a tile: the score in thresholds, and the decision where there is one."""
    decided = f", {decision(variant).lower()}" if is_judged else ""
    return f"{units.times(variant.side.relative)} {units.TIMES} threshold{decided}"


def decision(variant: Variant) -> str:
    """ "Anomalous" or "Normal"; for a what-if by the untouched model's threshold."""
    return shared_words.decision(variant.side.judged.reference, variant.side.judged.value)


def peak_tag(peak: float) -> str:
    """The badge below a map: its peak."""
    return f"peak {units.number(peak)} {units.TIMES} normal"


MAP_TITLE = "{map} · {title}"


def map_hint(name: str) -> str:
    """Which pair of features a map compares, and on which scale."""
    info = MAPS[name]
    return f"{info.pair}, {circuit.SCALES[info.scale]} scale, stride {info.stride}"


def differs(found: Sequence[Difference]) -> str:
    """In which settings a variant differs from the reference, in few words: "without memory (NFS); α: 0.4"."""
    if not found:
        return "same settings as the reference"
    few = [_few(setting) for setting in found if setting.name not in _LESSER] or [_few(s) for s in found]
    more = len(few) - _FEW
    return "; ".join([*few[:_FEW], *([f"and {more} more, listed below"] if more > 0 else [])])


_LESSER = ("train.epochs", "train.min_steps", "train.cache_gb", "loss.beta_epochs", "loss.beta_share")


def _few(setting: Difference) -> str:
    if setting.name in _PARTS and isinstance(setting.second, bool):
        return f"{'with' if setting.second else 'without'} {_PARTS[setting.name]}"
    if (said := _TARGETS.get(str(setting.second))) and setting.name == "model.forward_target":
        return said
    name = setting_words.SYMBOLS.get(setting.name) or setting_words.title(setting.name)
    return f"{name}: {setting_words.value(setting.second, setting.name)}"


PICK = "{title}: show what tells it apart"


PROGRESS = "{done} of {variants} looked at. Now: {title}"
LEFT_OUT = "{title} is left out. {reason}"
TICKS = (
    "{reference} by 2 \N{MULTIPLICATION SIGN} threshold or more",
    "0",
    "the variant by 2 \N{MULTIPLICATION SIGN} threshold or more",
)
"""The ends and the middle of the difference's colours."""


_ONE = "**{name} calls the picture {decision}.**"
_ALL = "**All {count} call the picture {decision}.**"
_SOME = "**{flagged} of {count} call the picture anomalous: {names}.**"
_RANGE = (
    "{high} scores highest, {highest} \N{MULTIPLICATION SIGN} threshold, and {low} lowest, {lowest} "
    "\N{MULTIPLICATION SIGN}."
)


def answer(shown: Sequence[Variant], reference: Variant) -> str:
    """How the variants' answers on the picture compare, in a sentence or two."""
    flagged = [units.plain(one.title) for one in shown if one.side.judged.is_anomalous]
    count, decided = len(shown), decision(reference).lower()
    if count == 1:
        return _ONE.format(name=units.plain(reference.title), decision=decided)
    some = len(flagged) not in (0, count)
    said = (_SOME if some else _ALL).format(
        flagged=len(flagged), count=count, names=", ".join(flagged), decision=decided
    )
    low, *_, high = sorted(shown, key=lambda one: one.side.relative)
    scores = {"highest": units.times(high.side.relative), "lowest": units.times(low.side.relative)}
    return f"{said} {_RANGE.format(high=units.plain(high.title), low=units.plain(low.title), **scores)}"


_FIGURE = "**{name}.** {about}"
_STANDS_IN = "For {names} the model of the sidebar stands in: it has the same parts, from another training."
_MISSING = "Not trained here yet: {names}. This trains what is missing and keeps its checkpoints: `{command}`"
COMMAND = "python -m nnet ablate --study {study} --data {data} --keep first"


def figure_found(name: str, present: Collection[str], stood_in: Collection[str], data: str) -> str:
    """Which variants of a figure are shown, which are missing, and how they come to be.

    Args:
        name: a key of FIGURES.
        present: variants that are shown.
        stood_in: of them those shown by a model of the list, not by the study.
        data: how `--data` names the data set to train on.
    """
    figure = FIGURES[name]
    said = [_FIGURE.format(name=name, about=units.symbols(figure.about))]
    if stood_in:
        said.append(_STANDS_IN.format(names=", ".join(map(short, stood_in))))
    if missing := [short(variant) for variant in figure.variants if variant not in present]:
        said.append(_MISSING.format(names=", ".join(missing), command=COMMAND.format(study=figure.study, data=data)))
    return " ".join(said)


VERDICT = "**{title}**: {score} \N{MULTIPLICATION SIGN} threshold here. {why}"
CHANGED = "Changed: {changes}."
FIGURE_COLUMNS = ("Study", "Row", "Source")
PUBLISHED, MEASURED = "{metric}, published", "{metric}, measured"


def percent(value: float | None) -> str:
    """A metric in percent as the paper prints it; "" where there is none."""
    return "" if value is None else f"{value:.2f}"


HIGHEST_HELP = "Choose the pixel where the reference's score is highest."
MAKES_SCORE = "**{pixel}: what makes each score**"
