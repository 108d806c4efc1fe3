"""The tour's wording: nine cards, what is asked, and what was measured. Knows no Streamlit.

In the texts of cards a term in double brackets, [[memory]], is one of the glossary's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnet.analysis.story import Finding
from workbench.shared import units

TITLE = "How it works"
STEP, PREVIOUS, NEXT, AGAIN = "Step", "Previous", "Next", "Forget my answers"
PRESENT, PRESENT_HELP = "Presenter", "Large type over the whole width. Arrow keys turn the pages; 1, 2 and 3 answer."
NETWORK = "The network with {picture}"
PREDICT = "What do you expect? Pick an answer, then the model is asked."
ASKING = "Asking the model…"
EXPECTED = "You expected: {option}."
AGREES = "So says the paper, too: {story}"
CONTRADICTS = "This model contradicts the paper, which says: {story} (A change of less than a tenth counts as none.)"
FILM = "The film of this training: from before the first step to the last epoch."
NO_FILM = "This model came without a film of its training. `nnet train --film` keeps one."
MORE = {"8_When_it_fails": "See when it fails", "6_Ablations": "See every claim of the paper checked"}


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
    """

    title: str
    text: str
    question: str
    options: Mapping[str, str]
    answers: Mapping[str, str]
    story: str
    look: str


