"""The wording of the Ablations page's what-ifs. Knows no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence

from nnet.config import Config
from nnet.expression import parse
from nnet.scoring.calibration import Reference
from workbench.ablations.whatif.rows import KEPT, OTHER, OUT, Change, Row, Summary
from workbench.shared import units, verdict_words
from workbench.shared import words as shared_words

INTRO = (
    "Take a part out of the trained model and look again. Nothing is trained: what changes shows how much this network "
    "leans on the part."
)
CAVEAT = (
    "The other parts were trained beside it and still expect it, so a score may rise on good parts, too. Whether a "
    "network trained without the part would be worse is another question, which the studies under Results answer."
)
NFS_LABEL, FPM_LABEL = "Without NFS", "Without FPM"
NFS_HELP = "The memory passes the teacher's coarsest features on as they are: F'_3 = F_3."
FPM_HELP = "The projections pass features on as they are: P_i = F_i and SP_i = SF_i."
FORWARD_LABEL = "Forward branch S1"
FORWARD_HELP = (
    "Left out: the score is made of the decoder's maps M1 to M3 alone. Another model's: S1 and its projections come "
    "from another trained model of the same teacher; its student learnt to follow that model's projected features, not "
    "this one's."
)
FORWARDS = {KEPT: "As trained", OUT: "Left out", OTHER: "Another model's"}
DONOR_LABEL = "Whose"
DONOR_HELP = "Models and variants of studies with the same teacher and input size, and a forward branch of their own."
TRUNCATE_LABEL = "Truncate F_C"
TRUNCATE_HELP = (
    "F_C is all that the decoder gets to see. It is replaced by its best approximation of a low rank (singular values "
    "over positions and channels). A decoder that needs little of it cannot rebuild an anomaly by copying."
)
RANK_LABEL = "Rank of F_C"
RESET = "Reset"
RESET_HELP = "Undo all changes."
NOTHING = "Nothing is changed. Take a part out, or truncate F_C, to see what the score does."
BEFORE, AFTER = "As trained", "What if"
BEFORE_METRIC, AFTER_METRIC, CHANGE_METRIC = "As trained, thresholds", "What if, thresholds", "Change, thresholds"
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
DIFFERENCE_HINT = "Orange: higher after the intervention. Blue: lower. Clear: unchanged."
DIFFERENCE_TICKS = ("2 thresholds lower", "0", "2 thresholds higher")
PROBE = "after the intervention, in thresholds:"
PEAKS_TITLE = "Peak of each map, before and after"
PEAKS_HINT = (
    "In units of the level that 99 % of normal pixels stay below in the untouched model. Look for the maps that move: "
    "those without a second dot are gone."
)
RANK_TITLE = "Score at every rank of F_C"
RANK_HINT = (
    "Look for the rank from which on the curve stays flat: the decoder needs no more than that. A curve that rises to "
    "the left says that the missing detail is missed; one that stays flat, that the decoder hardly looks at it."
)
RANK_AXIS, SCORE_AXIS = "rank of F_C", "score in thresholds"
SAMPLES_TITLE = "Over several pictures"
SAMPLES_HINT = (
    "Each picture's score before (hollow) and after (filled), in thresholds. Look whether defective pictures move more "
    "than normal ones: then the part matters for defects. If all move alike, only the scale has changed."
)
SAMPLES_BUTTON = "Look at all of them at this rank"
SAMPLES_BUTTON_HELP = "Runs the network once for every picture."
KINDS = {True: "defective", False: "normal", None: "not known"}


def reasons(config: Config) -> dict[str, str]:
    """Why a part cannot be changed, by part; "" for one that can be."""
    model = config.model
    alone = "" if model.reverse else "Without it this model would have no map left, since it has no reverse branch."
    return {
        "nfs": "" if model.nfs else "This model has no memory (model.nfs is off).",
        "fpm": "" if model.fpm else "This model has no projection modules (model.fpm is off).",
        "forward": "" if model.forward else "This model has no forward branch (model.forward is off).",
        "out": alone,
        "rank": "" if model.reverse else "This model has no reverse branch (model.reverse is off), so it has no F_C.",
    }


def no_donor(command: str) -> str:
    """That there is no other model to take a forward branch from, and how one comes to be."""
    return (
        "To put another model's forward branch in place, a second model of the same teacher and input size is needed. "
        f"This trains one by plain distillation: `{command}`"
    )


def changes(words: Sequence[str]) -> str:
    """What is changed."""
    return f"Changed: {units.plain('; '.join(words))}."


def answer(found: Change) -> str:
    """What the intervention does to the picture's score, in a sentence or two."""
    before, after = found.before.relative, found.after.relative
    decisions = [
        shared_words.decision(side.judged.reference, side.judged.value).lower() for side in (found.before, found.after)
    ]
    said = (
        f"The picture stays {decisions[0]}."
        if decisions[0] == decisions[1]
        else f"The picture turns from {decisions[0]} to {decisions[1]}."
    )
    moved = f"Its score goes from {units.number(before)} to {units.number(after)} thresholds{_factor(before, after)}."
    return f"**{said}** {moved}"


