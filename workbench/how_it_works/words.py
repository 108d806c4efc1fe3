"""The tour's wording: nine cards, what is asked, and what was measured. Knows no Streamlit.

In the texts of cards a term in double brackets, [[memory]], is one of the glossary's.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnet.analysis import gated
from nnet.analysis.gated import Gated
from nnet.analysis.story import EQUAL, LESS, MORE, NONE, Finding, claimed, compared
from nnet.config import LossConfig
from nnet.studies import Measured
from nnet.studies.published import printed_row
from nnet.units import SMALLEST
from workbench.shared import apart_words, units

TITLE = "How it works"
STEP, PREVIOUS, NEXT, AGAIN = "Step", "Previous", "Next", "Forget my answers"
ANSWERED = "answered"
PREDICT = "What do you expect? Pick an answer, then the model is asked."
ASKING = "Asking the model…"
ASKING_ALL = "Looking at every sample, with all parts and without each…"
EXPECTED = "{question} You expected: {option}. {whether}; the model {model}:"
WHETHER = {True: "Right", False: "Not so"}
WHY_BELOW = ":small[{why} :gray[More below.]]"
AGREES = "As the paper says of its own networks: {story}"
NOTHING = "The paper, of its own networks: {story} Here a difference of less than a tenth counts as none."
OTHERWISE = "The paper, of its own networks: {story} For this picture it is the other way round."
EVENNESS = {
    True: "Figure 7 shows it by evenness: behind the gates the variance of good parts is smaller and more even. So it "
    "is here.",
    None: "Figure 7 shows it by evenness: behind the gates the variance of good parts is smaller and more even. Here "
    "that holds in part, as the table says.",
    False: "Figure 7 shows it by evenness: behind the gates the variance of good parts is smaller and more even. Here "
    "that holds at no scale.",
}
"""Whether Figure 7 holds, as on Projection."""
S1_COPIED = {
    True: "On the one shown S₁ copied {copied} of what the damage changes in the teacher: over-imitation.",
    False: "On the one shown S₁ copied only {copied} of what the damage changes: it is too faint, not copied.",
}
COPIES = 0.5
"""From which share on of what a damage changes S1 is said to copy it."""
GATES_WORK = "What does not pass into P, S₁ was never asked to copy."
GATES_ALIKE = (
    "Likely why: the gates differ little here (channels: {least} to {most}), and what scales all alike turns no angle."
)
GATES_DIFFER = "The gates differ by channel ({least} to {most}), but close none that this damage uses."
WHY_GATES = (
    "Gates do not simply close, since S₂ must rebuild F from what passes (L_RKD); but that loss is an angle, too, so "
    "little drives them apart. This model had {steps} to part them; whether more would, was not measured here."
)
GAINING = (
    "In {gaining} of {channels} channels the damage stands out more behind the gates; the pictures show the one where "
    "it gains most."
)
OF_MIXTURES = (
    "The paper says so, too: a mixture of good patches can hardly be decoded into a defect. Alone, without the fusion, "
    "its memory gains {gain} points of P-AP (Table 5), as finer patches go past it."
)
MISSED_OF = (
    "What mixing all does to the result here: S₂ misses of a good part {good_before}, then {good_after}, of the damage "
    "{damaged_before}, then {damaged_after}. {stands}: {before} times a good part, then {after}."
)
STANDS = {
    LESS: "So the damage stands out less",
    EQUAL: "So the damage stands out as much as before",
    MORE: "So the damage stands out even more",
}
SCORES = "Score: {before}, then {after} × threshold; of the good part {good_before}, then {good_after}{alarm}."
ALARM = ", a false alarm"
SAME_CODE = "It hardly changes, as finer patches go past the memory: the code turns by only {turned} (cosine distance)."
FAR = "How far a patch is from its answer: of few items (blue), of all (grey)"
FAR_OF = {"good": "good", "damaged": "damaged"}
FAR_TOLD, FAR_CHANGE = (
    "{name}: {before} from its answer of few items, {after} from that of all",
    "{before}, then {after}",
)
NOT_THE_MEMORY = "The paper, of its own networks: {story} Here the narrow code does it; the memory does not help."
SAME_NUMBERS = "On Projection: the same table, with maps of {picture}"
ONE_WAY = "The paper, of its own networks: {story} In this model it does not show both ways."
NOT_KNOWN = "This picture is not known to show a defect, so it says nothing about the paper."
P_AP = (
    "P-AP is the area under the precision-recall curve of pixels. Paper and study add the memory together with the "
    "fusion (Table 4), so it gains more there than alone (Table 5); here the memory alone is taken out."
)
HELPED_MOST = "The paper, which trains anew, gains most with S₁ and its maps ({gain} P-AP): another question. {here}"
NO_PART = "Here what is left tells these samples apart as well."
LEANING = "Here {leans}, as it is; what helped it to learn this cannot say."
SWAPPED_SHORT = "Good samples now score higher than defective ones: all else was trained with the part in place."
EXPERIMENTS = "Three experiments, and why they disagree"
PAPERS, STUDYS, OWN_NETWORK = "The paper's networks", "A small study here", "This model"
PAPER_SAYS = (
    "Each trained anew with one part more: 256 × 256 px, 200 epochs, 15 kinds of parts. With S₁ and its maps P-AP "
    "changes by <b>{gain}</b> points (Table 4)."
)
STUDY_SAYS = (
    "Trained anew, too, but small and on other pictures: {data}, {seeds}, {epochs} epochs. With S₁ and its maps P-AP "
    "changes by <b>{change}</b> points."
)
MODEL_SAYS = (
    "Nothing is trained: without S₁ and its maps this finished network keeps <b>{kept}</b> of the distance between its "
    "good and defective samples."
)
MODEL_LEANS = " Of all parts {leans}: {kept} without it."
PART_NAMES = {
    "forward": "S₁, the copier",
    "reverse": "S₂, the rebuilder",
    "fpm": "the projections",
    "nfs": "the memory",
}
FAILS = (
    "When it fails: on damage too small or too faint for the size that it looks at; on what one scale alone sees, "
    "since scales multiply; on damage that S₁ copies; and another kind of part is anomalous to it everywhere."
)
DISAGREE = (
    "The first two ask whether a network that never had the part is worse, the third how much this network leans on "
    "it: a part that helps to learn may be dispensable once the others have learnt, and one that they were trained "
    "behind may not, so the third neither supports nor refutes the paper. The study asks the paper's question, but of "
    "smaller networks, trained briefly, on one kind of part; which of these is the reason, few seeds cannot say."
)
SHOWN = "The paper's effect shows in {showing} of this model's {total}."
BETA = {True: "{beta}", False: "{beta} at first, then 0"}
SUM = {
    "L_RKD": ("L_RKD", "S₂ rebuilds"),
    "L_KD": ("α L_KD", "S₁ copies"),
    "L_align": ("β L_align", "S₁ aligns"),
    "L_query": ("δ L_query", "few items"),
}
"""Each term of the loss (Eq. 7) with its weight, and what it asks for."""
WEIGHTS_LABEL = "Wrong α, β or δ"
WEIGHTS_HEAD = ("Weight", "Too small", "Too large", "Measured")
WEIGHTS = {
    "alpha": (
        "α = {used}: S₁ copies",
        "S₁ hardly copies, so its maps are bright on good parts, too.",
        "{alpha_large}",
        "Paper, without copying: P-AP {alpha_small}.{closing}",
    ),
    "beta": (
        "β = {used}: S₁ starts",
        "Nothing leads S₁'s own features to P, so it starts at random.",
        "Kept on, S₁ must equal P before its own gates, so these have nothing to do.",
        "Paper, without: P-AP {beta_small}.{copied}",
    ),
    "delta": (
        "δ = {used}: few items",
        "Many items answer a patch: one grey for all, and they might add up to a defect.",
        "One item answers a patch, so good patches fit their answers worse, too.",
        "{fits}",
    ),
}
"""What was used and what it is for, what fails when it is too small or too large, and what was measured of it."""
ALPHA_LARGE = {
    True: "The gates close, since what is closed is easiest to copy; nothing is left to find.",
    False: "Hardly anything here, where the gates learn with S₂ alone. Learning with S₁, too, they might close, since "
    "what is closed is easiest to copy.",
}
"""Whether L_KD moves the teacher's gates, too -> what happens."""
CLOSING = " Closing gates: at the end of this page."
INSTEAD = "{without}, not {with_it}"
FITS = "Here a good patch is {few} from its answer; of all items it would be {all}, of one {one}."
COPIED = " Here β ended, and S₁ is {before} from P before its gates, {behind} behind them."
READING = "What fails is our reading; numbers are the paper's (Table 6) or this model's. Distances are 1 − cos."
WEIGHTED = (
    "In the paper α = 1.2 did best, near 1, as both losses are alike; of δ only the order of magnitude matters, and β "
    "did better ended than kept on (Figure 10)."
)
APART = "Here no weight learns from both L_RKD and L_KD, so α hardly matters."
TINY = "The term for few items is {share} of the sum, too thin to be seen; with δ = 1 it would be {alone}."
ENDED = "β ended after {aligned} of {epoch} epochs{tenth}."
TENTH = ", a tenth, as in the paper (20 of 200)"
FIRST, LAST = "First step", "Last step"
ON = "Picture"
DAMAGE = "Damage"
PAINTED = {3: "Good part with a small {what}", 4: "Good part with a {what}", 6: "Good part with a {what}"}
"""What is painted, by the step."""
FINDS, MISSED = ("S₁", "S₂"), "missed"
STRENGTHS = "tiny: faint, clear", "small: faint, clear"
"""Of the damages of step 3, from left to right, two columns each."""
FOUND_ALONE = "{kind}: {forward} × threshold to S₁, {reverse} to S₂"
BLIND = {
    "forward": {"forward": "Small {what}: S₁ misses it", "reverse": "S₂ finds it"},
    "reverse": {"forward": "S₁ finds it", "reverse": "Small {what}: S₂ misses it"},
}
"""Who misses a damage -> what stands below it, as each student sees it."""
NO_GOOD = "This step compares with a good part, but no sample of this model is known to be good."
WITHOUT_MEMORY = "; without the memory, {after}"
EXCHANGED = "S₂ is given the undamaged part's code. What it misses more then, the damaged code had carried."
OWN = {True: "Your drawing, on a defect", False: "Your drawing, on a good part", None: "Your drawing"}
PRICE = "The price: what one scale does not see is lost"
DEFECTIVE = "Defective: {what}"
LOOKING = "Asking the samples… {done} of {all}"
STUDENTS = "See on Inspect where only one of the students reacts"
FILM = "The film of this training: from before the first step to the last epoch."
NO_FILM = "This model came without a film of its training. `nnet train --film` keeps one."
COLLAPSE = "How the copier can go wrong: a target that shrinks until there is nothing left to copy"
READINGS = {
    ("recalled", True): "Target from the memory, S₁ moves it",
    ("recalled", False): "Target from the memory, fixed",
    ("original", True): "Target from the teacher, S₁ moves it",
    ("original", False): "Target from the teacher, fixed (preset small)",
}
COLLAPSE_CHARTS = (
    ("L_KD", "L_KD: what S₁ still gets wrong"),
    ("forward", "Image AUROC of S₁'s maps (0.5: chance)"),
    ("gate", "Median gate of the teacher's projections"),
    ("channels", "Share of the channels still in use"),
)
COLLAPSE_WHY = (
    "S₁ learns to agree with a target. The paper can be read in several ways: the target is made from the teacher's "
    "features or from the memory's answer, and its gates are fixed for S₁ or trained along with it. Made from the "
    "memory's answer and trained along, the gates close until the two sides agree on nearly nothing. Then S₁ no longer "
    "finds defects, though its loss is small."
)
COLLAPSE_ABOUT = "Preset {preset} on {data}, {seeds}, {epochs} epochs; `python -m benchmarks.collapse` measures it."
EPOCH = "epoch"
PAPERS_SHARE = 0.1
"""Of the epochs, for which β is on in the paper: 20 of 200."""
ONWARD = {"8_When_it_fails": "See when it fails", "6_Ablations": "See every claim of the paper checked"}


