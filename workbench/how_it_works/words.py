"""The tour's wording: nine cards, what is asked, and what was measured. Knows no Streamlit.

In the texts of cards a term in double brackets, [[memory]], is one of the glossary's.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnet.analysis import gated
from nnet.analysis.answered import FARTHER
from nnet.analysis.gated import Gated
from nnet.analysis.story import EQUAL, LESS, MORE, NONE, Finding, claimed, compared
from nnet.config import LossConfig
from nnet.studies import Measured
from nnet.studies.published import printed_row
from nnet.units import SMALLEST
from workbench.shared import apart_words, small_damages, units
from workbench.shared.small_damages import KINDS

TITLE = "How it works"
STEP, PREVIOUS, NEXT, AGAIN = "Step", "Previous", "Next", "Forget my answers"
ANSWERED = "answered"
PREDICT = "What do you expect? Pick an answer, then the model is asked."
ASKING = "Asking the model…"
ASKING_ALL = "Looking at every sample, with all parts and without each…"
EXPECTED = "{question} You expected: {option}. {whether}; the model {model}:"
WHETHER = {True: "Right", False: "Not so"}
BELOW = "more-below"
WHY_BELOW = ":small[{why} [More below](#" + BELOW + ")]"
AGREES = "As the paper says of its own networks: {story}"
NOTHING = "The paper, of its own networks: {story} Here a difference of less than a tenth counts as none."
OTHERWISE = "The paper, of its own networks: {story} For this picture it is the other way round."
PAPER_GATES = (
    "S₁ would learn the teacher's own features too well, on defects, too; gated ones are compact and easier to rid of "
    "defects: {gain} P-AP (Table 4). Behind the gates good parts vary less and more evenly (Figure 7)."
)
EVENNESS = "Good parts are more even behind the gates {even}."
"""Where Figure 7 holds, as on Projection; that they vary less is nearly built in."""
S1_COPIED = {
    True: "Of what the {what} changes in the teacher S₁ copied {copied}: over-imitation.",
    False: "Of what the {what} changes in the teacher S₁ copied only {copied}: it is too faint, not copied.",
}
PLURAL = {"stain": "stains", "hole": "holes", "crack": "cracks", "scratch": "scratches"}
S1_FOR = "What S₁ adds: {kinds} rise higher above its threshold than above S₂'s, in {better} of {all}."
S1_FOR_NOTHING = "No kind of damage here rises higher above S₁'s threshold than above S₂'s: S₂ would do for these."
COPIES = 0.5
"""From which share on of what a damage changes S1 is said to copy it."""
HELD_BACK = {
    LESS: "So S₁ is asked to copy less of it, as is meant.",
    EQUAL: "So here they leave S₁ as much of a damage to copy as of a good part.",
    MORE: "So here they do the opposite of what is meant.",
}
GATES_EVEN = "They are nearly even ({least} to {most} by channel): that turns no angle."
GATES_UNEVEN = "They differ by channel ({least} to {most})."
WHY_GATES = (
    "Gates never see a defect. They stay open to what S₂ needs to rebuild F (L_RKD); what it does not need they may "
    "close, but nothing makes them, since that loss is an angle, which a factor common to all channels does not turn."
)
PARTED = "This model had {steps} to part them; whether more would, was not measured."
AS_SAID = "They do not differ here."
GAINING = "In {gaining} of {channels} channels of F₁ the damage stands out more behind them, {chance}."
CHANCE = {LESS: "fewer than by chance", EQUAL: "about as many as by chance", MORE: "more than by chance"}
PAPER_FEW = (
    "A mixture of many items can imitate anything, so a defect could be rebuilt; few must look like stored good "
    "patches. Alone, without the fusion, the memory gains {gain} points of P-AP (Table 5)."
)
_TIMES_AS_FAR = "a damaged patch is {few} times as far from its answer as a good one, with all items {many} times."
FEW_PART = {
    LESS: f"Few part damage from good here: {_TIMES_AS_FAR}",
    EQUAL: f"Few or all hardly matters here: {_TIMES_AS_FAR}",
    MORE: f"Few part damage from good no better here: {_TIMES_AS_FAR}",
}
"""By what becomes of the ratio when all are mixed."""
FEW_PART_NOT = f"The memory hardly tells damage from good here: {_TIMES_AS_FAR}"
MISSED_OF = (
    "With all items S₂ is off by {damaged_after} on the damage, with few by {damaged_before}; on a good part by "
    "{good_after} and {good_before}. {stands}: {after} times a good part, with few {before} times."
)
STANDS = {
    LESS: "So the damage stands out less with all",
    EQUAL: "So the damage stands out as much either way",
    MORE: "So the damage stands out even more with all",
}
SCORES = {
    LESS: "The score falls from {before} to {after} × threshold{alarm}.",
    EQUAL: "The score hardly changes: {before} × threshold with few, {after} with all{alarm}.",
    MORE: "The score even rises from {before} to {after} × threshold{alarm}.",
}
ALARM = ", and the good part turns into a false alarm"
OF_SCORES = {
    LESS: "The score follows the paper here.",
    EQUAL: "Finer patches go past the memory, so all items turn S₂'s code by only {turned} (cosine distance): the "
    "score speaks neither for few nor against.",
    MORE: "A higher score is no better one: with all items good parts change, too. Finer patches go past the memory, "
    "and the code turns by {turned} (cosine distance).",
}
FAR = "How far a patch is from its answer: of few items (blue), of all (grey)"
FAR_OF = {"good": "good", "damaged": "damaged"}
FAR_TOLD, FAR_CHANGE = (
    "{name}: {before} from its answer of few items, {after} from that of all",
    "{before}, then {after}",
)
NOT_THE_MEMORY = "The paper, of its own networks: {story} Here the narrow code does it; the memory does not help."
SAME_NUMBERS = "On Projection: the same table, with maps of {picture}"
ONE_WAY = "The paper, of its own networks: {story} {here}"
HERE_ONE_WAY = {
    "forward": "In this model it shows one way only: S₂ covers for S₁.",
    "reverse": "In this model it shows one way only: S₁ covers for S₂.",
    "neither": "In this model neither has to cover for the other.",
}
NOT_KNOWN = "This picture is not known to show a defect, so it says nothing about the paper."
P_AP = (
    "P-AP is the area under the precision-recall curve of pixels. Paper and study add the memory together with the "
    "fusion (Table 4), so it gains more there than alone (Table 5); here the memory alone is taken out."
)
HELPED_MOST = "The paper asks otherwise, training anew: S₁ with its maps helps most ({gain} P-AP).{here}"
SWAPPED_SHORT = " Good samples now score higher: all else was trained with the part in place."
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
LONGER_SAYS = (
    " At 256 × 256 px and twice the steps, all parts together change it by <b>{change}</b> against the baseline."
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
LESSON_HEADS = "What the paper claims", "What this model does", "Why the two may differ"
PAPERS_GATES = "2", "1"
"""The rows of Table 4 with the projections and without."""
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
        "Paper, without copying: P-AP {alpha_small}; best at 1.2 (Figure 10). Too large: not measured here.",
    ),
    "beta": (
        "β = {used}: S₁ starts",
        "Nothing leads S₁'s own features to P, so it starts at random.",
        "Kept on, S₁ must equal P before its own gates, so these have nothing to do.",
        "Paper, without: P-AP {beta_small}.{copied}",
    ),
    "delta": (
        "δ = {used}: few items",
        "The entropy of the addressing stays high: many items answer a patch, which might imitate a defect.",
        "The entropy goes to 0: one item answers a patch, even where none fits it.",
        "δ was not varied.{fits}",
    ),
}
"""What was used and what it is for, what fails when it is too small or too large, and what was measured of it."""
ALPHA_LARGE = {
    True: "S₁'s copying outweighs S₂'s rebuilding in the gates that both train: these turn to what is easy to copy.",
    False: "Where S₁ and S₂ share weights, copying outweighs rebuilding. Here they share none, so little follows.",
}
"""Whether L_KD moves the teacher's gates, too -> what follows from the loss."""
INSTEAD = "{without}, not {with_it}"
FITS = (
    " Mixing changed by hand: a good patch is {few} from its answer; of all items {all}, {fits_all}; of one {one}, "
    "{fits_one}."
)
FITS_BETTER = {LESS: "a better fit", EQUAL: "as good a fit", MORE: "a worse fit"}
COPIED = " Here β ended, and S₁ is {before} from P before its gates, {behind} behind them."
READING = (
    "Too small and too large: what follows from the loss, not measured. Numbers are the paper's (Table 6) or this "
    "model's; distances are 1 − cos."
)
WEIGHTED = (
    "α = 1.2 did best, near 1, as both losses are alike; of δ only the order of magnitude matters; β did better ended "
    "than kept on (Figure 10)."
)
APART = "In this model no weight learns from both L_RKD and L_KD, so α only scales S₁'s own steps."
NOT_VARIED = (
    "This is one training with one α, β and δ. What others would do, only training again can tell, so nothing here "
    "supports the paper or refutes it."
)
TINY = "δ's term is {share} of the sum, too thin to be seen; with δ = 1 it would be {alone}."
ENTROPY = {
    LESS: "Over the training the entropy of the addressing fell from {first} to {entropy}: fewer items answer a patch, "
    "as δ asks for.",
    EQUAL: "Over the training the entropy of the addressing hardly moved, from {first} to {entropy}: it was as low "
    "after the first epoch, likely by temperature and shrinkage more than by δ.",
    MORE: "Over the training the entropy of the addressing rose from {first} to {entropy}, though δ asks for less.",
}
ENDED = "β ended after {aligned} of {epoch} epochs{tenth}."
TENTH = ", a tenth, as in the paper (20 of 200)"
FIRST, LAST = "First step", "Last step"
ON = "Picture"
DAMAGE = "Damage"
PAINTED = {3: "Good part with a tiny, clear {what}", 4: "Good part with a {what}", 6: "Good part with a {what}"}
"""What is painted, by the step."""
FINDS, MISSED = ("S₁", "S₂"), "missed"
STRENGTHS = "tiny: faint, clear", "small: faint, clear"
"""Of the damages of step 3, from left to right, two columns each."""
FOUND_ALONE = "{kind}: {forward} × threshold to S₁, {reverse} to S₂"
BLIND = {
    "forward": {"forward": "S₁ misses this {what}", "reverse": "S₂ finds it"},
    "reverse": {"forward": "S₁ finds this {what}", "reverse": "S₂ misses it"},
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
FILM = "The film of this training, from before the first step to the last epoch"
NO_FILM = "This model came without a film of its training."
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
COLLAPSE_ABOUT = "Preset {preset} on {data}, {seeds}, {epochs} epochs. α is the same in all of them."
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
        "Can two students cover for each other?",
        "S₁ keeps the picture's resolution, so thin damage may show; what it copies too well stays dark "
        "([[over-imitation]]). S₂ sees a coarse [[code]]: it cannot copy, but rebuilds thin things inexactly, so thin "
        "damage may drown.",
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
        "threshold. The pictures show the damage that each misses most clearly, framed among the dots, with the "
        "threshold in the middle of the colours. The answer says which kind, if any, shows better to S₁. In the "
        "drawing S₂'s lane goes grey.",
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
        "The [[memory]] answers a coarse patch by a mixture of stored good ones, and S₂ gets the answer. A mixture of "
        "many could imitate anything, even a defect. A few must look like stored good patches: "
        "[[sparse addressing]].",
        "Let every patch mix all items. What becomes of the answers?",
        {"less": "They become alike", "same": "They stay", "more": "More varied"},
        {
            "less": "They become alike: {before} apart, then {after}.",
            "same": "They stay: {before} apart, then {after}.",
            "more": "They become more varied: {before} apart, then {after}.",
        },
        "a defect is hard to mix from good patches, and small weights are cut to zero (section 3.3).",
        "The picture rebuilt from the training patches that the memory answers with. With all items at once it is one "
        "grey weave; the bars say how far a good and a damaged patch are from either. Below the drawing: what the "
        "paper claims, what this model does, and why they may differ; and the chain from the items to the angle, with "
        "the numbers of this patch and of a good one.",
    ),
    Card(
        "Gates against over-imitation",
        "A [[projection]] (FPM) multiplies channels by gates from 0 to 1, learned on good parts only. They are meant "
        "to pass what good parts need and little else, so that S₁ has less of a defect to copy ([[over-imitation]]).",
        "Do the gates pass less of a damage than of a good part?",
        {"less": "Less", "same": "As much", "more": "More"},
        {
            "less": "Less: {passed_damage} of the damage, {passed_good} of the good part.",
            "same": "As much: {passed_damage} of the damage, {passed_good} of the good part.",
            "more": "More: {passed_damage} of the damage, {passed_good} of the good part.",
        },
        "S₁ would learn the teacher's own features too well, so it copies gated ones, which are compact and easier to "
        "rid of defects.",
        "The bars beside the tiles P and SP are the gates. The pictures multiply: of one channel of the fine scale its "
        "features, its gates, and what they let through. Of the channels that show the damage it is the typical one; "
        "the answer counts them all. Below the drawing: what the paper claims, what this model does, and why they may "
        "differ. The table asks Figure 7's question: are good parts more even behind the gates?",
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
        "Without which part does this finished network do worst?",
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
            "none": "No part matters: without any one at least nine tenths of the distance are kept.",
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
    "fpm": ("projections", PAPERS_GATES),
    "nfs": ("memory", ("3", "1")),
}
"""Part -> its name, and the rows of Table 4 with and without it; with the memory the paper adds the fusion, and without
S₂ it trains no network."""
NEVER_OUT = "in all"
LEANS = "without that part {left} of the distance between good and defective is left."
STUDIED = {"forward": "bd", "fpm": "fpm", "nfs": "mf"}
"""Part -> the claim (`nnet.studies.CLAIMS`) whose two rows are compared in the study, as in the paper."""
HELPS_HEAD = ("paper: P-AP gained", "study here: P-AP gained", "taken out: distance kept")
TOO_THIN, THIN = 0.01, "{term} (too thin to see)"
"""Share of the loss below which a band of the chart is not seen, and what its key says then."""
TERM_NAMES = {"L_RKD": "rebuilding", "L_KD": "copying", "L_align": "aligning", "L_query": "few items"}
LOSSES_ALT = "Shares of the terms of the loss over the training"

