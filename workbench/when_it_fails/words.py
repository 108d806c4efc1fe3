"""What the When it fails page says. Knows no Streamlit."""

from nnet.analysis.failures import BORDER, FAINT, PLAIN, SMALL
from nnet.analysis.story import EQUAL, compared
from nnet.scoring.circuit import SCALES
from nnet.scoring.maps import MAPS
from workbench.shared import units
from workbench.shared import words as shared_words

TITLE = "When it fails"
FRAMED = (
    "This page measures models that see a picture as a whole, but the chosen model looks at tiles or at a part of each "
    "picture. Evaluate measures it; or choose another model in the sidebar."
)
PART = "Part"
PARTS = {
    "mistakes": "Mistakes",
    "imitation": "Over-imitation",
    "stranger": "Wrong kind of picture",
    "nearest": "Nearest neighbours",
    "scratch": "Smallest scratch",
}

# ---------------------------------------------------------------------------------------------------------- mistakes

FIND_MORE = "Try a lower threshold"
OF_SAMPLES = "These are its samples only. Score all of its test pictures to see the worst of them."
NO_TEST_SET = (
    "The test pictures of this model ({data}) are not on this computer, so only its samples are judged here. Evaluate "
    "takes a test set of your own."
)
KEPT = "The counts are those of the result that this model keeps of its own test pictures; Evaluate has all of it."
KEPT_ELSEWHERE = (
    "The counts are those of the result that this model keeps. Its test pictures ({data}) are not on this computer, so "
    "the pictures are its samples."
)
BESIDE = "The picture"
OUTLINED = "The picture, with the defect outlined as somebody drew it"
NOT_OUTLINED = "The picture; its data says that it is defective, not where"
LOOKING = "Looking at the worst ones…"
NONE_OF_CAUSE = "None of the worst ones has this cause."
SCORE_ALL, PICTURE, SCORED = "Score {pictures}", "picture", "scored"
WORST = "Missed, the worst one"
MISSED, ALARMED = "Missed, the worst first", "False alarms, the worst first"
NONE_MISSED = {True: "No defect was missed", False: "None of its defective samples was missed"}
NONE_ALARMED = {True: "No good part was flagged", False: "None of its good samples was flagged"}
"""By whether all pictures that are counted can be shown."""
CAUSE = "Cause, counted among the {count} worst"
EVERY = "every cause"
CAUSE_NAMES = {
    PLAIN: "looks normal at this resolution",
    SMALL: "small",
    FAINT: "low contrast",
    BORDER: "at the border",
    "": "no cause measured",
}


def found(defective: int, missed: int, good: int, alarms: int) -> str:
    """The one sentence of the page."""
    return (
        f"It missed {missed} of {units.plural(defective, 'defective picture')} and flagged {alarms} of "
        f"{units.plural(good, 'good one')}."
    )


def counted(cause: str, count: int) -> str:
    """A cause and how many have it: "small (31)"."""
    return f"{cause} ({count})"


def how_measured(size: int, looked: int) -> str:
    """What each cause means, and what helps where nothing is seen. `size`: the side of the model's input; `looked`: how
    many mistakes of a kind are looked at."""
    return (
        f"Counted among the {looked} worst misses and the {looked} worst false alarms; one may have several causes. "
        "Looks normal at this resolution: every map stays within what it shows on held-out good pictures, at the "
        f"{size} {units.TIMES} {size} pixels that the model looks at. Train with a larger input, or with tiles. "
        "Small: less than 1 % of the picture lies above half of the peak. Low contrast: grey levels around the peak "
        "vary by less than half of what is usual in the picture. At the border: within a sixteenth of its side. Where "
        "a miss has no peak on the defect, these tell of the peak."
    )


def closest(none: str) -> str:
    """Above the pictures that came closest to being called wrongly, where none was."""
    return f"{none}; those that came closest"


def missed_one(kind: str) -> str:
    """Above a miss that a person can see: "Missed: faint chip"."""
    return f"Missed: {units.plain(kind)}" if kind else "Missed, though it can be seen"