@dataclass(frozen=True)
class Card:
    """A step of the tour.

    Attributes:
        title: what it is about.
        text: what one should know, in at most 40 words.
        question: what is to be predicted.
        options: outcome of `nnet.analysis.story` -> how the visitor reads it.
        answers: outcome -> what was measured, with the names of the numbers in braces.
        story: what the paper says, "" where it says nothing.
        look: for the teacher: what should be seen.
        why: the reason in a sentence or two, below the answer; "" where the answer says it.
    """

    title: str
    text: str
    question: str
    options: Mapping[str, str]
    answers: Mapping[str, str]
    story: str
    look: str
    why: str = ""


CARDS: tuple[Card, ...] = (
    Card(
        "The teacher has seen a million photos",
        "The [[teacher]] learned from everyday photos, never from this part, and never changes. It describes every "
        "patch by numbers, its [[features]], on a fine, a middle and a coarse [[scale]]. A defect looks different "
        "to it.",
        "The patch with the highest score: how does the teacher describe it?",
        {"more": "Unlike good ones", "same": "Like good ones", "less": "More typical"},
        {
            "more": "Unlike good patches: the most similar one of the good samples is at a cosine distance of {peak}, "
            "where a typical good patch has one at {typical}.",
            "same": "Like good patches: the most similar one of the good samples is at a cosine distance of {peak}, "
            "where a typical good patch has one at {typical}.",
            "less": "More typical than good patches are: the most similar one of the good samples is at a cosine "
            "distance of {peak}, where a typical good patch has one at {typical}.",
        },
        "a defect looks different to the teacher, so students who never met one cannot follow it there.",
        "The three tiles of T light up. The map shows how far each patch is from the most similar one of the good "
        "samples. The picture's own patches are left out, since two scratches may be alike.",
    ),
    Card(
        "One student copies, one rebuilds",
        "Both learned from good parts only. [[S₁]], the copier, sees the picture and copies the teacher's description. "
        "[[S₂]], the rebuilder, never sees it: it rebuilds the description from a narrow [[code]]. Where they miss "
        "the teacher, something is new.",
        "How many of the teacher's numbers are left in the code?",
        {"few": "Less than a fifth", "half": "About half", "all": "Nearly all"},
        {
            "few": "Less than a fifth: {after} of {before} numbers, {share}.",
            "half": "About half: {after} of {before} numbers, {share}.",
            "all": "Nearly all: {after} of {before} numbers, {share}.",
        },
        "the code is narrow, so what S₂ has not learned does not fit through.",
        "S₁'s lane begins at the picture, S₂'s at the code F_C: what S₂ knows of the picture, it knows from the "
        "teacher, through the code.",
    ),
    Card(
        "Two students, two blind spots",
        "S₁ sees the damage: what it copies too well stays dark ([[over-imitation]]). S₂ never sees it and cannot "
        "copy; but its coarse code hides faint damage.",
        "Sixteen small damages on a good part: who misses some that the other finds?",
        {"forward": "Only S₁", "reverse": "Only S₂", "each": "Both do"},
        {
            "forward": "Only S₁: alone it misses {forward} of {all} that S₂ finds; S₂ misses none that S₁ finds.",
            "reverse": "Only S₂: alone it misses {reverse} of {all} that S₁ finds; S₁ misses none that S₂ finds.",
            "each": "Both do: of {all}, S₁ alone misses {forward} that S₂ finds, and S₂ alone {reverse} that S₁ finds.",
            "neither": "Neither: alone, both find the same ones of {all}.",
        },
        "S₁ alone misses what it imitates too well; both students together see more.",
        "Each pair of dots is a damage, S₁ orange and S₂ blue, filled where that student alone exceeds its own "
        "threshold. The pictures show the damage that each misses most clearly, with the threshold in the middle of "
        "the colours. In the drawing S₂'s lane goes grey.",
    ),
    Card(
        "The danger of rebuilding: the restoration shortcut",
        "If the code carries a defect, S₂ rebuilds it, agrees with the teacher and sees nothing: the "
        "[[restoration shortcut]]. So the code is narrow, and the [[memory]] answers coarse patches with good ones; "
        "finer ones go past it.",
        "How much of the damage gets through the code to S₂?",
        {"few": "Less than a fifth", "half": "About half", "all": "Nearly all"},
        {
            "few": "Less than a fifth: {before}{without}.",
            "half": "About half: {before}{without}.",
            "all": "Nearly all: {before}{without}.",
        },
        "the narrow code and the memory keep a defect from S₂, which cannot rebuild it then.",
        "S₂ rebuilds the damaged part twice: from its own code, and from the code of the same part without the damage. "
        "What it misses more then had got through, and is drawn in the third picture, in the colours of the second.",
    ),
    Card(
        "The memory answers with good patches",
        "The [[memory]] holds descriptions of good patches and answers each coarse patch by a mixture of the few most "
        "like it ([[sparse addressing]]). So a defect comes back as good; S₂ cannot rebuild it: the angle is large.",
        "Let every patch mix all items. What becomes of the answers?",
        {"less": "They become alike", "same": "They stay", "more": "More varied"},
        {
            "less": "They become alike: a damaged patch was {few} times as far from its answer as a good one, "
            "now {many} times.",
            "same": "They stay as they are: a damaged patch was {few} times as far from its answer as a good one, "
            "now {many} times.",
            "more": "They become more varied: a damaged patch was {few} times as far from its answer as a good one, "
            "now {many} times.",
        },
        "a defect is hard to mix from good patches, and small weights are cut to zero (section 3.3).",
        "The picture rebuilt from the training patches that the memory answers with: there is no defect in it. With "
        "all items at once it is one grey weave, which fits no patch; the bars compare a good and a damaged one. Below "
        "the drawing the chain from the items to the angle, with the numbers of this patch and of a good one.",
        "Why few: a mixture of all fits no patch, so damage stands out less; and it might add up to a defect.",
    ),
    Card(
        "Gates against over-imitation",
        "A [[projection]] (FPM) multiplies channels by gates from 0 to 1, learned on good parts only: what these use "
        "is to pass, what only a defect excites is not. Then S₁ has nothing to copy of it: gates counter "
        "[[over-imitation]].",
        "How much of what a damage adds passes the gates, beside a good part?",
        {"less": "Less", "same": "As much", "more": "More"},
        {
            "less": "Less: {passed_damage} of what the damage adds passes, {passed_good} of the good part.",
            "same": "As much: {passed_damage} of what the damage adds passes, {passed_good} of the good part.",
            "more": "More: {passed_damage} of what the damage adds passes, {passed_good} of the good part.",
        },
        "S₁ would learn the teacher's own features too well, so it copies gated ones, which are compact and easier to "
        "rid of defects.",
        "The bars beside the tiles P and SP are the gates. The pictures multiply: of one channel of the fine scale its "
        "features, its gates, and what they let through. It is the channel in which the damage gains most; the answer "
        "counts them all. The table below asks Figure 7's question: are good parts more even behind the gates?",
    ),
    Card(
        "Add within a scale, multiply across",
        "The [[maps]] measure the angle to the teacher, fine to coarse:\nS₂: M1, M2, M3\nS₁: M6, M5, M4\nWithin a "
        "[[scale]] they are added, as one student may miss it; scales are multiplied: what only one scale sees "
        "fades.",
        "Add the scales instead. What happens to the heatmap's ground?",
        {"more": "It gets brighter", "same": "No change", "less": "Darker"},
        {
            "more": "It gets brighter: half of the picture lies above {after} of the peak, above {before} when "
            "multiplied.",
            "same": "No change: half of the picture lies above {after} of the peak, above {before} when multiplied.",
            "less": "It gets darker: half of the picture lies above {after} of the peak, above {before} when "
            "multiplied.",
        },
        "the product keeps what all scales see and silences the rest.",
        "Both heatmaps reach the top of their own colours, so only the ground differs.",
    ),
    Card(
        "What training asks for",
        "Training makes one sum small, over good parts only: defects are never shown. [[L_align]] stops early.",
        "Which part weighs most at the end of this training?",
        {"L_RKD": "S₂'s rebuilding", "L_KD": "S₁'s copying", "L_query": "The memory's few items"},
        {
            "L_RKD": "S₂'s rebuilding: {share} of the sum.",
            "L_KD": "S₁'s copying: {share} of the sum.",
            "L_query": "The memory's few items: {share} of the sum.",
            "L_align": "The aligning, which was kept on to the end: {share} of the sum.",
        },
        "",
        "The bands are the shares of the loss over the training; that of L_align ends where β does. In the film the "
        "good picture goes dark within a few epochs, while the defective ones stay bright. L_KD compares SP with P, "
        "L_align SF with P.",
        "A large share is what is still hardest, not what matters most: α says how much S₁ copies, β how it starts, δ "
        "how few items answer.",
    ),
    Card(
        "What helped, and when it fails",
        "Which part helps a network to learn? The paper trains anew with each part added: S₁ with its maps helps most. "
        "Which part does a finished network lean on? That is another question.",
        "This network is finished. Without which part does it tell good from defective worst?",
        {
            "forward": "S₁, the copier",
            "reverse": "S₂, the rebuilder",
            "fpm": "The projections",
            "nfs": "The memory",
            "none": "No part matters",
        },
        {
            "forward": "S₁, the copier: {leans}",
            "reverse": "S₂, the rebuilder: {leans}",
            "fpm": "The projections: {leans}",
            "nfs": "The memory: {leans}",
            "none": "No part matters: without any one, at least nine tenths of the distance between good and defective "
            "samples are kept.",
        },
        "of all parts S₁ with its maps raises P-AP most, from 61.18 to 62.77 (Table 4).",
        "Beside each part what the paper gained with it, what a small study here gained (a bar to the left: lost), and "
        "how much of the distance between good and defective samples this model keeps without it, as on Ablations. "
        "Nine tenths count as all; below 0 the two groups have swapped. Below the drawing: three experiments, why they "
        "disagree, and where the model fails.",
    ),
)
PAPERS_BEST = "4", "2"
"""The rows of Table 4 with S₁ and its maps, and without."""
HELPED: Mapping[str, tuple[str, tuple[str, str] | None]] = {
    "forward": ("S₁ and its maps", PAPERS_BEST),
    "reverse": ("S₂ and its maps", None),
    "fpm": ("projections", ("2", "1")),
    "nfs": ("memory", ("3", "1")),
}
"""Part -> its name, and the rows of Table 4 with and without it; with the memory the paper adds the fusion, and without
S₂ it trains no network."""
NEVER_OUT = "never without"
LEANS = "without it {left} of the distance between good and defective samples is left."
STUDIED = {"forward": "bd", "fpm": "fpm", "nfs": "mf"}
"""Part -> the claim (`nnet.studies.CLAIMS`) whose two rows are compared in the study, as in the paper."""
HELPS_HEAD = ("paper: P-AP gained", "study here: P-AP gained", "taken out: distance kept")
TERM_NAMES = {"L_RKD": "rebuilding", "L_KD": "copying", "L_align": "aligning", "L_query": "few items"}
LOSSES_ALT = "Shares of the terms of the loss over the training"