CARDS: tuple[Card, ...] = (
    Card(
        "The teacher has seen a million photos",
        "The [[teacher]] learned from everyday photos, never from this part, and it never changes. It does not "
        "judge. It "
        "describes every patch of the picture by numbers, its [[features]], on a fine, a middle and a coarse "
        "[[scale]].",
        "The patch with the highest score: how does the teacher describe it, compared with the picture's other "
        "patches?",
        {"more": "Unlike the others", "same": "Like the others", "less": "More usual than the others"},
        {
            "more": "Unlike the others: its nearest likeness is {peak} away, that of a typical patch {typical}.",
            "same": "Like the others: its nearest likeness is {peak} away, that of a typical patch {typical}.",
            "less": "More usual than the others: its nearest likeness is {peak} away, that of a typical patch "
            "{typical}.",
        },
        "a defect looks different to the teacher, so students who never met one can be caught out.",
        "The three tiles of T light up. The map shows how unlike the others the teacher finds each patch. A long crack "
        "crosses many patches, so they can be like one another.",
    ),
    Card(
        "One student copies, one rebuilds",
        "Both students learned from good parts only. [[S1]], the copier, sees the picture and copies the teacher's "
        "description. [[S2]], the rebuilder, never sees it: it rebuilds the description from a narrow [[code]]. "
        "Where they "
        "miss the teacher, something is new.",
        "How many of the teacher's numbers are left in the code that S2 works from?",
        {"few": "Less than a fifth", "half": "About half", "all": "Nearly all"},
        {
            "few": "Less than a fifth: {after} of {before} numbers, {share}.",
            "half": "About half: {after} of {before} numbers, {share}.",
            "all": "Nearly all: {after} of {before} numbers, {share}.",
        },
        "the code is narrow, so what S2 has not learned does not fit through.",
        "S1's lane begins at the picture, S2's at the code F_C. Nothing else leads to S2.",
    ),
    Card(
        "The copier alone copies defects, too",
        "S1 sees the picture, defect included. If it learned to follow the teacher everywhere, both agree even "
        "on a defect, "
        "and the defect stays dark: [[over-imitation]]. That is why S1 is not alone.",
        "Leave S1 alone, without S2. Does this picture still stand out from the good ones?",
        {"less": "It stands out less", "same": "Just as much", "more": "It stands out more"},
        {
            "less": "It stands out less: {after} standard deviations above the good pictures, {before} with "
            "both students.",
            "same": "Just as much: {after} standard deviations above the good pictures, {before} with both students.",
            "more": "It stands out more: {after} standard deviations above the good pictures, {before} with "
            "both students.",
        },
        "S1 alone misses what it imitates too well; both students together see more.",
        "S2's lane goes grey. Compare the two heatmaps, each with its own threshold in the middle of the colours.",
    ),
    Card(
        "The rebuilder alone finds a shortcut",
        "If the code still carries the defect, S2 rebuilds it as well, agrees with the teacher and sees nothing: the "
        "[[shortcut]]. The [[memory]] closes it. It replaces every coarse patch by good ones before the code is made.",
        "Switch the memory off. Does the picture still stand out to S2 alone?",
        {"less": "It fades", "same": "No change", "more": "It stands out more"},
        {
            "less": "It fades: {after} standard deviations above the good pictures, {before} with the memory.",
            "same": "No change: {after} standard deviations above the good pictures, {before} with the memory.",
            "more": "It stands out more: {after} standard deviations above the good pictures, {before} with the "
            "memory.",
        },
        "without the memory a defect reaches the code, and S2 rebuilds it.",
        "The memory goes grey and F_3 goes straight on. If the heatmap hardly changes, the narrow code does the "
        "work here.",
    ),
    Card(
        "The memory answers with good patches",
        "The memory holds descriptions of good patches. Each patch is answered by a mixture of the few most "
        "like it; small "
        "weights are cut to zero ([[sparse addressing]]). A defect is answered by the good patch that should be there.",
        "Let every patch mix all items instead. What becomes of the answers?",
        {"less": "They become alike", "same": "They stay as they are", "more": "They become more varied"},
        {
            "less": "They become alike: {after} apart instead of {before}, with {all} items a patch instead of "
            "{items}.",
            "same": "They stay as they are: {after} apart, {before} before, with {all} items a patch instead of "
            "{items}.",
            "more": "They become more varied: {after} apart instead of {before}, with {all} items a patch, not "
            "{items}.",
        },
        "addressing must be sparse, or everything is answered by the same grey average.",
        "Three mosaics: what the teacher says, the memory's answer, and the answer of all items at once, which "
        "is one colour.",
    ),
    Card(
        "Gates damp what does not matter",
        "Before T and S1 are compared, a [[projection]] (FPM) multiplies every row and column by a gate between "
        "0 and 1. "
        "What varies even among good parts should be damped, so that only real differences count.",
        "Along a good part, does the strength of the features become more even behind the gates?",
        {"less": "More even", "same": "No change", "more": "Less even"},
        {
            "less": "More even: the strengths vary by {after} of their mean, {before} before. {smaller}",
            "same": "No change: the strengths vary by {after} of their mean, {before} before. {smaller}",
            "more": "Less even: the strengths vary by {after} of their mean, {before} before. {smaller}",
        },
        "behind the gates the variance of good parts is smaller and more even (Figure 7).",
        "The bars beside the tiles P and SP are the gates. The two maps show the strength of the fine scale, "
        "each divided "
        "by its own mean.",
    ),
    Card(
        "Add within a scale, multiply across",
        "Each scale has two [[maps]], one for each student. They are added: one student may miss it. The three "
        "scales are "
        "multiplied: what only one scale sees is noise, and a product with nearly zero is nearly zero.",
        "Replace the multiplication by addition. What happens to the ground of the heatmap?",
        {"more": "It gets brighter", "same": "No change", "less": "It gets darker"},
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
        "[[L_RKD]]: S2 rebuilds. \N{GREEK SMALL LETTER ALPHA} \N{MULTIPLICATION SIGN} [[L_KD]]: S1 copies. "
        "\N{GREEK SMALL LETTER BETA} \N{MULTIPLICATION SIGN} [[L_align]] holds S1 to the teacher, in the first "
        "epochs only. "
        "\N{GREEK SMALL LETTER DELTA} \N{MULTIPLICATION SIGN} [[L_query]] makes the memory choose. Defects are "
        "never shown.",
        "Which part of the loss weighs most at the end of this training?",
        {"L_RKD": "S2's rebuilding, L_RKD", "L_KD": "S1's copying, L_KD", "L_query": "The memory's choice, L_query"},
        {
            "L_RKD": "S2's rebuilding. After epoch {epoch}: {shares}.",
            "L_KD": "S1's copying. After epoch {epoch}: {shares}.",
            "L_query": "The memory's choice. After epoch {epoch}: {shares}.",
            "L_align": "L_align, which was kept on to the end. After epoch {epoch}: {shares}.",
        },
        "",
        "In the film the good picture goes dark within a few epochs, while the defective ones stay bright.",
    ),
    Card(
        "What helped, and when it fails",
        "The paper trains again with each part added; S1 and its maps helped most. Here parts are taken out of the "
        "finished network, which leans on them all, so the two need not agree. And some defects it misses.",
        "Which part does this model need most to tell the defective samples from the good ones?",
        {"forward": "S1, the copier", "fpm": "The projections", "nfs": "The memory"},
        {
            "forward": "S1, the copier. {distances}",
            "fpm": "The projections. {distances}",
            "nfs": "The memory. {distances}",
            "none": "None of them: without any one it tells them apart as well as before. {distances}",
        },
        "of all parts S1 with its maps raises P-AP most, from 61.18 to 62.77 (Table 4).",
        "The numbers are distances between the two groups of samples, in standard deviations.",
    ),
)
DISTANCES = "Distance between the groups: {whole} with all parts; {others}."
WITHOUT = {
    "forward": "{value} without S1",
    "fpm": "{value} without the projections",
    "nfs": "{value} without the memory",
}
SMALLER = {True: "They are smaller, by a factor of {factor}.", False: "They are not smaller (factor {factor})."}
LOSSES = {"L_RKD": "L_RKD {share}", "L_KD": "L_KD {share}", "L_align": "L_align {share}", "L_query": "L_query {share}"}

