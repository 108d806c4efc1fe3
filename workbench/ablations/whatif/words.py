"""The wording of the Ablations page's what-ifs. Knows no Streamlit."""

from collections.abc import Mapping, Sequence

import numpy as np

from nnet.analysis import story
from nnet.config import Config
from nnet.expression import Expression
from nnet.scoring.calibration import Reference
from nnet.units import SMALLEST
from workbench.ablations.whatif.rows import KEPT, OTHER, OUT, Change, Row, Summary
from workbench.shared import apart_words, units, verdict_words
from workbench.shared import words as shared_words

INTRO = (
    "Take a part out of the model in the sidebar and look again. Nothing is trained: what changes shows how much this "
    "network leans on the part."
)
CAVEAT = (
    "The other parts were trained beside it and still expect it, so a score may rise on good parts, too. Whether a "
    "network trained without the part would be worse is another question, which The paper’s claims answers."
)
NFS_LABEL, FPM_LABEL = "Without the memory (NFS)", "Without projections (FPM)"
NFS_HELP = "The memory passes the teacher's coarsest features on as they are: F′₃ = F₃."
FPM_HELP = "The projections pass features on as they are: P = F and SP = SF."
FORWARD_LABEL = "S₁, the copier"
FORWARD_HELP = (
    "Left out: the score is made of the maps M1 to M3 of S₂, the rebuilder, alone. Another model's: S₁ and its "
    "projections come from another trained model of the same teacher; its student learnt to follow that model's "
    "projected features, not this one's."
)
FORWARDS = {KEPT: "As trained", OUT: "Left out", OTHER: "Another model's"}
DONOR_LABEL = "Whose"
DONOR_HELP = "Models and variants of studies with the same teacher and input size, and an S₁ of their own."
TRUNCATE_LABEL = "Simplify the code"
TRUNCATE_HELP = (
    "The code, the paper's $F_\\mathrm{C}$, is all that S₂, the rebuilder, gets to see. It is replaced by its best "
    "approximation of a low rank (singular values over positions and channels). A rebuilder that needs little of it "
    "cannot rebuild an anomaly by copying."
)
RANK_LABEL = "Rank of the code"
RESET = "Reset"
RESET_HELP = "Undo all changes."
NOTHING = "Nothing is changed. Take a part out, or simplify the code, to see what the score does."
BEFORE, AFTER = "As trained", "What if"
BEFORE_METRIC, AFTER_METRIC, CHANGE_METRIC = (
    "As trained, \N{MULTIPLICATION SIGN} threshold",
    "What if, \N{MULTIPLICATION SIGN} threshold",
    "Change, \N{MULTIPLICATION SIGN} threshold",
)
UNIT_NOTE = (
    "The unit is the untouched model's threshold for the same expression: an intervention has no normal images of its "
    "own, so no threshold of its own."
)
PICTURES_LABEL = (
    "The picture as trained, after the intervention, and the difference. Arrow keys move the chosen pixel; plus, minus "
    "and 0 zoom."
)
BEFORE_HINT = "The outline is the threshold."
AFTER_HINT = "Look for good places that light up now, and for defects that fade."
DIFFERENCE_TITLE = "Difference"
LARGE = "{title}: show it large"
DIFFERENCE_HINT = "Orange: higher after the intervention. Blue: lower. Clear: unchanged."
DIFFERENCE_TICKS = ("2 \N{MULTIPLICATION SIGN} threshold lower", "0", "2 \N{MULTIPLICATION SIGN} threshold higher")
PROBE = "after the intervention:"
PEAKS_TITLE = "Peak of each map, before and after"
PEAKS_HINT = (
    "In units of the level that 99 % of normal pixels stay below in the untouched model. Look for the maps that move: "
    "those without a second dot are gone."
)
RANK_TITLE = "Score at every rank of the code"
RANK_HINT = (
    "Look for the rank from which on the curve stays flat: the rebuilder needs no more than that. A curve that rises "
    "to the left says that the missing detail is missed; one that stays flat, that the rebuilder hardly looks at it."
)
RANK_AXIS, SCORE_AXIS = "rank of the code", "score, \N{MULTIPLICATION SIGN} threshold"
LOG_SCORE_AXIS = "score, \N{MULTIPLICATION SIGN} threshold (logarithmic)"
THRESHOLD_LEVEL, TRAINED_LEVEL = "threshold", "as trained"
SAMPLES_TITLE = "Over several pictures"
SAMPLES_HINT = (
    "Each picture's score before (hollow) and after (filled). Look whether defective pictures move more than "
    " normal ones: then the part matters for defects. If all move alike, only the scale has changed."
)
SAMPLES_BUTTON = "Look at all of them at this rank"
SAMPLES_BUTTON_HELP = "Runs the network once for every picture."
KINDS = {True: "defective", False: "normal", None: "not known"}
NO_DONOR = (
    "To put another model's S₁ in place, a second model of the same teacher and input size is needed. "
    "This trains one by plain distillation: `{command}`"
)