CAPTIONS: Mapping[int, Mapping[str, str]] = {
    1: {"picture": "The picture", "unlike": "How unlike the good samples' patches each one is to the teacher"},
    4: {"picture": "Damaged", "missed": "What S₂ misses", "through": "What got through, same colours"},
    5: {"picture": "The picture", "few": "Its answer, in training patches", "every": "All items at once"},
    6: {
        "before": "Best of {channels} channels of F₁: damage at {before} × the rest",
        "gates": "× its gates, {low} (black) to {high}",
        "after": "= P₁, brightened: damage at {after} × the rest",
    },
    7: {"before": "Scales multiplied", "after": "Scales added"},
}


def step_name(number: int, done: bool) -> str:
    """A step on the bar of steps, with a mark once it was answered, rightly or not; style.css draws it as a dot."""
    return f"{number} :small[{ANSWERED}]" if done else str(number)


def measured(number: int, finding: Finding) -> str:
    """What came out of a step's question, in a sentence or two."""
    template = CARDS[number - 1].answers[finding.outcome]
    plain = {name: units.rough(value) for name, value in finding.numbers.items()}
    return template.format(**plain | _further(finding))


def _further(finding: Finding) -> dict[str, str]:
    """What some sentences need beside the numbers as they are."""
    numbers, further = finding.numbers, {}
    if "whole" in numbers and finding.outcome != NONE:
        left = apart_words.kept(numbers[finding.outcome], numbers["whole"])
        return {"leans": LEANS.format(left=left)}
    if "scores" in finding.images:
        return {name: f"{count:.0f}" for name, count in numbers.items()}
    if "through" in finding.images:
        shares = {name: units.percent(max(0.0, share)) for name, share in numbers.items()}
        return shares | {"without": WITHOUT_MEMORY.format(**shares) if "after" in shares else ""}
    if "before" in numbers and "after" in numbers and finding.outcome in ("few", "half", "all"):
        further = {name: f"{numbers[name]:,.0f}" for name in ("before", "after")}
        further["share"] = units.percent(numbers["after"] / max(numbers["before"], 1))
    if finding.outcome in SUM:
        further = {"share": units.percent(numbers[finding.outcome])}
    if "passed_damage" in numbers:
        further = {name: units.percent(numbers[name]) for name in ("passed_damage", "passed_good")}
    if "good_before" in numbers:
        further = {
            name: units.rough(numbers[f"damaged_{when}"] / max(numbers[f"good_{when}"], SMALLEST))
            for name, when in (("few", "before"), ("many", "after"))
        }
    return further