CAPTIONS: Mapping[int, Mapping[str, str]] = {
    1: {"picture": "The picture", "unlike": "How unlike the other patches each one is to the teacher"},
    3: {"before": "Both students", "after": "S\N{SUBSCRIPT ONE} alone"},
    4: {"before": "S\N{SUBSCRIPT TWO} with the memory", "after": "S\N{SUBSCRIPT TWO} without the memory"},
    5: {"given": "What the teacher says", "before": "The memory's answer", "after": "The answer of all items at once"},
    6: {"before": "Strength before the gates", "after": "Strength behind the gates"},
    7: {"before": "Scales multiplied", "after": "Scales added"},
}


def step_name(number: int, done: bool) -> str:
    """A step on the bar of steps, with a tick once it was answered."""
    return f"{number} \N{CHECK MARK}" if done else str(number)


def measured(number: int, finding: Finding) -> str:
    """What came out of a step's question, in a sentence or two."""
    template = CARDS[number - 1].answers[finding.outcome]
    plain = {name: units.number(value) for name, value in finding.numbers.items()}
    return template.format(**plain | _further(finding))


def _further(finding: Finding) -> dict[str, str]:
    """What some sentences need beside the numbers as they are."""
    numbers, further = finding.numbers, {}
    if "before" in numbers and "after" in numbers and finding.outcome in ("few", "half", "all"):
        further = {name: f"{numbers[name]:,.0f}" for name in ("before", "after")}
        further["share"] = units.percent(numbers["after"] / max(numbers["before"], 1))
    if "variance" in numbers:
        factor = numbers["variance"]
        further["smaller"] = SMALLER[factor < 1].format(factor=units.number(1 / factor if factor < 1 else factor))
    if "epoch" in numbers:
        shares = [LOSSES[name].format(share=units.percent(numbers[name])) for name in LOSSES if name in numbers]
        further |= {"epoch": f"{numbers['epoch']:,.0f}", "shares": ", ".join(shares)}
    if "whole" in numbers:
        others = [WITHOUT[name].format(value=units.number(numbers[name])) for name in WITHOUT if name in numbers]
        further["distances"] = DISTANCES.format(whole=units.number(numbers["whole"]), others=", ".join(others))
    return further


def verdict(number: int, finding: Finding) -> str:
    """Whether this agrees with the paper, or "" where the paper says nothing."""
    card = CARDS[number - 1]
    if not card.story or not finding.expected:
        return ""
    return (CONTRADICTS if finding.contradicts else AGREES).format(story=card.story)


# ------------------------------------------------------------------------------------------------------ lesson sheet

LESSON = "A lesson with N-Net Workbench"
LESSON_ABOUT = (
    "For teachers, to be printed. It is made from the cards of the page How it works by "
    "`python -m workbench.how_it_works.lesson > docs/lesson.md`; a test says whether it is current.",
    "Before: start the workbench (`make demo`), open How it works, switch Presenter on. Arrow keys turn the pages, and "
    "1, 2 and 3 answer. Let the class vote first, then press what most of them chose. The answers are computed on the "
    "model at hand, so they may contradict the paper; the card then says so, and that is worth talking about.",
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