_LEAST = "The **{scale}** scale sees least: its maps reach {reached} the level that 99 % of normal pixels stay below."
_KEEPS_LOW = "The score multiplies the scales, so that keeps it low."
_ALIKE = "The next one reaches hardly more, so it is not this scale alone that keeps the score low."


def least_at(scale: int, reached: float, following: float) -> str:
    """Which scale sees least of a picture, and whether that is why its score is low. `following`: how far the maps of
    the scale reach that sees a little more."""
    said = _LEAST.format(scale=SCALES[scale], reached=f"{units.times(reached)} {units.TIMES}")
    return f"{said} {_ALIKE if compared(following, reached) == EQUAL else _KEEPS_LOW}"


def of_map(name: str, reached: float) -> str:
    """Below a map: "M6, fine: 1.3 x"."""
    return f"{name}, {SCALES[MAPS[name].scale]}: {multiple_short(reached)}"


def multiple_short(ratio: float) -> str:
    """Below a small picture: "0.93 x"."""
    return f"{units.times(ratio)} {units.TIMES}"


def multiple(ratio: float) -> str:
    """Below one of them: "0.93 x threshold"."""
    return f"{units.times(ratio)} {units.TIMES} threshold"


def caption(ratio: float, causes: tuple[str, ...]) -> str:
    """Below a picture: "0.17 x threshold, small, at the border"."""
    named = ", ".join(CAUSE_NAMES[cause] for cause in causes) or CAUSE_NAMES[""]
    return f"{multiple(ratio)}: {named}"


# ---------------------------------------------------------------------------------------------------------- imitation

IMITATION = (
    "Over-imitation: S₁ follows the teacher on a defect, too. Gates, which are to leave it less to copy, and S₂, which "
    "never sees the picture, counter it."
)
NO_HISTORY = "This model came without a record of its training, so how S₁'s copying went is not known."
NONE_DEFECTIVE = "None of the samples is known to be defective."
STEPS = {"3": "All sixteen: step 3", "6": "The gates: step 6"}
"""Step of How it works -> the link to it."""
KD_ALT = "Copying loss over the epochs of training"
COPIES = 0.5
"""From which share on of what a damage changes S1 is said to copy it."""


def copied(kind: str, share: float, is_missed: bool) -> str:
    """The sentence above the pictures. `kind`: "tiny, clear hole"; `share`: `students.imitated`; `is_missed`: by S1,
    while S2 finds it."""
    change = units.percent(max(share, 0.0))
    if not is_missed:
        return f"**S₁ misses no small damage that S₂ finds.** Of what this {kind} changes it copied {change}."
    if share >= COPIES:
        return f"**S₁ misses this {kind}: it copied {change}** of what it changes in the teacher."
    return f"**S₁ misses this {kind}**, but copied only {change} of what it changes: too faint, not copied."


def alone(branch: str, ratio: float) -> str:
    """Below what a student alone sees."""
    student = {"forward": "S₁, the copier", "reverse": "S₂, the rebuilder"}[branch]
    return f"{student}: {units.times(ratio)} {units.TIMES} its own threshold"


def of_damages(total: int, forward: int, reverse: int) -> str:
    """Who misses which of the small damages."""
    return (
        f"Of {total} small damages on a good part S₁ alone misses {forward} that S₂ finds, and S₂ alone {reverse} that "
        "S₁ finds. Each student is asked by its own three maps and their own threshold."
    )


def still_missed(total: int, forward: int, reverse: int) -> str:
    """What each student misses of the defective samples."""
    return (
        f"By the same rule, of {units.plural(total, 'defective sample')} S₁ alone misses {forward} and S₂ alone "
        f"{reverse}. Their defects are larger."
    )


def fallen(first: float, last: float) -> str:
    """How far L_KD fell, and that it proves nothing."""
    return (
        f"In training L_KD fell from {units.number(first)} to {units.number(last)}: S₁ copies good parts ever better. "
        "That alone is no sign of over-imitation; only damage, as above, shows it."
    )


# ---------------------------------------------------------------------------------------------------------- stranger