def why(number: int, finding: Finding) -> str:
    """The reason in a sentence or two, below the answer."""
    if (copied := finding.numbers.get("copied")) is not None:
        return S1_COPIED[copied >= COPIES].format(copied=units.percent(max(copied, 0.0)))
    if "whole" in finding.numbers:
        return HELPED_MOST.format(gain=f"{_gain(*PAPERS_BEST):+.2f}", here=_leaning(finding))
    if "passed_damage" not in finding.numbers:
        return CARDS[number - 1].why
    ends = {name: units.percent(finding.numbers[name]) for name in ("least", "most")}
    if finding.agrees:
        return GATES_WORK
    return (GATES_ALIKE if finding.numbers["spread"] < gated.ALIKE else GATES_DIFFER).format(**ends)


def emphasised(answer: str) -> str:
    """An answer as Markdown, of which the words before its numbers are bold."""
    head, colon, rest = answer.partition(": ")
    return f"**{head}:** {rest}" if colon else f"**{answer}**"


def found_alone(kind: str, scores: Sequence[float]) -> str:
    """A damage of step 3: S1's and S2's scores, as multiples of their thresholds."""
    forward, reverse = (units.number(float(score)) for score in scores)
    return FOUND_ALONE.format(kind=kind, forward=forward, reverse=reverse)