def reasons(config: Config) -> dict[str, str]:
    """Why a part cannot be changed, by part; "" for one that can be."""
    model = config.model
    alone = "" if model.reverse else "Without it this model would have no map left, since it has no S₂, no rebuilder."
    return {
        "nfs": "" if model.nfs else "This model has no memory (model.nfs is off).",
        "fpm": "" if model.fpm else "This model has no projection modules (model.fpm is off).",
        "forward": "" if model.forward else "This model has no S₁, no copier (model.forward is off).",
        "out": alone,
        "rank": ""
        if model.reverse
        else "This model has no S₂, no rebuilder (model.reverse is off), so it has no code.",
    }


def changes(words: Sequence[str]) -> str:
    """What is changed."""
    return f"Changed: {units.plain('; '.join(words))}."


_STAYS, _TURNS = "**The picture stays {before}.**", "**The picture turns from {before} to {after}.**"
_SCORES = {
    "": "Its score goes from {before} to {after} \N{MULTIPLICATION SIGN} threshold.",
    "same": "Its score goes from {before} to {after} \N{MULTIPLICATION SIGN} threshold, as good as unchanged.",
    "more": "Its score goes from {before} to {after} \N{MULTIPLICATION SIGN} threshold, {times} as much. "
    "Higher is not better by itself.",
    "less": "Its score goes from {before} to {after} \N{MULTIPLICATION SIGN} threshold, {share} of it.",
}


def answer(found: Change, *, is_judged: bool = True) -> str:
    """What the intervention does to the picture's decision, where there is one, and to its score, a sentence each."""
    before, after = found.before.relative, found.after.relative
    old, new = (shared_words.decision(s.judged.reference, s.judged.value).lower() for s in (found.before, found.after))
    ratio = after / before if before > 0 and after > 0 else None
    numbers = {"before": units.times(before), "after": units.times(after)}
    alike = numbers["before"] == numbers["after"]
    way = "" if ratio is None else "same" if alike else "more" if ratio > 1 else "less"
    if ratio is not None:
        numbers |= {"times": verdict_words.times(ratio), "share": units.percent(ratio)}
    decided = (_STAYS if old == new else _TURNS).format(before=old, after=new) if is_judged else ""
    return f"{decided} {_SCORES[way].format(**numbers)}".strip()


def not_comparable(own: Expression, expression: Expression) -> str:
    """Why the raw scores have no common size."""
    old, new = verdict_words.shown(own), verdict_words.shown(expression)
    return (
        f"The score is now made of {new} instead of {old}, so the two raw scores cannot be compared: "
        "they are products of different maps. In multiples of the threshold, each of its own expression, they can."
    )


def signed(value: float) -> str:
    """A change with its sign: "+3.80", "−1.77"."""
    return f"{'−' if value < 0 else '+'}{units.number(abs(value))}"


DIFFERENCE_TAG = "score {change} \N{MULTIPLICATION SIGN} threshold"


def raw_scores(found: Change) -> str:
    """Both scores as they are, with the thresholds they are divided by."""
    before, after = found.before.judged, found.after.judged
    return (
        f"Score {units.number(before.value)} (threshold {units.number(before.reference.threshold)}) before, "
        f"{units.number(after.value)} (threshold {units.number(after.reference.threshold)}) after."
    )