STRANGER = (
    "A model judges only the kind of part that it learned. Anything else is new everywhere: it is called anomalous, "
    "and the heatmap says nothing about defects."
)
STRANGE, KNOWN = "A good part of another kind", "A good part of its own kind"


def share_above(share: float) -> str:
    """How much of a picture is called anomalous."""
    return f"{units.percent(share)} of the picture lies above the threshold."


# ----------------------------------------------------------------------------------------------------------- nearest

NEAREST = (
    "A nearest-neighbour search compares each patch of F₃ with those of good pictures, one by one. With the Euclidean "
    "distance the length of a description counts, too; the cosine, which N-Net uses, sees its direction only."
)
THE_SAMPLE, WHAT_IS_SEEN = "The picture", "What the network sees of it"
COUNTED = ("picture", "read and searched")
_SEARCH = "Search ({expected})"
_SEES_MORE = "**{search} finds {more} more here than N-Net**, of {total}: too few to say that it sees more."
_SEES_LESS = "**N-Net finds {more} more here than either search**, of {total}: too few to say that it sees more."
_AS_MANY = "**Neither search finds more here than N-Net.**"
_ALL_FOUND = "**All three find every one**, so these samples do not tell them apart."
NO_TRAINING_SET = "The pictures that this model learned from are not on this computer, so there are no neighbours."
COLUMNS = ("Sample", "Known as", "N-Net", "Euclidean", "Cosine")
_UNIT = (
    "Each in multiples of its own threshold (1 {times}), the level that {share} of good pictures stay below: for "
    "N-Net of those held out, for the searches of {reference} that are not in the search, so theirs is less certain."
)
GOOD, DEFECTIVE = "good", "defective"


def least_seen(title: str, ratio: float) -> str:
    """Above the defective sample with the lowest score."""
    scored = shared_words.against_threshold(ratio)
    return f"Of its samples the network sees least of {units.plain(title)}: {scored}. Does a search see more?"


def search(seconds: float) -> str:
    """The button, with what the search is expected to take."""
    return _SEARCH.format(expected=units.about(seconds))


def concluded(euclidean: int, cosine: int, network: int, total: int) -> str:
    """What the counts of found defective samples say of the network."""
    best = max(euclidean, cosine)
    if best == network == total:
        return _ALL_FOUND
    if best > network:
        names = [name for name, count in zip(COLUMNS[3:], (euclidean, cosine), strict=True) if count == best]
        search = f"The {names[0]} search" if len(names) == 1 else "Either search"
        return _SEES_MORE.format(search=search, more=best - network, total=total)
    return _AS_MANY if best == network else _SEES_LESS.format(more=network - best, total=total)


def unit(quantile: float, reference: int) -> str:
    """What the table's numbers are multiples of. `reference`: the good pictures that give the searches' thresholds."""
    return _UNIT.format(times=units.TIMES, share=units.percent(quantile), reference=reference)


def false_alarms(euclidean: int, cosine: int, network: int, good: int) -> str:
    """How many of the good samples each flags."""
    return (
        f"Of {units.plural(good, 'good sample')} the Euclidean search flags {euclidean}, the cosine search {cosine} "
        f"and N-Net {network}."
    )


def seen_only(euclidean: int, cosine: int, network: int, total: int) -> str:
    """How many of the defective samples each finds."""
    return (
        f"Of {units.plural(total, 'defective sample')} the Euclidean search finds {euclidean}, the cosine search "
        f"{cosine} and N-Net {network}."
    )


# ----------------------------------------------------------------------------------------------------------- scratch

SCRATCH = "A scratch is painted on a good part, ever longer. From which length on is it seen?"
CONTRAST = "Contrast of the scratch"
BEFORE, SHORTEST, SEEN = "The good part", "The shortest scratch that is seen", "What the network sees of it"
DRAW = "Draw one yourself"


def shortest(size: float | None) -> str:
    """From which length on the scratch is seen."""
    if size is None:
        return "It is not seen at any length with this contrast."
    return f"It is seen from {units.percent(size)} of the picture's side on."