def helps(finding: Finding, study: Mapping[str, Measured]) -> tuple[tuple[str, tuple[tuple[float, str], ...]], ...]:
    """What each part helps in step 9: its name; the P-AP that the paper gained with it (Table 4), and the study; and
    the share of the distance between good and defective samples that is kept without it. Each with the value in words;
    a part that was not studied has an empty one."""
    whole = finding.numbers["whole"]
    found = []
    for key, (name, rows) in HELPED.items():
        if key not in finding.numbers:
            continue
        gain = 0.0 if rows is None else _gain(*rows)
        share = finding.numbers[key] / max(abs(whole), SMALLEST)
        own = (study[key].mean, f"{study[key].mean:+.2f}") if key in study else (0.0, "")
        told = NEVER_OUT if rows is None else f"{gain:+.2f}"
        found.append((name, ((gain, told), own, (share, apart_words.kept(finding.numbers[key], whole)))))
    return tuple(found)


def _leaning(finding: Finding) -> str:
    """What step 9 comes to in this model."""
    if finding.outcome == NONE:
        return NO_PART
    if finding.numbers[finding.outcome] < 0:
        return SWAPPED_SHORT
    return LEANING.format(leans=apart_words.LEANS.format(part=PART_NAMES[finding.outcome]))


def captions(number: int, shown: Gated | None = None) -> dict[str, str]:
    """What stands below each picture of an answer; `shown`: the channel of step 6."""
    told = {}
    if shown is not None:
        ends = {"low": units.percent(float(shown.gates.min())), "high": units.percent(float(shown.gates.max()))}
        told = ends | dict(zip(("before", "after"), map(units.rough, shown.stands), strict=True))
        told["channels"] = str(shown.channels)
    return {name: text.format(**told) for name, text in CAPTIONS.get(number, {}).items()}