RANK_KEPT = (
    "Rank {rank} of {highest} keeps {share} of the energy (sum of squares) that the code has on this picture as "
    "trained."
)


def rank_told(rank: int, score: float, energy: float) -> str:
    """A point of the curve over ranks, under the pointer."""
    return f"rank {rank}: {shared_words.against_threshold(score)}, {units.percent(energy)} of the code's energy"


SCANNING = "Rank {done} of {total}"
LOOKING = "{done} of {pictures} looked at"
LOOKING_AT_ONE = "Looking at the picture…"
SCALE_TICKS, SCALE_UNIT = {0.0: "0", 1.0: "1 = threshold", 2.0: "≥ 2"}, "times the threshold"


def tag(reference: Reference, value: float, relative: float, *, is_judged: bool = True) -> str:
    """The badge below a picture: the score in thresholds, and the decision where there is one."""
    decided = f", {shared_words.decision(reference, value).lower()}" if is_judged else ""
    return f"{units.times(relative)} {units.TIMES} threshold{decided}"


_MOVED = {
    True: (
        "The median of {pictures} goes from {before} to {after} \N{MULTIPLICATION SIGN} threshold, and the number "
        "flagged stays {flagged}."
    ),
    False: (
        "The median of {pictures} goes from {before} to {after} \N{MULTIPLICATION SIGN} threshold, and the number "
        "flagged from {once} to {flagged}."
    ),
}
"""By whether as many are flagged as before."""
_KINDS_COUNTED = ("defective picture", "normal picture")
_MARGINS = {
    "stays": (
        "**The gap between them stays about as wide:** the defective median is {now} the normal one, {before} as "
        "trained."
    ),
    "narrower": (
        "**The gap between them gets narrower:** the defective median is {now} the normal one, {before} as trained."
    ),
    "wider": "**The gap between them gets wider:** the defective median is {now} the normal one, {before} as trained.",
}


def samples_summary(defective: Summary | None, normal: Summary | None) -> str:
    """What the intervention does to defective and to normal pictures."""
    said = [
        _MOVED[one.flagged_after == one.flagged_before].format(
            pictures=units.plural(one.count, kind),
            before=units.times(one.before),
            after=units.times(one.after),
            flagged=one.flagged_after,
            once=one.flagged_before,
        )
        for kind, one in zip(_KINDS_COUNTED, (defective, normal), strict=True)
        if one is not None
    ]
    return " ".join(filter(None, [*said, _margin(defective, normal)]))


def _margin(defective: Summary | None, normal: Summary | None) -> str:
    """Whether the gap between defective and normal pictures grows, as a ratio of medians; "" where that is unknown."""
    if defective is None or normal is None or min(normal.before, normal.after, defective.before) <= 0:
        return ""
    before, after = defective.before / normal.before, defective.after / normal.after
    way = "stays" if 0.95 < after / before < 1.05 else "narrower" if after < before else "wider"
    return _MARGINS[way].format(now=verdict_words.times(after), before=verdict_words.times(before))


def row_told(row: Row) -> str:
    """A picture's change, for the pointer."""
    before, after = units.times(row.before), units.times(row.after)
    return f"{row.title} ({KINDS[row.defective]}): {before} to {after} {shared_words.UNIT}"


FIRST_PICTURES = "The samples and your first pictures, {shown} of {total}."
TABLE, DECISIONS = "As a table", {False: "Normal", True: "Anomalous"}
PICTURE, KNOWN_AS, BEFORE_COLUMN, AFTER_COLUMN, CHANGE_COLUMN = "Picture", "Known as", "Before", "After", "Change"
DECISION_BEFORE, DECISION_AFTER = "Decision before", "Decision after"


# ----------------------------------------------------------------------------------------- which part changes the score