CAPTIONS: Mapping[int, Mapping[str, str]] = {
    1: {"picture": "The picture", "unlike": "How unlike the good samples' patches each one is to the teacher"},
    4: {"picture": "Damaged", "missed": "What S₂ misses", "through": "What got through, same colours"},
    5: {"picture": "The picture", "few": "Answer, few items", "every": "Answer, all items"},
    6: {
        "before": "A typical channel of F₁: damage at {before} × the rest",
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
    return further


def why(number: int, finding: Finding) -> str:
    """The reason in a sentence or two, below the answer."""
    if number == 3:
        return of_students(finding)
    if "whole" in finding.numbers:
        return HELPED_MOST.format(gain=f"{_gain(*PAPERS_BEST):+.2f}", here=_leaning(finding))
    if number == 5:
        return of_few(finding)
    if number == 6:
        ends = {name: units.percent(finding.numbers[name]) for name in ("least", "most")}
        even = (GATES_EVEN if finding.numbers["spread"] < gated.ALIKE else GATES_UNEVEN).format(**ends)
        held = HELD_BACK[finding.outcome]
        return held if finding.outcome == LESS else f"{held} {even}"
    return CARDS[number - 1].why


def of_few(finding: Finding) -> str:
    """Step 5: what few items do to the distance of a damaged patch from its answer, beside a good one's, and what all
    do."""
    numbers = finding.numbers
    few, many = (numbers[f"damaged_{when}"] / max(numbers[f"good_{when}"], SMALLEST) for when in ("before", "after"))
    said = FEW_PART[compared(many, few)] if few >= FARTHER else FEW_PART_NOT
    return said.format(few=units.rough(few), many=units.rough(many))


def of_students(finding: Finding) -> str:
    """Step 3: whether S1 copied the damage that it misses most clearly, and what it shows better than S2."""
    said = []
    if (copied := finding.numbers.get("copied")) is not None:
        what = small_damages.named(int(finding.numbers["forward_at"]))
        said.append(S1_COPIED[copied >= COPIES].format(what=what, copied=units.percent(max(copied, 0.0))))
    scores = finding.images["scores"]
    kinds = dict(zip(KINDS, scores.reshape(len(KINDS), -1, 2), strict=True))
    ahead = {kind: int((of[:, 0] > of[:, 1]).sum()) for kind, of in kinds.items()}
    better = [kind for kind, count in ahead.items() if 2 * count > len(kinds[kind])]
    if better:
        names = " and ".join(PLURAL[kind] for kind in better)
        counts = sum(ahead[kind] for kind in better), sum(len(kinds[kind]) for kind in better)
        said.append(S1_FOR.format(kinds=names, better=counts[0], all=counts[1]))
    else:
        said.append(S1_FOR_NOTHING)
    return " ".join(said)


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
    return SWAPPED_SHORT if finding.numbers.get(finding.outcome, 0.0) < 0 else ""


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


def of_loss(loss: LossConfig, finding: Finding) -> dict[str, str]:
    """What the paper found for the weights of step 8, what is to be seen of them in this model, and why that is no test
    of them."""
    numbers, here = finding.numbers, []
    if share := numbers.get("L_query", 0.0):
        others = loss.delta * numbers["entropy"] * (1 - share) / share
        alone = numbers["entropy"] / (numbers["entropy"] + others)
        here.append(TINY.format(share=units.percent(share), alone=units.percent(alone)))
    if numbers.get("entropy_first"):
        first, last = numbers["entropy_first"], numbers["entropy"]
        here.append(ENTROPY[compared(last, first)].format(first=units.rough(first), entropy=units.rough(last)))
    if 0 < numbers["aligned"] < numbers["epoch"]:
        tenth = TENTH if loss.beta_share == PAPERS_SHARE else ""
        here.append(ENDED.format(aligned=f"{numbers['aligned']:.0f}", epoch=f"{numbers['epoch']:.0f}", tenth=tenth))
    why_apart = NOT_VARIED if loss.moves_teacher else f"{NOT_VARIED} {APART}"
    return _lesson(WEIGHTED, " ".join(here), why_apart)


def of_mixtures(finding: Finding) -> dict[str, str]:
    """Why the memory mixes few items, according to the paper; what mixing all did in step 5 to what S2 misses and to
    the score; and why the score need not follow the paper."""
    numbers = finding.numbers
    gain = printed_row("table5", "2")["p_ap"] - printed_row("table5", "1")["p_ap"]
    here = []
    if "missed_good_before" in numbers:
        before, after = (
            numbers[f"missed_damaged_{when}"] / max(numbers[f"missed_good_{when}"], SMALLEST)
            for when in ("before", "after")
        )
        told = {name: units.rough(value) for name, value in numbers.items()}
        named = {f"{kind}_{when}": told[f"missed_{kind}_{when}"] for kind in FAR_OF for when in ("before", "after")}
        stands = STANDS[compared(after, before)]
        here.append(MISSED_OF.format(**named, stands=stands, before=units.rough(before), after=units.rough(after)))
    scores = {when: units.times(numbers[f"score_{when}"]) for when in ("before", "after")}
    way = compared(numbers["score_after"], numbers["score_before"])
    alarm = ALARM if numbers["score_good_before"] <= 1 < numbers["score_good_after"] else ""
    here.append(SCORES[way].format(**scores, alarm=alarm))
    why_apart = OF_SCORES[way].format(turned=units.rough(numbers["turned"]))
    return _lesson(PAPER_FEW.format(gain=f"{gain:.2f}"), " ".join(here), why_apart)


def of_gates(finding: Finding, evened: Finding | None, steps: int, shown: Gated | None) -> dict[str, str]:
    """What gates are for, according to the paper; what they do to this model's features; and why they need not do it.

    Args:
        finding: the answer of step 6.
        evened: `story.evened`, None where it cannot be measured.
        steps: of the training, 0 where they are not known.
        shown: the channel in the pictures.
    """
    here = [] if evened is None else [EVENNESS.format(even=units.at_scales(claimed(evened.numbers).even))]
    if shown is not None:
        chance = CHANCE[by_chance(shown.gaining, shown.channels)]
        here.append(GAINING.format(gaining=shown.gaining, channels=shown.channels, chance=chance))
    why_apart = WHY_GATES if not finding.agrees else AS_SAID
    if steps and not finding.agrees:
        why_apart += f" {PARTED.format(steps=units.plural(steps, 'step'))}"
    paper = PAPER_GATES.format(gain=f"{_gain(*PAPERS_GATES):+.2f}")
    return _lesson(paper, " ".join(here) or HELD_BACK[finding.outcome], why_apart)


def by_chance(count: int, total: int) -> str:
    """Whether `count` of `total` is what tossing a coin gives: LESS or MORE from two standard deviations on."""
    away = count - total / 2
    if away**2 <= total:  # the standard deviation is half of the root
        return EQUAL
    return LESS if away < 0 else MORE


def _lesson(paper: str, here: str, why_apart: str) -> dict[str, str]:
    """What each of the three says, by its heading; without what says nothing."""
    told = zip(LESSON_HEADS, (paper, here, why_apart), strict=True)
    return {head: said for head, said in told if said}


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


def experiments(
    finding: Finding, study: Mapping[str, Measured], data: str, epochs: int, longer: Measured | None = None
) -> dict[str, str]:
    """What the paper, the study and this model say of S1 and its maps, by who says it; without what is not there.
    `longer`: what all parts gained where the study's networks were trained longer."""
    told = {PAPERS: PAPER_SAYS.format(gain=f"{_gain(*PAPERS_BEST):+.2f}")}
    if (found := study.get("forward")) is not None:
        seeds = units.plural(found.n, "seed")
        told[STUDYS] = STUDY_SAYS.format(data=data, seeds=seeds, epochs=epochs, change=_changed(found))
        if longer is not None:
            told[STUDYS] += LONGER_SAYS.format(change=_changed(longer))
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


def _changed(found: Measured) -> str:
    return f"{found.mean:+.2f}" + ("" if found.spread is None else f" ± {found.spread:.2f}")


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
        "fits": "",
        "copied": "",
    }
    if "fit_few" in numbers:
        distances = {name: numbers[f"fit_{name}"] for name in ("few", "all", "one")}
        fits = {f"fits_{one}": FITS_BETTER[compared(distances[one], distances["few"])] for one in ("all", "one")}
        told["fits"] = FITS.format(**{name: units.rough(value) for name, value in distances.items()}, **fits)
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
    if number == 4 and finding.agrees and finding.numbers["before"] >= finding.numbers.get("after", math.inf):
        said = NOT_THE_MEMORY.format(story=story)
    elif number == 3 and not finding.agrees:
        said = ONE_WAY.format(story=story, here=HERE_ONE_WAY[finding.outcome])
    elif finding.agrees:
        said = AGREES.format(story=card.story)
    else:
        said = (NOTHING if finding.outcome == "same" else OTHERWISE).format(story=story)
    total = units.plural(showing[1], "defective sample")
    return f"{said} {SHOWN.format(showing=showing[0], total=total)}" if showing[1] else said.strip()


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