def share_told(name: str) -> str:
    """What stands beside the pointer on a band of step 8."""
    return f"{TERM_NAMES[name]}<br>{EPOCH} %{{x}}: %{{y:.0f}} %<extra></extra>"


def weights_used(loss: LossConfig) -> dict[str, str]:
    """The weight of each term that has one."""
    rows = (row[0].partition(":")[0] for row in weights(loss))
    return dict(zip(("L_KD", "L_align", "L_query"), rows, strict=True))


def weighted(loss: LossConfig, finding: Finding) -> str:
    """What the paper found for the weights, and what is to be seen of them in step 8."""
    numbers, said = finding.numbers, [WEIGHTED]
    if not loss.moves_teacher:
        said.append(APART)
    if share := numbers.get("L_query", 0.0):
        others = loss.delta * numbers["entropy"] * (1 - share) / share
        alone = numbers["entropy"] / (numbers["entropy"] + others)
        said.append(TINY.format(share=units.percent(share), alone=units.percent(alone)))
    if 0 < numbers["aligned"] < numbers["epoch"]:
        tenth = TENTH if loss.beta_share == PAPERS_SHARE else ""
        said.append(ENDED.format(aligned=f"{numbers['aligned']:.0f}", epoch=f"{numbers['epoch']:.0f}", tenth=tenth))
    return " ".join(said)