PARTS_TITLE = "Which part changes this score"
PARTS = {
    "forward": shared_words.BRANCHES["forward"],
    "reverse": shared_words.BRANCHES["reverse"],
    "fpm": "the projections, FPM",
    "nfs": "the memory, NFS",
}
"""The parts that can be left out besides single maps."""
PARTS_COLUMN, PARTS_HERE = "Left out", "This picture, \N{MULTIPLICATION SIGN} threshold"
PARTS_APART = "Good and defective samples apart, standard deviations"
PARTS_SAMPLES = {True: "Defective samples flagged", False: "Good samples flagged"}
PARTS_COUNTED = ("sample", "asked")
_ASK, _ASK_FOR = "Ask the {samples}, too", "Ask the {samples}, too ({expected})"
PARTS_HINT = (
    "Each score has the threshold of the maps that are left, from the network as it was trained. With S₂ goes the "
    "fusion (FFC), which feeds nothing else; without the fusion alone there is no S₂, which sees nothing else."
)
PARTS_APART_HINT = (
    "Apart: how far the mean logarithm of the defective samples' scores lies above that of the good ones, in standard "
    "deviations within the two groups, as on How it works. Look for a row that is clearly smaller than the first."
)


def ask(count: int, seconds: float) -> str:
    """The button. `seconds`: what it is expected to take; 0 where that is not known."""
    samples = units.plural(count, "sample")
    return (_ASK_FOR if seconds else _ASK).format(samples=samples, expected=units.about(seconds))


def part_out(name: str) -> str:
    """What is left out of a row; "" for nothing."""
    return PARTS.get(name, name) or "nothing: the whole network"


def flagged(multiple: float) -> str:
    """A score, and what is decided by it."""
    return f"{units.times(multiple)}, {DECISIONS[multiple > 1].lower()}"


def share_flagged(multiples: Sequence[float]) -> str:
    """How many of several scores are above the threshold."""
    return f"{sum(one > 1 for one in multiples)} of {len(multiples)}"


_CHANGES = {
    True: "Without **{part}** this picture's score changes most: it **rises** from {before} to {after}.",
    False: "Without **{part}** this picture's score changes most: it **falls** from {before} to {after}.",
}
"""By whether the score rises without the part."""
_HELPS = (
    "A higher score is not a better one, since good pictures score otherwise without a part, too. Whether a part helps "
    "to tell good from defective, the samples say."
)
_AS_GOOD = (
    "Over {count} samples, good and defective ones lie {whole} standard deviations apart. Without any one part at "
    "least nine tenths of that are kept, so **this network leans on none of them**."
)
_NEEDED = (
    "Over {count} samples, good and defective ones lie {whole} standard deviations apart, and only {least} ({share} "
    "of it) without one part: **{leans}**."
)


def changes_most(multiples: Mapping[str, float]) -> str:
    """Without which part the picture's score changes most, and which way. The whole network's has the key ""."""
    whole = max(multiples[""], SMALLEST)
    parts = {name: multiple for name, multiple in multiples.items() if name in PARTS}
    if not parts:
        return "This model has no part that can be left out."
    name = max(parts, key=lambda name: abs(np.log(max(parts[name], SMALLEST) / whole)))
    return _CHANGES[parts[name] > multiples[""]].format(
        part=PARTS[name], before=units.times(multiples[""]), after=shared_words.against_threshold(parts[name])
    )


def helps(distances: Mapping[str, float], count: int) -> str:
    """What the samples say of the parts, by how far apart the two kinds are without each; "" without any."""
    parts = {name: distance for name, distance in distances.items() if name in PARTS}
    if not parts:
        return _HELPS
    whole = distances[""]
    told = {"count": count, "whole": units.number(whole)}
    if (name := story.leant_on(parts, whole)) == story.NONE:
        return _AS_GOOD.format(**told)
    share = apart_words.kept(parts[name], whole)
    leans = apart_words.LEANS.format(part=PARTS[name])
    said = _NEEDED.format(**told, least=units.number(parts[name]), share=share, leans=leans)
    return f"{said} {apart_words.SWAPPED}" if parts[name] < 0 else said


def still_apart(distance: float, whole: float) -> str:
    """How far apart the groups are without a part, and the share that is kept: "2.91 (82 %)"."""
    return f"{units.number(distance)} ({apart_words.kept(distance, whole)})"