def _factor(before: float, after: float) -> str:
    if before <= 0 or after <= 0:
        return ""
    ratio = after / before
    if 0.995 < ratio < 1.005:
        return ", as good as unchanged"
    return f", {verdict_words.times(ratio)} as much" if ratio > 1 else f", {units.percent(ratio)} of it"


def not_comparable(own: str, expression: str) -> str:
    """Why the raw scores have no common size."""
    old, new = verdict_words.shown(parse(own).text), verdict_words.shown(expression)
    return (
        f"The score is now made of {new} instead of {old}, so the two raw scores cannot be compared: "
        "they are products of different maps. In thresholds, each of its own expression, they can."
    )


def signed(value: float) -> str:
    """A change with its sign: "+3.80", "−1.77"."""
    return f"{'−' if value < 0 else '+'}{units.number(abs(value))}"


def difference_tag(found: Change) -> str:
    """The badge below the difference."""
    return f"score {signed(found.after.relative - found.before.relative)} thresholds"


def raw_scores(found: Change) -> str:
    """Both scores as they are, with the thresholds they are divided by."""
    before, after = found.before.judged, found.after.judged
    return (
        f"Score {units.number(before.value)} (threshold {units.number(before.reference.threshold)}) before, "
        f"{units.number(after.value)} (threshold {units.number(after.reference.threshold)}) after."
    )


def rank_kept(rank: int, highest: int, share: float) -> str:
    """What a truncation keeps of F_C."""
    return (
        f"Rank {rank} of {highest} keeps {units.percent(share)} of the energy (sum of squares) that F_C has on this "
        "picture as trained."
    )


def scanning(done: int, total: int) -> str:
    """While the decoder runs at every rank."""
    return f"Rank {done} of {total}"


def looking(done: int, total: int) -> str:
    """While the network looks at several pictures."""
    return f"{done} of {units.plural(total, 'picture')} looked at"


def tag(reference: Reference, value: float, relative: float) -> str:
    """The badge below a picture."""
    return f"{units.number(relative)} {units.TIMES} threshold, {shared_words.decision(reference, value).lower()}"


def samples_summary(defective: Summary | None, normal: Summary | None) -> str:
    """What the intervention does to defective and to normal pictures."""
    parts = [_moved(name, one) for name, one in (("defective", defective), ("normal", normal)) if one is not None]
    if not parts:
        return ""
    said = " ".join(parts)
    if defective is None or normal is None:
        return said
    return f"{said} {_margin(defective, normal)}"


def _moved(name: str, one: Summary) -> str:
    return (
        f"The median of {units.plural(one.count, f'{name} picture')} goes from {units.number(one.before)} to "
        f"{units.number(one.after)} thresholds; flagged are {one.flagged_after} instead of {one.flagged_before}."
        if one.flagged_after != one.flagged_before
        else f"The median of {units.plural(one.count, f'{name} picture')} goes from {units.number(one.before)} to "
        f"{units.number(one.after)} thresholds; {one.flagged_after} are flagged as before."
    )


def _margin(defective: Summary, normal: Summary) -> str:
    """Whether the gap between defective and normal pictures grows, as a ratio of medians."""
    if min(normal.before, normal.after, defective.before) <= 0:
        return ""
    before, after = defective.before / normal.before, defective.after / normal.after
    now = f"the defective median is {verdict_words.times(after)} the normal one"
    if 0.95 < after / before < 1.05:
        return f"**The gap between them stays about as wide:** {now}, {verdict_words.times(before)} as trained."
    way = "narrower" if after < before else "wider"
    return f"**The gap between them gets {way}:** {now}, {verdict_words.times(before)} as trained."


def row_told(row: Row) -> str:
    """A picture's change, for the pointer."""
    return f"{row.title} ({KINDS[row.defective]}): {units.number(row.before)} to {units.number(row.after)} thresholds"


def first_pictures(shown: int, total: int) -> str:
    """That not all pictures are in the table."""
    return f"The samples and your first pictures, {shown} of {total:,}."