def of_mixtures(finding: Finding) -> str:
    """Why there is a memory, and what mixing all items did in step 5 to what S2 misses and to the scores."""
    numbers = finding.numbers
    gain = printed_row("table5", "2")["p_ap"] - printed_row("table5", "1")["p_ap"]
    said = [OF_MIXTURES.format(gain=f"{gain:.2f}")]
    if "missed_good_before" in numbers:
        before, after = (
            numbers[f"missed_damaged_{when}"] / max(numbers[f"missed_good_{when}"], SMALLEST)
            for when in ("before", "after")
        )
        told = {name: units.rough(value) for name, value in numbers.items()}
        named = {f"{kind}_{when}": told[f"missed_{kind}_{when}"] for kind in FAR_OF for when in ("before", "after")}
        stands = STANDS[compared(after, before)]
        said.append(MISSED_OF.format(**named, stands=stands, before=units.rough(before), after=units.rough(after)))
    scores = {when: units.times(numbers[f"score_{when}"]) for when in ("before", "after")}
    good = {f"good_{when}": units.times(numbers[f"score_good_{when}"]) for when in ("before", "after")}
    alarm = ALARM if numbers["score_good_before"] <= 1 < numbers["score_good_after"] else ""
    said.append(SCORES.format(**scores, **good, alarm=alarm))
    if compared(numbers["score_after"], numbers["score_before"]) == EQUAL:
        said.append(SAME_CODE.format(turned=units.rough(numbers["turned"])))
    return " ".join(said)


def far(finding: Finding) -> tuple[tuple[str, tuple[float, float], str, str], ...]:
    """Of a good and of the damaged patch in step 5: its name, its distance from the answer of few items and of all,
    both in numbers, and as a sentence."""
    found = []
    for key, name in FAR_OF.items():
        pair = finding.numbers[f"{key}_before"], finding.numbers[f"{key}_after"]
        told = dict(zip(("before", "after"), map(units.rough, pair), strict=True))
        found.append((name, pair, FAR_CHANGE.format(**told), FAR_TOLD.format(name=name, **told)))
    return tuple(found)


def _gain(added: str, before: str) -> float:
    """How much more P-AP a row of Table 4 has than another, in points."""
    return printed_row("table4", added)["p_ap"] - printed_row("table4", before)["p_ap"]


def experiments(finding: Finding, study: Mapping[str, Measured], data: str, epochs: int) -> dict[str, str]:
    """What the paper, the study and this model say of S1 and its maps, by who says it; without what is not there."""
    told = {PAPERS: PAPER_SAYS.format(gain=f"{_gain(*PAPERS_BEST):+.2f}")}
    if (found := study.get("forward")) is not None:
        spread = "" if found.spread is None else f" ± {found.spread:.2f}"
        seeds, change = units.plural(found.n, "seed"), f"{found.mean:+.2f}{spread}"
        told[STUDYS] = STUDY_SAYS.format(data=data, seeds=seeds, epochs=epochs, change=change)
    if "forward" in finding.numbers:
        kept = {
            part: apart_words.kept(finding.numbers[part], finding.numbers["whole"])
            for part in PART_NAMES
            if part in finding.numbers
        }
        told[OWN_NETWORK] = MODEL_SAYS.format(kept=kept["forward"])
        if finding.outcome not in (NONE, "forward"):
            leans = apart_words.LEANS.format(part=PART_NAMES[finding.outcome])
            told[OWN_NETWORK] += MODEL_LEANS.format(leans=leans, kept=kept[finding.outcome])
        if any(finding.numbers[part] < 0 for part in kept):
            told[OWN_NETWORK] += f" {apart_words.SWAPPED}"
    return told


def weights(loss: LossConfig, numbers: Mapping[str, float] | None = None) -> tuple[tuple[str, ...], ...]:
    """The rows of step 8's table, below `WEIGHTS_HEAD`; with the `numbers` of its answer also what was measured."""
    used = {name: f"{getattr(loss, name):g}" for name in WEIGHTS}
    stays = loss.beta_epochs is None and loss.beta_share is None
    used["beta"] = BETA[stays or not loss.beta].format(beta=used["beta"])
    told = _in_the_table(numbers or {}) | {"alpha_large": ALPHA_LARGE[loss.moves_teacher]}
    return tuple(
        (used_here.format(used=used[name]), *(one.format(**told) for one in rest))
        for name, (used_here, *rest) in WEIGHTS.items()
    )


def _in_the_table(numbers: Mapping[str, float]) -> dict[str, str]:
    """What the paper and this model measured, as parts of the table's sentences; "" where nothing was."""
    table6 = {row: f"{printed_row('table6', row)['p_ap']:.2f}" for row in ("2", "3", "4")}
    told = {
        "alpha_small": INSTEAD.format(without=table6["3"], with_it=table6["4"]),
        "beta_small": INSTEAD.format(without=table6["2"], with_it=table6["4"]),
        "closing": CLOSING if numbers else "",
        "fits": "",
        "copied": "",
    }
    if "fit_few" in numbers:
        told["fits"] = FITS.format(**{name: units.rough(numbers[f"fit_{name}"]) for name in ("few", "all", "one")})
    if numbers.get("aligned", 0) < numbers.get("epoch", 0) and "copied_before" in numbers and numbers["aligned"]:
        both = {when: units.rough(numbers[f"copied_{when}"]) for when in ("before", "behind")}
        told["copied"] = COPIED.format(**both)
    return told


def verdict(number: int, finding: Finding, showing: tuple[int, int]) -> str:
    """How this lies beside what the paper says, or "" where the paper says nothing.

    Args:
        number: of the step.
        finding: the answer.
        showing: in how many of the defective samples it is as the paper says, and of how many; (0, 0) if not asked.
    """
    card = CARDS[number - 1]
    if not card.story:
        return ""
    story = f"{card.story[0].upper()}{card.story[1:]}"
    if not finding.expected:
        return P_AP
    if number == 5:
        said = of_mixtures(finding)
    elif number == 4 and finding.agrees and finding.numbers["before"] >= finding.numbers.get("after", math.inf):
        said = NOT_THE_MEMORY.format(story=story)
    elif number == 3 and not finding.agrees:
        said = ONE_WAY.format(story=story)
    elif finding.agrees:
        said = AGREES.format(story=card.story)
    else:
        said = (NOTHING if finding.outcome == "same" else OTHERWISE).format(story=story)
    total = units.plural(showing[1], "defective sample")
    return f"{said} {SHOWN.format(showing=showing[0], total=total)}" if showing[1] else said.strip()


def of_gates(evened: Finding | None, steps: int, shown: Gated | None) -> str:
    """What else there is to say of the gates in step 6.

    Args:
        evened: `story.evened`, None where it cannot be measured.
        steps: of the training, 0 where they are not known.
        shown: the channel in the pictures.
    """
    said = [] if evened is None else [EVENNESS[claimed(evened.numbers).holds]]
    said += [WHY_GATES.format(steps=units.plural(steps, "step"))] if steps else []
    if shown is not None:
        said.append(GAINING.format(gaining=shown.gaining, channels=shown.channels))
    return " ".join(said)


def collapse_told(reading: str) -> str:
    """What stands beside the pointer on a line."""
    return f"{reading}<br>{EPOCH} %{{x}}: %{{y:.3g}}<extra></extra>"


def collapse_about(found: Mapping[str, Any]) -> str:
    """What the curves were measured on."""
    seeds = len({run["seed"] for run in found["runs"]})
    epochs = max(point["epoch"] for run in found["runs"] for point in run["points"])
    return COLLAPSE_ABOUT.format(
        preset=found["preset"], data=found["data"], seeds=units.plural(seeds, "seed"), epochs=epochs
    )


# ------------------------------------------------------------------------------------------------------ lesson sheet

LESSON = "A lesson with N-Net Workbench"
LESSON_ABOUT = (
    "For teachers, to be printed. It is made from the cards of the page How it works by "
    "`python -m workbench.how_it_works.lesson_sheet > docs/lesson.md`; a test says whether it is current.",
    "Before: start the workbench (`make demo`), open How it works, switch Presenter on. Arrow keys or a clicker turn "
    "the pages, 1, 2 and 3 answer, Escape leaves. “Step through” below the drawing lights stage by stage; the "
    "same keys then go through the stages. Let the class vote first, then press what most of them chose. The "
    "answers are computed on the model at hand, so they need not be those of the paper; a grey line then says why, and "
    "that is worth talking about.",
)
LESSON_PLAN = "In {minutes} minutes"
LESSON_STEPS = "Steps {steps}: about {each} minutes each, with {rest}."
LESSON_PRESS, LESSON_ASK, LESSON_OPTIONS = "Open:", "Ask:", "Answers:"
LESSON_SEEN, LESSON_PAPER, LESSON_NOTES = "To be seen:", "The paper says:", "Our vote and the model's answer:"
LESSON_LINK = "`/How_it_works?step={step}`, and press one of the answers."
LESSON_LAST = "Tasks for the end"
LESSON_TASKS = (
    "On Home, draw a scratch on the good part. How thin may it be before the model no longer sees it?",
    "On Memory, press a patch with a defect. Which good patches answer it?",
    "On Inspect, press the maps of the score one after the other. Which of them can be left out for this picture?",
    "On Ablations, find a claim of the paper that these trainings do not confirm. How many seeds would you want?",
    "Bring photos of your own parts, train a model on Train, and watch its film.",
)
